"""Journals that nobody asked for by name: they go once every row has its answer."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall.journal.journal import Journal
from grokcall.journal.run import JournalRun
from grokcall.journal.run_list import RunInfo

MARK: Mapping[str, str] = {"journal": "goes once every row has its answer"}
"""Stands in the description of a run whose journal is a temporary one."""


def is_temporary(info: RunInfo) -> bool:
    """Whether a run is one of a temporary journal."""
    return info.description.items() >= MARK.items()


def is_needed(journal: Journal, run: JournalRun, *, whole: bool) -> bool:
    """Whether anybody needs a journal still.

    Args:
        journal: The journal, with the run that ends.
        run: That run.
        whole: Whether every row has its answer.
    """
    return any(
        not is_temporary(info)
        or (is_open(info) if info.number != run.number else is_open(info, whole=whole) or bool(run.batches.open()))
        for info in journal.runs()
    )


def is_open(info: RunInfo, *, whole: bool | None = None) -> bool:
    """Whether a run has something that a further try would not pay for again.

    Args:
        info: The run.
        whole: Whether every row has its answer; None for what the journal says of that.
    """
    if whole is None:
        whole = info.state == "finished" and not info.failed
    return bool(info.unanswered if whole else info.ok or info.failed or info.in_doubt)
