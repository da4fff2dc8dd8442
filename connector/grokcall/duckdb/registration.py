"""Registering: the procedures of a connection become macros of a DuckDB connection."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Self

import duckdb
import pyarrow as pa

from grokcall.budget.spending_limits import UNLIMITED, SpendingLimits
from grokcall.config.options import load_options
from grokcall.duckdb.call_session import CallSession, session_of
from grokcall.duckdb.checks import check_duckdb, options_of, refuse_taken_names
from grokcall.duckdb.interrupts import heard, watch
from grokcall.duckdb.literals import Values, spelled_out
from grokcall.duckdb.macros import arguments_macro, arguments_name, scalar_macro, scalar_name, table_macro
from grokcall.duckdb.query_choices import conditioned, limited
from grokcall.duckdb.query_costs import Pricing, check_reads, priced_query
from grokcall.duckdb.typed_calls import TypedCall, TypedQuery, typed_query
from grokcall.duckdb.udf import define, define_undecided, is_macro, is_view, table_of
from grokcall.duckdb.vector_function import VectorFunction
from grokcall.errors import InterfaceError
from grokcall.execution.runtime import HasRuntime, Runtime
from grokcall.execution.summary import Summary
from grokcall.lookup.options import LookupOptions
from grokcall.tables.formats import quoted_name
from grokcall.tables.pipes import refuse_pipes
from grokcall_procedures import BadValueError, Procedure

_numbers = itertools.count(1)
_registrations: weakref.WeakKeyDictionary[Any, Registration] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def register(
    con: duckdb.DuckDBPyConnection, connection: HasRuntime | None = None, *, further: bool = False, **options: Any
) -> Registration:
    """Gives a DuckDB connection every procedure: as a table macro of its name, and as a scalar form in small letters.

    Nothing is sent, and no key is needed, before a query makes the first call. Macros belong to one DuckDB connection:
    ``con.cursor()`` gives one without them, which can be registered as well and then shares the answers.

    Args:
        con: The DuckDB connection, from DuckDB 1.5 on.
        connection: Where the calls go; None makes one from the environment, which ends with the registration.
        further: Whether all further fields, such as Response_Citations, are columns as well, after the others.
        **options: Fields of :class:`grokcall.LookupOptions`: ``on_error`` (``"fail"``, which is the default here, ends
            the query at the first row that fails; ``"ignore"`` gives NULL in its fields and adds ``Call_*`` columns),
            ``on_null_input``, ``call_columns``, ``concurrency``, ``journal``, ``max_cost`` and the others, but for
            those about files and batches, which a query has no use for.

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
        if known is not None and known.serves(connection, chosen, further=further):
            return known
        runtime = connection.runtime if connection is not None else Runtime(load_options(None))
        session = session_of(runtime, chosen, owned=connection is None)
        made = Registration(con, session, further=further)
        with heard():
            made.add(*session.runtime.catalog.values())
        _registrations[con] = made  # once it is whole
        watch(session)
        return made


