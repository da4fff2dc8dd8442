"""What a statement is once its text has been read: frozen values that keep their places."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from grokcall_parser.places import Span

Scalar: TypeAlias = str | bytes | int | float | Decimal | bool | None
LiteralValue: TypeAlias = Scalar | tuple[Scalar, ...]
"""The value of a literal: an integer is int, a number with a point or an exponent is Decimal, an array is a tuple."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the text: ``'it''s'``, ``42``, ``0.5``, ``TRUE``, ``NULL``, ``X'ff'``, ``['a', 'b']``."""

    value: LiteralValue
    span: Span


@dataclass(frozen=True, slots=True)
class Marker:
    """A place for a value: ``:Name``, ``$Name`` or ``?``.

    ``name`` is None for ``?``; ``index`` counts the question marks from 0 and is None for named markers.
    """

    name: str | None
    index: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call. ``name`` is None when it is given by position."""

    value: Literal | Marker
    name: str | None
    span: Span
    name_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """``CALL Name(arguments)``, in any of its spellings."""

    procedure: str
    arguments: tuple[Argument, ...]
    text: str
    span: Span
    """Where the procedure's name stands."""

    @property
    def markers(self) -> tuple[Marker, ...]:
        """Every marker in the order of the text; a name may stand more than once."""
        return tuple(argument.value for argument in self.arguments if isinstance(argument.value, Marker))


@dataclass(frozen=True, slots=True)
class Explain:
    """``EXPLAIN CALL …`` or, with ``cost``, ``EXPLAIN COST CALL …``."""

    call: Call
    cost: bool
    text: str


@dataclass(frozen=True, slots=True)
class ShowProcedures:
    """``SHOW PROCEDURES [LIKE 'pattern']``; the pattern has SQL's ``%`` and ``_``."""

    like: str | None
    text: str


@dataclass(frozen=True, slots=True)
class DescribeProcedure:
    """``DESCRIBE PROCEDURE Name``; ``DESC`` does as well."""

    procedure: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class SelectConstant:
    """``SELECT 1 [AS name]``: what connection pools ask to see whether anybody is there."""

    value: Scalar
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """Any other SQL (SELECT, FROM, WITH, …): for an engine, not for the parser."""

    text: str


Statement: TypeAlias = Call | Explain | ShowProcedures | DescribeProcedure | SelectConstant | Query
