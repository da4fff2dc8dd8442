"""Where made media go beside the reply: the files of the team, or an address that takes them by PUT."""

import asyncio
import http.client
import time
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from grokcall_sandbox.errors import DENIED, ApiError, invalid
from grokcall_sandbox.media.sources import is_loopback
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import DATA_RETENTION, StoredFile

LONGEST_LIFE = 2_592_000
_UPLOAD_SECONDS = 10.0


class PublicUrl(msgspec.Struct):
    """The `public_url` object."""

    expires_after: int | None = None


class StorageOptions(msgspec.Struct):
    """The `storage_options` object."""

    filename: str
    expires_after: int | None = None
    public_url: bool | PublicUrl | None = None


class Output(msgspec.Struct):
    """The `output` object: a list of addresses for images, one for a video."""

    upload_url: str | None = None
    upload_urls: list[str] | None = None


def check_storage(call: SandboxRequest, options: StorageOptions | None) -> None:
    """Raises a 400 `ApiError` for options that no file can have, and a 403 for a team that keeps none."""
    if options is None:
        return
    if DATA_RETENTION in call.state.refusals:
        raise ApiError(403, "File storage is not available to Zero Data Retention teams.", DENIED)
    if not options.filename:
        raise invalid("storage_options.filename must not be empty.")
    if options.expires_after is not None and not 1 <= options.expires_after <= LONGEST_LIFE:
        raise invalid(f"Invalid storage_options.expires_after: must be between 1 and {LONGEST_LIFE} seconds.")


def store(call: SandboxRequest, options: StorageOptions, data: bytes, kind: str, suffix: str) -> dict[str, object]:
    """Keeps a medium as a file; gives the `file_output` object."""
    now = int(time.time())
    until = None if options.expires_after is None else now + options.expires_after
    link = call.link(call.state.keep_medium(data, kind, suffix)) if options.public_url else None
    stored = StoredFile(f"file_{uuid4()}", options.filename, data, now, until, link)
    call.state.files.put(stored.id, stored, len(data))
    told: dict[str, object] = {"file_id": stored.id, "filename": stored.name, "expires_at": until}
    return told if link is None else {**told, "public_url": link}


async def upload(url: str, data: bytes, kind: str) -> None:
    """Puts a medium to an address on this machine.

    Raises:
        ApiError: 400, it cannot be put there: other hosts are never asked.
    """
    status = await asyncio.to_thread(_put, url, data, kind) if is_loopback(url) else 0
    if not 200 <= status < 300:
        raise invalid("Uploading the output failed" + (f" with HTTP status {status}." if status else "."))


def _put(url: str, data: bytes, kind: str) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_UPLOAD_SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("PUT", path, data, {"Content-Type": kind})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
