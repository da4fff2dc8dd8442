"""Transcripts: recorded audio, and the words in it, which are counted and not understood."""

import io
from dataclasses import dataclass
from typing import Any

import av
import numpy as np

from grokcall_sandbox.media.sounds import Samples

RAW_CODECS = {"pcm": "pcm_s16le", "mulaw": "pcm_mulaw", "alaw": "pcm_alaw"}
RATE = 16_000

_STEP = RATE // 100
_QUIET = 0.05
_BRIDGED_STEPS = 2
_SHORTEST_STEPS = 3
TURN_SECONDS = 0.5
_WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, when it begins and ends in seconds, and by which speaker it is said, from 0."""

    text: str
    start: float
    end: float
    speaker: int


def read_sound(data: bytes) -> list[Samples]:
    """The channels of an audio file, `RATE` samples per second.

    Raises:
        ValueError: It is no audio file, or is damaged.
    """
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if not container.streams.audio:
                raise ValueError("there is no audio in it")
            frames = list(container.decode(audio=0))
    except av.FFmpegError as problem:
        raise ValueError("it is damaged or of an unknown kind") from problem
    return _channels(frames)


def read_raw_sound(data: bytes, codec: str, rate: int, channels: int) -> list[Samples]:
    """The channels of raw audio, `RATE` samples per second.

    Args:
        data: The samples, those of the channels in turn.
        codec: One of `RAW_CODECS`.
        rate: Samples per second.
        channels: How many there are.
    """
    width = channels * (2 if codec == "pcm" else 1)
    whole = data[: len(data) // width * width]
    if not whole:
        return [np.zeros(0, np.int16)] * channels
    context: Any = av.CodecContext.create(RAW_CODECS[codec], "r")
    context.sample_rate = rate
    context.layout = f"{channels}c" if channels > 2 else ("mono", "stereo")[channels - 1]
    return _channels(context.decode(av.Packet(whole)))


def mix_channels(channels: list[Samples]) -> Samples:
    """All channels in one."""
    return channels[0] if len(channels) == 1 else np.mean(channels, axis=0).astype(np.int16)


def hear_words(samples: Samples, before: int = 0) -> list[Word]:
    """A word for each stretch of audio, named by its number; after a longer pause the other of two speakers goes on.

    Args:
        samples: What is listened to.
        before: How many words came before.
    """
    words: list[Word] = []
    speaker = 0
    for start, end in _stretches(samples):
        if words and start - words[-1].end >= TURN_SECONDS:
            speaker = 1 - speaker
        words.append(Word(_WORDS[(before + len(words)) % len(_WORDS)], start, end, speaker))
    return words


def _channels(frames: list[Any]) -> list[Samples]:
    if not frames:
        return [np.zeros(0, np.int16)]
    resampler = av.AudioResampler(format="s16p", rate=RATE)
    parts = [part.to_ndarray() for frame in frames for part in resampler.resample(frame)]
    parts += [part.to_ndarray() for part in resampler.resample(None)]
    return list(np.concatenate(parts, axis=1).astype(np.int16))


def _stretches(samples: Samples) -> list[tuple[float, float]]:
    """When audio begins and ends, in seconds: steps of 10 ms that are loud, with the shortest gaps bridged."""
    steps = np.abs(samples[: len(samples) // _STEP * _STEP].astype(np.int32)).reshape(-1, _STEP).max(axis=1, initial=0)
    loud = np.flatnonzero(steps > max(1, int(steps.max(initial=0) * _QUIET)))
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > _BRIDGED_STEPS + 1)
    firsts, lasts = loud[np.r_[0, breaks + 1]], loud[np.r_[breaks, len(loud) - 1]]
    return [
        (round(int(first) / 100, 2), round((int(last) + 1) / 100, 2))
        for first, last in zip(firsts, lasts, strict=True)
        if last - first + 1 >= _SHORTEST_STEPS
    ]
