"""The DuckDB that answers the queries of one connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from typing import Any

import duckdb
import pyarrow as pa

from grokcall.budget.cost_totals import COST_SCHEMA
from grokcall.budget.spending_limits import UNLIMITED, SpendingLimits
from grokcall.core.forks import follow_forks
from grokcall.core.statement_result import StatementResult
from grokcall.duckdb.call_session import INTERRUPTED, CallSession
from grokcall.duckdb.cancellation import Cancellation
from grokcall.duckdb.checks import options_of
from grokcall.duckdb.errors import fault_of, told_of_query
from grokcall.duckdb.interrupts import heard, unwatch, watch
from grokcall.duckdb.literals import Values
from grokcall.duckdb.parameters import Parameters, filled
from grokcall.duckdb.place import Place, transaction_word, with_all
from grokcall.duckdb.places import Places, settled
from grokcall.duckdb.query_costs import priced_query
from grokcall.duckdb.results import NOTHING, fetched, may_give_rows, row_schema
from grokcall.duckdb.transactions import Transactions
from grokcall.duckdb.typed_calls import TypedQuery
from grokcall.errors import OperationalError, StoppedError
from grokcall.execution.runtime import Runtime
from grokcall.execution.summary import Summary
from grokcall.tables.duckdb_reader import CLOSED
from grokcall.tables.pipes import refuse_pipes
from grokcall_procedures import Procedure

IN_MEMORY = ":memory:"
_of_parent: set[str] = set()
"""Files that were open when this process was forked: DuckDB would take the parent's, which it may not write to."""


class Database:
    """A DuckDB with the procedures of a connection; :meth:`grokcall.Connection.database` makes it.

    All cursors of the connection share it: a table that one has made is there for the others. Queries of several
    threads run side by side. Statements that write wait for each other, and so do all of them while a transaction is
    open or once something is temporary, set or prepared. Connections of a SQLAlchemy engine wait for nobody.

    Args:
        runtime: Makes the calls.
        path: The file of the database; None for one in memory.
        transactions: Those of statements that name no other.
        **options: How rows are treated, as for :func:`grokcall.duckdb.register`.

    Raises:
        InterfaceError: An option is unknown or unfit.
        OperationalError: The file cannot be opened, for example because another process has it open.
    """

    def __init__(
        self,
        runtime: Runtime,
        path: str | os.PathLike[str] | None = None,
        transactions: Transactions | None = None,
        **options: Any,
    ) -> None:
        chosen = options_of(options)
        self._runtime = runtime
        self._transactions = transactions or Transactions()
        self._session = CallSession(runtime, chosen, owned=False)
        self._places = Places(Place(opened(path), self._session))
        self._file = None if path is None else os.path.realpath(path)
        watch(self._places)
        follow_forks(self)

    @property
    def summary(self) -> Summary:
        """Rows, calls, tokens and USD of all queries so far."""
        return self._session.summary

    @property
    def service(self) -> str | None:
        """What journals call the service; None for its address. To be set before the first call."""
        return self._session.service

    @service.setter
    def service(self, name: str | None) -> None:
        self._session.service = name

    @property
    def tell(self) -> Callable[[str], None]:
        """Told what the limits are worth for a kind of call, before the first one is sent; it goes to the log."""
        return self._session.tell

    @tell.setter
    def tell(self, told: Callable[[str], None]) -> None:
        self._session.tell = told

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection to the same database of DuckDB, which knows no procedures and nothing temporary."""
        return self._places.first.con.cursor()

    def run(
        self,
        sql: str,
        parameters: Parameters = None,
        limits: SpendingLimits = UNLIMITED,
        warn: Callable[[Iterable[str]], None] = lambda _: None,
        transactions: Transactions | None = None,
        cancellation: Cancellation | None = None,
    ) -> StatementResult:
        """Runs one statement of DuckDB to its end.

        Args:
            sql: The statement; its markers may be ``:Name``, ``$Name`` or ``?``.
            parameters: A mapping for named markers, a sequence for question marks.
            limits: What it may spend, beside the limits of the database and the connection.
            warn: Told of the warnings.
            transactions: Those that it is part of; None for those of the connection.
            cancellation: Ends it from another thread.

        Raises:
            grokcall.StoppedError: It was cancelled, or the connection was closed.
            grokcall.StatementError: It is wrong; the message has the place.
            grokcall.Error: What DuckDB, or a call, failed with.
        """
        refuse_pipes(sql, parameters)
        text, values = filled(sql, parameters)
        transactions = transactions or self._transactions
        with transactions.place(self._places, text, cancellation) as place:
            if transaction_word(text) is not None:
                with told(place, TypedQuery(text, text), values):
                    place.transact(text)
                return NOTHING
            return with_all(place, lambda: self._run(place, text, values, limits, warn, transactions))

    def _run(
        self,
        place: Place,
        text: str,
        values: Values,
        limits: SpendingLimits,
        warn: Callable[[Iterable[str]], None],
        transactions: Transactions,
    ) -> StatementResult:
        priced = priced_query(text)
        place.session.surroundings = copy_context()
        place.has_all |= transactions.automatic
        with prepared_at(place):
            warn(place.bring_up_to_date(self._wanted(), text))
            if transactions.automatic and not place.in_transaction:
                place.transact("BEGIN")
            query = place.registration.typed(text if priced is None else priced)
        before = dict(self.summary.warnings)
        if priced is not None:
            with told(place, query, values):
                return StatementResult(place.registration.priced(query, values, limits), 1)
        with (
            told(place, query, values),
            nullcontext() if limits == UNLIMITED else place.session.limited(limits),
            place.registration.prepared(query, values) as prepared,
        ):
            result = fetched(place.con, prepared, values)
        self._places.took(place, query.text)
        warn(name for name, count in self.summary.warnings.items() if count > before.get(name, 0))
        return result

    def schema(
        self,
        sql: str,
        parameters: Parameters = None,
        transactions: Transactions | None = None,
        cancellation: Cancellation | None = None,
    ) -> pa.Schema:
        """The columns that a query would give; calls nothing. Markers without a value are NULL.

        Raises:
            grokcall.StoppedError: It was cancelled, or the connection was closed.
            grokcall.StatementError: It is wrong.
            ProgrammingError: The statement is none that only reads.
        """
        refuse_pipes(sql, parameters)
        text, values = filled(sql, parameters, missing_is_null=True)
        if priced_query(text) is not None:
            return COST_SCHEMA
        with (transactions or self._transactions).place(self._places, text, cancellation) as place:
            return with_all(place, lambda: self._schema(place, text, values))

    def _schema(self, place: Place, text: str, values: Values) -> pa.Schema:
        with told(place, query := self._typed(place, text), values):
            place.registration.declare(query.calls)
            return row_schema(place.con, query.text, values)

    def gives_rows(self, sql: str) -> bool:
        """Whether a statement can give rows, by its text alone; nothing is run.

        Raises:
            grokcall.StatementError: It cannot be read.
        """
        text, values = filled(sql, None, missing_is_null=True)
        if priced_query(text) is not None:
            return True
        with self._places.free(text) as place, told(place, query := self._typed(place, text), values):
            return may_give_rows(place.con, query.text)

    def _typed(self, place: Place, text: str) -> TypedQuery:
        """A query as it is run, where the procedures that it names are known by now."""
        with prepared_at(place):
            place.bring_up_to_date(self._wanted(), text)
            return place.registration.typed(text)

    def interrupt(self, patience: float = 0.0) -> None:
        """Ends the statement that runs with an OperationalError; may be called from any thread.

        Args:
            patience: For how many seconds calls that have been sent may still be answered.
        """
        for place in self._places:
            place.interrupt(patience)

    @property
    def is_stopping(self) -> bool:
        """Whether calls that have been told to stop have not ended yet."""
        return self._places.is_stopping

    def await_end(self) -> None:
        """Waits until the calls that were told to stop have ended."""
        self._places.await_end()

    def close(self) -> None:
        """Ends what runs and closes the database and its journal; harmless when repeated."""
        self.interrupt()
        self._places.close()
        unwatch(self._places)
        self._session.close()
        self._file = None

    def leave_to_parent(self) -> None:
        """In the child of a fork: the database stays the parent's, a file of it as well."""
        if self._file is not None:
            _of_parent.add(self._file)

    def _wanted(self) -> dict[str, Procedure]:
        self._runtime.check_open()
        return {name.lower(): procedure for name, procedure in self._runtime.catalog.items()}


