"""What a request to a text model costs.

The low and high prices are estimates. Common tokenizers make a token of 4.5 bytes of English prose and of 2.5 bytes of
code, figures, names and most other scripts; ``low`` divides by the one and ``high`` by the other. Long numbers, base64
and rare scripts can have more tokens than ``high``, by up to a factor of 2.5; nothing has fewer than about half of
``low``. How long an answer gets is a matter of experience, given below, and the greater uncertainty by far.
"""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.bounds import Allowances, Estimate
from grokcall_procedures.models import is_multi_agent
from grokcall_procedures.prices import Prices
from grokcall_procedures.rates import TextPrice, usd
from grokcall_procedures.readings import OWN_TOOLS, Reading, answer_limit, turn_limit
from grokcall_procedures.text_bounds import (
    SHORT_ANSWER,
    factor,
    refusal_fee,
    reserve,
    with_bounds,
    worst_input,
    worst_output,
    worst_ticks,
)
from grokcall_procedures.text_questions import Question, needs_context, taken_apart

HIDDEN_TOKENS = {"grok-4.6": (1_526, 1_600), "grok-4.7": (1_526, 1_600)}
"""Tokens that the service adds to a prompt, low and high, by model."""
USUAL_HIDDEN_TOKENS = (180, 400)
CACHED_HIDDEN_TOKENS = 128
"""How many of them come from the cache, for the low estimate."""
IMAGE_TOKENS = (200, 1_792)
"""Tokens of an image of unknown size, low and high."""
EARLIER_TOKENS = 10_000
"""Tokens of an earlier conversation, for the high estimate."""
LONG_TEXT = 1_000
"""Tokens of the text of a long answer."""
LONG_REASONING = {"low": 1_000, "medium": 3_000, "high": 7_000, "xhigh": 15_000}
"""Tokens of its reasoning, by effort."""
FILE_READINGS = 3
"""How often a tool reads an attached file again, for the high estimate."""
TOOL_CALLS = 5
"""How often a tool is called, for the high estimate, where nothing limits that."""

NO_LIMIT = "its answer has no limit of length (give {}, or the option assumed_output_tokens)"
LIMITED_BY = {"/chat/completions": "MaxCompletionTokens", "/messages": "MaxTokens"}
"""The parameter that limits an answer, where it is not MaxOutputTokens."""
REASONS = (
    "no limit of the service counts reasoning (choose a model that does not reason, the effort none on grok-4.3, "
    "or give the option assumed_reasoning_tokens)"
)
SEVERAL_AGENTS = "a multi-agent model takes no limit of length (choose another model)"
NO_PRICE = "the price of the model is not known (name a listed one, or use the prices that the service tells)"
NO_REFUSAL = "no prompt is refused for its content, for which the service may charge 0.05 USD"
STAYS_SILENT = "the model does not reason"
IMAGES_BY_SIZE = "an image counts as one token for each 32 x 32 pixels"
FEE_INCLUDED = (
    "the highest price contains the fee of 0.05 USD that a prompt may cost when it is refused for its content"
)
NO_CONTEXT = "how much the model can hold is not known (use the prices that the service tells)"


def text_estimate(
    path: str,
    body: Mapping[str, object],
    size: int,
    prices: Prices,
    allowances: Allowances,
    uploads: Mapping[str, bytes],
    exact_tokens: int | None = None,
    earlier_tokens: int | None = None,
) -> Estimate:
    """The estimate for a request to one of the text endpoints."""
    question = taken_apart(path, body, size, prices, allowances, uploads, exact_tokens, earlier_tokens)
    known = prices.text_model(body.get("model"))
    reasons, (assumptions, token_assumptions) = caveats(question, known, allowances)
    read, written = worst_input(question, known, allowances), worst_output(question, allowances)
    worst = None
    if known is not None and read is not None and written is not None and not reasons:
        worst = worst_ticks(question, known, read, written, allowances)
    cheap = known or min(prices.text.values(), key=lambda price: price.output)
    dear = known or max(prices.text.values(), key=lambda price: price.output)
    inputs, outputs = likely_input(question, known, allowances), likely_output(question, allowances)
    least_fee, most_fee = tool_fees(question, prices, allowances)
    high = ticks_of(dear, inputs[1], outputs[1]) * factor(question, allowances) // 100 + most_fee
    high = high if worst is None else min(high, worst)
    tokens = None if read is None or written is None or question.tools else read + written
    one = (
        None
        if worst is not None and tokens is not None
        else reserve(question, dear, inputs[1] if read is None else read, allowances, most_fee)
    )
    return Estimate(
        low_ticks=min(low_ticks(cheap, inputs[0], outputs[0]) + least_fee, high),
        high_ticks=high,
        worst_ticks=worst,
        input_tokens_low=inputs[0],
        input_tokens_high=inputs[1],
        output_tokens_low=outputs[0],
        output_tokens_high=outputs[1],
        worst_tokens=tokens,
        reasons=reasons,
        assumptions=assumptions,
        notes=(FEE_INCLUDED,) if worst is not None and refusal_fee(question, allowances) else (),
        token_assumptions=token_assumptions,
        one=with_bounds(one, worst, tokens) if one is not None else None,
        text=question.shown,
    )


