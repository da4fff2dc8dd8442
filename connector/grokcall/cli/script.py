"""A script of statements on the command line: its reading, its progress and its interruption."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from rich.console import Console

from grokcall.cli.flags import Flags
from grokcall.cli.next_steps import flag_of
from grokcall.cli.progress import report
from grokcall.cli.signals import endings_heard, interrupt_of
from grokcall.dataflow.execute_command import ExecuteCommand
from grokcall.dbapi.connection import Connection
from grokcall.duckdb.database import Database
from grokcall.duckdb.interrupts import stopped
from grokcall.errors import BudgetReachedError, ProgrammingError
from grokcall.execution.summary import Summary, SummaryBuilder
from grokcall.scheduling.event_loop import patience_of
from grokcall_parser import Call, Explain, Marker, Query, Statement, find_markers, parse_statement, split_statements
from grokcall_parser.suggestions import hint

SECONDS_BETWEEN_LOOKS = 0.2
ANY_SCHEMA = pa.schema([("column", pa.string())])
"""Stands for columns that are not known yet."""


@dataclass(frozen=True, slots=True)
class ScriptStatement:
    """One statement of a script.

    Args:
        text: The statement.
        values: Those of the parameters that it has markers for.
        statement: What it is.
    """

    text: str
    values: Mapping[str, object]
    statement: Statement

    @property
    def is_query(self) -> bool:
        """Whether it is one for DuckDB, not a CALL or the like."""
        return isinstance(self.statement, Query)

    @property
    def is_call(self) -> bool:
        """Whether it is a CALL."""
        return isinstance(self.statement, Call)

    def completed(self, connection: Connection) -> Mapping[str, object]:
        """The values, with NULL for parameters of a CALL that were left out."""
        if self.is_query:
            return self.values
        completed = ExecuteCommand(connection, self.text).completed(self.values)
        assert isinstance(completed, Mapping)
        return completed

    def schema(self, connection: Connection) -> pa.Schema:
        """Its columns, or others in their place where they are not known before it is run."""
        if self.is_query:
            return ANY_SCHEMA
        return ExecuteCommand(connection, self.text).schema_for(self.completed(connection))


def read_script(text: str, given: Mapping[str, object]) -> list[ScriptStatement]:
    """The statements of a text, each with its parameters.

    Raises:
        ProgrammingError: There is no statement, a parameter is that of none, or a query lacks one.
    """
    texts = split_statements(text)
    if not texts:
        raise ProgrammingError("there is no statement in this text")
    values = {name.lower(): value for name, value in given.items()}
    script = [script_statement(each, parse_statement(each), values) for each in texts]
    known = {name.lower() for each in texts for name in marker_names(each, parse_statement(each))}
    stray = next((name for name in given if name.lower() not in known), None)
    if stray is not None:
        told = hint(stray, sorted(known), f"there are: {', '.join(sorted(known)) or 'none'}")
        raise ProgrammingError(f"no statement has the marker {stray!r}; {told}")
    return script


def script_statement(text: str, statement: Statement, given: Mapping[str, object]) -> ScriptStatement:
    """A statement with its values."""
    names = marker_names(text, statement)
    values = {name: given[name.lower()] for name in names if name.lower() in given}
    if not isinstance(statement, Query):
        return ScriptStatement(text, values, statement)
    missing = next((name for name in names if name not in values), None)
    if missing is not None:
        raise ProgrammingError(f"the marker {missing} has no value; give it with -p {missing}=…")
    return ScriptStatement(text, {name: as_text(value) for name, value in values.items()}, statement)


def marker_names(text: str, statement: Statement) -> list[str]:
    """The names of a statement's markers, one spelling of each.

    Raises:
        ProgrammingError: It has question marks.
    """
    markers: tuple[Marker, ...] = ()
    if isinstance(statement, Query):
        markers = find_markers(text)
    elif isinstance(statement, Call | Explain):
        markers = (statement.call if isinstance(statement, Explain) else statement).markers
    if any(marker.name is None for marker in markers):
        raise ProgrammingError("parameters are given by name here: write :Name in place of ?")
    return list({str(marker.name).lower(): str(marker.name) for marker in markers}.values())


def called(connection: Connection, script_statement: ScriptStatement, summary: Summary) -> pa.Table:
    """What a CALL gives; it is counted in the summary of the queries beside it.

    Raises:
        grokcall.Error: What the call failed with.
    """
    assert isinstance(script_statement.statement, Call)
    values = script_statement.completed(connection)
    call = connection.runtime.call(script_statement.statement, values)
    outcome = call.outcome()
    builder = SummaryBuilder(call.binder.procedure)
    builder.summary = summary
    builder.add(outcome)
    return call.table(outcome)


def in_flags(error: BudgetReachedError, flags: Flags, journal: Path | None) -> bool:
    """Gives the error of a limit the name that the flag for it has; whether there is one."""
    flag = flag_of(error)
    if getattr(flags, error.reason) is None:
        return False
    error.args = (str(error.args[0]).replace(f"the {error.name}'s {error.reason}", flag),)
    kept = ", what was answered is in the journal" if journal is not None else ""
    error.advice = f"raise {flag} to continue{kept}" if kept else f"raise {flag} for more"
    return True


def as_text(value: object) -> object:
    """The content of a file as text where it is text; DuckDB would print bytes in its own way."""
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


@contextmanager
def shown_progress(console: Console, summary: Summary) -> Iterator[None]:
    """Shows how far a statement is, from the end of its first call to its own."""
    ended = threading.Event()
    before = summary.rows

    def show() -> None:
        while summary.rows == before:
            if ended.wait(SECONDS_BETWEEN_LOOKS):
                return
        with report(console, None) as shown:
            while not ended.wait(SECONDS_BETWEEN_LOOKS):
                shown.show(summary)

    watching = threading.Thread(target=show, name="grokcall-progress", daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


@contextmanager
def interrupts_told_to(database: Database) -> Iterator[None]:
    """Has the signals that end a command stop the statement that runs, and its calls, which ends in KeyboardInterrupt.

    DuckDB's threads do not hear of a signal by themselves, and would go on to make the calls of whole vectors.
    """
    told: list[KeyboardInterrupt] = []

    def tell(number: int) -> None:
        told.append(interrupt_of(number))
        if stopped([database], patience_of(told[-1])):
            raise told[0]

    try:
        with endings_heard(tell):
            yield
    except Exception:
        if told:
            raise told[0] from None
        raise
