"""Calls as the requests of a batch: the very bodies that they would send alone, under ids made from fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing

from grokcall.client.batch_api import BatchRequest
from grokcall.errors import DataError, NotSupportedError
from grokcall.journal.batches import Key
from grokcall_procedures import Binder, BoundCall, Procedure, Request
from grokcall_procedures.definition import DEFERRED
from grokcall_procedures.tool_rounds import own_tools

KINDS: Mapping[str, str] = {"/responses": "responses", "/chat/completions": "chat_get_completion"}
"""How batches call the endpoints whose answers are texts.

They take ``image_generation``, ``image_edit``, ``video_generation`` and ``video_extension`` as well, whose results are
links that live for an hour: too short a time for answers that may come within a day.
"""
TEXT_PROCEDURES = (
    "GenerateResponse",
    "AnalyzeImage",
    "AnalyzeImageByUrl",
    "AnalyzeFile",
    "ClassifyText",
    "SummarizeText",
    "CreateChatCompletion",
)
"""The procedures that can go through a batch: one request, and a text for an answer."""
LARGEST_REQUEST = 20 * 1024 * 1024
"""Bytes of one request: a call that adds requests carries at most 25 MB."""


def refuse_unfit(binder: Binder) -> None:
    """Refuses a statement that no batch can hold, before anything is read or sent.

    Raises:
        NotSupportedError: Its procedure needs more than one request, or does not give a text.
    """
    procedure = binder.procedure
    if procedure.name not in TEXT_PROCEDURES:
        raise NotSupportedError(
            f"{procedure.name} cannot go through a batch: {reason(procedure)}. Leave batch out, or use one of "
            f"{', '.join(TEXT_PROCEDURES)}"
        )
    if binder.constants.get(DEFERRED):
        raise deferred_twice(procedure)
    if procedure.name == "AnalyzeFile" and binder.settings.file_transfer != "inline":
        raise NotSupportedError(
            "AnalyzeFile uploads its files before it asks, which a batch cannot do; set the connection's option "
            "file_transfer to 'inline', so that they travel inside the request"
        )


def deferred_twice(procedure: Procedure) -> NotSupportedError:
    """The error for a call whose answer is made for later by itself."""
    return NotSupportedError(
        f"{procedure.name} is called with {DEFERRED}, and a batch makes its answers for later anyhow; leave one of "
        "them out"
    )


def reason(procedure: Procedure) -> str:
    """Why a procedure cannot go through a batch."""
    if procedure.name == "CreateMessage":
        return "batches do not take requests of the messages interface"
    if procedure.model_kind not in (None, "text"):
        return "its result is a link that lives for an hour, and a batch may take a day"
    if procedure.many and procedure.model_kind is not None:
        return "a call of it gives any number of rows, and an answer of a batch is read as one"
    return "it is not one request to a text model"


def batch_request(call: BoundCall, key: Key) -> BatchRequest:
    """A call as a request of a batch.

    Raises:
        NotSupportedError: Its first request is none that batches take.
        DataError: It is larger than a batch can carry.
    """
    if call.is_deferred:
        raise deferred_twice(call.procedure)
    with closing(call.steps()) as steps:
        step = next(steps)
    if own_tools(call):
        raise NotSupportedError(
            f"a tool that {call.procedure.name} offers runs here, round by round, which a batch cannot do; leave batch "
            "out"
        )
    if not isinstance(step, Request) or step.path not in KINDS or not isinstance(step.body, bytes):
        raise NotSupportedError(f"{call.procedure.name} cannot go through a batch: it does not begin with its question")
    if step.tool_secrets:
        raise NotSupportedError(
            f"a tool of {call.procedure.name} names a secret (env:{step.tool_secrets[0]}), which a batch would have to "
            "keep for up to a day; leave batch out"
        )
    if step.headers:
        raise NotSupportedError(
            f"{call.procedure.name} sends the header {step.headers[0][0]}, and a batch takes bodies only; leave out "
            "what it is for, or leave batch out"
        )
    if len(step.body) > LARGEST_REQUEST:
        raise DataError(
            f"the request has {len(step.body):,} bytes, and in a batch at most {LARGEST_REQUEST:,} are possible; "
            "make its images or files smaller, or leave batch out"
        )
    return BatchRequest(key, KINDS[step.path], step.body)
