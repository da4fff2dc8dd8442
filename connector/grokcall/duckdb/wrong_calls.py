"""Calls in queries that DuckDB cannot bind, told in the words in which those of CALLs are told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlglot import Token, TokenType

from grokcall.duckdb.asked_fields import alias_of
from grokcall.duckdb.macros import scalar_name, taken_parameters
from grokcall.duckdb.reserved_names import ASSIGNMENTS, reserved_name
from grokcall.duckdb.typed_calls import called
from grokcall.errors import ArgumentsError, Error, StatementError, UnknownNameError
from grokcall_parser import Argument, Call, Literal, Span
from grokcall_parser.suggestions import folded, hint, nearest
from grokcall_parser.tokens import is_name, read_tokens, span_of
from grokcall_procedures import BadValueError, Procedure
from grokcall_procedures.arguments import check_required, parameter_of

UNBOUND = re.compile(r'Macro "?(?P<name>\w+)"?\(\) does not support the supplied arguments')
UNKNOWN = re.compile(
    r'(?P<kind>Table|Scalar) Function with name "?(?P<name>\w+)"? does not exist!(?:\s*Did you mean "(?P<near>\w+)")?'
)
UNFIT = re.compile(r"^Invalid Input Error: (?P<procedure>\w+): parameter (?P<name>\w+) (?P<reason>must be .*)", re.S)
AT_WORD = re.compile(r'syntax error at or near "(?P<name>\w+)"')
UNDECIDED = re.compile(r"Invalid Input Error: (?P<name>\w+): its columns follow from ")
AS_VALUE = re.compile(r'Function "(?P<name>\w+)" is a table function but it was used as a scalar function')
AS_TABLE = re.compile(r'Table with name "?(?P<name>\w+)"? does not exist!')
NO_COLUMN = re.compile(r'Referenced column "(?P<name>\w+)" (?:was )?not found')
COLUMN = re.compile(r'(?:Table|Values list) "(?P<alias>\w+)" does not have a column named "(?P<name>\w+)"$')


def told_of_call(sql: str, told: str, procedures: Mapping[str, Procedure]) -> Error | None:
    """The error of a call behind an error of DuckDB; None where it is about something else.

    Args:
        sql: The query as it was given.
        told: What DuckDB says of it, with the names that the user knows.
        procedures: The procedures by name in lower case.
    """
    for pattern, error_of in FAULTS:
        if (found := pattern.search(told)) is not None:
            return error_of(sql, found, procedures)
    return None


def unfit_argument(_sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> BadValueError | None:
    """The error of a value that a macro refuses, which DuckDB gives as a text."""
    procedure = procedures.get(found["procedure"].lower())
    parameter = None if procedure is None else procedure.by_name.get(found["name"].lower())
    if procedure is None or parameter is None:
        return None
    position = procedure.parameters.index(parameter) + 1
    return BadValueError(found["reason"], procedure.name, parameter.name, position)


def unbound_call(sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> StatementError | None:
    """What is wrong with the arguments of the calls of one name; None where nothing is found."""
    name = found["name"].lower()
    procedure = next((each for key, each in procedures.items() if name in (key, scalar_name(each))), None)
    if procedure is None:
        return None
    for call in calls_of(sql, name, procedure):
        try:
            check_arguments(call, procedure)
        except StatementError as error:
            return error
    return None


def calls_of(sql: str, name: str, procedure: Procedure) -> Iterator[Call]:
    """The calls of a procedure in a query, with the places of their arguments and no values."""
    tokens = read_tokens(sql)
    for index, _, runs in called(tokens, sql):
        if tokens[index].text.lower() == name:
            arguments = tuple(argument_of(run, sql) for run in runs if run)
            yield Call(procedure.name, arguments, sql, span_of([tokens[index]]))


def argument_of(tokens: Sequence[Token], sql: str) -> Argument:
    """An argument by its tokens."""
    is_named = len(tokens) > 2 and tokens[1].token_type in ASSIGNMENTS and is_name(tokens[0], sql)
    value = Literal(None, span_of(tokens[2:] if is_named else tokens))
    if is_named:
        return Argument(value, tokens[0].text, span_of(tokens), span_of(tokens[:1]))
    return Argument(value, None, span_of(tokens))


def check_arguments(call: Call, procedure: Procedure) -> None:
    """Looks for a parameter for each argument, and for an argument for each parameter that is required.

    Raises:
        grokcall.StatementError: There is none, or two arguments are for one parameter.
    """
    given: set[str] = set()
    most = len(taken_parameters(procedure))
    for index, argument in enumerate(call.arguments):
        if argument.name is None and len(procedure.positional) <= index < most:
            continue  # a macro takes those by position as well
        parameter, position = parameter_of(call, procedure, index)
        if parameter.name in given:
            message = f"{procedure.name}: {parameter.name} (position {position}) is given twice; keep one of them"
            raise ArgumentsError(message, call.text, argument.name_span, procedure=procedure.name)
        given.add(parameter.name)
    check_required(call, procedure, given)


def unknown_function(sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> UnknownNameError | None:
    """The error of a name that is nearer to one of a procedure than to any that DuckDB has."""
    name, is_table = found["name"], found["kind"] == "Table"
    written = next((token for token in read_tokens(sql) if token.text.lower() == name.lower()), None)
    span = None if written is None else span_of([written])
    rows = next((each for each in procedures.values() if not each.main and scalar_name(each) == name), None)
    if rows is not None and not is_table:
        return UnknownNameError(f"{rows.name} has no form for one value; write FROM {rows.name}(…)", sql, span)
    scalar = next((each for each in procedures.values() if each.main and scalar_name(each) == name), None)
    if scalar is not None and is_table:
        return UnknownNameError(f"{name} gives one value and no rows; write FROM {scalar.name}(…)", sql, span)
    own = [each.name if is_table else scalar_name(each) for each in procedures.values() if is_table or each.main]
    near = nearest(name, [*own, *([found["near"]] if found["near"] else [])])
    if near not in own or folded(near) == folded(name):
        return None
    shown = name if written is None else written.text
    told = f"there is no {'procedure' if is_table else 'function'} {shown}; did you mean {near}?"
    return UnknownNameError(told, sql, span)


def unknown_column(sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> UnknownNameError | None:
    """The error of a column that a call has not, where DuckDB names none that is near."""
    tokens, alias, name = read_tokens(sql), found["alias"].lower(), found["name"]
    procedure = next(
        (
            procedures[tokens[index].text.lower()]
            for index, end, _ in called(tokens, sql)
            if tokens[index].text.lower() in procedures and alias_of(tokens, sql, index, end) == alias
        ),
        None,
    )
    if procedure is None:
        return None
    names = [each.name for each in procedure.offered_fields]
    told = hint(name, names, f"DESCRIBE PROCEDURE {procedure.name} lists those it has")
    words = [token.text.lower() for token in tokens]
    place = next((at for at in range(len(words) - 2) if words[at : at + 3] == [alias, ".", name.lower()]), None)
    span = None if place is None else span_of(tokens[place : place + 3])
    return UnknownNameError(f"{procedure.name} has no column {name}; {told}", sql, span, procedure=procedure.name)


def misplaced_rows(sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> StatementError | None:
    """The error of a procedure's name where a value is wanted."""
    procedure = procedures.get(found["name"].lower())
    if procedure is None:
        return None
    name = scalar_name(procedure)
    alone = f", or {name}(…) for {procedure.main} alone" if procedure.main else ""
    message = f"{procedure.name} gives rows and no value; write FROM {procedure.name}(…){alone}"
    return StatementError(message, sql, place_of(sql, procedure.name), procedure=procedure.name)


