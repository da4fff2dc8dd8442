"""An answer as an object: its columns as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from grokcall.core.outcome import Outcome
from grokcall.core.result_columns import derived
from grokcall.core.typed_answers import typed_answer
from grokcall_parser.suggestions import hint
from grokcall_procedures import Procedure


class Answer:
    """An answer: its columns are attributes, those included that other surfaces give by name only.

    Its ``str`` is the text.

    Args:
        procedure: What was called.
        outcome: What became of it, with a row.

    >>> answer = talk.ask("What is 6 * 7?")  # doctest: +SKIP
    >>> answer.text, answer.Response_Id, answer.Response_Citations  # doctest: +SKIP
    ('42', 'resp_…', [])
    """

    def __init__(self, procedure: Procedure, outcome: Outcome) -> None:
        self._procedure = procedure
        self._row = (outcome.rows or [()])[0]
        self._fields = {field.name: field for field in procedure.offered_fields}
        self.cost_usd: Decimal | None = outcome.cost_usd
        """What it cost, in USD; None where no reply told it."""
        self.warnings: tuple[str, ...] = outcome.warnings
        """What was changed about the call on its way."""

    @property
    def text(self) -> str:
        """The text; empty where there is none."""
        value = getattr(self, self._procedure.main)
        return value if isinstance(value, str) else ""

    @property
    def columns(self) -> Mapping[str, Any]:
        """All columns by name."""
        return {name: self._column(name) for name in self._fields}

    @property
    def answer(self) -> Any:
        """The declared columns as an instance of the type that OutputSchema was, or as a dict where that was text.

        None where there is no OutputSchema. A column that is called ``answer`` itself is in ``columns``, and here where
        OutputSchema was text.

        Raises:
            AnswerMismatchError: The type refuses the answer; the message names the member.
        """
        schema = self._procedure.answer_schema
        if "answer" in self._fields and (schema is None or schema.type is None):
            return self._column("answer")
        if schema is None:
            return None
        return typed_answer(schema, {column.name: self._column(column.name) for column in schema.columns})

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", {})
        if name not in fields:
            raise AttributeError(f"an answer has no column {name!r}; {hint(name, fields)}")
        return self._column(name)

    def _column(self, name: str) -> Any:
        field = self._fields[name]
        if field.derive is None:
            return self._value(self._procedure.places[name])
        derive, places = derived(self._procedure, field)
        return derive(*map(self._value, places))

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._fields]

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<grokcall.Answer {self.text[:60]!r}>"

    def _value(self, place: int) -> object:
        return self._row[place] if place < len(self._row) else None
