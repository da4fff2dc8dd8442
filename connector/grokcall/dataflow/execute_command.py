"""The Execute Command action: a command text, the parameters found in it, and a list of rows as the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from grokcall.dbapi.connection import Connection
from grokcall.errors import ProgrammingError
from grokcall.tables.cell_texts import python_rows
from grokcall_parser import Call, Explain, Query, find_markers, parse_statement
from grokcall_parser.suggestions import hint
from grokcall_procedures import Parameter, ParameterType


@dataclass(frozen=True, slots=True)
class CommandParameter:
    """A parameter of a command, as it was found in the text.

    Args:
        name: The marker's name; for a question mark its number, from 1, as text.
        type: The type of the procedure's parameter that it fills.
        required: Whether NULL is refused.
        procedure_parameter: The name of that parameter; empty for a marker of a query.
        values: The values that an Enum lists.
        doc: What it does.
    """

    name: str
    type: ParameterType
    required: bool
    procedure_parameter: str
    values: tuple[str, ...]
    doc: str


class ExecuteCommand:
    """One command over one connection.

    Args:
        connection: Where the call goes.
        command: The statement; any that a cursor executes.

    Raises:
        grokcall.StatementError: The command is wrong.

    >>> connection = grokcall.connect()
    >>> action = ExecuteCommand(connection, "CALL GenerateResponse(:Message, Model => :Model)")
    >>> [(parameter.name, str(parameter.type), parameter.required) for parameter in action.parameters]
    [('Message', 'String', True), ('Model', 'Enum', False)]
    """

    def __init__(self, connection: Connection, command: str) -> None:
        self.connection = connection
        self.command = command
        self._statement = parse_statement(command)
        self.parameters: tuple[CommandParameter, ...] = self._collected()
        """The parameters that stand in the command, in order, with their types."""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the result; asking for it sends nothing."""
        return self.schema_for(None)

    def schema_for(self, parameters: Mapping[str, object] | Sequence[object] | None) -> pa.Schema:
        """The Arrow schema of the result with some parameters, for a command whose columns follow from one."""
        return self.connection.cursor().adbc_execute_schema(self.command, parameters)

    def run(self, parameters: Mapping[str, object] | Sequence[object] | None = None) -> list[dict[str, object]]:
        """Runs the command; always a list, of one dict for each row.

        Parameters that are not required may be left out; they are NULL then.

        Raises:
            grokcall.Error: What the call failed with.
        """
        cursor = self.connection.execute(self.command, self.completed(parameters))
        return python_rows(cursor.fetch_arrow_table()) if cursor.description is not None else []

    def _collected(self) -> tuple[CommandParameter, ...]:
        statement = self._statement.call if isinstance(self._statement, Explain) else self._statement
        if isinstance(statement, Query):
            return query_parameters(statement)
        if not isinstance(statement, Call):
            return ()
        binder = self.connection.runtime.binder(statement, columns_later=True)
        by_slot: dict[int, list[Parameter]] = {}
        for binding in binder.bindings:
            by_slot.setdefault(binding.slot, []).append(binding.parameter)
        return tuple(
            CommandParameter(
                name=binder.marker_names[slot] or str(slot + 1),
                type=filled[0].type,
                required=any(parameter.required for parameter in filled),
                procedure_parameter=filled[0].name,
                values=filled[0].values,
                doc=filled[0].doc,
            )
            for slot, filled in sorted(by_slot.items())
        )

    def completed(
        self, parameters: Mapping[str, object] | Sequence[object] | None
    ) -> Mapping[str, object] | Sequence[object] | None:
        """The parameters with NULL for those that were left out."""
        if parameters is not None and not isinstance(parameters, Mapping):
            return parameters
        statement = self._statement.call if isinstance(self._statement, Explain) else self._statement
        if isinstance(statement, Call) and any(marker.name is None for marker in statement.markers):
            raise ProgrammingError("the command has question marks: pass a sequence, or name the markers (:Name)")
        given = {str(name).lower().lstrip(":$@"): value for name, value in (parameters or {}).items()}
        known = {item.name.lower() for item in self.parameters}
        stray = next((name for name in parameters or () if str(name).lower().lstrip(":$@") not in known), None)
        if stray is not None:
            told = hint(stray, (item.name for item in self.parameters))
            raise ProgrammingError(f"the command has no parameter {stray!r}; {told}")
        return {parameter.name: given.get(parameter.name.lower()) for parameter in self.parameters}


def query_parameters(query: Query) -> tuple[CommandParameter, ...]:
    """The markers of a query, each once; DuckDB finds out what they have to be."""
    named = {(marker.name or str(number)).lower(): marker for number, marker in enumerate(find_markers(query.text), 1)}
    return tuple(
        CommandParameter(marker.name or name, ParameterType.STRING, False, "", (), "a value of the query")
        for name, marker in named.items()
    )
