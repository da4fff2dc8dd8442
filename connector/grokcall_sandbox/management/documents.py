"""The documents of a collection: add, list, show, index anew, take out."""

from typing import Any

import msgspec

from grokcall_sandbox.api.files import find_file
from grokcall_sandbox.collections import Document
from grokcall_sandbox.errors import DENIED, ApiError, invalid
from grokcall_sandbox.filters import read_filter
from grokcall_sandbox.keys import may_add_files
from grokcall_sandbox.management.collections import find, ordered
from grokcall_sandbox.management.endpoint import page_of
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.team import clock

_SORT_KEYS: dict[str, Any] = {
    "DOCUMENTS_SORT_BY_NAME": lambda each: (each.name, each.file_id),
    "DOCUMENTS_SORT_BY_SIZE": lambda each: (len(each.data), each.file_id),
    "DOCUMENTS_SORT_BY_AGE": lambda each: (each.file_created_at, each.file_id),
}


class NewDocument(msgspec.Struct, forbid_unknown_fields=True):
    """The body of adding a document."""

    fields: dict[str, str] = {}


_NEW = msgspec.json.Decoder(NewDocument)


async def add(call: SandboxRequest) -> Reply:
    """POST /v1/collections/{id}/documents/{file_id}."""
    if not may_add_files(call.header(b"authorization")):
        raise ApiError(403, "The management key lacks a permission.", DENIED)
    collection, asked = find(call), call.decode(_NEW)
    file = find_file(call.state, call.parameters["file_id"])
    if file.id in collection.documents:
        raise invalid(f"Document with file_id={file.id} is already in the collection.")
    collection.check_fields(asked.fields)
    call.state.library.check_room(len(file.data))
    expires = None if file.expires_at is None else clock(file.expires_at)
    document = Document(
        file.id, file.name, file.data, clock(file.created_at), expires, asked.fields, call.state.index_looks
    )
    if not document.looks:
        document.look(collection.chunk_configuration)
    collection.documents[file.id] = document
    return json_reply({})


async def list_documents(call: SandboxRequest) -> Reply:
    """GET /v1/collections/{id}/documents."""
    collection = find(call)
    fits = read_filter(call.query.get("filter"))
    found = [each for each in ordered(call, list(collection.documents.values()), _SORT_KEYS) if fits(each.facts)]
    page, token = page_of(call, [each.as_dict() for each in found], "pagination_token", "limit")
    shown = {entry["file_metadata"]["file_id"] for entry in page}  # type: ignore[index]
    for document in found:
        if document.file_id in shown:
            document.look(collection.chunk_configuration)
    return json_reply({"documents": page, "pagination_token": token})


async def show(call: SandboxRequest) -> Reply:
    """GET /v1/collections/{id}/documents/{file_id}."""
    collection = find(call)
    document = collection.document(call.parameters["file_id"])
    shown = document.as_dict()
    document.look(collection.chunk_configuration)
    return json_reply(shown)


async def index_anew(call: SandboxRequest) -> Reply:
    """PATCH /v1/collections/{id}/documents/{file_id}."""
    document = find(call).document(call.parameters["file_id"])
    document.index_anew()
    return json_reply({})


async def remove(call: SandboxRequest) -> Reply:
    """DELETE /v1/collections/{id}/documents/{file_id}: the file stays."""
    collection = find(call)
    document = collection.document(call.parameters["file_id"])
    del collection.documents[document.file_id]
    return json_reply({})
