"""The statements of grokcall: ``CALL`` in the spellings that people bring along, and a few words beside it.

    from grokcall_parser import parse_call

    call = parse_call("CALL GenerateResponse(:Message, Model => 'grok-4.3')")
    call.procedure, call.arguments[1].value.value, call.markers[0].name     # 'GenerateResponse', 'grok-4.3', 'Message'

The parser knows no procedure and asks no service. What it gives are frozen values that keep their places in the text,
so that an error found later can still point at them. See `parse_statement`, `parse_call` and `split_statements`.
"""

from typing import TYPE_CHECKING

from grokcall_parser.lazy_names import lazy_names

if TYPE_CHECKING:
    from grokcall_parser.errors import ArgumentsError as ArgumentsError
    from grokcall_parser.errors import CallSyntaxError as CallSyntaxError
    from grokcall_parser.errors import DatabaseError as DatabaseError
    from grokcall_parser.errors import DataError as DataError
    from grokcall_parser.errors import Error as Error
    from grokcall_parser.errors import IntegrityError as IntegrityError
    from grokcall_parser.errors import InterfaceError as InterfaceError
    from grokcall_parser.errors import InternalError as InternalError
    from grokcall_parser.errors import NotSupportedError as NotSupportedError
    from grokcall_parser.errors import OperationalError as OperationalError
    from grokcall_parser.errors import ProgrammingError as ProgrammingError
    from grokcall_parser.errors import StatementError as StatementError
    from grokcall_parser.errors import UnknownNameError as UnknownNameError
    from grokcall_parser.errors import Warning as Warning  # noqa: A004 - PEP 249 fixes the name
    from grokcall_parser.markers import find_markers as find_markers
    from grokcall_parser.parsing import parse_call as parse_call
    from grokcall_parser.parsing import parse_statement as parse_statement
    from grokcall_parser.parsing import split_statements as split_statements
    from grokcall_parser.spans import Span as Span
    from grokcall_parser.spans import point_at as point_at
    from grokcall_parser.statements import Argument as Argument
    from grokcall_parser.statements import BodyArgument as BodyArgument
    from grokcall_parser.statements import Call as Call
    from grokcall_parser.statements import CreateProcedure as CreateProcedure
    from grokcall_parser.statements import CreateTool as CreateTool
    from grokcall_parser.statements import DescribeProcedure as DescribeProcedure
    from grokcall_parser.statements import DescribeTool as DescribeTool
    from grokcall_parser.statements import DropProcedure as DropProcedure
    from grokcall_parser.statements import DropTool as DropTool
    from grokcall_parser.statements import Explain as Explain
    from grokcall_parser.statements import Literal as Literal
    from grokcall_parser.statements import LiteralValue as LiteralValue
    from grokcall_parser.statements import Marker as Marker
    from grokcall_parser.statements import ParameterDeclaration as ParameterDeclaration
    from grokcall_parser.statements import Query as Query
    from grokcall_parser.statements import Scalar as Scalar
    from grokcall_parser.statements import SelectConstant as SelectConstant
    from grokcall_parser.statements import ShowProcedures as ShowProcedures
    from grokcall_parser.statements import ShowTools as ShowTools
    from grokcall_parser.statements import Statement as Statement
    from grokcall_parser.suggestions import nearest as nearest

__all__ = [
    "Argument",
    "ArgumentsError",
    "BodyArgument",
    "Call",
    "CallSyntaxError",
    "CreateProcedure",
    "CreateTool",
    "DataError",
    "DatabaseError",
    "DescribeProcedure",
    "DescribeTool",
    "DropProcedure",
    "DropTool",
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
    "ShowTools",
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

lazy_names(
    __name__,
    {
        "Argument": "grokcall_parser.statements",
        "ArgumentsError": "grokcall_parser.errors",
        "BodyArgument": "grokcall_parser.statements",
        "Call": "grokcall_parser.statements",
        "CallSyntaxError": "grokcall_parser.errors",
        "CreateProcedure": "grokcall_parser.statements",
        "CreateTool": "grokcall_parser.statements",
        "DataError": "grokcall_parser.errors",
        "DatabaseError": "grokcall_parser.errors",
        "DescribeProcedure": "grokcall_parser.statements",
        "DescribeTool": "grokcall_parser.statements",
        "DropProcedure": "grokcall_parser.statements",
        "DropTool": "grokcall_parser.statements",
        "Error": "grokcall_parser.errors",
        "Explain": "grokcall_parser.statements",
        "IntegrityError": "grokcall_parser.errors",
        "InterfaceError": "grokcall_parser.errors",
        "InternalError": "grokcall_parser.errors",
        "Literal": "grokcall_parser.statements",
        "LiteralValue": "grokcall_parser.statements",
        "Marker": "grokcall_parser.statements",
        "NotSupportedError": "grokcall_parser.errors",
        "OperationalError": "grokcall_parser.errors",
        "ParameterDeclaration": "grokcall_parser.statements",
        "ProgrammingError": "grokcall_parser.errors",
        "Query": "grokcall_parser.statements",
        "Scalar": "grokcall_parser.statements",
        "SelectConstant": "grokcall_parser.statements",
        "ShowProcedures": "grokcall_parser.statements",
        "ShowTools": "grokcall_parser.statements",
        "Span": "grokcall_parser.spans",
        "Statement": "grokcall_parser.statements",
        "StatementError": "grokcall_parser.errors",
        "UnknownNameError": "grokcall_parser.errors",
        "Warning": "grokcall_parser.errors",
        "find_markers": "grokcall_parser.markers",
        "nearest": "grokcall_parser.suggestions",
        "parse_call": "grokcall_parser.parsing",
        "parse_statement": "grokcall_parser.parsing",
        "point_at": "grokcall_parser.spans",
        "split_statements": "grokcall_parser.parsing",
    },
)
