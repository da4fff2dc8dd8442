"""Whom a request asks for, read before it is handled."""

from typing import TYPE_CHECKING

import msgspec

from grokcall.sandbox.catalogue import find_any_model, find_text_model
from grokcall.sandbox.errors import ApiError
from grokcall.sandbox.faults.fault import TEXT_PATHS

if TYPE_CHECKING:
    from grokcall.sandbox.calls import Call

SPEECH = "grok-tts"
"""What limits and errors call the one model that has no id."""


class _Asking(msgspec.Struct):
    model: str | None = None


_DECODER = msgspec.json.Decoder(_Asking)


def asked_model(call: "Call") -> str | None:
    """The id of the model that serves a request; None where that cannot be told."""
    if call.path == "/v1/tts":
        return SPEECH
    try:
        name = _DECODER.decode(call.body).model or ""
        return (find_text_model(name) if call.path in TEXT_PATHS else find_any_model(name)).id
    except (ApiError, msgspec.DecodeError, UnicodeDecodeError):
        return None
