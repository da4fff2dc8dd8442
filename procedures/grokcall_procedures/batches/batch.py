"""CreateBatch, GetBatch, ListBatches and CancelBatch."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.documents import document_of, encode_json, stated_failure, unreadable, value_at
from grokcall_procedures.effects import Effect
from grokcall_procedures.errors import NotReadyError
from grokcall_procedures.nouns import in_path, noun, read_id
from grokcall_procedures.paging import MAX_ROWS, Pages, rows_of
from grokcall_procedures.steps import Kind, Reply, Request, Row, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType, UnfitValue, to_int64
from grokcall_procedures.waiting import wait_for

_STRING, _INT64, _TIMESTAMP = ParameterType.STRING, ParameterType.INT64, ParameterType.TIMESTAMP
LARGEST_PAGE = 100
LONGEST_PAUSE = 60.0

BATCH = noun(
    "Batch",
    ("Id", _STRING, "The batch's id.", "batch_id"),
    ("Name", _STRING, "Its name."),
    ("CreatedAt", _TIMESTAMP, "When it was made.", "create_time"),
    ("ExpiresAt", _TIMESTAMP, "When its results go.", "expire_time"),
    ("CancelledAt", _TIMESTAMP, "When it was cancelled, if it was.", "cancel_time"),
    ("CancelledBecause", _STRING, "Why the service cancelled it, if it did.", "cancel_by_xai_message"),
    ("Requests", _INT64, "How many requests it has.", "state.num_requests"),
    ("Pending", _INT64, "How many are still to be answered.", "state.num_pending"),
    ("Succeeded", _INT64, "How many have an answer.", "state.num_success"),
    ("Failed", _INT64, "How many have failed.", "state.num_error"),
    ("Cancelled", _INT64, "How many were cancelled.", "state.num_cancelled"),
    ("Finished", ParameterType.BOOLEAN, "Whether it has requests and none of them is pending.", "finished"),
    ("InputFileId", _STRING, "The file with its requests, if it was made from one."),
    (
        "CostInUsdTicks",
        _INT64,
        "The price in ticks, where it is told; 10,000,000,000 ticks are 1 USD.",
        "cost_breakdown.total_cost_usd_ticks",
    ),
)
BATCH_ID = Parameter("BatchId", _STRING, "The batch's id.", required=True, reader=read_id)


def batch_row(document: Mapping[str, object]) -> Row:
    """The columns of a batch."""
    return BATCH.row(document, finished=is_finished(document))


def batch_in(reply: Reply) -> dict[str, object]:
    """The batch in a reply.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: It is no batch.
    """
    document = document_of(reply.body)
    if "batch_id" not in document:
        raise stated_failure(document) or unreadable(reply.body, "it is no batch")
    return document


def count_of(document: Mapping[str, object], name: str) -> int | None:
    """A count of a batch's state, which may be a text; None where it is not told."""
    try:
        value = value_at(document, f"state.{name}")
        return None if value is None else to_int64(value)
    except UnfitValue:
        return None


def is_finished(document: Mapping[str, object]) -> bool | None:
    """Whether a batch has requests and none of them is pending; None where the service does not say.

    >>> is_finished({"state": {"num_requests": 2, "num_pending": 0}}), is_finished({"state": {"num_requests": 0}})
    (True, False)
    """
    requests, pending = count_of(document, "num_requests"), count_of(document, "num_pending")
    if requests == 0:
        return False
    if requests is None or pending is None:
        return None
    return pending == 0


def create_batch(call: BoundCall) -> Steps:
    """Makes a batch without requests, or with those of a file."""
    name = call.values["Name"]
    body = {"name": name}
    if "InputFileId" in call.values:
        body["input_file_id"] = call.values["InputFileId"]
    request = Request("POST", "/batches", body=encode_json(body), kind=Kind.METADATA, once=True)
    try:
        reply = yield request
    except Exception as error:
        error.add_note(f"FROM ListBatches() WHERE Batch_Name = '{name}' tells whether the batch was made all the same")
        raise
    return [batch_row(batch_in(reply_of(reply)))]


