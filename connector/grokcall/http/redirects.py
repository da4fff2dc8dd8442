"""Replies that name another address to ask."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from grokcall.errors import MediaError, RedirectedError
from grokcall.http.service_errors import clean
from grokcall.http.transport import HttpResponse

LONGEST_ADDRESS = 300
"""Characters of an address that a message shows."""


def is_redirect(reply: HttpResponse) -> bool:
    """Whether a reply names another address to ask."""
    return 300 <= reply.status < 400


def next_address(url: str, reply: HttpResponse) -> str:
    """The address to which a download is sent on.

    Raises:
        MediaError: The reply names none.
    """
    try:
        return urljoin(url, reply.headers.get("location", ""))
    except ValueError:
        raise MediaError(f"{shown(url)} sends the download on to an address that is none") from None


def redirected(url: str, reply: HttpResponse) -> RedirectedError:
    """The error of a call that is sent on to another address."""
    location = reply.headers.get("location", "").strip()
    place = f" to {shown(location, url)}" if location else ""
    return RedirectedError(f"{shown(url)} answered with a redirect (status {reply.status}){place}; check base_url")


def shown(address: str, base: str = "") -> str:
    """An address for a message: without user, password, query and fragment, which may be secret, and not too long.

    >>> shown("/login?token=xyz", "https://user:secret@proxy.example/v1/responses")
    'https://proxy.example/login'
    """
    try:
        parts = urlsplit(urljoin(base, address))
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that is none"
    return clean(f"{parts.scheme}://{host}{parts.path}")[:LONGEST_ADDRESS]
