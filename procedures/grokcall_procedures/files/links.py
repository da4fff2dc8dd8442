"""CreateFileUrl and RevokeFileUrl: links under which anyone can fetch a file."""

from __future__ import annotations

from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.documents import encode_json
from grokcall_procedures.effects import Effect
from grokcall_procedures.files.stored import FILE_ID
from grokcall_procedures.nouns import in_path, noun
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

LINK = noun(
    "File",
    ("PublicUrl", ParameterType.STRING, "The link."),
    ("PublicUrlExpiresAt", ParameterType.TIMESTAMP, "Until when it works.", "expires_at"),
)
REVOKED = noun(
    "File",
    ("Id", ParameterType.STRING, "The file's id."),
    ("Revoked", ParameterType.BOOLEAN, "Whether the link works no more."),
)


def create_link(call: BoundCall) -> Steps:
    """Makes the link of a file."""
    life = call.values.get("ExpiresAfter")
    body = encode_json({} if life is None else {"expires_after": life})
    path = f"/files/{in_path(call.values['FileId'])}/public-url"
    return [LINK.row_of(reply_of((yield Request("POST", path, body=body, kind=Kind.METADATA))))]


def revoke_link(call: BoundCall) -> Steps:
    """Ends the link of a file."""
    file_id = call.values["FileId"]
    path = f"/files/{in_path(file_id)}/public-url/revoke"
    row = REVOKED.row_of(reply_of((yield Request("POST", path, body=b"{}", kind=Kind.METADATA))))
    return [(row[0] or str(file_id), *row[1:])]


CREATE_FILE_URL = Procedure(
    name="CreateFileUrl",
    effect=Effect.CHANGE,
    summary="Makes a link under which anyone can fetch a file.",
    parameters=(
        FILE_ID,
        Parameter(
            "ExpiresAfter", ParameterType.INT32, "Seconds for which it works; as long as the file when NULL.", low=1
        ),
    ),
    fields=LINK.fields,
    steps=create_link,
    main="File_PublicUrl",
    reference="POST /v1/files/{id}/public-url",
    example="CALL CreateFileUrl('file_7f1c', 3600)",
    notes=("The service gives links to images, videos and PDF files only, one for each file.",),
)

REVOKE_FILE_URL = Procedure(
    name="RevokeFileUrl",
    effect=Effect.CHANGE,
    summary="Ends the link of a file.",
    parameters=(FILE_ID,),
    fields=REVOKED.fields,
    steps=revoke_link,
    reference="POST /v1/files/{id}/public-url/revoke",
    example="CALL RevokeFileUrl('file_7f1c')",
)

PROCEDURES = (CREATE_FILE_URL, REVOKE_FILE_URL)
