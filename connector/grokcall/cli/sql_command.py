"""``grokcall sql``: statements of DuckDB, in which every procedure is a table function."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from grokcall.cli.declared_flags import one_of
from grokcall.cli.flags import Flags
from grokcall.cli.lookup_flags import OF_QUERIES, lookup_flags
from grokcall.cli.shared_options import NoJournal, Parameters, ResultFormat
from grokcall.core.option_facts import FAILURES


# A query has one output, so that two of the three treatments of failed rows are left: a flag of its own.
@lookup_flags(each for each in OF_QUERIES if each.name != "on_error")
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
    options: dict[str, Any],
    on_error: Annotated[
        str,
        Option(
            "--on-error",
            **one_of("fail", "ignore"),
            rich_help_panel=FAILURES,
            help="Fail at the first row that fails, or ignore it: NULL, and the reason in the Call_* columns.",
        ),
    ] = "fail",
    no_journal: NoJournal = False,
    flags: Flags,
) -> int:
    """Run SQL in DuckDB, where each procedure is a table function.

    CALL, EXPLAIN CALL, SHOW PROCEDURES and DESCRIBE PROCEDURE may stand among the statements.
    """
    # Loaded when it runs: help and completion need nothing of it.
    from grokcall.cli.journal_files import named_journal
    from grokcall.cli.queries import run_queries

    journal = named_journal(options.get("journal"), no_journal)
    given = {**options, "on_error": on_error, "journal": journal}
    return run_queries(statement, file, parameter or (), form, output, given, flags)
