"""Options that several commands have alike, beside the shared flags that all have."""

from __future__ import annotations

from typing import Annotated

from typer import Option

from grokcall.cli.declared_flags import one_of
from grokcall.core.option_facts import JOURNAL

Parameters = Annotated[
    list[str] | None,
    Option("-p", "--param", metavar="NAME=VALUE", help="A parameter; NAME=@path takes the content of a file."),
]
ResultFormat = Annotated[
    str | None,
    Option(
        "--format", **one_of("table", "json", "jsonl", "csv", "tsv", "arrow", "parquet"), help="How rows are written."
    ),
]
NoJournal = Annotated[
    bool,
    Option("--no-journal", rich_help_panel=JOURNAL, help="Keep no journal, whatever GROKCALL_JOURNAL says."),
]
AsJson = Annotated[bool, Option("--json", help="As JSON.")]
