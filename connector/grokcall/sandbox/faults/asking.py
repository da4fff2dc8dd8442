"""Whom a request asks for, read before it is handled."""

from typing import TYPE_CHECKING

import msgspec

from grokcall.sandbox.catalogue import TextModel, find_any_model, find_text_model
from grokcall.sandbox.errors import ApiError
from grokcall.sandbox.faults.fault import TEXT_PATHS

if TYPE_CHECKING:
    from grokcall.sandbox.calls import Call

SPEECH = "grok-tts"
"""What limits and errors call the one model that has no id."""


class _Reasoning(msgspec.Struct):
    effort: str | None = None


class _Asking(msgspec.Struct):
    model: str | None = None
    reasoning: _Reasoning | None = None
    reasoning_effort: str | None = None


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


def asked_effort(call: "Call") -> tuple[TextModel, str | None] | None:
    """The model that serves a text request, and the reasoning effort that applies; None where it is refused anyway."""
    try:
        asked = _DECODER.decode(call.body)
        model = find_text_model(asked.model)
    except (ApiError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    effort = asked.reasoning.effort if asked.reasoning else asked.reasoning_effort
    return model, effort or model.default_effort
