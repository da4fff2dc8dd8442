"""``grokcall sql``: statements of DuckDB, in which every procedure is a table function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from grokcall.cli.flags import Flags
from grokcall.cli.shared_options import (
    FAILURES,
    CallColumns,
    Dedupe,
    JournalFile,
    NoJournal,
    OnIncomplete,
    OnNullInput,
    Parameters,
    ResultFormat,
    RetryFailed,
    Reuse,
    one_of,
)


def sql(
    *,
    statement: Annotated[
        str | None,
        Argument(metavar="STATEMENTS", help="The statements, with ; between them, or - for standard input."),
    ] = None,
    file: Annotated[
        str | None, Option("-f", "--file", metavar="FILE", help="Read the statements from FILE; - is standard input.")
    ] = None,
    parameter: Parameters = None,
    output: Annotated[
        Path | None, Option("-o", "--output", metavar="FILE", help="The file for the rows of the last statement.")
    ] = None,
    form: ResultFormat = None,
    call_columns: CallColumns = False,
    on_error: Annotated[
        str,
        Option(
            "--on-error",
            **one_of("fail", "ignore"),
            rich_help_panel=FAILURES,
            help="Fail at the first row that fails, or ignore it: NULL, and the reason in the Call_* columns.",
        ),
    ] = "fail",
    on_null_input: OnNullInput = "error",
    on_incomplete: OnIncomplete = "keep",
    journal: JournalFile = None,
    no_journal: NoJournal = False,
    retry_failed: RetryFailed = False,
    reuse: Reuse = False,
    dedupe: Dedupe = True,
    flags: Flags,
) -> int:
    """Run SQL in DuckDB, where each procedure is a table function.

    CALL, EXPLAIN CALL, SHOW PROCEDURES and DESCRIBE PROCEDURE may stand among the statements.
    """
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.journal_files import named_journal
    from grokcall.cli.queries import run_queries

    options: dict[str, Any] = {
        "on_error": on_error,
        "on_null_input": on_null_input,
        "on_incomplete": on_incomplete,
        "call_columns": call_columns or None,
        "journal": named_journal(journal, no_journal),
        "retry_failed": retry_failed,
        "reuse": reuse,
        "dedupe": dedupe,
    }
    return run_queries(statement, file, parameter or (), form, output, options, flags)
