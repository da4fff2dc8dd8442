"""Subtitles from the words of a transcript: cues that can be read in the time that they are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONGEST_CUE = 80
"""Characters of a cue: two lines of a screen."""
LONGEST_SHOWN = 7.0
"""Seconds that a cue is shown."""
PAUSE = 1.0
"""Seconds of silence after which another cue begins."""


@dataclass(slots=True)
class Cue:
    """What is shown at a time."""

    start: float
    end: float
    text: str
    who: tuple[object, object]


def cues(words: Sequence[Mapping[str, object]] | None) -> list[Cue]:
    """The cues for the words of a transcript; words without a time are shown with those before them."""
    found: list[Cue] = []
    for word in words or ():
        text, who = str(word["text"]), (word["channel"], word["speaker"])
        last = found[-1] if found else None
        start = word["start_s"] if isinstance(word["start_s"], float) else (last.end if last else 0.0)
        end = word["end_s"] if isinstance(word["end_s"], float) else start
        if (
            last is not None
            and last.who == who
            and start - last.end < PAUSE
            and end - last.start <= LONGEST_SHOWN
            and len(last.text) + 1 + len(text) <= LONGEST_CUE
        ):
            last.text, last.end = f"{last.text} {text}", max(last.end, end)
        else:
            found.append(Cue(start, max(end, start), text, who))
    return found


def vtt(words: Sequence[Mapping[str, object]] | None) -> str:
    """Subtitles in WebVTT, with the speakers where they are known.

    >>> word = {"text": "Hello", "start_s": 0.5, "end_s": 1.0, "speaker": 0, "channel": None}
    >>> vtt([word]).splitlines()
    ['WEBVTT', '', '00:00:00.500 --> 00:00:01.000', '<v Speaker 1>Hello']
    """
    blocks = ["WEBVTT\n"]
    for cue in cues(words):
        speaker = cue.who[1]
        voice = f"<v Speaker {speaker + 1}>" if isinstance(speaker, int) else ""
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n{voice}{text}\n")
    return "\n".join(blocks)


def srt(words: Sequence[Mapping[str, object]] | None) -> str:
    r"""Subtitles in SubRip.

    >>> srt([{"text": "Hello", "start_s": 0.5, "end_s": 1.0, "speaker": None, "channel": None}])
    '1\n00:00:00,500 --> 00:00:01,000\nHello\n'
    """
    return "\n".join(
        f"{place}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{cue.text}\n"
        for place, cue in enumerate(cues(words), 1)
    )


def clock(seconds: float, point: str) -> str:
    """A time as subtitles write it.

    >>> clock(3661.5, ",")
    '01:01:01,500'
    """
    thousandths = round(max(seconds, 0.0) * 1000)
    hours, rest = divmod(thousandths, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{point}{rest % 1000:03}"
