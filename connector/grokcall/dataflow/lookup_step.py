"""A lookup as a step of somebody else's data flow: from record batch to record batch, and easy to ship."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import pyarrow as pa

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.config.options import Options, load_options
from grokcall.core.forks import follow_forks
from grokcall.core.option_facts import Many, OnError, OnIncomplete, OnNullInput, Types
from grokcall.dataflow.batch_forms import in_form_of
from grokcall.dataflow.process_connections import CONNECTIONS, Key
from grokcall.dbapi.connection import Connection
from grokcall.errors import InterfaceError
from grokcall.execution.summary import Summary
from grokcall.lookup.gathering import gathered
from grokcall.lookup.mapping import MappingLike, constants_of
from grokcall.lookup.options import DECLARED, LookupOptions
from grokcall.lookup.plan import LookupPlan
from grokcall.lookup.stream import LookupStream
from grokcall.tables.column_types import ColumnTypes, checked_columns, typed_schema
from grokcall.tools.named_functions import function_named
from grokcall_parser import parse_call
from grokcall_parser.suggestions import hint

T = TypeVar("T")
OF_THIS_PROCESS: Final = ("_connection", "_key", "_lock", "_summary", "_has_news")
"""What does not travel."""


class Lookup:
    """A picklable step that puts a call beside each row of the batches it is given.

    It holds no connection and no key until it runs; each process that runs it makes its own connection and looks the
    key up in its own surroundings. Steps of one process with the same options share a connection, those with limits
    only with copies of themselves. It is closed with the last of them, or a minute after the last was dropped without
    being closed; one with limits then stays, so that what was spent of them is known.

    Args:
        command: The CALL; its markers are filled from columns.
        mapping: From marker to column, :func:`grokcall.const` or :func:`grokcall.file`.
        on_error: ``ignore`` keeps a failed row, with NULL in the result fields; ``fail`` raises. A step has one
            output, so there is no ``redirect``.
        on_null_input, on_incomplete, fields, prefix, call_columns, concurrency, dedupe: As for
            :meth:`grokcall.Connection.lookup`. There is no journal and no batch: batches of rows come one by one.
        types, columns, encoding: As for :meth:`grokcall.Connection.lookup`. Rows come to a step with their types, so
            that only ``columns`` changes them.
        many, keep_empty: As for :meth:`grokcall.Connection.lookup`. With ``many="expand"`` a batch may come out with
            more rows than went in, or with fewer.
        read_ahead: The most rows of :meth:`stream` that may be under way or wait for an earlier one.
        on_summary: Told, when the step is closed, what it did in this process; pickled with the step, so a function
            that workers find by its name.
        tools: Functions that ``Tools`` may name, as ``module:function``, which each process loads for itself.
        profile: The profile of the configuration file.
        **options: Options of the connection; never a key. The limits ``max_cost``, ``max_calls``, ``max_tokens`` and
            ``max_duration`` are among them: they hold for each process that runs the step, over all its batches.

    >>> step = Lookup("CALL GenerateResponse(:Message)", {"Message": "body"}, fields=["Response_Result"])
    >>> step.schema(pa.schema({"body": pa.string()})).names[:2]
    ['body', 'Response_Result']
    """

    _has_news: bool

    def __init__(
        self,
        command: str,
        mapping: MappingLike = None,
        *,
        on_error: OnError = "ignore",
        on_null_input: OnNullInput = "error",
        fields: Sequence[str] | None = None,
        prefix: str = "",
        call_columns: bool | None = None,
        concurrency: int | None = None,
        on_incomplete: OnIncomplete = "keep",
        dedupe: bool = True,
        types: Types = "text",
        columns: ColumnTypes | None = None,
        encoding: str | None = None,
        many: Many = "nest",
        keep_empty: bool = True,
        read_ahead: int = 1024,
        tools: Sequence[str] = (),
        on_summary: Callable[[Summary], object] | None = None,
        profile: str | None = None,
        **options: Any,
    ) -> None:
        if on_error == "redirect":
            raise InterfaceError("a step has one output: on_error must be 'ignore' or 'fail'")
        if "api_key" in options or "management_key" in options:
            raise InterfaceError("a step travels between processes, so it takes no key; set XAI_API_KEY where it runs")
        stray = next((name for name in options if name not in Options.model_fields), None)
        if stray is not None:
            raise InterfaceError(f"a step has no option {stray!r}; {hint(stray, Options.model_fields)}")
        parse_call(command)
        self.command = command
        self.mapping = mapping
        self.lookup_options: LookupOptions = LookupOptions(
            on_error,
            on_null_input,
            fields,
            prefix,
            call_columns,
            concurrency,
            dedupe=dedupe,
            on_incomplete=on_incomplete,
            types=types,
            columns=columns,
            encoding=encoding,
            many=many,
            keep_empty=keep_empty,
            read_ahead=read_ahead,
        )
        """How rows are treated."""
        for name in tools:
            function_named(name)  # a wrong one is told here, and not by each worker
        self.tools: tuple[str, ...] = tuple(tools)
        self.profile = profile
        self.options = options
        """The options of the connection."""
        self.on_summary = on_summary
        """Told what the step did, when it is closed."""
        self._identity = uuid.uuid4().hex  # copies of one step in a process have one budget
        self._begin()

    def __call__(self, batch: T) -> T:
        """The batch with the result's columns added, in the same order, in the form in which it was given.

        Args:
            batch: A batch or a table of Arrow, a frame of pandas or Polars, or a mapping from names to arrays, as
                engines hand them on. Any other table, such as a list of dictionaries, comes back as a batch of Arrow.

        Raises:
            grokcall.LookupFailedError: With ``on_error="fail"``, at the first row that failed.
            grokcall.DataError: The results have too many bytes for one batch.
            grokcall.Error: Anything that would fail every row.
        """
        with self._lookup(batch) as stream:
            try:
                table = gathered(stream).rows
            finally:
                self._add(stream.summary)
        form: T = in_form_of(batch, table, keeps_columns=self.lookup_options.keeps_columns)
        return form

    def stream(self, batches: Iterable[pa.RecordBatch | pa.Table]) -> Iterator[pa.RecordBatch]:
        """The batches with the result's columns added, in one pass over all of them.

        Calls of later batches are in flight while earlier ones are answered. Rows come in their order, in batches of
        other sizes than went in. At most ``read_ahead`` rows are under way. Of no rows nothing comes, and nothing is
        connected to.

        Args:
            batches: All with the same columns.

        Raises:
            grokcall.LookupFailedError: With ``on_error="fail"``, at the first row that failed.
            grokcall.DataError: A batch has other columns than the first.
            grokcall.Error: Anything that would fail every row.

        >>> for batch in step.stream(reader):  # doctest: +SKIP
        ...     writer.write_batch(batch)
        """
        found = pieces_of(batches)
        first = next(found, None)
        if first is None:
            return
        with self._lookup(chain([first], found)) as stream:
            try:
                for rows, _ in stream:
                    yield rows
            finally:
                self._add(stream.summary)

    def schema(self, input_schema: pa.Schema) -> pa.Schema:
        """The schema of what comes out for what goes in; sends nothing."""
        binder = self._connected().runtime.binder(parse_call(self.command), constants_of(self.mapping))
        chosen = self.lookup_options
        typed = typed_schema(input_schema, checked_columns(chosen.types, chosen.columns))
        return LookupPlan(binder, typed, self.mapping, chosen).schema

    @property
    def summary(self) -> Summary:
        """The totals over everything that this step has run in this process."""
        return self._summary

    def close(self) -> None:
        """Gives the connection up, which the last step that shares it closes; then ``on_summary`` is told."""
        self._let_go(at_once=True)
        if self._has_news and self.on_summary is not None:
            self._has_news = False
            self.on_summary(self._summary)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in OF_THIS_PROCESS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is not None:
            self._let_go(at_once=False)

    def _begin(self) -> None:
        """Has nothing of this process yet."""
        self._connection: Connection | None = None
        self._key: Key = ()
        self._lock = threading.Lock()
        self._summary = Summary()
        self._has_news = False
        follow_forks(self)

    def leave_to_parent(self) -> None:
        """In the child of a fork the connection begins anew by itself; another thread may have held the lock."""
        self._lock = threading.Lock()

    def _lookup(self, rows: object) -> LookupStream:
        chosen = {name: getattr(self.lookup_options, name) for name in DECLARED}
        return self._connected().lookup_stream(self.command, rows, self.mapping, **chosen)

    def _add(self, summary: Summary) -> None:
        with self._lock:
            self._summary += summary
            self._has_news = True

    def _connected(self) -> Connection:
        with self._lock:
            if self._connection is None or self._connection.closed:
                options = load_options(self.profile, **self.options)
                self._key = (options.model_dump_json(), self.tools, self._identity if is_limited(options) else None)
                self._connection = CONNECTIONS.hold(self._key, lambda: self._connect(options))
            return self._connection

    def _connect(self, options: Options) -> Connection:
        connection = Connection(options)
        for name in self.tools:
            connection.tool(function_named(name))
        return connection

    def _let_go(self, *, at_once: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            CONNECTIONS.let_go(self._key, connection, at_once=at_once)


def pieces_of(batches: Iterable[object]) -> Iterator[pa.RecordBatch]:
    """The batches that have rows, tables taken apart.

    Raises:
        InterfaceError: One is neither a batch nor a table of Arrow.
    """
    for batch in batches:
        if isinstance(batch, pa.Table):
            yield from (piece for piece in batch.to_batches() if piece.num_rows)
        elif not isinstance(batch, pa.RecordBatch):
            raise InterfaceError(f"a step's stream takes batches and tables of Arrow, not {type(batch).__name__}")
        elif batch.num_rows:
            yield batch


def is_limited(options: Options) -> bool:
    """Whether a connection has a budget."""
    return SpendingLimits.among(options).budget("connection") is not None
