"""What a talk is set to: its model, its voice, its sound and its tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grokcall.client.service_sockets import Document
from grokcall.errors import DataError, InterfaceError, MalformedReplyError
from grokcall.realtime.given_sound import SoundFormat
from grokcall.tools.toolbox import Toolbox
from grokcall_parser.suggestions import hint
from grokcall_procedures import UnfitValue
from grokcall_procedures.client_tools import ToolDeclaration

FORMATS = {"pcm": "audio/pcm", "mulaw": "audio/pcmu", "alaw": "audio/pcma"}
"""The service's names of what sound holds."""
RATES = (8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
TELEPHONE_RATE = 8_000
DETECTION: Mapping[str, tuple[float, float]] = {
    "threshold": (0.0, 1.0),
    "silence_duration_ms": (0, 10_000),
    "prefix_padding_ms": (0, 10_000),
}
"""What can be set of the detection of turns, with the least and the most of each."""
SERVER_VAD = "server_vad"
SIDES = ("input", "output")


@dataclass(frozen=True, slots=True)
class TalkSettings:
    """What a talk is set to.

    Args:
        model: The model; None for the service's own choice.
        session: The session as the service takes it.
        sound: What sound holds, in both directions.
        tools: The tools that the model may call.
    """

    model: str | None
    session: Mapping[str, object]
    sound: SoundFormat
    tools: tuple[ToolDeclaration, ...] = ()

    def check_taken(self, document: Document) -> None:
        """Makes sure that the service took the sound's format, where it says which it has.

        Raises:
            MalformedReplyError: It has another.
        """
        session, asked = document.get("session"), format_of(self.sound)
        audio = session.get("audio") if isinstance(session, dict) else None
        for side in SIDES:
            told = (audio.get(side) or {}).get("format") if isinstance(audio, dict) else None
            if isinstance(told, dict) and any(told.get(name, each) != each for name, each in asked.items()):
                raise MalformedReplyError(
                    f"the service has set the {side} sound to {told} where {asked} was asked for; take another "
                    "encoding or sample_rate"
                )


def talk_settings(
    toolbox: Toolbox,
    model: str | None,
    instructions: str | None,
    voice: str | None,
    tools: Sequence[str],
    turn_detection: str | Mapping[str, object] | None,
    encoding: str,
    sample_rate: int,
) -> TalkSettings:
    """The settings of a talk; see :meth:`grokcall.Connection.realtime`.

    Raises:
        InterfaceError: There is no such tool, or a model may not call it.
        DataError: A setting cannot have its value.
    """
    sound = sound_of(encoding, sample_rate)
    session: dict[str, object] = {
        "turn_detection": detection_of(turn_detection),
        "audio": {side: {"format": format_of(sound)} for side in SIDES},
    }
    for name, value in (("instructions", instructions), ("voice", voice), ("model", model)):
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise DataError(f"realtime: {name} is a text, not {value!r}")
    if instructions is not None:
        session["instructions"] = instructions
    if voice is not None:
        session["voice"] = voice
    offered = tuple(tool_named(name, toolbox) for name in names_of(tools))
    if offered:
        session["tools"] = [each.function for each in offered]
    return TalkSettings(model, session, sound, offered)


def sound_of(encoding: str, sample_rate: int) -> SoundFormat:
    """What sound holds.

    Raises:
        DataError: There is no such encoding, or it does not have such a rate.
    """
    if encoding not in FORMATS:
        raise DataError(f"realtime: encoding is {', '.join(FORMATS)}, not {encoding!r}")
    rates = RATES if encoding == "pcm" else (TELEPHONE_RATE,)
    if sample_rate not in rates:
        raise DataError(f"realtime: sample_rate of {encoding} is {', '.join(map(str, rates))}, not {sample_rate!r}")
    return SoundFormat(encoding, sample_rate)


def format_of(sound: SoundFormat) -> dict[str, object]:
    """What sound holds, as the service names it."""
    return {"type": FORMATS[sound.encoding], "rate": sound.rate}


def detection_of(given: str | Mapping[str, object] | None) -> dict[str, object] | None:
    """How it is found that the user has said something; None where the user's program says it.

    Raises:
        DataError: It cannot be this.
    """
    if given is None:
        return None
    chosen: Mapping[str, object] = {} if given == SERVER_VAD else given if isinstance(given, Mapping) else {given: 0}
    for name, value in chosen.items():
        if name == "type" and value == SERVER_VAD:
            continue
        if name not in DETECTION:
            known = [SERVER_VAD] if isinstance(given, str) else list(DETECTION)
            raise DataError(f"realtime: turn_detection knows no {name!r}; {hint(str(name), known)}")
        least, most = DETECTION[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise DataError(f"realtime: {name} of turn_detection is from {least:g} to {most:g}, not {value!r}")
    # Without create_response the service hears a turn and does not answer it.
    return {**chosen, "type": SERVER_VAD, "create_response": True}


def names_of(tools: Sequence[str]) -> list[str]:
    """The names of tools.

    Raises:
        InterfaceError: They are no names.
    """
    if isinstance(tools, str) or not all(isinstance(name, str) for name in tools):
        raise InterfaceError(f"realtime: tools is a list of names of your tools, not {tools!r}")
    return list(tools)


def tool_named(name: str, toolbox: Toolbox) -> ToolDeclaration:
    """A tool that runs here: a function, a query, or a procedure that a model may call.

    Raises:
        InterfaceError: There is none of this name, or a model may not call it.
    """
    try:
        found = toolbox.find(name)
    except UnfitValue as error:
        raise InterfaceError(f"realtime: tools {error}") from None
    if found is None:
        there = hint(name, toolbox.names, f"there are {', '.join(toolbox.names) or 'none; connection.tool makes one'}")
        raise InterfaceError(f"realtime: there is no tool {name!r}; {there}")
    return found
