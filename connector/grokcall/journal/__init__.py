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

from grokcall.journal.codec import RecalledOutcome, RecordedError
from grokcall.journal.fingerprint import fingerprint
from grokcall.journal.journal import Journal
from grokcall.journal.reader import InDoubt
from grokcall.journal.run import JournalRun, RunState
from grokcall.journal.run_list import Pruned, RunInfo
from grokcall.journal.sqlite_errors import JournalBusyError, JournalDamagedError, JournalError, JournalPathError

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
