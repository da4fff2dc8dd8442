"""Raw sound that is sent over a socket: its settings, and its frames."""

from __future__ import annotations

import math
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from grokcall.errors import DataError, InterfaceError
from grokcall_parser.suggestions import hint
from grokcall_procedures import sniff
from grokcall_procedures.voice.sound_lengths import WIDTHS
from grokcall_procedures.voice.transcription import LANGUAGES, LONGEST_TERM, MOST_TERMS

FRAMES_A_SECOND = 10
RANGES: Mapping[str, tuple[float, float]] = {
    "sample_rate": (8_000, 48_000),
    "endpointing": (0, 5_000),
    "channels": (2, 8),
    "smart_turn": (0, 1),
    "smart_turn_timeout": (1, 5_000),
    "vad_threshold": (0, 1),
}
"""The settings that are numbers, with the least and the most of each."""
WHOLE = ("sample_rate", "endpointing", "channels", "smart_turn_timeout")
FLAGS = ("diarize", "filler_words")
SETTINGS = (*RANGES, *FLAGS, "encoding", "language", "keyterms")


@dataclass(frozen=True, slots=True)
class SoundFormat:
    """What raw sound without a head holds.

    Args:
        encoding: ``pcm`` (16 bits, little-endian), ``mulaw`` or ``alaw``.
        rate: Samples for each second.
        channels: How many there are, whose samples come in turn.
    """

    encoding: str = "pcm"
    rate: int = 16_000
    channels: int = 1

    @property
    def width(self) -> int:
        """Bytes of a sample of all channels."""
        return WIDTHS[self.encoding] * self.channels

    @property
    def frame(self) -> int:
        """Bytes of a tenth of a second."""
        return self.width * (self.rate // FRAMES_A_SECOND)

    def seconds(self, size: int) -> float:
        """How long so many bytes are."""
        return size / (self.width * self.rate)


def sound_query(given: Mapping[str, object]) -> dict[str, object]:
    """What stands in the address of the socket, from the settings by their names.

    Raises:
        InterfaceError: There is no such setting.
        DataError: One cannot have its value.
    """
    query: dict[str, object] = {}
    for name, value in given.items():
        if name not in SETTINGS:
            raise InterfaceError(f"transcribe_stream takes no {name!r}; {hint(name, SETTINGS)}")
        if value is None:
            continue
        if name in RANGES:
            check_number(name, value)
        elif name in FLAGS and not isinstance(value, bool):
            raise DataError(f"transcribe_stream: {name} must be True or False, not {value!r}")
        elif name == "encoding" and value not in WIDTHS:
            raise DataError(f"transcribe_stream: encoding is {', '.join(WIDTHS)}, not {value!r}: raw sound, no file")
        elif name == "language" and str(value).lower().partition("-")[0] not in LANGUAGES:
            raise DataError(f"transcribe_stream: language {value!r} is none of {', '.join(LANGUAGES)}")
        query["keyterm" if name == "keyterms" else name] = terms_of(value) if name == "keyterms" else value
    if "channels" in query:
        query["multichannel"] = True
    return query


def check_number(name: str, value: object) -> None:
    """Refuses a number that is none, or out of its range."""
    least, most = RANGES[name]
    kind = int if name in WHOLE else int | float
    if isinstance(value, bool) or not isinstance(value, kind) or not (least <= value <= most and math.isfinite(value)):
        sort = "a whole number" if name in WHOLE else "a number"
        raise DataError(f"transcribe_stream: {name} must be {sort} from {least:g} to {most:g}, not {value!r}")


def terms_of(value: object) -> list[str]:
    """Words to expect.

    Raises:
        DataError: They are no texts, too many or too long.
    """
    terms = [value] if isinstance(value, str) else list(value) if isinstance(value, list | tuple) else None
    if terms is None or not all(isinstance(term, str) and 0 < len(term) <= LONGEST_TERM for term in terms):
        raise DataError(f"transcribe_stream: keyterms are texts of 1 to {LONGEST_TERM} characters")
    if len(terms) > MOST_TERMS:
        raise DataError(f"transcribe_stream: at most {MOST_TERMS} keyterms are heeded, not {len(terms):,}")
    return [str(term) for term in terms]


def given_sound(given: object, *, awaited: bool) -> object:
    """The sound that is sent, as an iterable.

    Args:
        given: Bytes, or an iterable of bytes.
        awaited: Whether it may be an asynchronous one.

    Raises:
        InterfaceError: It is something else.
    """
    if isinstance(given, bytes | bytearray | memoryview):
        return [given]
    if isinstance(given, AsyncIterable) and not awaited and not isinstance(given, Iterable):
        raise InterfaceError("transcribe_stream: an asynchronous iterable needs a connection of grokcall.aconnect()")
    if isinstance(given, str) or not isinstance(given, Iterable | AsyncIterable):
        raise InterfaceError(f"transcribe_stream takes an iterable of bytes, not {type(given).__name__}")
    return given


def begins_like_a_file(sound: bytes) -> str | None:
    """What kind of file some bytes begin like; None for raw sound."""
    kind = sniff(sound[:64])
    return None if kind is None else kind.name


class Frames:
    """Cuts sound that comes in chunks of any length into frames of a tenth of a second."""

    def __init__(self, sound: SoundFormat) -> None:
        self._sound = sound
        self._rest = bytearray()
        self._count = 0

    def of(self, chunk: object) -> Iterator[bytes]:
        """The frames that are whole with this chunk.

        Raises:
            DataError: It is no sound, or begins like a file.
        """
        self._count += 1
        if not isinstance(chunk, bytes | bytearray | memoryview):
            told = f"element {self._count:,} is {type(chunk).__name__}; give bytes"
            raise DataError(f"transcribe_stream: {told}")
        if self._count == 1 and (kind := begins_like_a_file(bytes(chunk[:64]))) is not None:
            raise DataError(
                f"transcribe_stream: the sound begins like a file ({kind}); the socket takes raw sound, as "
                "ffmpeg -f s16le writes it, and TranscribeAudio takes files"
            )
        self._rest += chunk
        size = self._sound.frame
        while len(self._rest) >= size:
            yield bytes(self._rest[:size])
            del self._rest[:size]

    def rest(self) -> bytes:
        """What is left at the end, without a sample that is not whole."""
        rest = bytes(self._rest[: len(self._rest) // self._sound.width * self._sound.width])
        self._rest.clear()
        return rest
