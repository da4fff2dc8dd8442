"""The tools of a connection: what was registered, what its catalog declares, and procedures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from grokcall.errors import BudgetReachedError, Error, InterfaceError, JournalError, ToolError
from grokcall.tools.procedure_tools import check_allowed, declaration_of, steps_of
from grokcall.tools.tool import ClientTool, check_name
from grokcall_procedures import Catalog, Procedure, Settings, ToolUse
from grokcall_procedures.client_tools import ToolDeclaration, ToolSteps


class ToolOptions(Protocol):
    """The options of a connection that tools go by."""

    @property
    def tool_timeout(self) -> float:
        """Seconds that a tool may take."""
        ...

    @property
    def tool_output_bytes(self) -> int:
        """Bytes of the longest output."""
        ...

    @property
    def tool_threads(self) -> int:
        """How many functions run at a time."""
        ...

    @property
    def on_tool_error(self) -> str:
        """``tell`` or ``fail``."""
        ...

    @property
    def tools_may_change(self) -> bool:
        """Whether procedures that change things may be tools."""
        ...

    @property
    def read_only(self) -> bool:
        """Whether the connection only reads."""
        ...


class Toolbox:
    """The tools of a connection by their names: its own, then procedures.

    Args:
        options: The connection's.
        catalog: Gives the procedures that there are now.
        settings: Gives the settings of calls.
    """

    def __init__(self, options: ToolOptions, catalog: Callable[[], Catalog], settings: Callable[[], Settings]) -> None:
        self.options = options
        self._catalog = catalog
        self._settings = settings
        self._tools: dict[str, ClientTool] = {}

    def add(self, tool: ClientTool) -> None:
        """Makes a tool known, in the place of one of the same name.

        Raises:
            InterfaceError: A procedure has this name.
        """
        name = tool.declaration.name
        check_name(name)
        if name in self._catalog():
            raise InterfaceError(f"a tool cannot be called {name!r}: there is a procedure of this name")
        self._tools[name] = tool

    @property
    def names(self) -> tuple[str, ...]:
        """The names that there are, but for those of procedures."""
        return tuple(self._tools)

    @property
    def registered(self) -> Mapping[str, ClientTool]:
        """The tools that were registered."""
        return self._tools

    def tool(self, name: str) -> ClientTool | None:
        """The tool of a name that runs by itself; None for a procedure, and where there is none."""
        return self._tools.get(name)

    def find(self, name: str) -> ToolDeclaration | None:
        """The tool of this name, a procedure as well; None where there is none.

        Raises:
            UnfitValue: It is a procedure that a model may not call.
        """
        tool = self.tool(name)
        if tool is not None:
            return tool.declaration
        procedure = self._procedure(name)
        return None if procedure is None else declaration_of(procedure)

    def steps_of(self, use: ToolUse) -> ToolSteps | None:
        """The steps of a tool that is a procedure; None for any other, which is run as one step."""
        procedure = None if self.tool(use.tool) is not None else self._procedure(use.tool)
        if procedure is None:
            return None
        return steps_of(procedure, use.arguments, self._settings(), self.options.tool_output_bytes, self._failure)

    def _procedure(self, name: str) -> Procedure | None:
        catalog = self._catalog()
        if name not in catalog:
            return None
        procedure = catalog[name]
        check_allowed(procedure, may_change=self.options.tools_may_change, read_only=self.options.read_only)
        return procedure

    def _failure(self, error: Error) -> Exception | None:
        if isinstance(error, BudgetReachedError | JournalError):
            return error
        return ToolError(str(error)) if self.options.on_tool_error == "fail" else None
