"""What a connection does to make things tools of models."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

from grokcall.duckdb.database import Database
from grokcall.errors import InterfaceError
from grokcall.execution.runtime import Runtime
from grokcall.tools.function_tool import FunctionTool
from grokcall.tools.query_tool import QueryTool
from grokcall.tools.sql_tools import DESCRIBE_TABLES, QUERY, sql_tools

F = TypeVar("F", bound=Callable[..., Any])


class WithTools:
    """What makes functions and queries tools, for a connection with a runtime and a database."""

    runtime: Runtime

    def database(self, **options: Any) -> Database:
        """The DuckDB in which the queries of the connection run."""
        raise NotImplementedError

    def let_tools_read(self) -> None:
        """Has the queries of tools read the connection's database where no file is named."""
        kept = weakref.ref(self)  # a tool does not keep a connection open

        def cursor() -> Any:
            connection = kept()
            if connection is None:
                raise InterfaceError("the connection is closed")
            return connection.database().cursor()

        self.runtime.toolbox.cursor = cursor

    @overload
    def tool(
        self,
        function: F,
        /,
        *,
        name: str | None = None,
        timeout: float | None = None,
        version: str = "",
        pure: bool = False,
    ) -> F: ...

    @overload
    def tool(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        timeout: float | None = None,
        version: str = "",
        pure: bool = False,
    ) -> Callable[[F], F]: ...

    def tool(
        self,
        function: F | None = None,
        /,
        *,
        name: str | None = None,
        timeout: float | None = None,
        version: str = "",
        pure: bool = False,
    ) -> F | Callable[[F], F]:
        """Makes a function a tool, which a model may call where ``Tools`` names it; a decorator as well.

        What the model may give follows from the annotations, and what it is told from the docstring. A coroutine
        function runs on the connection's loop, any other in a thread.

        Args:
            function: The function.
            name: What the model calls it; None for the function's own name.
            timeout: Seconds that it may take; None for the option ``tool_timeout``.
            version: To be changed whenever it gives something else: answers that were made with it are then made anew.
            pure: Whether equal arguments always give the same, so that answers of other runs may be used again.

        Raises:
            InterfaceError: It cannot be called by name, or has no JSON Schema.

        >>> @connection.tool  # doctest: +SKIP
        ... def stock(article: str, store: int = 1) -> int:
        ...     "How many pieces of an article a store has."
        ...     return 7
        >>> connection.execute("CALL GenerateResponse('Is tea left?', Tools => ['stock'])")  # doctest: +SKIP
        """

        def added(given: F) -> F:
            self.runtime.toolbox.add(FunctionTool(given, name=name, timeout=timeout, version=version, pure=pure))
            return given

        return added if function is None else added(function)

    def query_tool(
        self,
        name: str,
        sql: str,
        doc: str = "",
        parameters: str | None = None,
        *,
        database: str | Path | None = None,
    ) -> None:
        """Makes a query a tool; what the model gives is bound, never put into the text.

        Args:
            name: What the model calls it.
            sql: One SELECT; ``$name`` stands for a parameter.
            doc: What it does, for the model.
            parameters: The parameters as CREATE TOOL declares them; None for one of each name in the text.
            database: A DuckDB file; None for the option ``tool_database``, and without it the connection's database.

        Raises:
            ProgrammingError: The name, the text or a parameter is wrong.

        >>> connection.query_tool(  # doctest: +SKIP
        ...     "churn", "SELECT * FROM churn WHERE month = $month", "Churn of a month.", "month VARCHAR"
        ... )
        """
        toolbox = self.runtime.toolbox
        toolbox.add(QueryTool(name, sql, doc, parameters, database=toolbox.database(database)))

    def sql_tool(
        self,
        tables: Sequence[str],
        *,
        database: str | Path | None = None,
        describe_name: str = DESCRIBE_TABLES,
        query_name: str = QUERY,
    ) -> tuple[str, str]:
        """Lets the model write SELECTs over some tables, and nothing else; gives the names of the two tools.

        Args:
            tables: The tables and views that it may read; a view gives whatever it reads.
            database: A DuckDB file; None for the option ``tool_database``, and without it the connection's database.
            describe_name: The name of the tool that tells of the tables.
            query_name: The name of the one that runs a SELECT.

        Raises:
            ProgrammingError: There are no tables, or a name is none.

        >>> tools = connection.sql_tool(["sales", "stores"], database="shop.duckdb")  # doctest: +SKIP
        >>> ask = "CALL GenerateResponse('Which store sells most?', Tools => :tools)"
        >>> connection.execute(ask, {"tools": tools})  # doctest: +SKIP
        """
        toolbox = self.runtime.toolbox
        made = sql_tools(tables, toolbox.database(database), describe_name=describe_name, query_name=query_name)
        for tool in made:
            toolbox.add(tool)
        return describe_name, query_name
