"""The batch endpoints: make, list, retrieve, cancel, add requests, list them and their results."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from grokcall_sandbox.api.batch_requests import ENDPOINTS, check_ids, read_added, read_lines
from grokcall_sandbox.api.batch_work import start_work
from grokcall_sandbox.api.files import find_file
from grokcall_sandbox.batches import Batch, BatchItem
from grokcall_sandbox.errors import invalid, not_found
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest

MAX_ADDED_BYTES = 25 * 1024 * 1024
MAX_PAGE = 1_000
_USUAL_PAGE = "100"

T = TypeVar("T")


class BatchRequest(msgspec.Struct):
    """The body that makes a batch."""

    name: str
    input_file_id: str | None = None


_DECODER = msgspec.json.Decoder(BatchRequest)


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/batches."""
    request = call.decode(_DECODER)
    if not request.name.strip():
        raise invalid("name must not be empty.")
    batch = Batch(request.name, request.input_file_id)
    if request.input_file_id is not None:
        items = read_lines(call, find_file(call.state, request.input_file_id).data)
        check_ids(items, batch.items)
        batch.add(items)
    call.state.batches.put(batch.id, batch, batch.size)
    start_work(call.state, batch)
    return json_reply(batch.as_dict())


async def list_batches(call: SandboxRequest) -> Reply:
    """GET /v1/batches: the newest first."""
    newest_first = sorted(call.state.batches, key=lambda batch: batch.created, reverse=True)
    page, token = _page(call, newest_first)
    return json_reply({"batches": [batch.as_dict() for batch in page], "pagination_token": token})


async def retrieve(call: SandboxRequest) -> Reply:
    """GET /v1/batches/{id}."""
    return json_reply(_find(call).as_dict())


async def cancel(call: SandboxRequest) -> Reply:
    """POST /v1/batches/{id}:cancel."""
    batch = _find(call)
    batch.cancel()
    return json_reply(batch.as_dict())


async def add_requests(call: SandboxRequest) -> Reply:
    """POST /v1/batches/{id}/requests: all of them or, if one is refused, none."""
    batch = _find(call)
    if batch.cancelled is not None:
        raise invalid(f"Batch {batch.id} is cancelled and takes no more requests.")
    if batch.sealed:
        raise invalid(f"Batch {batch.id} was made from an input file and is sealed: it takes no more requests.")
    items = read_added(call)
    check_ids(items, batch.items)
    batch.add(items)
    call.state.batches.put(batch.id, batch, batch.size)
    start_work(call.state, batch)
    return json_reply(None)


async def list_requests(call: SandboxRequest) -> Reply:
    """GET /v1/batches/{id}/requests."""
    page, token = _page(call, list(_find(call).items.values()))
    return json_reply({"batch_request_metadata": [_metadata(item) for item in page], "pagination_token": token})


async def list_results(call: SandboxRequest) -> Reply:
    """GET /v1/batches/{id}/results: what is done so far."""
    done = [item for item in _find(call).items.values() if item.result]
    page, token = _page(call, done)
    shown = {"results": [msgspec.Raw(item.result) for item in page], "pagination_token": token}
    return json_reply(shown, settles=[item.entry for item in page if item.entry is not None])


def _find(call: SandboxRequest) -> Batch:
    batch = call.state.batches.get(call.parameters["id"])
    if batch is None:
        raise not_found(f"Batch with batch_id={call.parameters['id']} not found")
    return batch


def _page(call: SandboxRequest, things: Sequence[T]) -> tuple[Sequence[T], str | None]:
    """A page of a list, and the token of the next one; None after the last."""
    limit, token = call.query.get("limit", _USUAL_PAGE), call.query.get("pagination_token", "0")
    if not limit.isdigit() or not 1 <= int(limit) <= MAX_PAGE:
        raise invalid(f"Invalid limit: {limit} is not between 1 and {MAX_PAGE}.")
    if not token.isdigit():
        raise invalid("Invalid pagination_token.")
    end = int(token) + int(limit)
    return things[int(token) : end], str(end) if end < len(things) else None


def _metadata(item: BatchItem) -> dict[str, object]:
    return {
        "batch_request_id": item.id,
        "endpoint": ENDPOINTS[item.kind],
        "model": item.model,
        "state": item.state,
        "create_time": item.created.isoformat(),
        "finish_time": None if item.finished is None else item.finished.isoformat(),
    }
