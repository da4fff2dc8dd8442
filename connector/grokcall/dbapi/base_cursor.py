"""What cursors that block and cursors that await have in common: everything but the waiting.

The statements of both are run by the same coroutines. What these wait for is a :class:`grokcall.core.work.Work`, and
each kind of cursor waits for it in its own way: it blocks its thread, or awaits.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import pyarrow as pa

from grokcall.budget.spending_limits import UNLIMITED, SpendingLimits
from grokcall.client.receiving import receiving
from grokcall.core.result_columns import result_table
from grokcall.core.statement_result import StatementResult
from grokcall.core.work import Work
from grokcall.dbapi.executions import Execution
from grokcall.dbapi.results import CursorResults
from grokcall.dbapi.statement_source import StatementSource
from grokcall.dbapi.statements import Parameters, StatementRunner, schema_of
from grokcall.duckdb.transactions import Transactions
from grokcall.errors import InterfaceError, ProgrammingError
from grokcall.execution.many_calls import ManyCalls
from grokcall.execution.single_calls import leave_with_table
from grokcall.scheduling.event_loop import PATIENCE
from grokcall_parser import Call, Query, parse_statement, split_statements

T = TypeVar("T")
Parameter = Mapping[str, object] | Sequence[object]


class BaseCursor(CursorResults, ABC):
    """Runs statements and holds their result.

    Args:
        connection: Where the calls go.
        limits: What each statement may spend.
        transactions: Those that statements of DuckDB are part of; None for those of the connection.
        receive: How answers of CALLs are received, ``whole`` or ``stream``; None for the connection's way.
    """

    def __init__(
        self,
        connection: StatementSource,
        limits: SpendingLimits = UNLIMITED,
        transactions: Transactions | None = None,
        receive: str | None = None,
    ) -> None:
        super().__init__()
        self._transactions = transactions
        self.connection = connection
        self.limits = limits
        """What each statement may spend, beside the limits of the connection; can be set anew between statements."""
        self._how = receiving(receive)
        self._execution: Execution | None = None

    def cancel(self, patience: float = PATIENCE) -> None:
        """Ends the statement under way, from another thread or task; harmless when nothing runs.

        It does not wait for the end. Nothing more is sent. Whoever runs the statement gets a
        :class:`grokcall.StoppedError` once the answers of calls in flight have come, or after ``patience``. What a CALL
        or ``executemany`` was answered is in the error's attribute ``result`` and can be fetched; what a query was
        answered is there for the next one. A second cancel with ``patience=0`` ends the wait.

        Args:
            patience: Seconds that answers of calls in flight are waited for, since they may have been paid for.

        >>> threading.Timer(10, cursor.cancel).start()  # doctest: +SKIP
        """
        execution = self._execution
        if execution is not None:
            execution.cancel(patience)

    def adbc_cancel(self) -> None:
        """Ends the statement under way, as :meth:`cancel` does; the name that ADBC has for it."""
        self.cancel()

    @abstractmethod
    async def _outcome_of(self, work: Work[T]) -> T:
        """Waits for some work, in the cursor's own way."""

    async def _execute(self, operation: str, parameters: Parameters, params: Parameters = None) -> None:
        self._check_usable()
        if parameters is not None and params is not None:
            raise InterfaceError("give either parameters or params, not both")
        self._forget()
        statement = parse_statement(operation)
        with self._under_way() as runner:
            try:
                self._hold(await runner.run(statement, parameters if parameters is not None else params))
            except BaseException as interrupt:
                if (answered := answered_before(interrupt)) is not None:
                    self._hold(answered)
                raise

    async def _execute_many(self, operation: str, seq_of_parameters: Iterable[Parameter]) -> None:
        self._check_usable()
        statement = parse_statement(operation)
        self._forget()
        if isinstance(statement, Query):
            with self._under_way() as runner:
                counts = [(await runner.run(statement, each)).rowcount for each in seq_of_parameters]
            self._rowcount = sum(counts) if counts and min(counts) >= 0 else -1
        elif isinstance(statement, Call):
            with self._under_way() as runner:
                await self._call_many(runner, statement, list(seq_of_parameters))
        else:
            raise ProgrammingError("executemany runs CALL and the statements of DuckDB only")

    async def _call_many(self, runner: StatementRunner, statement: Call, sets: Sequence[Parameter]) -> None:
        binder = self.connection.runtime.binder(statement)
        calls = ManyCalls(self.connection.runtime, self.limits, binder, sets, self._how)
        outcomes, stopped, interrupt = await runner.wait(calls)
        rows = [row for outcome in outcomes if outcome.error is None for row in outcome.rows or ()]
        self._note([warning for outcome in outcomes for warning in outcome.warnings])
        table = result_table(binder.procedure, rows)
        self._hold(StatementResult(table, len(rows), binder.procedure.answer_schema))
        if interrupt is not None:
            leave_with_table(interrupt, table)
            raise interrupt
        failures = [outcome.error for outcome in outcomes if outcome.error is not None]
        if stopped is not None or failures:
            failed = len(failures) + len(sets) - len(outcomes)
            error = stopped or failures[0]
            error.add_note(f"{failed} of {len(sets)} parameter sets failed; the rows of the others stay")
            raise error

    async def _execute_script(self, script: str) -> None:
        self._check_usable()
        statements = [parse_statement(text) for text in split_statements(script)]
        if not statements:
            raise ProgrammingError("the script holds no statement")
        self._forget()
        results: list[StatementResult] = []
        try:
            with self._under_way() as runner:
                for statement in statements:
                    results.append(await runner.run(statement, None))  # noqa: PERF401 - what came before a failure stays
        except BaseException as interrupt:
            if (answered := answered_before(interrupt)) is not None:
                results.append(answered)
            raise
        finally:
            if results:
                self._hold(results[0])
                self._results = results[1:]

    async def _call(self, procname: str, parameters: Parameter) -> None:
        if isinstance(parameters, Mapping):
            arguments = ", ".join(f"{name} => :{name}" for name in parameters)
            await self._execute(f"CALL {procname}({arguments})", parameters)
        elif isinstance(parameters, str | bytes):
            raise ProgrammingError("callproc takes a sequence or a mapping of arguments, for example ['hi']")
        else:
            await self._execute(f"CALL {procname}({', '.join('?' * len(parameters))})", list(parameters))

    async def _schema(self, operation: str, parameters: Parameters) -> pa.Schema:
        self._check_usable()
        with self._under_way() as runner:
            return await schema_of(
                self.connection, parse_statement(operation), parameters, runner.wait, self._transactions
            )

    @contextmanager
    def _under_way(self) -> Iterator[StatementRunner]:
        """Runs the statements of the block, which a cancel ends."""
        execution = Execution()

        async def wait(work: Work[T]) -> T:
            execution.begin(work)
            return await self._outcome_of(work)

        self._execution = execution
        try:
            yield StatementRunner(self.connection, self.limits, self._note, wait, self._transactions, self._how)
        finally:
            self._execution = None

    def _check_usable(self) -> None:
        self._check_open()
        self.connection.runtime.check_open()


def answered_before(interrupt: BaseException) -> StatementResult | None:
    """What a statement had been answered before it was interrupted."""
    table = getattr(interrupt, "result", None)
    return StatementResult(table, table.num_rows) if isinstance(table, pa.Table) else None
