"""A lookup from its input to its files, with what is finished kept whatever happens."""

from __future__ import annotations

import pyarrow as pa

from grokcall.cli.progress import Report
from grokcall.lookup import LookupStream
from grokcall.tables import OutputFull, Writer, open_writer


class ErrorFile:
    """The file for failed rows, which only comes into being when a row fails.

    Args:
        target: The file; None where failed rows stay in the output.
        schema: The columns of failed rows.
    """

    def __init__(self, target: str | None, schema: pa.Schema) -> None:
        self.target = target
        self._schema = schema
        self._writer: Writer | None = None

    @property
    def path(self) -> str | None:
        """The file, if a row has failed."""
        return self.target if self._writer is not None else None

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds failed rows."""
        if batch.num_rows == 0 or self.target is None:
            return
        if self._writer is None:
            self._writer = open_writer(self.target, self._schema)
        self._writer.write(batch)

    def close(self) -> None:
        """Finishes the file; failed rows stay on record even when the run as a whole did not finish."""
        if self._writer is not None:
            self._writer.close()


class LookupRun:
    """Moves a lookup's batches into its files."""

    def __init__(self, stream: LookupStream, rows: Writer, failed: ErrorFile) -> None:
        self._stream = stream
        self._rows = rows
        self._failed = failed

    def to_the_end(self, report: Report) -> None:
        """Writes every row.

        Raises:
            BaseException: What ended the run early. Finished rows are in files by then, and a note of the exception
                says in which.
        """
        try:
            with report:
                self._stream.on_outcome = lambda _outcome: report.show(self._stream.summary)
                self._write_all()
            self._failed.close()
        except BaseException as error:
            self._rescue(error)
            raise

    def _write_all(self) -> None:
        for rows, failed in self._stream:
            self._failed.write(failed)
            if rows.num_rows:
                self._rows.write(rows)

    def _rescue(self, error: BaseException) -> None:
        """Puts what has ended by now into the files."""
        full = isinstance(error, OutputFull)
        self._stream.stop(error)
        if not full:
            try:
                self._write_all()
            except BaseException as again:
                if again is not error:
                    error.add_note(f"while keeping the finished rows: {again}")
        self._failed.close()
        kept = self._rows.keep_partial()
        if kept is not None and not full:
            error.add_note(f"{self._rows.rows:,} finished rows are kept in {kept}")
        if self._failed.path is not None:
            error.add_note(f"failed rows are in {self._failed.path}")
