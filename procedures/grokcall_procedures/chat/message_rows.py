"""The columns of a message."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.answer_texts import Message, answer_in
from grokcall_procedures.definition import ResultField
from grokcall_procedures.documents import column_value, json_text, stated_failure
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.steps import Row
from grokcall_procedures.types import ParameterType

_STRING, _INT32, _INT64, _JSON = ParameterType.STRING, ParameterType.INT32, ParameterType.INT64, ParameterType.JSON

MESSAGE_FIELDS = tuple(
    ResultField(f"Message_{name}", kind, path, doc)
    for name, kind, path, doc in (
        ("Id", _STRING, "id", "The message's id."),
        ("Model", _STRING, "model", "The model that answered."),
        ("Content", _STRING, "text", "The answer: its text blocks joined, those after the last use of a tool."),
        ("Reasoning", _STRING, "thinking", "The model's reasoning, where it is told."),
        ("StopReason", _STRING, "stop_reason", "end_turn, max_tokens, stop_sequence or tool_use."),
        ("StopSequence", _STRING, "stop_sequence", "The sequence at which it stopped."),
        ("ToolUses", _JSON, "tool_uses", "The tools that the model wants used, as a JSON list."),
        ("UsageInputTokens", _INT32, "usage.input_tokens", "Tokens read."),
        ("UsageCacheReadInputTokens", _INT32, "usage.cache_read_input_tokens", "Tokens read from the cache."),
        ("UsageCacheCreationInputTokens", _INT32, "usage.cache_creation_input_tokens", "Tokens put into the cache."),
        ("UsageOutputTokens", _INT32, "usage.output_tokens", "Tokens written."),
        ("CostInUsdTicks", _INT64, "usage.cost_in_usd_ticks", "The price in ticks, where it is told."),
        ("Raw", _JSON, "", "The whole reply, as JSON text."),
    )
)


def message_row(document: Mapping[str, object]) -> Row:
    """The columns of a message.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: There is no content.
    """
    content = document.get("content")
    if not isinstance(content, list):
        raise stated_failure(document) or MalformedReplyError("the service sent a message without content")
    blocks = [block for block in content if isinstance(block, dict)]
    tools = [block for block in blocks if block.get("type") == "tool_use"]
    read = {
        **document,
        "text": answer_in(messages_in(blocks))[0],
        "thinking": joined(blocks, "thinking", "\n"),
        "tool_uses": tools or None,
    }
    return (*(column_value(read, column) for column in MESSAGE_FIELDS[:-1]), json_text(document))


def messages_in(blocks: list[dict[str, object]]) -> list[Message]:
    """The texts among the blocks: those without the use of a tool between them belong together."""
    turns: list[list[str]] = [[]]
    for block in blocks:
        kind, text = str(block.get("type")), block.get("text")
        if kind == "text" and isinstance(text, str):
            turns[-1].append(text)
        elif "tool" in kind:
            turns.append([])
    return [Message("".join(texts), turn=turn) for turn, texts in enumerate(turns) if texts]


def joined(blocks: list[dict[str, object]], kind: str, between: str) -> str | None:
    """The texts of the blocks of a kind, joined; None when there is none."""
    texts = [str(block[kind]) for block in blocks if block.get("type") == kind and isinstance(block.get(kind), str)]
    return between.join(texts) if texts else None
