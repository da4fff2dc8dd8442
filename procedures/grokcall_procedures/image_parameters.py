"""Up to three images as parameters: their bytes, or the addresses from which the service fetches them."""

from __future__ import annotations

from grokcall_procedures.addresses import address_reader
from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.media import LARGEST_IMAGE, MediaType, data_uri, listed, media_reader
from grokcall_procedures.types import ParameterType

ORDINALS = {1: "first", 2: "second", 3: "third"}


def content_parameters(*accepted: MediaType) -> tuple[Parameter, ...]:
    """``Image1_Content`` to ``Image3_Content``, for images of the ``accepted`` kinds."""
    formats = listed([media.name for media in accepted])
    return tuple(
        Parameter(
            f"Image{number}_Content",
            ParameterType.BINARY,
            f"The {ordinal} image: {formats}, at most 20 MiB.",
            required=number == 1,
            max_length=LARGEST_IMAGE,
            reader=media_reader(*accepted),
        )
        for number, ordinal in ORDINALS.items()
    )


def address_parameters(*accepted: MediaType) -> tuple[Parameter, ...]:
    """``Image1_Url`` to ``Image3_Url``; data URIs must hold images of the ``accepted`` kinds."""
    return tuple(
        Parameter(
            f"Image{number}_Url",
            ParameterType.STRING,
            f"The address of the {ordinal} image: http, https or a data URI.",
            required=number == 1,
            reader=address_reader(media_reader(*accepted), LARGEST_IMAGE),
        )
        for number, ordinal in ORDINALS.items()
    )


def given(values: Values, stem: str, suffix: str) -> list[object]:
    """The values of ``stem`` 1 to 3 in order; gaps do not matter.

    >>> given({"Image3_Url": "c", "Image1_Url": "a"}, "Image", "Url")
    ['a', 'c']
    """
    names = [f"{stem}{number}_{suffix}" for number in ORDINALS]
    return [values[name] for name in names if name in values]


def content_uris(values: Values) -> list[str]:
    """The call's images as data URIs."""
    return [data_uri(content) for content in given(values, "Image", "Content") if isinstance(content, bytes)]


def addresses(values: Values) -> list[str]:
    """The addresses of the call's images."""
    return [str(url) for url in given(values, "Image", "Url")]
