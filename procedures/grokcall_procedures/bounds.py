"""What can be said of a call's price before it is sent: likely bounds, the highest price, and why it has none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from grokcall_procedures.prices import TICKS_PER_USD

REFUSAL_FEE = TICKS_PER_USD // 20
"""Ticks that the service may charge for a prompt that it refuses before it answers."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What is taken for granted where the service states no limit.

    Args:
        assumed_output_tokens: The longest answer of a call without a limit of its own, in tokens, reasoning included;
            None takes nothing for granted, and such a call has no highest price. The limit is not sent.
        max_tool_ticks: The most that the service's own tools add to a call, in ticks: their fees, and the tokens that
            they make the model read and write. None takes nothing for granted.
        hidden_tokens: The most tokens that the service puts into a prompt on its own account; about 200 were seen.
        picture_tokens: The most tokens that a picture counts as.
        refusal_fee_ticks: What a prompt costs that is refused before it is answered; 0 leaves the fee out.
        surcharge_percent: What the service adds to the price of tokens, for example 10 for a region of its own.
        bytes_per_token: Bytes of text that make a token, for the low and the high estimate; the bound takes one.
    """

    assumed_output_tokens: int | None = None
    max_tool_ticks: int | None = None
    hidden_tokens: int = 1_024
    picture_tokens: int = 8_192
    refusal_fee_ticks: int = REFUSAL_FEE
    surcharge_percent: int = 0
    bytes_per_token: tuple[float, float] = (4.5, 2.5)


ALLOWANCES = Allowances()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call will cost, as far as that can be told before it is sent.

    Args:
        low_ticks: What it costs when it goes well: a dense text, a short answer. An estimate, no bound.
        high_ticks: What it costs with a verbose tokenizer and a long answer. An estimate, no bound.
        worst_ticks: What it cannot cost more than; None when the call is not bounded.
        input_tokens_low, input_tokens_high: Tokens that it reads, estimated.
        output_tokens_low, output_tokens_high: Tokens that it writes, estimated, reasoning included.
        worst_tokens: How many tokens it cannot read and write more than; None when they are not bounded.
        reasons: Why the call is not bounded, each with what would bound it.
        assumptions: What ``worst_ticks`` takes for granted, each a condition in words.
        notes: What else ``worst_ticks`` contains.
        token_assumptions: What ``worst_tokens`` takes for granted.
    """

    low_ticks: int
    high_ticks: int
    worst_ticks: int | None
    input_tokens_low: int = 0
    input_tokens_high: int = 0
    output_tokens_low: int = 0
    output_tokens_high: int = 0
    worst_tokens: int | None = 0
    reasons: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    token_assumptions: tuple[str, ...] = ()

    def repeated(self, asks: int) -> Estimate:
        """The estimate for a question that may have to be asked so often; as a rule the first answer is good."""
        if asks == 1:
            return self
        return replace(
            self,
            worst_ticks=None if self.worst_ticks is None else self.worst_ticks * asks,
            worst_tokens=None if self.worst_tokens is None else self.worst_tokens * asks,
            notes=(*self.notes, f"the highest price is that of {asks} answers, of which only the last one fits"),
        )

    @property
    def bounded(self) -> bool:
        """Whether the call has a highest price."""
        return self.worst_ticks is not None


FREE = Estimate(0, 0, 0)
"""A call that sends nothing that costs money."""


def media_estimate(low: int, high: int) -> Estimate:
    """The estimate for a picture, a film or a sound: the highest of its list prices is its highest price."""
    return Estimate(min(low, high), high, high)


def unpriced(reason: str, low: int = 0, high: int = 0) -> Estimate:
    """The estimate for what has no known price."""
    return Estimate(low, high, None, worst_tokens=None, reasons=(reason,))
