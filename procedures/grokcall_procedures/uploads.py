"""Files that the service holds for the length of a call: uploaded before it, deleted after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from grokcall_procedures.documents import document_of
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.multipart import FilePart, form_of
from grokcall_procedures.steps import Kind, Reply, Request, Row, Steps
from grokcall_procedures.text import reply_of

LIFETIME = 3600
"""Seconds, the API's smallest, after which the service deletes a file that no call came to delete."""


def with_uploads(files: Sequence[FilePart], use: Callable[[Sequence[str]], Steps]) -> Steps:
    """The steps of ``use`` with the ids of the uploaded ``files``, and the deletion of the files after it.

    The files go as well when ``use`` fails. When the steps are closed half way nothing more can be sent, and they
    vanish by themselves within the hour.
    """
    ids: list[str] = []
    try:
        for file in files:
            reply = yield upload(file)
            ids.append(file_id_of(reply_of(reply)))
        rows: list[Row] = yield from use(ids)
    except Exception:
        yield from delete_files(ids)
        raise
    yield from delete_files(ids)
    return rows


def upload(file: FilePart) -> Request:
    """The request that uploads a file."""
    form = form_of({"expires_after": str(LIFETIME), "purpose": "assistants"}, file)
    return Request("POST", "/files", body=form, kind=Kind.UPLOAD)


def file_id_of(reply: Reply) -> str:
    """The id of the uploaded file.

    Raises:
        MalformedReplyError: The reply names none.
    """
    file_id = document_of(reply.body).get("id")
    if not isinstance(file_id, str) or not file_id:
        raise MalformedReplyError("the service took the file but named no id for it")
    return file_id


def delete_files(ids: Sequence[str]) -> Steps:
    """Deletes files; one that cannot be deleted vanishes by itself, so that is no reason to fail."""
    for file_id in ids:
        try:
            yield Request("DELETE", f"/files/{quote(file_id, safe='')}", kind=Kind.METADATA)
        except Exception:  # noqa: S112 - the call's own result or error must not be lost over this
            continue
    return []
