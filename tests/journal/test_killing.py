"""A process that is killed at any moment leaves a journal that opens, and loses nothing that it was told is kept."""

import asyncio
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from filling import IN_FLIGHT, fill, fingerprint_of, outcome_of

from grokcall.journal import Journal

ROWS = 2000
KILLS = 10
LONGEST = 20.0
"""Seconds that one process may take until it is killed."""


def killed_while_filling(path: Path, dice: random.Random) -> tuple[set[int], set[int], bool]:
    """What a process said that it had sent and recorded before it was killed, and whether it came to the end."""
    command = [sys.executable, str(Path(__file__).with_name("filling.py")), str(path), str(ROWS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        guard = threading.Timer(LONGEST, child.kill)
        guard.start()
        assert child.stdout.readline() == "ready 0\n"
        fuse = threading.Timer(dice.random() * 0.12, child.send_signal, [signal.SIGKILL])
        fuse.start()
        said = child.stdout.read()
        fuse.cancel()
        guard.cancel()
    lines = [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]
    told = {word: {int(number) for found, number in lines if found == word} for word in ("sent", "recorded", "closed")}
    return told["sent"], told["recorded"], bool(told["closed"])


def test_nothing_recorded_is_lost_and_only_what_was_in_flight_is_in_doubt(path):
    dice = random.Random(20)
    recorded: set[int] = set()
    finished = False
    kills = 0
    for _ in range(KILLS):
        sent, kept, finished = killed_while_filling(path, dice)
        assert not sent & recorded, "a call with an outcome was sent again"
        recorded |= kept
        with Journal(path) as journal:
            assert journal.set_aside is None
            (info,) = journal.runs() or [None]
            if info is None:
                continue
            assert info.state == ("finished" if finished else "killed")
            run = journal.begin("filling", {})
            found = {number for number in range(ROWS) if run.recall(fingerprint_of(number), 0) is not None}
            assert recorded <= found
            # The last words of the process may have been lost with it, but not more than it had in flight.
            assert len(found - recorded) <= IN_FLIGHT
            unanswered = {doubt.fingerprint for doubt in run.in_doubt() if not doubt.answered}
            in_flight = {fingerprint_of(number) for number in sent - found}
            assert in_flight <= unanswered
            recorded |= found
            kills += not finished
        if finished:
            break
    assert kills >= 3
    with Journal(path) as journal:
        asyncio.run(fill(journal, ROWS))
        run = journal.begin("filling", {})
        for number in range(ROWS):
            assert run.recall(fingerprint_of(number), 0).rows == outcome_of(number).rows
        assert all(doubt.answered for doubt in run.in_doubt())
        assert len(run.in_doubt()) <= kills * IN_FLIGHT
        assert journal.run().cost_ticks == sum(range(ROWS))


def test_a_kill_while_the_file_is_made_leaves_no_journal_that_cannot_be_opened(path):
    command = [
        sys.executable,
        "-c",
        "import sys; from grokcall.journal import Journal; print(1, flush=True); Journal(sys.argv[1])",
    ]
    dice = random.Random(3)
    for _ in range(4):
        path.unlink(missing_ok=True)
        with subprocess.Popen([*command, str(path)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(dice.random() * 0.02)
            child.kill()
        with Journal(path) as journal:
            assert journal.set_aside is None
            journal.begin("a", {})
