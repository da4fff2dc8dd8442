"""What all text endpoints share: checking the model's parameters, and writing an answer of bounded length."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from grokcall_sandbox.catalogue import TextModel
from grokcall_sandbox.errors import invalid, policy_violation, unsupported_effort, unsupported_parameter
from grokcall_sandbox.fault_effects import FaultEffects
from grokcall_sandbox.text.conversation import Answer, Conversation, Turn
from grokcall_sandbox.text.misfits import spoiled
from grokcall_sandbox.text.named_keys import named_schema, without_request
from grokcall_sandbox.text.rules import answer_conversation
from grokcall_sandbox.text.schema import JsonSchema, read_schema
from grokcall_sandbox.text.structured import answer_structured
from grokcall_sandbox.tokens import count_tokens, first_tokens, picture_tokens

FORBIDDEN_MARK = "FORBIDDEN_CONTENT"
"""A prompt with this in it is refused by the content policy, so that callers can try what they do then."""

JSON_SCHEMA = "json_schema"
JSON_OBJECT = "json_object"
MAX_TOOLS = 128
FINGERPRINT = "fp_grokcall_sandbox"

# How much longer a model thinks, by effort; those that do not take the field think as at low.
_EFFORT_TOKENS = {"none": 0, "low": 1, "medium": 2, "high": 3, "xhigh": 7}


@dataclass(frozen=True, slots=True)
class Format:
    """The form an answer must have: `text`, `json_object` or `json_schema` with its schema."""

    type: str = "text"
    schema: JsonSchema | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An answer and its size; `cut` when it did not fit the limit. Without reasoning `thought` is empty."""

    text: str
    thought: str
    refused: bool
    visible_tokens: int
    reasoning_tokens: int
    cut: bool


def read_format(kind: str, schema: "msgspec.Raw | bytes") -> Format:
    """The format a request asks for; raises a 400 `ApiError` for a schema the service refuses."""
    if kind != JSON_SCHEMA:
        return Format(kind)
    return Format(kind, read_schema(bytes(schema)))


def check_sampling(temperature: float | None, top_p: float | None) -> None:
    """Refuse a temperature outside 0…2 and a top_p outside 0 < p ≤ 1."""
    if temperature is not None and not 0 <= temperature <= 2:
        raise invalid(f"Invalid temperature: {temperature} is not between 0 and 2.")
    if top_p is not None and not 0 < top_p <= 1:
        raise invalid(f"Invalid top_p: {top_p} is not greater than 0 and at most 1.")


def check_effort(model: TextModel, effort: str | None) -> str | None:
    """The effort that applies: the one asked for, else the model's own; None where the model takes none."""
    if effort is None:
        return model.default_effort
    if not model.efforts:
        raise unsupported_parameter(model.id, "reasoningEffort")
    if effort not in model.efforts:
        raise unsupported_effort(effort)
    return effort


def check_policy(model: TextModel, conversation: Conversation) -> None:
    """Refuse a conversation with the forbidden mark in it."""
    if FORBIDDEN_MARK in conversation.instructions or any(FORBIDDEN_MARK in turn.text for turn in conversation.turns):
        raise policy_violation(model.id)


def check_length(model: TextModel, prompt_tokens: int) -> int:
    """The tokens that the model's context leaves for the answer; raises a 400 `ApiError` for a prompt too long."""
    total = prompt_tokens + model.hidden_tokens
    if total > model.context:
        raise invalid(f"This model's maximum prompt length is {model.context} but the request contains {total} tokens.")
    return model.context - total


def turn_tokens(turn: Turn) -> int:
    """The prompt tokens of one turn with the images in it, without the files."""
    return count_tokens(turn.text) + turn_picture_tokens(turn)


def turn_picture_tokens(turn: Turn) -> int:
    """The prompt tokens of the images of one turn."""
    return sum(picture_tokens(picture.data) for picture in turn.pictures)


def turn_file_tokens(turn: Turn) -> int:
    """The tokens of the files of one turn, which a tool of the service reads to the model."""
    return sum(len(document.data or b"") // 4 for document in turn.documents)


async def compose(conversation: Conversation, wanted: Format, steering: FaultEffects) -> Answer:
    """The answer in the wanted format; attachments are read in a thread."""
    if steering.refuse:
        return Answer("I can't help with that.", "A fault wants a refusal.", refused=True)
    if conversation.pictures or conversation.documents:
        return await asyncio.to_thread(_compose, conversation, wanted, steering)
    return _compose(conversation, wanted, steering)


def fit_answer(
    answer: Answer, model: TextModel, effort: str | None, room: int, limit: int | None, steering: FaultEffects
) -> Written:
    """The answer with its tokens counted, and its text cut where it is longer than it may be.

    The limit is one of the text alone: how long a model reasons is bounded by its context and by nothing else.

    Args:
        answer: What to say.
        model: Who says it.
        effort: The reasoning effort that applies.
        room: The tokens that the context leaves for reasoning and text.
        limit: The most tokens of text; None for no limit.
        steering: What a fault wants of the answer.
    """
    visible = count_tokens(answer.text)
    longest = visible if limit is None else min(visible, limit)
    if steering.keep is not None:
        longest = min(longest, int(visible * steering.keep), max(visible - 1, 0))
    longest = min(longest, room)
    thought = answer.why if (model.reasons and effort != "none") or steering.reasoning else ""
    thinking = count_tokens(thought) * _EFFORT_TOKENS[effort or "low"]
    if steering.reasoning is not None:
        thinking = steering.reasoning
    thinking = min(thinking, room - longest)
    cut = longest < visible
    text = first_tokens(answer.text, longest) if cut else answer.text
    return Written(text, thought, answer.refused, longest, thinking, cut)


def apply_stop(written: Written, marks: list[str]) -> tuple[Written, str | None]:
    """The answer up to the first of some marks in it, and that mark; all of it where there is none."""
    found = [(place, mark) for mark in marks if mark and (place := written.text.find(mark)) >= 0]
    if not found:
        return written, None
    place, mark = min(found)
    text = written.text[:place]
    return replace(written, text=text, visible_tokens=count_tokens(text), cut=False), mark


def calling_answer(functions: list[tuple[str, str]]) -> Answer:
    """The answer that calls functions: what it writes are their arguments."""
    names = " and ".join(name for name, _ in functions)
    return Answer("".join(arguments for _, arguments in functions), f"The question calls for {names}.")


def empty_document(schema: JsonSchema) -> str:
    """A document that fits a schema and was filled from nothing, as JSON text."""
    return _dump(answer_structured(Conversation(()), schema)[0])


def fill_arguments(conversation: Conversation, parameters: JsonSchema) -> str:
    """The arguments of a function call, as JSON text."""
    checked = read_schema(msgspec.json.encode(parameters))
    return msgspec.json.encode(answer_structured(conversation, checked)[0]).decode()


def _compose(conversation: Conversation, wanted: Format, steering: FaultEffects) -> Answer:
    if wanted.type == "text":
        return answer_conversation(conversation)
    plain = answer_conversation(conversation)
    if plain.refused:
        return plain
    schema = wanted.schema
    if schema is None:
        schema = named_schema(f"{conversation.instructions}\n{conversation.question}")
        if schema is None:
            return Answer(_dump({"answer": plain.text}), plain.why)
        conversation = conversation.asking(without_request(conversation.question))
    value, why = answer_structured(conversation, schema)
    if steering.misfit is not None:
        return Answer(spoiled(value, steering.misfit), "A fault wants an answer that misses its schema.")
    return Answer(_dump(value), why)


def _dump(value: Any) -> str:
    return msgspec.json.encode(value).decode()
