"""Whether media are all there: what breaks off, as half a download does, is not worth a paid call.

Images and videos tell how long their parts are. Only a part that goes on behind the last byte is held against them;
what cannot be followed is left to the service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

SMALLEST: Mapping[str, int] = {"JPEG": 100, "PNG": 57, "WebP": 26, "MP4": 16}
"""Bytes below which there is nothing to be seen: of a PNG the signature, the header, empty data and the end."""
START_OF_SCAN, END_OF_IMAGE = 0xDA, b"\xff\xd9"


def ends_too_early(data: bytes, kind: str) -> bool:
    r"""Whether media break off before their end.

    Args:
        data: Their bytes.
        kind: The name of what they begin as; of kinds without a check nothing is said.

    >>> ends_too_early(b"RIFF\x24\x10\x00\x00WEBPVP8 ", "WebP")
    True
    """
    complete = COMPLETE.get(kind)
    return complete is not None and (len(data) < SMALLEST[kind] or not complete(data))


def png_is_complete(data: bytes) -> bool:
    """Whether the chunks of a PNG go to the last one, ``IEND``."""
    start = 8
    while start + 12 <= len(data):
        kind = data[start + 4 : start + 8]
        if kind == b"IEND" or not kind.isalpha():
            return True
        start += 12 + int.from_bytes(data[start : start + 4], "big")
    return False


def jpeg_is_complete(data: bytes) -> bool:
    """Whether the segments of a JPEG go to the image itself, and there is an end behind that."""
    start = 2
    while start + 4 <= len(data):
        if data[start] != 0xFF:
            return True
        marker, length = data[start + 1], int.from_bytes(data[start + 2 : start + 4], "big")
        if marker == 0xFF:  # filling
            start += 1
        elif marker == START_OF_SCAN:
            return data.find(END_OF_IMAGE, start) > 0
        elif marker < 0xC0 or 0xD0 <= marker <= 0xD9 or length < 2:
            return True
        else:
            start += 2 + length
    return False


def webp_is_complete(data: bytes) -> bool:
    """Whether a WebP has all the bytes that its head counts."""
    return len(data) >= 8 + int.from_bytes(data[4:8], "little")


def mp4_is_complete(data: bytes) -> bool:
    """Whether each box of a video ends within it; one without a length goes to the end."""
    start = 0
    while start + 8 <= len(data):
        length = int.from_bytes(data[start : start + 4], "big")
        if length == 1:
            length = int.from_bytes(data[start + 8 : start + 16], "big")
        if length < 8:
            return True
        start += length
    return start <= len(data)


COMPLETE: Mapping[str, Callable[[bytes], bool]] = {
    "JPEG": jpeg_is_complete,
    "PNG": png_is_complete,
    "WebP": webp_is_complete,
    "MP4": mp4_is_complete,
}
