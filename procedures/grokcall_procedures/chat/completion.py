"""CreateChatCompletion: the next message of a conversation, through the chat completions interface."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from grokcall_procedures.bodies import ADDITIONAL_FIELDS, extra_body_is_sound
from grokcall_procedures.chat.completion_requests import completion_body
from grokcall_procedures.chat.completion_rounds import answered
from grokcall_procedures.chat.completion_rows import COMPLETION_FIELDS, FURTHER_FIELDS, rounds_row
from grokcall_procedures.chat.conversations import MESSAGES
from grokcall_procedures.chat.formats import read_response_format
from grokcall_procedures.chat.rules import completion_fits, read_conversation_id
from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.steps import Steps
from grokcall_procedures.text import MODEL, REASONING_EFFORT, TEMPERATURE, TOP_P, effort_fits_model
from grokcall_procedures.tools.lists import read_entries
from grokcall_procedures.tools.parameters import MAX_ROUNDS, SERVICE_TIER, TOOL_CHOICE
from grokcall_procedures.types import ParameterType

_STRING, _INT32, _JSON = ParameterType.STRING, ParameterType.INT32, ParameterType.JSON


def _by_name(name: str, kind: ParameterType, doc: str, **more: Any) -> Parameter:
    return Parameter(name, kind, doc, named_only=True, **more)


FURTHER_PARAMETERS = (
    _by_name(
        "Tools",
        _JSON,
        "A list of functions: names of your own (`CREATE TOOL`, `connection.tool`) and of procedures, which run here, "
        "round by round; and objects of the API, in its nested form or in the flat one of GenerateResponse. Calls of a "
        "function that is none of your tools are not made: they stand in Completion_ToolCalls.",
        reader=read_entries,
        secret=True,
    ),
    TOOL_CHOICE,
    replace(
        MAX_ROUNDS,
        doc=MAX_ROUNDS.doc.replace(
            "An answer that would need more is incomplete.",
            "Where more would be needed Completion_IncompleteDetails says so, and Completion_ToolCalls has the calls.",
        ),
    ),
    _by_name(
        "ResponseFormat",
        _JSON,
        "The form of the answer: `json_object`, or an object of the API such as "
        '`{"type": "json_schema", "json_schema": {"name": "answer", "schema": {…}}}`. It comes as text.',
        reader=read_response_format,
    ),
    replace(REASONING_EFFORT, named_only=True),
    _by_name(
        "MaxCompletionTokens",
        _INT32,
        "The most tokens of text to write; Completion_FinishReason is `length` when they run out. Reasoning is not "
        "bounded by it.",
        low=1,
    ),
    _by_name("Seed", _INT32, "A number with which the same call is answered alike, as far as the service can."),
    _by_name(
        "Deferred",
        ParameterType.BOOLEAN,
        "Whether the service begins, and the answer is looked for until it is there, up to `poll_timeout`: no "
        "connection is held open meanwhile. Such an answer does not come in pieces, and not in a batch.",
    ),
    _by_name(
        "ConversationId",
        _STRING,
        "An id of yours for the conversation: calls with the same one share the service's cache. It is sent as the "
        "header `x-grok-conv-id`.",
        reader=read_conversation_id,
    ),
    SERVICE_TIER,
)


def create_chat_completion(call: BoundCall) -> Steps:
    """One conversation, the next message of it."""
    exchange = yield from answered(call, completion_body(call))
    return [rounds_row(exchange.bodies, exchange.ended)]


CREATE_CHAT_COMPLETION = Procedure(
    name="CreateChatCompletion",
    main="Completion_Content",
    summary="Answers a conversation through the chat completions interface.",
    parameters=(MODEL, MESSAGES, TEMPERATURE, TOP_P, ADDITIONAL_FIELDS, *FURTHER_PARAMETERS),
    fields=COMPLETION_FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=create_chat_completion,
    streams=True,
    model_kind="text",
    rules=(effort_fits_model, extra_body_is_sound, completion_fits),
    reference="POST /v1/chat/completions",
    example="CALL CreateChatCompletion('grok-4.3', 'Which colour is a ripe banana?')",
    notes=(
        "The service calls this interface deprecated; GenerateResponse is the current one.",
        "Where tools of yours run, tokens and price are those of all rounds together, and the other fields those of "
        "the last one. To go on with calls that were not made, send Messages again, with Completion_Output and a "
        'message `{"role": "tool", "tool_call_id": …, "content": …}` for each call after them.',
        "`stream` and `deferred` are refused in AdditionalFields: `connection.stream` and the option `receive` have "
        "the answer come in pieces, and `Deferred` waits for one that is made for later.",
    ),
)
