"""The SQL of a procedure's macros.

The form of the body is what makes one call of one row: a list of one struct is unnested, and only then are its fields
taken. DuckDB neither looks through the unnesting, so that it does not repeat the call for each field or filter, nor
pulls more than one vector of rows through it when a LIMIT has enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from grokcall.tables.formats import quoted_name, quoted_text
from grokcall_procedures import Parameter, ParameterType, Procedure

ROW = "grokcall_row"
TEXT_TYPES = """('VARCHAR', 'JSON', '"NULL"')"""
WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def table_macro(procedure: Procedure, function: str, name: str | None = None) -> str:
    """The statement that makes the table macro of a procedure, over the function that makes its calls.

    Args:
        procedure: The procedure.
        function: The function.
        name: What the macro is called; None for the name of the procedure.
    """
    called = f"{quoted_name(function)}({arguments(procedure)})"
    rows = called if procedure.many else f"[{called}]"
    body = f"SELECT {ROW}.* FROM (SELECT unnest({rows}) AS {ROW})"  # noqa: S608 - names are quoted
    return f"CREATE OR REPLACE TEMP MACRO {quoted_name(name or procedure.name)}({declared(procedure)}) AS TABLE {body}"


def undecided_macro(procedure: Procedure, types: Iterable[object]) -> str:
    """The statement that makes the table macro of a procedure whose columns each query has to decide; it only fails.

    Args:
        procedure: The procedure.
        types: The types of DuckDB of its own columns.
    """
    name = next(each.name for each in procedure.parameters if each.decides_columns)
    told = quoted_text(
        f"{procedure.name}: its columns follow from {name}, which must be a text that is written out, such as "
        "'item VARCHAR, qty INTEGER', in a query of Connection.execute, Registration.query or grokcall sql; "
        "elsewhere call a procedure of your own that names it: CREATE PROCEDURE"
    )
    named = ", ".join(f"{quoted_name(each.name)} := NULL" for each in procedure.parameters)
    columns = ", ".join(
        f"CAST(error({told}) AS {kind}) AS {quoted_name(column.name)}"
        for column, kind in zip(procedure.fields, types, strict=True)
    )
    return f"CREATE OR REPLACE TEMP MACRO {quoted_name(procedure.name)}({named}) AS TABLE SELECT {columns}"


def scalar_macro(procedure: Procedure, function: str) -> str | None:
    """The statement that makes the scalar form of a procedure; None for a procedure without a main field."""
    if not procedure.main:
        return None
    called, main = f"{quoted_name(function)}({arguments(procedure)})", quoted_text(procedure.main)
    body = f"struct_extract({called}, {main})"
    if procedure.many:
        body = f"[struct_extract({ROW}, {main}) FOR {ROW} IN {called}]"
    return f"CREATE OR REPLACE TEMP MACRO {quoted_name(scalar_name(procedure))}({declared(procedure)}) AS {body}"


def arguments_macro(procedure: Procedure, function: str) -> str:
    """The statement that makes the macro which gives what the function would be handed, and calls nothing."""
    return (
        f"CREATE OR REPLACE TEMP MACRO {arguments_name(function)}({declared(procedure)}) AS TABLE "
        f"SELECT {arguments(procedure)}"
    )


def arguments_name(function: str) -> str:
    """The quoted name of the macro of a function's arguments."""
    return quoted_name(f"{function}_arguments")


def scalar_name(procedure: Procedure) -> str:
    """The name of a procedure as SQL's own functions are spelled.

    >>> from grokcall_procedures import CATALOG
    >>> scalar_name(CATALOG["GenerateResponse"])
    'generate_response'
    """
    return WORD_ENDS.sub("_", procedure.name).lower()


BLOBS = (ParameterType.BINARY, ParameterType.FILE)


def taken_parameters(procedure: Procedure) -> tuple[Parameter, ...]:
    """The parameters that a macro has: all but those on whose values the result's columns depend."""
    return tuple(parameter for parameter in procedure.parameters if not parameter.decides_columns)


def declared(procedure: Procedure) -> str:
    """The macro's parameters; those that may be left out, and all behind the first of them, are NULL by default."""
    texts: list[str] = []
    optional = False
    for parameter in taken_parameters(procedure):
        optional = optional or not parameter.required
        texts.append(quoted_name(parameter.name) + (" := NULL" if optional else ""))
    return ", ".join(texts)


def arguments(procedure: Procedure) -> str:
    """What the macro hands to the function; a procedure without parameters gets a value that tells it of the row."""
    return ", ".join(argument(procedure, parameter) for parameter in taken_parameters(procedure)) or "NULL"


def argument(procedure: Procedure, parameter: Parameter) -> str:
    """A parameter as text or bytes: numbers as well, so that the binder reads them as it reads every value."""
    name = quoted_name(parameter.name)
    if parameter.type is ParameterType.BINARY:
        return binary_argument(name, f"{procedure.name}: parameter {parameter.name}")
    if parameter.type is ParameterType.FILE:
        return file_argument(name, f"{procedure.name}: parameter {parameter.name}")
    if parameter.type is ParameterType.JSON:
        is_text = f"(typeof({name}) IN {TEXT_TYPES} OR starts_with(typeof({name}), 'ENUM'))"
        return f"CASE WHEN {is_text} THEN CAST({name} AS VARCHAR) ELSE CAST(to_json({name}) AS VARCHAR) END"
    return f"CAST({name} AS VARCHAR)"


def binary_argument(name: str, place: str) -> str:
    """Bytes, or text that is a data URI; other text could be a path, whose letters must not be sent as an image."""
    text = f"CAST({name} AS VARCHAR)"
    refusal = quoted_text(f"{place} must be a BLOB or a data URI, not ")
    advice = quoted_text("; read_blob('photo.png') gives the content of a file")
    return (
        f"CASE WHEN {name} IS NULL THEN NULL "
        f"WHEN typeof({name}) = 'BLOB' THEN CAST({name} AS BLOB) "
        f"WHEN starts_with({text}, 'data:') AND contains({text}, ';base64,') "
        f"THEN from_base64(split_part({text}, ',', 2)) "
        f"ELSE error({refusal} || typeof({name}) || {advice}) END"
    )


def file_argument(name: str, place: str) -> str:
    """Bytes behind a zero byte, or the text ``file:PATH`` behind a one, so that no content is taken for a path."""
    return (
        f"CASE WHEN typeof({name}) = 'VARCHAR' AND starts_with(lower(CAST({name} AS VARCHAR)), 'file:') "
        f"THEN '\\x01'::BLOB || encode(CAST({name} AS VARCHAR)) "
        f"ELSE '\\x00'::BLOB || ({binary_argument(name, place)}) END"
    )


def file_value(value: object) -> object:
    """What :func:`file_argument` handed over: bytes, or text that names a file."""
    if not isinstance(value, bytes):
        return value
    return value[1:].decode("utf-8") if value[:1] == b"\x01" else value[1:]


def function_types(procedure: Procedure) -> list[str]:
    """The types of what :func:`arguments` hands over."""
    types = ["BLOB" if each.type in BLOBS else "VARCHAR" for each in taken_parameters(procedure)]
    return types or ["VARCHAR"]
