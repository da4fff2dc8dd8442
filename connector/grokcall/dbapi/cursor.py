"""Cursors: PEP 249 over Arrow tables.

Rows stay Arrow until someone asks for tuples. What PEP 249 does not name is named as ADBC and DuckDB name it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

import pyarrow as pa

from grokcall.budget.spending_limits import UNLIMITED, SpendingLimits
from grokcall.core.result_columns import result_table
from grokcall.core.statement_result import StatementResult
from grokcall.dbapi.statement_source import StatementSource
from grokcall.dbapi.statements import StatementRunner, schema_of
from grokcall.duckdb.transactions import Transactions
from grokcall.errors import (
    InterfaceError,
    ProgrammingError,
    Warning,  # noqa: A004 - PEP 249 fixes the name
)
from grokcall.execution.many_calls import ManyCalls
from grokcall.execution.single_calls import leave_with_table
from grokcall.tables.text_encoding import python_values
from grokcall_parser import Call, Query, parse_statement, split_statements

Parameters: TypeAlias = Mapping[str, object] | Sequence[object] | None
P = TypeVar("P", bound=Mapping[str, object] | Sequence[object])
Description: TypeAlias = list[tuple[str, pa.DataType, None, None, None, None, bool]]


class Cursor:
    """Runs statements and holds their result, which can be fetched even after the connection was closed.

    Args:
        connection: Where the calls go.
        limits: What each statement may spend.
        transactions: Those that statements of DuckDB are part of; None for those of the connection.

    ``messages`` holds the warnings of the last statement, as PEP 249 describes it.
    """

    def __init__(
        self, connection: StatementSource, limits: SpendingLimits = UNLIMITED, transactions: Transactions | None = None
    ) -> None:
        self.connection = connection
        self.limits = limits
        """What each statement may spend, beside the limits of the connection; can be set anew between statements."""
        self.arraysize: int = 1
        """How many rows ``fetchmany`` gives where it is not told."""
        self.messages: list[tuple[type[Warning], str]] = []
        self._transactions = transactions
        self._table: pa.Table | None = None
        self._rows: Iterator[tuple[object, ...]] | None = None
        self._rowcount = -1
        self._results: list[StatementResult] = []
        self._closed = False
        self._process = os.getpid()

    @property
    def description(self) -> Description | None:
        """Seven values for each column of the result; the type code is the Arrow type. None where there are no rows."""
        if self._table is None:
            return None
        return [(field.name, field.type, None, None, None, None, True) for field in self._table.schema]

    @property
    def rowcount(self) -> int:
        """How many rows the result has, or an INSERT or the like has changed; -1 before a result."""
        return self._rowcount

    def execute(self, operation: str, parameters: Parameters = None, *, params: Parameters = None) -> Self:
        """Runs one statement.

        Args:
            operation: A CALL, EXPLAIN CALL, SHOW PROCEDURES, DESCRIBE, CREATE or DROP PROCEDURE; or any statement of
                DuckDB, which runs in the database of the connection, where every procedure is a table function.
            parameters: A mapping for named markers, a sequence for question marks.
            params: Another name for ``parameters``.

        Raises:
            grokcall.StatementError: The statement is wrong; nothing was sent.
            grokcall.DataError: A value does not fit, or the answer could not be read.
            grokcall.BudgetReachedError: A limit leaves no room for the call; nothing was sent.
            grokcall.OperationalError: The service could not be reached or refused.

        After an interrupt (Ctrl-C) the answer of a call that was sent is waited for up to 30 s, because it may have
        been paid for. It can be fetched, and is in the attribute ``result`` of the KeyboardInterrupt. A second
        interrupt leaves at once.

        >>> cursor.execute("CALL GenerateResponse(:Message)", {"Message": "Say hello"})  # doctest: +SKIP
        >>> cursor.execute("SELECT * FROM 'tickets.csv' t, GenerateResponse(t.body) r WHERE t.id = ?", [7])
        ... # doctest: +SKIP
        """
        self._check_usable()
        if parameters is not None and params is not None:
            raise InterfaceError("give either parameters or params, not both")
        self._results = []
        self._hold(None)
        statement = parse_statement(operation)
        try:
            self._hold(self._runner().run(statement, parameters if parameters is not None else params))
        except BaseException as interrupt:
            answered = getattr(interrupt, "result", None)
            if isinstance(answered, pa.Table):
                self._hold(StatementResult(answered, answered.num_rows))
            raise
        return self

    def executemany(self, operation: str, seq_of_parameters: Iterable[Mapping[str, object] | Sequence[object]]) -> Self:
        """Runs a CALL once for each set of parameters, many at a time; the rows come in the sets' order.

        An error that every set would meet, such as a refused key, ends the run at once. A statement of DuckDB, for
        example an INSERT, is run for one set after the other and gives no rows; ``rowcount`` is the sum.

        After an interrupt (Ctrl-C) nothing more is sent, and the answers of calls in flight are waited for up to 30 s,
        because they may have been paid for; a second one leaves at once. Either way what was answered can be fetched.

        Args:
            operation: The CALL, or a statement of DuckDB.
            seq_of_parameters: The sets: a mapping for named markers, a sequence for question marks.

        Raises:
            grokcall.Error: The error of the first set that failed; the rows of the others can be fetched.
        """
        self._check_usable()
        statement = parse_statement(operation)
        self._results = []
        self._hold(None)
        if isinstance(statement, Query):
            counts = [self._runner().run(statement, each).rowcount for each in seq_of_parameters]
            self._rowcount = sum(counts) if counts and min(counts) >= 0 else -1
            return self
        if not isinstance(statement, Call):
            raise ProgrammingError("executemany runs CALL and the statements of DuckDB only")
        binder = self.connection.runtime.binder(statement)
        sets = list(seq_of_parameters)
        calls = ManyCalls(self.connection.runtime, self.limits, binder, sets)
        outcomes, stopped, interrupt = calls.made()
        rows = [row for outcome in outcomes if outcome.error is None for row in outcome.rows or ()]
        self._note([warning for outcome in outcomes for warning in outcome.warnings])
        table = result_table(binder.procedure, rows)
        self._hold(StatementResult(table, len(rows)))
        if interrupt is not None:
            leave_with_table(interrupt, table)
            raise interrupt
        failures = [outcome.error for outcome in outcomes if outcome.error is not None]
        if stopped is not None or failures:
            failed = len(failures) + len(sets) - len(outcomes)
            error = stopped or failures[0]
            error.add_note(f"{failed} of {len(sets)} parameter sets failed; the rows of the others stay")
            raise error
        return self

    def executescript(self, script: str) -> Self:
        """Runs several statements one after the other; :meth:`nextset` goes from result to result.

        The texts are all read before the first is run. When one fails, the results of those before it stay.
        """
        self._check_usable()
        statements = [parse_statement(text) for text in split_statements(script)]
        if not statements:
            raise ProgrammingError("the script holds no statement")
        self._results = []
        self._hold(None)
        results: list[StatementResult] = []
        try:
            for statement in statements:
                results.append(self._runner().run(statement, None))  # noqa: PERF401 - what came before a failure stays
        finally:
            if results:
                self._hold(results[0])
                self._results = results[1:]
        return self

    def callproc(self, procname: str, parameters: P = ()) -> P:  # type: ignore[assignment]
        """Calls a procedure and returns its arguments unchanged; the row is there to be fetched.

        Args:
            procname: The procedure.
            parameters: A sequence gives the arguments by position, a mapping gives them by name.
        """
        if isinstance(parameters, Mapping):
            self.execute(f"CALL {procname}({', '.join(f'{name} => :{name}' for name in parameters)})", parameters)
        elif isinstance(parameters, str | bytes):
            raise ProgrammingError("callproc takes a sequence or a mapping of arguments, for example ['hi']")
        else:
            self.execute(f"CALL {procname}({', '.join('?' * len(parameters))})", list(parameters))
        return parameters

    def fetchone(self) -> tuple[object, ...] | None:
        """The next row, or None when there is none."""
        return next(self._row_iterator(), None)

    def fetchmany(self, size: int | None = None) -> list[tuple[object, ...]]:
        """The next ``size`` rows, ``arraysize`` by default, or those that are left."""
        rows = self._row_iterator()
        return [row for _, row in zip(range(self.arraysize if size is None else size), rows, strict=False)]

    def fetchall(self) -> list[tuple[object, ...]]:
        """The rows that are left."""
        return list(self._row_iterator())

    def fetch_arrow_table(self) -> pa.Table:
        """The whole result as an Arrow table."""
        return self._result()

    fetchallarrow = fetch_arrow_table
    """The same under the name that Turbodbc gave it."""

    def fetch_record_batch(self) -> pa.RecordBatchReader:
        """The whole result as an Arrow reader."""
        return self._result().to_reader()

    def fetch_arrow(self) -> pa.Table:
        """The whole result as an object with ``__arrow_c_stream__``."""
        return self._result()

    def fetch_df(self) -> Any:
        """The whole result as a pandas DataFrame; pandas must be installed."""
        return self._result().to_pandas()

    def fetch_polars(self) -> Any:
        """The whole result as a Polars DataFrame; Polars must be installed."""
        import polars

        return polars.from_arrow(self._result())

    def __arrow_c_schema__(self) -> object:
        """The result's schema as a PyCapsule."""
        return self._result().schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The result as a PyCapsule stream, a fresh one at each call: the statement is not run again."""
        capsule: object = self._result().__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]
        return capsule

    def adbc_execute_schema(self, operation: str, parameters: Parameters = None) -> pa.Schema:
        """The schema that a statement's result would have; sends nothing."""
        self._check_usable()
        return schema_of(self.connection, parse_statement(operation), parameters, self._transactions)

    def nextset(self) -> bool | None:
        """Goes on to the next result of a script; None when there is none."""
        self._check_open()
        if not self._results:
            return None
        self._hold(self._results.pop(0))
        return True

    def setinputsizes(self, sizes: object) -> None:
        """Does nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing, as PEP 249 allows."""

    def close(self) -> None:
        """Lets the result go; the cursor cannot be used afterwards."""
        self._closed = True
        self._table = self._rows = None
        self._results = []

    def __iter__(self) -> Iterator[tuple[object, ...]]:
        return self._row_iterator()

    def __next__(self) -> tuple[object, ...]:
        return next(self._row_iterator())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _runner(self) -> StatementRunner:
        return StatementRunner(self.connection, self.limits, self._note, self._transactions)

    def _note(self, warnings: Iterable[str]) -> None:
        self.messages += [(Warning, text) for text in dict.fromkeys(warnings)]

    def _hold(self, result: StatementResult | None) -> None:
        self._table = None if result is None else result.table
        self._rows = None if self._table is None else row_tuples(self._table)
        self._rowcount = -1 if result is None else result.rowcount
        if result is None:
            self.messages = []

    def _result(self) -> pa.Table:
        self._check_open()
        if self._table is None:
            raise ProgrammingError("there is no result: execute a statement first, one that gives rows")
        return self._table

    def _row_iterator(self) -> Iterator[tuple[object, ...]]:
        self._result()
        assert self._rows is not None
        return self._rows

    def _check_open(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed")
        if self._process != os.getpid():
            raise InterfaceError("the cursor was made before this process was forked; make another in the child")

    def _check_usable(self) -> None:
        self._check_open()
        self.connection.runtime.check_open()


def row_tuples(table: pa.Table) -> Iterator[tuple[object, ...]]:
    """The rows of a table as tuples of Python values, a batch at a time."""
    for batch in table.to_batches():
        yield from zip(*(python_values(column, "lossy") for column in batch.columns), strict=True)
