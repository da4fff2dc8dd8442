"""A table that is read once, from its first row to its last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from grokcall.tables.arrow_types import in_pieces, plain_batch, plain_schema, renamed
from grokcall.tables.errors import mapped_errors
from grokcall.tables.nested import map_entries
from grokcall_parser.errors import DataError

DEFAULT_BATCH_ROWS = 1024


def check_texts(batch: pa.RecordBatch, first_row: int) -> None:
    """Raises unless the texts are UTF-8, which Arrow and Parquet take for granted without looking.

    Raises:
        DataError: One is not; the message names its column and row.
    """
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if are_texts(column):
            continue
        row = first_row + next(index for index in range(len(column)) if not are_texts(column.slice(index, 1)))
        raise DataError(
            f'column "{field.name}", row {row:,}: the text is not UTF-8; encode it so, or make the column binary'
        )


def are_texts(column: Any) -> bool:
    """Whether the texts in a column, also those inside lists, structs and maps, can be read."""
    of = column.type
    if pa.types.is_struct(of):
        return all(are_texts(column.field(index)) for index in range(of.num_fields))
    if pa.types.is_map(of):
        return all(map(are_texts, map_entries(column)))
    if pa.types.is_nested(of):
        return are_texts(column.flatten())
    if not (pa.types.is_string(of) or pa.types.is_large_string(of)):
        return True
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


class Source:
    """A table as a stream of record batches in the order of its rows.

    Iterating reads it, once. It closes itself after the last row, on leaving a ``with`` block, or by :meth:`close`.

    Args:
        name: What the table is called in messages.
        schema: The columns as they come; :attr:`schema` has their plain types.
        batches: The rows.
        row_count: How many rows there are, when that is known without reading them.
        batch_rows: The most rows that a batch given out has.
        close: Lets go of files and connections.
        place: Tells where a row is, by its number, for messages.
    """

    def __init__(
        self,
        name: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        *,
        row_count: int | None = None,
        batch_rows: int = DEFAULT_BATCH_ROWS,
        close: Callable[[], object] | None = None,
        place: Callable[[int], str] = "row {:,}".format,
    ) -> None:
        self.name = name
        self.place = place
        self.schema: pa.Schema = plain_schema(schema)
        self.row_count = row_count
        self.notes: tuple[str, ...] = renamed(schema.names)
        """A line for each column that had to be renamed."""
        self._release = close
        self._rows = self._read(in_pieces(batches, batch_rows))

    def _read(self, pieces: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        done = 0
        try:
            while True:
                with mapped_errors(self.name):
                    piece = next(pieces, None)
                    if piece is None:
                        return
                    batch = plain_batch(piece, self.schema, done + 1)
                    check_texts(batch, done + 1)
                done += batch.num_rows
                yield batch
        finally:
            self.close()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self._rows

    def __next__(self) -> pa.RecordBatch:
        return next(self._rows)

    def read_all(self) -> pa.Table:
        """The rows that are left, as one table in memory."""
        return pa.Table.from_batches(list(self), schema=self.schema)

    def on_close(self, action: Callable[[], object]) -> Self:
        """Has ``action`` done too when the source is closed, after what is done already; gives the source back."""
        before = self._release

        def release() -> None:
            if before is not None:
                before()
            action()

        self._release = release
        return self

    def close(self) -> None:
        """Lets go of the file or connection; does nothing the second time."""
        release, self._release = self._release, None
        if release is not None:
            release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
