"""Writing a table to a file, a database or a stream."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from grokcall.errors import OutputClosed, OutputFull
from grokcall.tables.arrow_types import in_pieces, plain_batch, plain_schema
from grokcall.tables.encoders import sink_for
from grokcall.tables.errors import FULL_DISK, mapped_errors
from grokcall.tables.formats import Format, database_table, format_named, format_of, is_database, local_path
from grokcall.tables.formulas import formulas_quoted, names_quoted
from grokcall.tables.media import MediaFolder, text_schema
from grokcall.tables.outputs import Forward, Output, StagedFile, StagedTable, is_forward
from grokcall_parser.errors import InterfaceError, NotSupportedError, ProgrammingError

PIECE_ROWS = 1024


def open_writer(
    target: str | Path,
    schema: pa.Schema,
    *,
    format: str | None = None,  # noqa: A002 - the word users know
    overwrite: bool = True,
    csv_safe: bool = False,
) -> Writer:
    """A writer that makes ``target`` appear whole when it is closed, and keeps what there is when it cannot be.

    Args:
        target: A file (.csv .tsv .json .jsonl .ndjson .parquet .arrow .feather .ipc), ``file.duckdb::table``, a device
            or pipe, or ``-`` for standard output (these three need ``format`` unless the name has such an ending).
        schema: The columns. Types without a plain form are refused; see :mod:`grokcall.tables.arrow_types`.
        format: The format when the ending does not tell it: csv, tsv, json, jsonl, parquet or arrow.
        csv_safe: Whether texts that a spreadsheet would take for formulas get a quote before them, in CSV and TSV.
        overwrite: Whether a file or table of that name is replaced; otherwise it is an error.

    Raises:
        ProgrammingError: The target cannot be: no such folder, an unknown ending, or it exists already.
        NotSupportedError: The format cannot be written.
        OperationalError: The file cannot be made.

    >>> with open_writer("answers.parquet", batch.schema) as writer:  # doctest: +SKIP
    ...     writer.write(batch)
    """
    schema = plain_schema(schema)
    if isinstance(target, str):
        target = local_path(target)
    if isinstance(target, str) and is_database(target) and format is None:
        file, table = database_table(target)
        if table is None:
            raise ProgrammingError(f"{target}: name the table to write, as in {file}::answers")
        return Writer(StagedTable(table, overwrite=overwrite), Format.PARQUET, schema)
    path = None if target == "-" else Path(target)
    form = output_format(path, format)
    output: Output = Forward(path) if path is None or is_forward(path) else StagedFile(path, overwrite=overwrite)
    return Writer(output, form, schema, csv_safe=csv_safe)


def output_format(path: Path | None, name: str | None) -> Format:
    """The format to write."""
    if name is not None:
        form, compression = format_named(name), None
    elif path is None:
        raise ProgrammingError("standard output: name the format, for example csv")
    else:
        form, compression = format_of(path)
    if compression is not None:
        raise NotSupportedError(
            f"{path}: compressed text is not written; use .parquet, or compress the file afterwards"
        )
    if form is Format.XLSX:
        raise NotSupportedError(f"{path or 'standard output'}: Excel files are read only; write .csv or .parquet")
    return form


class Writer:
    """A table being written.

    Leaving a ``with`` block closes it; leaving by an exception keeps the part that was written, see :attr:`kept`.

    Attributes:
        path: The file; None for standard output.
        rows: The rows accepted so far.
        kept: The file with the rows of a run that did not finish; None when there is none.
        schema: The columns as they are written.
    """

    def __init__(self, output: Output, form: Format, schema: pa.Schema, *, csv_safe: bool = False) -> None:
        self.path: Path | None = output.path
        self.rows: int = 0
        self.kept: Path | None = None
        self.schema: pa.Schema = text_schema(schema) if form.is_text else schema
        self._given = schema
        self._quotes = csv_safe and form in (Format.CSV, Format.TSV)
        self._output = output
        self._media = MediaFolder(output.path if not output.streamed else None) if form.is_text else None
        self._open = True
        try:
            with mapped_errors(output.name):
                self._sink = sink_for(
                    form,
                    output.stream,
                    names_quoted(self.schema) if self._quotes else self.schema,
                    streamed=output.streamed,
                )
        except BaseException as error:
            output.discard()
            if closed_pipe(error, output):
                raise OutputClosed(f"{output.name}: nobody reads any more") from error
            raise

    @property
    def bytes(self) -> int:
        """How many bytes have been written so far; rows that wait for a row group are not among them."""
        return self._output.stream.tell()

    @property
    def is_full(self) -> bool:
        """Whether the disk is full: rows in flight still find room, but new work should not be begun."""
        return self._output.stream.is_full

    def write(self, batch: pa.RecordBatch) -> None:
        """Accepts rows.

        When the disk fills up, the rows that come still go into a reserve. The write after that finishes the file
        and says so.

        Raises:
            DataError: The rows do not have the writer's columns.
            OutputFull: The disk is full; ``error.rows`` rows are kept in ``error.kept``.
            OutputClosed: Whoever read standard output or a pipe has gone.
            OperationalError: The disk failed.
            InterfaceError: The writer is closed.
        """
        if not self._open:
            raise InterfaceError(f"{self._output.name}: the writer is closed")
        was_full = self.is_full
        batch = plain_batch(batch, self._given, self.rows + 1)
        try:
            with mapped_errors(self._output.name):
                for piece in in_pieces([batch], PIECE_ROWS):
                    told = piece if self._media is None else self._media.convert(piece)
                    self._sink.write(formulas_quoted(told) if self._quotes else told)
                    self.rows += piece.num_rows
        except BaseException as error:
            if closed_pipe(error, self._output):
                self._drop()
                raise OutputClosed(f"{self._output.name}: nobody reads any more") from error
            if isinstance(error, OutputFull):
                raise self._full() from error
            raise
        if was_full:
            raise self._full()

    def _full(self) -> OutputFull:
        kept = self.keep_partial()
        place = self.path.parent if self.path is not None and not self._output.streamed else self._output.name
        where = f"{self.rows:,} rows are kept in {kept}" if kept else "nothing is kept"
        return OutputFull(f"no space left on {place}: {where}; make room and go on", kept, self.rows if kept else 0)

    def close(self) -> None:
        """Finishes the table and gives it its name; does nothing when that was done.

        Raises:
            OutputFull: There was no room left for the end of it.
            OutputClosed: Whoever read standard output or a pipe has gone.
            OperationalError: It could not be put in place; the message says where the rows are.
        """
        if not self._open:
            return
        self._open = False
        try:
            with mapped_errors(self._output.name):
                self._sink.finish()
                self._output.publish()
        except BaseException as error:
            self._drop()
            if closed_pipe(error, self._output):
                raise OutputClosed(f"{self._output.name}: nobody reads any more") from error
            raise

    def keep_partial(self) -> Path | None:
        """Finishes what was written so that it can be read, and leaves it beside its place, not in it.

        Returns:
            The file, for example ``answers.partial.parquet``; None when there are no rows, or no file to leave.
        """
        if not self._open:
            return self.kept
        if self.rows == 0 and not self._output.streamed:
            self._drop()
            return None
        self._open = False
        try:
            with mapped_errors(self._output.name):
                self._sink.finish()
                self.kept = self._output.keep()
        except BaseException:
            self._drop()
            raise
        return self.kept

    def remove_partial(self) -> None:
        """Removes what :meth:`keep_partial` left of an earlier try for the same target, once this one is whole."""
        self._output.remove_partial()

    def abort(self) -> None:
        """Leaves nothing behind."""
        if self._open:
            self._drop()

    def _drop(self) -> None:
        self._open = False
        self._sink.abandon()
        self._output.discard()
        if self._media is not None and self._media.files and not self._output.streamed:
            self._media.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
            return
        # What went wrong first is what the caller has to hear of.
        with contextlib.suppress(Exception):
            self.keep_partial()


def closed_pipe(error: BaseException, output: Output) -> bool:
    """Whether ``error`` says that the reader of a pipe has gone."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, BrokenPipeError):
            return output.streamed
        if isinstance(cause, OSError) and cause.errno in FULL_DISK:
            return False
        cause = cause.__cause__
    return False