def get_batch(call: BoundCall) -> Steps:
    """How far a batch is."""
    batch_id = str(call.values["BatchId"])
    look = Request("GET", f"/batches/{in_path(batch_id)}", kind=Kind.METADATA)
    if not call.values.get("Wait"):
        return [batch_row(batch_in(reply_of((yield look))))]
    document = yield from wait_for(
        look,
        ended,
        every=min(call.settings.poll_interval, LONGEST_PAUSE),
        longest=LONGEST_PAUSE,
        within=None,
        late=lambda seconds: NotReadyError(f"the batch {batch_id} is not done after {seconds:g} seconds", batch_id),
        note=f"the batch {batch_id}",
    )
    return [batch_row(document)]


def ended(reply: Reply) -> dict[str, object] | None:
    """The batch in a reply, if nothing more is to come of it: one without requests is not waited for either."""
    document = batch_in(reply)
    return None if is_finished(document) is not True and count_of(document, "num_requests") != 0 else document


def list_batches(call: BoundCall) -> Steps:
    """The batches, one a row."""
    pages = Pages("/batches", {"limit": LARGEST_PAGE}, "batches", call.values.get(MAX_ROWS.name))
    return (yield from rows_of(pages, batch_row))


def cancel_batch(call: BoundCall) -> Steps:
    """Cancels what of a batch is pending."""
    path = f"/batches/{in_path(call.values['BatchId'])}:cancel"
    return [batch_row(batch_in(reply_of((yield Request("POST", path, body=b"{}", kind=Kind.METADATA)))))]


CREATE_BATCH = Procedure(
    name="CreateBatch",
    effect=Effect.MAKE,
    summary="Makes a batch, to which requests are added.",
    parameters=(
        Parameter("Name", _STRING, "Its name.", required=True, reader=read_id),
        Parameter(
            "InputFileId", _STRING, "An uploaded file with its requests, to which none can be added.", named_only=True
        ),
    ),
    fields=BATCH.fields,
    steps=create_batch,
    main="Batch_Id",
    reference="POST /v1/batches",
    example="CALL CreateBatch('night')",
    notes=("For the rows of a lookup there is `--batch`, which makes, fills and fetches batches by itself.",),
)

GET_BATCH = Procedure(
    name="GetBatch",
    effect=Effect.READ,
    summary="Tells how far a batch is, at once or when it is done; it costs nothing.",
    parameters=(
        BATCH_ID,
        Parameter(
            "Wait",
            ParameterType.BOOLEAN,
            "Whether to wait until no request is pending, without a limit of time, with a look each minute.",
            named_only=True,
        ),
    ),
    fields=BATCH.fields,
    steps=get_batch,
    reference="GET /v1/batches/{id}",
    example="CALL GetBatch('batch_51ab', Wait => TRUE)",
)

LIST_BATCHES = Procedure(
    name="ListBatches",
    effect=Effect.READ,
    summary="Lists the batches; it costs nothing.",
    parameters=(MAX_ROWS,),
    fields=BATCH.fields,
    steps=list_batches,
    many=True,
    reference="GET /v1/batches",
    example="CALL ListBatches(MaxRows => 20)",
)

CANCEL_BATCH = Procedure(
    name="CancelBatch",
    effect=Effect.REMOVE,
    summary="Cancels the requests of a batch that are pending; what was answered is billed.",
    parameters=(BATCH_ID,),
    fields=BATCH.fields,
    steps=cancel_batch,
    reference="POST /v1/batches/{id}:cancel",
    example="CALL CancelBatch('batch_51ab')",
)

PROCEDURES = (CREATE_BATCH, GET_BATCH, LIST_BATCHES, CANCEL_BATCH)
