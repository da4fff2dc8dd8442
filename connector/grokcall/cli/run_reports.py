"""The runs of a journal, listed, shown, exported and removed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grokcall.cli.display import show_facts
from grokcall.cli.flags import Flags
from grokcall.cli.listings import print_json
from grokcall.core.arrow_arrays import INT64, STRING, array_of
from grokcall.core.result_columns import CALL_SCHEMA
from grokcall.errors import InterfaceError
from grokcall.journal.batches import BatchRecord
from grokcall.journal.journal import Journal
from grokcall.journal.reader import InDoubt
from grokcall.journal.run_list import RunInfo, result_schema
from grokcall.tables.writer import open_writer

BATCH_ROWS = 256
MOST_DOUBTS = 20
"""Calls in doubt that are shown one by one."""
NARROWEST = 100
"""Columns that the figures of a run take, with some of its command."""
WIDEST = 10_000
CALL_KEYS = (("Call_Fingerprint", STRING), ("Call_Ordinal", INT64), ("Call_RecordedAt", STRING))


def list_runs(journal: Path, as_json: bool, flags: Flags) -> None:
    """Prints the runs, the oldest first."""
    with Journal(journal, read_only=True) as opened:
        runs = opened.runs()
    if as_json:
        print_json([run.as_dict() for run in runs])
        return
    drawn = Table(box=None, header_style="bold", pad_edge=False)
    # The name of a run tells when it was started. Only the command gives way where the terminal is narrow.
    for heading in ("run", "state"):
        drawn.add_column(heading, no_wrap=True)
    for heading in ("ok", "failed", "in doubt", "paid twice?", "USD"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("command", overflow="ellipsis", no_wrap=True)
    for run in runs:
        counts = (f"{run.ok:,}", f"{run.failed:,}", f"{run.unanswered:,}", f"{run.answered_later:,}")
        drawn.add_row(run.run_id, run.state, *counts, f"{run.cost_usd:.6f}", Text(command_of(run)))
    out_console(flags).print(drawn)


def show_run(run: str, journal: Path, as_json: bool, flags: Flags) -> None:
    """Prints what is known of one run."""
    with Journal(journal, read_only=True) as opened:
        found = opened.run(run)
        sent = opened.batches(found.run_id)
        doubts = opened.in_doubt(found.run_id)
    if as_json:
        told = {
            "batches": [batch.as_dict() for batch in sent],
            "may_have_been_billed": list(map(told_of_doubt, doubts)),
        }
        print_json({**found.as_dict(), **told})
        return
    facts = list(told_of_run(found))
    facts += [("batch", told_of_batch(batch)) for batch in sent]
    facts += [
        ("may have been billed", " ".join(map(str, told_of_doubt(call).values()))) for call in doubts[:MOST_DOUBTS]
    ]
    if len(doubts) > MOST_DOUBTS:
        facts.append(("", f"and {len(doubts) - MOST_DOUBTS:,} more; --json lists all"))
    show_facts(out_console(flags), facts)


def export_run(run: str, journal: Path, output: str, form: str | None, flags: Flags) -> None:
    """Writes the calls of a run to a file."""
    form = form or ("jsonl" if output == "-" else None)
    with Journal(journal, read_only=True) as opened:
        found = opened.run(run)
        schema = export_schema(found)
        rows = opened.export(found.run_id)
        with open_writer(output, schema, format=form, csv_safe=flags.csv_safe) as writer:
            for batch in batches(rows, schema):
                writer.write(batch)
    if output != "-":
        flags.console().print(f"{writer.rows:,} calls of {found.run_id} are in {output}")


def prune_runs(
    runs: Sequence[str], journal: Path, keep: int | None, older_than: float | None, as_json: bool, flags: Flags
) -> None:
    """Removes runs, by name, by number or by age."""
    if not journal.exists():
        raise InterfaceError(f"there is no journal {journal}")
    age = None if older_than is None else timedelta(days=older_than)
    with Journal(journal) as opened:
        gone = opened.prune(*runs, keep=keep, older_than=age)
    if as_json:
        print_json({"runs": list(gone.run_ids), "files": gone.files, "bytes": gone.bytes})
        return
    flags.console().print(f"removed {len(gone.run_ids):,} runs and {gone.files:,} media files ({gone.bytes:,} bytes)")


def out_console(flags: Flags) -> Console:
    """Where tables go: standard output, because they are what was asked for.

    A table that no terminal shows is as wide as it has to be; in a narrow terminal lines rather break than lose a
    figure.
    """
    console = flags.screen()
    if "COLUMNS" not in os.environ:
        console.width = max(console.width, NARROWEST) if console.is_terminal else WIDEST
    return console


def command_of(run: RunInfo) -> str:
    """The command of a run, in a line."""
    return " ".join(str(run.description.get("command") or run.description.get("procedure") or "").split())


def told_of_run(run: RunInfo) -> Iterator[tuple[str, str]]:
    """The facts of a run under the names that people read."""
    yield "run", run.run_id
    yield "state", run.state
    for name, value in run.description.items():
        yield name, str(value)
    yield "started", f"{run.started:%Y-%m-%d %H:%M:%S} UTC"
    if run.ended is not None:
        yield "ended", f"{run.ended:%Y-%m-%d %H:%M:%S} UTC"
    yield "processes", f"{run.sessions:,}"
    yield "calls", f"{run.ok:,} ok, {run.failed:,} failed"
    yield "requests", f"{run.attempts:,}"
    unsaid = f" ({run.unpriced:,} calls did not say)" if run.unpriced else ""
    yield "cost", f"{run.cost_usd:.6f} USD{unsaid}"
    if run.unanswered:
        yield "in doubt", f"{run.unanswered:,} calls were sent and never answered: they may have been billed"
    if run.answered_later:
        yield (
            "paid twice?",
            f"{run.answered_later:,} calls were sent, not answered, and sent again: they may have been billed twice",
        )
    for name, value in run.summary.items():
        if isinstance(value, dict):
            value = value.get("message")
        if value is not None:
            yield f"at the end: {name}", str(value)


def told_of_batch(batch: BatchRecord) -> str:
    """A batch in a line."""
    intended = f"{datetime.fromtimestamp(batch.at, UTC):%Y-%m-%d %H:%M:%S} UTC"
    known = batch.batch_id or f"{batch.name}, which may not have been made"
    return f"{known}: {batch.calls:,} calls, {batch.taken:,} answers taken, {batch.state}, of {intended}"


def told_of_doubt(call: InDoubt) -> dict[str, object]:
    """The facts of a call in doubt."""
    return {
        "fingerprint": call.fingerprint.hex(),
        "ordinal": call.ordinal,
        "sent": datetime.fromtimestamp(int(call.at), UTC).isoformat(),
        "later": "answered" if call.answered else "never answered",
    }


def export_schema(run: RunInfo) -> pa.Schema:
    """The columns of a run's calls."""
    fields = list(result_schema(run.description))
    return pa.schema([*(pa.field(name, kind) for name, kind in CALL_KEYS), *CALL_SCHEMA, *fields])


def batches(rows: Iterator[dict[str, object]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Rows in pieces, so that a run of any length can be written."""
    while chunk := list(islice(rows, BATCH_ROWS)):
        arrays = [array_of([row.get(field.name) for row in chunk], field.type) for field in schema]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)
