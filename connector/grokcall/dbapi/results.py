"""The results of a cursor: PEP 249 over Arrow tables.

Rows stay Arrow until someone asks for tuples. What PEP 249 does not name is named as ADBC and DuckDB name it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import pyarrow as pa

from grokcall.core.statement_result import StatementResult
from grokcall.core.typed_answers import typed_answers
from grokcall.errors import (
    InterfaceError,
    ProgrammingError,
    Warning,  # noqa: A004 - PEP 249 fixes the name
)
from grokcall.tables.cell_texts import python_values
from grokcall_procedures.schemas import OutputSchema

Description: TypeAlias = list[tuple[str, pa.DataType, None, None, None, None, bool]]
Row: TypeAlias = tuple[object, ...]


class CursorResults:
    """What the statements of a cursor gave; it can be fetched even after the connection was closed.

    ``messages`` holds the warnings of the last statement, as PEP 249 describes it.
    """

    def __init__(self) -> None:
        self.arraysize: int = 1
        """How many rows ``fetchmany`` gives where it is not told."""
        self.messages: list[tuple[type[Warning], str]] = []
        """The warnings of the last statement: pairs of a class and a text."""
        self._table: pa.Table | None = None
        self._rows: Iterator[Row] | None = None
        self._rowcount = -1
        self._shape: OutputSchema | None = None
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

    def answers(self, as_type: object = None) -> list[Any]:
        """Each row of the whole result as an instance of the type that its OutputSchema was.

        Args:
            as_type: A dataclass, a pydantic model or an Arrow schema whose columns the result has, for a query,
                or for another type than that of the CALL.

        Returns:
            An instance a row, or a dict where the OutputSchema was text or an Arrow schema; None for a row whose
            declared columns are all NULL.

        Raises:
            ProgrammingError: The result has no declared columns, and no type was named.
            AnswerMismatchError: The type refuses a row; the message names the member.

        >>> cursor.execute("CALL GenerateRows(:m, :s)", {"m": letter, "s": OrderLine}).answers()  # doctest: +SKIP
        [OrderLine(item='tea', qty=2)]
        """
        return typed_answers(self._result(), self._shape, as_type)

    def __arrow_c_schema__(self) -> object:
        """The result's schema as a PyCapsule."""
        return self._result().schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The result as a PyCapsule stream, a fresh one at each call: the statement is not run again."""
        capsule: object = self._result().__arrow_c_stream__(requested_schema)  # type: ignore[no-untyped-call]
        return capsule

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

    def _next_row(self) -> Row | None:
        return next(self._row_iterator(), None)

    def _next_rows(self, size: int | None) -> list[Row]:
        rows = self._row_iterator()
        return [row for _, row in zip(range(self.arraysize if size is None else size), rows, strict=False)]

    def _rows_left(self) -> list[Row]:
        return list(self._row_iterator())

    def _row_iterator(self) -> Iterator[Row]:
        self._result()
        assert self._rows is not None
        return self._rows

    def _result(self) -> pa.Table:
        self._check_open()
        if self._table is None:
            raise ProgrammingError("there is no result: execute a statement first, one that gives rows")
        return self._table

    def _note(self, warnings: Iterable[str]) -> None:
        self.messages += [(Warning, text) for text in dict.fromkeys(warnings)]

    def _hold(self, result: StatementResult) -> None:
        """Makes a result the one that is fetched from."""
        self._table = result.table
        self._rows = None if self._table is None else row_tuples(self._table)
        self._rowcount = result.rowcount
        self._shape = result.shape

    def _forget(self) -> None:
        """Lets go what earlier statements gave."""
        self._table = self._rows = None
        self._rowcount = -1
        self._results = []
        self.messages = []

    def _let_go(self) -> None:
        """Closes the cursor."""
        self._closed = True
        self._table = self._rows = None
        self._results = []

    def _check_open(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed")
        if self._process != os.getpid():
            raise InterfaceError("the cursor was made before this process was forked; make another in the child")


def row_tuples(table: pa.Table) -> Iterator[Row]:
    """The rows of a table as tuples of Python values, a batch at a time."""
    for batch in table.to_batches():
        yield from zip(*(python_values(column, "lossy") for column in batch.columns), strict=True)
