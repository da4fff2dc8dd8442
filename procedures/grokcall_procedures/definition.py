"""What a procedure is: a frozen, typed definition that every surface reads.

Binding, the command line's help, DESCRIBE, the documentation pages and every other surface read the one
:class:`Procedure` in the catalog. What a new one takes besides, CONTRIBUTING.md lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

from grokcall_procedures.effects import Effect
from grokcall_procedures.list_names import list_name
from grokcall_procedures.schemas import OutputSchema
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Row, Step, Steps
from grokcall_procedures.types import ParameterType

UNREAD_FIELDS = ("Response_Result", "Completion_Raw", "Message_Raw", "Raw_Body")
"""The columns that keep the text of a reply which could not be read."""

STORE = "Store"
"""The parameter that says whether the service keeps an answer, for which a connection can have a rule of its own."""

STORE_AS = "StoreAs"
"""The parameter that has what is made stored as a file at the service."""

DEFERRED = "Deferred"
"""The parameter that has an answer made for later, and waited for."""

SECRET_COLUMN: Mapping[bytes, bytes] = {b"grokcall": b"secret"}
"""What marks a column of Arrow that holds secrets."""

_OTHER_TYPES = (ParameterType.BINARY, ParameterType.FILE, ParameterType.TIMESTAMP, ParameterType.DECIMAL)
PLAIN_TYPES = frozenset(ParameterType).difference(_OTHER_TYPES)
"""The types of text and numbers."""

Values: TypeAlias = dict[str, object]
"""A call's values by the declared parameter name; parameters that are NULL are left out."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of a procedure.

    Args:
        name: The name as it is shown; matched without regard to case.
        type: Its type.
        doc: What it does, in a sentence or two.
        required: Whether NULL is refused.
        values: For an Enum the known values. The list is open: others warn and are sent, unless enums are strict.
        low: The smallest value allowed.
        high: The largest value allowed.
        low_excluded: Whether ``low`` itself is refused.
        max_length: The longest text in characters, or the largest Binary in bytes.
        named_only: Whether it can be given by name only. Parameters beyond the vendor's are.
        decides_columns: Whether the result's columns follow from its value, which must then be the same for all rows.
        reader: Reads a value where the type's own way is too narrow; raises UnfitValue.
        unless: The parameter beside whose value this one may be NULL, although it is required.
        secret: Whether its value may hold a secret, so that no error shows the text around it.
    """

    name: str
    type: ParameterType
    doc: str
    required: bool = False
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    low_excluded: bool = False
    max_length: int | None = None
    named_only: bool = False
    decides_columns: bool = False
    reader: Callable[[object], object] | None = field(default=None, repr=False)
    unless: str | None = None
    secret: bool = False


class FieldType(Protocol):
    """The type of a result column; its text is the vendor's name for it, or the type in SQL."""

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of the column."""
        ...


@dataclass(frozen=True, slots=True)
class ResultField:
    """One column of a procedure's result.

    Args:
        name: The column's name, byte for byte.
        type: Its type.
        path: Where the value stands in the API's reply, as a JSON path; empty when it is computed.
        doc: What it holds.
        derive: Makes the value from those of ``derived_from`` once it is asked for; None for what rows hold.
        derived_from: The names of the fields of a row that it is made from.
        secret: Whether it holds a secret, which only a row of a cursor shows.
    """

    name: str
    type: FieldType
    path: str
    doc: str
    derive: Callable[..., object] | None = field(default=None, repr=False)
    derived_from: tuple[str, ...] = ()
    secret: bool = False

    @property
    def column(self) -> pa.Field[Any]:
        """The column of Arrow."""
        return pa.field(self.name, self.type.arrow, metadata=dict(SECRET_COLUMN) if self.secret else None)


@dataclass(frozen=True, slots=True)
class BoundCall:
    """A procedure with valid values: everything that is needed to run it.

    ``warnings`` says what was changed on the way, for example a parameter that the model would have refused.
    ``earlier_tokens`` is how many tokens the conversation has that the service puts before it; None where that is not
    known.
    """

    procedure: Procedure
    values: Values
    settings: Settings
    warnings: tuple[str, ...] = ()
    earlier_tokens: int | None = None

    @property
    def asks(self) -> int:
        """How often the service is asked at most, each time for money: an answer may have to be asked for again."""
        return self.settings.schema_attempts if self.procedure.answer_schema is not None else 1

    @property
    def is_deferred(self) -> bool:
        """Whether its answer is begun, and looked for until it is there."""
        return self.values.get(DEFERRED) is True

    @property
    def leaves_content(self) -> bool:
        """Whether what it makes is not fetched: nobody wants its bytes, and the service stores it."""
        return not self.settings.wants_content and STORE_AS in self.values

    @property
    def effect(self) -> Effect:
        """What it leaves behind."""
        decide = self.procedure.effect_of
        return self.procedure.effect if decide is None else decide(self.values)

    @property
    def host(self) -> Host:
        """The host that it asks."""
        decide = self.procedure.host_of
        return self.procedure.host if decide is None else decide(self.values)

    def steps(self) -> Steps:
        """A fresh run of the call, to be driven by whoever can send requests."""
        return self.procedure.steps(self)

    def first_step(self) -> Step:
        """The first step of a run that goes no further: what would be asked for at once."""
        with closing(self.steps()) as steps:
            return next(steps)


Rule: TypeAlias = Callable[[Values, Settings], tuple[str, ...]]
"""Checks a call's values together, may change them, and returns warnings; raises UnfitValue to refuse the call."""


