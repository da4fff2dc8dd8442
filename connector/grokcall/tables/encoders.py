"""The formats, as what turns record batches into bytes.

A sink accepts rows, or refuses them before it has written any of them; what it has accepted can be finished.
"""

from __future__ import annotations

import errno
import os
from typing import IO, Any, Protocol, assert_never, cast

import pyarrow as pa
import pyarrow.parquet as pq

from grokcall.tables.cell_texts import delimited_lines, header_line, json_rows
from grokcall.tables.formats import Format
from grokcall.tables.reserved_file import OutputStream
from grokcall_parser.errors import NotSupportedError

ROW_GROUP_BYTES = 32 << 20
ROW_GROUP_ROWS = 16_384
ARRAY_END = b"\n]\n"
# What the ends of files take, generously: a footer's entry for a column of a row group, and for a message.
COLUMN_ENTRY = 640
MESSAGE_ENTRY = 64


class Sink(Protocol):
    """What writes one table in one format."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Accepts the rows; OSError when there is no room, and then none of them is accepted."""

    def finish(self) -> None:
        """Writes what the format wants at its end."""

    def abandon(self) -> None:
        """Gives up a file that will not be finished."""


def need(stream: OutputStream, size: int) -> None:
    """Raises unless there is room for ``size`` more bytes."""
    if not stream.fits(size):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class DelimitedSink:
    """CSV and TSV: UTF-8, a header line, LF."""

    def __init__(self, stream: OutputStream, schema: pa.Schema, delimiter: str) -> None:
        self._stream = stream
        self._delimiter = delimiter
        stream.write(header_line(schema.names, delimiter))

    def write(self, batch: pa.RecordBatch) -> None:
        """Writes a line for each row."""
        data = delimited_lines(batch, self._delimiter)
        need(self._stream, len(data))
        self._stream.write(data)

    def finish(self) -> None:
        """Nothing; a CSV file ends anywhere."""

    def abandon(self) -> None:
        """Nothing; a CSV file ends anywhere."""


class JsonSink:
    """JSON lines, or one array of objects with an object on each line."""

    def __init__(self, stream: OutputStream, *, array: bool) -> None:
        self._stream = stream
        self._array = array
        self._empty = True

    def write(self, batch: pa.RecordBatch) -> None:
        """Writes an object for each row."""
        rows = json_rows(batch)
        if not rows:
            return
        if self._array:  # noqa: SIM108 - a line for each format
            data = (b"[\n" if self._empty else b",\n") + b",\n".join(rows)
        else:
            data = b"\n".join(rows) + b"\n"
        need(self._stream, len(data) + len(ARRAY_END))
        self._stream.write(data)
        self._empty = False

    def finish(self) -> None:
        """Closes the array."""
        if self._array:
            self._stream.write(b"[]\n" if self._empty else ARRAY_END)

    def abandon(self) -> None:
        """Nothing; the file ends where it is."""


class ArrowSink:
    """The Arrow file format, or its stream format where the output cannot be read from its end."""

    def __init__(self, stream: OutputStream, schema: pa.Schema, *, streamed: bool) -> None:
        self._stream = stream
        self._end = 2 * schema.serialize().size + 1024
        self._writer = pa.ipc.new_stream(stream, schema) if streamed else pa.ipc.new_file(stream, schema)

    def write(self, batch: pa.RecordBatch) -> None:
        """Writes a message."""
        need(self._stream, pa.ipc.get_record_batch_size(batch) + self._end)
        self._writer.write_batch(batch)
        self._end += MESSAGE_ENTRY

    def abandon(self) -> None:
        """Nothing; the file ends where it is."""

    def finish(self) -> None:
        """Writes the end mark and, in a file, the places of the batches."""
        self._writer.close()


class ParquetSink:
    """Parquet with zstd. Rows wait in memory until they make a row group of 16,384 rows or 32 MiB."""

    def __init__(self, stream: OutputStream, schema: pa.Schema) -> None:
        self._stream = stream
        # Without the smallest and largest texts and bytes, a footer's size can be told beforehand.
        short = [field.name for field in schema if pa.types.is_primitive(field.type) and "." not in field.name]
        self._writer = pq.ParquetWriter(
            cast("IO[bytes]", stream), schema, compression="zstd", version="2.6", write_statistics=short
        )
        self._group_entry = sum(leaves(field.type) * (COLUMN_ENTRY + 4 * len(field.name)) for field in schema)
        self._end = 4 * schema.serialize().size + 4096 + self._group_entry
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Accepts rows for which there is room however badly they compress."""
        size = batch.nbytes + batch.nbytes // 8 + 64 * batch.num_columns
        need(self._stream, self._bytes + size + self._end)
        self._waiting.append(batch)
        self._rows += batch.num_rows
        self._bytes += size
        if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_batches(self._waiting), row_group_size=self._rows)
            self._end += self._group_entry
        self._waiting, self._rows, self._bytes = [], 0, 0

    def finish(self) -> None:
        """Writes the last row group and the footer."""
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        """Keeps the writer from finishing a file that is gone."""
        self._writer.is_open = False


def leaves(of: Any) -> int:
    """How many columns of Parquet a type makes."""
    inside = [of.field(index).type for index in range(of.num_fields)]
    return sum(map(leaves, inside)) if inside else 1


def sink_for(form: Format, stream: OutputStream, schema: pa.Schema, *, streamed: bool) -> Sink:
    """The sink of a format; ``streamed`` when the output is no file."""
    match form:
        case Format.CSV:
            return DelimitedSink(stream, schema, ",")
        case Format.TSV:
            return DelimitedSink(stream, schema, "\t")
        case Format.JSON | Format.JSONL:
            return JsonSink(stream, array=form is Format.JSON)
        case Format.ARROW:
            return ArrowSink(stream, schema, streamed=streamed)
        case Format.PARQUET:
            return ParquetSink(stream, schema)
        case Format.XLSX:
            raise NotSupportedError(f"{form} can be read and not be written")
    assert_never(form)
