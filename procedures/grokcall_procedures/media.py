"""Images, audio, videos and documents: what bytes are, and which of them a parameter takes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass

from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.media_ends import ends_too_early
from grokcall_procedures.types import UnfitValue, to_binary

MIB = 1024 * 1024
LARGEST_IMAGE = 20 * MIB
"""Bytes of an image, before it is encoded."""
LARGEST_FILE = 48 * MIB
"""Bytes of a file that is uploaded."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A kind of media.

    Args:
        name: Its name for people.
        mime: Its MIME type.
        extension: The extension of its files, with the dot.
        article: What is spoken before its name.
    """

    name: str
    mime: str
    extension: str
    article: str = "a"


JPEG = MediaType("JPEG", "image/jpeg", ".jpg")
PNG = MediaType("PNG", "image/png", ".png")
WEBP = MediaType("WebP", "image/webp", ".webp")
GIF = MediaType("GIF", "image/gif", ".gif")
BMP = MediaType("BMP", "image/bmp", ".bmp")
TIFF = MediaType("TIFF", "image/tiff", ".tif")
AVIF = MediaType("AVIF", "image/avif", ".avif", "an")
HEIC = MediaType("HEIC", "image/heic", ".heic")
MP4 = MediaType("MP4", "video/mp4", ".mp4", "an")
M4A = MediaType("M4A", "audio/mp4", ".m4a", "an")
QUICKTIME = MediaType("QuickTime video", "video/quicktime", ".mov")
MATROSKA = MediaType("Matroska or WebM video", "video/webm", ".webm")
AVI = MediaType("AVI", "video/x-msvideo", ".avi", "an")
WAV = MediaType("WAV", "audio/wav", ".wav")
MP3 = MediaType("MP3", "audio/mpeg", ".mp3", "an")
FLAC = MediaType("FLAC", "audio/flac", ".flac")
OGG = MediaType("Ogg", "audio/ogg", ".ogg", "an")
PDF = MediaType("PDF", "application/pdf", ".pdf")
ZIP = MediaType("ZIP archive", "application/zip", ".zip")
GZIP = MediaType("gzip archive", "application/gzip", ".gz")

SIGNATURES = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
    (b"\x1f\x8b\x08", GZIP),
    (b"ID3", MP3),
    (b"fLaC", FLAC),
    (b"OggS", OGG),
    (b"\x1aE\xdf\xa3", MATROSKA),
    (b"BM", BMP),
)
RIFF_FORMS = {b"WEBP": WEBP, b"WAVE": WAV, b"AVI ": AVI}
FTYP_BRANDS = {
    b"qt  ": QUICKTIME,
    b"avif": AVIF,
    b"avis": AVIF,
    b"heic": HEIC,
    b"heix": HEIC,
    b"mif1": HEIC,
    b"msf1": HEIC,
    b"M4A ": M4A,
    b"M4B ": M4A,
}
"""The brands of files with an ``ftyp`` box that are not MP4; every other brand is taken for MP4."""


def sniff(data: bytes) -> MediaType | None:
    """What ``data`` is, judged by its first bytes; None for text, raw audio and whatever is not known.

    >>> sniff(b"GIF89a;").name
    'GIF'
    """
    if data[:4] == b"RIFF":
        return RIFF_FORMS.get(data[8:12])
    if data[4:8] == b"ftyp":
        return FTYP_BRANDS.get(data[8:12], MP4)
    for signature, media in SIGNATURES:
        if data.startswith(signature):
            return media
    return MP3 if is_mp3_frame(data[:4]) else None


def is_mp3_frame(header: bytes) -> bool:
    """Whether four bytes are the header of a frame of MPEG audio layer III, with a bit rate and a sampling rate."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return False
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bit_rate, rate = header[2] >> 4, header[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in (0, 15) and rate != 3


def media_reader(*accepted: MediaType) -> Callable[[object], bytes]:
    """A parameter's reader for bytes of the ``accepted`` kinds only: others are refused before anything is sent.

    So are media of these kinds that end too early.

    >>> media_reader(JPEG, PNG)(b"GIF89a;")
    Traceback (most recent call last):
    grokcall_procedures.unfit.UnfitValue: is a GIF; JPEG or PNG are accepted
    """

    def read(value: object) -> bytes:
        data = to_binary(value)
        found = kind_of(data, *accepted)
        if ends_too_early(data, found.name):
            raise UnfitValue(
                f"is {found.article} {found.name} that ends too early, after {len(data):,} bytes; get it anew"
            )
        return data

    return read


def kind_of(data: bytes, *accepted: MediaType) -> MediaType:
    """Which of the ``accepted`` kinds media are, judged by their first bytes.

    Raises:
        UnfitValue: They are of none.
    """
    remedy = f"{listed([media.name for media in accepted])} {'are' if len(accepted) > 1 else 'is'} accepted"
    if not data:
        raise UnfitValue(f"is empty; {remedy}")
    found = sniff(data)
    if found is None or found not in accepted:
        kind = f"is {found.article} {found.name}" if found else "is of an unknown kind"
        raise UnfitValue(f"{kind}; {remedy}")
    return found


def read_file(value: object) -> bytes:
    """A parameter's reader for a file of any kind that is not empty."""
    data = to_binary(value)
    if not data:
        raise UnfitValue("is an empty file")
    return data


def data_uri(data: bytes) -> str:
    """``data`` as ``data:<MIME type>;base64,…``."""
    media = sniff(data)
    mime = media.mime if media else "application/octet-stream"
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


def result_bytes(data: bytes, family: str) -> bytes:
    """Bytes that came as a result, once they are seen to be of a family of MIME types.

    Args:
        data: What came.
        family: How the MIME type must begin: ``image/`` or ``video/mp4``.

    Raises:
        MalformedReplyError: They are something else.
    """
    media = sniff(data)
    if media is None or not media.mime.startswith(family):
        found = "nothing" if not data else media.name if media else f"{len(data):,} bytes of an unknown kind"
        raise MalformedReplyError(f"the service sent {found} where {family.rstrip('/')} was expected")
    return data


def decoded(text: str) -> bytes:
    """The bytes of a base64 result; a ``data:`` head, blanks and the alphabet do not matter.

    Raises:
        MalformedReplyError: It is not base64.
    """
    try:
        return base64.b64decode(plain_base64(text), validate=True)
    except ValueError as error:
        raise MalformedReplyError(f"the service sent a result that is not valid base64: {error}") from None


def plain_base64(text: str) -> str:
    """Base64 as strict readers take it."""
    text = text.partition(",")[2] if text.lstrip().startswith("data:") else text
    return "".join(text.split()).replace("-", "+").replace("_", "/")


def listed(names: list[str]) -> str:
    """Names as a choice: ``JPEG, PNG or WebP``."""
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
