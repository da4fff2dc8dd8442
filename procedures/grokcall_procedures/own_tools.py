"""Tools of the user's own: a declaration becomes what a model is told, over a query or a procedure that is called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from grokcall_parser import (
    Argument,
    ArgumentsError,
    Call,
    CreateProcedure,
    CreateTool,
    Marker,
    Span,
    UnknownNameError,
    find_markers,
)
from grokcall_parser.suggestions import hint
from grokcall_procedures.client_tools import ToolDeclaration
from grokcall_procedures.definition import Procedure
from grokcall_procedures.effects import Effect
from grokcall_procedures.own_procedures import MOST_PARAMETERS, default_values, own_procedure, parameter_of
from grokcall_procedures.tools.function_arguments import ToolParameter, arguments_schema, fitted_arguments
from grokcall_procedures.tools.offered import RESERVED, SERVICE_TOOLS
from grokcall_procedures.types import well_formed

FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the API takes for the name of a function."""
PARAMETER_NAME = re.compile(r"[^\W\d]\w*")
"""What can be a marker of a query."""


@dataclass(frozen=True)
class OwnTool:
    """A tool as a statement declares it; it runs nothing.

    Args:
        statement: The declaration.
        parameters: What the model gives.
        query: The query with ``$name`` for each parameter, for DuckDB; None for a call.
        procedure: For a call, the procedure of these parameters that makes it; None for a query.
    """

    statement: CreateTool
    parameters: tuple[ToolParameter, ...]
    query: str | None = None
    procedure: Procedure | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The name by which the model calls it."""
        return self.statement.tool

    @property
    def declaration(self) -> ToolDeclaration:
        """What the model is told.

        A tool with a query reads local data.
        """
        body = self.query if self.query is not None else body_text(self.statement)
        return ToolDeclaration(
            name=self.name,
            description=self.statement.comment,
            parameters=arguments_schema(self.parameters),
            version=hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()[:16],
            is_local=self.query is not None,
        )

    @property
    def effect(self) -> Effect:
        """What a call of it leaves behind, at most."""
        return Effect.READ if self.procedure is None else self.procedure.effect

    @property
    def call(self) -> Call | None:
        """``CALL name(:a, :b)`` of its procedure, with a marker for each parameter; None for a query."""
        if self.procedure is None:
            return None
        nowhere = Span(0, 0)
        arguments = tuple(
            Argument(Marker(each.name, None, nowhere), each.name, nowhere, nowhere) for each in self.parameters
        )
        return Call(self.procedure.name, arguments, self.statement.text, self.statement.span)

    def fit(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """A value for each parameter from the arguments that a model wrote.

        Raises:
            DataError: An argument is unknown, missing or does not fit; the message tells the model what would do.
        """
        return fitted_arguments(self.name, arguments, self.parameters)


def own_tool(statement: CreateTool, base: Procedure | None = None) -> OwnTool:
    """The tool that a statement declares.

    Args:
        statement: The declaration.
        base: The procedure that its body calls; None for a query.

    Raises:
        grokcall_parser.StatementError: A name, a type, a parameter of the query or an argument of the call is wrong.
        BadValueError: A literal of the call does not fit.

    >>> from grokcall_parser import parse_statement
    >>> made = own_tool(parse_statement("CREATE TOOL twice(n INTEGER) AS SELECT 2 * :n"))
    >>> made.query, made.fit({"n": "4"})
    ('SELECT 2 * $n', {'n': 4})
    """
    check_name(statement.tool, statement.text, statement.span)
    if len(statement.parameters) > MOST_PARAMETERS:
        raise fault(statement, f"{statement.tool} has more than {MOST_PARAMETERS} parameters", statement.span)
    odd = next((each for each in statement.parameters if PARAMETER_NAME.fullmatch(each.name) is None), None)
    if odd is not None:
        raise fault(statement, f"a parameter of a tool cannot be called {odd.name!r}: letters, digits and _", odd.span)
    inner = as_procedure(statement)
    typed = {each.name: parameter_of(each, inner) for each in statement.parameters}
    defaults = default_values(inner, typed)
    parameters = tuple(
        ToolParameter(each.name, typed[each.name].type, each.comment, each.default is None, defaults.get(each.name))
        for each in statement.parameters
    )
    if base is not None:
        return OwnTool(statement, parameters, procedure=own_procedure(inner, base))
    return OwnTool(statement, parameters, query=marked_query(statement))


def check_name(name: str, text: str = "", span: Span | None = None) -> None:
    """Refuses a name that the API does not take for a function.

    Raises:
        ArgumentsError: It is none, or that of a tool of the service's own.
    """
    if FUNCTION_NAME.fullmatch(name) is None:
        message = f"a tool cannot be called {name[:80]!r}: 1 to 64 letters A-Z, digits, _ and -"
        raise ArgumentsError(message, text, span)
    if name.lower() in RESERVED or name.lower() in SERVICE_TOOLS:
        raise ArgumentsError(f"{name} is the name of a tool of the service's own; choose another", text, span)


def as_procedure(statement: CreateTool) -> CreateProcedure:
    """The declaration of a procedure with the parameters and the call of a tool."""
    return CreateProcedure(
        procedure=statement.tool,
        parameters=statement.parameters,
        returns=None,
        base=statement.base or "",
        arguments=statement.arguments,
        text=statement.text,
        span=statement.span,
        base_span=statement.base_span or statement.span,
        comment=statement.comment,
    )


def marked_query(statement: CreateTool) -> str:
    """The query of a tool with ``$name`` for each parameter, in the spelling of its declaration.

    Raises:
        grokcall_parser.StatementError: It has a parameter that is not declared, or does not use one that is.
    """
    query, place = statement.query, statement.query_span
    assert query is not None
    assert place is not None
    declared = {each.name.lower(): each for each in statement.parameters}
    used: set[str] = set()
    pieces: list[str] = []
    end = 0
    for marker in find_markers(query):
        name = declared_name(statement, marker, place)
        used.add(name)
        pieces += [query[end : marker.span.start], "$", declared[name].name]
        end = marker.span.end
    idle = next((each for key, each in declared.items() if key not in used), None)
    if idle is not None:
        message = f"{statement.tool}: the parameter {idle.name} is not used in the query; write ${idle.name} there"
        raise fault(statement, message, idle.span)
    return well_formed("".join([*pieces, query[end:]]))


def declared_name(statement: CreateTool, marker: Marker, place: Span) -> str:
    """The lower-case name of the parameter that a marker of the query stands for."""
    names = [each.name for each in statement.parameters]
    span = Span(place.start + marker.span.start, place.start + marker.span.end)
    if marker.name is None:
        raise fault(statement, "this ? stands for no parameter; write $name", span)
    if marker.name.lower() in {each.lower() for each in names}:
        return marker.name.lower()
    told = hint(marker.name, names, f"it declares: {', '.join(names) or 'none'}")
    message = f"{statement.tool} declares no parameter {marker.name}; {told}"
    raise UnknownNameError(message, statement.text, span, parameter=marker.name)


def body_text(statement: CreateTool) -> str:
    """What a tool calls, as it was written."""
    if statement.query is not None:
        return statement.query
    assert statement.base_span is not None
    return f"CALL {statement.text[statement.base_span.start :].strip().rstrip(';').rstrip()}"


def fault(statement: CreateTool, message: str, span: Span) -> ArgumentsError:
    """An error about a place in a declaration."""
    return ArgumentsError(message, statement.text, span)