@dataclass(frozen=True)
class Procedure:
    """A stored procedure.

    Args:
        name: Its name; matched without regard to case.
        summary: What it does, in one sentence.
        parameters: Its inputs in the order of positional arguments; named-only ones last.
        fields: Its result columns in order.
        steps: Makes the steps of a call.
        model_kind: Which default model a NULL ``Model`` takes; None when the procedure has no model.
        rules: Checked in order once the values have their types.
        many: Whether a call may give any number of rows instead of exactly one.
        streams: Whether its answer can come in pieces: the requests that bring it have a fold.
        reference: The API's own words for it: method and path of the main request.
        vendor: Whether it is one of the vendor's, with exactly its parameters and fields.
        example: A statement that one can paste.
        notes: Paragraphs for its documentation page.
        answer_schema: The shape that its answers were declared to have; None for plain text.
        further_fields: What there is beside ``fields``: columns only where they are asked for by name. Rows hold those
            that are not derived, after ``fields``.
        prompt_version: Which version of a prompt of ours it sends, from 1; 0 where the prompt is the caller's alone. It
            is part of what makes two calls the same.
        passes_on: For a procedure of the user's own, each of its parameters with one of the procedure inside that
            depends on it.
        effect: What a call leaves behind: at most, or as a rule where it only costs money.
        effect_of: Tells it from a call's values where they decide; None where all calls are alike.
        main: The field that the scalar form gives; empty for a procedure that has none.
        host: The host that it asks; one that asks both has the management host, whose key it needs.
        host_of: Tells it from a call's values where they decide; None where all calls ask the same.
        runs_tools: Whether tools of the client's that a call names in `Tools` are run here, round by round; where not
            the model is only told of them.
    """

    name: str
    summary: str
    parameters: tuple[Parameter, ...]
    fields: tuple[ResultField, ...]
    steps: Callable[[BoundCall], Steps] = field(repr=False)
    model_kind: str | None = None
    rules: tuple[Rule, ...] = field(default=(), repr=False)
    many: bool = False
    streams: bool = False
    reference: str = ""
    vendor: bool = False
    example: str = ""
    notes: tuple[str, ...] = ()
    answer_schema: OutputSchema | None = field(default=None, repr=False)
    further_fields: tuple[ResultField, ...] = ()
    prompt_version: int = 0
    passes_on: tuple[tuple[str, str], ...] = ()
    effect: Effect = Effect.ASK
    effect_of: Callable[[Values], Effect] | None = field(default=None, repr=False)
    main: str = ""
    host: Host = Host.API
    host_of: Callable[[Values], Host] | None = field(default=None, repr=False)
    runs_tools: bool = True

    @cached_property
    def by_name(self) -> Mapping[str, Parameter]:
        """The parameters by lower-case name."""
        return {parameter.name.lower(): parameter for parameter in self.parameters}

    @cached_property
    def has_store(self) -> bool:
        """Whether it has the parameter that says whether the service keeps an answer."""
        parameter = self.by_name.get(STORE.lower())
        return parameter is not None and parameter.type is ParameterType.BOOLEAN and parameter.name == STORE

    @cached_property
    def positional(self) -> tuple[Parameter, ...]:
        """The parameters that may be given by position."""
        return tuple(parameter for parameter in self.parameters if not parameter.named_only)

    @cached_property
    def row_fields(self) -> tuple[ResultField, ...]:
        """Everything that a row holds, in order."""
        return (*self.fields, *(column for column in self.further_fields if column.derive is None))

    @cached_property
    def offered_fields(self) -> tuple[ResultField, ...]:
        """Everything that can become a column, in order."""
        return (*self.fields, *self.further_fields)

    def brings_content(self, fields: Sequence[str] | None) -> bool:
        """Whether there is a column of bytes among some result fields, in any case; None stands for all."""
        content = {column.name.lower() for column in self.fields if column.type is ParameterType.BINARY}
        return fields is None or not content or any(name.strip().lower() in content for name in fields)

    @cached_property
    def list_name(self) -> str:
        """The column that holds the rows of a call as a list, for a procedure that gives any number of them."""
        return list_name(column.name for column in self.fields)

    @cached_property
    def is_plain(self) -> bool:
        """Whether its rows hold nothing but text, numbers and NULL, neither bytes nor what a schema declares."""
        return all(column.type in PLAIN_TYPES for column in self.row_fields)

    @cached_property
    def has_secret(self) -> bool:
        """Whether its rows hold a secret: they are not shared, remembered or kept, and not made by a query."""
        return any(column.secret for column in self.offered_fields)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each value stands in a row, by the exact name of its field."""
        return {column.name: index for index, column in enumerate(self.row_fields)}

    def unread_row(self, text: str) -> Row | None:
        """The row that keeps the text of a reply which could not be read; None where no column has a place for it."""
        place = next((self.places[name] for name in UNREAD_FIELDS if name in self.places), None)
        if place is None:
            return None
        return tuple(text if index == place else None for index, _ in enumerate(self.row_fields))

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the result."""
        return pa.schema([column.column for column in self.fields])
