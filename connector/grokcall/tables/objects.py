"""Tables that are Python objects: Arrow, pandas, Polars, DuckDB, dictionaries."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from grokcall.core.arrow_arrays import UNFIT
from grokcall.tables.duckdb_reader import record_batches
from grokcall.tables.errors import mapped_errors
from grokcall.tables.source import Source
from grokcall_parser.errors import DataError, ProgrammingError
from grokcall_procedures.types import well_formed

Row = Mapping[str, object]
LONG_NUMBERS = pa.decimal128(38, 0)
LARGEST_NUMBER = 10**38


def open_object(source: Any, *, batch_rows: int) -> Source:
    """A table that a Python object holds or yields.

    Raises:
        ProgrammingError: The object is no table.
        DataError: Its values do not make columns.
    """
    package = type(source).__module__.partition(".")[0]
    name = f"the {type(source).__name__}"
    with mapped_errors(name):
        if isinstance(source, pa.Table):
            return table_source(source, batch_rows, name)
        if isinstance(source, pa.RecordBatch):
            return table_source(pa.Table.from_batches([source]), batch_rows, name)
        if package == "pandas" and type(source).__name__ == "DataFrame":
            return table_source(pandas_table(source), batch_rows, name)
        if package == "polars" and type(source).__name__ == "LazyFrame":
            source = source.collect()
        if type(source).__name__ == "DuckDBPyRelation":
            return stream_source(record_batches(source, batch_rows), batch_rows, name)
        if isinstance(source, pa.RecordBatchReader) or hasattr(source, "__arrow_c_stream__"):
            return stream_source(pa.RecordBatchReader.from_stream(source), batch_rows, name, length_of(source))
        if hasattr(source, "__arrow_c_array__"):
            return table_source(pa.Table.from_batches([pa.record_batch(source)]), batch_rows, name)
        if isinstance(source, Mapping):
            return table_source(columns_table(source), batch_rows, name)
    if isinstance(source, Iterable) and not isinstance(source, str | bytes | bytearray | memoryview):
        return open_rows(source, batch_rows=batch_rows, name=name)
    raise ProgrammingError(
        f"{name} is no table; expected a file's name, a SELECT, an Arrow table or reader, a pandas or Polars frame,"
        " or dictionaries, one for each row"
    )


def table_source(table: pa.Table, batch_rows: int, name: str) -> Source:
    """A table in memory."""
    return Source(name, table.schema, iter(table.to_batches()), row_count=table.num_rows, batch_rows=batch_rows)


def stream_source(reader: pa.RecordBatchReader, batch_rows: int, name: str, row_count: int | None = None) -> Source:
    """An Arrow stream."""
    return Source(name, reader.schema, reader, row_count=row_count, batch_rows=batch_rows, close=reader.close)


def length_of(source: object) -> int | None:
    """How many rows a frame has; None for what has no length."""
    return len(source) if hasattr(source, "__len__") else None


def pandas_table(frame: Any) -> pa.Table:
    """A pandas frame; an index with a name is data and becomes columns, one without is dropped."""
    indexed = frame.index.names
    levels = (
        [
            ("index" if name is None else str(name), frame.index.get_level_values(level))
            for level, name in enumerate(indexed)
        ]
        if any(name is not None for name in indexed)
        else []
    )
    columns = [*levels, *((column_name(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns))]
    return pa.Table.from_arrays([series_array(name, each) for name, each in columns], [name for name, _ in columns])


def column_name(name: Any) -> str:
    """What a column of pandas is called; of several levels all are told."""
    return "_".join(map(str, name)) if isinstance(name, tuple) else str(name)


def series_array(name: str, series: Any) -> Any:
    """A column of pandas, NaN and NaT as NULL.

    Raises:
        DataError: Its values are of several kinds; the message names the first row that does not fit.
    """
    try:
        return pa.array(series, from_pandas=True)
    except UNFIT:
        missing = series.isna()
        return column_array(name, [None if gone else value for value, gone in zip(series, missing, strict=True)])


def columns_table(columns: Mapping[str, Any]) -> pa.Table:
    """A mapping of names to lists of values, all of one length."""
    try:
        return pa.table({str(name): column_array(str(name), values) for name, values in columns.items()})
    except (pa.ArrowException, ValueError) as error:
        raise DataError(f"the columns do not make a table: {error}") from error


def open_rows(source: Iterable[Any], *, batch_rows: int, name: str) -> Source:
    """Dictionaries, one for each row, or record batches.

    Of a list the columns are the union over all rows; of anything that is read once, those of its first
    ``batch_rows`` rows, and what comes later has to fit.
    """
    if isinstance(source, Sequence):
        if source and isinstance(source[0], Mapping):
            return table_source(rows_table(source), batch_rows, name)
        if not source:
            return Source(name, pa.schema([]), iter(()), row_count=0)
    values = iter(source)
    first = next(values, None)
    if first is None:
        return Source(name, pa.schema([]), iter(()), row_count=0)
    values = itertools.chain([first], values)
    if isinstance(first, pa.RecordBatch):
        return Source(name, first.schema, matching_batches(values, first.schema), batch_rows=batch_rows)
    head = rows_table(list(itertools.islice(values, batch_rows)))
    return Source(name, head.schema, streamed_rows(head, values, batch_rows), batch_rows=batch_rows)


def matching_batches(batches: Iterator[Any], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """``batches``, each checked to have the columns of the first."""
    row = 1
    for batch in batches:
        if not isinstance(batch, pa.RecordBatch) or batch.schema.names != schema.names:
            got = ", ".join(batch.schema.names) if isinstance(batch, pa.RecordBatch) else type(batch).__name__
            raise DataError(f"rows from {row:,}: expected a batch of {', '.join(schema.names)}, got {got}")
        row += batch.num_rows
        yield batch


def rows_table(rows: Sequence[Any]) -> pa.Table:
    """Dictionaries as a table; its columns are those of all rows, in the order in which they first appear."""
    names: dict[str, None] = {}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise DataError(
                f"row {number:,}: expected a dictionary of column names and values, got {type(row).__name__}"
            )
        names.update(dict.fromkeys(row))
    for name in names:
        if not isinstance(name, str):
            raise DataError(f"the column name {name!r} is not text")
    return pa.table({name: column_array(name, [row.get(name) for row in rows]) for name in names})


def streamed_rows(head: pa.Table, rest: Iterator[Any], batch_rows: int) -> Iterator[pa.RecordBatch]:
    """``head``, then batches of ``rest`` with the same columns and types."""
    yield from head.to_batches()
    done = head.num_rows
    types = {field.name: pa.string() if pa.types.is_null(field.type) else field.type for field in head.schema}
    while chunk := list(itertools.islice(rest, batch_rows)):
        for number, row in enumerate(chunk, done + 1):
            check_row(row, number, types, done=head.num_rows)
        columns = {
            name: column_array(name, [row.get(name) for row in chunk], of, done + 1) for name, of in types.items()
        }
        yield from pa.table(columns).to_batches()
        done += len(chunk)


def check_row(row: Any, number: int, types: Mapping[str, pa.DataType], *, done: int) -> None:
    """Raises unless ``row`` is a dictionary of known columns."""
    if not isinstance(row, Mapping):
        raise DataError(f"row {number:,}: expected a dictionary of column names and values, got {type(row).__name__}")
    new = [str(name) for name in row if name not in types]
    if new:
        raise DataError(
            f"row {number:,} has the column {new[0]!r}, which the first {done:,} rows do not have;"
            " give every column in the first row, NULL where it has no value"
        )


def column_array(name: str, values: Any, of: Any = None, first_row: int = 1) -> Any:
    """``values`` as a column, of the type that Arrow infers unless it is given.

    Raises:
        DataError: They are of several kinds; the message names the first row that does not fit those before it.
    """
    if not isinstance(values, list):
        return pa.array(values)
    try:
        return pa.array(values, of)
    except UnicodeEncodeError:
        return column_array(name, [whole_characters(value) for value in values], of, first_row)
    except UNFIT as error:
        if of is None and isinstance(error, OverflowError) and are_long_numbers(values):
            return pa.array([None if value is None else Decimal(value) for value in values], LONG_NUMBERS)
        index, expected = first_misfit(values, of)
        got = values[index]
        raise DataError(
            f'column "{name}", row {first_row + index:,}: expected {expected}, got a value of type'
            f" {type(got).__name__}; make the values of a column one kind"
        ) from error


def are_long_numbers(values: list[Any]) -> bool:
    """Whether all values are whole numbers, of more than 64 bits and not more than 38 digits."""
    return all(value is None or (type(value) is int and abs(value) < LARGEST_NUMBER) for value in values)


def whole_characters(value: Any) -> Any:
    """A value with U+FFFD for half characters in its texts, which a call replaces as well."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, Mapping):
        return {whole_characters(key): whole_characters(each) for key, each in value.items()}
    return [whole_characters(each) for each in value] if isinstance(value, list | tuple) else value


def first_misfit(values: list[Any], of: pa.DataType | None) -> tuple[int, str]:
    """The place of the first value that makes the values before it no column, and the type of those."""
    low, high = 0, len(values)  # values[:low] makes a column, values[:high] does not
    while high - low > 1:
        middle = (low + high) // 2
        try:
            pa.array(values[:middle], of)
        except UNFIT:
            high = middle
        else:
            low = middle
    return low, str(of or (pa.array(values[:low]).type if low else "a value that Arrow knows"))