@contextmanager
def interruptible(place: Place) -> Iterator[None]:
    """Turns DuckDB's word for an interrupt into ours, from before a statement is made ready."""
    place.session.failure = None
    if place.interrupted:
        raise StoppedError(INTERRUPTED)
    with heard():
        try:
            yield
        except (duckdb.Error, RuntimeError):
            if place.interrupted:
                raise StoppedError(INTERRUPTED) from None
            raise


@contextmanager
def prepared_at(place: Place) -> Iterator[None]:
    """Turns DuckDB's errors inside the block, before a statement is run, into ours: a transaction may have failed."""
    try:
        with interruptible(place):
            yield
    except duckdb.Error as error:
        raise fault_of("the query", error) from None


@contextmanager
def told(place: Place, query: TypedQuery, values: Values) -> Iterator[None]:
    """Turns DuckDB's errors inside the block into ours; the error of a call is raised as it was."""
    try:
        with interruptible(place):
            yield
    except (duckdb.Error, RuntimeError) as error:
        failure = place.session.failure
        raise failure or told_of_query(place.con, query, values, error, place.catalog) from None


def opened(path: str | os.PathLike[str] | None) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory, or the one of a file, which is made where there is none.

    Raises:
        OperationalError: It cannot be opened, or was open in the process that this one was forked from.
    """
    name = IN_MEMORY if path is None else os.fspath(path)
    if path is not None and os.path.realpath(path) in _of_parent:
        raise OperationalError(
            f"the database {name} was open when this process was forked; one process at a time can have it open"
        )
    try:
        con = duckdb.connect(name, config=CLOSED)
    except duckdb.Error as error:
        raise fault_of(f"the database {name}", error) from None
    return settled(con)
