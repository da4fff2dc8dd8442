"""The values of options: how texts become values, and which there can be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from grokcall_parser.suggestions import hint
from grokcall_procedures.settings import DEFAULT_MODELS


def base_url_text(text: str) -> str:
    """The address of a service, without a slash at its end.

    Raises:
        ValueError: It is none.
    """
    url = text.strip().rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it has to begin with https:// and a host, like https://api.x.ai/v1")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise ValueError("it has characters that no address has")
    if "@" in parts.netloc:
        raise ValueError("it has a user or password inside; give the key as api_key or in XAI_API_KEY")
    if parts.query or parts.fragment:
        raise ValueError("it has to end with the path, like https://api.x.ai/v1")
    if parts.port == 0:
        raise ValueError("no server listens on port 0")
    return url


def model_table(value: object) -> object:
    """``default_models`` from JSON, ``text=grok-4.6,image=…`` or a mapping, laid over the built-in ones."""
    if isinstance(value, str):
        value = json_value(value) if value.lstrip().startswith("{") else pairs(value)
    if not isinstance(value, Mapping):
        return value
    for kind in value:
        if kind not in DEFAULT_MODELS:
            raise ValueError(f"there is no kind {kind!r} ({hint(str(kind), DEFAULT_MODELS, quoted=True)})")
    return {**DEFAULT_MODELS, **value}


def json_value(text: str) -> object:
    """A value written as JSON.

    Raises:
        ValueError: It is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError('it is no valid JSON; write it as {"text": "grok-4.3"} or as text=grok-4.3') from None


def pairs(text: str) -> dict[str, str]:
    """A table written as ``name=value,name=value``.

    Raises:
        ValueError: It is none.
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(key.strip() and value.strip() for key, _, value in pairs):
        raise ValueError("write it as text=grok-4.3,image=grok-imagine-image or as a JSON object")
    return {key.strip(): value.strip() for key, _, value in pairs}


def header_text(text: str) -> str:
    """A text that can stand in a header.

    Raises:
        ValueError: It is none.
    """
    if not (text.isascii() and text.isprintable()):
        raise ValueError("only printable ASCII characters can stand in a header")
    return text
