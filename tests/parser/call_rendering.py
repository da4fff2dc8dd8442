"""Statements as text again, in one spelling: what a test compares."""

from __future__ import annotations

from decimal import Decimal

from grokcall_parser import (
    Argument,
    Call,
    DescribeProcedure,
    Explain,
    Literal,
    LiteralValue,
    Marker,
    Query,
    SelectConstant,
    ShowProcedures,
    Statement,
)


def render(statement: Statement) -> str:
    """The one spelling of a statement; of a query only that it is one."""
    match statement:
        case Call():
            return f"CALL {name(statement.procedure)}({', '.join(map(render_argument, statement.arguments))})"
        case Explain(call=call, cost=cost):
            return f"EXPLAIN {'COST ' if cost else ''}{render(call)}"
        case ShowProcedures(like=like):
            return "SHOW PROCEDURES" + (f" LIKE {render_value(like)}" if like is not None else "")
        case DescribeProcedure(procedure=procedure):
            return f"DESCRIBE PROCEDURE {name(procedure)}"
        case SelectConstant(value=value, name=alias):
            quoted = alias.replace('"', '""')
            return f'SELECT {render_value(value)} AS "{quoted}"'
        case Query():
            return "QUERY"


def render_argument(argument: Argument) -> str:
    prefix = f"{name(argument.name)} => " if argument.name is not None else ""
    match argument.value:
        case Literal(value=value):
            return prefix + render_value(value)
        case Marker(name=None):
            return prefix + "?"
        case Marker(name=marker):
            return f"{prefix}:{marker}"


def render_value(value: LiteralValue) -> str:
    match value:
        case None | bool():
            return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
        case str():
            return "'" + value.replace("'", "''") + "'"
        case bytes():
            return f"X'{value.hex().upper()}'"
        case tuple():
            return f"[{', '.join(map(render_value, value))}]"
        case int():
            return str(value)
        case Decimal():
            # A point keeps it from being read as an int.
            written = str(value)
            return written + "." if written.lstrip("-").isdigit() else written
        case _:
            raise TypeError(value)


def name(written: str) -> str:
    return written if written.isidentifier() else '"' + written.replace('"', '""') + '"'
