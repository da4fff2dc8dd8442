"""ListCollectionDocuments, GetCollectionDocument, ReindexCollectionDocument and RemoveCollectionDocument."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.collections.collection import COLLECTION_ID, COLLECTION_PATH
from grokcall_procedures.collections.lists import ORDER, ORDER_NOTE, listed, sort_by
from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.documents import as_text, document_of, stated_failure, unreadable
from grokcall_procedures.effects import Effect
from grokcall_procedures.files.stored import FILE_ID
from grokcall_procedures.nouns import DELETED, noun
from grokcall_procedures.paging import MAX_ROWS, rows_of
from grokcall_procedures.resources import looking_at, path_with, removing
from grokcall_procedures.steps import Host, Kind, Reply, Request, Row, Steps, reply_of
from grokcall_procedures.types import ParameterType

_STRING, _TIMESTAMP = ParameterType.STRING, ParameterType.TIMESTAMP
SORTED_BY = {
    "name": "DOCUMENTS_SORT_BY_NAME",
    "size": "DOCUMENTS_SORT_BY_SIZE",
    "age": "DOCUMENTS_SORT_BY_AGE",
}
EMPTY = (b"", b"null", b"{}")
"""What replies are that only say that something was done."""

DOCUMENT = noun(
    "Document",
    ("FileId", _STRING, "The id of the file that it was made from.", "file_metadata.file_id"),
    ("Name", _STRING, "The file's name.", "file_metadata.name"),
    ("Bytes", ParameterType.INT64, "The file's size.", "file_metadata.size_bytes"),
    ("ContentType", _STRING, "Its MIME type.", "file_metadata.content_type"),
    ("CreatedAt", _TIMESTAMP, "When it was uploaded.", "file_metadata.created_at"),
    ("ExpiresAt", _TIMESTAMP, "When the service deletes it; NULL for one that stays.", "file_metadata.expires_at"),
    ("Status", _STRING, "How far the indexing is: processing, chunked, embedding, writing, processed or failed."),
    ("Error", _STRING, "Why it has failed.", "error_message"),
    ("ChunkCount", ParameterType.INT32, "How many chunks it has."),
    ("IndexedAt", _TIMESTAMP, "When it was indexed last, where it is told.", "last_indexed_at"),
    ("Fields", ParameterType.JSON, "Its fields."),
)


DOCUMENTS_PATH = f"{COLLECTION_PATH}/documents"
DOCUMENT_PATH = f"{DOCUMENTS_PATH}/{{FileId}}"


def document_path(collection_id: object, file_id: object) -> str:
    """The path of a document."""
    return path_with(DOCUMENT_PATH, {"CollectionId": collection_id, "FileId": file_id})


def status_of(document: Mapping[str, object]) -> str:
    """The word for how far a document is; empty where there is none.

    >>> status_of({"status": "DOCUMENT_STATUS_PROCESSED"}), status_of({})
    ('processed', '')
    """
    word = document.get("status")
    return "" if word is None else as_text(word).lower().removeprefix("document_status_")


def document_row(document: Mapping[str, object]) -> Row:
    """The columns of a document."""
    return DOCUMENT.row(document, status=status_of(document) or None)


def document_in(reply: Reply) -> dict[str, object]:
    """The document in a reply.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: It is no document.
    """
    document = document_of(reply.body)
    if not {"file_metadata", "status"} & document.keys():
        raise stated_failure(document) or unreadable(reply.body, "it is no document")
    return document


def look_at(path: str) -> Request:
    """The request that looks at a document."""
    return Request("GET", path, kind=Kind.METADATA, host=Host.MANAGEMENT)


def list_documents(call: BoundCall) -> Steps:
    """The documents of a collection, one a row."""
    path = path_with(DOCUMENTS_PATH, call.values)
    return (yield from rows_of(listed(call, path, "documents", SORTED_BY), document_row))


def reindex_document(call: BoundCall) -> Steps:
    """Has the indexing of a document begin again."""
    path = path_with(DOCUMENT_PATH, call.values)
    # ? PATCH is listed and not documented; what it answers is not known.
    request = Request("PATCH", path, b"{}", kind=Kind.METADATA, host=Host.MANAGEMENT)
    reply = reply_of((yield request))
    if reply.body.strip() in EMPTY:
        reply = reply_of((yield look_at(path)))
    return [document_row(document_in(reply))]


LIST_DOCUMENTS = Procedure(
    name="ListCollectionDocuments",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Lists the documents of a collection; it costs nothing.",
    parameters=(
        COLLECTION_ID,
        Parameter("Filter", _STRING, 'Which documents, for example `name:"2026" AND size_bytes:>1000`.'),
        sort_by(SORTED_BY),
        ORDER,
        MAX_ROWS,
    ),
    fields=DOCUMENT.fields,
    steps=list_documents,
    many=True,
    reference="GET /v1/collections/{id}/documents",
    example="CALL ListCollectionDocuments('collection_7', SortBy => 'name', MaxRows => 10)",
    notes=(ORDER_NOTE,),
)

GET_DOCUMENT = Procedure(
    name="GetCollectionDocument",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Tells about one document of a collection; it costs nothing.",
    parameters=(COLLECTION_ID, FILE_ID),
    fields=DOCUMENT.fields,
    steps=looking_at(DOCUMENT_PATH, lambda reply: document_row(document_in(reply)), Host.MANAGEMENT),
    reference="GET /v1/collections/{id}/documents/{file_id}",
    example="CALL GetCollectionDocument('collection_7', 'file_7f1c')",
)

REINDEX_DOCUMENT = Procedure(
    name="ReindexCollectionDocument",
    effect=Effect.CHANGE,
    host=Host.MANAGEMENT,
    summary="Has a document of a collection indexed anew, for example after its chunks are cut in another way.",
    parameters=(COLLECTION_ID, FILE_ID),
    fields=DOCUMENT.fields,
    steps=reindex_document,
    reference="PATCH /v1/collections/{id}/documents/{file_id}",
    example="CALL ReindexCollectionDocument('collection_7', 'file_7f1c')",
    notes=("It does not wait: GetCollectionDocument tells how far it is.",),
)

REMOVE_DOCUMENT = Procedure(
    name="RemoveCollectionDocument",
    effect=Effect.REMOVE,
    host=Host.MANAGEMENT,
    summary="Takes a document out of a collection; its file stays.",
    parameters=(COLLECTION_ID, FILE_ID),
    fields=DELETED.fields,
    steps=removing(DOCUMENT_PATH, Host.MANAGEMENT),
    reference="DELETE /v1/collections/{id}/documents/{file_id}",
    example="CALL RemoveCollectionDocument('collection_7', 'file_7f1c')",
    notes=("DeleteFile removes the file, which costs as long as it stays.",),
)

PROCEDURES = (LIST_DOCUMENTS, GET_DOCUMENT, REINDEX_DOCUMENT, REMOVE_DOCUMENT)
