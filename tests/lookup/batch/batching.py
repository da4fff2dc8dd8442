"""What the tests of batches share: rows with answers that are known, a sandbox to ask, and the command as a process."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from installed import COMMAND

ASK = "CALL GenerateResponse(:body)"
PATIENCE = 240.0


def sums(count: int, distinct: int | None = None) -> list[dict[str, object]]:
    """Rows whose answers are known."""
    numbers = ((number, number % (distinct or count)) for number in range(count))
    return [{"id": number, "body": f"What is {each} + {3 * each}?"} for number, each in numbers]


def answers(rows: Iterable[dict[str, object]]) -> list[str]:
    """What the service answers to such rows."""
    return [str(4 * int(str(row["body"]).split()[2])) for row in rows]


def connected(sandbox: Sandbox, **options: Any) -> grokcall.Connection:
    """A connection to a sandbox that looks at batches often."""
    return grokcall.connect(
        **{"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, "poll_interval": 0.05, "max_attempts": 2, **options}
    )


def times_billed(sandbox: Sandbox) -> Counter[object]:
    """How often each request was billed."""
    return Counter(entry["request_hash"] for entry in sandbox.ledger())


def billed_once(sandbox: Sandbox, count: int) -> bool:
    """Whether so many requests were billed, each once."""
    times = times_billed(sandbox)
    return len(times) == count and set(times.values()) == {1}


def asked(sandbox: Sandbox, path: str, method: str = "GET", **members: object) -> Any:
    """What the sandbox says."""
    reply = httpx.request(
        method, f"{sandbox.base_url}{path}", headers={"Authorization": f"Bearer {SANDBOX_KEY}"}, **members
    )
    return reply.raise_for_status().json()


def batches(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The batches that were made."""
    return asked(sandbox, "/batches")["batches"]


def wait_until(holds: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        assert process is None or process.poll() is None, process.communicate()[1]
        time.sleep(0.02)


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    err: str


@dataclass(frozen=True)
class Job:
    """A command over a file of sums, with a journal.

    Args:
        folder: Where its files are.
        sandbox: The service.
        rows: Its rows.
    """

    folder: Path
    sandbox: Sandbox
    rows: list[dict[str, object]]

    @property
    def output(self) -> Path:
        return self.folder / "out.csv"

    @property
    def journal(self) -> Path:
        return self.folder / "run.journal"

    @property
    def written(self) -> list[str]:
        """The answers in the output."""
        return [line.rpartition(",")[2] for line in self.output.read_text().splitlines()[1:]]

    def start(self, *more: object) -> subprocess.Popen[str]:
        """The command, under way."""
        source = self.folder / "in.csv"
        source.write_text("id,body\n" + "".join(f'{row["id"]},"{row["body"]}"\n' for row in self.rows))
        command = ["lookup", source, ASK, "-o", self.output, "--journal", self.journal, "--fields", "Response_Result"]
        command += ["--batch", "--poll-interval", "0.05", "--base-url", self.sandbox.base_url, *more]
        return subprocess.Popen(
            [COMMAND, *map(str, command)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "XAI_API_KEY": SANDBOX_KEY},
        )

    def run(self, *more: object) -> Done:
        """How the command ended."""
        with self.start(*more) as process:
            try:
                _, err = process.communicate(timeout=PATIENCE)
            finally:
                process.kill()
        return Done(process.returncode, err)
