"""Answers in other runs of a journal, which are not taken unless that is asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable

from grokcall.core.redaction import get_logger
from grokcall.journal import Journal

logger: logging.Logger = get_logger("grokcall.journal")

HINT = (
    "the journal has answers to such calls in other runs; with reuse (--reuse) they are taken, and not paid for again"
)


class OtherRuns:
    """Says once that other runs of a journal have answered a call that is about to be sent.

    Args:
        journal: The journal.
        tell: Told so.
    """

    def __init__(self, journal: Journal, tell: Callable[[str], None]) -> None:
        self._journal = journal
        self._tell = tell
        self._told = False

    def may_have(self, key: bytes) -> bool:
        """Whether there may be something to tell of a call; known without waiting for a disk."""
        return not self._told and self._journal.may_know(key)

    def look_for(self, key: bytes) -> None:
        """Looks for an answer to a call that its own run does not have."""
        if not self._told and self._journal.recall_any(key) is not None:
            self._told = True
            self._tell(HINT)


def to_the_log(hint: str) -> None:
    """Writes a hint into the log."""
    logger.warning("%s", hint)
