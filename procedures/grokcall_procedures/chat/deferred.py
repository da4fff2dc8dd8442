"""StartChatCompletion and GetDeferredCompletion: a completion that is asked for now and fetched later."""

from __future__ import annotations

from dataclasses import replace

from grokcall_procedures.bodies import ADDITIONAL_FIELDS, extra_body_is_sound
from grokcall_procedures.chat.completion_requests import ask, completion_body
from grokcall_procedures.chat.completion_rows import COMPLETION_FIELDS, completion_row
from grokcall_procedures.chat.conversations import MESSAGES
from grokcall_procedures.chat.later import body_in, fetched, look_for, request_id_in
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import document_of
from grokcall_procedures.effects import Effect
from grokcall_procedures.nouns import read_id
from grokcall_procedures.steps import Row, Steps, reply_of
from grokcall_procedures.text import MODEL, TEMPERATURE, TOP_P
from grokcall_procedures.types import ParameterType

STATUS = ResultField("Completion_Status", ParameterType.STRING, "", "`completed`, or `pending` where it is not done.")
DONE, PENDING = "completed", "pending"


def start_completion(call: BoundCall) -> Steps:
    """Has the service begin with a completion."""
    body = completion_body(replace(call, values={**call.values, "Deferred": True}))
    reply = yield ask(call, body)
    return [(request_id_in(reply_of(reply).body),)]


def get_completion(call: BoundCall) -> Steps:
    """A completion that was begun earlier."""
    request_id = str(call.values["RequestId"])
    look = look_for(request_id)
    if call.values.get("Wait") is False:
        body = body_in(reply_of((yield look)))
        return [fetched_row(body) if body is not None else (*(None,) * len(COMPLETION_FIELDS), PENDING)]
    return [fetched_row((yield from fetched(look, request_id, call.settings)))]


def fetched_row(body: bytes) -> Row:
    """The columns of a completion that was fetched."""
    return (*completion_row(document_of(body)), DONE)


START_CHAT_COMPLETION = Procedure(
    name="StartChatCompletion",
    effect=Effect.MAKE,
    summary="Has the service begin with an answer to a conversation, to be fetched within 24 hours.",
    parameters=(MODEL, MESSAGES, TEMPERATURE, TOP_P, ADDITIONAL_FIELDS),
    fields=(
        ResultField("Deferred_RequestId", ParameterType.STRING, "request_id", "The id for GetDeferredCompletion."),
    ),
    steps=start_completion,
    model_kind="text",
    rules=(extra_body_is_sound,),
    main="Deferred_RequestId",
    reference="POST /v1/chat/completions",
    example="CALL StartChatCompletion('grok-4.3', 'Which colour is a ripe banana?')",
    notes=("`Deferred => TRUE` of CreateChatCompletion begins, waits and gives the row in one call.",),
)

GET_DEFERRED_COMPLETION = Procedure(
    name="GetDeferredCompletion",
    effect=Effect.READ,
    summary="Fetches an answer that StartChatCompletion began; it costs nothing more.",
    parameters=(
        Parameter("RequestId", ParameterType.STRING, "The `Deferred_RequestId`.", required=True, reader=read_id),
        Parameter(
            "Wait",
            ParameterType.BOOLEAN,
            "Whether to wait until it is there, up to `poll_timeout`; TRUE when NULL.",
        ),
    ),
    fields=(*COMPLETION_FIELDS, STATUS),
    steps=get_completion,
    main="Completion_Content",
    reference="GET /v1/chat/deferred-completion/{request_id}",
    example="CALL GetDeferredCompletion('7d1e40c2')",
    notes=("The service gives it once, within 24 hours. A lookup with a journal keeps the reply before it is read.",),
)

PROCEDURES = (START_CHAT_COMPLETION, GET_DEFERRED_COMPLETION)
