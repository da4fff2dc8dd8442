"""Flags that several commands have alike, beside those of the connection that all have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Parameters = Annotated[
    list[str] | None,
    typer.Option("-p", "--param", metavar="NAME=VALUE", help="A parameter; NAME=@path takes a file's content."),
]
ResultFormat = Annotated[str | None, typer.Option("--format", help="table, json, jsonl, csv, tsv, arrow or parquet.")]
CallColumns = Annotated[
    bool, typer.Option("--call-columns", help="Add the Call_* columns: status, error, attempts, cost.")
]
JournalFile = Annotated[
    Path | None,
    typer.Option(
        "--journal", metavar="FILE", help="Keep finished calls, so that a rerun continues; else GROKCALL_JOURNAL."
    ),
]
NoJournal = Annotated[bool, typer.Option("--no-journal", help="Keep no journal, whatever GROKCALL_JOURNAL says.")]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Send again what failed for good in the journal.")]
Reuse = Annotated[bool, typer.Option("--reuse", help="Take answers of the journal's other runs as well.")]
Dedupe = Annotated[bool, typer.Option("--dedupe/--no-dedupe", help="Whether equal calls share one request.")]
