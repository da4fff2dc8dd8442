"""A turn: a question and its answer, as far as a conversation keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

import pyarrow as pa

from grokcall.core.arrow_arrays import INT32, STRING
from grokcall.core.outcome import Outcome
from grokcall.core.result_columns import COST_TYPE
from grokcall_procedures import BoundCall
from grokcall_procedures.conversations import response_ids, value_of
from grokcall_procedures.rates import usd

TURNS = pa.schema(
    [
        ("turn", INT32),
        ("role", STRING),
        ("text", STRING),
        ("response_id", STRING),
        ("tokens", INT32),
        ("usd", COST_TYPE),
    ]
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer.

    Args:
        question: The text of the question; None where it had none, as for outputs of tools.
        answer: The text of the answer.
        response_ids: The ids of its responses, one for each round, the last one last.
        input_tokens: Tokens read; None where that was not told.
        output_tokens: Tokens written.
        cost_ticks: What it cost, in ticks of 1e-10 USD.
    """

    question: str | None
    answer: str
    response_ids: tuple[str, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_ticks: int | None = None

    @classmethod
    def of(cls, call: BoundCall, outcome: Outcome) -> Turn:
        """The turn of a call and what became of it, which is a row."""
        row = (outcome.rows or [()])[0]
        question, text = call.values.get("Message"), value_of(call, row, call.procedure.main)
        return cls(
            None if question is None else str(question),
            text if isinstance(text, str) else "",
            response_ids(call, row),
            whole(value_of(call, row, "Response_UsageInputTokens")),
            whole(value_of(call, row, "Response_UsageOutputTokens")),
            outcome.cost_ticks,
        )

    @classmethod
    def read(cls, document: Mapping[str, object]) -> Turn:
        """A turn as :meth:`written` wrote it."""
        ids = document.get("response_ids")
        question, answer = document.get("question"), document.get("answer")
        return cls(
            None if question is None else str(question),
            "" if answer is None else str(answer),
            tuple(map(str, ids)) if isinstance(ids, list) else (),
            *(whole(document.get(name)) for name in ("input_tokens", "output_tokens", "cost_ticks")),
        )

    @property
    def written(self) -> dict[str, object]:
        """The turn as a JSON object."""
        return asdict(self)


def turns_table(turns: Sequence[Turn]) -> pa.Table:
    """Turns as a table, two rows each: what was asked, and what was answered."""
    rows: list[tuple[int, str, str | None, str | None, int | None, Decimal | None]] = []
    for number, turn in enumerate(turns, 1):
        identity = turn.response_ids[-1] if turn.response_ids else None
        cost = None if turn.cost_ticks is None else usd(turn.cost_ticks)
        rows.append((number, "user", turn.question, None, turn.input_tokens, None))
        rows.append((number, "assistant", turn.answer, identity, turn.output_tokens, cost))
    columns = list(zip(*rows, strict=True)) or [()] * len(TURNS)
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, TURNS, strict=True)], schema=TURNS)


def whole(value: object) -> int | None:
    """A whole number; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
