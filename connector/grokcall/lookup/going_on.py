"""How a lookup that ended early can be gone on with, in a sentence that holds for the lookup that it is said of."""

from __future__ import annotations

from pathlib import Path

from grokcall.errors import BudgetReachedError
from grokcall.execution.summary import Summary
from grokcall.lookup.options import LookupOptions

NOTHING_KEPT = "nothing is kept for a second run, which would pay for everything again"


def advice(error: BaseException, options: LookupOptions, summary: Summary) -> str | None:
    """What is said to whoever runs lookups in Python; None where nothing had been answered.

    >>> advice(KeyboardInterrupt(), LookupOptions(), Summary(ok=3))
    'nothing is kept for a second run, which would pay for everything again; a journal (journal=) keeps the answers'
    """
    if not summary.rows:
        return None
    if options.journal is None:
        return f"{NOTHING_KEPT}; a journal (journal=) keeps the answers"
    return f"what was answered is in {Path(options.journal).name}: the same lookup{raised(error)} goes on there"


def raised(error: BaseException) -> str:
    """What has to be different the next time: the limit that was reached, unless it counts anew."""
    if not isinstance(error, BudgetReachedError):
        return ""
    if error.name == "connection":
        return f" over a connection with a higher {error.reason}"
    return "" if error.reason == "max_duration" and error.cap else f" with a higher {error.reason}"
