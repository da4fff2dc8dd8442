"""Procedures of the user's own: a declaration becomes a definition like any other, over the procedure that it calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sqlglot import exp

from grokcall_parser import (
    Argument,
    ArgumentsError,
    BodyArgument,
    Call,
    CreateProcedure,
    Literal,
    Marker,
    ParameterDeclaration,
    UnknownNameError,
)
from grokcall_parser.suggestions import hint
from grokcall_procedures.answers import OUTPUT_SCHEMA
from grokcall_procedures.binding import Binder
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.schemas.sql_types import TEXTS, named_type
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Steps
from grokcall_procedures.types import ParameterType, UnfitValue, to_string
from grokcall_procedures.values import fit_value

MOST_PARAMETERS = 100
TYPES: Mapping[exp.DType, ParameterType] = {
    exp.DType.BOOLEAN: ParameterType.BOOLEAN,
    exp.DType.TINYINT: ParameterType.INT32,
    exp.DType.SMALLINT: ParameterType.INT32,
    exp.DType.INT: ParameterType.INT32,
    exp.DType.BIGINT: ParameterType.INT64,
    exp.DType.FLOAT: ParameterType.DOUBLE,
    exp.DType.DOUBLE: ParameterType.DOUBLE,
    exp.DType.VARBINARY: ParameterType.BINARY,
    exp.DType.JSON: ParameterType.JSON,
    **dict.fromkeys(TEXTS, ParameterType.STRING),
}
TYPE_NAMES = "VARCHAR, INTEGER, BIGINT, DOUBLE, BOOLEAN, BLOB or JSON"

Part: TypeAlias = Callable[[Values], object]
"""Gives the value of an argument of the body from the values of the parameters."""


def own_procedure(statement: CreateProcedure, base: Procedure) -> Procedure:
    """The definition that a statement declares.

    Args:
        statement: The declaration.
        base: The procedure that its body calls.

    Raises:
        grokcall_parser.StatementError: A name, a type or an argument does not fit.
        BadValueError: A literal, a default or a column of RETURNS does not fit.

    >>> from grokcall_parser import parse_statement
    >>> from grokcall_procedures import CATALOG
    >>> text = "CREATE PROCEDURE Ask(Question VARCHAR) AS CALL GenerateResponse('Q: ' || :Question)"
    >>> ask = own_procedure(parse_statement(text), CATALOG["GenerateResponse"])
    >>> ask.parameters[0].name, str(ask.parameters[0].type), ask.parameters[0].required
    ('Question', 'String', True)
    """
    body = Body(statement, base)
    names = ", ".join(f":{declared.name}" for declared in statement.parameters)
    return Procedure(
        name=statement.procedure,
        summary=statement.comment or f"Calls {base.name} as it was declared.",
        parameters=tuple(body.parameters.values()),
        fields=body.fields,
        steps=body.steps,
        rules=(body.expand,),
        many=base.many,
        streams=base.streams,
        reference=base.reference,
        example=f"CALL {statement.procedure}({names})",
        notes=("A user-defined procedure.",),
        answer_schema=body.target.answer_schema,
        further_fields=body.further_fields,
        passes_on=body.passes_on(),
        effect=base.effect,
        effect_of=base.effect_of,
        host=base.host,
        runs_tools=base.runs_tools,
        main=base.main if any(column.name == base.main for column in body.fields) else "",
    )


class Body:
    """The call inside a procedure of the user's own, checked once and bound for each call.

    Args:
        statement: The declaration.
        base: The procedure that it calls.
    """

    def __init__(self, statement: CreateProcedure, base: Procedure) -> None:
        if len(statement.parameters) > MOST_PARAMETERS:
            raise self._fault(statement, f"{statement.procedure} has more than {MOST_PARAMETERS} parameters")
        self.statement = statement
        self.base = base
        declared = statement.parameters
        self.parameters: Mapping[str, Parameter] = {each.name: parameter_of(each, statement) for each in declared}
        self._defaults = default_values(statement, self.parameters)
        self._call, self._parts = self._as_call()
        self._binder = Binder(self._call, base, Settings())
        self._binders: dict[int, Binder] = {id(self._binder.settings): self._binder}
        self.target: Procedure = self._binder.procedure
        """The procedure that is called, with the columns of RETURNS."""
        shown = len(self.target.fields) - len(base.fields) if statement.returns is not None else None
        self.fields: tuple[ResultField, ...] = self.target.fields[:shown]
        self.further_fields: tuple[ResultField, ...] = self.target.offered_fields[len(self.fields) :]

    def expand(self, values: Values, settings: Settings) -> tuple[str, ...]:
        """Puts the values of the call inside in the place of those of the parameters.

        Raises:
            BadValueError: One of them does not fit the procedure that is called.
        """
        given = {**self._defaults, **values}
        bound = self._binder_for(settings).bind_row([part(given) for part in self._parts])
        values.clear()
        values.update(bound.values)
        return bound.warnings

    def steps(self, call: BoundCall) -> Steps:
        """Runs the call inside."""
        return self.target.steps(dataclasses.replace(call, procedure=self.target))

    def passes_on(self) -> tuple[tuple[str, str], ...]:
        """Each parameter with one of the procedure inside that depends on it."""
        names = {name.lower(): name for name in self.parameters}
        pairs: list[tuple[str, str]] = []
        for position, item in enumerate(self.statement.arguments):
            inside = self.base.by_name[item.name.lower()] if item.name else self.base.positional[position]
            targets = [target for own, target in self.base.passes_on if own == inside.name] or [inside.name]
            markers = [part for part in item.parts if isinstance(part, Marker)]
            pairs += [(names[str(each.name).lower()], target) for each in markers for target in targets]
        return tuple(pairs)

    def _binder_for(self, settings: Settings) -> Binder:
        binder = self._binders.get(id(settings))
        if binder is None or binder.settings is not settings:
            if len(self._binders) > MOST_PARAMETERS:
                self._binders.clear()
            binder = self._binders[id(settings)] = Binder(self._call, self.base, settings)
        return binder

    def _as_call(self) -> tuple[Call, list[Part]]:
        """The body as a call with a question mark for each argument that depends on a parameter."""
        statement = self.statement
        arguments: list[Argument] = []
        parts: list[Part] = []
        used: set[str] = set()
        for item in statement.arguments:
            value: Literal | Marker
            if len(item.parts) == 1 and isinstance(item.parts[0], Literal):
                value = item.parts[0]
            else:
                value = Marker(None, len(parts), item.span)
                parts.append(self._part(item, used))
            arguments.append(Argument(value, item.name, item.span, item.name_span))
        if statement.returns is not None and statement.returns_span is not None:
            arguments.append(self._returns())
        idle = next((each for each in statement.parameters if each.name not in used), None)
        if idle is not None:
            message = (
                f"{statement.procedure}: the parameter {idle.name} is not used in the body; write :{idle.name} there"
            )
            raise ArgumentsError(message, statement.text, idle.span, procedure=statement.procedure)
        return Call(statement.base, tuple(arguments), statement.text, statement.base_span), parts

    def _returns(self) -> Argument:
        statement = self.statement
        assert statement.returns is not None
        assert statement.returns_span is not None
        if OUTPUT_SCHEMA.name.lower() not in self.base.by_name:
            raise ArgumentsError(
                f"RETURNS needs a procedure with {OUTPUT_SCHEMA.name}, which {self.base.name} has not; leave it out to "
                "have the columns that there are, or call GenerateResponse",
                statement.text,
                statement.returns_span,
                procedure=statement.procedure,
            )
        schema = Literal(statement.returns, statement.returns_span)
        return Argument(schema, OUTPUT_SCHEMA.name, statement.returns_span, statement.returns_span)

    def _part(self, item: BodyArgument, used: set[str]) -> Part:
        """What gives the value of one argument."""
        pieces: list[tuple[str | None, object]] = []
        for part in item.parts:
            if isinstance(part, Literal):
                pieces.append((None, part.value))
                continue
            declared = self._declared(part)
            used.add(declared.name)
            if len(item.parts) > 1 and declared.type is ParameterType.BINARY:
                message = f"the parameter {declared.name} is a BLOB, which || does not join with texts"
                raise ArgumentsError(message, self.statement.text, part.span, procedure=self.statement.procedure)
            pieces.append((declared.name, None))
        if len(pieces) == 1:
            name = pieces[0][0]
            return lambda values: values.get(str(name))
        return lambda values: joined(pieces, values)

    def _declared(self, marker: Marker) -> Parameter:
        names = {name.lower(): parameter for name, parameter in self.parameters.items()}
        found = names.get(str(marker.name).lower())
        if found is None:
            there = ", ".join(self.parameters) or "none"
            told = hint(str(marker.name), self.parameters, f"it declares: {there}")
            raise UnknownNameError(
                f"{self.statement.procedure} declares no parameter {marker.name}; {told}",
                self.statement.text,
                marker.span,
                procedure=self.statement.procedure,
                parameter=marker.name,
            )
        return found

    @staticmethod
    def _fault(statement: CreateProcedure, message: str) -> ArgumentsError:
        return ArgumentsError(message, statement.text, statement.span, procedure=statement.procedure)


def joined(pieces: list[tuple[str | None, object]], values: Values) -> str | None:
    """Texts and values one after the other; NULL if any of them is NULL, as SQL has it."""
    found = [literal if name is None else values.get(name) for name, literal in pieces]
    return None if None in found else "".join(map(to_string, found))


def parameter_of(declared: ParameterDeclaration, statement: CreateProcedure) -> Parameter:
    """A declared parameter; one without a default is required."""
    kind = named_type(" ".join(declared.type.split()).split("(")[0])
    if kind not in TYPES or "[" in declared.type:
        raise ArgumentsError(
            f"the parameter {declared.name} cannot have the type {declared.type}; it is {TYPE_NAMES}",
            statement.text,
            declared.type_span,
            procedure=statement.procedure,
            parameter=declared.name,
        )
    assert kind is not None
    comment = declared.comment or f"A parameter of {statement.procedure}."
    return Parameter(declared.name, TYPES[kind], comment, required=declared.default is None)


def default_values(statement: CreateProcedure, parameters: Mapping[str, Parameter]) -> Values:
    """The values of the parameters that have a default other than NULL."""
    found: Values = {}
    for declared in statement.parameters:
        if declared.default is None or declared.default.value is None:
            continue
        try:
            value, _ = fit_value(declared.default.value, parameters[declared.name])
        except UnfitValue as error:
            raise ArgumentsError(
                f"the default of the parameter {declared.name} does not fit: {error}",
                statement.text,
                declared.default.span,
                procedure=statement.procedure,
                parameter=declared.name,
            ) from None
        found[declared.name] = value
    return found
