"""The API's response object, and the 34 columns that it becomes.

A reply is read twice over in code but once at run time: a typed struct reads what the API is known to send in a few
microseconds; a reply that does not fit it (another server's, or a field of a new type) is read field by field along the
JSON paths of the definitions, and a value that fits no column type becomes NULL rather than losing the row.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from grokcall_procedures.definition import ResultField
from grokcall_procedures.documents import column_value, cost_of, decode_json, document_of, stated_failure
from grokcall_procedures.response_fields import RESPONSE_FIELDS
from grokcall_procedures.steps import FailedReplyError, Row

__all__ = ["RESPONSE_FIELDS", "ResponseObject", "document_row", "response_row", "struct_row"]

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Part(msgspec.Struct):
    """A piece of content: output text, a refusal, or a summary."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None


class Item(msgspec.Struct):
    """One entry of ``output``; members of other kinds of entries are passed over."""

    type: str = ""
    content: list[Part] | None = None
    summary: list[Part] | None = None


class CachedTokens(msgspec.Struct):
    """``usage.input_tokens_details``."""

    cached_tokens: Int32 | None = None


class ReasoningTokens(msgspec.Struct):
    """``usage.output_tokens_details``."""

    reasoning_tokens: Int32 | None = None


class Usage(msgspec.Struct):
    """``usage``, with the names of the older replies as a fallback."""

    input_tokens: Int32 | None = None
    prompt_tokens: Int32 | None = None
    input_tokens_details: CachedTokens | None = None
    output_tokens: Int32 | None = None
    completion_tokens: Int32 | None = None
    output_tokens_details: ReasoningTokens | None = None
    total_tokens: Int32 | None = None
    num_sources_used: Int32 | None = None
    num_server_side_tools_used: Int32 | None = None
    cost_in_usd_ticks: Int64 | None = None


class TextFormat(msgspec.Struct):
    """``text.format``."""

    type: str | None = None


class TextSettings(msgspec.Struct):
    """``text``."""

    format: TextFormat | None = None
    verbosity: str | None = None


class Reasoning(msgspec.Struct):
    """``reasoning``."""

    effort: str | None = None
    summary: str | None = None


NULL = msgspec.Raw(b"null")
REFUSED = '{"reason":"refusal"}'
"""What stands in ``Response_IncompleteDetails`` of a refusal, for which the API has no word there."""


class ResponseObject(msgspec.Struct):
    """The members of a response object that have a column. Free-form ones stay raw."""

    id: str | None = None
    object: str | None = None
    created_at: Int64 | None = None
    completed_at: Int64 | None = None
    status: str | None = None
    error: msgspec.Raw = NULL
    incomplete_details: msgspec.Raw = NULL
    model: str | None = None
    output: list[Item] | None = None
    max_output_tokens: Int32 | None = None
    max_tool_calls: Int32 | None = None
    parallel_tool_calls: bool | None = None
    previous_response_id: str | None = None
    reasoning: Reasoning | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    temperature: float | None = None
    text: TextSettings | None = None
    tool_choice: msgspec.Raw = NULL
    tools: msgspec.Raw = NULL
    top_p: float | None = None
    truncation: str | None = None
    usage: Usage | None = None


FALLBACK_PATHS = {"usage.input_tokens": "usage.prompt_tokens", "usage.output_tokens": "usage.completion_tokens"}
ROUNDED_PATHS = ("temperature", "top_p")
"""Streams of the API carry the noise of 32-bit floats, so both are rounded to six digits."""

_decode = msgspec.json.Decoder(ResponseObject).decode


