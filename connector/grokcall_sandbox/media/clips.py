"""MP4 clips: made from a prompt or an image, edited, extended; H.264 where it can be had, else MPEG-4."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from grokcall_sandbox.media.canvas import paint_backdrop, write_caption
from grokcall_sandbox.media.sizes import capped_size

Frame = NDArray[np.uint8]

FRAMES_PER_SECOND = 10
MAX_FRAMES = 2_400
_BAND_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a clip is: seconds, frames per second, and pixels."""

    duration: float
    rate: Fraction
    width: int
    height: int


def read_facts(clip: bytes) -> ClipFacts:
    """What an MP4 is.

    Raises:
        ValueError: It is no video that can be read.
    """
    try:
        with av.open(io.BytesIO(clip), "r", format="mp4") as container:
            stream = container.streams.video[0]
            seconds = float((container.duration or 0) / 1_000_000)
            return ClipFacts(seconds, Fraction(stream.average_rate or 24), stream.width, stream.height)
    except (av.FFmpegError, IndexError, ValueError) as problem:
        raise ValueError(f"not a readable MP4 video: {problem}") from problem


def make_clip(prompt: str, seed: int, duration: float, size: tuple[int, int], first: Image.Image | None) -> bytes:
    """A clip that starts from an image, or from a backdrop, with the prompt moving over it.

    Args:
        prompt: What was asked for.
        seed: Gives other colours for the same prompt.
        duration: Seconds.
        size: Width and height in pixels, both even.
        first: The image to start from.
    """
    scene = ImageOps.fit(first, size) if first is not None else paint_backdrop(prompt, seed, size)
    return _encode(
        _moving_caption(np.asarray(scene), prompt, round(duration * FRAMES_PER_SECOND)), size, FRAMES_PER_SECOND
    )


def edit_clip(prompt: str, clip: bytes) -> bytes:
    """The clip with the instruction over it: as long as before, its short side at most 720 pixels."""
    facts = read_facts(clip)
    size = capped_size(facts.width, facts.height)
    band, mask = _caption_band(prompt, size)
    return _encode((_stamp(frame, band, mask, 0) for frame in _decode(clip, size)), size, facts.rate)


def extend_clip(prompt: str, clip: bytes, duration: float) -> bytes:
    """The clip, going on from its last frame for `duration` seconds more with the prompt moving over it."""
    facts = read_facts(clip)
    size = capped_size(facts.width, facts.height)
    return _encode(_extended(prompt, clip, size, round(duration * facts.rate)), size, facts.rate)


def _extended(prompt: str, clip: bytes, size: tuple[int, int], added: int) -> Iterator[Frame]:
    last = np.zeros((size[1], size[0], 3), np.uint8)
    for last in _decode(clip, size):
        yield last
    yield from _moving_caption(last, prompt, added)


def _decode(clip: bytes, size: tuple[int, int]) -> Iterator[Frame]:
    with av.open(io.BytesIO(clip), "r", format="mp4") as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number >= MAX_FRAMES:
                break
            yield np.array(frame.to_ndarray(format="rgb24", width=size[0], height=size[1]), np.uint8)


def _moving_caption(scene: Frame, prompt: str, count: int) -> Iterator[Frame]:
    height, width = scene.shape[:2]
    band, mask = _caption_band(prompt, (width, height))
    way = max(0, height - band.shape[0])
    for number in range(count):
        yield _stamp(scene.copy(), band, mask, way - way * number // max(1, count))


def _caption_band(prompt: str, size: tuple[int, int]) -> tuple[Frame, Frame]:
    band = Image.new("RGB", (size[0], max(8, int(size[1] * _BAND_SHARE))))
    write_caption(band, prompt)
    pixels = np.asarray(band)
    return pixels, pixels.max(axis=2, keepdims=True) // 128


def _stamp(frame: Frame, band: Frame, mask: Frame, top: int) -> Frame:
    place = frame[top : top + band.shape[0]]
    # The scene behind the caption is dimmed, so that white letters stand out on any image.
    place[:] = np.where(mask, band, place // 2)
    return frame


def _encode(frames: Iterator[Frame], size: tuple[int, int], rate: Fraction | int) -> bytes:
    held = io.BytesIO()
    with av.open(held, "w", format="mp4") as container:
        name, options = _codec()
        stream: Any = container.add_stream(name, rate=rate, options=options)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return held.getvalue()


@lru_cache(maxsize=1)
def _codec() -> tuple[str, dict[str, str]]:
    try:
        av.Codec("libx264", "w")
    except (av.FFmpegError, ValueError):
        return "mpeg4", {}
    return "libx264", {"preset": "ultrafast", "crf": "28", "threads": "1"}
