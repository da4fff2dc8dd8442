"""AddBatchRequests and ListBatchRequests."""

from __future__ import annotations

import json
from collections.abc import Iterator

from grokcall_parser.errors import Error
from grokcall_procedures.batches.batch import BATCH_ID, LARGEST_PAGE
from grokcall_procedures.batches.questions import KINDS, question_of
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.documents import encode_json
from grokcall_procedures.effects import Effect
from grokcall_procedures.nouns import in_path, noun
from grokcall_procedures.paging import MAX_ROWS, Pages, rows_of
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Request, Rows, Steps
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_json

_STRING = ParameterType.STRING
MOST_BYTES = 25 * 1024 * 1024
"""Of the body of one request that adds some."""
FRAME = len('{"batch_requests":[]}')
REQUEST = noun(
    "BatchRequest",
    ("Id", _STRING, "The request's own id.", "batch_request_id"),
    ("Endpoint", _STRING, "Where it would go alone."),
    ("Model", _STRING, "The model."),
    ("State", _STRING, "unknown, pending, succeeded, cancelled or failed."),
    ("CreatedAt", ParameterType.TIMESTAMP, "When it was added.", "create_time"),
    ("FinishedAt", ParameterType.TIMESTAMP, "When it was done.", "finish_time"),
)


def read_requests(value: object) -> str:
    """Requests as JSON text of a list of objects with ``id``, ``kind`` and ``body``.

    Raises:
        UnfitValue: It is no such list, or an id stands in it twice.
    """
    entries = json.loads(to_json(value))
    listed = [entries] if isinstance(entries, dict) else entries
    if not isinstance(listed, list) or not listed:
        raise UnfitValue("expected a JSON list of requests with at least one in it")
    seen: set[str] = set()
    for number, entry in enumerate(listed, 1):
        if not is_request(entry):
            raise UnfitValue(
                f"has an entry {number} that is no request; one looks like "
                '{"id": "1", "kind": "responses", "body": {"model": "grok-4.3", "input": "Hi"}} or '
                '{"id": "1", "call": "CALL GenerateResponse(\'Hi\')"}'
            )
        name = entry.get("id")
        if not isinstance(name, str) or not name:
            raise UnfitValue(f"has an entry {number} without an id, which is a text of your own")
        if name in seen:
            raise UnfitValue(f"has the id {described(name)} twice")
        seen.add(name)
    return json.dumps(listed, ensure_ascii=False)


def is_request(entry: object) -> bool:
    """Whether an entry is a request: a kind with a body, or a call alone."""
    if not isinstance(entry, dict):
        return False
    if isinstance(entry.get("call"), str):
        return "kind" not in entry and "body" not in entry
    return isinstance(entry.get("body"), dict) and bool(entry.get("kind"))


def told_by_calls(entries: list[dict[str, object]], settings: Settings) -> list[dict[str, object]]:
    """The requests, those that are written as calls with the kind and the body that these send.

    Raises:
        UnfitValue: A call is wrong, or none that a batch can make.
    """
    told: list[dict[str, object]] = []
    for entry in entries:
        if "call" not in entry:
            told.append(entry)
            continue
        where = f"has the request {entry['id']!r}, whose call cannot be made: "
        if settings.bound is None:
            raise UnfitValue(f"{where}there is no connection that knows procedures", "Requests")
        try:
            question = question_of(settings.bound(str(entry["call"])))
        except (Error, UnfitValue) as error:
            raise UnfitValue(where + str(error).partition("\n")[0], "Requests") from None
        told.append({"id": entry["id"], "kind": question.kind, "body": json.loads(question.body)})
    return told


def requests_fit(values: Values, settings: Settings) -> tuple[str, ...]:
    """Makes requests of calls, refuses one that is too large for the service, and warns of a kind that is not known."""
    entries = told_by_calls(json.loads(str(values["Requests"])), settings)
    values["Requests"] = json.dumps(entries, ensure_ascii=False)
    for entry in entries:
        size = len(wire_form(entry)) + FRAME
        if size > MOST_BYTES:
            raise UnfitValue(
                f"has a request {entry['id']!r} of {size:,} bytes; {MOST_BYTES:,} can be added", "Requests"
            )
    unknown = sorted({str(entry["kind"]) for entry in entries} - set(KINDS.values()))
    return (f"Requests: the kind {', '.join(unknown)} is not known; it is sent as it is",) if unknown else ()


