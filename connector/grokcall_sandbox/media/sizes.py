"""Pixel sizes for the ratios and resolutions the service knows."""

import math

PICTURE_RATIOS = [
    "1:1",
    "3:4",
    "4:3",
    "9:16",
    "16:9",
    "2:3",
    "3:2",
    "9:19.5",
    "19.5:9",
    "9:20",
    "20:9",
    "1:2",
    "2:1",
    "21:9",
    "5:2",
    "auto",
]
PICTURE_SIDES = {"1k": 1024, "1.5k": 1536, "2k": 2048}
VIDEO_RATIOS = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "5:2"]
VIDEO_SIDES = {"480p": 480, "720p": 720, "1080p": 1080}


def ratio_of(text: str) -> float:
    """Width by height of a ratio such as `16:9`."""
    width, height = text.split(":")
    return float(width) / float(height)


def picture_size(ratio: float, resolution: str) -> tuple[int, int]:
    """Width and height with the area of the resolution's square, both even."""
    side = PICTURE_SIDES[resolution]
    return _even(side * math.sqrt(ratio)), _even(side / math.sqrt(ratio))


def video_size(ratio: float, resolution: str) -> tuple[int, int]:
    """Width and height whose short side is what the resolution names, both even."""
    side = VIDEO_SIDES[resolution]
    return (_even(side * ratio), side) if ratio >= 1 else (side, _even(side / ratio))


def capped_size(width: int, height: int, side: int = 720) -> tuple[int, int]:
    """The size with its short side at most `side`, both even."""
    scale = min(1.0, side / max(1, min(width, height)))
    return max(2, _even(width * scale)), max(2, _even(height * scale))


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
