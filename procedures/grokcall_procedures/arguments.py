"""The arguments of a statement and the parameters that they fill."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from grokcall_parser import Argument, ArgumentsError, Call, Literal, Marker, UnknownNameError, point_at
from grokcall_parser.suggestions import hint
from grokcall_procedures.definition import Parameter, Procedure
from grokcall_procedures.settings import Settings

MOST_NAMED = 12
"""Parameters that a message names one by one."""
FIRST_NAMED = 8
"""Those that it names where there are more."""

UNKNOWN: object = object()
"""Stands for a value, in the sequence of those that are known, that differs from row to row."""


def known_value(known: Mapping[str, object] | Sequence[object] | None, marker: Marker) -> object:
    """The value of a marker among those that are the same for every row; ``UNKNOWN`` where it is none of them."""
    if marker.name is None:
        index = marker.index or 0
        is_there = isinstance(known, Sequence) and not isinstance(known, str | bytes) and index < len(known)
        return known[index] if is_there else UNKNOWN  # type: ignore[index]
    if not isinstance(known, Mapping):
        return UNKNOWN
    given = {str(key).lower().lstrip(":$@"): value for key, value in known.items()}
    return given.get(marker.name.lower(), UNKNOWN)


def is_excusable(call: Call, parameter: Parameter) -> bool:
    """Whether a statement names the parameter beside whose value a required one may be NULL."""
    names = {(argument.name or "").lower() for argument in call.arguments}
    return parameter.unless is not None and parameter.unless.lower() in names


def check_count(call: Call, procedure: Procedure, settings: Settings) -> None:
    """Makes sure that there are as many arguments as the option ``strict_arity`` demands.

    Raises:
        ArgumentsError: There are others.
    """
    declared = len(procedure.positional)
    given = sum(not is_named_only(procedure, argument) for argument in call.arguments)
    if settings.strict_arity and given != declared:
        remedy = "pass NULL for those that are not needed" if given < declared else "leave out the last"
        raise ArgumentsError(
            f"{procedure.name} takes exactly {declared} arguments here (strict_arity), got {given}; {remedy}",
            call.text,
            call.span,
            procedure=procedure.name,
        )


def is_named_only(procedure: Procedure, argument: Argument) -> bool:
    """Whether an argument is given by a name and could not be given otherwise."""
    parameter = procedure.by_name.get((argument.name or "").lower())
    return parameter is not None and parameter.named_only


def parameter_of(call: Call, procedure: Procedure, index: int) -> tuple[Parameter, int]:
    """The parameter that an argument fills, and its position from 1.

    Args:
        call: The statement.
        procedure: Its definition.
        index: The number of the argument, from 0.

    Raises:
        ArgumentsError: There are too many.
        UnknownNameError: There is no parameter of that name.
    """
    name, name_span = call.arguments[index].name, call.arguments[index].name_span
    if name is None:
        if index < len(procedure.positional):
            return procedure.positional[index], index + 1
        raise too_many(call, procedure, index)
    parameter = procedure.by_name.get(name.lower())
    if parameter is None:
        names = [known.name for known in procedure.parameters]
        told = hint(name, names, f"it has: {some_of(names, procedure)}" if names else "it takes none")
        raise UnknownNameError(
            f"{procedure.name} has no parameter {name}; {told}",
            call.text,
            name_span,
            procedure=procedure.name,
            parameter=name,
        )
    return parameter, procedure.parameters.index(parameter) + 1


def pointer_to(call: Call, procedure: Procedure, parameter: Parameter) -> str:
    """The lines that point at a parameter's value in the statement; empty where it does not stand there.

    What a marker stands for is no part of the text, and nothing is shown of the text around a secret.
    """
    for index, argument in enumerate(call.arguments):
        if parameter_of(call, procedure, index)[0].name == parameter.name:
            is_shown = isinstance(argument.value, Literal) and not parameter.secret
            return point_at(call.text, argument.value.span) if is_shown else ""
    return ""


def some_of(names: Sequence[str], procedure: Procedure) -> str:
    """Names of parameters; the first ones and how many more there are, where they are many."""
    if len(names) <= MOST_NAMED:
        return ", ".join(names)
    more = len(names) - FIRST_NAMED
    return f"{', '.join(names[:FIRST_NAMED])} and {more} more (DESCRIBE PROCEDURE {procedure.name})"


def too_many(call: Call, procedure: Procedure, index: int) -> ArgumentsError:
    """The error for an argument that has no parameter."""
    declared = len(procedure.positional)
    named = [parameter.name for parameter in procedure.parameters if parameter.named_only]
    by_name = f"; by name it {'also ' if declared else ''}takes {some_of(named, procedure)}" if named else ""
    takes = "no arguments" if declared == 0 else f"at most {declared} argument{'s' if declared > 1 else ''}"
    return ArgumentsError(
        f"{procedure.name} takes {takes}{' by position' if named else ''}, got {len(call.arguments)}{by_name}",
        call.text,
        call.arguments[index].span,
        procedure=procedure.name,
        position=index + 1,
    )


def check_required(call: Call, procedure: Procedure, given: Collection[str]) -> None:
    """Makes sure that each required parameter has an argument.

    Args:
        call: The statement.
        procedure: Its definition.
        given: The names of the parameters that have one.

    Raises:
        ArgumentsError: One has none.
    """
    for position, parameter in enumerate(procedure.parameters, 1):
        if parameter.required and parameter.name not in given and parameter.unless not in given:
            raise ArgumentsError(
                f"{procedure.name} needs {parameter.name} (position {position}, {parameter.type}): add the argument",
                call.text,
                call.span,
                procedure=procedure.name,
                parameter=parameter.name,
                position=position,
            )
