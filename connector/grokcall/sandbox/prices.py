"""What a call costs, in whole ticks (10,000,000,000 ticks = 1 US dollar)."""

from dataclasses import dataclass

from grokcall.sandbox.catalogue import LONG_CONTEXT, TextModel

HIDDEN_TOKENS = 190
"""Tokens of the service's own system prompt, which every text call pays for."""

HIDDEN_CACHED = 128
"""The part of them that is always served from the cache."""

PICTURE_TOKENS = 256
TICKS_PER_SPOKEN_CHARACTER = 150_000

TOOL_FEES = {
    "web_search_calls": 50_000_000,
    "x_search_calls": 50_000_000,
    "code_interpreter_calls": 50_000_000,
    "document_search_calls": 50_000_000,
    "file_search_calls": 25_000_000,
}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a text call used.

    Attributes:
        input_tokens: All prompt tokens, the cached ones included.
        cached_tokens: Prompt tokens served from the cache.
        output_tokens: All tokens written, reasoning included.
        reasoning_tokens: Those of them that were reasoning.
        ticks: The price of it all.
        tools: Server-side tool calls by the name the usage block has for them.
    """

    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    ticks: int
    tools: dict[str, int]

    @property
    def total_tokens(self) -> int:
        """All tokens, in and out."""
        return self.input_tokens + self.output_tokens


def price_text(
    model: TextModel,
    prompt_tokens: int,
    earlier_tokens: int,
    visible_tokens: int,
    reasoning_tokens: int,
    tools: dict[str, int],
    priority: bool = False,
) -> Usage:
    """The usage of a text call and its price.

    Args:
        model: Who answers.
        prompt_tokens: What the caller sent, earlier turns included, the hidden prompt not.
        earlier_tokens: The part of them a stored conversation brought along; whole blocks of 64 come from the cache.
        visible_tokens: What the answer has.
        reasoning_tokens: What thinking took.
        tools: Server-side tool calls by kind.
        priority: True for the priority tier, which doubles the price of tokens.
    """
    tokens_in = HIDDEN_TOKENS + prompt_tokens
    cached = HIDDEN_CACHED + earlier_tokens // 64 * 64
    tokens_out = visible_tokens + reasoning_tokens
    ticks = (tokens_in - cached) * model.input_price + cached * model.cached_price + tokens_out * model.output_price
    if tokens_in >= LONG_CONTEXT:
        ticks *= 2
    if priority:
        ticks *= 2
    ticks += sum(TOOL_FEES[name] * count for name, count in tools.items())
    return Usage(tokens_in, cached, tokens_out, reasoning_tokens, ticks, tools)
