"""Kills and interrupts on every surface: was anything billed again that was not in flight, was a row lost?

    python benchmarks/surfaces.py SURFACE BASE_URL

runs one surface of Python in the current folder, to be struck; ``kill.py`` does that again and again.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

import grokcall
import grokcall.duckdb
from grokcall.journal import Journal, fingerprint
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from grokcall_parser import parse_call
from grokcall_procedures import Request

COMMAND = str(Path(sys.executable).with_name("grokcall"))
TEXT = "CALL GenerateResponse(:body)"
BY_LINK = 'CALL GenerateImage(:body, ExtraBody => \'{"response_format": "url"}\')'
FILM = "CALL GenerateVideo(:body, Duration => 1)"
QUERY = "SELECT t.body, r.Response_Result FROM 'in.csv' t, GenerateResponse(t.body) r"
OTHERS = ("grokcall sql", "duckdb", "executemany")
CONCURRENCY = 8
PROFILE = "latency:low=0.005,high=0.03"
LONGEST = 120.0
"""Seconds that one process may take."""


@dataclass(frozen=True, slots=True)
class Surface:
    """One way to make many calls.

    Args:
        name: What it is called.
        rows: Rows that it is run with.
        statement: What is called for each.
        command: The command line; None for a program in Python.
        signal: What strikes it; without a journal an interrupt, for a killed process takes all that it had along.
    """

    name: str
    rows: int
    statement: str = TEXT
    command: tuple[str, ...] | None = None
    signal: signal.Signals = signal.SIGKILL

    @property
    def is_lookup(self) -> bool:
        """Whether it makes a lookup, whose requests share a prompt cache and so differ from those of other calls."""
        return self.name not in OTHERS


SURFACES = (
    Surface("grokcall lookup", 200, command=("lookup", "in.csv", TEXT, "-o", "out.csv", "--fields", "Response_Result")),
    Surface("grokcall sql", 200, command=("sql", QUERY, "-o", "out.csv", "--journal", "journal")),
    Surface("lookup", 200),
    Surface("duckdb", 200),
    Surface("images by link", 60, BY_LINK),
    Surface("videos", 60, FILM),
    Surface("batch", 60),
    Surface("executemany", 200, signal=signal.SIGINT),
)


@dataclass(frozen=True, slots=True)
class Struck:
    """What kills or interrupts did to a surface.

    Attributes:
        strikes: Processes that were struck at work.
        billed: Requests that were billed.
        again: Requests that were billed again although they were not in flight when a process was killed.
        lost: Rows without a result in the end, or answers that were billed and not given out.
    """

    strikes: int
    billed: int
    again: int
    lost: int


def struck(surface: Surface, folder: Path, kills: int, seed: int = 0) -> Struck:
    """Strikes a surface so many times, unless it ends before, and lets it come to its end."""
    dice = random.Random(seed)
    (folder / "in.csv").write_text("body\n" + "".join(f"{body}\n" for body in bodies(surface)))
    strikes = given = 0
    with Sandbox(profile=PROFILE, video_seconds=0.2) as sandbox:
        while strikes < kills and strike(surface, sandbox, folder, dice, surface.rows // (2 * kills)):
            strikes += 1
            if surface.signal is not signal.SIGKILL:
                given += results_in(folder)
        doubts = in_doubt(folder)  # a journal beside the output goes at the end
        run_to_end(surface, sandbox, folder)
        given += results_in(folder)
        doubts = doubts | in_doubt(folder)
        billed = Counter(str(entry["request_hash"]) for entry in sandbox.ledger())
        prints = fingerprints(surface, sandbox.base_url)
    if surface.signal is not signal.SIGKILL:
        return Struck(strikes, billed.total(), 0, billed.total() - given)
    again = sum(max(0, count - 1 - doubts[prints.get(name, b"")]) for name, count in billed.items())
    return Struck(strikes, billed.total(), again, surface.rows - given)


def bodies(surface: Surface) -> list[str]:
    """What the rows ask for."""
    return [f"What is {number} + {7 * number}?" for number in range(surface.rows)]


def strike(surface: Surface, sandbox: Sandbox, folder: Path, dice: random.Random, most: int) -> bool:
    """Whether a process was struck before it had come to its end."""
    wanted = sandbox.stats()["requests"] + dice.randint(1, max(most, 1))
    with started(surface, sandbox, folder) as running:
        deadline = time.monotonic() + LONGEST
        while running.poll() is None and sandbox.stats()["requests"] < wanted and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(dice.random() * 0.02)
        running.send_signal(surface.signal)
        code = running.wait(LONGEST)
    return code != 0


def run_to_end(surface: Surface, sandbox: Sandbox, folder: Path) -> None:
    """Runs a surface undisturbed."""
    with started(surface, sandbox, folder) as running:
        if running.wait(LONGEST):
            raise SystemExit(f"{surface.name} ended with {running.returncode}")


def started(surface: Surface, sandbox: Sandbox, folder: Path) -> subprocess.Popen[bytes]:
    """A surface as a process of its own."""
    (folder / "out.csv").unlink(missing_ok=True)
    if surface.command is not None:
        flags = ("--base-url", sandbox.base_url, "--concurrency", str(CONCURRENCY), "--quiet")
        program = [COMMAND, *surface.command, *flags]
    else:
        program = [sys.executable, __file__, surface.name, sandbox.base_url]
    return subprocess.Popen(program, cwd=folder, env={**os_environment(), "XAI_API_KEY": SANDBOX_KEY})


def os_environment() -> dict[str, str]:
    """The surroundings, without what a journal or an address is taken from."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GROKCALL_", "XAI_"))}


