"""What a request to a text model costs.

The highest price is a true bound. A token has at least one byte, so a prompt has at most as many tokens as its JSON
has bytes, with an allowance for what the service adds and for each picture, and never more than the model's context.
Nothing is taken to come from the cache. From the threshold of long contexts on, the higher prices count for everything.

The low and high prices are estimates. Common tokenizers make a token of 4.5 bytes of English prose and of 2.5 bytes of
code, figures, names and most other scripts; ``low`` divides by the one and ``high`` by the other. Long numbers, base64
and rare scripts can have more tokens than ``high``, by up to a factor of 2.5; nothing has fewer than about half of
``low``. How long an answer gets is a matter of experience, given below, and the greater uncertainty by far.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from grokcall_procedures.bounds import Allowances, Estimate
from grokcall_procedures.models import is_multi_agent
from grokcall_procedures.prices import Prices
from grokcall_procedures.rates import TextPrice
from grokcall_procedures.readings import Reading, answer_limit, effort_of, read_body, service_tools, whole

HIDDEN_TOKENS = (180, 400)
"""Tokens that the service adds to a prompt; about 200 were seen, most of them from the cache."""
PICTURE_TOKENS = (200, 1_792)
EARLIER_TOKENS = 10_000
"""Tokens of an earlier conversation, for the high estimate."""
SHORT_ANSWER = 20
LONG_ANSWERS = {"none": 1_000, "low": 2_000, "medium": 4_000, "high": 8_000, "xhigh": 16_000}
"""Tokens of a long answer with its reasoning, by effort."""
THINKS_HARD = re.compile(r"grok-4\.[5-9]|grok-latest")
"""Models whose effort is high when a request names none; that of the others is low."""
FILE_READINGS = 3
"""How often a tool reads an attached file again, for the high estimate."""
TOOL_CALLS = 5
"""How often a tool is called, for the high estimate."""

NO_LIMIT = "its answer has no limit of length (give MaxOutputTokens, or the option assumed_output_tokens)"
SEVERAL_AGENTS = "a multi-agent model takes no limit of length (choose another model)"
NO_PRICE = "the price of the model is not known (name a listed one, or use the prices that the service tells)"
NO_REFUSAL = "no prompt is refused for its content, for which the service may charge 0.05 USD"
FEE_INCLUDED = (
    "the highest price contains the fee of 0.05 USD that a prompt may cost when it is refused for its content"
)
NO_CONTEXT = "how much the model can hold is not known (use the prices that the service tells)"


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a text model, taken apart."""

    path: str
    body: Mapping[str, object]
    size: int
    """Bytes of the body."""
    reading: Reading
    tools: list[str]
    answers: int
    limit: int | None
    exact_tokens: int | None
    """Tokens of the texts as the service counts them; None where nobody asked."""


def text_estimate(
    path: str,
    body: Mapping[str, object],
    size: int,
    prices: Prices,
    allowances: Allowances,
    uploads: Mapping[str, bytes],
    exact_tokens: int | None = None,
) -> Estimate:
    """The estimate for a request to one of the text endpoints."""
    reading = read_body(body, uploads)
    question = Question(
        path,
        body,
        size,
        reading,
        service_tools(body, reading),
        whole(body.get("n")) or 1,
        answer_limit(path, body),
        exact_tokens,
    )
    known = prices.text_model(body.get("model"))
    reasons, (assumptions, token_assumptions) = caveats(question, known, allowances)
    read, written = worst_input(question, known, allowances), worst_output(question, allowances)
    worst = None
    if known is not None and read is not None and written is not None and not reasons:
        worst = worst_ticks(question, known, read, written, allowances)
    cheap = known or min(prices.text.values(), key=lambda price: price.output)
    dear = known or max(prices.text.values(), key=lambda price: price.output)
    inputs, outputs = likely_input(question, known, allowances), likely_output(question, allowances)
    least_fee, most_fee = tool_fees(question, prices)
    high = ticks_of(dear, inputs[1], outputs[1]) * factor(question, allowances) // 100 + most_fee
    high = high if worst is None else min(high, worst)
    tokens = None if read is None or written is None or question.tools else read + written
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
        if allowances.assumed_output_tokens is None:
            reasons.append(NO_LIMIT)
        else:
            longest = f"{allowances.assumed_output_tokens:,} tokens (assumed_output_tokens)"
            both.append(f"no answer is longer than {longest}")
    if question.tools:
        names = ", ".join(dict.fromkeys(question.tools))
        if allowances.max_tool_ticks is None:
            named = f"({names}; give the option assumed_tool_cost)"
            reasons.append(f"the service's own tools have no highest price {named}")
        else:
            most = f"{Decimal(allowances.max_tool_ticks).scaleb(-10).normalize():f} USD a call (assumed_tool_cost)"
            price_alone.append(f"the service's own tools ({names}) add no more than {most}")
    if question.reading.earlier:
        both.append("no file is attached to the earlier conversation")
    if question.path == "/responses" and not allowances.refusal_fee_ticks:
        price_alone.append(NO_REFUSAL)
    return tuple(reasons), ((*both, *price_alone), tuple(both))


