"""CreateChatCompletion and CreateMessage: the two older interfaces of the API, for flows that are built on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import msgspec

from grokcall_procedures.answer_texts import Message, answer_in, content_text
from grokcall_procedures.bodies import ADDITIONAL_FIELDS, Body, body_bytes, extra_body_is_sound
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import column_value, document_of, json_text, stated_failure
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.pieces import Fold
from grokcall_procedures.steps import Kind, Request, Row, Steps
from grokcall_procedures.streams.chat_fold import ChatFold
from grokcall_procedures.streams.messages_fold import MessagesFold
from grokcall_procedures.text import MODEL, TEMPERATURE, TOP_P, reply_of
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_json, to_string

DEFAULT_MAX_TOKENS = 100
"""What CreateMessage sends when MaxTokens is NULL, for the API asks for a number."""


class ChatBody(Body):
    """The body of ``POST /chat/completions`` and ``POST /messages``."""

    model: object
    messages: msgspec.Raw
    max_tokens: object = None
    temperature: object = None
    top_p: object = None
    deferred: object = None


ONE_MESSAGE = 'one looks like {"role": "user", "content": "Hi"}'


def read_messages(value: object) -> str:
    """Messages as JSON text of a list: a list, JSON text of one, one message as an object, or the text of one.

    >>> read_messages("Hi")
    '[{"role": "user", "content": "Hi"}]'
    """
    if isinstance(value, str | bytes | bytearray | memoryview):
        text = to_string(value)
        if not text.strip().startswith(("[", "{")):
            if not text.strip():
                raise UnfitValue("must not be empty")
            return json.dumps([{"role": "user", "content": text}], ensure_ascii=False)
        messages = json.loads(to_json(text))
    elif isinstance(value, Mapping | list | tuple):
        messages = json.loads(to_json(value))
    else:
        raise UnfitValue(f"expected a list of messages or a text, got {described(value)}")
    listed = [messages] if isinstance(messages, dict) else messages
    if not listed:
        raise UnfitValue(f"has no message in it; {ONE_MESSAGE}")
    if not all(isinstance(message, dict) and isinstance(message.get("role"), str) for message in listed):
        raise UnfitValue(f"has an entry that is no message; {ONE_MESSAGE}")
    return json.dumps(listed, ensure_ascii=False)


def ask(call: BoundCall, path: str, fold: Callable[[], Fold], *, max_tokens: object = None) -> Request:
    """The request that sends the call's messages."""
    body = chat_body(call, max_tokens=max_tokens)
    return Request("POST", path, body=body, kind=Kind.TEXT, billed=True, fold=fold)


def chat_body(call: BoundCall, *, max_tokens: object = None, deferred: bool | None = None) -> bytes:
    """The body with the call's messages."""
    get = call.values.get
    body = ChatBody(
        model=get("Model"),
        messages=msgspec.Raw(str(get("Messages")).encode("utf-8")),
        max_tokens=max_tokens,
        temperature=get("Temperature"),
        top_p=get("TopP"),
        deferred=deferred,
    )
    return body_bytes(body, call.values)


def create_chat_completion(call: BoundCall) -> Steps:
    """One conversation, the next message of it."""
    reply = reply_of((yield ask(call, "/chat/completions", ChatFold)))
    return [completion_row(document_of(reply.body))]


def completion_row(document: Mapping[str, object]) -> Row:
    """The columns of a chat completion; of several choices the first.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: There is no choice.
    """
    choices = document.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        raise stated_failure(document) or MalformedReplyError("the service sent a completion without a choice")
    told = choice.get("message")
    message: dict[str, object] = told if isinstance(told, dict) else {}
    said = content_text(message.get("content"))
    refusal = message.get("refusal")
    content = said.text if said.text is not None else refusal if isinstance(refusal, str) else said.refusal
    thoughts = content_text(message.get("reasoning_content")).text
    read = {
        **document,
        "choice": {**choice, "message": {**message, "content": content, "reasoning_content": thoughts}},
    }
    return (*(column_value(read, column) for column in COMPLETION_FIELDS[:-1]), json_text(document))


