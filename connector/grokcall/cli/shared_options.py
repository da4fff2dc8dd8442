"""Options that several commands have alike, beside the shared flags that all have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Option

JOURNAL = "Journal"
FAILURES = "Rows that fail"
REQUESTS = "Requests"
VALUES = "Calls and data"
"""Headings at which the help of several commands shows options."""


def one_of(*words: str) -> dict[str, Any]:
    """The arguments of an option that takes one of a few words: the help shows them, and a shell offers them."""
    return {"metavar": "|".join(words), "autocompletion": lambda: list(words)}


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
CallColumns = Annotated[bool, Option("--call-columns", help="Add the Call_* columns: status, error, attempts, cost.")]
OnNullInput = Annotated[
    str,
    Option(
        "--on-null-input",
        **one_of("error", "skip"),
        rich_help_panel=FAILURES,
        help="NULL in a required parameter is an error, or makes no call.",
    ),
]
OnIncomplete = Annotated[
    str,
    Option(
        "--on-incomplete",
        **one_of("keep", "error", "retry"),
        rich_help_panel=FAILURES,
        help="Keep answers that were cut short and refusals, make them errors, or ask again with twice the "
        "MaxOutputTokens.",
    ),
]
JournalFile = Annotated[
    Path | None,
    Option(
        "--journal",
        metavar="FILE",
        rich_help_panel=JOURNAL,
        help="Keep finished calls in FILE, so that a rerun continues; else in GROKCALL_JOURNAL.",
    ),
]
NoJournal = Annotated[
    bool,
    Option("--no-journal", rich_help_panel=JOURNAL, help="Keep no journal, whatever GROKCALL_JOURNAL says."),
]
RetryFailed = Annotated[
    bool,
    Option("--retry-failed", rich_help_panel=JOURNAL, help="Send again what failed for good in the journal."),
]
Reuse = Annotated[
    bool, Option("--reuse", rich_help_panel=JOURNAL, help="Take answers of the journal's other runs as well.")
]
Dedupe = Annotated[
    bool, Option("--dedupe/--no-dedupe", rich_help_panel=REQUESTS, help="Whether equal calls share one request.")
]
AllowFiles = Annotated[
    bool | None,
    Option(
        "--allow-files/--no-allow-files",
        rich_help_panel=VALUES,
        help="Let text name files to send ('file:path') or write; call and sql do unless told otherwise.",
    ),
]
AsJson = Annotated[bool, Option("--json", help="As JSON.")]
