"""Which outcome of one row ends the whole pass: errors that every row would meet alike."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall.core.outcome import Outcome
from grokcall.errors import IncompleteAnswerError, PermissionDeniedError, ServiceError, is_systemic
from grokcall.execution.outages import Outage
from grokcall_procedures import Binder

BODY = frozenset({"Body", "ExtraBody", "AdditionalFields", "FormData"})
"""Parameters that can hold any part of a request."""
PARAMETERS_OF: Mapping[str, frozenset[str]] = {
    "model": BODY | {"Model"},
    "schema": BODY | {"OutputSchema", "Categories", "AllowMultiple"},
    "body": BODY,
    "path": frozenset({"Path", "Method"}),
}
"""The parameters that decide the part of a request which a refusal speaks of."""


class CircuitBreaker:
    """Judges the tries and outcomes of one pass over many rows.

    Args:
        binder: The statement; where each row brings its own model, an unknown model concerns its row only, and one
            that the key may not use as well, unless many rows in a row meet that. The same holds for a schema, a path
            and a body of each row's own.
        concurrency: The most calls in flight.
    """

    def __init__(self, binder: Binder, concurrency: int) -> None:
        self._varied = varied(binder)
        self._model_varies = "Model" in self._varied
        self._outage = Outage(concurrency, model_varies=self._model_varies, of_the_row=self._is_of_the_row)
        self._patience: int = self._outage.patience
        self._denied = 0

    def may_begin(self) -> bool:
        """Whether a request of the current task's call may be sent."""
        return self._outage.may_begin()

    def tried(self, error: BaseException | None, began: float) -> Exception | None:
        """Takes note of a try of the current task's call; gives the error that ends the pass, if any."""
        return self._outage.tried(error, began)

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
        if self._model_varies and isinstance(error, PermissionDeniedError):
            self._denied += 1
            return error if self._denied >= self._patience else None
        return None if isinstance(error, ServiceError) and self._is_of_the_row(error) else error

    def _is_of_the_row(self, error: ServiceError) -> bool:
        """Whether what is refused is a part of the request in which rows differ."""
        if error.subject == "parameter":
            said = plain(error.message)
            return not BODY.isdisjoint(self._varied) or any(plain(name) in said for name in self._varied)
        return not PARAMETERS_OF.get(error.subject, frozenset()).isdisjoint(self._varied)


def varied(binder: Binder) -> frozenset[str]:
    """The parameters that have a value of its own for each row; of the procedure inside for one of the user's own."""
    inside = binder.procedure.passes_on
    names = [binding.parameter.name for binding in binder.bindings]
    return frozenset(names).union(*([target for own, target in inside if own == name] for name in names))


def plain(text: str) -> str:
    """A name in small letters without what joins its words: ``reasoning_effort`` and ``ReasoningEffort`` are one."""
    return text.replace("_", "").lower()
