"""Connections: options, a key, a transport and a loop, and everything that one can run over them."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, Self

import pyarrow as pa

from grokcall import errors
from grokcall.budget.budget import Budget
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.metadata import listed_prices
from grokcall.config.api_key import Key
from grokcall.config.options import Options, load_options
from grokcall.core.at_exit import close_at_exit
from grokcall.core.forks import abandon, follow_forks
from grokcall.core.redaction import hidden
from grokcall.dbapi.cursor import Cursor
from grokcall.duckdb.database import Database
from grokcall.duckdb.transactions import Transactions
from grokcall.errors import InterfaceError
from grokcall.execution.runtime import KeyLike, Runtime
from grokcall.lookup.gathering import agathered, gathered
from grokcall.lookup.mapping import MappingLike
from grokcall.lookup.opening import open_stream
from grokcall.lookup.results import LookupResult
from grokcall.lookup.stream import LookupStream
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_parser import parse_call
from grokcall_procedures import Catalog
from grokcall_procedures.prices import Prices


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
    flight. Each statement of DuckDB is kept at once, save between the statements BEGIN and COMMIT or ROLLBACK, or with
    ``autocommit = False``. ``commit`` and ``rollback`` end such a transaction, and do nothing without one. Calls are
    part of none: what was answered cannot be taken back.

    In the child of a fork it begins anew, with a loop, sockets and a database of its own; what was spent by then counts
    there as well. Cursors and lookups from before the fork cannot be used in the child.

    Args:
        options: Its options, which :func:`grokcall.connect` puts together.
        api_key: The key, as for :func:`grokcall.connect`.
        transport: What sends requests, as for :func:`grokcall.connect`.
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
        self.runtime: Runtime = Runtime(options, api_key=api_key, transport=transport)
        """What its calls run on."""
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._database_options: dict[str, Any] = {}
        self.transactions: Transactions = Transactions()
        """Those of the statements of DuckDB."""
        follow_forks(self)

    def __repr__(self) -> str:
        runtime = getattr(self, "runtime", None)
        return repr(runtime) if runtime is not None else "<grokcall.Connection that was not made>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a connection cannot be pickled; grokcall.Lookup can, and connects where it runs")

    @property
    def options(self) -> Options:
        """Its options."""
        return self.runtime.options

    @property
    def catalog(self) -> Catalog:
        """The procedures; user-defined ones are kept where the option ``catalog`` says."""
        return self.runtime.catalog

    @catalog.setter
    def catalog(self, catalog: Catalog) -> None:
        self.runtime.catalog = catalog

    @property
    def budget(self) -> Budget:
        """What may be spent over the connection, and what was."""
        return self.runtime.budget

    @budget.setter
    def budget(self, budget: Budget) -> None:
        self.runtime.budget = budget

    @property
    def loop(self) -> BackgroundLoop:
        """The event loop in the background that its calls run on, for what has to be closed there."""
        return self.runtime.loop

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
        """A new cursor that has executed a statement.

        Args:
            operation: The statement, as for :meth:`grokcall.Cursor.execute`.
            parameters: A mapping for named markers, a sequence for question marks.
            **limits: What it may spend, as for :meth:`cursor`.
        """
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
        call = self.runtime.call(parse_call(operation), parameters, SpendingLimits.named(limits, "a call"))
        return call.table(await call.aoutcome())

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
        return await agathered(self.lookup_stream(command, rows, mapping, **options), self.runtime.loop)

    def lookup_stream(self, command: str, rows: object, mapping: MappingLike = None, **options: Any) -> LookupStream:
        """A lookup as an iterator of (output batch, error batch), in bounded memory; see :meth:`lookup`.

        A context manager; leaving it early stops the lookup. See :class:`grokcall.LookupStream`.
        """
        return open_stream(self.runtime, command, rows, mapping, **options)

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
        self.check_open()
        with self._lock:
            if self._database is None:
                close_at_exit(self)
                self._database_options = options or self._database_options
                self._database = Database(
                    self.runtime, self.options.database, self.transactions, **self._database_options
                )
            elif options:
                raise InterfaceError("the database is open already; give its options before the first query")
            return self._database

    def guarantee(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> str | None:
        """What the limits promise for a CALL, in a sentence to show before it is run; None where there is no limit.

        >>> with connect(max_calls=20) as connection:
        ...     connection.guarantee("CALL GenerateResponse('hi')")
        'The connection will not make more than 20 calls.'
        """
        chosen = SpendingLimits.named(limits, "a statement")
        return self.runtime.guarantee(parse_call(operation), parameters, chosen)

    def prices(self) -> Prices:
        """What the service says of its models' prices, laid over the dated table; sends one request, which is free.

        >>> connection.prices().text_model("grok-4.3").output  # doctest: +SKIP
        25000
        """
        return self.runtime.loop.run(listed_prices(self.runtime.runner()))

    def key(self) -> Key:
        """The key and where it was found.

        Raises:
            grokcall.MissingKeyError: There is none; the message names every place that was looked at.
        """
        return self.runtime.key()

    @property
    def closed(self) -> bool:
        """Whether the connection was closed."""
        return self.runtime.closed

    def leave_to_parent(self) -> None:
        """Begins anew in the child of a fork; called there by itself."""
        abandon(self._database)
        self._lock = threading.Lock()
        self._database = None
        automatic, self.transactions = self.transactions.automatic, Transactions()
        self.transactions.automatic = automatic

    @property
    def autocommit(self) -> bool:
        """Whether each statement of DuckDB is kept at once, which is so until this is set to False.

        Then the first of them begins a transaction, which all cursors of the connection share until ``commit`` or
        ``rollback``; what was not committed is gone when the connection is closed. To set it to True commits.

        >>> with connect() as connection:
        ...     connection.autocommit = False
        ...     connection.execute("CREATE TABLE kept (id INTEGER)").rowcount
        ...     connection.rollback()
        ...     connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
        -1
        (0,)
        """
        return not self.transactions.automatic

    @autocommit.setter
    def autocommit(self, wanted: bool) -> None:
        if wanted:
            self.commit()
        self.check_open()
        self.transactions.automatic = not wanted

    def commit(self) -> None:
        """Keeps what statements of DuckDB did in the open transaction; does nothing when there is none.

        Raises:
            grokcall.Error: DuckDB cannot keep it; everything is as it was before the transaction.
        """
        self.check_open()
        self.transactions.commit()

    def rollback(self) -> None:
        """Undoes what statements of DuckDB did in the open transaction; does nothing when there is none."""
        self.check_open()
        self.transactions.rollback()

    def close(self) -> None:
        """Ends calls that run and closes the connection; harmless when repeated."""
        self.runtime.close()
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
        runtime = getattr(self, "runtime", None)
        if runtime is not None and not runtime.closed and (runtime.in_use or self._database is not None):
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)
            self.close()

    def check_open(self) -> None:
        """Raises InterfaceError when the connection is closed."""
        self.runtime.check_open()
