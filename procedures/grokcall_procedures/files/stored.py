"""UploadFile, ListFiles, GetFile, DownloadFile and DeleteFile."""

from __future__ import annotations

from functools import partial

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.download_targets import target_may_be_written, target_of, target_parameter
from grokcall_procedures.effects import Effect
from grokcall_procedures.file_sources import is_source
from grokcall_procedures.media import LARGEST_FILE
from grokcall_procedures.multipart import FilePart, form_of
from grokcall_procedures.nouns import DELETED, noun, read_id
from grokcall_procedures.paging import MAX_ROWS, Pages, rows_of
from grokcall_procedures.pieces import PieceKind
from grokcall_procedures.resources import looking_at, path_with, removing
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.streams.bytes_fold import BytesFold
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

_STRING, _INT64, _TIMESTAMP = ParameterType.STRING, ParameterType.INT64, ParameterType.TIMESTAMP
DOWNLOAD_SECONDS = 300.0
LARGEST_PAGE = 100

FILE = noun(
    "File",
    ("Id", _STRING, "The file's id, for what takes one."),
    ("Name", _STRING, "Its name.", "filename"),
    ("Bytes", _INT64, "Its size."),
    ("ContentType", _STRING, "Its MIME type, where it is told."),
    ("CreatedAt", _TIMESTAMP, "When it was uploaded."),
    ("ExpiresAt", _TIMESTAMP, "When the service deletes it; NULL for a file that stays."),
    ("Status", _STRING, "How far its upload is, where it is told."),
    ("PublicUrl", _STRING, "The link under which anyone can fetch it, if it has one."),
)
FILE_PATH = "/files/{FileId}"
FILE_ID = Parameter("FileId", _STRING, "The file's id.", required=True, reader=read_id)
CONTENT = Parameter("Content", ParameterType.FILE, "The content.", required=True, max_length=LARGEST_FILE)
FILE_NAME = Parameter("Name", _STRING, "The file's name, as prompts refer to it.", required=True, reader=read_id)
EXPIRES_AFTER = Parameter(
    "ExpiresAfter",
    ParameterType.INT32,
    "Seconds after which the service deletes it, from an hour to 30 days; it stays when NULL.",
    low=3600,
    high=2_592_000,
)


def upload(content: object, name: str, life: object = None, *, lasting: bool = False) -> Request:
    """The request that uploads a file which stays.

    Args:
        content: What it has in it.
        name: What it is called.
        life: Seconds after which the service deletes it; None for never.
        lasting: Whether a journal keeps the reply, because the call goes on with the file.
    """
    assert isinstance(content, bytes) or is_source(content)
    fields = {"expires_after": str(life)} if life is not None else {}
    form = form_of({**fields, "purpose": "assistants"}, FilePart(name, content))
    return Request("POST", "/files", body=form, kind=Kind.UPLOAD, once=True, lasting=lasting)


def upload_file(call: BoundCall) -> Steps:
    """Uploads a file."""
    values = call.values
    reply = yield upload(values["Content"], str(values["Name"]), values.get("ExpiresAfter"))
    return [FILE.row_of(reply_of(reply))]


def list_files(call: BoundCall) -> Steps:
    """The files, one a row."""
    get = call.values.get
    query = {"limit": LARGEST_PAGE, "filter": get("Filter"), "sort_by": get("SortBy"), "order": get("Order")}
    return (yield from rows_of(Pages("/files", query, "data", get(MAX_ROWS.name)), FILE.row))


def download_file(call: BoundCall) -> Steps:
    """The content of a file."""
    form = call.values.get("Format", "original")
    path = f"{path_with(FILE_PATH, call.values)}/content?format={form}"
    most, to = call.settings.max_media_bytes, target_of(call.values)
    request = Request(
        "GET",
        path,
        kind=Kind.METADATA,
        timeout=DOWNLOAD_SECONDS,
        max_bytes=most,
        to=to,
        fold=None if to is not None else partial(BytesFold, PieceKind.DATA),
    )
    reply = reply_of((yield request))
    if to is not None:
        return [(None, None, to.path)]
    return [(None, reply.body.decode("utf-8", "replace"), None) if form == "text" else (reply.body, None, None)]


UPLOAD_FILE = Procedure(
    name="UploadFile",
    effect=Effect.MAKE,
    summary="Uploads a file, which the service keeps until it expires or is deleted.",
    parameters=(
        CONTENT,
        FILE_NAME,
        EXPIRES_AFTER,
    ),
    fields=FILE.fields,
    steps=upload_file,
    main="File_Id",
    reference="POST /v1/files",
    example="CALL UploadFile(X'52657475726E73206172652066726565', 'policy.txt', 3600)",
    notes=(
        "Without ExpiresAfter the file stays, and costs $0.025 for each GiB and day.",
        "It is sent once: if the answer gets lost, ListFiles tells whether the file is there.",
    ),
)

LIST_FILES = Procedure(
    name="ListFiles",
    effect=Effect.READ,
    summary="Lists the files that the service keeps; it costs nothing.",
    parameters=(
        Parameter(
            "Filter",
            _STRING,
            'Which files, for example `content_type = "application/pdf" AND size_bytes > 1048576`, by file_id, '
            "name, size_bytes, content_type, created_at, expires_at, upload_status and public_url.",
        ),
        Parameter("SortBy", ParameterType.ENUM, "What to sort by.", values=("created_at", "filename", "size")),
        Parameter("Order", ParameterType.ENUM, "In which order.", values=("asc", "desc")),
        MAX_ROWS,
    ),
    fields=FILE.fields,
    steps=list_files,
    many=True,
    reference="GET /v1/files",
    example="CALL ListFiles(SortBy => 'size', Order => 'desc', MaxRows => 10)",
)

GET_FILE = Procedure(
    name="GetFile",
    effect=Effect.READ,
    summary="Tells about one file; it costs nothing.",
    parameters=(FILE_ID,),
    fields=FILE.fields,
    steps=looking_at(FILE_PATH, FILE.row_of),
    reference="GET /v1/files/{id}",
    example="CALL GetFile('file_7f1c')",
)

DOWNLOAD_FILE = Procedure(
    name="DownloadFile",
    effect=Effect.READ,
    summary="Fetches the content of a file, as it was uploaded or as text.",
    parameters=(
        FILE_ID,
        Parameter("Format", ParameterType.ENUM, "`original` bytes, or the `text` in it.", values=("original", "text")),
        target_parameter("the content"),
    ),
    fields=(
        ResultField("File_Content", ParameterType.BINARY, "", "The bytes; NULL with the format `text` or with To."),
        ResultField("File_Text", _STRING, "", "The text; NULL with the format `original` or with To."),
        ResultField("File_Path", _STRING, "", "The file that was written; NULL without To."),
    ),
    steps=download_file,
    rules=(target_may_be_written,),
    main="File_Content",
    streams=True,
    reference="GET /v1/files/{id}/content",
    example="CALL DownloadFile('file_7f1c', 'text')",
    notes=("The service takes $0.20 for each GiB.",),
)

DELETE_FILE = Procedure(
    name="DeleteFile",
    effect=Effect.REMOVE,
    summary="Removes a file.",
    parameters=(FILE_ID,),
    fields=DELETED.fields,
    steps=removing(FILE_PATH),
    reference="DELETE /v1/files/{id}",
    example="CALL DeleteFile('file_7f1c')",
)

PROCEDURES = (UPLOAD_FILE, LIST_FILES, GET_FILE, DOWNLOAD_FILE, DELETE_FILE)
