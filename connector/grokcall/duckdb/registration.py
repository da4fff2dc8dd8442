"""Registering: the procedures of a connection become macros of a DuckDB connection."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from grokcall.connection import Connection, connect
from grokcall.duckdb.functions import VectorFunction
from grokcall.duckdb.interrupts import watch
from grokcall.duckdb.macros import (
    arguments_macro,
    arguments_name,
    function_types,
    quoted_text,
    scalar_macro,
    scalar_name,
    table_macro,
)
from grokcall.duckdb.session import Session, session_of
from grokcall.errors import InterfaceError, NotSupportedError
from grokcall.lookup import LookupOptions
from grokcall.summaries import Summary
from grokcall.tables.formats import quoted_name
from grokcall_parser import nearest
from grokcall_procedures import Procedure

OLDEST: tuple[int, int] = (1, 5)
"""The oldest DuckDB that can be registered with."""
NOT_HERE = ("fields", "prefix", "prices")
"""Options of a lookup that registering has not: a query chooses and renames its columns itself."""

_numbers = itertools.count(1)
_registrations: weakref.WeakKeyDictionary[Any, Registration] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def register(con: duckdb.DuckDBPyConnection, connection: Connection | None = None, **options: Any) -> Registration:
    """Gives a DuckDB connection every procedure: as a table macro of its name, and as a scalar form in small letters.

    Nothing is sent, and no key is needed, before a query makes the first call. Macros belong to one DuckDB connection:
    ``con.cursor()`` gives one without them, which can be registered as well and then shares the answers.

    Args:
        con: The DuckDB connection, from DuckDB 1.5 on.
        connection: Where the calls go; None makes one from the environment, which ends with the registration.
        **options: Fields of :class:`grokcall.LookupOptions`: ``on_error`` (``"fail"``, which is the default here, ends
            the query at the first row that fails; ``"ignore"`` gives NULL in its fields and adds ``Call_*`` columns),
            ``on_null_input``, ``call_columns``, ``concurrency``, ``dedupe``, ``journal``, ``reuse``, ``retry_failed``,
            ``on_incomplete``, ``max_cost``, ``max_calls``, ``max_tokens``, ``max_duration``, ``assumed_output_tokens``,
            ``assumed_tool_cost``.

    Raises:
        InterfaceError: ``con`` is no DuckDB connection, or an option is unknown or unfit.
        NotSupportedError: The DuckDB is too old.

    >>> import duckdb
    >>> con = duckdb.connect()
    >>> register(con, on_error="ignore")  # doctest: +SKIP
    >>> con.sql("SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r")  # doctest: +SKIP
    """
    check_duckdb(con)
    chosen = options_of(options)
    with _lock:
        known = _registrations.get(con)
        if known is not None and known.serves(connection, chosen):
            return known
        owned = connection is None
        session = session_of(connection if connection is not None else connect(), chosen, owned=owned)
        registration = Registration(con, session)
        registration.add(*session.connection.catalog.values())
        watch(session)
        _registrations[con] = registration
        return registration


class Registration:
    """The procedures in a DuckDB connection; :func:`register` makes it.

    It need not be kept: the macros work for as long as the DuckDB connection is open. A context manager that closes it.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, session: Session) -> None:
        self._con = weakref.ref(con)
        self._session = session
        self._number = next(_numbers)
        self._functions: dict[str, tuple[str, VectorFunction]] = {}

    def __repr__(self) -> str:
        return f"<grokcall.duckdb.Registration of {self._session.connection!r}>"

    @property
    def connection(self) -> Connection:
        """The connection through which the calls go."""
        return self._session.connection

    @property
    def summary(self) -> Summary:
        """Rows, calls, tokens and USD of all queries so far."""
        return self._session.summary

    def add(self, *procedures: Procedure) -> None:
        """Adds procedures, or puts new definitions in the place of those of the same names.

        Raises:
            InterfaceError: The DuckDB connection is gone, or a name is that of one of DuckDB's own functions.
        """
        con = self._opened()
        refuse_taken_names(con, procedures)
        statements: list[str] = []
        for procedure in procedures:
            name = f"grokcall_{self._number}_{procedure.name}_{next(_numbers)}"
            function = VectorFunction(procedure, self._session)
            define(con, name, function)
            self._functions[procedure.name.lower()] = name, function
            statements += [table_macro(procedure, name), arguments_macro(procedure, name)]
            statements += filter(None, [scalar_macro(procedure, name)])
        con.execute(";\n".join(statements))

    def query(self, sql: str) -> pa.Table:
        """Runs a query to its end, with the same result, errors and calls as in DuckDB, as an Arrow table.

        Faster for a query of the form ``SELECT … FROM table t, Procedure(…) r [WHERE …]`` over many rows, also inside
        CREATE TABLE AS, INSERT and COPY: it needs the calls of all rows, so they run as in a lookup, and none waits for
        the slowest of the 2,048 before it. Any other query runs as DuckDB runs it.

        Raises:
            duckdb.Error: What DuckDB raises for the query.
            InterfaceError: The DuckDB connection is gone.

        >>> registration.query("SELECT t.id, r.* FROM tickets t, GenerateResponse(t.body) r")  # doctest: +SKIP
        """
        with self.ahead_of(sql):
            return table_of(self._opened(), sql)

    def ahead_of(self, sql: str) -> AbstractContextManager[None]:
        """Begins the calls of a query that needs those of all rows, for the block in which it is run."""
        if not any(name in sql.lower() for name in self._functions):
            return nullcontext()
        from grokcall.duckdb.plain_queries import plain_query  # it loads a parser of SQL, which few need

        con = self._opened()
        plain = plain_query(sql, self._functions) if self._session.options.dedupe else None
        if plain is None or is_view(con, plain.table):
            return nullcontext()
        name, function = self._functions[plain.procedure]
        try:
            con.execute(f"EXPLAIN {sql}").fetchall()  # before the first call for a query that is wrong
            given = table_of(con, plain.arguments_query(arguments_name(name)))
        except duckdb.Error:
            return nullcontext()  # whatever is wrong is told in the words of the query
        return function.reading_ahead(given.columns)

    def remove(self, *procedures: Procedure) -> None:
        """Takes procedures away again."""
        con = self._opened()
        for procedure in procedures:
            self._functions.pop(procedure.name.lower(), None)
            con.execute(f"DROP MACRO TABLE IF EXISTS temp.{quoted_name(procedure.name)}")
            con.execute(f"DROP MACRO IF EXISTS temp.{quoted_name(scalar_name(procedure))}")

    def _opened(self) -> duckdb.DuckDBPyConnection:
        con = self._con()
        if con is None:
            raise InterfaceError("the DuckDB connection of this registration is gone")
        return con

    def forget(self) -> None:
        """Forgets the answers so far, so that equal calls are made anew. A journal forgets nothing."""
        self._session.forget()

    def close(self) -> None:
        """Ends the registration, wherever it is shared: the macros stay, and fail. Harmless when repeated.

        Closes the journal, and the connection where it was made by :func:`register`.
        """
        self._session.close()

    def serves(self, connection: Connection | None, options: LookupOptions) -> bool:
        """Whether registering anew with these would make the same."""
        session = self._session
        same = session.owned if connection is None else session.connection is connection
        return same and session.options == options and not session.closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def check_duckdb(con: object) -> None:
    """Raises unless ``con`` is a connection of a DuckDB that is new enough.

    Raises:
        InterfaceError: It is something else.
        NotSupportedError: It is too old.
    """
    if not hasattr(con, "create_function"):
        raise InterfaceError(f"register takes a DuckDB connection, as duckdb.connect() gives it, not {con!r:.80}")
    version = tuple(int(part) for part in duckdb.__version__.split(".")[:2])
    if version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise NotSupportedError(
            f"DuckDB {duckdb.__version__} calls a function for rows that WHERE leaves out, each of which would be paid "
            f"for; install duckdb>={needed}"
        )


