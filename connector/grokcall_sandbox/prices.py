"""What a call costs, in whole ticks (10,000,000,000 ticks = 1 US dollar)."""

from dataclasses import dataclass

from grokcall_sandbox.catalogue import LONG_CONTEXT, TextModel

HIDDEN_CACHED = 128
"""The part of a model's hidden prompt that is always served from the cache."""

TOOLS_TOKENS = 2_200
"""What the service adds to the hidden prompt when any of its own tools is offered."""

TOOLS_CACHED = 1_152
"""The part of that which is always served from the cache."""

RESULT_TOKENS = 950
"""What a call of one of the service's tools gives the model to read."""

_BLOCK = 64
TICKS_PER_SPOKEN_CHARACTER = 150_000

SEARCH_TICKS = 25_000_000
"""A search of collections."""

TOOL_FEES = {
    "web_search_calls": 50_000_000,
    "x_search_calls": 50_000_000,
    "code_interpreter_calls": 50_000_000,
    "document_search_calls": 50_000_000,
    "file_search_calls": 25_000_000,
}


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a text call reads.

    Attributes:
        tokens: What the caller sent, earlier turns included, the hidden prompt not.
        earlier_tokens: The part of them a stored conversation brought along.
        picture_tokens: The part of them that images took.
        tools_offered: True when the model may call tools of the service.
        results: What those tools gave, a number of tokens for each further turn of the model.
    """

    tokens: int
    earlier_tokens: int = 0
    picture_tokens: int = 0
    tools_offered: bool = False
    results: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a text call used.

    Attributes:
        input_tokens: All prompt tokens of all turns, the cached ones included.
        cached_tokens: Prompt tokens served from the cache.
        picture_tokens: Prompt tokens that images took.
        output_tokens: All tokens written, reasoning included.
        reasoning_tokens: Those of them that were reasoning.
        last_turn: The tokens read and written in the last turn; all of them where no tool of the service was called.
        ticks: The price of it all.
        tools: Server-side tool calls by the name the usage block has for them.
    """

    input_tokens: int
    cached_tokens: int
    picture_tokens: int
    output_tokens: int
    reasoning_tokens: int
    last_turn: tuple[int, int]
    ticks: int
    tools: dict[str, int]

    @property
    def total_tokens(self) -> int:
        """All tokens, in and out."""
        return self.input_tokens + self.output_tokens


def price_text(
    model: TextModel,
    prompt: Prompt,
    visible_tokens: int,
    reasoning_tokens: int,
    tools: dict[str, int],
    priority: bool = False,
) -> Usage:
    """The usage of a text call and its price.

    A model that calls tools of the service reads everything again in each turn; what it read in the turn before comes
    from the cache, in whole blocks of 64 tokens.

    Args:
        model: Who answers.
        prompt: What it reads.
        visible_tokens: What the answer has.
        reasoning_tokens: What thinking took, in all turns.
        tools: Server-side tool calls by kind.
        priority: True for the priority tier, which doubles the price of tokens.
    """
    read = model.hidden_tokens + prompt.tokens
    cached = HIDDEN_CACHED + _whole_blocks(prompt.earlier_tokens)
    if prompt.tools_offered:
        read, cached = read + TOOLS_TOKENS, cached + TOOLS_CACHED
    tokens_in = read
    for result in prompt.results:
        cached += _whole_blocks(read)
        read += result
        tokens_in += read
    turns = 1 + len(prompt.results)
    tokens_out = visible_tokens + reasoning_tokens
    ticks = (tokens_in - cached) * model.input_price + cached * model.cached_price + tokens_out * model.output_price
    if read >= LONG_CONTEXT:
        ticks *= 2
    if priority:
        ticks *= 2
    ticks += sum(TOOL_FEES.get(name, 0) * count for name, count in tools.items())
    return Usage(
        input_tokens=tokens_in,
        cached_tokens=cached,
        picture_tokens=prompt.picture_tokens * turns,
        output_tokens=tokens_out,
        reasoning_tokens=reasoning_tokens,
        last_turn=(read, visible_tokens + reasoning_tokens // turns),
        ticks=ticks,
        tools=tools,
    )


def _whole_blocks(tokens: int) -> int:
    return tokens // _BLOCK * _BLOCK
