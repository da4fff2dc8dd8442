"""SHOW PROCEDURES and DESCRIBE PROCEDURE: the definitions as rows."""

from __future__ import annotations

import re

import pyarrow as pa

from grokcall.core.arrow_arrays import BOOLEAN, INT32, STRING, table_of
from grokcall_procedures import Catalog, Parameter, Procedure
from grokcall_procedures.values import range_text

PROCEDURES_SCHEMA = pa.schema(
    [
        ("Procedure_Name", STRING),
        ("Procedure_Summary", STRING),
        ("Procedure_Signature", STRING),
        ("Procedure_Parameters", INT32),
        ("Procedure_Fields", INT32),
        ("Effect", STRING),
        ("Many", BOOLEAN),
        ("Host", STRING),
    ]
)
DESCRIPTION_SCHEMA = pa.schema(
    [
        ("Kind", STRING),
        ("Position", INT32),
        ("Name", STRING),
        ("Type", STRING),
        ("Required", BOOLEAN),
        ("Values", STRING),
        ("JsonPath", STRING),
        ("Description", STRING),
    ]
)


def show_procedures(catalog: Catalog, like: str | None = None) -> pa.Table:
    """A row for each procedure whose name fits the SQL pattern ``like``."""
    chosen = [catalog[name] for name in catalog if like is None or fits(name, like)]
    return table_of(
        PROCEDURES_SCHEMA,
        (
            (
                procedure.name,
                procedure.summary,
                signature(procedure),
                len(procedure.parameters),
                len(procedure.fields),
                str(procedure.effect),
                procedure.many,
                str(procedure.host),
            )
            for procedure in chosen
        ),
    )


def describe_procedure(procedure: Procedure) -> pa.Table:
    """A row for each parameter, then one for each result field, then one for each that is there by name only."""
    parameters = (
        ("parameter", index, item.name, str(item.type), item.required, values_of(item), None, told(item))
        for index, item in enumerate(procedure.parameters, 1)
    )
    fields = (
        (kind, index, column.name, str(column.type), None, None, column.path or None, column.doc)
        for kind, columns in (("result", procedure.fields), ("further", procedure.further_fields))
        for index, column in enumerate(columns, 1)
    )
    return table_of(DESCRIPTION_SCHEMA, [*parameters, *fields])


def signature(procedure: Procedure) -> str:
    """The call with a marker for each positional parameter, as the vendor writes it."""
    return f"CALL {procedure.name}({', '.join(f':{parameter.name}' for parameter in procedure.positional)})"


def values_of(parameter: Parameter) -> str | None:
    """The values that a parameter takes, in words; None when any of its type will do."""
    if parameter.values:
        return ", ".join(parameter.values)
    if parameter.low is not None or parameter.high is not None:
        return range_text(parameter)
    return None


def told(parameter: Parameter) -> str:
    """A parameter's description, with a word on how it is given when only a name will do."""
    return f"{parameter.doc} By name only." if parameter.named_only else parameter.doc


def fits(name: str, like: str) -> bool:
    """Whether a name fits a SQL pattern, in any case."""
    pattern = "".join({"%": ".*", "_": "."}.get(letter, re.escape(letter)) for letter in like)
    return re.fullmatch(pattern, name, re.IGNORECASE | re.DOTALL) is not None


def found(catalog: Catalog, like: str) -> list[Procedure]:
    """The procedures whose name, summary or a parameter's name fits a SQL pattern, or holds a word without ``%``."""
    pattern = like if "%" in like else f"%{like}%"
    return [
        procedure
        for procedure in catalog.values()
        if any(
            fits(text, pattern)
            for text in (procedure.name, procedure.summary, *(each.name for each in procedure.parameters))
        )
    ]
