"""How a lookup is opened: its command, its rows and its options are joined before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from grokcall.errors import InterfaceError
from grokcall.execution.runtime import Runtime
from grokcall.lookup.batch.requests import refuse_unfit
from grokcall.lookup.conversations import check_conversations
from grokcall.lookup.mapping import MappingLike, constants_of
from grokcall.lookup.options import DECLARED, LookupOptions
from grokcall.lookup.plan import LookupPlan, chunk_rows
from grokcall.lookup.stream import LookupStream
from grokcall.tables.reader import open_table
from grokcall.tables.source import Source
from grokcall_parser import parse_call
from grokcall_parser.suggestions import hint


def open_stream(
    runtime: Runtime, command: str, rows: object, mapping: MappingLike = None, **options: Any
) -> LookupStream:
    """A lookup under way over a table, as :meth:`grokcall.Connection.lookup_stream` gives it.

    Raises:
        InterfaceError: An option is unknown or unfit, or the runtime is closed.
        grokcall.StatementError: The command is wrong.
        DataError: The rows cannot be read.
    """
    runtime.check_open()
    try:
        chosen = LookupOptions(**options)
    except TypeError as error:
        raise InterfaceError(unknown_option(options) or f"lookup: {error}") from None
    binder = runtime.binder(parse_call(command), constants_of(mapping), of_lookup=True, fields=chosen.fields)
    runtime.consent(chosen.allow_changes, kept=chosen.journal is not None).check_all(binder.procedure)
    if chosen.batch:
        refuse_unfit(binder)
    if chosen.conversation is not None:
        check_conversations(binder, runtime.catalog)
    source = rows if isinstance(rows, Source) else opened_rows(rows, chunk_rows(binder), chosen)
    try:
        plan = LookupPlan(binder, source.schema, mapping, chosen)
    except BaseException:
        source.close()
        raise
    return LookupStream(plan, source, runtime)


def opened_rows(rows: object, batch_rows: int, options: LookupOptions) -> Source:
    """The input of a lookup, read as its options say."""
    return open_table(
        rows, batch_rows=batch_rows, types=options.types, columns=options.columns, encoding=options.encoding
    )


def unknown_option(given: Mapping[str, object]) -> str | None:
    """What is said of the first option that no lookup has; None when there is none."""
    stray = next((name for name in given if name not in DECLARED), None)
    if stray is None:
        return None
    return f"lookup has no option {stray!r}; {hint(stray, DECLARED)}"
