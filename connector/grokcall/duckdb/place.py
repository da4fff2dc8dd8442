"""One DuckDB connection of a database, with the procedures, on which one statement runs at a time."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TypeVar

import duckdb

from grokcall.duckdb.call_session import CallSession
from grokcall.duckdb.cancellation import GLANCE
from grokcall.duckdb.errors import fault_of
from grokcall.duckdb.macros import scalar_name
from grokcall.duckdb.registration import Registration
from grokcall.duckdb.udf import in_transaction
from grokcall.errors import InterfaceError, StatementError
from grokcall_parser.tokens import BYTE_ORDER_MARK, WORD, gap_end
from grokcall_procedures import Procedure

T = TypeVar("T")

OPENING = frozenset({"BEGIN", "START"})
KEEPING = frozenset({"COMMIT", "END"})
UNDOING = frozenset({"ROLLBACK", "ABORT"})

LISTED = re.compile(r"\b(?:duckdb_functions|information_schema|pragma_\w+|pg_proc)\b", re.IGNORECASE)
"""What lists functions, and has to find them all."""


class Place:
    """One connection to the database, with the procedures; it runs one statement at a time.

    Args:
        con: The connection.
        session: Runs the calls of its statements.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, session: CallSession) -> None:
        self.con = con
        self.session = session
        self.registration: Registration = Registration(con, session)
        self.lock: threading.RLock = threading.RLock()
        self.in_transaction: bool = False
        self.closed: bool = False
        self.has_all: bool = False
        """Whether it has all procedures, and not only those that statements have named."""
        self.catalog: Mapping[str, Procedure] = {}
        """The procedures that its statements may name, by name in lower case."""
        self._registered: Mapping[str, Procedure] = {}
        self._registered_before: Mapping[str, Procedure] = {}
        """The procedures that it had when the transaction began."""

    def bring_up_to_date(self, catalog: Mapping[str, Procedure], sql: str) -> list[str]:
        """Brings the functions up to date for a statement; gives what is to be said of those that cannot be.

        Each takes a few milliseconds, so a statement gets those that it names. One that needs others, by a view, a
        macro or a text that is run, fails for want of them and finds them with :attr:`has_all`.

        Args:
            catalog: The procedures by name in lower case.
            sql: The statement.
        """
        self.catalog = catalog
        # In a transaction no statement may fail: it would be lost with what came before.
        self.has_all = self.has_all or self.in_transaction or LISTED.search(sql) is not None
        wanted = catalog if self.has_all else self._named_in(catalog, sql.lower())
        gone = [procedure for name, procedure in self._registered.items() if name not in wanted]
        changed = [procedure for name, procedure in wanted.items() if self._registered.get(name) is not procedure]
        if not (gone or changed):
            return []
        self.registration.remove(*gone)
        # An interrupt may strike before the others are there; then the next statement adds them.
        self._registered = {name: each for name, each in self._registered.items() if wanted.get(name) is each}
        warnings: list[str] = []
        try:
            self.registration.add(*changed)
        except InterfaceError:
            warnings = [warning for procedure in changed for warning in self._added_alone(procedure)]
        self._registered = wanted
        return warnings

    def _named_in(self, catalog: Mapping[str, Procedure], sql: str) -> dict[str, Procedure]:
        return {
            name: procedure
            for name, procedure in catalog.items()
            if name in self._registered or name in sql or scalar_name(procedure) in sql
        }

    def _added_alone(self, procedure: Procedure) -> Iterator[str]:
        try:
            self.registration.add(procedure)
        except InterfaceError as error:
            yield f"{procedure.name} cannot stand in queries, only in CALL: {error}"

    def transact(self, sql: str) -> None:
        """Runs a statement that begins or ends a transaction.

        Raises:
            duckdb.Error: It cannot, or the text is wrong. A COMMIT that fails undoes everything.
        """
        word = transaction_word(sql)
        try:
            self.con.execute(sql)
        except duckdb.Error:
            word = "ROLLBACK" if self.in_transaction and not self._is_open() else None
            raise
        finally:
            if word in OPENING:
                self.in_transaction, self._registered_before = True, self._registered
            elif word is not None:
                self.in_transaction = False
                if word in UNDOING:
                    self._registered = self._registered_before

    def end(self, word: str) -> None:
        """Ends the transaction, once its last statement has ended; does nothing when none is open.

        Args:
            word: COMMIT or ROLLBACK.

        Raises:
            grokcall.Error: DuckDB cannot; everything is as it was before the transaction.
        """
        with self.lock:
            if not self.in_transaction:
                return
            try:
                self.transact(word)
            except duckdb.Error as error:
                raise fault_of(word, error) from None

    def _is_open(self) -> bool:
        try:
            return in_transaction(self.con)
        except duckdb.Error:
            return True  # it has failed, and waits for its ROLLBACK

    @property
    def interrupted(self) -> bool:
        """Whether the statement that runs was told to end."""
        return self.session.halted

    def interrupt(self, patience: float) -> None:
        """Ends the statement that runs; may be called from any thread."""
        self.session.halted = True
        self.session.interrupt(patience)
        self.interrupt_duckdb()

    def interrupt_duckdb(self) -> None:
        """Tells DuckDB alone to end what it runs."""
        with suppress(duckdb.Error):
            self.con.interrupt()

    def close(self) -> None:
        """Closes the connection once its statement has ended; what was not committed is gone."""
        while not self.lock.acquire(timeout=GLANCE):
            if self.interrupted:
                self.interrupt_duckdb()  # it forgets an interrupt that comes between two statements
        try:
            self.closed = True
            self.con.close()
        finally:
            self.lock.release()


def transaction_word(sql: str) -> str | None:
    """The word with which a statement begins or ends a transaction; None for any other statement.

    >>> transaction_word("/* all or nothing */ begin"), transaction_word("SELECT 1")
    ('BEGIN', None)
    """
    sql = sql.removeprefix(BYTE_ORDER_MARK)
    found = WORD.match(sql, gap_end(sql, 0))
    word = found[0].upper() if found else ""
    return word if word in OPENING | KEEPING | UNDOING else None


def with_all(place: Place, run: Callable[[], T]) -> T:
    """What a statement gives; it is run once more, with all procedures, where it fails for want of one.

    DuckDB looks for functions before anything is called, so nothing is called twice.

    Args:
        place: Where it runs.
        run: Runs it.
    """
    try:
        return run()
    except StatementError as error:
        if place.has_all or not isinstance(error.__context__, duckdb.CatalogException):
            raise
    place.has_all = True
    return run()
