"""Cursors for programs that await."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Self, TypeVar

import pyarrow as pa

from grokcall.core.work import Work
from grokcall.dbapi.base_cursor import BaseCursor, Parameter
from grokcall.dbapi.results import Row
from grokcall.dbapi.statements import Parameters

T = TypeVar("T")
P = TypeVar("P", bound=Parameter)


class AsyncCursor(BaseCursor):
    """Runs statements and holds their result: the twin of :class:`grokcall.Cursor`, awaited from any event loop.

    What waits, or has a twin in PEP 249 that may wait, is awaited: ``execute`` and the like, ``fetchone``,
    ``fetchmany``, ``fetchall`` and ``close``. What hands on the Arrow table that is there already is not.

    A CALL runs on the loop of the connection, a query of DuckDB in a thread of its own. A cancel of the task is treated
    as an interrupt of the other cursor is: nothing more is sent, the answers of calls in flight are waited for up to
    30 s, because they may have been paid for, and what a CALL was answered is in the attribute ``result`` of the
    CancelledError and can be fetched. A second cancel leaves at once. :meth:`cancel` ends the statement and leaves the
    task alone.

    Args:
        connection: Where the calls go.
        limits: What each statement may spend.

    >>> async with connection.cursor() as cursor:  # doctest: +SKIP
    ...     await cursor.execute("CALL GenerateResponse(:Message)", {"Message": "Say hello"})
    ...     async for row in cursor:
    ...         print(row)
    """

    async def execute(self, operation: str, parameters: Parameters = None, *, params: Parameters = None) -> Self:
        """Runs one statement; arguments and errors are those of :meth:`grokcall.Cursor.execute`."""
        await self._execute(operation, parameters, params)
        return self

    async def executemany(self, operation: str, seq_of_parameters: Iterable[Parameter]) -> Self:
        """Runs a CALL once for each set of parameters, many at a time; see :meth:`grokcall.Cursor.executemany`."""
        await self._execute_many(operation, seq_of_parameters)
        return self

    async def executescript(self, script: str) -> Self:
        """Runs several statements one after the other; :meth:`nextset` goes from result to result."""
        await self._execute_script(script)
        return self

    async def callproc(self, procname: str, parameters: P = ()) -> P:  # type: ignore[assignment]
        """Calls a procedure and returns its arguments unchanged; see :meth:`grokcall.Cursor.callproc`."""
        await self._call(procname, parameters)
        return parameters

    async def fetchone(self) -> Row | None:
        """The next row, or None when there is none."""
        return self._next_row()

    async def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next ``size`` rows, ``arraysize`` by default, or those that are left."""
        return self._next_rows(size)

    async def fetchall(self) -> list[Row]:
        """The rows that are left."""
        return self._rows_left()

    async def adbc_execute_schema(self, operation: str, parameters: Parameters = None) -> pa.Schema:
        """The schema that a statement's result would have; sends nothing."""
        return await self._schema(operation, parameters)

    async def close(self) -> None:
        """Lets the result go; the cursor cannot be used afterwards."""
        self._let_go()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row:
        row = self._next_row()
        if row is None:
            raise StopAsyncIteration
        return row

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _outcome_of(self, work: Work[T]) -> T:
        return await work.aoutcome()