class Registration:
    """The procedures in a DuckDB connection; :func:`register` makes it.

    It need not be kept: the macros work for as long as the DuckDB connection is open. A context manager that closes it.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, session: CallSession, *, further: bool = False) -> None:
        self._con = weakref.ref(con)
        self._session = session
        self._pricing = Pricing()
        self._further = further
        self._number = next(_numbers)
        self._functions: dict[str, tuple[str, VectorFunction]] = {}
        self._undecided: dict[str, Procedure] = {}

    def __repr__(self) -> str:
        return f"<grokcall.duckdb.Registration of {self._session.runtime!r}>"

    @property
    def runtime(self) -> Runtime:
        """What its calls run on."""
        return self._session.runtime

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
        self._undecided |= define_undecided(con, procedures)
        for procedure in (each for each in procedures if each.name.lower() not in self._undecided):
            self._drop_typed(procedure)
            function = VectorFunction(procedure, self._session, self._pricing, further=None if self._further else ())
            name = self._define(procedure.name, procedure, function)
            if (scalar := scalar_macro(procedure, name)) is not None:
                con.execute(scalar)

    def query(self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None) -> pa.Table:
        """Runs a query to its end, with the same result and errors as in DuckDB, as an Arrow table.

        Where DuckDB cannot know what a query needs, it does better than DuckDB:

        * A query of the form ``SELECT … FROM table t, Procedure(…) r [WHERE …]``, also inside CREATE TABLE AS, INSERT
          and COPY, needs the calls of all rows. They run as in a lookup, and none waits for the slowest of 2,048.
        * The same with ``[ORDER BY t.column] LIMIT n``, and nothing about ``r`` but its columns, makes n calls.
        * ``EXPLAIN COST`` before a query that only reads tells what it will cost, and sends nothing.
        * A condition on a table alone is looked at before the calls, as DuckDB does with simple ones.
        * A further field that it names, such as ``r.Response_Citations``, is a column of the call.
        * ``OutputSchema := 'priority INTEGER, tags VARCHAR[]'`` gives typed columns, which come first.

        Args:
            sql: The query.
            parameters: A sequence for ``?`` and ``$1``, a mapping for ``$name``, as for ``execute`` of DuckDB.

        Raises:
            duckdb.Error: What DuckDB raises for the query.
            grokcall.StatementError: An OutputSchema is no literal, or stands where it cannot be.
            grokcall.BadValueError: It is no schema; the message has the place.
            InterfaceError: The DuckDB connection is gone.
            KeyboardInterrupt: Ctrl-C was pressed; what was sent by then has been waited for up to 30 s, and the next
                query finds its answers. A second Ctrl-C leaves at once.

        >>> registration.query("SELECT t.id, r.* FROM tickets t, GenerateResponse(t.body) r")  # doctest: +SKIP
        """
        con = self._opened()
        values: Values = dict(parameters) if isinstance(parameters, Mapping) else list(parameters or ()) or None
        refuse_pipes(sql, values)
        priced = priced_query(sql)
        query = self.typed(sql if priced is None else priced)
        try:
            with heard():
                if priced is not None:
                    return self.priced(query, values)
                with self.prepared(query, values) as text:
                    return table_of(con, text, values)
        except duckdb.Error as error:
            if not query.calls:
                raise
            raise type(error)(query.told(str(error))) from None

    def priced(self, query: TypedQuery, values: Values, limits: SpendingLimits = UNLIMITED) -> pa.Table:
        """What a query that only reads will cost, as the one row of EXPLAIN COST; nothing is sent.

        Raises:
            duckdb.Error: What DuckDB raises for the query.
            ProgrammingError: The query writes.
        """
        con = self._opened()
        check_reads(con, query.text)
        costs = self._session.query_costs(limits)
        with self._pricing.into(costs), self.prepared(query, values) as text:
            table_of(con, text, values)
        return costs.as_table()

    def typed(self, sql: str) -> TypedQuery:
        """A query with its calls that have columns of their own under private names; nothing is run.

        Raises:
            grokcall.StatementError: A declaration is no literal, or stands where it cannot be.
        """
        return typed_query(sql, self._undecided | {name: each.procedure for name, (_, each) in self._functions.items()})

    @contextmanager
    def prepared(self, query: TypedQuery, values: Values) -> Iterator[str]:
        """What DuckDB is to run for a query, inside the block: its columns are declared, calls it needs are known.

        Raises:
            duckdb.Error: The columns cannot be declared now.
            BadValueError: A schema of the query is none.
        """
        self.declare(query.calls)
        text = query.text
        if not any(name in text.lower() for name in self._functions):
            yield text
            return
        analyzed = spelled_out(text, values)
        chosen = None if analyzed is None else limited(self._opened(), self._functions, text, analyzed, values)
        is_left = chosen is None and analyzed is not None and self._pricing.costs is None
        ahead = self._ahead_of(analyzed) if is_left and analyzed is not None else None
        if chosen is None and ahead is None:
            chosen = conditioned(self._opened(), self._functions, text, values)
        with ahead or nullcontext():
            yield chosen or text

    def declare(self, calls: Iterable[TypedCall]) -> None:
        """Puts a procedure with other columns beside each of those whose columns a call declares.

        Raises:
            duckdb.Error: DuckDB takes none now, for example because a transaction has failed.
            BadValueError: A schema is none; the message has the place.
        """
        for call in calls:
            if call.name in self._functions and is_macro(self._opened(), call.name):
                continue
            try:
                columns = call.schema, None if self._further else call.further
                function = VectorFunction(call.procedure, self._session, self._pricing, *columns, content=call.content)
            except BadValueError as error:
                raise call.refusal(error) from None
            self._define(call.name, call.procedure, function)

    def _define(self, macro: str, procedure: Procedure, function: VectorFunction) -> str:
        """Makes the table macro of a procedure; gives the name of the function behind it."""
        con = self._opened()
        name = f"grokcall_{self._number}_{procedure.name}_{next(_numbers)}"
        define(con, name, function)
        self._functions[macro.lower()] = name, function
        con.execute(f"{table_macro(procedure, name, macro)};\n{arguments_macro(procedure, name)}")
        return name

    def _ahead_of(self, sql: str) -> AbstractContextManager[None] | None:
        """The calls of a query that needs those of all rows, for the block in which it runs; None for others."""
        from grokcall.duckdb.prefetch_plan import plain_query

        con = self._opened()
        names = {name: function.names for name, (_, function) in self._functions.items()}
        plain = plain_query(sql, names) if self._session.options.dedupe else None
        if plain is None or is_view(con, plain.table):
            return None
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
            self._drop_typed(procedure)
            self._functions.pop(procedure.name.lower(), None)
            con.execute(f"DROP MACRO TABLE IF EXISTS temp.{quoted_name(procedure.name)}")
            con.execute(f"DROP MACRO IF EXISTS temp.{quoted_name(scalar_name(procedure))}")

    def _drop_typed(self, procedure: Procedure) -> None:
        """Takes away what was declared of a procedure, which may be another one from now on."""
        own = procedure.name.lower()
        for name in [name for name, (_, each) in self._functions.items() if each.procedure.name.lower() == own != name]:
            self._functions.pop(name)
            self._opened().execute(f"DROP MACRO TABLE IF EXISTS temp.{quoted_name(name)}")

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

    def serves(self, connection: HasRuntime | None, options: LookupOptions, *, further: bool) -> bool:
        """Whether registering anew with these would make the same."""
        session = self._session
        same = session.owned if connection is None else session.runtime is connection.runtime
        return same and session.options == options and self._further == further and not session.closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