def procedure_for_table(sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> UnknownNameError | None:
    """The error of a procedure's name where a table is wanted."""
    procedure = procedures.get(found["name"].lower())
    if procedure is None:
        return None
    name = procedure.name
    message = f"{name} is a procedure and no table; write FROM {name}(…), or DESCRIBE PROCEDURE {name}"
    return UnknownNameError(message, sql, place_of(sql, name), procedure=name)


def unsigned_name(sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> ArgumentsError | None:
    """The error of an argument that is named with ``=``, which DuckDB takes for a comparison with a column."""
    tokens = read_tokens(sql)
    for index, _, runs in called(tokens, sql):
        word = tokens[index].text.lower()
        procedure = next((each for key, each in procedures.items() if word in (key, scalar_name(each))), None)
        for run in runs if procedure is not None else ():
            is_compared = len(run) > 2 and run[1].token_type is TokenType.EQ
            if (
                is_compared
                and procedure is not None
                and run[0].text.lower() == found["name"].lower() in procedure.by_name
            ):
                message = f"{procedure.name}: {run[0].text} is named with :=, not with =; write {run[0].text} := …"
                return ArgumentsError(message, sql, span_of(run[:2]), procedure=procedure.name)
    return None


def place_of(sql: str, name: str) -> Span | None:
    """Where a name stands in a query for the first time."""
    token = next((token for token in read_tokens(sql) if token.text.lower() == name.lower()), None)
    return None if token is None else span_of([token])


FAULTS: Sequence[tuple[re.Pattern[str], Callable[[str, re.Match[str], Mapping[str, Procedure]], Error | None]]] = (
    (AT_WORD, reserved_name),
    (UNFIT, unfit_argument),
    (UNDECIDED, unbound_call),
    (UNBOUND, unbound_call),
    (UNKNOWN, unknown_function),
    (AS_VALUE, misplaced_rows),
    (AS_TABLE, procedure_for_table),
    (COLUMN, unknown_column),
    (NO_COLUMN, unsigned_name),
)
