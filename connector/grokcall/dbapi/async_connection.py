"""Connections for programs that await."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.metadata import listed_prices
from grokcall.config.options import load_options
from grokcall.conversations.async_conversation import AsyncConversation
from grokcall.conversations.base_conversation import begun_state
from grokcall.conversations.saved import Saved
from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.core.redaction import hidden
from grokcall.dbapi.async_cursor import AsyncCursor
from grokcall.dbapi.base_connection import BaseConnection
from grokcall.dbapi.sockets import WithAsyncSockets
from grokcall.execution.call_stream import AsyncCallStream
from grokcall.execution.runtime import KeyLike
from grokcall.lookup.async_stream import AsyncLookupStream
from grokcall.lookup.mapping import MappingLike
from grokcall.lookup.opening import open_stream
from grokcall.lookup.results import LookupResult
from grokcall_procedures.prices import Prices


def aconnect(
    *,
    api_key: KeyLike = None,
    management_key: KeyLike = None,
    profile: str | None = None,
    transport: object = None,
    **options: Any,
) -> AsyncConnection:
    """A connection to the service for programs that await; nothing is sent before the first call.

    It can be entered with ``async with``, or awaited, which gives it as well.

    Args:
        api_key: The key, as for :func:`grokcall.connect`.
        management_key: The key of the management host, as for :func:`grokcall.connect`.
        profile: The profile of the configuration file to take options from.
        transport: Where requests go, as for :func:`grokcall.connect`.
        **options: Any option of :class:`grokcall.Options` by name.

    Raises:
        InterfaceError: An option is unknown or has a value that it cannot take.

    >>> async with aconnect(base_url="https://api.x.ai/v1") as connection:  # doctest: +SKIP
    ...     cursor = await connection.execute("CALL GenerateResponse(:Message)", {"Message": "Say hello"})
    ...     print(await cursor.fetchone())
    """
    api_key = hidden(api_key)  # an error below shows no local variable that holds it
    management_key = hidden(management_key)
    loaded = load_options(profile, **options)
    return AsyncConnection(loaded, api_key=api_key, management_key=management_key, transport=transport)


class AsyncConnection(WithAsyncSockets, BaseConnection):
    """The twin of :class:`grokcall.Connection` for programs that await.

    Tasks of any number of event loops, in any number of threads, may share it, each with cursors of its own: its calls
    run on one loop in the background and share one limit of calls in flight, its queries run in threads. Nothing of it
    belongs to the loop that it is used from.
    """

    def cursor(self, *, receive: str | None = None, **limits: Any) -> AsyncCursor:
        """A new cursor; the arguments are those of :meth:`grokcall.Connection.cursor`.

        Raises:
            InterfaceError: There is no such limit, or it cannot have this value.
        """
        self.check_open()
        return AsyncCursor(self, SpendingLimits.named(limits, "a cursor"), receive=receive)

    async def execute(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> AsyncCursor:
        """A new cursor that has executed ``operation``, within ``limits`` as for :meth:`cursor`."""
        return await self.cursor(**limits).execute(operation, parameters)

    async def call(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> pa.Table:
        """The result of one CALL as an Arrow table; see :meth:`acall`, which is the same."""
        return await self.acall(operation, parameters, **limits)

    def stream(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> AsyncCallStream:
        """The answer of one CALL in pieces; see :meth:`astream`, which is the same."""
        return self.astream(operation, parameters, **limits)

    def conversation(self, *, load: Saved | None = None, **parameters: Any) -> AsyncConversation:
        """A conversation whose answers are awaited; arguments as for :meth:`grokcall.Connection.conversation`.

        Raises:
            InterfaceError: There is no such parameter or limit, or ``load`` is no conversation.
            grokcall.Error: A parameter cannot have its value.
        """
        state, limits = begun_state(load, parameters)
        return AsyncConversation(self.runtime, limits, state)

    async def lookup(self, command: str, rows: object, mapping: MappingLike = None, **options: Any) -> LookupResult:
        """One call for each row of a table; see :meth:`alookup`, which is the same."""
        return await self.alookup(command, rows, mapping, **options)

    def lookup_stream(
        self, command: str, rows: object, mapping: MappingLike = None, **options: Any
    ) -> AsyncLookupStream:
        """A lookup as an asynchronous iterator of (output batch, error batch), in bounded memory.

        Arguments are those of :meth:`grokcall.Connection.lookup`; see :class:`grokcall.AsyncLookupStream`.

        >>> async for rows, errors in connection.lookup_stream("CALL GenerateResponse(:body)", "tickets.csv"):
        ...     print(rows.num_rows)  # doctest: +SKIP
        """
        self.check_open()
        return AsyncLookupStream(partial(open_stream, self.runtime, command, rows, mapping, **options))

    async def prices(self) -> Prices:
        """What the service says of its models' prices, laid over the dated table; sends one request, which is free."""
        return await self.runtime.loop.arun(listed_prices(self.runtime.runner()))

    async def set_autocommit(self, wanted: bool) -> None:
        """Has statements of DuckDB be kept at once, or not, as ``autocommit`` of a :class:`grokcall.Connection`."""
        if wanted:
            await self.commit()
        self.check_open()
        self.transactions.automatic = not wanted

    async def commit(self) -> None:
        """Keeps what statements of DuckDB did in the open transaction; does nothing when there is none.

        Raises:
            grokcall.Error: DuckDB cannot keep it; everything is as it was before the transaction.
        """
        self.check_open()
        await in_daemon_thread(self.transactions.commit)

    async def rollback(self) -> None:
        """Undoes what statements of DuckDB did in the open transaction; does nothing when there is none."""
        self.check_open()
        await in_daemon_thread(self.transactions.rollback)

    async def close(self) -> None:
        """Ends calls that run and closes the connection; harmless when repeated."""
        await in_daemon_thread(self._close)

    def __await__(self) -> Generator[Any, None, Self]:
        self.check_open()
        yield from ()
        return self

    async def __aenter__(self) -> Self:
        self.check_open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
