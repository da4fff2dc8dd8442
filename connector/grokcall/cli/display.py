"""Tables on a terminal: a few columns, short texts, and media by type, size and path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grokcall.cli.screens import shown
from grokcall.core.terminals import visible
from grokcall.execution.summary import Summary
from grokcall.lookup.dry_run import DryRun
from grokcall.tables.cell_texts import python_rows
from grokcall.tables.media import MediaFolder, is_bytes, sniff_extension
from grokcall_procedures.prices import LISTED

LONGEST_CELL = 400
LONGEST_WORD = 12
"""Cells of a word that a column of a table should hold unbroken."""


def show_table(console: Console, table: pa.Table) -> None:
    """Prints a result: one row as names and values, several as a table. Bytes are saved and shown by their path."""
    saved = saved_media(table)
    if table.num_rows == 1 and table.num_columns > 4:
        show_record(console, saved)
        return
    rows = [{name: cell(value) for name, value in row.items()} for row in python_rows(saved)]
    if rows and narrowest(rows) > console.width:
        for number, row in enumerate(rows, 1):
            console.print(Text(f"row {number:,}", style="dim"))
            show_facts(console, row.items())
        return
    drawn = Table(header_style="bold")
    for name in saved.column_names:
        drawn.add_column(name, overflow="fold", min_width=cell_len(visible(name)) if rows else None)
    for row in rows:
        drawn.add_row(*row.values())
    console.print(drawn)


def narrowest(rows: Sequence[Mapping[str, Text]]) -> int:
    """The width of a terminal in which a table of these rows breaks no name and no word of ordinary length."""
    widths = []
    for name in rows[0]:
        words = (word for row in rows for word in row[name].plain.split())
        widths.append(max(cell_len(visible(name)), min(max(map(cell_len, words), default=0), LONGEST_WORD)))
    return sum(width + 3 for width in widths) + 1


def show_record(console: Console, table: pa.Table) -> None:
    """Prints one row downwards; fields that are NULL are named in one line."""
    row = python_rows(table)[0]
    show_facts(console, ((name, cell(value)) for name, value in row.items() if value is not None))
    empty = [name for name, value in row.items() if value is None]
    if empty:
        console.print(shown(f"NULL: {', '.join(empty)}", "dim"))


def show_facts(console: Console, facts: Iterable[tuple[str, str | Text]]) -> None:
    """Prints facts below each other, their names before them.

    A value is not broken here, so that a path can be copied whole; a terminal breaks it where it has to.
    """
    named = [(visible(name), visible(value) if isinstance(value, str) else value) for name, value in facts]
    widest = max((cell_len(name) for name, _ in named), default=0)
    for name, value in named:
        console.print(Text.assemble((set_cell_size(name, widest), "bold"), "  ", value), soft_wrap=True)


def cell(value: object) -> Text:
    """A value as a cell."""
    if value is None:
        return Text("NULL", style="dim")
    text = str(value)
    return shown(text if len(text) <= LONGEST_CELL else f"{text[:LONGEST_CELL]}… ({len(text):,} characters)")


def saved_media(table: pa.Table) -> pa.Table:
    """The table with each Binary value saved to a file and described: type, size, path."""
    binary = [field.name for field in table.schema if is_bytes(field.type)]
    if not binary:
        return table
    batches = table.combine_chunks().to_batches()
    if not batches:
        return table
    folder = MediaFolder(None)
    paths = folder.convert(batches[0])
    for name in binary:
        index = table.schema.get_field_index(name)
        told = [
            None if data is None else f"{described(data)}: {path}"
            for data, path in zip(table.column(name).to_pylist(), paths.column(index).to_pylist(), strict=True)
        ]
        table = table.set_column(index, name, pa.array(told, pa.string()))
    return table


def described(data: bytes) -> str:
    """The type and size of some media."""
    return f"{sniff_extension(data)}, {len(data):,} bytes"


def show_summary(console: Console, summary: Summary, files: dict[str, Path | str | None]) -> None:
    """Prints what a lookup did."""
    counts = f"{summary.ok:,} ok, {summary.failed:,} failed"
    counts += f", {summary.skipped:,} skipped" if summary.skipped else ""
    counts += f", {summary.cached:,} cached" if summary.cached else ""
    facts = [("rows", f"{summary.rows:,} ({counts})")]
    if summary.incomplete or summary.refusals:
        facts.append(("incomplete", f"{summary.incomplete:,} answers cut short, {summary.refusals:,} refusals"))
    if summary.result_rows != summary.ok + summary.cached:
        facts.append(("result rows", f"{summary.result_rows:,}"))
    facts.append(("requests", f"{summary.calls:,}"))
    if summary.total_tokens:
        parts = f"{summary.input_tokens:,} read, {summary.output_tokens:,} written"
        facts.append(("tokens", f"{summary.total_tokens:,} ({parts})"))
    priced = f"{summary.cost_usd:.6f} USD"
    priced += f", and {summary.earlier_usd:.6f} USD in earlier tries" if summary.earlier_ticks else ""
    untold = f" ({summary.unpriced:,} requests without a price: up to {summary.unpriced_usd:.6f} USD)"
    facts.append(("cost", priced + (untold if summary.unpriced else "")))
    if summary.largest_reasoning_tokens:
        facts.append(("reasoning", f"up to {summary.largest_reasoning_tokens:,} tokens in one answer"))
    excess = summary.budget.excess if summary.budget is not None else None
    if excess is not None:
        facts.append(("limit", excess))
    elif summary.over_reserve:
        facts.append(("limit", f"kept; {summary.over_reserve:,} calls took more than their reserve"))
    pace = summary.rows / summary.seconds if summary.seconds > 0 else 0.0
    facts.append(("time", f"{summary.seconds:,.1f} s ({pace:,.1f} rows/s)"))
    facts += [(name, str(path)) for name, path in files.items() if path is not None]
    show_facts(console, facts)
    for model in summary.unexpected_reasoning:
        text = f"warning: {model} reasons, and no limit bounds that: no highest price can be promised for it"
        console.print(shown(text, "yellow"), soft_wrap=True)
    for warning, count in summary.warnings.items():
        console.print(shown(f"warning: {warning}" + (f" ({count:,} rows)" if count > 1 else ""), "yellow"))


def show_dry_run(console: Console, found: DryRun) -> None:
    """Prints what a lookup would do and cost."""
    distinct = "" if found.distinct_calls is None else f", {found.distinct_calls:,} of them different"
    worst = found.costs.worst_usd
    facts = {
        "rows": f"{found.rows:,} ({found.bad_rows:,} with values that do not fit, {found.skipped:,} skipped)",
        "calls": f"{found.calls:,}{distinct}",
        "tokens": f"about {found.costs.input_tokens:,} to read, up to {found.costs.output_tokens:,} to write",
        "price": f"{found.costs.low_usd:.6f} to {found.costs.high_usd:.6f} USD",
        "at most": f"no bound; a budget reserves {found.costs.reserve_usd:.6f} USD"
        if worst is None
        else f"{worst:.6f} USD",
        "prices": found.costs.prices.source,
    }
    show_facts(console, facts.items())
    for note in found.costs.notes:
        console.print(shown(note, "dim"), soft_wrap=True)
    for row, message in found.errors:
        console.print(shown(f"row {row}: {message}", "yellow"), soft_wrap=True)
    console.print(dry_run_sent(found))


def dry_run_sent(found: DryRun) -> str:
    """What a dry run sent, in a sentence."""
    counted = found.sample.counted
    if not counted:
        return "nothing was sent" + (" that costs money" if found.costs.prices.source.startswith(LISTED) else "")
    dense, loose = found.costs.allowances.bytes_per_token
    return (
        f"the service counted the tokens of {counted:,} calls, which costs nothing; others are estimated with the "
        f"{loose:.1f} to {dense:.1f} bytes a token found"
    )
