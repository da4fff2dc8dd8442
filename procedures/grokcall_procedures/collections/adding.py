"""AddCollectionDocument and UploadCollectionDocument: a file becomes a document of a collection."""

from __future__ import annotations

from collections.abc import Generator

from grokcall_procedures.collections.collection import COLLECTION_ID
from grokcall_procedures.collections.document import DOCUMENT, document_in, document_path, document_row, look_at
from grokcall_procedures.collections.field_definitions import read_fields
from grokcall_procedures.collections.indexing import NOT_FOUND, Document, arguments, await_indexed, says_nothing
from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.documents import decode_json, document_of, encode_json, stated_failure
from grokcall_procedures.effects import Effect
from grokcall_procedures.errors import FailedReplyError
from grokcall_procedures.files.stored import CONTENT, FILE_ID, FILE_NAME, upload
from grokcall_procedures.nouns import in_path
from grokcall_procedures.steps import Host, Kind, Reply, Request, Row, Step, Steps, reply_of
from grokcall_procedures.types import ParameterType
from grokcall_procedures.uploads import file_id_of

PERMISSION = "The management key needs the permission AddFileToCollection."
DENIED = 403
TIMED_OUT = 408
NOT_SENT = "not_sent"
"""The word of the error of a request of which nothing was sent."""

FIELDS = Parameter(
    "Fields",
    ParameterType.JSON,
    'The document\'s fields, an object of texts such as `{"author": "Ada"}`.',
    reader=read_fields,
)
WAIT = Parameter(
    "Wait",
    ParameterType.BOOLEAN,
    "Whether to wait until it is indexed, up to `poll_timeout`; TRUE when NULL.",
    named_only=True,
)


def add_document(call: BoundCall) -> Steps:
    """Makes a document of a file that is uploaded."""
    file_id = str(call.values["FileId"])
    try:
        yield from added(call, file_id)
    except Exception as error:
        _, document = yield from look_for(call, file_id)
        if document is None or (is_surely_refused(error) and not is_as_wanted(document, call)):
            raise
    return [(yield from finished(call, file_id, file_id))]


def upload_document(call: BoundCall) -> Steps:
    """Uploads a file and makes a document of it; where that fails the file is removed."""
    name = str(call.values["Name"])
    file_id = file_id_of(reply_of((yield upload(call.values["Content"], name, lasting=True))))
    try:
        yield from added(call, file_id)
    except Exception as error:
        is_told, document = yield from look_for(call, file_id)
        if not is_told and not is_surely_refused(error):
            where = arguments(str(call.values["CollectionId"]), file_id)
            told = f"CALL GetCollectionDocument({where}) tells whether it is in the collection"
            error.add_note(f"the file {file_id} was uploaded, and stays: {told}")
            raise
        if document is None:
            yield from remove_file(file_id, error)
            raise
    return [(yield from finished(call, file_id, name))]


def added(call: BoundCall, file_id: str) -> Generator[Step, Reply | None, None]:
    """Puts a file into the collection of a call; a refusal for want of the permission names it."""
    path = document_path(call.values["CollectionId"], file_id)
    body = encode_json({"fields": fields_of(call)})
    request = Request("POST", path, body, kind=Kind.METADATA, once=True, lasting=True, host=Host.MANAGEMENT)
    try:
        reply = reply_of((yield request))
        if not says_nothing(reply):
            failure = stated_failure(document_of(reply.body))
            if failure is not None:
                raise failure
    except Exception as error:
        if getattr(error, "status", None) == DENIED and isinstance(remedy := getattr(error, "remedy", None), str):
            error.remedy = f"{PERMISSION} {remedy}".rstrip()  # type: ignore[attr-defined]
        raise


def is_surely_refused(error: Exception) -> bool:
    """Whether an error says that a request was not served: it was refused, or never sent."""
    if isinstance(error, FailedReplyError) or getattr(error, "error_code", "") == NOT_SENT:
        return True
    status = getattr(error, "status", None)
    return isinstance(status, int) and status < 500 and status != TIMED_OUT


