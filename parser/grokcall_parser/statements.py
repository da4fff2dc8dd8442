"""What a statement is once its text has been read: frozen values that keep their places."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from grokcall_parser.spans import Span

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


@dataclass(frozen=True, slots=True)
class ParameterDeclaration:
    """A parameter of a procedure that is being created: ``Body VARCHAR DEFAULT 'none' COMMENT 'the text'``.

    ``type`` is the type as it was written; ``default`` is None where none was declared.
    """

    name: str
    type: str
    span: Span
    type_span: Span
    default: Literal | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class BodyArgument:
    """An argument in the body of a procedure: its parts, which ``||`` joins; ``name`` is None by position."""

    parts: tuple[Literal | Marker, ...]
    name: str | None
    span: Span
    name_span: Span | None = None


@dataclass(frozen=True, slots=True)
class CreateProcedure:
    """``CREATE [OR REPLACE] PROCEDURE [IF NOT EXISTS] Name(…) [RETURNS (…)] [COMMENT '…'] AS CALL Base(…)``."""

    procedure: str
    parameters: tuple[ParameterDeclaration, ...]
    returns: str | None
    """The columns between the brackets of RETURNS, as they were written."""
    base: str
    arguments: tuple[BodyArgument, ...]
    text: str
    span: Span
    """Where the procedure's name stands."""
    base_span: Span
    returns_span: Span | None = None
    comment: str = ""
    or_replace: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropProcedure:
    """``DROP PROCEDURE [IF EXISTS] Name``."""

    procedure: str
    text: str
    span: Span
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class CreateTool:
    """``CREATE [OR REPLACE] TOOL [IF NOT EXISTS] name(…) [COMMENT '…'] AS SELECT …`` or ``AS CALL Base(…)``.

    Its body is either ``query`` or the call of ``base``; the other one is None.
    """

    tool: str
    parameters: tuple[ParameterDeclaration, ...]
    text: str
    span: Span
    """Where the tool's name stands."""
    comment: str = ""
    """What the model is told of it."""
    or_replace: bool = False
    if_not_exists: bool = False
    query: str | None = None
    """The query as it was written."""
    query_span: Span | None = None
    base: str | None = None
    """The procedure that is called."""
    arguments: tuple[BodyArgument, ...] = ()
    base_span: Span | None = None


@dataclass(frozen=True, slots=True)
class DropTool:
    """``DROP TOOL [IF EXISTS] name``."""

    tool: str
    text: str
    span: Span
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class ShowTools:
    """``SHOW TOOLS [LIKE 'pattern']``; the pattern has SQL's ``%`` and ``_``."""

    like: str | None
    text: str


@dataclass(frozen=True, slots=True)
class DescribeTool:
    """``DESCRIBE TOOL name``; ``DESC`` does as well."""

    tool: str
    text: str
    span: Span


Statement: TypeAlias = (
    Call
    | Explain
    | ShowProcedures
    | DescribeProcedure
    | CreateProcedure
    | DropProcedure
    | ShowTools
    | DescribeTool
    | CreateTool
    | DropTool
    | SelectConstant
    | Query
)
