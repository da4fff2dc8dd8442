"""The links of files: for images, videos and PDF files, one a file."""

import time
from dataclasses import replace

import msgspec

from grokcall_sandbox.api.files import find_file
from grokcall_sandbox.errors import invalid
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import StoredFile

_KINDS = (
    (b"\x89PNG", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpeg"),
    (b"%PDF", "application/pdf", "pdf"),
)
_MP4_MARK = b"ftyp"


class LinkRequest(msgspec.Struct):
    """The body of public-url."""

    expires_after: int | None = None


_DECODE = msgspec.json.Decoder(LinkRequest)


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/files/{id}/public-url."""
    file = find_file(call.state, call.parameters["id"])
    life = call.decode(_DECODE).expires_after
    if life is not None and life < 1:
        raise invalid("Invalid expires_after: must be at least 1 second.")
    kind, suffix = _kind_of(file)
    ends = [file.expires_at, None if life is None else int(time.time()) + life]
    until = min((end for end in ends if end is not None), default=None)
    url = call.link(call.state.keep_medium(file.data, kind, suffix))
    call.state.files.put(file.id, replace(file, public_url=url), len(file.data))
    return json_reply({"public_url": url, "expires_at": until})


async def revoke(call: SandboxRequest) -> Reply:
    """POST /v1/files/{id}/public-url/revoke."""
    file = find_file(call.state, call.parameters["id"])
    if file.public_url is None:
        raise invalid(f"File with id={file.id} has no public url.")
    call.state.media.take(file.public_url.rpartition("/")[2])
    call.state.files.put(file.id, replace(file, public_url=None), len(file.data))
    return json_reply({"id": file.id, "revoked": True})


def _kind_of(file: StoredFile) -> tuple[str, str]:
    """The MIME type and the suffix of a file that can have a link."""
    for mark, kind, suffix in _KINDS:
        if file.data.startswith(mark):
            return kind, suffix
    if file.data[4:8] == _MP4_MARK:
        return "video/mp4", "mp4"
    raise invalid("Public URLs are available for image, video and PDF files only.")
