"""Addresses of media: which ones the service may be told to fetch, and which ones a result may be fetched from."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import SplitResult, urlsplit

from grokcall_parser.errors import DataError
from grokcall_procedures.errors import UnsafeAddressError
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import DownloadTo, Kind, Request
from grokcall_procedures.types import UnfitValue, data_uri_start, described, to_string

BLANK_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")


def address_reader(read_content: Callable[[object], bytes], largest: int) -> Callable[[object], str]:
    """A parameter's reader for an http or https address, or for a data URI whose content can be read.

    Args:
        read_content: Checks the content of a data URI.
        largest: The most bytes that a data URI may hold.
    """

    def read(value: object) -> str:
        text = to_string(value).strip()
        if data_uri_start(text) is not None:
            size = len(read_content(text))
            if size > largest:
                raise UnfitValue(f"holds {size:,} bytes; at most {largest:,} are allowed")
            return text
        if text[:5].lower() == "data:":
            raise UnfitValue("is a data URI without base64; write data:image/png;base64,…")
        check_address(text)
        return text

    return read


def check_address(text: str) -> None:
    """Raises UnfitValue unless ``text`` is an http or https address with a host and without blanks."""
    parts = split(text)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnfitValue(f"expected an address that begins with https:// or http://, got {described(text)}")
    if BLANK_OR_CONTROL.search(text):
        raise UnfitValue(f"must not contain blanks (write %20): {described(text)}")


def split(text: str) -> SplitResult | None:
    """The parts of an address; None when it has none that make sense."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts


def download(text: str, settings: Settings, to: DownloadTo | None = None) -> Request:
    """The request that fetches a result from its address: https, or http on this machine.

    Args:
        text: The address.
        settings: How large it may be.
        to: The file that it is written to; None to hold it.

    Raises:
        DataError: It is no proper address.
        UnsafeAddressError: It is another one.
    """
    parts = split(text)
    if parts is None or not parts.hostname or BLANK_OR_CONTROL.search(text):
        raise DataError(f"the service named no proper address for its result: {described(text)}")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise UnsafeAddressError(f"results are fetched over https only, not from {parts.scheme}://{parts.hostname}")
    return Request("GET", text, kind=Kind.DOWNLOAD, max_bytes=settings.max_media_bytes, to=to)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine itself, by its name or address; nothing is resolved."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
