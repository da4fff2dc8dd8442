"""Which outcome of one row ends the whole pass: errors that every row would meet alike."""

from __future__ import annotations

from grokcall.errors import NotFoundError, NotSentError, is_systemic
from grokcall.outcomes import Outcome
from grokcall_procedures import Binder

LEAST_PATIENCE = 8


class Verdicts:
    """Judges the outcomes of one pass over many rows.

    Args:
        binder: The statement; where each row brings its own model, an unknown model concerns its row only.
        concurrency: Calls in flight at the most: so many can fail together when the service goes away for a moment.
    """

    def __init__(self, binder: Binder, concurrency: int) -> None:
        self._model_varies = any(binding.parameter.name == "Model" for binding in binder.bindings)
        self._unreachable = Unreachable(max(LEAST_PATIENCE, concurrency))

    def of(self, outcome: Outcome) -> Exception | None:
        """The error that ends the pass, or None."""
        unreachable = self._unreachable.verdict(outcome)
        error = outcome.error
        if unreachable is not None or error is None or not is_systemic(error):
            return unreachable
        return None if self._model_varies and isinstance(error, NotFoundError) else error


class Unreachable:
    """Notices that the service cannot be reached, so that a pass ends instead of failing row after row."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self._in_a_row = 0
        self._ever_reached = False

    def verdict(self, outcome: Outcome) -> Exception | None:
        """The error that ends the pass: at once if nothing was ever reached, else after a run of failures."""
        if not isinstance(outcome.error, NotSentError):
            if outcome.attempts:
                self._in_a_row, self._ever_reached = 0, True
            return None
        self._in_a_row += 1
        return outcome.error if not self._ever_reached or self._in_a_row >= self.patience else None
