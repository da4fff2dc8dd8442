"""What connections that block and connections that await have in common: everything but the waiting."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

import pyarrow as pa

from grokcall import errors
from grokcall.budget.budget import Budget
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.config.api_key import Key
from grokcall.config.options import Options
from grokcall.core.at_exit import close_at_exit
from grokcall.core.forks import abandon, follow_forks
from grokcall.dbapi.tools import WithTools
from grokcall.duckdb.database import Database
from grokcall.duckdb.transactions import Transactions
from grokcall.errors import InterfaceError
from grokcall.execution.call_stream import AsyncCallStream
from grokcall.execution.runtime import KeyLike, Runtime
from grokcall.lookup.async_stream import opened_aside
from grokcall.lookup.gathering import agathered
from grokcall.lookup.mapping import MappingLike
from grokcall.lookup.opening import open_stream
from grokcall.lookup.results import LookupResult
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_parser import parse_call
from grokcall_procedures import Catalog


class BaseConnection(WithTools):
    """Options, a key, a transport, a loop, a budget and a database, which any number of threads and loops may share.

    Args:
        options: The options.
        api_key: The key, a secret that holds it, or a function that gives it; None to look for it.
        management_key: The key of the management host in the same way.
        transport: Where requests go, as :func:`grokcall.connect` takes it.
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

    def __init__(
        self,
        options: Options,
        *,
        api_key: KeyLike = None,
        management_key: KeyLike = None,
        transport: object = None,
    ) -> None:
        self.runtime: Runtime = Runtime(options, api_key=api_key, management_key=management_key, transport=transport)
        """What its calls run on."""
        self.let_tools_read()
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._database_options: dict[str, Any] = {}
        self.transactions: Transactions = Transactions()
        """Those of the statements of DuckDB."""
        follow_forks(self)

    def __repr__(self) -> str:
        kind = type(self).__name__
        if not hasattr(self, "runtime"):
            return f"<grokcall.{kind} that was not made>"
        return f"<grokcall.{kind} to {self.options.base_url}{' (closed)' if self.closed else ''}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a connection cannot be pickled; grokcall.Lookup can, and connects where it runs")

    @property
    def options(self) -> Options:
        """Its options."""
        return self.runtime.options

    @property
    def loop(self) -> BackgroundLoop:
        """The event loop on which its calls run."""
        return self.runtime.loop

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

    def astream(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> AsyncCallStream:
        """The answer of one CALL in pieces, to be iterated from any event loop; see :meth:`grokcall.Connection.stream`.

        >>> async for piece in connection.astream("CALL GenerateResponse('Tell a story')"):  # doctest: +SKIP
        ...     print(piece, end="", flush=True)
        """
        chosen = SpendingLimits.named(limits, "a call")
        return AsyncCallStream(self.runtime.stream(parse_call(operation), parameters, chosen), self.runtime.loop)

    async def alookup(self, command: str, rows: object, mapping: MappingLike = None, **options: Any) -> LookupResult:
        """One call for each row of a table, awaited from any event loop; see :meth:`grokcall.Connection.lookup`.

        A cancel is treated as an interrupt is there: the CancelledError, which is the cause of the TimeoutError of
        ``asyncio.wait_for``, comes once the answers of calls in flight have, up to 30 s later.
        """
        return await agathered(
            await opened_aside(partial(open_stream, self.runtime, command, rows, mapping, **options))
        )

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
                close_at_exit(self._close)
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

        >>> with grokcall.connect(max_calls=20) as connection:
        ...     connection.guarantee("CALL GenerateResponse('hi')")
        'The connection will not make more than 20 calls.'
        """
        chosen = SpendingLimits.named(limits, "a statement")
        return self.runtime.guarantee(parse_call(operation), parameters, chosen)

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

    def _close(self) -> None:
        self.runtime.close()
        if self._database is not None:
            self._database.close()

    def __del__(self) -> None:
        runtime = getattr(self, "runtime", None)
        if runtime is not None and not runtime.closed and (runtime.in_use or self._database is not None):
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)
            finally:  # a warning may be an error
                self._close()

    def check_open(self) -> None:
        """Raises InterfaceError when the connection is closed."""
        self.runtime.check_open()
