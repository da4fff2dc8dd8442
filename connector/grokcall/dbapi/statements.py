"""What becomes of one statement: each kind goes where it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeAlias, TypeVar

import pyarrow as pa

from grokcall.budget.cost_totals import COST_SCHEMA, explain_cost
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.catalog.catalog import CHANGE_SCHEMA, TOOL_CHANGE_SCHEMA, UserCatalog, change_table
from grokcall.client.receiving import Receiving
from grokcall.core.statement_result import StatementResult
from grokcall.core.work import Work
from grokcall.dbapi.describe import DESCRIPTION_SCHEMA, PROCEDURES_SCHEMA, describe_procedure, show_procedures
from grokcall.dbapi.describe_tools import TOOL_DESCRIPTION_SCHEMA, TOOLS_SCHEMA, describe_tool, show_tools
from grokcall.dbapi.explain import EXPLAIN_SCHEMA, explain
from grokcall.dbapi.query_work import QueryWork
from grokcall.dbapi.statement_source import StatementSource
from grokcall.duckdb.cancellation import Cancellation
from grokcall.duckdb.transactions import Transactions
from grokcall.errors import NotSupportedError
from grokcall.tools.query_tool import check_query
from grokcall_parser import (
    Call,
    CreateProcedure,
    CreateTool,
    DescribeProcedure,
    DescribeTool,
    DropProcedure,
    DropTool,
    Explain,
    Query,
    SelectConstant,
    ShowProcedures,
    ShowTools,
    Statement,
)
from grokcall_procedures.estimates import EXPLAIN_ALLOWANCES
from grokcall_procedures.own_tools import own_tool

Parameters: TypeAlias = Mapping[str, object] | Sequence[object] | None
T = TypeVar("T")


class Wait(Protocol):
    """Waits for some work: by blocking the thread, or by awaiting."""

    async def __call__(self, work: Work[T]) -> T:
        """What comes of it."""
        ...


class StatementRunner:
    """Runs the statements of a cursor.

    Args:
        connection: Whose statements they are.
        limits: What each may spend, beside the limits of the connection.
        warn: Told of the warnings.
        wait: Waits for what has to be waited for.
        transactions: Those that statements of DuckDB are part of; None for those of the connection.
        how: How the replies of CALLs are received; None for what the connection's option says.
    """

    def __init__(
        self,
        connection: StatementSource,
        limits: SpendingLimits,
        warn: Callable[[Iterable[str]], None],
        wait: Wait,
        transactions: Transactions | None = None,
        how: Receiving | None = None,
    ) -> None:
        self.wait = wait
        self._how = how
        self._connection = connection
        self._limits = limits
        self._warn = warn
        self._transactions = transactions

    async def run(self, statement: Statement, parameters: Parameters) -> StatementResult:
        """What a statement gives.

        Raises:
            grokcall.Error: What it failed with.
        """
        if isinstance(statement, Query):
            return await self.wait(QueryWork(partial(self._queried, statement, parameters)))
        if isinstance(statement, Call):
            return await self._called(statement, parameters)
        table = await self._table(statement, parameters)
        return StatementResult(table, table.num_rows)

    def _queried(self, query: Query, parameters: Parameters, cancellation: Cancellation) -> StatementResult:
        database = self._connection.database()
        return database.run(query.text, parameters, self._limits, self._warn, self._transactions, cancellation)

    async def _table(self, statement: Statement, parameters: Parameters) -> pa.Table:
        catalog = self._connection.runtime.catalog
        if isinstance(statement, Explain):
            return self._explained(statement, parameters)
        if isinstance(statement, ShowProcedures):
            return show_procedures(catalog, statement.like)
        if isinstance(statement, DescribeProcedure):
            return describe_procedure(catalog.find(statement.procedure, statement.text, statement.span))
        if isinstance(statement, ShowTools):
            return show_tools(catalog, statement.like)
        if isinstance(statement, DescribeTool):
            return describe_tool(self._changeable().find_tool(statement.tool, statement.text, statement.span))
        if isinstance(statement, CreateProcedure | DropProcedure | CreateTool | DropTool):
            return self._changed(statement)
        assert isinstance(statement, SelectConstant)
        return pa.table({statement.name: [statement.value]})

    async def _called(self, statement: Call, parameters: Parameters) -> StatementResult:
        call = self._connection.runtime.call(statement, parameters, self._limits, self._how)
        outcome = await self.wait(call)
        self._warn(outcome.warnings)
        table = call.table(outcome)
        return StatementResult(table, table.num_rows, call.binder.procedure.answer_schema)

    def _changed(self, statement: CreateProcedure | DropProcedure | CreateTool | DropTool) -> pa.Table:
        """Makes or removes a procedure or a tool of the user's own."""
        catalog = self._changeable()
        if isinstance(statement, CreateTool) and statement.query is not None:
            made = own_tool(statement)
            check_query(str(made.query), [each.name for each in made.parameters])
        if isinstance(statement, CreateProcedure | CreateTool):
            return change_table(statement, catalog.create(statement))
        return change_table(statement, catalog.drop(statement))

    def _changeable(self) -> UserCatalog:
        catalog = self._connection.runtime.catalog
        if not isinstance(catalog, UserCatalog):
            raise NotSupportedError("the connection was given a catalog that cannot be changed")
        return catalog

    def _explained(self, statement: Explain, parameters: Parameters) -> pa.Table:
        options = self._connection.runtime.options
        call = self._connection.runtime.binder(statement.call, parameters).bind(parameters)
        self._warn(call.warnings)
        if statement.cost:
            usual = self._connection.runtime.usual(EXPLAIN_ALLOWANCES)
            return explain_cost(call, allowances=self._limits.allowances(usual))
        return explain(call, options)


async def schema_of(
    connection: StatementSource,
    statement: Statement,
    parameters: Parameters,
    wait: Wait,
    transactions: Transactions | None = None,
) -> pa.Schema:
    """The columns that a statement's result would have; sends nothing.

    Args:
        connection: Whose statement it is.
        statement: The statement.
        parameters: Its parameters.
        wait: Waits for what has to be waited for.
        transactions: Those that a statement of DuckDB is part of.

    Raises:
        grokcall.StatementError: The statement is wrong.
        ProgrammingError: It is one of DuckDB's that does not only read.
    """
    if isinstance(statement, Call):
        return connection.runtime.binder(statement, parameters).procedure.schema
    if isinstance(statement, Explain):
        return COST_SCHEMA if statement.cost else EXPLAIN_SCHEMA
    if isinstance(statement, Query):
        text = statement.text
        return await wait(
            QueryWork(lambda ending: connection.database().schema(text, parameters, transactions, ending))
        )
    if isinstance(statement, SelectConstant):
        return pa.table({statement.name: [statement.value]}).schema
    return SCHEMAS[type(statement)]


SCHEMAS: Mapping[type[Statement], pa.Schema] = {
    ShowProcedures: PROCEDURES_SCHEMA,
    DescribeProcedure: DESCRIPTION_SCHEMA,
    CreateProcedure: CHANGE_SCHEMA,
    DropProcedure: CHANGE_SCHEMA,
    ShowTools: TOOLS_SCHEMA,
    DescribeTool: TOOL_DESCRIPTION_SCHEMA,
    CreateTool: TOOL_CHANGE_SCHEMA,
    DropTool: TOOL_CHANGE_SCHEMA,
}
"""The columns of statements that always have the same."""
