"""StartChatCompletion and GetDeferredCompletion: a completion that is asked for now and fetched later."""

from __future__ import annotations

from grokcall_procedures.bodies import ADDITIONAL_FIELDS
from grokcall_procedures.chat import (
    COMPLETION_FIELDS,
    CREATE_CHAT_COMPLETION,
    MESSAGES,
    chat_body,
    completion_row,
)
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import document_of, stated_failure
from grokcall_procedures.effects import Effect
from grokcall_procedures.errors import MalformedReplyError, NotReadyError
from grokcall_procedures.nouns import in_path, read_id
from grokcall_procedures.steps import Kind, Reply, Request, Row, Steps
from grokcall_procedures.text import MODEL, TEMPERATURE, TOP_P, reply_of
from grokcall_procedures.types import ParameterType
from grokcall_procedures.waiting import wait_for

ACCEPTED = 202
"""The status of a reply that says that the completion is not there yet."""
LONGEST_PAUSE = 30.0
STATUS = ResultField("Completion_Status", ParameterType.STRING, "", "`completed`, or `pending` where it is not done.")
DONE, PENDING = "completed", "pending"


def start_completion(call: BoundCall) -> Steps:
    """Has the service begin with a completion."""
    body = chat_body(call, deferred=True)
    request = Request("POST", "/chat/completions", body=body, kind=Kind.TEXT, billed=True, once=True, lasting=True)
    document = document_of(reply_of((yield request)).body)
    request_id = document.get("request_id")
    if not isinstance(request_id, str) or not request_id:
        raise stated_failure(document) or MalformedReplyError("the service began and named no request_id")
    return [(request_id,)]


def get_completion(call: BoundCall) -> Steps:
    """A completion that was begun earlier."""
    request_id = str(call.values["RequestId"])
    look = Request(
        "GET", f"/chat/deferred-completion/{in_path(request_id)}", kind=Kind.METADATA, once=True, lasting=True
    )
    if call.values.get("Wait") is False:
        row = row_in(reply_of((yield look)))
        return [row if row is not None else (*(None,) * len(COMPLETION_FIELDS), PENDING)]
    settings = call.settings
    return [
        (
            yield from wait_for(
                look,
                row_in,
                every=settings.poll_interval,
                longest=LONGEST_PAUSE,
                within=settings.poll_timeout,
                late=lambda seconds: late(request_id, seconds),
                note=f"the completion {request_id}",
            )
        )
    ]


def row_in(reply: Reply) -> Row | None:
    """The columns of the completion in a reply; None while it is not there."""
    if reply.status == ACCEPTED or not reply.body.strip():
        return None
    return (*completion_row(document_of(reply.body)), DONE)


def late(request_id: str, seconds: float) -> NotReadyError:
    """The error for a completion that takes too long."""
    statement = f"CALL GetDeferredCompletion('{request_id}')"
    return NotReadyError(
        f"the completion {request_id} is not ready after {seconds:g} seconds; {statement} fetches it without paying "
        "again, within 24 hours",
        request_id,
        statement=statement,
        error_code="deferred_timeout",
    )


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
    rules=CREATE_CHAT_COMPLETION.rules,
    main="Deferred_RequestId",
    reference="POST /v1/chat/completions",
    example="CALL StartChatCompletion('grok-4.3', 'Which colour is a ripe banana?')",
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