def create_message(call: BoundCall) -> Steps:
    """One conversation, the next message of it, in the other interface."""
    limit = call.values.get("MaxTokens", DEFAULT_MAX_TOKENS)
    reply = reply_of((yield ask(call, "/messages", MessagesFold, max_tokens=limit)))
    return [message_row(document_of(reply.body))]


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


_STRING, _INT32, _INT64, _JSON = ParameterType.STRING, ParameterType.INT32, ParameterType.INT64, ParameterType.JSON


def _fields(prefix: str, *rows: tuple[str, ParameterType, str, str]) -> tuple[ResultField, ...]:
    return tuple(ResultField(f"{prefix}_{name}", kind, path, doc) for name, kind, path, doc in rows)


COMPLETION_FIELDS = _fields(
    "Completion",
    ("Id", _STRING, "id", "The completion's id."),
    ("Model", _STRING, "model", "The model that answered."),
    ("Content", _STRING, "choice.message.content", "The answer; a refusal's text if it refused."),
    ("Reasoning", _STRING, "choice.message.reasoning_content", "The model's reasoning, where it is told."),
    ("FinishReason", _STRING, "choice.finish_reason", "stop, length, tool_calls or content_filter."),
    ("ToolCalls", _JSON, "choice.message.tool_calls", "The functions that the model wants called, as a JSON list."),
    ("UsagePromptTokens", _INT32, "usage.prompt_tokens", "Tokens read."),
    ("UsageCachedTokens", _INT32, "usage.prompt_tokens_details.cached_tokens", "How many came from the cache."),
    ("UsageCompletionTokens", _INT32, "usage.completion_tokens", "Tokens written, without reasoning."),
    ("UsageReasoningTokens", _INT32, "usage.completion_tokens_details.reasoning_tokens", "Tokens of reasoning."),
    ("UsageTotalTokens", _INT32, "usage.total_tokens", "Tokens read and written."),
    ("CostInUsdTicks", _INT64, "usage.cost_in_usd_ticks", "The price in ticks; 10,000,000,000 ticks are 1 USD."),
    ("Raw", _JSON, "", "The whole reply, as JSON text."),
)

MESSAGE_FIELDS = _fields(
    "Message",
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

MESSAGES = Parameter(
    "Messages",
    ParameterType.JSON,
    "The conversation: a JSON list of messages with `role` and `content`, or a plain text for one message by the user.",
    required=True,
    reader=read_messages,
)

CREATE_CHAT_COMPLETION = Procedure(
    name="CreateChatCompletion",
    main="Completion_Content",
    summary="Answers a conversation through the chat completions interface.",
    parameters=(MODEL, MESSAGES, TEMPERATURE, TOP_P, ADDITIONAL_FIELDS),
    fields=COMPLETION_FIELDS,
    steps=create_chat_completion,
    streams=True,
    model_kind="text",
    rules=(extra_body_is_sound,),
    reference="POST /v1/chat/completions",
    example="CALL CreateChatCompletion('grok-4.3', 'Which colour is a ripe banana?')",
    notes=(
        "The service calls this interface deprecated; GenerateResponse is the current one.",
        "`stream` and `deferred` are refused in AdditionalFields; `connection.stream` and the option `receive` have "
        "the answer come in pieces.",
    ),
)

CREATE_MESSAGE = Procedure(
    name="CreateMessage",
    main="Message_Content",
    summary="Answers a conversation through the messages interface.",
    parameters=(
        MESSAGES,
        MODEL,
        Parameter(
            "MaxTokens",
            ParameterType.INT32,
            "The most tokens to write; 100 when NULL.",
            low=1,
        ),
        ADDITIONAL_FIELDS,
    ),
    fields=MESSAGE_FIELDS,
    steps=create_message,
    streams=True,
    model_kind="text",
    rules=(extra_body_is_sound,),
    reference="POST /v1/messages",
    example="CALL CreateMessage('Which colour is a ripe banana?', MaxTokens => 50)",
    notes=(
        "The service calls this interface deprecated; GenerateResponse is the current one.",
        'A system prompt goes into AdditionalFields: \'{"system": "Answer in one word."}\'.',
    ),
)

PROCEDURES = (CREATE_CHAT_COMPLETION, CREATE_MESSAGE)
