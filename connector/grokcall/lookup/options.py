"""How a lookup treats its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from os import PathLike
from typing import Literal, TypeAlias, get_args

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.errors import InterfaceError
from grokcall.execution.incomplete_answers import OnIncomplete
from grokcall.tables.column_types import ColumnTypes, Types

OnError: TypeAlias = Literal["redirect", "ignore", "fail"]
OnNullInput: TypeAlias = Literal["error", "skip"]
PricesFrom: TypeAlias = Literal["table", "service"]
Receive: TypeAlias = Literal["whole", "stream"]
Many: TypeAlias = Literal["nest", "expand"]
CHOICES: Mapping[str, tuple[str, ...]] = {
    "on_error": get_args(OnError),
    "on_null_input": get_args(OnNullInput),
    "on_incomplete": get_args(OnIncomplete),
    "prices": get_args(PricesFrom),
    "receive": get_args(Receive),
    "types": get_args(Types),
    "many": get_args(Many),
}
"""The options that are one of a few words."""


@dataclass(frozen=True, slots=True)
class LookupOptions:
    """How a lookup treats its rows.

    Args:
        on_error: ``redirect`` puts failed rows into ``errors``; ``ignore`` keeps them in ``rows`` with NULL in the
            result fields; ``fail`` ends the lookup at the first.
        on_null_input: ``error`` makes a NULL for a required parameter an error of its row; ``skip`` makes no call
            for such a row and leaves its result fields NULL.
        fields: The result fields to add, by name; None for all.
        prefix: Put before the name of each result field.
        call_columns: Whether ``Call_*`` columns are added to ``rows``; None adds them where ``on_error`` is ignore, and
            ``"replace"`` adds them in place of those that the input has, of an earlier lookup.
        concurrency: The most calls in flight; None for the connection's limit.
        dedupe: Whether equal calls share one request. Turn it off where each row should have a sample of its own.
        journal: A file that keeps every finished call, so that the same lookup continues after whatever stopped it.
        reuse: Whether answers of other runs in the journal will do as well.
        retry_failed: Whether rows that failed for good in an earlier try are sent again.
        max_cost: USD that the lookup may cost, as text, Decimal or number.
        max_calls: Calls that it may make.
        max_tokens: Tokens that it may read and write together.
        max_duration: Seconds after which no call starts any more.
        assumed_output_tokens: Tokens of the longest text of an answer, where a call sets no MaxOutputTokens.
        assumed_reasoning_tokens: Tokens of the longest reasoning of one answer.
        assumed_tool_cost: The most USD that tools add to a call that uses them, over all of its turns.
        on_incomplete: What an answer that was cut short, or is a refusal, counts as: ``keep`` takes it as an answer;
            ``error`` makes it an error of its row; ``retry`` asks again with twice the MaxOutputTokens, up to two
            times, and makes it an error where that does not help. It was billed whatever it counts as.
        prices: The prices that budgets and dry runs assume: the dated ``table`` of the package, or what the ``service``
            tells of its models, for which one free request is sent first.
        batch: Whether the calls go through the service's batches, which take up to a day and, for some models, cost
            less. It needs a journal.
        wait: Whether to wait for batches. Without it the lookup ends with BatchPendingError while they are not done;
            the same lookup takes their answers later.
        receive: How answers are received: ``whole``, or ``stream`` for in pieces, which no proxy takes for idle; None
            for the connection's way. Rows are the same.
        types: What the cells of a CSV or TSV file are: the ``text`` that stands in the file; ``auto`` gives a type to
            each column whose values are written again as they were; ``schema`` goes by ``columns``.
        columns: Types for columns of the input, from name to an Arrow type or its name (``"INT64"``, ``"DATE"``).
        allow_changes: Whether the calls may change and remove things at the service; the connection's option of the
            same name allows it as well.
        encoding: What a file of text is written in, where it is neither UTF-8 nor marked: ``"cp1252"``.
        many: What becomes of the results of a procedure that gives any number of rows: ``nest`` puts them beside the
            input row, in one column of lists of structs; ``expand`` makes an output row of each, with the input row
            repeated.
        keep_empty: With ``expand``, whether an input row without results stays, once, with NULL in the result fields.
            Failed rows that are kept stay in any case.
        show_secrets: Whether secrets, such as a new key, stand in the output; else they are masked.
    """

    on_error: OnError = "redirect"
    on_null_input: OnNullInput = "error"
    fields: Sequence[str] | None = None
    prefix: str = ""
    call_columns: bool | Literal["replace"] | None = None
    concurrency: int | None = None
    dedupe: bool = True
    journal: str | PathLike[str] | None = None
    reuse: bool = False
    retry_failed: bool = False
    max_cost: Decimal | float | str | None = None
    max_calls: int | None = None
    max_tokens: int | None = None
    max_duration: float | None = None
    assumed_output_tokens: int | None = None
    assumed_reasoning_tokens: int | None = None
    assumed_tool_cost: Decimal | float | str | None = None
    on_incomplete: OnIncomplete = "keep"
    prices: PricesFrom = "table"
    batch: bool = False
    wait: bool = True
    receive: Receive | None = None
    types: Types = "text"
    columns: ColumnTypes | None = None
    encoding: str | None = None
    allow_changes: bool = False
    many: Many = "nest"
    keep_empty: bool = True
    show_secrets: bool = False

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices and (name != "receive" or self.receive is not None):
                raise InterfaceError(f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}")
        if isinstance(self.fields, str):
            raise InterfaceError(f"fields must be a list of names, not the text {self.fields!r}")
        if self.concurrency is not None and self.concurrency < 1:
            raise InterfaceError(f"concurrency must be at least 1, not {self.concurrency}")
        if self.journal is None and (self.reuse or self.retry_failed):
            raise InterfaceError("reuse and retry_failed go by a journal; name its file with journal (--journal FILE)")
        if not self.keep_empty and self.many != "expand":
            raise InterfaceError(
                "keep_empty=False (--drop-empty) goes with many='expand' (--many expand); with many='nest' the list of "
                "a row without results is empty"
            )
        SpendingLimits.among(self)
        self._check_batch()

    def _check_batch(self) -> None:
        if self.batch and self.journal is None:
            raise InterfaceError(
                "a batch needs a journal, by which it is found again and its answers are kept; name a file with "
                "journal (--journal FILE)"
            )
        if self.batch and self.receive == "stream":
            raise InterfaceError(
                "receive='stream' has answers come in pieces, and those of a batch come whole: take one"
            )
        if self.batch and self.on_incomplete == "retry":
            raise InterfaceError("on_incomplete='retry' asks again at once, which a batch cannot: take another")
        if not self.wait and not self.batch:
            raise InterfaceError("wait=False (--no-wait) goes with batch (--batch); other calls are answered at once")

    @property
    def spending(self) -> SpendingLimits:
        """The limits of the budget."""
        return SpendingLimits.among(self)

    @property
    def adds_call_columns(self) -> bool:
        """Whether ``rows`` gets the ``Call_*`` columns."""
        return self.on_error == "ignore" if self.call_columns is None else bool(self.call_columns)
