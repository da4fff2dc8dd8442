"""Statements as text again, in one spelling: what a test compares."""

from __future__ import annotations

from decimal import Decimal

from grokcall_parser import (
    Argument,
    BodyArgument,
    Call,
    CreateTool,
    DescribeProcedure,
    DescribeTool,
    DropTool,
    Explain,
    Literal,
    LiteralValue,
    Marker,
    ParameterDeclaration,
    Query,
    SelectConstant,
    ShowProcedures,
    ShowTools,
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
        case ShowTools(like=like):
            return "SHOW TOOLS" + (f" LIKE {render_value(like)}" if like is not None else "")
        case DescribeTool(tool=tool):
            return f"DESCRIBE TOOL {name(tool)}"
        case DropTool(tool=tool, if_exists=if_exists):
            return f"DROP TOOL {'IF EXISTS ' if if_exists else ''}{name(tool)}"
        case CreateTool():
            return render_tool(statement)
        case SelectConstant(value=value, name=alias):
            quoted = alias.replace('"', '""')
            return f'SELECT {render_value(value)} AS "{quoted}"'
        case Query():
            return "QUERY"


def render_tool(made: CreateTool) -> str:
    """A declaration of a tool; of its query the text as it stands."""
    words = ["CREATE", *(["OR REPLACE"] if made.or_replace else []), "TOOL"]
    words += [*(["IF NOT EXISTS"] if made.if_not_exists else [])]
    head = f"{name(made.tool)}({', '.join(map(render_declaration, made.parameters))})"
    comment = [f"COMMENT {render_value(made.comment)}"] if made.comment else []
    if made.query is not None:
        return " ".join([*words, head, *comment, "AS", made.query])
    call = f"CALL {name(str(made.base))}({', '.join(map(render_body_argument, made.arguments))})"
    return " ".join([*words, head, *comment, "AS", call])


def render_declaration(declared: ParameterDeclaration) -> str:
    default = "" if declared.default is None else f" DEFAULT {render_value(declared.default.value)}"
    comment = f" COMMENT {render_value(declared.comment)}" if declared.comment else ""
    return f"{name(declared.name)} {declared.type}{default}{comment}"


def render_body_argument(argument: BodyArgument) -> str:
    prefix = f"{name(argument.name)} => " if argument.name is not None else ""
    parts = (render_value(part.value) if isinstance(part, Literal) else f":{part.name}" for part in argument.parts)
    return prefix + " || ".join(parts)


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
