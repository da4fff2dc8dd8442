"""Which outcome of one row ends the whole pass: errors that every row would meet alike."""

from __future__ import annotations

from grokcall.errors import (
    IncompleteAnswerError,
    NotFoundError,
    NotSentError,
    PermissionDeniedError,
    ServerFailureError,
    is_systemic,
)
from grokcall.outcomes import Outcome
from grokcall_procedures import Binder

LEAST_PATIENCE = 8


class Verdicts:
    """Judges the outcomes of one pass over many rows.

    Args:
        binder: The statement; where each row brings its own model, an unknown model concerns its row only, and one
            that the key may not use as well, unless many rows in a row meet that.
        concurrency: Calls in flight at the most: so many can fail together when the service goes away for a moment.
    """

    def __init__(self, binder: Binder, concurrency: int) -> None:
        self._model_varies = any(binding.parameter.name == "Model" for binding in binder.bindings)
        self._outage = Outage(max(LEAST_PATIENCE, concurrency))
        self._patience: int = max(LEAST_PATIENCE, concurrency)
        self._denied = 0

    def of(self, outcome: Outcome) -> Exception | None:
        """The error that ends the pass, or None."""
        outage = self._outage.verdict(outcome)
        error = outcome.error
        if outage is not None:
            return outage
        if isinstance(error, IncompleteAnswerError):
            return error.stopped_by
        if error is None or not is_systemic(error):
            self._denied = 0 if outcome.attempts else self._denied
            return None
        return error if not self._model_varies else self._of_a_model(error)

    def _of_a_model(self, error: Exception) -> Exception | None:
        """The same where the error may come from the row's own model."""
        if isinstance(error, PermissionDeniedError):
            self._denied += 1
            return error if self._denied >= self._patience else None
        return None if isinstance(error, NotFoundError) else error


class Outage:
    """Notices that the service is away or answers nothing but failures, so that a pass ends instead of every row."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self._in_a_row = 0
        self._ever_reached = False

    def verdict(self, outcome: Outcome) -> Exception | None:
        """The error that ends the pass: at once if nothing was ever reached, else after a run of failures.

        A service that fails gets twice the patience of one that is away: its failures come in bursts.
        """
        error = outcome.error
        if not isinstance(error, NotSentError | ServerFailureError):
            if outcome.attempts:
                self._in_a_row, self._ever_reached = 0, True
            return None
        self._in_a_row += 1
        if isinstance(error, ServerFailureError):
            self._ever_reached = True
            return error if self._in_a_row >= 2 * self.patience else None
        return error if not self._ever_reached or self._in_a_row >= self.patience else None
