"""A lookup from its input to its files, with what is finished kept whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from grokcall.cli.progress import Report
from grokcall.cli.signals import endings_heard, interrupt_of
from grokcall.cli.targets import check_target
from grokcall.cli.unnested_files import UnnestedFiles
from grokcall.cli.values import column_types, one_of_types
from grokcall.errors import BatchPendingError, OutputClosed, OutputFull, StoppedError
from grokcall.lookup.stream import LookupStream
from grokcall.scheduling.event_loop import PATIENCE, SILENT_SECONDS, patience_of
from grokcall.tables.writer import Writer, open_writer

READ = ("types", "columns", "encoding")
"""The options of a lookup that say how its input is read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the input of a lookup is read: the options of the command under their names."""

    source: str
    format: str | None
    options: Mapping[str, Any]

    def arguments(self) -> dict[str, Any]:
        """The arguments of the reader that were given."""
        found = {"format": self.format, **self.options}
        if "types" in found:
            found["types"] = one_of_types(found["types"])
        if "columns" in found:
            found["columns"] = column_types(found["columns"])
        return found


@dataclass(frozen=True, slots=True)
class Writing:
    """Where a lookup writes, and what: the options of the command under their names."""

    output: str | None
    format: str | None
    errors: str | None
    no_journal: bool
    summary: Path | None
    unnest: Sequence[str] = ()
    unnest_keep: str | None = None


class ErrorFile:
    """The file for failed rows, which only comes into being when a row fails.

    Args:
        target: The file; None where failed rows stay in the output.
        schema: The columns of failed rows.
        csv_safe: As for :func:`grokcall.tables.open_writer`.

    Raises:
        ProgrammingError: There cannot be such a file.
    """

    def __init__(self, target: str | None, schema: pa.Schema, *, csv_safe: bool = False) -> None:
        if target is not None:
            check_target(target, schema)
        self.target = target
        self._csv_safe = csv_safe
        self._schema = schema
        self._writer: Writer | None = None

    @property
    def path(self) -> str | None:
        """The file, if a row has failed."""
        return self.target if self._writer is not None else None

    @property
    def left_behind(self) -> str | None:
        """The file of an earlier run, if no row has failed in this one."""
        if self.target is None or self._writer is not None or not Path(self.target).is_file():
            return None
        return self.target

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds failed rows."""
        if batch.num_rows == 0 or self.target is None:
            return
        if self._writer is None:
            self._writer = open_writer(self.target, self._schema, csv_safe=self._csv_safe)
        self._writer.write(batch)

    def close(self) -> None:
        """Finishes the file; failed rows stay on record even when the run as a whole did not finish."""
        if self._writer is not None:
            self._writer.close()


class LookupRun:
    """Moves a lookup's batches into its files."""

    def __init__(
        self, stream: LookupStream, rows: Writer, failed: ErrorFile, unnested: UnnestedFiles | None = None
    ) -> None:
        self._stream = stream
        self._rows = rows
        self._failed = failed
        self._unnested = unnested or UnnestedFiles(stream, {})

    def to_the_end(self, report: Report) -> None:
        """Writes every row.

        Raises:
            BaseException: What ended the run early. Finished rows are in files by then, and a note of the exception
                says in which.
        """
        try:
            with report, interrupts_told_to(self._stream, report.say):
                self._stream.on_outcome = lambda _outcome: report.show(self._stream.summary)
                self._stream.on_batches = report.show_batches
                self._stream.on_wait = lambda note: report.show_wait(self._stream.summary, note)
                self._stream.on_piece = lambda: report.show_written(self._stream.summary)
                self._stream.on_hint = report.say
                self._write_all()
            self._failed.close()
        except BatchPendingError:
            self._rows.abort()
            self._unnested.abort()
            raise
        except BaseException as error:
            self._rescue(error)
            raise

    def _write_all(self) -> None:
        for rows, failed in self._stream:
            self._failed.write(failed)
            if rows.num_rows:
                self._rows.write(self._unnested.take(rows))
            if self._rows.is_full:
                self._write_last()

    def _write_last(self) -> None:
        """Puts what has ended into the room that is left, in one write, for it is the last: it says what is full."""
        self._stream.stop()
        ended = []
        with suppress(StoppedError):
            for rows, failed in self._stream:
                self._failed.write(failed)
                ended.append(self._unnested.take(rows))
        schema = self._unnested.schema
        batches = pa.Table.from_batches(ended, schema=schema).combine_chunks().to_batches()
        self._rows.write(batches[0] if batches else pa.RecordBatch.from_pylist([], schema=schema))

    def _rescue(self, error: BaseException) -> None:
        """Puts what has ended by now into the files."""
        full = isinstance(error, OutputFull)
        # After an interrupt answers have been waited for; they are worth a wait where they can be kept.
        keeps = self._stream.plan.options.journal is not None or not isinstance(error, OutputClosed)
        self._stream.stop(error, 0.0 if isinstance(error, KeyboardInterrupt) or not keeps else PATIENCE)
        if not full:
            try:
                self._write_all()
            except BaseException as again:  # what went wrong first is what counts
                if again is not error:
                    error.add_note(f"while keeping the finished rows: {again}")
        self._failed.close()
        kept = self._rows.keep_partial()
        if kept is not None and not full:
            count = self._rows.rows
            told = "1 finished row is" if count == 1 else f"{count:,} finished rows are"
            error.add_note(f"{told} kept in {kept}")
        if self._failed.path is not None:
            error.add_note(f"failed rows are in {self._failed.path}")
        if self._stream.at_service:
            error.add_note(f"{self._stream.at_service:,} calls are in batches that go on at the service")


@contextmanager
def interrupts_told_to(stream: LookupStream, say: Callable[[str], None]) -> Iterator[None]:
    """Has the first signal that ends a command stop the stream, which raises it once its finished rows have come.

    Raised at once, it could strike in the middle of a write and leave half a batch, or none of it. What was sent may
    have been paid for, so its answers are waited for a while, which is said where it is not over soon. A second signal
    is raised at once all the same.
    """
    waiting: list[threading.Timer] = []

    def tell(number: int) -> None:
        interrupt = interrupt_of(number)
        patience = patience_of(interrupt)
        if waiting:
            raise interrupt
        stream.interrupt(interrupt, patience)
        waiting.append(threading.Timer(SILENT_SECONDS, explain, [patience]))
        waiting[-1].daemon = True
        waiting[-1].start()

    def explain(patience: float) -> None:
        calls = "1 call" if stream.in_flight == 1 else f"{stream.in_flight:,} calls"
        if stream.in_flight:
            say(f"waiting up to {patience:.0f} s for the answers of {calls} in flight; Ctrl-C again to leave at once")

    try:
        with endings_heard(tell):
            yield
    finally:
        for timer in waiting:
            timer.cancel()