def options_of(given: dict[str, Any]) -> LookupOptions:
    """The options of a registration.

    Raises:
        InterfaceError: One is unknown, or has a value that it cannot have.
    """
    known = [field.name for field in fields(LookupOptions) if field.name not in NOT_HERE]
    stray = next((name for name in given if name not in known), None)
    if stray is not None:
        near = nearest(stray, known)
        hint = f"did you mean {near}?" if near else f"it has: {', '.join(known)}"
        raise InterfaceError(f"register has no option {stray!r}; {hint}")
    options = LookupOptions(**{"on_error": "fail", **given})
    if options.on_error == "redirect":
        raise InterfaceError("a query has one output: on_error must be 'fail' or 'ignore', not 'redirect'")
    return options


def refuse_taken_names(con: duckdb.DuckDBPyConnection, procedures: Iterable[Procedure]) -> None:
    """Raises where a macro would hide one of DuckDB's own functions.

    Raises:
        InterfaceError: It would; the message says which.
    """
    wanted = {name.lower() for each in procedures for name in (each.name, scalar_name(each))}
    listed = ", ".join(map(quoted_text, sorted(wanted)))
    taken = con.execute(
        f"SELECT function_name FROM duckdb_functions() WHERE internal AND lower(function_name) IN ({listed}) LIMIT 1"  # noqa: S608 - quoted
    ).fetchall()
    if taken:
        raise InterfaceError(f"{taken[0][0]} is a function of DuckDB; give the procedure another name")


def is_view(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a name is that of a view, which may give other rows the second time."""
    found = con.execute("SELECT 1 FROM duckdb_views() WHERE lower(view_name) = lower(?) LIMIT 1", [name])
    return bool(found.fetchall())


def table_of(con: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """What a query gives; a table without columns for a statement that gives nothing."""
    relation = con.sql(sql)
    table: pa.Table = pa.table({}) if relation is None else relation.to_arrow_table()
    return table


def define(con: Any, name: str, function: VectorFunction) -> None:
    """Makes the function of a procedure known to DuckDB."""
    result = con.struct_type(dict(zip(function.schema.names, duckdb_types(con, function.schema), strict=True)))
    con.create_function(
        name,
        function,
        function_types(function.procedure),
        con.list_type(result) if function.procedure.many else result,
        type="arrow",
        null_handling="special",
        side_effects=True,
    )


def duckdb_types(con: duckdb.DuckDBPyConnection, schema: pa.Schema) -> list[Any]:
    """The types of DuckDB for the columns of a schema, as DuckDB itself reads them, nested ones included."""
    return list(con.from_arrow(schema.empty_table()).types)
