"""The DuckDB connections of one database: one for all statements, and others for queries that come while it is busy."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress

import duckdb

from grokcall.duckdb.call_session import CallSession
from grokcall.duckdb.cancellation import GLANCE, Cancellation
from grokcall.duckdb.errors import fault_of
from grokcall.duckdb.macros import scalar_name
from grokcall.duckdb.registration import Registration
from grokcall.duckdb.udf import in_transaction
from grokcall.errors import InterfaceError
from grokcall.tables.duckdb_reader import SETTINGS as FILE_SETTINGS
from grokcall_parser import CallSyntaxError
from grokcall_parser.tokens import read_tokens
from grokcall_procedures import Procedure

SETTINGS = f"{FILE_SETTINGS}; SET arrow_large_buffer_size = true"
"""Those of the DuckDB that reads files, and results of more than 2 GiB of text can be."""
OPENING = frozenset({"BEGIN", "START"})
KEEPING = frozenset({"COMMIT", "END"})
UNDOING = frozenset({"ROLLBACK", "ABORT"})
TEMPORARY = re.compile(r"\bTEMP(ORARY)?\b", re.IGNORECASE)
KEPT_FOR_ALL = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "COPY", "CREATE", "DROP", "ALTER", "EXPLAIN", "ANALYZE", "MERGE_INTO"}
)
"""Kinds of statements after which each connection to the database finds the same."""

HIDDEN_CALLS = (
    "SELECT 1 FROM duckdb_views() WHERE NOT internal UNION ALL SELECT 1 FROM duckdb_functions() "
    "WHERE NOT internal AND database_name <> 'temp' AND contains(function_type, 'macro') LIMIT 1"
)
"""Whether there are views or macros, which may call what a statement does not name."""


class Place:
    """One connection to the database, with the procedures; it runs one statement at a time.

    Args:
        con: The connection.
        session: Runs the calls of its statements.
        whole: Whether it has all procedures from the first statement on, or those that a statement needs.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, session: CallSession, *, whole: bool = False) -> None:
        self.con = con
        self.session = session
        self.registration: Registration = Registration(con, session)
        self.lock: threading.RLock = threading.RLock()
        self.interrupted: bool = False
        self.in_transaction: bool = False
        self.closed: bool = False
        self._whole = whole
        self._registered: Mapping[str, Procedure] = {}
        self._registered_before: Mapping[str, Procedure] = {}
        """The procedures that it had when the transaction began."""

    def bring_up_to_date(self, catalog: Mapping[str, Procedure], sql: str) -> list[str]:
        """Brings the functions up to date for a statement; gives what is to be said of those that cannot be.

        Args:
            catalog: The procedures by name in lower case.
            sql: The statement.
        """
        if not self._whole:
            self._whole = bool(self.con.execute(HIDDEN_CALLS).fetchall())
        wanted = catalog if self._whole else self._named_in(catalog, sql.lower())
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

    def interrupt(self, patience: float) -> None:
        """Ends the statement that runs; may be called from any thread."""
        self.interrupted = self.session.halted = True
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


class Places:
    """The first place, where every statement may run, and others: for what only reads, and for who wants one alone.

    What is temporary, set, prepared or not committed belongs to its place. Once there is such a thing at the first
    one, all statements without a place of their own run there, and wait for each other.

    Args:
        first: The first place.
    """

    def __init__(self, first: Place) -> None:
        self.first = first
        self._others: list[Place] = []
        self._owned: list[Place] = []
        self._lock = threading.Lock()
        self._has_own = False

    def __iter__(self) -> Iterator[Place]:
        return iter((self.first, *self._others, *self._owned))

    @contextmanager
    def free(self, sql: str, cancellation: Cancellation | None = None) -> Iterator[Place]:
        """A place for one statement, for the block in which it runs; the first is waited for where it must be that.

        Args:
            sql: The statement.
            cancellation: Ends it.

        Raises:
            StoppedError: It was cancelled.
        """
        cancellation = cancellation or Cancellation()
        place = self.first
        if not place.lock.acquire(blocking=False):
            place = self._other(sql) or place
            if place is self.first:
                cancellation.wait_for(place.lock)
        with ended(place, cancellation):
            yield place

    def took(self, place: Place, kinds: Iterable[str], sql: str) -> None:
        """Told of each statement that has run."""
        if place is not self.first:
            return
        for kind in kinds:
            if kind not in KEPT_FOR_ALL or (kind == "CREATE" and TEMPORARY.search(sql)):
                self._has_own = True

    @property
    def is_stopping(self) -> bool:
        """Whether calls that have been told to stop have not ended yet."""
        return any(place.session.is_stopping for place in self)

    def interrupt(self, patience: float = 0.0) -> None:
        """Stops the calls of all statements: for the handler of a signal, of which DuckDB hears by itself."""
        for place in self:
            place.session.interrupt(patience)

    def await_end(self) -> None:
        """Waits until the calls that were told to stop have ended."""
        for place in self:
            place.session.await_end()

    def close(self) -> None:
        """Closes every connection, each when its statement has ended."""
        for place in reversed(tuple(self)):
            place.close()

    def own(self) -> Place:
        """A place for one user, who closes it."""
        with self._lock:
            place = self._another()
            self._owned = [each for each in self._owned if not each.closed] + [place]
        return place

    def _other(self, sql: str) -> Place | None:
        """A free place, taken, for a query that only reads; None for any other statement."""
        if self._has_own or self.first.in_transaction:
            return None
        with self._lock:
            place = next((each for each in self._others if each.lock.acquire(blocking=False)), None)
            if place is None:
                place = self._another()
                place.lock.acquire()
                self._others.append(place)
        if only_reads(place.con, sql):
            return place
        place.lock.release()
        return None

    def _another(self) -> Place:
        con = self.first.con.cursor()
        con.execute(SETTINGS)
        return Place(con, self.first.session.beside())


@contextmanager
def held(place: Place, cancellation: Cancellation | None) -> Iterator[Place]:
    """One place for a statement, waited for, for the block in which it runs.

    Raises:
        StoppedError: It was cancelled.
    """
    cancellation = cancellation or Cancellation()
    cancellation.wait_for(place.lock)
    with ended(place, cancellation):
        yield place


@contextmanager
def ended(place: Place, cancellation: Cancellation) -> Iterator[None]:
    """Lets a place go at the end of the block, in which a cancel ends its statement."""
    place.interrupted = place.session.halted = False
    try:
        with cancellation.over(place):
            yield
    finally:
        place.lock.release()


def transaction_word(sql: str) -> str | None:
    """The word with which a statement begins or ends a transaction; None for any other statement.

    >>> transaction_word("/* all or nothing */ begin"), transaction_word("SELECT 1")
    ('BEGIN', None)
    """
    try:
        tokens = read_tokens(sql)
    except CallSyntaxError:
        return None  # DuckDB tells what is wrong
    word = tokens[0].text.upper() if tokens else ""
    return word if word in OPENING | KEEPING | UNDOING else None


def only_reads(con: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Whether a text is one SELECT."""
    try:
        return [each.type.name for each in con.extract_statements(sql)] == ["SELECT"]
    except duckdb.Error:
        return False
