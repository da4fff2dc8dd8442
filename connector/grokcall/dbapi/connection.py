"""Connections as PEP 249 has them: what waits blocks the thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.metadata import listed_prices
from grokcall.config.options import load_options
from grokcall.conversations.base_conversation import begun_state
from grokcall.conversations.conversation import Conversation
from grokcall.conversations.saved import Saved
from grokcall.core.redaction import hidden
from grokcall.dbapi.base_connection import BaseConnection
from grokcall.dbapi.cursor import Cursor
from grokcall.dbapi.sockets import WithSockets
from grokcall.execution.call_stream import CallStream
from grokcall.execution.runtime import KeyLike
from grokcall.lookup.gathering import gathered
from grokcall.lookup.mapping import MappingLike
from grokcall.lookup.opening import open_stream
from grokcall.lookup.results import LookupResult
from grokcall.lookup.stream import LookupStream
from grokcall_parser import parse_call
from grokcall_procedures.prices import Prices


def connect(
    *,
    api_key: KeyLike = None,
    management_key: KeyLike = None,
    profile: str | None = None,
    transport: object = None,
    **options: Any,
) -> Connection:
    """A connection to the service; nothing is sent before the first call.

    Args:
        api_key: The key, a secret that holds it, or a function that gives it, which is asked again once the service
            refuses the key. Without one it is looked for in ``XAI_API_KEY``, the file ``XAI_API_KEY_FILE``, the
            keyring and the profile.
        management_key: The key of the management host, in the same way; only management procedures need it. Without
            one it is looked for in ``XAI_MANAGEMENT_API_KEY``, ``XAI_MANAGEMENT_KEY``, the files that these with
            ``_FILE`` name, the keyring and the profile. Neither key is taken for the other.
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
    management_key = hidden(management_key)
    loaded = load_options(profile, **options)
    return Connection(loaded, api_key=api_key, management_key=management_key, transport=transport)


class Connection(WithSockets, BaseConnection):
    """A connection as PEP 249 has it; threads may share it, each with cursors of its own.

    The calls of all its cursors and lookups run on one event loop in the background and share one limit of calls in
    flight. Each statement of DuckDB is kept at once, save between the statements BEGIN and COMMIT or ROLLBACK, or with
    ``autocommit = False``. ``commit`` and ``rollback`` end such a transaction, and do nothing without one. Calls are
    part of none: what was answered cannot be taken back. PEP 249's classes of errors are attributes of it, as in
    ``except connection.Error``.

    In the child of a fork it begins anew, with a loop, sockets and a database of its own; what was spent by then counts
    there as well. Cursors and lookups from before the fork cannot be used in the child.
    """

    def cursor(self, *, receive: str | None = None, **limits: Any) -> Cursor:
        """A new cursor.

        Args:
            receive: How answers of its CALLs are received, ``whole`` or ``stream`` for in pieces; None for the
                connection's way.
            **limits: What each of its statements may spend, fields of :class:`grokcall.SpendingLimits`: ``max_cost``,
                ``max_calls``, ``max_tokens``, ``max_duration``, ``assumed_output_tokens``,
                ``assumed_reasoning_tokens``, ``assumed_tool_cost``. The connection's own limits hold as well.

        Raises:
            InterfaceError: There is no such limit, or it cannot have this value.
        """
        self.check_open()
        return Cursor(self, SpendingLimits.named(limits, "a cursor"), receive=receive)

    def execute(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> Cursor:
        """A new cursor that has executed ``operation``, within ``limits`` as for :meth:`cursor`."""
        return self.cursor(**limits).execute(operation, parameters)

    def stream(
        self, operation: str, parameters: Mapping[str, object] | Sequence[object] | None = None, **limits: Any
    ) -> CallStream:
        """The answer of one CALL in pieces, as the model writes it; see :class:`grokcall.CallStream`.

        Args:
            operation: The CALL of a procedure that streams: GenerateResponse, AnalyzeImage, AnalyzeImageByUrl,
                AnalyzeFile, CreateChatCompletion, CreateMessage, GenerateAudio, DownloadFile.
            parameters: A mapping for named markers, a sequence for question marks.
            **limits: What it may spend, as for :meth:`cursor`.

        Raises:
            NotSupportedError: The answers of the procedure come whole only.
            grokcall.StatementError: The procedure is unknown, or the arguments do not fit it.

        An answer that is cut off raises a :class:`grokcall.StreamCutError`, unless the service has kept the whole.

        >>> for piece in connection.stream("CALL GenerateResponse('Tell a story')"):  # doctest: +SKIP
        ...     print(piece, end="", flush=True)
        """
        chosen = SpendingLimits.named(limits, "a call")
        return CallStream(self.runtime.stream(parse_call(operation), parameters, chosen), self.runtime.loop)

    def conversation(self, *, load: Saved | None = None, **parameters: Any) -> Conversation:
        """A conversation: each question goes on from the answers before it; see :class:`grokcall.Conversation`.

        Args:
            load: One that :meth:`grokcall.Conversation.dump` has written: its text, its file, or the decoded document.
            **parameters: Parameters of GenerateResponse that hold for all questions, as ``Instructions``, ``Model``,
                ``Tools`` or ``Store``, and limits of what all turns together may spend, as for :meth:`cursor`. They go
                before those that were kept.

        Raises:
            InterfaceError: There is no such parameter or limit, or ``load`` is no conversation.
            grokcall.Error: A parameter cannot have its value.

        >>> talk = connection.conversation(Instructions="Answer in one word.", max_cost="0.10")  # doctest: +SKIP
        >>> print(talk.ask("Which colour is a ripe banana?"), talk.ask("And an unripe one?"))  # doctest: +SKIP
        Yellow Green
        """
        state, limits = begun_state(load, parameters)
        return Conversation(self.runtime, limits, state)

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

    def lookup_stream(self, command: str, rows: object, mapping: MappingLike = None, **options: Any) -> LookupStream:
        """A lookup as an iterator of (output batch, error batch), in bounded memory; see :meth:`lookup`.

        A context manager; leaving it early stops the lookup. See :class:`grokcall.LookupStream`.
        """
        return open_stream(self.runtime, command, rows, mapping, **options)

    def prices(self) -> Prices:
        """What the service says of its models' prices, laid over the dated table; sends one request, which is free.

        >>> connection.prices().text_model("grok-4.3").output  # doctest: +SKIP
        25000
        """
        return self.runtime.loop.run(listed_prices(self.runtime.runner()))

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
        self._close()

    def __enter__(self) -> Self:
        self.check_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
