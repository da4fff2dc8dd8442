"""What ends a lookup, a query or the writing of its output, and what becomes of batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from grokcall_parser.errors import Error, OperationalError

LONGEST_NAME = 60
"""Characters of a conversation's name that its error shows."""


class LookupFailedError(Error):
    """A row ended the lookup. ``row`` is its number from 1; the cause is the row's own error."""

    def __init__(self, row: int, cause: Exception) -> None:
        self.row = row
        """Its number, from 1."""
        self.cause = cause
        """The row's own error."""
        super().__init__(f"row {row}: {cause}")

    def __reduce__(self) -> tuple[type[LookupFailedError], tuple[int, Exception]]:
        return type(self), (self.row, self.cause)


class StoppedError(OperationalError):
    """A statement, a lookup or a query was stopped by whoever ran it.

    Args:
        message: What was stopped.
    """

    error_code: ClassVar[str] = "cancelled"

    def __init__(self, message: str = "the statement was cancelled") -> None:
        super().__init__(message)
        self.result: Any = None
        """What had been answered by then: of a CALL and ``executemany`` an Arrow table; None where there is nothing."""


class CallStoppedError(Exception):
    """The call was stopped before it came to an end, so that it has to be made anew."""


class BatchPendingError(OperationalError):
    """The batches of a lookup are at the service and not done; the same lookup takes their answers later.

    Args:
        batches: What the service calls them.
        pending: Requests that are not done.
        done: Requests that are.
    """

    error_code = "batch_pending"
    retryable = True
    systemic = True

    def __init__(self, batches: Sequence[str], pending: int, done: int) -> None:
        self.batches: tuple[str, ...] = tuple(batches)
        self.pending = pending
        self.done = done
        which = f"the batch {self.batches[0]}" if len(self.batches) == 1 else f"{len(self.batches):,} batches"
        super().__init__(
            f"{pending:,} requests are pending and {done:,} done in {which}; the same lookup with the same journal "
            "takes the answers"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.batches, self.pending, self.done)


class UnansweredError(OperationalError):
    """A batch ended, was cancelled or is gone, and gave this request no answer; a new batch can ask for it again.

    Args:
        message: Which batch, and what became of it.
        billable: Whether the request may have been billed all the same.
        retryable: False where the service has refused the batch, and would refuse another.
    """

    error_code = "batch_unanswered"

    def __init__(self, message: str, *, billable: bool = False, retryable: bool = True) -> None:
        self.billable = billable
        self.retryable: bool = retryable
        super().__init__(message)


class ConversationBrokenError(OperationalError):
    """An earlier turn of the conversation has no answer, so this one was not asked; the lookup run again asks both.

    Args:
        conversation: The value that its rows have in common.
    """

    error_code = "conversation_broken"
    retryable: bool = True

    def __init__(self, conversation: object) -> None:
        self.conversation = conversation
        name = str(conversation)
        shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
        super().__init__(f"not asked: an earlier turn of the conversation {shown!r} has no answer")

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.conversation,)


class OutputFull(OperationalError):  # noqa: N818 - it says what happened to the output
    """There is no space left for the output; what was written before is kept and readable.

    Args:
        message: The line to show.
        kept: The file that holds the rows written so far; None when there is none.
        rows: How many rows it holds.
    """

    def __init__(self, message: str, kept: Path | None = None, rows: int = 0) -> None:
        self.kept = kept
        self.rows = rows
        super().__init__(message)


class OutputClosed(OperationalError):  # noqa: N818 - it says what happened to the output
    """The program that reads our output went away; a quiet reason to stop, as after ``| head``."""
