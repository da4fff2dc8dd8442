"""Lists of media that something is made from: by address, by the id of a file at the service, or as data URIs."""

from __future__ import annotations

import re
from collections.abc import Callable

from grokcall_procedures.addresses import address_reader
from grokcall_procedures.definition import Values
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.media import JPEG, LARGEST_IMAGE, PNG, WEBP, media_reader
from grokcall_procedures.tools.lists import objects_in, read_list, read_texts, texts_in
from grokcall_procedures.types import UnfitValue, described

FILE_ID = re.compile(r"file[_-][\w-]+")
EXAMPLE = '{"image": "https://…", "timestamp_s": 2.5}'
read_image_address = address_reader(media_reader(JPEG, PNG, WEBP), LARGEST_IMAGE)


def is_file_id(text: str) -> bool:
    """Whether a text is the id of a file at the service.

    >>> is_file_id("file_7f1c"), is_file_id("https://example.org/a.png")
    (True, False)
    """
    return FILE_ID.fullmatch(text) is not None


def images_reader(most: int) -> Callable[[object], str]:
    """A parameter's reader for a list of images as JSON: addresses, data URIs and ids of files, or one of them alone.

    Args:
        most: How many there may be.
    """

    def read(value: object) -> str:
        images = [checked(text, number) for number, text in enumerate(decode_json(read_texts(value)), 1)]
        if len(images) > most:
            raise UnfitValue(f"has {len(images)} images; at most {most} are taken")
        return encode_json(images).decode()

    return read


def checked(text: str, number: int) -> str:
    """One image of a list.

    Raises:
        UnfitValue: It is none; the error names its place.
    """
    if is_file_id(text):
        return text
    try:
        return read_image_address(text)
    except UnfitValue as error:
        raise UnfitValue(f"has an entry {number} that {error}") from None


def source_of(text: str) -> dict[str, object]:
    """An image or a video as the API has it.

    >>> source_of("file_7f1c"), source_of("https://example.org/a.png")
    ({'file_id': 'file_7f1c'}, {'url': 'https://example.org/a.png'})
    """
    return {"file_id": text} if is_file_id(text) else {"url": text}


def sources_in(values: Values, name: str) -> list[dict[str, object]]:
    """The images of a list, as the API has them; none where it is not given."""
    return [source_of(text) for text in texts_in(values, name)]


def keyframes_reader(most: int) -> Callable[[object], str]:
    """A parameter's reader for images at moments of a video: a list of ``{"image": …, "timestamp_s": …}`` as JSON.

    Args:
        most: How many there may be.
    """

    def read(value: object) -> str:
        entries = read_list(value, "keyframes", f"[{EXAMPLE}]")
        if len(entries) > most:
            raise UnfitValue(f"has {len(entries)} keyframes; at most {most} are taken")
        return encode_json([keyframe(entry, number) for number, entry in enumerate(entries, 1)]).decode()

    return read


def keyframe(entry: object, number: int) -> dict[str, object]:
    """One keyframe of a list.

    Raises:
        UnfitValue: It has no image, no moment, or something else.
    """
    if not isinstance(entry, dict) or set(entry) != {"image", "timestamp_s"}:
        raise UnfitValue(f"has an entry {number} that is not like {EXAMPLE}")
    moment, image = entry["timestamp_s"], entry["image"]
    if isinstance(moment, bool) or not isinstance(moment, int | float) or moment < 0:
        raise UnfitValue(f"has an entry {number} whose timestamp_s is no number of seconds: {described(moment)}")
    if not isinstance(image, str):
        raise UnfitValue(f"has an entry {number} whose image is no text: {described(image)}")
    return {"image": checked(image.strip(), number), "timestamp_s": moment}


def keyframes_in(values: Values, name: str) -> list[dict[str, object]]:
    """The keyframes of a parameter, as the API has them; none where it is not given."""
    return [{**frame, "image": source_of(str(frame["image"]))} for frame in objects_in(values, name)]
