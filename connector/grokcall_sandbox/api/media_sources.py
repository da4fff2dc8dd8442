"""The sources of media requests: an address, a data URI, or an uploaded file."""

import msgspec
from PIL import Image

from grokcall_sandbox.errors import invalid, not_found
from grokcall_sandbox.media.canvas import open_picture
from grokcall_sandbox.media.sources import MAX_PICTURE_BYTES, MAX_VIDEO_BYTES, read_url, too_large
from grokcall_sandbox.state import SandboxState

_PICTURE_FORMATS = ("JPEG", "PNG", "WEBP")


class Source(msgspec.Struct):
    """An object such as `{"url": …}` or `{"file_id": …}`."""

    url: str | None = None
    file_id: str | None = None


async def read_picture(source: Source, state: SandboxState) -> Image.Image:
    """The image a source means.

    Raises:
        ApiError: 400 when it cannot be had or is no JPEG, PNG or WebP of at most 20 MiB, 404 for an unknown file.
    """
    return open_picture(await _read(source, state, "image", MAX_PICTURE_BYTES), _PICTURE_FORMATS)


async def read_clip(source: Source, state: SandboxState) -> bytes:
    """The bytes of the video a source means; raises like `read_picture`."""
    return await _read(source, state, "video", MAX_VIDEO_BYTES)


async def _read(source: Source, state: SandboxState, what: str, limit: int) -> bytes:
    if (source.url is None) == (source.file_id is None):
        raise invalid(f"Exactly one of url and file_id must be given for the {what}.")
    if source.file_id is None:
        return await read_url(source.url or "", what, limit)
    stored = state.files.get(source.file_id)
    if stored is None:
        raise not_found(f"File with id={source.file_id} not found")
    if len(stored.data) > limit:
        raise too_large(what, limit)
    return stored.data
