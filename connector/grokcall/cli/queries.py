"""Scripts of statements, each run in DuckDB or as a CALL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from grokcall.cli.calls import answer_kept, check_output, deliver, is_media
from grokcall.cli.display import show_summary
from grokcall.cli.exit_codes import Exit
from grokcall.cli.flags import Flags
from grokcall.cli.lookups import SANDBOX_SERVICE
from grokcall.cli.new_secrets import check_shown
from grokcall.cli.next_steps import next_step
from grokcall.cli.screens import shown
from grokcall.cli.script import (
    ANY_SCHEMA,
    ScriptStatement,
    called,
    in_flags,
    interrupts_told_to,
    read_script,
    shown_progress,
)
from grokcall.cli.values import checked_text, parameters, statement_on_stdin
from grokcall.dbapi.connection import Connection
from grokcall.errors import BudgetReachedError, Error, OperationalError, ProgrammingError
from grokcall.tables.outputs import check_folder
from grokcall_parser import Call


def run_queries(
    statement: str | None,
    file: str | None,
    given_parameters: Sequence[str],
    form: str | None,
    output: Path | None,
    options: Mapping[str, Any],
    flags: Flags,
) -> int:
    """Runs the statements and puts out what they give.

    Args:
        statement: The statements, or ``-`` for standard input.
        file: The file with them instead.
        given_parameters: ``Name=value`` pairs.
        form: The format of what is put out; None for the one that fits.
        output: The file for the rows of the last statement.
        options: How the calls of the queries are made.
        flags: The shared flags.

    Returns:
        The exit code.
    """
    journal: Path | None = options["journal"]
    # What earlier tries cost counts where a journal knows of it.
    spending = flags.spending() if journal is not None else {}
    with flags.connection(files=True) as connection:
        database = connection.database(**options, concurrency=flags.concurrency, **spending)
        database.tell = promising(flags)
        if connection.budget.limited:
            database.summary.budget, database.summary.learned = connection.budget, connection.runtime.allowances.learned
        if flags.sandbox:
            database.service = SANDBOX_SERVICE
        script = read_script(given_text(statement, file), parameters(given_parameters))
        check_destination(connection, script, form, output)
        try:
            run_script(connection, script, form, output, flags)
        except (Error, KeyboardInterrupt) as error:
            flagged = isinstance(error, BudgetReachedError) and in_flags(error, flags, journal)
            if database.summary.rows:
                error.add_note(next_step(error, journal, flagged))
            raise
        finally:
            if database.summary.rows:
                show_summary(flags.console(), database.summary, {})
        return Exit.FAILED_ROWS if database.summary.failed else Exit.FINE


def given_text(statement: str | None, file: str | None) -> str:
    """The statements that were given.

    Raises:
        ProgrammingError: None were, or in two ways.
        OperationalError: The file cannot be read.
    """
    if (statement is None) == (file is None):
        raise ProgrammingError("give the statements either as an argument or with -f FILE; - is standard input")
    if "-" in (statement, file):
        return statement_on_stdin()
    if statement is not None:
        return checked_text("the statement", statement)
    path = Path(str(file))
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ProgrammingError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise OperationalError(f"{path}: cannot be read as text: {error}") from None


def check_destination(
    connection: Connection, script: Sequence[ScriptStatement], form: str | None, output: Path | None
) -> None:
    """Refuses what cannot be read and an output that cannot be, before anything is paid for."""
    database = connection.database()
    gives_rows = [not each.is_query or database.gives_rows(each.text) for each in script]
    if output is not None and not gives_rows[-1]:
        raise ProgrammingError(f"the last statement gives no rows, so there is nothing to write to {output}")
    if output is not None and is_media(output, form) and (script[-1].is_query or len(script) > 1):
        check_folder(output)  # what its columns are is known later
    else:
        # A procedure that an earlier statement makes is not there yet.
        check_output(script[-1].schema(connection) if len(script) == 1 else ANY_SCHEMA, form, output)


def run_script(
    connection: Connection, script: Sequence[ScriptStatement], form: str | None, output: Path | None, flags: Flags
) -> None:
    """Runs each statement and puts out what it gives."""
    cursor = connection.cursor()
    for number, each in enumerate(script, 1):
        is_last = number == len(script)
        shape, target = form if is_last or output is None else None, output if is_last else None
        if each.is_call:
            with answer_kept(partial(deliver, form=shape, output=target, flags=flags)):
                answer = called_with_promise(connection, each, flags)
            deliver(answer, shape, target, flags)
            continue
        with watched(connection, flags):
            cursor.execute(each.text, each.completed(connection))
        for _, warning in cursor.messages:
            flags.console().print(shown(f"warning: {warning}", "yellow"), soft_wrap=True)
        if cursor.description is not None:
            deliver(cursor.fetch_arrow_table(), shape, target, flags)
        elif cursor.rowcount >= 0:
            count = cursor.rowcount
            flags.console().print(f"{count:,} row{'s' if count != 1 else ''}", soft_wrap=True)


def promising(flags: Flags) -> Callable[[str], None]:
    """Says what the limits promise, each sentence once."""
    said: set[str] = set()

    def say(promise: str) -> None:
        if promise not in said:
            said.add(promise)
            flags.console().print(promise, soft_wrap=True)

    return say


def called_with_promise(connection: Connection, statement: ScriptStatement, flags: Flags) -> pa.Table:
    """What a CALL gives, after what the limits promise for it was said."""
    values = statement.completed(connection)
    assert isinstance(statement.statement, Call)
    check_shown(connection.runtime.binder(statement.statement, values).procedure, flags.show_secrets)
    promise = connection.guarantee(statement.text, values)
    if promise is not None:
        connection.database().tell(promise)
    with watched(connection, flags):
        return called(connection, statement, connection.database().summary)


@contextmanager
def watched(connection: Connection, flags: Flags) -> Iterator[None]:
    """Shows the progress of the statement in the block, which an interrupt ends."""
    database = connection.database()
    with shown_progress(flags.console(), database.summary), interrupts_told_to(database):
        yield
