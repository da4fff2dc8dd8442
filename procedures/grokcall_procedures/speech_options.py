"""What GenerateAudio can be told beside voice and format: how to read a text, and to tell when each sign is said."""

from __future__ import annotations

import re

from grokcall_procedures.definition import Parameter, ResultField
from grokcall_procedures.documents import decode_json
from grokcall_procedures.outputs.types import structs
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_json

MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 200, 100, 128
KEY = re.compile(rf"[\w' ]{{1,{LONGEST_KEY}}}")
TIMESTAMPS = ResultField(
    "ResultAudio_Timestamps",
    structs(text="VARCHAR", start_s="DOUBLE", end_s="DOUBLE"),
    "audio_timestamps",
    "Each sign of the text with its seconds; NULL without WithTimestamps.",
)


EXAMPLE = 'it is a JSON object such as {"SQL": "sequel"}'


def read_replacements(value: object) -> str:
    """Words and what is said in their place, as JSON.

    Raises:
        UnfitValue: It is no object of texts, or more or longer than the service takes.
    """
    try:
        text = to_json(value)
    except UnfitValue as error:
        raise UnfitValue(f"{error}; {EXAMPLE}") from None
    pairs = decode_json(text)
    if not isinstance(pairs, dict) or not pairs:
        raise UnfitValue(f"expected an object, got {described(value)}; {EXAMPLE}")
    if len(pairs) > MOST_PAIRS:
        raise UnfitValue(f"has {len(pairs)} pairs; at most {MOST_PAIRS} are taken")
    for old, new in pairs.items():
        if not KEY.fullmatch(old):
            told = f"letters, digits, apostrophes and blanks, at most {LONGEST_KEY}"
            raise UnfitValue(f"replaces {described(old)}; what is replaced has {told}")
        if not isinstance(new, str) or len(new) > LONGEST_VALUE:
            raise UnfitValue(f"has for {described(old)} no text of at most {LONGEST_VALUE} characters")
    return text


def timestamps_in(document: object) -> list[dict[str, object]] | None:
    """Each sign of a text with its seconds, in either of the API's forms; None where there are none."""
    told = document.get("audio_timestamps") if isinstance(document, dict) else None
    signs, times = (told.get("graph_chars"), told.get("graph_times")) if isinstance(told, dict) else (None, None)
    if not isinstance(signs, list) or not isinstance(times, list):
        return None
    return [{"text": str(sign), **span_of(time)} for sign, time in zip(signs, times, strict=False)]


def span_of(time: object) -> dict[str, object]:
    """When something begins and ends: ``[start, end]`` or ``{"start": …, "end": …}``."""
    start = end = None
    if isinstance(time, dict):
        start, end = time.get("start"), time.get("end")
    elif isinstance(time, list) and len(time) == 2:
        start, end = time
    return {"start_s": seconds(start), "end_s": seconds(end)}


def seconds(value: object) -> float | None:
    """A number of seconds; None for what is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


SPEECH_OPTIONS = (
    Parameter(
        "WithTimestamps",
        ParameterType.BOOLEAN,
        "Whether to tell when each sign is said, in the further field ResultAudio_Timestamps; the audio comes whole.",
        named_only=True,
    ),
    Parameter(
        "TextNormalization",
        ParameterType.BOOLEAN,
        "Whether numbers, dates and the like are written out before they are said.",
        named_only=True,
    ),
    Parameter(
        "Replace",
        ParameterType.JSON,
        'Words and what is said in their place, an object of up to 200 pairs such as `{"SQL": "sequel"}`; '
        "pronunciation stands between slashes.",
        named_only=True,
        reader=read_replacements,
    ),
    Parameter(
        "StreamingLatency",
        ParameterType.INT32,
        "How much quality is given for an early beginning, 0 to 2; 0 when NULL.",
        low=0,
        high=2,
        named_only=True,
    ),
)
