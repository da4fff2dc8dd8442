"""The values of RawRequest: how its method, host, path and headers are read, and what they may not be."""

from __future__ import annotations

import re
from urllib.parse import unquote

from grokcall_procedures.documents import as_text, decode_json, document_of
from grokcall_procedures.steps import Host
from grokcall_procedures.types import UnfitValue, described, to_json, to_string

OWN_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "user-agent",
    }
)
"""Headers that the connection sets; a call that names one is refused."""
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def read_method(value: object) -> str:
    """A method in capitals."""
    method = to_string(value).strip().upper()
    if not TOKEN.fullmatch(method):
        raise UnfitValue(f"is not a method: {described(value)}")
    return method


def read_host(value: object) -> str:
    """The name of a host.

    Raises:
        UnfitValue: There is none of this name; a key must not go anywhere else.
    """
    name = to_string(value).strip().lower()
    if name not in tuple(Host):
        raise UnfitValue(f"is {' or '.join(Host)}, not {described(value)}")
    return name


def read_path(value: object) -> str:
    """A path below the base URL, with its slash.

    >>> read_path("v1/models"), read_path("/models?limit=5")
    ('/v1/models', '/models?limit=5')
    """
    given = to_string(value).strip()
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|//", given):
        raise UnfitValue(f"is an address; give the path only, for example /models, not {described(given)}")
    if re.search(r"[\s\x00-\x1f\x7f\\#]", given):
        raise UnfitValue(f"must not contain blanks, backslashes or #: {described(given)}")
    path, question, query = given.partition("?")
    path = "/" + path.removeprefix("/")
    if any(unquote(segment) in (".", "..") for segment in re.split(r"/|%2f", path, flags=re.IGNORECASE)):
        raise UnfitValue(f"must not contain the steps . and ..: {described(given)}")
    if path in ("/", "/v1", "/v1/"):
        raise UnfitValue("names nothing; give a path such as /models")
    return path + question + query


SUCH_AS = """such as {"name": "value"}"""


def read_object(value: object) -> str:
    """The JSON text of an object."""
    try:
        text = to_json(value)
    except UnfitValue as error:
        raise UnfitValue(f"{error}; it is a JSON object, {SUCH_AS}") from None
    if not isinstance(decode_json(text), dict):
        raise UnfitValue(f"must be a JSON object, {SUCH_AS}")
    return text


def read_headers(value: object) -> str:
    """The JSON text of an object of headers that a call may set."""
    text = read_object(value)
    for name, content in document_of(text.encode("utf-8")).items():
        if name.lower() in OWN_HEADERS:
            raise UnfitValue(f"must not set {name}: the connection does")
        if not TOKEN.fullmatch(name) or re.search(r"[\x00-\x1f\x7f]", as_text(content)):
            raise UnfitValue(f"has a header that cannot be sent: {described(name)}")
    return text
