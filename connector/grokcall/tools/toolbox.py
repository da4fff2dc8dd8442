"""The tools of a connection: what was registered, what its catalog declares, and procedures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from grokcall.catalog.catalog import UserCatalog
from grokcall.errors import BudgetReachedError, Error, InterfaceError, JournalError, ToolError
from grokcall.tools.procedure_tools import (
    CalledProcedure,
    bound_as_declared,
    bound_by_name,
    check_allowed,
    declaration_of,
)
from grokcall.tools.query_tool import QueryTool
from grokcall.tools.tool import ClientTool, check_name
from grokcall.tools.tool_database import ToolDatabase
from grokcall_procedures import Catalog, Procedure, Settings, ToolUse
from grokcall_procedures.client_tools import ToolDeclaration, ToolSteps
from grokcall_procedures.own_tools import OwnTool

MOST_MADE = 1_000
"""Queries of the catalog that are kept as tools."""


class ToolOptions(Protocol):
    """The options of a connection that tools go by."""

    tool_database: Path | None
    tool_query_timeout: float
    tool_query_rows: int
    tool_timeout: float
    tool_output_bytes: int
    tool_threads: int
    tools_may_change: bool
    read_only: bool

    @property
    def on_tool_error(self) -> str:
        """``tell`` or ``fail``."""
        ...


class Toolbox:
    """The tools of a connection by their names: those registered, those of its catalog, then procedures.

    Args:
        options: The connection's.
        catalog: Gives the procedures and tools that are declared now.
        settings: Gives the settings of calls.

    Attributes:
        cursor: Gives a connection to the database of queries; None where there is none.
    """

    def __init__(self, options: ToolOptions, catalog: Callable[[], Catalog], settings: Callable[[], Settings]) -> None:
        self.options = options
        self.cursor: Callable[[], Any] | None = None
        self._catalog = catalog
        self._settings = settings
        self._tools: dict[str, ClientTool] = {}
        self._made: dict[str, QueryTool] = {}

    def add(self, tool: ClientTool) -> None:
        """Makes a tool known, in the place of one of the same name.

        Raises:
            InterfaceError: A procedure has this name, or the service's own tools answer to it.
        """
        name = tool.declaration.name
        check_name(name)
        if name in self._catalog():
            raise InterfaceError(f"a tool cannot be called {name!r}: there is a procedure of this name")
        self._tools[name] = tool

    def database(self, path: str | Path | None = None) -> ToolDatabase:
        """Where queries of tools read.

        Args:
            path: A DuckDB file; None for the option ``tool_database``, and without it the connection's database.

        Raises:
            ProgrammingError: There is none.
        """
        return ToolDatabase(
            path or self.options.tool_database,
            self.cursor,
            self.options.tool_query_timeout,
            self.options.tool_query_rows,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names that there are, but for those of procedures."""
        return (*self._tools, *(each.name for each in self._declared.values() if each.name not in self._tools))

    def tool(self, name: str) -> ClientTool | None:
        """The tool of a name that runs by itself; None for a call of a procedure, and where there is none."""
        found = self._tools.get(name)
        if found is not None:
            return found
        declared = self._declared.get(name.lower())
        return None if declared is None or declared.query is None else self._query_tool(declared)

    def find(self, name: str) -> ToolDeclaration | None:
        """The tool of this name, a procedure as well; None where there is none.

        Raises:
            UnfitValue: It is a procedure that a model may not call.
        """
        tool = self.tool(name)
        if tool is not None:
            return tool.declaration
        declared = self._called(name)
        if declared is not None:
            return declared.declaration
        procedure = self._procedure(name)
        return None if procedure is None else declaration_of(procedure)

    def steps_of(self, use: ToolUse) -> ToolSteps | None:
        """The steps of a tool that is a procedure; None for any other, which is run as one step."""
        called = self.called(use)
        return None if called is None else called.steps()

    def called(self, use: ToolUse) -> CalledProcedure | None:
        """The procedure that a model calls; None for any other tool, which runs by itself.

        Raises:
            UnfitValue: It is a procedure that a model may not call.
        """
        if self.tool(use.tool) is not None:
            return None
        settings, most = self._settings(), self.options.tool_output_bytes
        declared, procedure = self._called(use.tool), self._procedure(use.tool)
        if declared is not None:
            return CalledProcedure(use, lambda given: bound_as_declared(declared, given, settings), most, self._failure)
        if procedure is not None:
            return CalledProcedure(use, lambda given: bound_by_name(procedure, given, settings), most, self._failure)
        return None

    @property
    def _declared(self) -> Mapping[str, OwnTool]:
        """The tools that CREATE TOOL has made, by lower-case name."""
        catalog = self._catalog()
        return catalog.tools if isinstance(catalog, UserCatalog) else {}

    def _called(self, name: str) -> OwnTool | None:
        declared = self._declared.get(name.lower())
        if declared is None or declared.procedure is None:
            return None
        self._check(declared.procedure)
        return declared

    def _query_tool(self, declared: OwnTool) -> QueryTool:
        text = declared.statement.text
        if text not in self._made:
            if len(self._made) >= MOST_MADE:
                self._made.clear()
            self._made[text] = QueryTool.of(declared, self.database())
        return self._made[text]

    def _procedure(self, name: str) -> Procedure | None:
        catalog = self._catalog()
        if name not in catalog:
            return None
        self._check(catalog[name])
        return catalog[name]

    def _check(self, procedure: Procedure) -> None:
        check_allowed(procedure, may_change=self.options.tools_may_change, read_only=self.options.read_only)

    def _failure(self, error: Error) -> Exception | None:
        if isinstance(error, BudgetReachedError | JournalError):
            return error
        return ToolError(str(error)) if self.options.on_tool_error == "fail" else None
