"""A lookup as a step of somebody else's data flow: from record batch to record batch, and easy to ship."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from grokcall.config.options import Options
from grokcall.core.option_facts import Many, OnError, OnIncomplete, OnNullInput, Types
from grokcall.dbapi.connection import Connection, connect
from grokcall.errors import DataError, InterfaceError
from grokcall.lookup.gathering import gathered
from grokcall.lookup.mapping import MappingLike, constants_of
from grokcall.lookup.options import DECLARED, LookupOptions
from grokcall.lookup.plan import LookupPlan
from grokcall.tables.column_types import ColumnTypes, checked_columns, typed_schema
from grokcall.tools.named_functions import function_named
from grokcall_parser import parse_call
from grokcall_parser.suggestions import hint


class Lookup:
    """A picklable step that puts a call beside each row of the batches it is given.

    It holds no connection and no key until it runs; each process that runs it makes its own connection and looks the
    key up in its own surroundings.

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
        tools: Functions that ``Tools`` may name, as ``module:function``, which each process loads for itself.
        profile: The profile of the configuration file.
        **options: Options of the connection; never a key. The limits ``max_cost``, ``max_calls``, ``max_tokens`` and
            ``max_duration`` are among them: they hold for each process that runs the step, over all its batches.

    >>> step = Lookup("CALL GenerateResponse(:Message)", {"Message": "body"}, fields=["Response_Result"])
    >>> step.schema(pa.schema({"body": pa.string()})).names[:2]
    ['body', 'Response_Result']
    """

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
        tools: Sequence[str] = (),
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
        )
        """How rows are treated."""
        for name in tools:
            function_named(name)  # a wrong one is told here, and not by each worker
        self.tools: tuple[str, ...] = tuple(tools)
        self.profile = profile
        self.options = options
        """The options of the connection."""
        self._connection: Connection | None = None

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the result's columns added, in the same order.

        Raises:
            grokcall.LookupFailedError: With ``on_error="fail"``, at the first row that failed.
            grokcall.DataError: The results have too many bytes for one batch.
            grokcall.Error: Anything that would fail every row.
        """
        chosen = self.lookup_options
        with self._connected().lookup_stream(
            self.command,
            batch,
            self.mapping,
            **{name: getattr(chosen, name) for name in DECLARED},
        ) as stream:
            table = gathered(stream).rows
        combined = table.combine_chunks().to_batches()
        if len(combined) > 1:
            raise DataError(
                f"the results of a batch of {batch.num_rows:,} rows do not fit into one batch: a column has more than "
                "2 GiB; give the step smaller batches"
            )
        return combined[0] if combined else pa.RecordBatch.from_pylist([], schema=table.schema)

    def schema(self, input_schema: pa.Schema) -> pa.Schema:
        """The schema of what comes out for what goes in; sends nothing."""
        binder = self._connected().runtime.binder(parse_call(self.command), constants_of(self.mapping))
        chosen = self.lookup_options
        typed = typed_schema(input_schema, checked_columns(chosen.types, chosen.columns))
        return LookupPlan(binder, typed, self.mapping, chosen).schema

    def close(self) -> None:
        """Closes the connection that the step made, if it made one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_connection": None}

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is not None:
            self.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = connect(profile=self.profile, **self.options)
            for name in self.tools:
                self._connection.tool(function_named(name))
        return self._connection
