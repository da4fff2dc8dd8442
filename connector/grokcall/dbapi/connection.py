"""Connections: options, a key, a transport and a loop, and everything that one can run over them."""

from __future__ import annotations

import atexit
import threading
import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

import pyarrow as pa

from grokcall import errors
from grokcall.budget.budget import Budget
from grokcall.budget.spending_limits import UNLIMITED, SpendingLimits
from grokcall.catalog.catalog import open_catalog
from grokcall.client.call_runner import CallRunner
from grokcall.client.metadata import listed_prices
from grokcall.config.api_key import Key, KeySource, SecretKey
from grokcall.config.options import Options, load_options
from grokcall.core.forks import abandon, follow_forks
from grokcall.core.outcome import Outcome
from grokcall.core.redaction import hidden
from grokcall.core.unknown_names import explained
from grokcall.dbapi.cursor import Cursor
from grokcall.errors import InterfaceError, UnknownNameError
from grokcall.execution.executor import BUDGET_ALLOWANCES, CallExecutor, RunContext, fresh
from grokcall.execution.single_calls import SingleCall
from grokcall.http.factory import as_transport, as_transport_anew
from grokcall.lookup import LookupOptions, LookupPlan, LookupResult, LookupStream, agathered, chunk_rows, gathered
from grokcall.lookup.batch import refuse_unfit
from grokcall.lookup.mapping import MappingLike, constants_of
from grokcall.scheduling.admission import Gate
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall.scheduling.ratelimit import Limiter, caps_of
from grokcall.tables import Source, open_table
from grokcall_parser import Call, nearest, parse_call
from grokcall_procedures import Binder, Catalog, Settings
from grokcall_procedures.estimates import Allowances, estimate
from grokcall_procedures.prices import Prices

if TYPE_CHECKING:
    from grokcall.duckdb.database import Database

_in_use: weakref.WeakSet[Connection] = weakref.WeakSet()


@atexit.register
def _close_forgotten() -> None:
    # A program that ends without closing must not leave its sockets to be complained about by the libraries below.
    for connection in tuple(_in_use):
        connection.close()


KeyLike = str | SecretKey | Callable[[], str] | None


def connect(
    *,
    api_key: KeyLike = None,
    profile: str | None = None,
    transport: object = None,
    **options: Any,
) -> Connection:
    """A connection to the service; nothing is sent before the first call.

    Args:
        api_key: The key, a secret that holds it, or a function that gives it, which is asked again once the service
            refuses the key. Without one it is looked for in ``XAI_API_KEY``, the file ``XAI_API_KEY_FILE``, the
            keyring and the profile.
        profile: The profile of the configuration file to take options from.
        transport: ``"aiohttp"`` (the default), ``"httpx"``, an ``httpx.AsyncClient`` or ``AsyncBaseTransport``, any
            object with the methods of :class:`grokcall.Transport`, or a function from request to reply.
        **options: Any option of :class:`grokcall.Options` by name, for example ``base_url``, ``concurrency``,
            ``timeout``, ``max_attempts``, ``default_models``.

    Raises:
        InterfaceError: An option is unknown or has a value that it cannot take.

    >>> with connect(base_url="https://api.x.ai/v1") as connection:
    ...     connection.execute("SELECT 1").fetchone()
    (1,)
    """
    api_key = hidden(api_key)  # an error below shows no local variable that holds it
    return Connection(load_options(profile, **options), api_key=api_key, transport=transport)


