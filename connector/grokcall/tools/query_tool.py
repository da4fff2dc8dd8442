"""A query as a tool: the user's own SQL, whose parameters the model gives."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import duckdb

from grokcall.errors import ProgrammingError
from grokcall.tools.confinement import one_select
from grokcall.tools.tool_database import ToolDatabase
from grokcall_parser import CreateTool, find_markers, parse_statement
from grokcall_procedures.client_tools import ToolDeclaration
from grokcall_procedures.own_tools import OwnTool, check_name, own_tool
from grokcall_procedures.tools.function_arguments import ToolParameter, arguments_schema, fitted_arguments


class QueryTool:
    """A tool that runs one SELECT of the user's own.

    The values that the model gives are bound, never put into the text.

    Args:
        name: The name by which the model calls it: letters, digits, ``_`` and ``-``, up to 64.
        sql: One SELECT; ``$name`` or ``:name`` stands for a parameter.
        doc: What it does, for the model.
        parameters: The parameters as ``CREATE TOOL`` declares them, ``"region VARCHAR COMMENT 'two letters', top
            INTEGER DEFAULT 10"``, or a list of them; None for one of each name in the text, of any plain type.
        database: Where it runs.

    Raises:
        ProgrammingError: The name, the text or a parameter is wrong.

    >>> import asyncio
    >>> tool = QueryTool("twice", "SELECT 2 * $n AS twice", "Twice a number.", "n INTEGER", database=ToolDatabase(
    ...     cursor=duckdb.connect().cursor))
    >>> asyncio.run(tool.run({"n": 21}))
    [{'twice': 42}]
    """

    def __init__(
        self,
        name: str,
        sql: str,
        doc: str = "",
        parameters: str | Sequence[ToolParameter] | None = None,
        *,
        database: ToolDatabase,
    ) -> None:
        self.database = database
        self.doc = doc
        self.name = name
        self.sql: str
        self.parameters: tuple[ToolParameter, ...]
        if isinstance(parameters, str):
            made = declared(name, parameters, sql)
            self.sql, self.parameters = str(made.query), made.parameters
        else:
            check_name(name)
            found = spellings(sql)
            self.parameters = tuple(map(ToolParameter, found.values()) if parameters is None else parameters)
            self.sql = with_dollars(sql, found)
            check_used(name, self.parameters, found)
        check_query(self.sql, [each.name for each in self.parameters])

    @classmethod
    def of(cls, tool: OwnTool, database: ToolDatabase) -> QueryTool:
        """The tool that ``CREATE TOOL … AS SELECT …`` has declared.

        Args:
            tool: The declaration; its body is a query.
            database: Where it runs.

        Raises:
            ProgrammingError: Its body is a call, or no SELECT.
        """
        if tool.query is None:
            raise ProgrammingError(f"the tool {tool.name} is a call, not a query")
        return cls(tool.name, tool.query, tool.statement.comment, tool.parameters, database=database)

    @property
    def declaration(self) -> ToolDeclaration:
        """What the model is told; its version has the query and the size and the time of the database's file."""
        body = hashlib.sha256(self.sql.encode("utf-8", "replace")).hexdigest()[:16]
        return ToolDeclaration(
            name=self.name,
            description=self.doc,
            parameters=arguments_schema(self.parameters),
            version=f"{body}:{self.database.version}",
            is_local=True,
        )

    async def run(self, arguments: Mapping[str, object]) -> object:
        """The rows as records; an object of ``rows`` and ``note`` where there are more than the model gets.

        Args:
            arguments: What the model wrote.

        Raises:
            DataError: An argument is unknown, missing or does not fit.
            ProgrammingError: DuckDB finds the query wrong for these values.
            OperationalError: It takes too long, or the database cannot be opened.
        """
        values = fitted_arguments(self.name, arguments, self.parameters)
        return (await self.database.run(self.sql, values)).told


def declared(name: str, parameters: str, sql: str) -> OwnTool:
    """The tool with parameters in the words of CREATE TOOL."""
    quoted = name.replace('"', '""')
    statement = parse_statement(f'CREATE TOOL "{quoted}"({parameters}) AS\n{sql}')
    if not isinstance(statement, CreateTool) or statement.query is None:
        raise ProgrammingError(f"{name}: the text is no query; it begins with SELECT, FROM, WITH or VALUES")
    return own_tool(statement)


def spellings(sql: str) -> dict[str, str]:
    """The names of a query's parameters as they were first written, by lower-case name."""
    found: dict[str, str] = {}
    for marker in find_markers(sql):
        if marker.name is None:
            raise ProgrammingError("a ? stands for no parameter of a tool; write $name")
        found.setdefault(marker.name.lower(), marker.name)
    return found


def with_dollars(sql: str, names: Mapping[str, str]) -> str:
    """A query with ``$name`` for each of its parameters, in one spelling."""
    pieces: list[str] = []
    end = 0
    for marker in find_markers(sql):
        pieces += [sql[end : marker.span.start], "$", names[str(marker.name).lower()]]
        end = marker.span.end
    return "".join([*pieces, sql[end:]])


def check_used(name: str, parameters: Sequence[ToolParameter], found: Mapping[str, str]) -> None:
    """Refuses a parameter that the query does not use, and one of the query that is not declared."""
    names = {each.name.lower(): each.name for each in parameters}
    idle = next((names[each] for each in names if each not in found), None)
    if idle is not None:
        raise ProgrammingError(f"{name}: the parameter {idle} is not used in the query; write ${idle} there")
    unknown = next((found[each] for each in found if each not in names), None)
    if unknown is not None:
        raise ProgrammingError(f"{name} declares no parameter {unknown}; it declares: {', '.join(names.values())}")


def check_query(sql: str, names: Sequence[str]) -> None:
    """Refuses a text that is not one SELECT with these parameters, as DuckDB parses it; it is not run.

    Raises:
        ProgrammingError: It is something else.
    """
    with duckdb.connect(":memory:") as parser:
        statement = one_select(parser, sql)
    there = {str(each).lower() for each in statement.named_parameters}
    stray = next((each for each in sorted(there) if each not in {name.lower() for name in names}), None)
    if stray is not None:
        raise ProgrammingError(f"the query has a parameter ${stray}, which has no name; write $name")
