"""What can be said of a call's price before it is sent: likely bounds, the highest price, and why it has none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grokcall_procedures.learned_tokens import LearnedTokens, TextCall
from grokcall_procedures.rates import TICKS_PER_USD

REFUSAL_FEE = TICKS_PER_USD // 20
"""Ticks that the service may charge for a prompt that it refuses before it answers."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What is taken for granted where the service states no limit.

    Args:
        assumed_output_tokens: The longest text of an answer without a limit of its own, in tokens; None takes nothing
            for granted, and such a call has no highest price. The limit is not sent.
        assumed_reasoning_tokens: The longest reasoning of one answer, in tokens; None takes nothing for granted, and
            a call that reasons has no highest price.
        max_tool_ticks: The most that tools add to a call, in ticks: the fees of the service's own, and the tokens that
            all turns read and write. None takes nothing for granted.
        image_tokens: The most tokens that an image of unknown size counts as.
        refusal_fee_ticks: What a prompt costs that is refused before it is answered; 0 leaves the fee out.
        surcharge_percent: What the service adds to the price of tokens, for example 10 for a region of its own.
        bytes_per_token: Bytes of text that make a token, for the low and the high estimate; the bound takes one.
        learned: What replies have shown of the tokens that no limit bounds.
    """

    assumed_output_tokens: int | None = None
    assumed_reasoning_tokens: int | None = None
    max_tool_ticks: int | None = None
    image_tokens: int = 8_192
    refusal_fee_ticks: int = REFUSAL_FEE
    surcharge_percent: int = 0
    bytes_per_token: tuple[float, float] = (4.5, 2.5)
    learned: LearnedTokens = field(default_factory=LearnedTokens, repr=False, compare=False)


EXPLAIN_ALLOWANCES = Allowances()


@dataclass(frozen=True, slots=True)
class Reserve:
    """What is reserved for a call before it is sent.

    Args:
        ticks: Its price, in ticks.
        tokens: Tokens that it reads and writes.
        least_ticks, least_tokens: The part without which it does not start at all: less where the rest is a guess.
        reasoning_tokens: Tokens for the reasoning of each answer that are in it; 0 where none is expected.
    """

    ticks: int = 0
    tokens: int = 0
    least_ticks: int = 0
    least_tokens: int = 0
    reasoning_tokens: int = 0

    def raised_to(self, other: Reserve) -> Reserve:
        """This reserve, and of each figure as much as the other has."""
        return Reserve(
            max(self.ticks, other.ticks),
            max(self.tokens, other.tokens),
            max(self.least_ticks, other.least_ticks),
            max(self.least_tokens, other.least_tokens),
            max(self.reasoning_tokens, other.reasoning_tokens),
        )

    def times(self, count: int) -> Reserve:
        """The reserve for so many calls."""
        return Reserve(
            self.ticks * count,
            self.tokens * count,
            self.least_ticks * count,
            self.least_tokens * count,
            self.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a call will cost, as far as that can be told before it is sent.

    Args:
        low_ticks: What it costs when it goes well: a dense text, a short answer. An estimate, no bound.
        high_ticks: What it costs with a verbose tokenizer and a long answer. An estimate, no bound.
        worst_ticks: What it cannot cost more than; None when the call is not bounded.
        input_tokens_low, input_tokens_high: Tokens that it reads, estimated.
        output_tokens_low, output_tokens_high: Tokens that it writes, estimated, with its reasoning.
        worst_tokens: How many tokens it cannot read and write more than; None when they are not bounded.
        reasons: Why the call is not bounded, each with what would bound it.
        assumptions: What ``worst_ticks`` takes for granted, each a condition in words.
        notes: What else ``worst_ticks`` contains.
        token_assumptions: What ``worst_tokens`` takes for granted.
        one: What is reserved for one request of the call; None for what is bounded, or what is likely.
        asks: How many such requests it may take, each billed.
        text: What its reply will show of the tokens that no limit bounds; None for what is no text.
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
    one: Reserve | None = None
    asks: int = 1
    text: TextCall | None = None

    def repeated(self, asks: int) -> Estimate:
        """The estimate for a question that may have to be asked so often; as a rule the first answer is good."""
        if asks == 1:
            return self
        return replace(
            self,
            worst_ticks=None if self.worst_ticks is None else self.worst_ticks * asks,
            worst_tokens=None if self.worst_tokens is None else self.worst_tokens * asks,
            notes=(*self.notes, f"the highest price is that of {asks} answers, of which only the last one fits"),
            one=self.request_reserve,
            asks=asks,
        )

    def in_rounds(self, rounds: int) -> Estimate:
        """The estimate for a question that is asked again with what tools of the client's gave, up to so often.

        It says what the first round takes at least, and all of them likely; for each further one something is
        reserved when it comes.
        """
        if rounds == 1:
            return self
        high = self.high_ticks * rounds
        return replace(
            self,
            high_ticks=high if self.worst_ticks is None else min(high, self.worst_ticks),
            input_tokens_high=self.input_tokens_high * rounds,
            output_tokens_high=self.output_tokens_high * rounds,
            notes=(*self.notes, f"up to {rounds} rounds (MaxRounds), each of which is reserved when it comes"),
            one=self.request_reserve,
        )

    @property
    def bounded(self) -> bool:
        """Whether the call has a highest price."""
        return self.worst_ticks is not None

    @property
    def request_reserve(self) -> Reserve:
        """What is reserved for one request of the call: the bound, or what is likely, and not nothing, without one."""
        if self.one is not None:
            return self.one
        likely = max(self.input_tokens_high + self.output_tokens_high, 1)
        ticks = max(self.high_ticks, 1) if self.worst_ticks is None else self.worst_ticks
        tokens = likely if self.worst_tokens is None else self.worst_tokens
        return Reserve(ticks, tokens, ticks, tokens)

    @property
    def reserve(self) -> Reserve:
        """What is reserved for the call, with all its requests."""
        return self.request_reserve.times(self.asks)


FREE = Estimate(0, 0, 0)
"""A call that sends nothing that costs money."""


def media_estimate(low: int, high: int) -> Estimate:
    """The estimate for an image, a video or audio: the highest of its list prices is its highest price."""
    return Estimate(min(low, high), high, high)


def unpriced(reason: str, low: int = 0, high: int = 0) -> Estimate:
    """The estimate for what has no known price."""
    return Estimate(low, high, None, worst_tokens=None, reasons=(reason,))
