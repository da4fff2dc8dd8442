"""The most that a request to a text model can cost, and what is reserved for it where nothing bounds that.

Its prompt has a bound. A token has at least one byte, so a prompt has at most as many tokens as its JSON has bytes,
with an allowance for what the service adds and for each image, and never more than the model's context. Nothing is
taken to come from the cache. From the threshold of long contexts on, the higher prices count for everything.

Its answer has one only where the model does not reason: the limit of an answer bounds its text, and no limit of the
service bounds reasoning (section 3.7 of the API reference). For calls that reason something is reserved instead, and
the highest price is that of an assumption or none.
"""

from __future__ import annotations

from grokcall_procedures.bounds import Allowances, Reserve
from grokcall_procedures.models import is_multi_agent
from grokcall_procedures.rates import TextPrice
from grokcall_procedures.text_questions import Question, needs_context

SHORT_ANSWER = 8
"""Tokens of a short answer."""


def worst_input(question: Question, known: TextPrice | None, allowances: Allowances) -> int | None:
    """The most tokens that the prompt can have; None where nothing bounds them."""
    reading, context = question.reading, known.context if known else None
    if needs_context(reading):
        return context
    tokens = question.size - reading.media_bytes + sum(size or 0 for size in reading.files)
    tokens += sum(allowances.image_tokens if size is None else size for size in reading.images)
    tokens += allowances.learned.hidden(question.kind.model) + reading.earlier_tokens
    return tokens if context is None else min(tokens, context)


def worst_output(question: Question, allowances: Allowances) -> int | None:
    """The most tokens that the answers can have; None where nothing bounds them."""
    if is_multi_agent(str(question.body.get("model"))) or question.limit is None:
        return None
    if allowances.learned.silent(question.kind):
        return question.limit * question.answers
    if allowances.assumed_reasoning_tokens is None:
        return None
    return (question.limit + reasoning_reserve(question, allowances)) * question.answers


def reasoning_reserve(question: Question, allowances: Allowances) -> int:
    """Tokens to reserve for the reasoning of one answer.

    What is assumed counts until a reply has taken more.
    """
    learned, assumed = allowances.learned.reasoning(question.kind), allowances.assumed_reasoning_tokens
    if assumed is None or not learned:
        return learned
    return learned if allowances.learned.reasoned_beyond(question.kind, assumed) else assumed


def reserve(question: Question, price: TextPrice, prompt: int, allowances: Allowances, tool_fees: int) -> Reserve:
    """What is reserved for a request that is not bounded.

    It starts where its prompt and the text of its answer fit, even if what is reserved beyond them does not.
    """
    text = question.limit if question.limit is not None else allowances.learned.visible(question.kind)
    reasoning = reasoning_reserve(question, allowances)
    written = (text + reasoning) * question.answers
    least = (question.limit if question.limit is not None else SHORT_ANSWER) * question.answers
    tools = (tool_fees if allowances.max_tool_ticks is None else allowances.max_tool_ticks) if question.tools else 0
    percent, images = factor(question, allowances), bool(question.reading.images) or needs_context(question.reading)
    paid = prompt * price.read(prompt, images=images), price.written(prompt)
    return Reserve(
        ticks=-(-(paid[0] + written * paid[1]) * percent // 100) + tools,
        tokens=prompt + written,
        least_ticks=-(-(paid[0] + least * paid[1]) * percent // 100),
        least_tokens=prompt + least,
        reasoning_tokens=reasoning,
    )


def with_bounds(guess: Reserve, ticks: int | None, tokens: int | None) -> Reserve:
    """What is reserved where the price is bounded and the tokens are not, or the other way round."""
    return Reserve(
        guess.ticks if ticks is None else ticks,
        guess.tokens if tokens is None else tokens,
        guess.least_ticks if ticks is None else ticks,
        guess.least_tokens if tokens is None else tokens,
        guess.reasoning_tokens,
    )


def worst_ticks(question: Question, known: TextPrice, read: int, written: int, allowances: Allowances) -> int:
    """The highest price; the fee for a prompt that is refused comes in place of an answer."""
    images = bool(question.reading.images) or needs_context(question.reading)
    percent = factor(question, allowances)
    prompt = -(-read * known.read(read, images=images) * percent // 100)
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
