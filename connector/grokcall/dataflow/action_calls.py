"""One call for a named action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pyarrow as pa

from grokcall.dataflow.execute_command import ExecuteCommand
from grokcall.dbapi.connection import Connection
from grokcall_procedures import Procedure

Json: TypeAlias = Mapping[str, object] | Sequence[object] | str
"""A value that is sent as JSON; text must be JSON already."""
SchemaLike: TypeAlias = str | Mapping[str, object] | type | pa.Schema
"""The shape of an answer: SQL or JSON Schema, a dataclass or a pydantic model, an Arrow schema."""
Rows: TypeAlias = list[dict[str, object]]


def run_action(procedure: Procedure, arguments: Mapping[str, object]) -> Rows:
    """Calls ``procedure`` with those of a function's arguments that are not None.

    The functions hand in ``locals()``: the connection, then the procedure's parameters in its order.
    """
    connection, *values = arguments.values()
    assert isinstance(connection, Connection)
    given = {
        parameter.name: value
        for parameter, value in zip(procedure.parameters, values, strict=True)
        if value is not None or parameter.required
    }
    named = ", ".join(f"{name} => :{name}" for name in given)
    return ExecuteCommand(connection, f"CALL {procedure.name}({named})").run(given)
