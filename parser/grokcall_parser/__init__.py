"""The statements of grokcall: ``CALL`` in the spellings that people bring along, and a few words beside it.

    from grokcall_parser import parse_call

    call = parse_call("CALL GenerateResponse(:Message, Model => 'grok-4.3')")
    call.procedure, call.arguments[1].value.value, call.markers[0].name     # 'GenerateResponse', 'grok-4.3', 'Message'

The parser knows no procedure and asks no service. What it gives are frozen values that keep their places in the text,
so that an error found later can still point at them. See `parse_statement`, `parse_call` and `split_statements`.
"""

from __future__ import annotations

from grokcall_parser.errors import (
    ArgumentsError,
    CallSyntaxError,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StatementError,
    UnknownNameError,
    Warning,  # noqa: A004 - PEP 249 fixes the name
)
from grokcall_parser.markers import find_markers
from grokcall_parser.parsing import parse_call, parse_statement, split_statements
from grokcall_parser.spans import Span, point_at
from grokcall_parser.statements import (
    Argument,
    BodyArgument,
    Call,
    CreateProcedure,
    DescribeProcedure,
    DropProcedure,
    Explain,
    Literal,
    LiteralValue,
    Marker,
    ParameterDeclaration,
    Query,
    Scalar,
    SelectConstant,
    ShowProcedures,
    Statement,
)
from grokcall_parser.suggestions import nearest

__all__ = [
    "Argument",
    "ArgumentsError",
    "BodyArgument",
    "Call",
    "CallSyntaxError",
    "CreateProcedure",
    "DataError",
    "DatabaseError",
    "DescribeProcedure",
    "DropProcedure",
    "Error",
    "Explain",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "Literal",
    "LiteralValue",
    "Marker",
    "NotSupportedError",
    "OperationalError",
    "ParameterDeclaration",
    "ProgrammingError",
    "Query",
    "Scalar",
    "SelectConstant",
    "ShowProcedures",
    "Span",
    "Statement",
    "StatementError",
    "UnknownNameError",
    "Warning",
    "find_markers",
    "nearest",
    "parse_call",
    "parse_statement",
    "point_at",
    "split_statements",
]