def look_for(call: BoundCall, file_id: str) -> Generator[Step, Reply | None, tuple[bool, Document | None]]:
    """Whether the service says if a file is in the collection of a call, and the document that it is there."""
    path = document_path(call.values["CollectionId"], file_id)
    try:
        return True, document_in(reply_of((yield look_at(path))))
    except Exception as error:
        return getattr(error, "status", None) == NOT_FOUND, None


def is_as_wanted(document: Document, call: BoundCall) -> bool:
    """Whether a document is what a call would have made: an earlier run, that was killed, may have made it."""
    return (document.get("fields") or {}) == fields_of(call)


def fields_of(call: BoundCall) -> object:
    """The fields of a call."""
    return decode_json(str(call.values["Fields"])) if "Fields" in call.values else {}


def remove_file(file_id: str, error: Exception) -> Generator[Step, Reply | None, None]:
    """Removes a file that has become no document; one that cannot be removed is named in the error."""
    try:
        yield Request("DELETE", f"/files/{in_path(file_id)}", kind=Kind.METADATA, undoes=True)
    except Exception as refusal:
        if getattr(refusal, "status", None) != NOT_FOUND:
            error.add_note(f"the file {file_id} was uploaded, and could not be removed: {refusal}")


def finished(call: BoundCall, file_id: str, name: str) -> Generator[Step, Reply | None, Row]:
    """The columns of a document that was put into its collection: at once, or when it is indexed."""
    collection_id = str(call.values["CollectionId"])
    if call.values.get("Wait") is not False:
        return document_row((yield from await_indexed(collection_id, file_id, call.settings, name)))
    try:
        return document_row(document_in(reply_of((yield look_at(document_path(collection_id, file_id))))))
    except Exception as error:
        if getattr(error, "status", None) != NOT_FOUND:
            raise
        return document_row({"file_metadata": {"file_id": file_id}})  # the service does not know it yet


NOTES = (
    "The service indexes it for some seconds, or minutes. The call looks at it every ten seconds at most and gives up "
    "after `poll_timeout` seconds; the error then names the GetCollectionDocument that tells how far it is. A lookup "
    "with a journal goes on to wait where it was.",
    "A document that the service could not index is an error with the service's reason; it stays in the collection.",
    f"{PERMISSION} It is sent once: where the answer gets lost, the service is asked whether the document is there. "
    "One that is there already, with the same fields, is added.",
)

ADD_DOCUMENT = Procedure(
    name="AddCollectionDocument",
    effect=Effect.MAKE,
    host=Host.MANAGEMENT,
    summary="Makes a document of a collection from an uploaded file, and waits until it can be searched.",
    parameters=(COLLECTION_ID, FILE_ID, FIELDS, WAIT),
    fields=DOCUMENT.fields,
    steps=add_document,
    main="Document_Status",
    reference="POST /v1/collections/{id}/documents/{file_id}, GET /v1/collections/{id}/documents/{file_id}",
    example="CALL AddCollectionDocument('collection_7', 'file_7f1c')",
    notes=NOTES,
)

UPLOAD_DOCUMENT = Procedure(
    name="UploadCollectionDocument",
    effect=Effect.MAKE,
    host=Host.MANAGEMENT,
    summary="Uploads a file, makes a document of a collection from it, and waits until it can be searched.",
    parameters=(COLLECTION_ID, CONTENT, FILE_NAME, FIELDS, WAIT),
    fields=DOCUMENT.fields,
    steps=upload_document,
    main="Document_FileId",
    reference="POST /v1/files, then POST /v1/collections/{id}/documents/{file_id} and GET the same",
    example="CALL UploadCollectionDocument('collection_7', X'52657475726E73206172652066726565', 'policy.txt')",
    notes=(
        "It asks both hosts, each with its key: the file goes to the API, what is made of it to the management host. "
        "If the service does not take the file into the collection, the file is removed again.",
        *NOTES,
        "The file stays as long as it is not removed, and costs $0.025 for each GiB and day.",
    ),
)

PROCEDURES = (ADD_DOCUMENT, UPLOAD_DOCUMENT)
