"""Audio files: samples to the codecs the service offers."""

import io
import wave
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "mulaw": "audio/basic",
    "alaw": "audio/alaw",
}
_FRAME = 1152


def encode_sound(samples: Samples, rate: int, codec: str, bit_rate: int) -> bytes:
    """Samples as a file or a raw stream.

    Args:
        samples: One channel, 16 bits.
        rate: Samples per second.
        codec: One of `MEDIA_TYPES`; `pcm`, `mulaw` and `alaw` are raw.
        bit_rate: Bits per second, for mp3 only.
    """
    if codec == "pcm":
        return samples.astype("<i2").tobytes()
    if codec == "wav":
        return _wave(samples, rate)
    if codec == "mp3":
        return _mp3(samples, rate, bit_rate)
    return _telephone(samples, rate, f"pcm_{codec}")


def decode_wave(data: bytes, rate: int) -> Samples:
    """The samples of a WAV file at `rate` samples per second, one channel."""
    with av.open(io.BytesIO(data), "r") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
        frames = [part for frame in container.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    parts = [frame.to_ndarray().reshape(-1) for frame in frames]
    return np.concatenate(parts).astype(np.int16) if parts else np.zeros(0, np.int16)


def _wave(samples: Samples, rate: int) -> bytes:
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return held.getvalue()


def _mp3(samples: Samples, rate: int, bit_rate: int) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format="mp3") as container:
        stream: Any = container.add_stream("mp3", rate=rate)
        stream.layout = "mono"
        stream.format = "s16p"
        stream.bit_rate = bit_rate
        for frame in _frames(samples, rate, "s16p"):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return held.getvalue()


def _telephone(samples: Samples, rate: int, codec: str) -> bytes:
    context: Any = av.CodecContext.create(codec, "w")
    context.sample_rate = rate
    context.layout = "mono"
    context.format = "s16"
    packets = [bytes(packet) for frame in _frames(samples, rate, "s16") for packet in context.encode(frame)]
    packets += [bytes(packet) for packet in context.encode(None)]
    return b"".join(packets)


def _frames(samples: Samples, rate: int, layout: str) -> list[av.AudioFrame]:
    frames = []
    for start in range(0, len(samples), _FRAME):
        part = np.ascontiguousarray(samples[start : start + _FRAME]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(part, format=layout, layout="mono")
        frame.sample_rate = rate
        frame.pts = start
        frame.time_base = Fraction(1, rate)
        frames.append(frame)
    return frames
