"""Where given media come from: data URIs, uploaded files, addresses on this machine."""

import asyncio
import base64
import binascii
import http.client
import ipaddress
from urllib.parse import urlsplit

from grokcall_sandbox.errors import ApiError, invalid

MAX_PICTURE_BYTES = 20 * 1024 * 1024
MAX_VIDEO_BYTES = 64 * 1024 * 1024
_FETCH_SECONDS = 10.0


def decode_data_uri(uri: str) -> bytes:
    """The bytes in a `data:…;base64,…` URI.

    Raises:
        ApiError: 400, it is no such URI.
    """
    head, comma, payload = uri.partition(",")
    if not comma or not head.lower().endswith(";base64"):
        raise invalid("Invalid data URI: expected data:<type>;base64,<data>.")
    return decode_base64(payload)


def decode_base64(payload: str) -> bytes:
    """The bytes in a base64 text; raises a 400 `ApiError` when it is none."""
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise invalid("Invalid base64-encoded data.") from problem


def is_loopback(url: str) -> bool:
    """True for an http address on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == "http" and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


async def read_url(url: str, what: str = "image", limit: int = MAX_PICTURE_BYTES) -> bytes:
    """The bytes behind a data URI or an http address on this machine.

    Args:
        url: The address.
        what: `image` or `video`, for the wording of refusals.
        limit: The most bytes to take.

    Raises:
        ApiError: 400, it cannot be had: other hosts are never asked.
    """
    if url[:5].lower() == "data:":
        data = decode_data_uri(url)
    elif is_loopback(url):
        data = await asyncio.to_thread(_fetch, url, what, limit)
    else:
        raise _unfetchable(what, "404 Not Found")
    if len(data) > limit:
        raise too_large(what, limit)
    return data


def too_large(what: str, limit: int) -> ApiError:
    """The 400 for media of more than `limit` bytes."""
    return invalid(f"The {what} exceeds the maximum allowed size of {limit // (1024 * 1024)} MiB.")


def _fetch(url: str, what: str, limit: int) -> bytes:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_FETCH_SECONDS)
    try:
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        response = connection.getresponse()
        if response.status != 200:
            raise _unfetchable(what, f"{response.status} {response.reason}")
        return response.read(limit + 1)
    except (OSError, http.client.HTTPException) as problem:
        raise _unfetchable(what, "502 Bad Gateway") from problem
    finally:
        connection.close()


def _unfetchable(what: str, status: str) -> ApiError:
    return invalid(f"Fetching {what} failed with HTTP status {status}")
