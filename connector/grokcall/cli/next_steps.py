"""How to go on after a command that did not finish: the last sentence that it says."""

from __future__ import annotations

from pathlib import Path

from grokcall.errors import BudgetReachedError, LookupFailedError
from grokcall.execution.recall import is_final
from grokcall.lookup.going_on import NOTHING_KEPT


def next_step(error: BaseException, journal: Path | None, flagged: bool) -> str:
    """How to go on after what ended a command early.

    Args:
        error: What ended it.
        journal: What keeps the answers; None for nothing.
        flagged: Whether the limit that was reached is one of the command's own flags.
    """
    if journal is None:
        return f"{NOTHING_KEPT}; give --journal FILE to keep the answers"
    return f"run the same command again to continue{raised(error, flagged)}: what was answered is in {journal}"


def raised(error: BaseException, flagged: bool) -> str:
    """What has to be different the next time: the limit that was reached, unless it counts anew."""
    if isinstance(error, LookupFailedError) and is_final(error.cause):
        return ", with --retry-failed"  # or the row would fail again as it did
    if not isinstance(error, BudgetReachedError):
        return ""
    if not flagged:  # of the connection, of which each command has a new one
        return "" if error.spent else f", with a higher {error.reason} for the connection"
    return "" if error.reason == "max_duration" and error.cap else f", with a higher {flag_of(error)}"


def flag_of(error: BudgetReachedError) -> str:
    """The flag of a limit."""
    return f"--{error.reason.replace('_', '-')}"


def failed_rows(journal: Path) -> str:
    """How to go on where rows have failed."""
    return (
        f"what was answered is in {journal}: run the same command again to try failed rows again, with --retry-failed "
        "also those that failed for good"
    )
