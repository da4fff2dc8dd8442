"""Parquet and Arrow files, and tables of DuckDB files, as streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from grokcall.tables.duckdb_reader import private_connection, record_batches
from grokcall.tables.errors import mapped_errors
from grokcall.tables.formats import DatabaseTable, quoted_text
from grokcall.tables.source import Source
from grokcall_parser.errors import DataError, ProgrammingError
from grokcall_parser.suggestions import hint

READ_AHEAD = 1 << 20


def open_parquet(path: Path, *, batch_rows: int, name: str) -> Source:
    """A Parquet file, read a page at a time."""
    with mapped_errors(name):
        file = pq.ParquetFile(str(path), buffer_size=READ_AHEAD, pre_buffer=False)
        batches = file.iter_batches(batch_rows, use_threads=False)
        return Source(
            name, file.schema_arrow, batches, row_count=file.metadata.num_rows, batch_rows=batch_rows, close=file.close
        )


def open_arrow(path: Path, *, batch_rows: int, name: str) -> Source:
    """An Arrow file or stream; pages of the file are mapped, so that a batch of any size costs no memory."""
    with mapped_errors(name):
        if path.stat().st_size == 0:
            raise DataError(f"{name}: the file is empty")
        mapped = pa.memory_map(str(path))
        if mapped.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(mapped)
            batches = (reader.get_batch(index) for index in range(reader.num_record_batches))
            # Here and not above: it brings in pandas where that is installed, which takes longer than all the rest.
            from pyarrow.dataset import dataset

            count = dataset(str(path), format="ipc").count_rows()
            return Source(name, reader.schema, batches, row_count=count, batch_rows=batch_rows, close=mapped.close)
        mapped.seek(0)
        stream = pa.ipc.open_stream(mapped)
        return Source(name, stream.schema, stream, batch_rows=batch_rows, close=mapped.close)


def open_database_table(file: Path, table: DatabaseTable | None, *, batch_rows: int, name: str) -> Source:
    """A table or view of a DuckDB file, which is opened for reading only.

    Raises:
        ProgrammingError: No table is named, or there is none of that name; the message lists those there are.
    """
    connection = private_connection()
    try:
        with mapped_errors(name):
            connection.execute(f"ATTACH {quoted_text(str(file))} AS source (READ_ONLY)")
            known = table_names(connection)
            if table is None:
                raise ProgrammingError(
                    f"{name}: name a table as in {file}::{next(iter(known), 'table')}; {listed(known)}"
                )
            wanted = str(table).split("::", 1)[1]
            found = {each.lower(): each for each in known}.get(wanted.lower())
            if found is None:
                raise ProgrammingError(
                    f"{file}: there is no table {wanted!r}; {hint(wanted, known, listed(known), quoted=True)}"
                )
            relation = connection.sql(f"FROM source.{table.quoted}")
            counted = relation.aggregate("count(*)").fetchall()
            reader = record_batches(relation, batch_rows)
    except BaseException:
        connection.close()
        raise
    count = counted[0][0]
    return Source(name, reader.schema, reader, row_count=count, batch_rows=batch_rows, close=connection.close)


def table_names(connection: Any) -> list[str]:
    """The tables and views of the attached file; those outside the schema ``main`` with their schema."""
    rows = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'source'"
        " UNION ALL SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'source' AND NOT internal"
        " ORDER BY ALL"
    ).fetchall()
    return [table if schema == "main" else f"{schema}.{table}" for schema, table in rows]


def listed(known: list[str]) -> str:
    """The tables there are, for the end of a message."""
    return f"the file has {', '.join(known[:20])}" if known else "the file has no tables"