def needs_context(reading: Reading) -> bool:
    """Whether only the model's context bounds what it reads."""
    return reading.earlier or None in reading.files


def worst_input(question: Question, known: TextPrice | None, allowances: Allowances) -> int | None:
    """The most tokens that the prompt can have; None where nothing bounds them."""
    reading, context = question.reading, known.context if known else None
    if needs_context(reading):
        return context
    tokens = question.size - reading.media_bytes + sum(size or 0 for size in reading.files)
    tokens += allowances.hidden_tokens + reading.pictures * allowances.picture_tokens
    return tokens if context is None else min(tokens, context)


def worst_output(question: Question, allowances: Allowances) -> int | None:
    """The most tokens that the answers can have; None where nothing bounds them."""
    if is_multi_agent(str(question.body.get("model"))):
        return None
    limit = question.limit or allowances.assumed_output_tokens
    return None if limit is None else limit * question.answers


def worst_ticks(question: Question, known: TextPrice, read: int, written: int, allowances: Allowances) -> int:
    """The highest price; the fee for a prompt that is refused comes in place of an answer."""
    pictures = question.reading.pictures > 0 or needs_context(question.reading)
    percent = factor(question, allowances)
    prompt = -(-read * known.read(read, pictures=pictures) * percent // 100)
    answer = -(-written * known.written(read) * percent // 100)
    tools = (allowances.max_tool_ticks or 0) if question.tools else 0
    return prompt + max(answer, refusal_fee(question, allowances)) + tools


def refusal_fee(question: Question, allowances: Allowances) -> int:
    """The fee for a prompt that is refused; only one of the endpoints takes it."""
    return allowances.refusal_fee_ticks if question.path == "/responses" else 0


def factor(question: Question, allowances: Allowances) -> int:
    """Per cent of the list price: any tier but the default one may cost double, and a region has its surcharge."""
    tier = question.body.get("service_tier")
    return (100 if tier in (None, "default") else 200) * (100 + allowances.surcharge_percent) // 100


def likely_input(question: Question, known: TextPrice | None, allowances: Allowances) -> tuple[int, int]:
    """Tokens of the prompt, low and high."""
    reading = question.reading
    files = sum(size or 0 for size in reading.files)
    low, high = allowances.bytes_per_token
    exact, text = question.exact_tokens, reading.text_bytes
    least = round(text / low) if exact is None else exact
    most = round((text + reading.formal_bytes) / high) if exact is None else exact
    least += HIDDEN_TOKENS[0] + reading.pictures * PICTURE_TOKENS[0] + round(files / low)
    most += HIDDEN_TOKENS[1] + reading.pictures * PICTURE_TOKENS[1] + round(files * FILE_READINGS / high)
    most += EARLIER_TOKENS * (reading.earlier + reading.files.count(None))
    context = known.context if known else None
    return (least, most) if context is None else (min(least, context), min(most, context))


def likely_output(question: Question, allowances: Allowances) -> tuple[int, int]:
    """Tokens of the answers, low and high."""
    default = "high" if THINKS_HARD.match(str(question.body.get("model"))) else "low"
    longest = LONG_ANSWERS.get(effort_of(question.body) or default, LONG_ANSWERS["high"])
    limit = question.limit or allowances.assumed_output_tokens or longest
    return min(SHORT_ANSWER, limit), min(longest, limit) * question.answers


def ticks_of(price: TextPrice, read: int, written: int) -> int:
    """What so many tokens cost when none comes from the cache."""
    return read * price.read(read) + written * price.written(read)


def low_ticks(price: TextPrice, read: int, written: int) -> int:
    """What so many tokens cost when the part that the service adds comes from the cache."""
    cached = min(HIDDEN_TOKENS[0], read)
    return ticks_of(price, read, written) - cached * max(0, price.read(0) - price.cached)


def tool_fees(question: Question, prices: Prices) -> tuple[int, int]:
    """The fees of the service's own tools, low and high: files are searched once at least."""
    dearest = max(prices.tool_fees.values())
    each = [prices.tool_fees.get(name, dearest) for name in question.tools]
    return prices.tool_fees["attachment_search"] * bool(question.reading.files), sum(each) * TOOL_CALLS
