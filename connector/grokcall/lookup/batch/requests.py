"""Calls as the requests of a batch: the very bodies that they would send alone, under ids made from fingerprints."""

from __future__ import annotations

from grokcall.client.batch_api import BatchRequest
from grokcall.errors import DataError, NotSupportedError
from grokcall.journal.batches import Key
from grokcall_procedures import Binder, BoundCall, Procedure
from grokcall_procedures.batches.questions import question_of
from grokcall_procedures.definition import DEFERRED
from grokcall_procedures.types import UnfitValue

TEXT_PATHS = frozenset(("/responses", "/chat/completions"))
"""The endpoints whose answers are texts.

Batches take others as well, whose results are links that live for an hour: too short a time for answers that may come
within a day.
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
    try:
        question = question_of(call)
    except UnfitValue as error:
        raise NotSupportedError(f"{error}; leave batch out") from None
    if question.path not in TEXT_PATHS:
        raise NotSupportedError(f"{call.procedure.name} cannot go through a batch: it does not begin with its question")
    if len(question.body) > LARGEST_REQUEST:
        raise DataError(
            f"the request has {len(question.body):,} bytes, and in a batch at most {LARGEST_REQUEST:,} are possible; "
            "make its images or files smaller, or leave batch out"
        )
    return BatchRequest(key, question.kind, question.body)