def results_in(folder: Path) -> int:
    """How many results have come out."""
    path = folder / "out.csv"
    if not path.exists():
        return 0
    found = duckdb.connect().execute("SELECT count(*) FROM read_csv(?, header = true)", [str(path)]).fetchone()
    return int(found[0]) if found else 0


def in_doubt(folder: Path) -> Counter[bytes]:
    """How often each call was in flight when a process was killed, as far as the journal lists it."""
    found: Counter[bytes] = Counter()
    for name in ("journal", "out.journal"):
        if (folder / name).exists():
            with Journal(folder / name, read_only=True) as journal:
                for run in journal.runs():
                    found.update(call.fingerprint for call in journal.in_doubt(run.run_id))
    return found


def fingerprints(surface: Surface, base_url: str) -> dict[str, bytes]:
    """The journal's fingerprint of each row's call, by the hash of its request, by which the ledger knows it."""
    found = {}
    with grokcall.connect(base_url=base_url, api_key=SANDBOX_KEY) as connection:
        binder = connection.runtime.binder(parse_call(surface.statement), of_lookup=surface.is_lookup)
        for body in bodies(surface):
            call = binder.bind_row([body])
            request = next(call.steps())
            assert isinstance(request, Request)
            found[hashlib.sha256(request.body or b"").hexdigest()] = fingerprint(call, base_url)
    return found


def run_here(name: str, base_url: str) -> None:
    """Runs a surface of Python in the current folder; its results go into out.csv."""
    surface = next(each for each in SURFACES if each.name == name)
    rows = [{"body": body} for body in bodies(surface)]
    with grokcall.connect(
        base_url=base_url, api_key=SANDBOX_KEY, concurrency=CONCURRENCY, poll_interval=0.05
    ) as connection:
        if name == "executemany":
            cursor = connection.cursor()
            try:
                cursor.executemany(surface.statement, rows)
            except KeyboardInterrupt:
                kept(len(cursor.fetchall()))
                raise SystemExit(130) from None
            kept(len(cursor.fetchall()))
        elif name == "duckdb":
            con = duckdb.connect()
            with grokcall.duckdb.register(con, connection, journal="journal") as registration:
                kept(registration.query(QUERY).num_rows)
        else:
            result = connection.lookup(surface.statement, rows, journal="journal", batch=name == "batch")
            kept(result.rows.num_rows)


def kept(count: int) -> None:
    """Notes down how many results there were."""
    Path("out.csv").write_text("result\n" + "".join(f"{number}\n" for number in range(count)))


if __name__ == "__main__":
    run_here(*sys.argv[1:3])
