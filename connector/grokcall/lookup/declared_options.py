"""The options of a lookup, each declared once.

A further option is one more attribute here: :class:`grokcall.LookupOptions`, registrations with DuckDB, flags, help and
pages take it from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Literal

from grokcall.core.declarations import About, Flag
from grokcall.core.option_facts import (
    ALLOW_CHANGES,
    ASSUMED_OUTPUT_TOKENS,
    ASSUMED_REASONING_TOKENS,
    ASSUMED_TOOL_COST,
    CONCURRENCY,
    ESTIMATE,
    FAILURES,
    INPUT,
    JOURNAL,
    MAX_CALLS,
    MAX_COST,
    MAX_DURATION,
    MAX_TOKENS,
    OUTPUT,
    RECEIVE,
    REQUESTS,
    Many,
    OnError,
    OnIncomplete,
    OnNullInput,
    PricesFrom,
    Receive,
    Types,
)

if TYPE_CHECKING:
    from grokcall.tables.column_types import ColumnTypes
else:
    ColumnTypes = Mapping  # its library is not to be loaded with the help


@dataclass(frozen=True, slots=True)
class DeclaredLookupOptions:
    """The options of a lookup, before their values are checked."""

    on_error: Annotated[
        OnError,
        About(
            "What becomes of failed rows: redirect puts them aside, ignore keeps them with NULL in the result fields, "
            "fail ends the lookup at the first.",
            more="Those put aside are in ``errors``, those kept in ``rows``.",
            flag=Flag(heading=FAILURES, default=False),
        ),
    ] = "redirect"
    on_null_input: Annotated[
        OnNullInput,
        About(
            "NULL in a required parameter: error makes it an error of its row, skip makes no call and leaves NULL in "
            "the result fields.",
            flag=Flag(heading=FAILURES),
        ),
    ] = "error"
    fields: Annotated[
        Sequence[str] | None,
        About("The result fields to add, by name.", none="all", lookup_only=True, flag=Flag("A,B")),
    ] = None
    prefix: Annotated[
        str, About("What stands before the name of each result field.", lookup_only=True, flag=Flag("TEXT", OUTPUT))
    ] = ""
    call_columns: Annotated[
        bool | Literal["replace"] | None,
        About(
            "Whether the Call_* columns are added: status, error, attempts, cost.",
            more='None adds them where ``on_error`` is ignore; ``"replace"`` adds them in place of those that the '
            "input has, of an earlier lookup.",
            flag=Flag(names=("--call-columns",)),
        ),
    ] = None
    concurrency: Annotated[int | None, replace(CONCURRENCY, none="the connection's limit")] = None
    dedupe: Annotated[
        bool,
        About(
            "Whether equal calls share one request.",
            more="Turn it off where each row should have a sample of its own.",
            flag=Flag(heading=REQUESTS),
        ),
    ] = True
    journal: Annotated[
        str | PathLike[str] | None,
        About(
            "A file that keeps every finished call, so that the same lookup continues after whatever stopped it.",
            flag=Flag(
                "FILE",
                JOURNAL,
                help="Keep finished calls in FILE, so that a rerun continues; else in GROKCALL_JOURNAL.",
            ),
        ),
    ] = None
    reuse: Annotated[
        bool,
        About(
            "Whether answers of other runs in the journal will do as well.",
            flag=Flag(heading=JOURNAL, names=("--reuse",)),
        ),
    ] = False
    retry_failed: Annotated[
        bool,
        About(
            "Whether what failed for good in an earlier try is sent again.",
            flag=Flag(heading=JOURNAL, names=("--retry-failed",)),
        ),
    ] = False
    max_cost: Annotated[Decimal | float | str | None, MAX_COST] = None
    max_calls: Annotated[int | None, MAX_CALLS] = None
    max_tokens: Annotated[int | None, MAX_TOKENS] = None
    max_duration: Annotated[float | None, MAX_DURATION] = None
    assumed_output_tokens: Annotated[int | None, ASSUMED_OUTPUT_TOKENS] = None
    assumed_reasoning_tokens: Annotated[int | None, ASSUMED_REASONING_TOKENS] = None
    assumed_tool_cost: Annotated[Decimal | float | str | None, ASSUMED_TOOL_COST] = None
    on_incomplete: Annotated[
        OnIncomplete,
        About(
            "Answers that were cut short, and refusals: keep takes them as answers, error makes them errors of "
            "their rows, retry asks again with twice the MaxOutputTokens.",
            more="It asks up to two times, and makes it an error where that does not help. The answer was billed "
            "whatever it counts as.",
            flag=Flag(heading=FAILURES),
        ),
    ] = "keep"
    prices: Annotated[
        PricesFrom,
        About(
            "The prices that are assumed: of the dated table of the package, or what the service tells of its models.",
            more="They are asked for in one free request, which is sent first.",
            lookup_only=True,
            flag=Flag(heading=ESTIMATE),
        ),
    ] = "table"
    batch: Annotated[
        bool,
        About(
            "Whether the calls go as batches, which take up to a day and, for some models, cost less.",
            more="It needs a journal.",
            lookup_only=True,
            flag=Flag(heading=REQUESTS, names=("--batch",)),
        ),
    ] = False
    wait: Annotated[
        bool,
        About(
            "Whether to wait for batches; without it the same lookup takes their answers later.",
            more="It ends with BatchPendingError while they are not done.",
            lookup_only=True,
            flag=Flag(heading=REQUESTS),
        ),
    ] = True
    conversation: Annotated[
        str | None,
        About(
            "A column of the input: rows with the same value in it are the turns of one conversation, in their order.",
            more="A row waits for those before it in its own conversation only; NULL is none. Equal calls are not "
            "shared then, and there are no batches.",
            none="every row is asked by itself",
            lookup_only=True,
            flag=Flag("COLUMN", REQUESTS),
        ),
    ] = None
    receive: Annotated[Receive | None, replace(RECEIVE, none="the connection's way")] = None
    read_ahead: Annotated[
        int | None,
        About(
            "How many rows may be under way or wait for an earlier one to be given out.",
            none="8,192, or more where calls in flight need it; few for media",
            lookup_only=True,
            least=1,
            flag=Flag("N", REQUESTS),
        ),
    ] = None
    types: Annotated[
        Types,
        About(
            "Cells of a CSV or TSV file: text as it stands, auto for types where that changes no value, schema for "
            "those that are named for columns.",
            lookup_only=True,
            flag=Flag(heading=INPUT),
        ),
    ] = "text"
    columns: Annotated[
        ColumnTypes | None,
        About(
            'Types for columns of the input, from name to an Arrow type or its name (``"INT64"``, ``"DATE"``).',
            lookup_only=True,
            flag=Flag("NAME=TYPE", INPUT, ("--column",), "The type of a column: id=INT64."),
        ),
    ] = None
    encoding: Annotated[
        str | None,
        About(
            "What a file of text is written in, where it is neither UTF-8 nor marked: cp1252.",
            lookup_only=True,
            flag=Flag("NAME", INPUT),
        ),
    ] = None
    allow_changes: Annotated[
        bool, replace(ALLOW_CHANGES, more="The connection's option of the same name allows it as well.")
    ] = False
    many: Annotated[
        Many,
        About(
            "Where a call gives any number of rows: nest puts them into a list in its row, expand makes an output row "
            "of each.",
            more="The list is a column of structs; in output rows the input row is repeated.",
            lookup_only=True,
            flag=Flag(heading=OUTPUT),
        ),
    ] = "nest"
    keep_empty: Annotated[
        bool,
        About(
            "With expand, whether an input row without results stays, once, with NULL in the result fields.",
            more="Failed rows that are kept stay in any case.",
            lookup_only=True,
            flag=Flag(
                heading=OUTPUT,
                names=("--drop-empty",),
                help="With --many expand: leave out rows whose call gives no rows.",
                off=True,
            ),
        ),
    ] = True
    show_secrets: Annotated[
        bool,
        About(
            "Whether secrets, such as a new key, stand in the output; else they are masked.",
            lookup_only=True,
        ),
    ] = False
