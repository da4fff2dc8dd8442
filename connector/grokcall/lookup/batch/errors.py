"""What can become of a batch that no single request has: it is not done yet, or ended without an answer."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall.errors import OperationalError


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
