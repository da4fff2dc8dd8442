"""How long a sound is, told by the head of its file: nothing is decoded, and little is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from grokcall_procedures.file_sources import FileContent
from grokcall_procedures.local_files import size_of
from grokcall_procedures.media import sniff

HEAD, TAIL = 1 << 16, 1 << 16
"""Bytes that are read at the beginning and at the end."""
MOST_BOXES = 200
BIT_RATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""Thousands of bits a second of MPEG-1 audio layer III, by the number in a frame."""
LOW_BIT_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""The same for the low sampling rates of MPEG-2 and 2.5."""
SAMPLE_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
WIDTHS = {"pcm": 2, "mulaw": 1, "alaw": 1}
"""Bytes of a sample of raw audio."""
DENSEST, THINNEST = 192_000, 1_000
"""Bytes a second of the largest and the smallest sound that is likely: two channels of PCM, and slow speech."""


def read(content: FileContent, start: int, length: int) -> bytes:
    """Some bytes of a sound."""
    return content[start : start + length] if isinstance(content, bytes) else content.read(start, length)


def seconds_of(content: FileContent) -> float | None:
    """The length in seconds; None where the head does not tell it."""
    media = sniff(read(content, 0, 64))
    look = LOOKS.get(media.name) if media is not None else None
    try:
        found = None if look is None else look(content)
    except (IndexError, ValueError, ZeroDivisionError):
        return None
    return found if found is not None and 0 <= found < 1e7 else None


def raw_seconds(size: int, codec: str, rate: int, channels: int) -> float:
    """The length of raw audio."""
    return size / (WIDTHS.get(codec, 1) * rate * channels)


def likely_seconds(size: int) -> tuple[float, float]:
    """Between which lengths a sound of so many bytes lies."""
    return size / DENSEST, size / THINNEST


def wav(content: FileContent) -> float | None:
    """The length of a WAV: its data by the bytes a second that its head tells."""
    head, place, rate = read(content, 0, HEAD), 12, 0
    while place + 8 <= len(head):
        kind, length = head[place : place + 4], int.from_bytes(head[place + 4 : place + 8], "little")
        if kind == b"fmt ":
            rate = int.from_bytes(head[place + 16 : place + 20], "little")
        elif kind == b"data":
            return min(length, size_of(content) - place - 8) / rate
        place += 8 + length + length % 2
    return None


def flac(content: FileContent) -> float | None:
    """The length of a FLAC, whose first block counts its samples."""
    packed = int.from_bytes(read(content, 18, 8), "big")
    samples = packed & (1 << 36) - 1
    return samples / (packed >> 44) if samples else None


def ogg(content: FileContent) -> float | None:
    """The length of an Ogg: where its last page ends."""
    head, size = read(content, 0, 256), size_of(content)
    tail = read(content, max(size - TAIL, 0), TAIL)
    page = tail.rfind(b"OggS")
    if page < 0:
        return None
    samples = int.from_bytes(tail[page + 6 : page + 14], "little", signed=True)
    vorbis = head.find(b"\x01vorbis")
    rate = int.from_bytes(head[vorbis + 12 : vorbis + 16], "little") if vorbis >= 0 else 48_000
    return samples / rate


def mp3(content: FileContent) -> float | None:
    """The length of an MP3: by the count of frames where there is one, else by its bit rate."""
    head, start = read(content, 0, 10), 0
    if head[:3] == b"ID3":
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    frame = read(content, start, 2048)
    while len(frame) >= 4 and (frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0):
        start, frame = start + 1, frame[1:]
    version, number = frame[1] >> 3 & 3, frame[2] >> 4
    rate = SAMPLE_RATES[version][frame[2] >> 2 & 3] if version in SAMPLE_RATES else 0
    samples = 1152 if version == 3 else 576
    mark = next((place for word in (b"Xing", b"Info") if (place := frame.find(word, 0, 64)) > 0), None)
    if mark is not None and frame[mark + 7] & 1:
        return int.from_bytes(frame[mark + 8 : mark + 12], "big") * samples / rate
    bits = (BIT_RATES if version == 3 else LOW_BIT_RATES)[number] * 1000
    return (size_of(content) - start) * 8 / bits


def mp4(content: FileContent) -> float | None:
    """The length of an MP4: what its movie header says, wherever that stands."""
    start, end = 0, size_of(content)
    for _ in range(MOST_BOXES):
        head = read(content, start, 16)
        if len(head) < 8:
            return None
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        inside = 8
        if length == 1:
            length, inside = int.from_bytes(head[8:16], "big"), 16
        if kind == b"mvhd":
            return movie_seconds(read(content, start + inside, 32))
        if kind == b"moov":
            start, end = start + inside, start + (length or end - start)
        elif length < 8:
            return None
        else:
            start += length
        if start >= end:
            return None
    return None


def movie_seconds(header: bytes) -> float:
    """The length in a movie header, of either version."""
    wide = header[0] == 1
    scale = int.from_bytes(header[20:24] if wide else header[12:16], "big")
    return int.from_bytes(header[24:32] if wide else header[16:20], "big") / scale


LOOKS: Mapping[str, Callable[[FileContent], float | None]] = {
    "WAV": wav,
    "FLAC": flac,
    "Ogg": ogg,
    "MP3": mp3,
    "MP4": mp4,
    "M4A": mp4,
    "QuickTime video": mp4,
}
