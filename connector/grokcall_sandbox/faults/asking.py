"""Whom a request asks for, read before it is handled."""

import msgspec

from grokcall_sandbox.catalogue import TextModel, find_any_model, find_picture_model, find_text_model, find_video_model
from grokcall_sandbox.errors import ApiError
from grokcall_sandbox.faults.fault import PICTURE_PATHS, TEXT_PATHS, VIDEO_PATHS
from grokcall_sandbox.request import SandboxRequest

_NAMES = {"/v1/tts": "grok-tts", "/v1/stt": "grok-stt", "/v1/documents/search": "documents-search"}
"""What limits and errors call what has no model with an id."""
_FINDERS = (TEXT_PATHS, find_text_model), (PICTURE_PATHS, find_picture_model), (VIDEO_PATHS, find_video_model)


class _Reasoning(msgspec.Struct):
    effort: str | None = None


class _Asking(msgspec.Struct):
    model: str | None = None
    reasoning: _Reasoning | None = None
    reasoning_effort: str | None = None


_DECODER = msgspec.json.Decoder(_Asking)


def asked_model(call: SandboxRequest) -> str | None:
    """The id of the model that serves a request; None where that cannot be told."""
    if call.path in _NAMES:
        return _NAMES[call.path]
    try:
        name = _DECODER.decode(call.body).model
        for paths, find in _FINDERS:
            if call.path in paths:
                return find(name).id
        return find_any_model(name or "").id
    except (ApiError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def asked_effort(call: SandboxRequest) -> tuple[TextModel, str | None] | None:
    """The model that serves a text request, and the reasoning effort that applies; None where it is refused anyway."""
    try:
        asked = _DECODER.decode(call.body)
        model = find_text_model(asked.model)
    except (ApiError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    effort = asked.reasoning.effort if asked.reasoning else asked.reasoning_effort
    return model, effort or model.default_effort
