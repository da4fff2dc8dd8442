"""The main job on the sandbox, from a CSV to a Parquet file."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq
from rich.table import Table

from grokcall.cli.display import cell, show_summary
from grokcall.cli.flags import Flags
from grokcall.cli.lookup_files import ErrorFile, LookupRun
from grokcall.cli.progress import report
from grokcall.tables.reader import open_table
from grokcall.tables.writer import open_writer

STATEMENT = "CALL GenerateResponse(:body, 'Summarize the ticket in at most 12 words.')"
PREVIEWED = ("id", "subject", "Response_Result")
PREVIEW_ROWS = 5


def run_demonstration(folder: Path, flags: Flags) -> None:
    """Puts an answer beside each row of a CSV, into files of the folder."""
    console = flags.console()
    folder.mkdir(parents=True, exist_ok=True)
    tickets, answers = folder / "tickets.csv", folder / "answers.parquet"
    tickets.write_bytes(files("grokcall").joinpath("data/tickets.csv").read_bytes())
    console.print(f'grokcall lookup {tickets} "{STATEMENT}" -o {answers} --sandbox', style="bold", soft_wrap=True)
    flags.sandbox = True
    with (
        flags.connection() as connection,
        open_table(tickets) as table,
        connection.lookup_stream(STATEMENT, table) as stream,
        open_writer(str(answers), stream.schema) as writer,
    ):
        LookupRun(stream, writer, ErrorFile(None, stream.error_schema)).to_the_end(report(console, stream.row_count))
    show_preview(flags, answers)
    show_summary(console, stream.summary, {"output": answers.resolve()})
    added = len(stream.schema) - len(table.schema)
    console.print(
        f"{answers} has the input's {len(table.schema)} columns, then {added} Response_* columns, in input order. "
        'Next: export XAI_API_KEY=… and leave out --sandbox, or look around with "grokcall procedures".',
        soft_wrap=True,
    )


def show_preview(flags: Flags, path: Path) -> None:
    """Prints the first rows of the output."""
    rows = pq.read_table(path, columns=list(PREVIEWED)).slice(0, PREVIEW_ROWS).to_pylist()
    drawn = Table(header_style="bold")
    for name in PREVIEWED:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*(cell(row[name]) for name in PREVIEWED))
    flags.console().print(drawn)
