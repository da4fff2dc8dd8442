"""Cursors as PEP 249 has them: each statement blocks the thread that runs it."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar, cast

import pyarrow as pa

from grokcall.core.work import Work
from grokcall.dbapi.base_cursor import BaseCursor, Parameter
from grokcall.dbapi.results import Row
from grokcall.dbapi.statements import Parameters

T = TypeVar("T")
P = TypeVar("P", bound=Parameter)


class Cursor(BaseCursor):
    """Runs statements and holds their result, which can be fetched even after the connection was closed.

    Args:
        connection: Where the calls go.
        limits: What each statement may spend.

    ``messages`` holds the warnings of the last statement, as PEP 249 describes it.
    """

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
            grokcall.StoppedError: Another thread has called :meth:`cancel`.
            grokcall.OperationalError: The service could not be reached or refused.

        After an interrupt (Ctrl-C) the answer of a call that was sent is waited for up to 30 s, because it may have
        been paid for. It can be fetched, and is in the attribute ``result`` of the KeyboardInterrupt. A second
        interrupt leaves at once.

        >>> cursor.execute("CALL GenerateResponse(:Message)", {"Message": "Say hello"})  # doctest: +SKIP
        >>> cursor.execute("SELECT * FROM 'tickets.csv' t, GenerateResponse(t.body) r WHERE t.id = ?", [7])
        ... # doctest: +SKIP
        """
        finished(self._execute(operation, parameters, params))
        return self

    def executemany(self, operation: str, seq_of_parameters: Iterable[Parameter]) -> Self:
        """Runs a CALL once for each set of parameters, many at a time; the rows come in the sets' order.

        An error that every set would meet, such as a refused key, ends the run at once. A statement of DuckDB, for
        example an INSERT, is run for one set after the other and gives no rows; ``rowcount`` is the sum.

        After an interrupt (Ctrl-C) nothing more is sent, and the answers of calls in flight are waited for up to 30 s,
        because they may have been paid for; a second one leaves at once. Either way what was answered can be fetched.

        Raises:
            grokcall.StoppedError: Another thread has called :meth:`cancel`.
            grokcall.Error: The error of the first set that failed; the rows of the others can be fetched.
        """
        finished(self._execute_many(operation, seq_of_parameters))
        return self

    def executescript(self, script: str) -> Self:
        """Runs several statements one after the other; :meth:`nextset` goes from result to result.

        The texts are all read before the first is run. When one fails, the results of those before it stay.
        """
        finished(self._execute_script(script))
        return self

    def callproc(self, procname: str, parameters: P = ()) -> P:  # type: ignore[assignment]
        """Calls a procedure and returns its arguments unchanged; the row is there to be fetched.

        Args:
            procname: The procedure.
            parameters: A sequence gives the arguments by position, a mapping gives them by name.
        """
        finished(self._call(procname, parameters))
        return parameters

    def fetchone(self) -> Row | None:
        """The next row, or None when there is none."""
        return self._next_row()

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next ``size`` rows, ``arraysize`` by default, or those that are left."""
        return self._next_rows(size)

    def fetchall(self) -> list[Row]:
        """The rows that are left."""
        return self._rows_left()

    def adbc_execute_schema(self, operation: str, parameters: Parameters = None) -> pa.Schema:
        """The schema that a statement's result would have; sends nothing."""
        return finished(self._schema(operation, parameters))

    def close(self) -> None:
        """Lets the result go; the cursor cannot be used afterwards."""
        self._let_go()

    def __iter__(self) -> Iterator[Row]:
        return self._row_iterator()

    def __next__(self) -> Row:
        return next(self._row_iterator())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _outcome_of(self, work: Work[T]) -> T:
        return work.outcome()


def finished(running: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that awaits nothing that waits: it has blocked this thread instead."""
    try:
        running.send(None)
    except StopIteration as end:
        return cast("T", end.value)
    running.close()
    raise AssertionError("a cursor that blocks has nothing to await")