class Connection:
    """A connection as PEP 249 has it; threads may share it, each with cursors of its own.

    The calls of all its cursors and lookups run on one event loop in the background and share one limit of calls in
    flight. ``commit`` and ``rollback`` do nothing: what was answered cannot be taken back.

    In the child of a fork it begins anew, with a loop, sockets and a database of its own; what was spent by then counts
    there as well. Cursors and lookups from before the fork cannot be used in the child.
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(self, options: Options, *, api_key: KeyLike = None, transport: object = None) -> None:
        self.options = options
        self.catalog: Catalog = open_catalog(options.catalog)
        """The procedures; those of the user's own are kept where the option ``catalog`` says."""
        self.settings: Settings = options.settings()
        self._given_transport = transport
        self._transport = as_transport(transport, options)
        self._loop = BackgroundLoop()
        self._lock = threading.Lock()
        self._engine: CallRunner | None = None
        self._database: Database | None = None
        self._database_options: dict[str, Any] = {}
        limits = SpendingLimits.among(options)
        self.allowances: Allowances = limits.allowances(fresh(BUDGET_ALLOWANCES))
        self.budget: Budget = limits.budget("connection") or Budget(name="connection")
        self._keys = KeySource(api_key, profile=options.profile)
        self._closed = False
        follow_forks(self)

    def __repr__(self) -> str:
        return (
            f"<grokcall.Connection to {self.options.base_url}{' (closed)' if getattr(self, '_closed', True) else ''}>"
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("a connection cannot be pickled; grokcall.Lookup can, and connects where it runs")

    def cursor(self, **limits: Any) -> Cursor:
        """A new cursor.

        Args:
            **limits: What each of its statements may spend, fields of :class:`grokcall.SpendingLimits`: ``max_cost``,
                ``max_calls``, ``max_tokens``, ``max_duration``, ``assumed_output_tokens``,
                ``assumed_reasoning_tokens``, ``assumed_tool_cost``. The connection's own limits hold as well.

        Raises:
            InterfaceError: There is no such limit, or it cannot have this value.
        """
        self.check_open()
        return Cursor(self, SpendingLimits.named(limits, "a cursor"))

    def execute(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> Cursor:
        """A new cursor that has executed ``operation``, within ``limits`` as for :meth:`cursor`."""
        return self.cursor(**limits).execute(operation, parameters)

    async def acall(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> pa.Table:
        """The result of one CALL as an Arrow table, awaited from any event loop.

        Args:
            operation: The CALL.
            parameters: A mapping for named markers, a sequence for question marks.
            **limits: What it may spend, as for :meth:`cursor`.

        Raises:
            grokcall.BudgetReachedError: A limit leaves no room for it; nothing was sent.
            grokcall.Error: What the call failed with.

        When it is cancelled after it was sent, its answer is awaited up to 30 s, because it may have been paid for,
        and is in the attribute ``result`` of the CancelledError; a second cancel leaves at once.
        """
        binder = self.binder(parse_call(operation), parameters)
        runner = self.runner(SpendingLimits.named(limits, "a call"))
        outcome = await SingleCall(runner, binder.bind(parameters)).amade(self._loop)
        return binder_table(binder, outcome)

    def lookup(self, command: str, rows: object, mapping: MappingLike = None, **options: Any) -> LookupResult:
        """One call for each row of a table, the results beside the rows, in the rows' order.

        Args:
            command: The CALL; its markers are filled from columns.
            rows: An Arrow table or reader, a pandas or Polars frame, a list of dicts, a path, a SELECT, or anything
                with ``__arrow_c_stream__``.
            mapping: From marker to column, :func:`grokcall.const` or :func:`grokcall.file`. A marker takes the column
                of its own name without one.
            **options: The fields of :class:`grokcall.LookupOptions`: ``on_error``, ``on_null_input``,
                ``on_incomplete``, ``fields``, ``concurrency``, ``journal``, ``max_cost``, ``types``, ``encoding`` and
                the others.

        Raises:
            grokcall.LookupFailedError: With ``on_error="fail"``, at the first row that failed.
            grokcall.Error: Anything that would fail every row: a refused key, no credits, an unreachable service.

        An exception that ends the lookup early, an interrupt included, has the rows that had ended by then in its
        attribute ``result``, a :class:`grokcall.LookupResult`. After an interrupt nothing more is sent, and the
        answers of calls in flight are waited for up to 30 s, because they may have been paid for; a second one leaves
        at once. To go on later without paying again for what was answered takes a ``journal``.

        >>> rows = [{"body": "My parcel never came"}, {"body": "Thank you!"}]
        >>> connection.lookup("CALL GenerateResponse(:body)", rows).summary.ok  # doctest: +SKIP
        2
        """
        with self.lookup_stream(command, rows, mapping, **options) as stream:
            return gathered(stream)

    async def alookup(self, command: str, rows: object, mapping: MappingLike = None, **options: Any) -> LookupResult:
        """The asynchronous twin of :meth:`lookup`, awaited from any event loop.

        A cancel is treated as an interrupt is there: the CancelledError, which is the cause of the TimeoutError of
        ``asyncio.wait_for``, comes once the answers of calls in flight have, up to 30 s later.
        """
        return await agathered(self.lookup_stream(command, rows, mapping, **options), self._loop)

    def lookup_stream(self, command: str, rows: object, mapping: MappingLike = None, **options: Any) -> LookupStream:
        """A lookup as an iterator of (output batch, error batch), in bounded memory; see :meth:`lookup`.

        A context manager; leaving it early stops the lookup. See :class:`grokcall.LookupStream`.
        """
        self.check_open()
        try:
            chosen = LookupOptions(**options)
        except TypeError as error:
            raise InterfaceError(unknown_option(options) or f"lookup: {error}") from None
        binder = self.binder(parse_call(command), constants_of(mapping))
        if chosen.batch:
            refuse_unfit(binder)
        source = rows if isinstance(rows, Source) else opened_rows(rows, chunk_rows(binder), chosen)
        try:
            plan = LookupPlan(binder, source.schema, mapping, chosen)
        except BaseException:
            source.close()
            raise
        return LookupStream(
            plan, source, self.engine, self._loop, self.options.concurrency, self.budget, self.allowances
        )

    def binder(
        self,
        call: Call,
        known: Mapping[str, object] | Sequence[object] | None = None,
        *,
        columns_later: bool = False,
    ) -> Binder:
        """The statement joined with its procedure.

        Args:
            call: The statement.
            known: Values of markers that are the same for every row, from which the result's columns may follow.
            columns_later: Whether the columns are not needed yet, only the parameters.

        Raises:
            grokcall.StatementError: The procedure is unknown, or the arguments do not fit it.
        """
        try:
            procedure = self.catalog.find(call.procedure, call.text, call.span)
        except UnknownNameError as error:
            raise explained(error, call) from None
        return Binder(call, procedure, self.settings, known, columns_later=columns_later)

    def engine(self) -> CallRunner:
        """The engine, made at the first call."""
        self.check_open()
        with self._lock:
            if self._engine is None:
                _in_use.add(self)
                gate = Gate(self.options.concurrency, limiter=Limiter(caps_of(self.options)))
                self._engine = CallRunner(self._transport, self.options, self.key, self._keys.renew, gate)
            return self._engine

    def database(self, **options: Any) -> Database:
        """The DuckDB in which the queries of this connection run, made at the first of them.

        Args:
            **options: How it treats the rows of its queries, as for :func:`grokcall.duckdb.register`: ``on_error``,
                ``journal``, ``max_cost``, ``dedupe`` and the others; only before the first query.

        Raises:
            InterfaceError: There is one already, with other options; or an option is unknown or unfit.
            OperationalError: The file of the option ``database`` cannot be opened.

        >>> connection.database(on_error="ignore", journal="answers.journal")  # doctest: +SKIP
        """
        from grokcall.duckdb.database import Database  # it stands on this module

        self.check_open()
        with self._lock:
            if self._database is None:
                _in_use.add(self)
                self._database_options = options or self._database_options
                self._database = Database(self, self.options.database, **self._database_options)
            elif options:
                raise InterfaceError("the database is open already; give its options before the first query")
            return self._database

    def runner(self, limits: SpendingLimits = UNLIMITED) -> CallExecutor:
        """Runs the calls of one statement within its limits and the connection's."""
        budget, allowances = limits.budget("statement", self.budget), limits.allowances(self.allowances)
        books = RunContext(dedupe=False, budget=budget, allowances=allowances)
        return CallExecutor(self.engine(), self.options.base_url, books)

    def guarantee(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> str | None:
        """What the limits promise for a CALL, in a sentence to show before it is run; None where there is no limit.

        >>> with connect(max_calls=20) as connection:
        ...     connection.guarantee("CALL GenerateResponse('hi')")
        'The connection will not make more than 20 calls.'
        """
        chosen = SpendingLimits.named(limits, "a statement")
        budget = chosen.budget("statement", self.budget)
        if budget is None or not budget.limited:
            return None
        call = self.binder(parse_call(operation)).bind(parameters)
        told = estimate(call, allowances=chosen.allowances(self.allowances))
        return budget.guarantee(told, resends=self.engine().policy.billed_attempts)

    def prices(self) -> Prices:
        """What the service says of its models' prices, laid over the dated table; sends one request, which is free.

        >>> connection.prices().text_model("grok-4.3").output  # doctest: +SKIP
        25000
        """
        return self._loop.run(listed_prices(self.engine()))

    def key(self) -> Key:
        """The key and where it was found.

        Raises:
            grokcall.MissingKeyError: There is none; the message names every place that was looked at.
        """
        return self._keys.key()

    @property
    def closed(self) -> bool:
        """Whether the connection was closed."""
        return self._closed

    @property
    def loop(self) -> BackgroundLoop:
        """The loop on which the calls run."""
        return self._loop

    def leave_to_parent(self) -> None:
        """Begins anew in the child of a fork; called there by itself."""
        abandon(self._engine, self._transport, self._database)
        self._lock = threading.Lock()
        self._engine = self._database = None
        self._transport = as_transport_anew(self._given_transport, self.options)
        self.allowances = SpendingLimits.among(self.options).allowances(fresh(BUDGET_ALLOWANCES))
        self.budget.leave_to_parent()

    def commit(self) -> None:
        """Does nothing."""
        self.check_open()

    def rollback(self) -> None:
        """Does nothing."""
        self.check_open()

    def close(self) -> None:
        """Ends calls that run and closes the connection; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        self._loop.close(self._engine.close if self._engine is not None else None)
        if self._database is not None:
            self._database.close()

    def __enter__(self) -> Self:
        self.check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True) and (self._engine is not None or self._database is not None):
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)
            self.close()

    def check_open(self) -> None:
        """Raises InterfaceError when the connection is closed."""
        if self._closed:
            raise InterfaceError("the connection is closed")


def opened_rows(rows: object, batch_rows: int, options: LookupOptions) -> Source:
    """The input of a lookup, read as its options say."""
    return open_table(
        rows, batch_rows=batch_rows, types=options.types, columns=options.columns, encoding=options.encoding
    )


def unknown_option(given: Mapping[str, object]) -> str | None:
    """What is said of the first option that no lookup has; None when there is none."""
    known = [field.name for field in fields(LookupOptions)]
    stray = next((name for name in given if name not in known), None)
    if stray is None:
        return None
    near = nearest(stray, known)
    return f"lookup has no option {stray!r}; " + (f"did you mean {near}?" if near else f"it has: {', '.join(known)}")


def binder_table(binder: Binder, outcome: Outcome) -> pa.Table:
    """The rows of an outcome as a table, or its error raised."""
    from grokcall.core.result_columns import result_table

    if outcome.error is not None:
        raise outcome.error
    return result_table(binder.procedure, outcome.rows or [])