def wire_form(entry: dict[str, object]) -> bytes:
    """A request as the service takes it."""
    return encode_json({"batch_request_id": entry["id"], "batch_request": {str(entry["kind"]): entry["body"]}})


def portions(entries: list[dict[str, object]]) -> Iterator[list[bytes]]:
    """The requests in as few portions as their sizes allow, in order."""
    portion: list[bytes] = []
    size = FRAME
    for entry in entries:
        piece = wire_form(entry)
        if portion and size + len(piece) + 1 > MOST_BYTES:
            yield portion
            portion, size = [], FRAME
        portion.append(piece)
        size += len(piece) + 1
    yield portion


def add_batch_requests(call: BoundCall) -> Steps:
    """Adds requests to a batch, in portions that the service takes."""
    batch_id, entries = str(call.values["BatchId"]), json.loads(str(call.values["Requests"]))
    path = f"/batches/{in_path(batch_id)}/requests"
    added = 0
    for portion in portions(entries):
        body = b'{"batch_requests":[' + b",".join(portion) + b"]}"
        try:
            yield Request("POST", path, body=body, kind=Kind.UPLOAD, once=True, lasting=True)
        except Exception as error:
            error.add_note(
                f"{added:,} of {len(entries):,} requests were added; FROM ListBatchRequests('{batch_id}') tells which "
                "are in the batch"
            )
            raise
        added += len(portion)
    return [(added,)]


def list_batch_requests(call: BoundCall) -> Steps:
    """The requests of a batch, one a row."""
    path = f"/batches/{in_path(call.values['BatchId'])}/requests"
    wanted, left = call.values.get("State"), call.values.get(MAX_ROWS.name)
    pages = Pages(path, {"limit": LARGEST_PAGE}, "batch_request_metadata", left if wanted is None else None)
    if wanted is None:
        return (yield from rows_of(pages, REQUEST.row))
    while not pages.is_over and left != 0:
        found = [REQUEST.row(entry) for entry in (yield from pages.next()) if entry.get("state") == wanted]
        if isinstance(left, int):
            found = found[:left]
            left -= len(found)
        yield Rows(found)
    return []


ADD_BATCH_REQUESTS = Procedure(
    name="AddBatchRequests",
    effect=Effect.MAKE,
    summary="Adds requests to a batch; they are billed as they are answered.",
    parameters=(
        BATCH_ID,
        Parameter(
            "Requests",
            ParameterType.JSON,
            "A JSON list of requests: each has an `id` of your own, the `kind` of its endpoint "
            f"({', '.join(f'`{kind}`' for kind in KINDS.values())}) and the `body` that would go there, or instead of "
            "these two a `call`, such as `CALL GenerateImage('a kite')`, whose request is taken.",
            required=True,
            reader=read_requests,
        ),
    ),
    fields=(ResultField("BatchAdd_Count", ParameterType.INT32, "", "How many were added."),),
    steps=add_batch_requests,
    rules=(requests_fit,),
    main="BatchAdd_Count",
    reference="POST /v1/batches/{id}/requests",
    example="CALL AddBatchRequests('batch_51ab', "
    """'[{"id": "1", "kind": "responses", "body": {"model": "grok-4.3", "input": "Hi"}}]')""",
    notes=(
        "A `call` sends its first request alone: an answer with OutputSchema is not asked for again, an image is a "
        "link, and what a procedure does with its reply is left out. ListBatchResults tells what came.",
        "Each portion of up to 25 MiB is sent once: where an answer gets lost, ListBatchRequests tells what is there.",
    ),
)

LIST_BATCH_REQUESTS = Procedure(
    name="ListBatchRequests",
    effect=Effect.READ,
    summary="Lists the requests of a batch; it costs nothing.",
    parameters=(
        BATCH_ID,
        Parameter(
            "State",
            ParameterType.ENUM,
            "Only those in this state.",
            values=("pending", "succeeded", "failed", "cancelled", "unknown"),
        ),
        MAX_ROWS,
    ),
    fields=REQUEST.fields,
    steps=list_batch_requests,
    many=True,
    reference="GET /v1/batches/{id}/requests",
    example="CALL ListBatchRequests('batch_51ab', 'failed')",
)

PROCEDURES = (ADD_BATCH_REQUESTS, LIST_BATCH_REQUESTS)
