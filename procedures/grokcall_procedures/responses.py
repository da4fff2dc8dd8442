"""The API's response object, and the 34 columns that it becomes.

A reply is read twice over in code but once at run time: a typed struct reads what the API is known to send in a few
microseconds; a reply that does not fit it (another server's, a field of a new type, or no strict JSON) is read field by
field along the JSON paths of the definitions, and a value that fits no column type becomes NULL rather than losing the
row.
"""

from __future__ import annotations

import msgspec

from grokcall_procedures.answer_texts import TEXT_PARTS, Message, answer_in
from grokcall_procedures.definition import ResultField
from grokcall_procedures.documents import column_value, cost_of, decode_json, document_of, stated_failure, value_at
from grokcall_procedures.errors import FailedReplyError, MalformedReplyError
from grokcall_procedures.response_fields import RESPONSE_FIELDS
from grokcall_procedures.response_object import Item, Part, ResponseObject, Usage
from grokcall_procedures.steps import Row

__all__ = ["RESPONSE_FIELDS", "ResponseObject", "document_row", "response_row", "struct_row"]

REFUSED = '{"reason":"refusal"}'
"""What stands in ``Response_IncompleteDetails`` of a refusal, for which the API has no word there."""
FALLBACK_PATHS = {"usage.input_tokens": "usage.prompt_tokens", "usage.output_tokens": "usage.completion_tokens"}
ROUNDED_PATHS = ("temperature", "top_p")
"""Streams of the API carry the noise of 32-bit floats, so both are rounded to six digits."""
STRUCTURED_FORMATS = frozenset({"json_schema", "json_object"})
"""Formats of which the answer is one JSON document."""
DONE = (None, "completed", "incomplete")
"""The status of a response of which no more is to come."""
UNDONE = frozenset({"queued", "in_progress", "pending", "processing", "requires_action", "cancelling", "cancelled"})
TOOL_CALLS = ("_call", "_call_output")
"""How the types of entries end that stand for the use of a tool."""
RESULT, ID, STATUS, ERROR = 0, 2, 3, 4
"""Where in a row these stand."""

_decode = msgspec.json.Decoder(ResponseObject).decode


def response_row(body: bytes, *, structured: bool = False) -> Row:
    """The 34 values of a reply, in the order of ``RESPONSE_FIELDS``.

    Args:
        body: The reply.
        structured: Whether a JSON document was asked for as the answer; where the reply itself says so it need not be
            told.

    Raises:
        MalformedReplyError: The body is no JSON object, or the response is not done.
        FailedReplyError: The object says that the response failed.
    """
    try:
        row = struct_row(_decode(body), structured=structured)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        row = document_row(document_of(body), structured=structured)
    if row[STATUS] == "failed" or (row[ERROR] is not None and row[RESULT] is None):
        raise failed_reply(document_of(body))
    if row[STATUS] not in DONE and (row[STATUS] in UNDONE or row[RESULT] is None):
        raise unfinished(row)
    return row


def unfinished(row: Row) -> MalformedReplyError:
    """The error of a response that is not done, which may have been billed."""
    where = f": CALL GetResponse('{row[ID]}') tells what became of it" if row[ID] else ""
    return MalformedReplyError(f"the response is {row[STATUS]} and not done{where}", row=row)


def failed_reply(document: dict[str, object]) -> FailedReplyError:
    """The error of a response that failed, with what it cost."""
    failure = stated_failure(document)
    if failure is not None:
        return failure
    return FailedReplyError(None, "the response failed without saying why", cost_ticks=cost_of(document))


def struct_row(response: ResponseObject, *, structured: bool = False) -> Row:
    """The 34 values of a decoded response object."""
    text, reasoning, usage = response.text, response.reasoning, response.usage or Usage()
    cached, thinking = usage.input_tokens_details, usage.output_tokens_details
    structured = structured or (text is not None and text.format is not None and text.format.type in STRUCTURED_FORMATS)
    answer, thoughts, refused = texts_of(response.output, structured=structured)
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


def texts_of(output: list[Item] | None, *, structured: bool = False) -> tuple[str | None, str | None, bool]:
    """The answer and the reasoning in ``output``, and whether the answer is a refusal.

    Of several messages :func:`~grokcall_procedures.answer_texts.answer_in` chooses; None when there is no message.
    """
    messages: list[Message] = []
    thoughts: list[str] = []
    turn = 0
    for item in output or ():
        if item.type == "message":
            messages.append(message_of(item, turn))
        elif item.type == "reasoning":
            told = [part.text for part in item.summary or () if part.text]
            thoughts += told or [part.text for part in item.content or () if part.text]
        elif item.type.endswith(TOOL_CALLS):
            turn += 1
    answer, refused = answer_in(messages, structured=structured)
    return answer, "\n".join(thoughts) if thoughts else None, refused


def message_of(item: Item, turn: int) -> Message:
    """A message of ``output``, after so many uses of tools."""
    texts: list[str] = []
    refusals: list[str] = []
    for part in item.content or ():
        if part.text is not None and part.type in TEXT_PARTS:
            texts.append(part.text)
        elif part.refusal is not None and part.type == "refusal":
            refusals.append(part.refusal)
    return Message(
        "".join(texts) if texts else None, "".join(refusals) if refusals else None, phase=item.phase, turn=turn
    )


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


def document_row(document: dict[str, object], *, structured: bool = False) -> Row:
    """The 34 values of an undecoded response object, read along the paths of the definitions."""
    structured = structured or str(value_at(document, "text.format.type")) in STRUCTURED_FORMATS
    answer, thoughts, refused = texts_of(items_of(document.get("output")), structured=structured)
    row = (answer, thoughts, *(field_value(document, column) for column in RESPONSE_FIELDS[2:]))
    return (*row[:8], REFUSED, *row[9:]) if refused and row[8] is None else row


def items_of(output: object) -> list[Item]:
    """The entries of an ``output`` list, as far as they can be read."""
    return [item_of(entry) for entry in output if isinstance(entry, dict)] if isinstance(output, list) else []


def item_of(entry: dict[str, object]) -> Item:
    """One entry; members of strange types are passed over."""
    kind, phase = entry.get("type"), entry.get("phase")
    return Item(
        kind if isinstance(kind, str) else "",
        phase if isinstance(phase, str) else None,
        parts_of(entry.get("content")),
        parts_of(entry.get("summary")),
    )


def parts_of(content: object) -> list[Part]:
    """The parts of a content, which other servers write as plain text as well."""
    parts: list[Part] = []
    for each in content if isinstance(content, list) else [content]:
        part = each if isinstance(each, dict) else {"text": each}
        kind, text, refusal = part.get("type", ""), part.get("text"), part.get("refusal")
        parts.append(
            Part(
                kind if isinstance(kind, str) else "?",
                text if isinstance(text, str) else None,
                refusal if isinstance(refusal, str) else None,
            )
        )
    return parts


def field_value(document: dict[str, object], column: ResultField) -> object:
    """One field's value along its path, or None where it is missing or does not fit."""
    value = column_value(document, column)
    if value is None and column.path in FALLBACK_PATHS:
        value = column_value(document, column, FALLBACK_PATHS[column.path])
    return round(value, 6) if column.path in ROUNDED_PATHS and isinstance(value, float) else value
