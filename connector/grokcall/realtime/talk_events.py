"""What happens in a talk."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class TalkEventKind(enum.StrEnum):
    """What an event of a talk is."""

    AUDIO = "audio"
    """Sound of the answer, in ``data``."""
    TEXT = "text"
    """Words of the answer, as they are spoken."""
    HEARD = "heard"
    """What the user has said."""
    TOOL_CALL = "tool_call"
    """The model calls a tool, whose arguments are the text; it is run, and its output sent."""
    TURN_DONE = "turn_done"
    """The answer is over."""
    ERROR = "error"
    """The service tells of an error, which is raised next."""


@dataclass(frozen=True, slots=True)
class TalkEvent:
    """One event; its ``str`` is its text.

    Args:
        kind: What it is.
        text: Its text.
        data: Its sound.
        name: The name of the tool.
        raw: The event as the service sent it.
    """

    kind: TalkEventKind
    text: str = ""
    data: bytes = field(default=b"", repr=False)
    name: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        return self.text


SPOKEN_WORDS = frozenset(
    {"response.output_audio_transcript.delta", "response.text.delta", "response.output_text.delta"}
)
"""Events with words of the answer."""
SOUND = "response.output_audio.delta"
HEARD = "conversation.item.input_audio_transcription.completed"
ARGUMENTS = "response.function_call_arguments.done"
ITEM = "response.output_item.done"
BEGUN, DONE = "response.created", "response.done"
SPEECH_BEGAN, SPEECH_ENDED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
