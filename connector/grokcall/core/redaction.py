"""Keeps secrets out of everything that people read: messages, logs, reprs and pickles.

An API key is held as a :class:`SecretKey` from the moment it is found, and every text on its way out goes through
:func:`redact`, which knows what keys look like and also removes each key that is alive in this process.
"""

from __future__ import annotations

import hmac
import logging
import os
import re
import threading
import traceback
import weakref
from typing import Any, NoReturn, SupportsIndex

SHORTEST_SECRET = 8
"""Secrets with fewer characters are not searched for: removing a key named ``test`` would make texts unreadable."""

_HIDDEN = "[redacted]"


class HiddenText(str):
    """A text like any other whose repr does not show it, so that no traceback does that lists local variables.

    Neither does that of a part of it, which is what is shown of a text that is too long.

    >>> {"Authorization": HiddenText("Bearer xai-0123456789")}
    {'Authorization': '**********'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"

    def __getitem__(self, place: SupportsIndex | slice) -> HiddenText:
        return HiddenText(super().__getitem__(place))


class HiddenBytes(bytes):
    """Bytes like any others whose repr does not show them.

    >>> {"body": HiddenBytes(b"Bearer xai-0123456789")}
    {'body': b'**********'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "b'**********'"


class SecretKey:
    """An API key that shows itself only to who asks with :meth:`reveal`.

    >>> key = SecretKey("xai-0123456789")
    >>> f"{key} {key!r}"
    "********** SecretKey('**********')"
    """

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = HiddenText(value)
        if len(value) >= SHORTEST_SECRET:
            with _living_keys_lock:
                _living_keys[id(self)] = self

    def reveal(self) -> str:
        """The key itself; for the Authorization header only."""
        return self._value

    def __str__(self) -> str:
        return "**********"

    def __repr__(self) -> str:
        return "SecretKey('**********')"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretKey):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "An API key is not put into a pickle. Give workers their key in XAI_API_KEY or XAI_API_KEY_FILE,"
            " or pass a function that returns it."
        )


# By identity: in a set, two equal keys would be one entry, which would go when the first of them goes.
_living_keys: weakref.WeakValueDictionary[int, SecretKey] = weakref.WeakValueDictionary()
_living_keys_lock = threading.Lock()


def _unlock_in_child() -> None:
    global _living_keys_lock
    _living_keys_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_unlock_in_child)


def _described_data(match: re.Match[str]) -> str:
    encoded = match["data"].rstrip("=")
    return f"{match['head'] or ''}… ({len(encoded) * 3 // 4:,} bytes)"


_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"\bbearer\s+(?!(?:token|auth|key|credential)s?\b)[^\s\"',;)\]}]+", re.IGNORECASE),
        f"Bearer {_HIDDEN}",
    ),
    (re.compile(r"(authorization\W{1,6}basic\s+)[^\s\"',;)\]}]+", re.IGNORECASE), rf"\1{_HIDDEN}"),
    (re.compile(r"\bxai-[A-Za-z0-9_\-…*]{3,}"), _HIDDEN),
    (re.compile(r"(?<!\*)[\w-]{0,12}\*{3,}+[\w-]{1,12}"), _HIDDEN),
    (re.compile(r"(?<=://)[^\s/?#@\"']{1,512}@"), f"{_HIDDEN}@"),
    (
        re.compile(
            r"([?&](?:api[_-]?key|key|token|sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token)=)"
            r"[^&\s\"'#]+",
            re.IGNORECASE,
        ),
        rf"\1{_HIDDEN}",
    ),
)
_DATA = re.compile(
    r"(?P<head>data:[\w.+/-]{0,100}(?:;[\w.+=-]{1,100}){0,5};base64,)?(?P<data>[A-Za-z0-9+/_-]{200,}={0,2})"
)
_SHORT_DATA_URI = re.compile(
    r"(?P<head>data:[\w.+/-]{0,100}(?:;[\w.+=-]{1,100}){0,5};base64,)(?P<data>[A-Za-z0-9+/_-]+={0,2})"
)
_SIGNS = re.compile(r"bearer|authorization|xai-|\*\*\*|://|[?&]|;base64,|[A-Za-z0-9+/_-]{200}", re.IGNORECASE)
"""What one of them finds has one of these in it: most texts have none, and are looked through once instead of often."""


def redact(text: str, *secrets: str) -> str:
    """``text`` without keys, credentials in addresses, and the bytes of images and files.

    Args:
        text: Anything that is about to be read by people.
        secrets: Further texts to remove, each of at least :data:`SHORTEST_SECRET` characters. Every living
            :class:`SecretKey` is removed in any case.

    >>> redact("Incorrect API key provided: xai-0123456789 (data:image/png;base64,iVBORw0KGgo=)")
    'Incorrect API key provided: [redacted] (data:image/png;base64,… (8 bytes))'
    """
    with _living_keys_lock:
        known = [key.reveal() for key in _living_keys.values()]
    # The longest first: where one secret begins with another, the rest of the longer one would be left over.
    for secret in sorted({*known, *secrets}, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, _HIDDEN)
    if _SIGNS.search(text) is None:
        return text
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _DATA.sub(_described_data, _SHORT_DATA_URI.sub(_described_data, text))


def hidden(value: Any) -> Any:
    """A value that is a text as one whose repr does not show it; any other as it is."""
    return HiddenText(value) if isinstance(value, str) else value


class RedactingFilter(logging.Filter):
    """Rewrites each record so that no handler, whatever it prints, can print a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True, after the message, the traceback and every extra text of ``record`` were redacted."""
        record.msg, record.args = redact(_message_of(record)), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            # Handlers that format the exception themselves would print it as it was; all others print exc_text.
            record.exc_info = None
        for name, value in vars(record).items():
            if isinstance(value, str):
                setattr(record, name, redact(value))
            elif isinstance(value, dict | list | tuple | set | bytes) and redact(repr(value)) != repr(value):
                setattr(record, name, redact(repr(value)))
        return True


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # Placeholders that do not fit their arguments: logging would report that with all arguments as they are.
        return f"{record.msg} {record.args!r}"


def get_logger(name: str = "grokcall") -> logging.Logger:
    """The logger ``name``, redacting and silent until an application adds a handler.

    A filter of a logger does not see the records of the loggers below it, so each module asks here for its own:

    >>> log = get_logger("grokcall.http.retry")
    """
    logger = logging.getLogger(name)
    if not any(isinstance(each, RedactingFilter) for each in logger.filters):
        logger.addFilter(RedactingFilter())
    return logger


get_logger().addHandler(logging.NullHandler())