def caveats(
    question: Question, known: TextPrice | None, allowances: Allowances
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], tuple[str, ...]]]:
    """Why the request has no highest price, and what the highest price and number of tokens take for granted."""
    reasons: list[str] = []
    both: list[str] = []
    price_alone: list[str] = []
    if known is None:
        reasons.append(NO_PRICE)
    elif known.context is None and needs_context(question.reading):
        reasons.append(NO_CONTEXT)
    if is_multi_agent(str(question.body.get("model"))):
        reasons.append(SEVERAL_AGENTS)
    elif question.limit is None:
        reasons.append(NO_LIMIT.format(LIMITED_BY.get(question.path, "MaxOutputTokens")))
    elif answer_limit(question.path, question.body) is None:
        both.append(f"no answer has more than {question.limit:,} tokens of text (assumed_output_tokens)")
    if allowances.learned.silent(question.kind):
        both.append(STAYS_SILENT)
    elif allowances.assumed_reasoning_tokens is None:
        reasons.append(REASONS)
    else:
        longest = f"{allowances.assumed_reasoning_tokens:,} tokens (assumed_reasoning_tokens)"
        both.append(f"no answer reasons longer than {longest}")
    if question.tools:
        names = ", ".join(dict.fromkeys(question.tools))
        if allowances.max_tool_ticks is None:
            reasons.append(f"what tools add has no highest price ({names}; give the option assumed_tool_cost)")
        else:
            most = f"{usd(allowances.max_tool_ticks).normalize():f} USD a call (assumed_tool_cost)"
            price_alone.append(f"tools ({names}) add no more than {most}, with all that their turns read and write")
    if question.reading.images:
        both.append(image_condition(question.reading, allowances))
    if question.reading.earlier:
        both.append("no file is attached to the earlier conversation")
    if question.path == "/responses" and not allowances.refusal_fee_ticks:
        price_alone.append(NO_REFUSAL)
    return tuple(reasons), ((*both, *price_alone), tuple(both))


def image_condition(reading: Reading, allowances: Allowances) -> str:
    """What the bound takes for granted of images."""
    if None in reading.images:
        return f"no image that is given by its address has more than {allowances.image_tokens:,} tokens"
    return IMAGES_BY_SIZE


def likely_input(question: Question, known: TextPrice | None, allowances: Allowances) -> tuple[int, int]:
    """Tokens of the prompt, low and high."""
    reading = question.reading
    files = sum(size or 0 for size in reading.files)
    low, high = allowances.bytes_per_token
    exact, text = question.exact_tokens, reading.text_bytes
    least = round(text / low) if exact is None else exact
    most = round((text + reading.formal_bytes) / high) if exact is None else exact
    hidden = HIDDEN_TOKENS.get(question.kind.model, USUAL_HIDDEN_TOKENS)
    least += (
        reading.earlier_tokens
        + hidden[0]
        + sum(size or IMAGE_TOKENS[0] for size in reading.images)
        + round(files / low)
    )
    most += (
        reading.earlier_tokens
        + hidden[1]
        + sum(size or IMAGE_TOKENS[1] for size in reading.images)
        + round(files * FILE_READINGS / high)
    )
    most += EARLIER_TOKENS * (reading.earlier + reading.files.count(None))
    context = known.context if known else None
    return (least, most) if context is None else (min(least, context), min(most, context))


def likely_output(question: Question, allowances: Allowances) -> tuple[int, int]:
    """Tokens of the answers, low and high; the text keeps the limit, and the reasoning nothing but what is assumed."""
    limit = LONG_TEXT if question.limit is None else question.limit
    reasoning = 0
    if not allowances.learned.silent(question.kind):
        reasoning = LONG_REASONING.get(question.kind.effort, LONG_REASONING["high"])
        assumed = allowances.assumed_reasoning_tokens
        reasoning = reasoning if assumed is None else min(reasoning, assumed)
    return min(SHORT_ANSWER, limit), (min(LONG_TEXT, limit) + reasoning) * question.answers


def low_ticks(price: TextPrice, read: int, written: int) -> int:
    """What so many tokens cost when the part that the service adds comes from the cache."""
    cached = min(CACHED_HIDDEN_TOKENS, read)
    return ticks_of(price, read, written) - cached * max(0, price.read(0) - price.cached)


def tool_fees(question: Question, prices: Prices, allowances: Allowances) -> tuple[int, int]:
    """The fees of the service's own tools, low and high: files are searched once at least.

    Each tool is taken to be called once in each turn; what is assumed of all that tools add is not passed.
    """
    dearest = max(prices.tool_fees.values())
    each = [prices.tool_fees.get(name, dearest) for name in question.tools if name not in OWN_TOOLS]
    least = prices.tool_fees["attachment_search"] * bool(question.reading.files)
    most = sum(each) * (turn_limit(question.body) or TOOL_CALLS)
    assumed = allowances.max_tool_ticks
    return least, most if assumed is None else max(least, min(most, assumed))


def ticks_of(price: TextPrice, read: int, written: int) -> int:
    """What so many tokens cost when none comes from the cache."""
    return read * price.read(read) + written * price.written(read)
