"""The journal: a run that was stopped, interrupted or killed goes on where it was, and pays for nothing twice.

with Journal("tickets.journal") as journal:
    run = journal.begin(identity, {"command": "CALL GenerateResponse(:body)"})
    print_ = fingerprint(call, base_url)
    outcome = run.recall(print_, 0)
    if outcome is None:
        run.intend(print_, 0)
        outcome = await engine.run(call)
        await run.record(print_, 0, outcome)
    run.finish("finished", {"rows": 1})
"""

from grokcall.journal.answers import RecalledOutcome, RecordedError
from grokcall.journal.archive import Pruned, RunInfo
from grokcall.journal.faults import JournalBusyError, JournalDamagedError, JournalError, JournalPathError
from grokcall.journal.fingerprints import fingerprint
from grokcall.journal.records import InDoubt
from grokcall.journal.runs import JournalRun, RunState
from grokcall.journal.store import Journal

__all__ = [
    "InDoubt",
    "Journal",
    "JournalBusyError",
    "JournalDamagedError",
    "JournalError",
    "JournalPathError",
    "JournalRun",
    "Pruned",
    "RecalledOutcome",
    "RecordedError",
    "RunInfo",
    "RunState",
    "fingerprint",
]