def response_row(body: bytes) -> Row:
    """The 34 values of a reply, in the order of ``RESPONSE_FIELDS``.

    Raises:
        DataError: The body is no JSON object.
        FailedReplyError: The object says that the response failed.
    """
    try:
        row = struct_row(_decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        row = document_row(document_of(body))
    if row[3] == "failed" or (row[4] is not None and row[0] is None):
        raise failed_reply(document_of(body))
    return row


def failed_reply(document: dict[str, object]) -> FailedReplyError:
    """The error of a response that failed, with what it cost."""
    failure = stated_failure(document)
    if failure is not None:
        return failure
    return FailedReplyError(None, "the response failed without saying why", cost_ticks=cost_of(document))


def struct_row(response: ResponseObject) -> Row:
    """The 34 values of a decoded response object."""
    text, reasoning, usage = response.text, response.reasoning, response.usage or Usage()
    cached, thinking = usage.input_tokens_details, usage.output_tokens_details
    answer, thoughts, refused = texts_of(response.output)
    return (
        answer,
        thoughts,
        response.id,
        response.status,
        json_or_none(response.error),
        response.object,
        response.created_at,
        response.completed_at,
        json_or_none(response.incomplete_details) or (REFUSED if refused else None),
        rounded(response.temperature),
        rounded(response.top_p),
        response.max_output_tokens,
        response.max_tool_calls,
        response.previous_response_id,
        response.store,
        response.model,
        text.format.type if text and text.format else None,
        text.verbosity if text else None,
        reasoning.effort if reasoning else None,
        reasoning.summary if reasoning else None,
        response.truncation,
        response.safety_identifier,
        response.parallel_tool_calls,
        text_or_json(response.tool_choice),
        json_or_none(response.tools),
        response.service_tier,
        usage.input_tokens if usage.input_tokens is not None else usage.prompt_tokens,
        cached.cached_tokens if cached else None,
        usage.output_tokens if usage.output_tokens is not None else usage.completion_tokens,
        usage.total_tokens,
        usage.num_sources_used,
        usage.num_server_side_tools_used,
        usage.cost_in_usd_ticks,
        thinking.reasoning_tokens if thinking else None,
    )


def texts_of(output: list[Item] | None) -> tuple[str | None, str | None, bool]:
    """The answer and the reasoning in ``output``, and whether the answer is a refusal.

    The answer is every output text joined, or the refusal where there is none; None when there is no message.
    """
    answers: list[str] = []
    refusals: list[str] = []
    thoughts: list[str] = []
    for item in output or ():
        if item.type == "message":
            for part in item.content or ():
                if part.type == "output_text" and part.text is not None:
                    answers.append(part.text)
                elif part.type == "refusal" and part.refusal is not None:
                    refusals.append(part.refusal)
        elif item.type == "reasoning":
            told = [part.text for part in item.summary or () if part.text]
            thoughts += told or [part.text for part in item.content or () if part.text]
    said = answers or refusals
    return "".join(said) if said else None, "\n".join(thoughts) if thoughts else None, bool(refusals and not answers)


def rounded(number: float | None) -> float | None:
    """A setting without the noise of 32-bit floats."""
    return None if number is None else round(number, 6)


def json_or_none(raw: msgspec.Raw) -> str | None:
    """Raw JSON as text; null is None."""
    text = bytes(raw)
    return None if text == b"null" else text.decode("utf-8")


def text_or_json(raw: msgspec.Raw) -> str | None:
    """A raw JSON string as its text, anything else as JSON text; null is None."""
    text = bytes(raw)
    if text.startswith(b'"'):
        return str(decode_json(text))
    return None if text == b"null" else text.decode("utf-8")


def document_row(document: dict[str, object]) -> Row:
    """The 34 values of an undecoded response object, read along the paths of the definitions."""
    answer, thoughts, refused = texts_of(items_of(document.get("output")))
    row = (answer, thoughts, *(field_value(document, column) for column in RESPONSE_FIELDS[2:]))
    return (*row[:8], REFUSED, *row[9:]) if refused and row[8] is None else row


def items_of(output: object) -> list[Item]:
    """The entries of an ``output`` list that can be read; others are passed over."""
    items: list[Item] = []
    for entry in output if isinstance(output, list) else ():
        try:
            items.append(msgspec.convert(entry, Item))
        except msgspec.ValidationError:
            continue
    return items


def field_value(document: dict[str, object], column: ResultField) -> object:
    """One field's value along its path, or None where it is missing or does not fit."""
    value = column_value(document, column)
    if value is None and column.path in FALLBACK_PATHS:
        value = column_value(document, column, FALLBACK_PATHS[column.path])
    return round(value, 6) if column.path in ROUNDED_PATHS and isinstance(value, float) else value
