"""CreateMessage: the next message of a conversation, through the messages interface."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from grokcall_procedures.bodies import ADDITIONAL_FIELDS, Body, body_bytes, extra_body_is_sound
from grokcall_procedures.chat.conversations import MESSAGES, given_messages
from grokcall_procedures.chat.formats import read_message_choice, read_stop_sequences
from grokcall_procedures.chat.message_rows import MESSAGE_FIELDS, message_row
from grokcall_procedures.chat.rules import MESSAGE_CHOICES, message_fits
from grokcall_procedures.chat.tools import message_tools
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.documents import decode_json, document_of
from grokcall_procedures.steps import Kind, Request, Steps, reply_of
from grokcall_procedures.streams.messages_fold import MessagesFold
from grokcall_procedures.text import MODEL, TEMPERATURE, TOP_P
from grokcall_procedures.tools.lists import read_entries
from grokcall_procedures.types import ParameterType

DEFAULT_MAX_TOKENS = 100
"""What is sent when MaxTokens is NULL, for the API asks for a number."""


class MessageBody(Body):
    """The body of ``POST /messages``, in the members that the procedure sets."""

    model: object
    messages: msgspec.Raw
    max_tokens: object = None
    system: object = None
    temperature: object = None
    top_p: object = None
    top_k: object = None
    stop_sequences: object = None
    tools: list[dict[str, object]] | None = None
    tool_choice: object = None


def create_message(call: BoundCall) -> Steps:
    """One conversation, the next message of it."""
    get = call.values.get
    stops = get("StopSequences")
    body = MessageBody(
        model=get("Model"),
        messages=given_messages(call.values),
        max_tokens=get("MaxTokens", DEFAULT_MAX_TOKENS),
        system=get("System"),
        temperature=get("Temperature"),
        top_p=get("TopP"),
        top_k=get("TopK"),
        stop_sequences=None if stops is None else decode_json(str(stops)),
        tools=message_tools(call.values, call.settings.toolbox) or None,
        tool_choice=tool_choice(call.values),
    )
    sent = body_bytes(body, call.values)
    reply = yield Request("POST", "/messages", body=sent, kind=Kind.TEXT, billed=True, fold=MessagesFold)
    return [message_row(document_of(reply_of(reply).body))]


def tool_choice(values: Values) -> object:
    """The ``tool_choice`` of a message: an object, or what a word or the name of a tool stands for."""
    if "ToolChoice" not in values:
        return None
    choice = decode_json(str(values["ToolChoice"]))
    if not isinstance(choice, str):
        return choice
    return {"type": choice} if choice in MESSAGE_CHOICES else {"type": "tool", "name": choice}


def _by_name(name: str, kind: ParameterType, doc: str, **more: Any) -> Parameter:
    return Parameter(name, kind, doc, named_only=True, **more)


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
        _by_name("System", ParameterType.STRING, "A system message, which stands before the conversation."),
        replace(TEMPERATURE, named_only=True),
        replace(TOP_P, named_only=True),
        _by_name("TopK", ParameterType.INT32, "Only so many of the likeliest tokens are considered.", low=1),
        _by_name(
            "StopSequences",
            ParameterType.JSON,
            "A list of texts, or one: where the model would write one of them the answer ends, and "
            "Message_StopSequence has it.",
            reader=read_stop_sequences,
        ),
        _by_name(
            "Tools",
            ParameterType.JSON,
            "A list of tools: objects of the API with `name`, `description` and `input_schema`, functions as "
            "GenerateResponse takes them, and names of your own tools and of procedures. None of them is run here: "
            "what the model wants used stands in Message_ToolUses.",
            reader=read_entries,
            secret=True,
        ),
        _by_name(
            "ToolChoice",
            ParameterType.JSON,
            "`auto`, `any`, `none`, the name of a tool that has to be used, or an object of the API.",
            reader=read_message_choice,
        ),
    ),
    fields=MESSAGE_FIELDS,
    steps=create_message,
    streams=True,
    runs_tools=False,
    model_kind="text",
    rules=(extra_body_is_sound, message_fits),
    reference="POST /v1/messages",
    example="CALL CreateMessage('Which colour is a ripe banana?', MaxTokens => 50)",
    notes=(
        "The service calls this interface deprecated; GenerateResponse is the current one.",
        "A call is one request, whatever tools it offers. To go on with what the model wants used, send Messages "
        "again, with the `content` of Message_Raw as a message of the assistant's and a block "
        '`{"type": "tool_result", "tool_use_id": …, "content": …}` for each use after it. CreateChatCompletion and '
        "GenerateResponse run tools of yours.",
    ),
)
