"""The file endpoints: upload, list, retrieve, delete, content."""

import time
from uuid import uuid4

from grokcall_sandbox.api.multipart import Part, read_parts
from grokcall_sandbox.errors import DENIED, ApiError, invalid, not_found
from grokcall_sandbox.replies import TEXT, Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import DATA_RETENTION, SandboxState, StoredFile

MAX_FILE_BYTES = 48 * 1024 * 1024
MAX_UPLOAD_BYTES = MAX_FILE_BYTES + 64 * 1024
_SHORTEST_LIFE, _LONGEST_LIFE = 3_600, 2_592_000
_SORT_KEYS = {
    "created_at": lambda file: (file.created_at, file.id),
    "filename": lambda file: (file.name, file.id),
    "size": lambda file: (len(file.data), file.id),
}


async def upload(call: SandboxRequest) -> Reply:
    """POST /v1/files."""
    if DATA_RETENTION in call.state.refusals:
        raise ApiError(403, "File storage is not available to Zero Data Retention teams.", DENIED)
    parts = read_parts(call.header(b"content-type"), call.body)
    names = [part.name for part in parts]
    if "file" not in names:
        raise invalid("file is required.")
    if names[-1] != "file":
        raise invalid(f"The field {names[-1]} must come before file: file must be the last field of the form.")
    file = parts[-1]
    if len(file.data) > MAX_FILE_BYTES:
        raise ApiError(413, f"File is too large: at most {MAX_FILE_BYTES} bytes are allowed.", "request-too-large")
    now = int(time.time())
    life = _life(parts)
    stored = StoredFile(
        f"file_{uuid4()}", file.filename or "file", file.data, now, None if life is None else now + life
    )
    call.state.files.put(stored.id, stored, len(stored.data))
    return json_reply(stored.as_dict())


async def list_files(call: SandboxRequest) -> Reply:
    """GET /v1/files."""
    limit = call.query.get("limit", "100")
    order = call.query.get("order", "desc")
    sort = _SORT_KEYS.get(call.query.get("sort_by", "created_at"))
    if not limit.isdigit() or not 1 <= int(limit) <= 100:
        raise invalid(f"Invalid limit: {limit} is not between 1 and 100.")
    if order not in ("asc", "desc"):
        raise invalid(f"Invalid order: {order}. Supported: asc, desc.")
    if sort is None:
        raise invalid(f"Invalid sort_by. Supported: {', '.join(_SORT_KEYS)}.")
    token = call.query.get("pagination_token", "0")
    if not token.isdigit():
        raise invalid("Invalid pagination_token.")
    files = sorted((file for file in call.state.files if not _expired(file)), key=sort, reverse=order == "desc")
    page = files[int(token) : int(token) + int(limit)]
    # A token comes with every page, the last one too.
    return json_reply({"data": [file.as_dict() for file in page], "pagination_token": str(int(token) + len(page))})


async def retrieve(call: SandboxRequest) -> Reply:
    """GET /v1/files/{id}."""
    return json_reply(find_file(call.state, call.parameters["id"]).as_dict())


async def delete(call: SandboxRequest) -> Reply:
    """DELETE /v1/files/{id}."""
    file = find_file(call.state, call.parameters["id"])
    call.state.files.take(file.id)
    return json_reply({"id": file.id, "object": "file", "deleted": True})


async def content(call: SandboxRequest) -> Reply:
    """GET /v1/files/{id}/content."""
    file = find_file(call.state, call.parameters["id"])
    match call.query.get("format", "original"):
        case "original":
            return Reply(file.data, content_type=b"application/octet-stream")
        case "text":
            return Reply(file.data.decode("utf-8", "replace").encode(), content_type=TEXT)
        case other:
            raise invalid(f"Invalid format: {other}. Supported: original, text.")


def find_file(state: SandboxState, file_id: str) -> StoredFile:
    """The uploaded file of that id; raises a 404 `ApiError` for none."""
    file = state.files.get(file_id)
    if file is None or _expired(file):
        raise not_found(f"File with id={file_id} not found")
    return file


def _expired(file: StoredFile) -> bool:
    return file.expires_at is not None and file.expires_at <= time.time()


def _life(parts: list[Part]) -> int | None:
    given = next((part.data.decode("latin-1") for part in parts if part.name == "expires_after"), None)
    if given is None:
        return None
    if not given.isdigit() or not _SHORTEST_LIFE <= int(given) <= _LONGEST_LIFE:
        raise invalid(f"Invalid expires_after: must be between {_SHORTEST_LIFE} and {_LONGEST_LIFE} seconds.")
    return int(given)
