"""The requests of a batch, as they are added by a call or listed in an uploaded file."""

from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from grokcall_sandbox.batches import BatchItem, due_times
from grokcall_sandbox.errors import invalid
from grokcall_sandbox.request import SandboxRequest

MAX_LINES = 50_000

ENDPOINTS = {
    "chat_get_completion": "/v1/chat/completions",
    "responses": "/v1/responses",
    "image_generation": "/v1/images/generations",
    "image_edit": "/v1/images/edits",
    "video_generation": "/v1/videos/generations",
    "video_extension": "/v1/videos/extensions",
}
_KINDS = {endpoint: kind for kind, endpoint in ENDPOINTS.items()}


class AddedRequest(msgspec.Struct):
    """One of the requests of an adding call."""

    batch_request_id: str
    batch_request: dict[str, msgspec.Raw]


class AddRequest(msgspec.Struct):
    """The body of an adding call."""

    batch_requests: list[AddedRequest]


class Line(msgspec.Struct):
    """One line of a file of requests."""

    custom_id: str
    method: Literal["POST"]
    url: str
    body: msgspec.Raw


class _Asking(msgspec.Struct):
    model: Any = None


_ADD = msgspec.json.Decoder(AddRequest)
_LINE = msgspec.json.Decoder(Line)
_ASKING = msgspec.json.Decoder(_Asking)


def read_added(call: SandboxRequest) -> list[BatchItem]:
    """The requests of an adding call.

    Raises:
        ApiError: 422 for a body that does not fit, 400 for a kind of request that batches do not take.
    """
    added = call.decode(_ADD).batch_requests
    if not added:
        raise invalid("batch_requests must not be empty.")
    asked = []
    for request in added:
        if len(request.batch_request) != 1 or not set(request.batch_request) <= set(ENDPOINTS):
            raise invalid(
                f"Invalid batch_request of {request.batch_request_id!r}: exactly one of {', '.join(ENDPOINTS)} "
                "must be given."
            )
        kind, body = next(iter(request.batch_request.items()))
        asked.append((request.batch_request_id, kind, bytes(body)))
    return _items(call, asked)


def read_lines(call: SandboxRequest, data: bytes) -> list[BatchItem]:
    """The requests of an uploaded file.

    Raises:
        ApiError: 400 for a line that is none, with its number, and for too many or none at all.
    """
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), start=1) if line.strip()]
    if not 1 <= len(lines) <= MAX_LINES:
        raise invalid(f"The input file must have 1 to {MAX_LINES} lines, it has {len(lines)}.")
    asked = []
    for number, line in lines:
        try:
            read = _LINE.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise invalid(f"Invalid line {number} of the input file: {problem}") from problem
        if read.url not in _KINDS:
            raise invalid(f"Invalid line {number} of the input file: url must be one of {', '.join(_KINDS)}.")
        asked.append((read.custom_id, _KINDS[read.url], bytes(read.body)))
    return _items(call, asked)


def check_ids(items: list[BatchItem], taken: dict[str, BatchItem]) -> None:
    """Refuse ids that are empty, given twice, or taken, with a 400 `ApiError`."""
    seen: set[str] = set()
    for item in items:
        if not item.id:
            raise invalid("batch_request_id must not be empty.")
        if item.id in seen or item.id in taken:
            raise invalid(f"Duplicate batch_request_id: {item.id}. Ids must be unique within a batch.")
        seen.add(item.id)


def _items(call: SandboxRequest, asked: list[tuple[str, str, bytes]]) -> list[BatchItem]:
    host, now = call.headers.get(b"host", b""), datetime.now(UTC)
    due = due_times(len(asked), call.state.batch_seconds)
    return [
        BatchItem(item_id, kind, body, host, _model(body), now, when)
        for (item_id, kind, body), when in zip(asked, due, strict=True)
    ]


def _model(body: bytes) -> str:
    """The model a body names; empty for a body that will be refused when its turn comes."""
    try:
        model = _ASKING.decode(body).model
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return model if isinstance(model, str) else ""
