"""Progress of a lookup: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from grokcall.execution.summary import Summary
from grokcall.lookup.batch.looks import BatchCounts

SECONDS_BETWEEN_LINES = 5.0
SECONDS_BETWEEN_PIECES = 0.25


class Report(Protocol):
    """Shows how far a lookup is; a context manager."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, summary: Summary) -> None:
        """Shows the totals so far."""
        ...

    def show_batches(self, counts: BatchCounts) -> None:
        """Shows how far the batches are that are waited for."""
        ...

    def show_wait(self, summary: Summary, note: str) -> None:
        """Shows the totals so far, and what a call waits for."""
        ...

    def show_written(self, summary: Summary) -> None:
        """Shows the totals so far, now and then: it is called for each piece of an answer."""
        ...

    def say(self, sentence: str) -> None:
        """Says something beside the totals."""
        ...


class Bar:
    """A bar that redraws itself."""

    def __init__(self, console: Console, total: int | None) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            *(() if total is None else (TextColumn("left"), TimeRemainingColumn())),
            console=console,
            transient=True,
        )
        self._total = total
        self._drawn = 0.0
        self._task: TaskID = self._progress.add_task("lookup", total=total, told="starting")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def show(self, summary: Summary) -> None:
        """Redraws the bar."""
        self._progress.update(self._task, total=self._total, completed=summary.rows, told=told(summary))

    def show_batches(self, counts: BatchCounts) -> None:
        """Redraws the bar: requests instead of rows."""
        done = counts.done + counts.failed
        self._progress.update(self._task, total=counts.pending + done, completed=done, told=told_of_batches(counts))

    def show_wait(self, summary: Summary, note: str) -> None:
        """Redraws the bar with what is waited for, until the next totals."""
        shown = f"{told(summary)}; {escape(note)}"
        self._progress.update(self._task, total=self._total, completed=summary.rows, told=shown)

    def show_written(self, summary: Summary) -> None:
        """Redraws the bar if the last time is long enough ago."""
        now = time.monotonic()
        if now - self._drawn >= SECONDS_BETWEEN_PIECES:
            self._drawn = now
            self.show(summary)

    def say(self, sentence: str) -> None:
        """Says it above the bar."""
        self._progress.console.print(sentence, soft_wrap=True)


class Lines:
    """A line every few seconds."""

    def __init__(self, console: Console, total: int | None) -> None:
        self._console = console
        self._total = total
        self._last = time.monotonic()
        self._counts: BatchCounts | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, summary: Summary) -> None:
        """Prints a line if the last one is old enough."""
        self._show(f"{told(summary)}{time_left(summary, self._total)}")

    def show_wait(self, summary: Summary, note: str) -> None:
        """Prints a line if the last one is old enough."""
        self._show(f"{told(summary)}; {note}")

    def show_written(self, summary: Summary) -> None:
        """Prints a line if the last one is old enough."""
        if time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            self.show(summary)

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if now - self._last >= SECONDS_BETWEEN_LINES:
            self._last = now
            self._console.print(line, soft_wrap=True)

    def show_batches(self, counts: BatchCounts) -> None:
        """Prints a line when something is new and the last one is old enough; the first at once."""
        now = time.monotonic()
        if counts != self._counts and (self._counts is None or now - self._last >= SECONDS_BETWEEN_LINES):
            self._last, self._counts = now, counts
            self._console.print(told_of_batches(counts), soft_wrap=True)

    def say(self, sentence: str) -> None:
        """Says it in a line of its own."""
        self._console.print(sentence, soft_wrap=True)


def report(console: Console, total: int | None) -> Report:
    """The fitting way to show progress on this console."""
    return Bar(console, total) if console.is_terminal and not console.quiet else Lines(console, total)


def told(summary: Summary) -> str:
    """The totals in one line."""
    pace = summary.rows / summary.seconds if summary.seconds > 0 else 0.0
    parts = [f"{summary.rows:,} rows", f"{pace:,.1f} rows/s"]
    parts += [f"{summary.failed:,} failed"] if summary.failed else []
    parts += [f"{summary.cached:,} cached"] if summary.cached else []
    parts += [f"{summary.skipped:,} skipped"] if summary.skipped else []
    parts += [f"{summary.total_tokens:,} tokens"] if summary.total_tokens else []
    parts += [f"about {summary.pieces:,} tokens as they come"] if summary.pieces else []
    return ", ".join([*parts, f"{summary.cost_usd:.4f} USD"])


def told_of_batches(counts: BatchCounts) -> str:
    """How far batches are, in one line."""
    which = "1 batch" if counts.batches == 1 else f"{counts.batches:,} batches"
    return f"{which} at the service: {counts.pending:,} pending, {counts.done:,} done, {counts.failed:,} failed"


def time_left(summary: Summary, total: int | None) -> str:
    """How long the rest will take at the pace so far, where the number of rows is known."""
    if total is None or not summary.rows:
        return ""
    seconds = (total - summary.rows) * summary.seconds / summary.rows
    return f", {seconds:,.0f} s left"
