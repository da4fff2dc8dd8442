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

from typing import TYPE_CHECKING

from grokcall_parser.lazy_names import lazy_names

if TYPE_CHECKING:
    from grokcall.errors import JournalBusyError as JournalBusyError
    from grokcall.errors import JournalDamagedError as JournalDamagedError
    from grokcall.errors import JournalError as JournalError
    from grokcall.errors import JournalPathError as JournalPathError
    from grokcall.errors import RecordedError as RecordedError
    from grokcall.journal.codec import RecalledOutcome as RecalledOutcome
    from grokcall.journal.fingerprints import fingerprint as fingerprint
    from grokcall.journal.journal import Journal as Journal
    from grokcall.journal.reader import InDoubt as InDoubt
    from grokcall.journal.run import JournalRun as JournalRun
    from grokcall.journal.run import RunState as RunState
    from grokcall.journal.run_list import Pruned as Pruned
    from grokcall.journal.run_list import RunInfo as RunInfo

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

lazy_names(
    __name__,
    {
        "InDoubt": "grokcall.journal.reader",
        "Journal": "grokcall.journal.journal",
        "JournalBusyError": "grokcall.errors",
        "JournalDamagedError": "grokcall.errors",
        "JournalError": "grokcall.errors",
        "JournalPathError": "grokcall.errors",
        "JournalRun": "grokcall.journal.run",
        "Pruned": "grokcall.journal.run_list",
        "RecalledOutcome": "grokcall.journal.codec",
        "RecordedError": "grokcall.errors",
        "RunInfo": "grokcall.journal.run_list",
        "RunState": "grokcall.journal.run",
        "fingerprint": "grokcall.journal.fingerprints",
    },
)
