"""What there is to tell of an image or a video beside its content: columns where they are asked for by name."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.definition import ResultField
from grokcall_procedures.documents import cost_of, value_at
from grokcall_procedures.media import sniff
from grokcall_procedures.steps import Row
from grokcall_procedures.types import ParameterType

_STRING = ParameterType.STRING


def media_fields(noun: str, place: str) -> tuple[ResultField, ...]:
    """The columns that tell of a medium, in the order of :func:`media_row`.

    Args:
        noun: What their names begin with.
        place: Where in the reply it stands.
    """
    return tuple(
        ResultField(f"{noun}_{name}", kind, path, doc)
        for name, kind, path, doc in (
            ("Url", _STRING, f"{place}.url", "The address that it came from, which is good for hours; NULL for none."),
            ("MimeType", _STRING, "", "Its kind, such as `image/jpeg`."),
            ("Model", _STRING, "model", "The model that made it."),
            (
                "FileId",
                _STRING,
                f"{place}.file_output.file_id",
                "The file that it was stored as; NULL without StoreAs.",
            ),
            (
                "PublicUrl",
                _STRING,
                f"{place}.file_output.public_url",
                "The link under which anyone can fetch that file; NULL without PublicUrl.",
            ),
            ("CostInUsdTicks", ParameterType.INT64, "usage.cost_in_usd_ticks", "The price; 1e10 ticks are 1 USD."),
        )
    )


def media_row(
    medium: Mapping[str, object], content: bytes | None, document: Mapping[str, object], model: object
) -> Row:
    """The columns that tell of a medium.

    Args:
        medium: What the reply says of it.
        content: Its bytes, where they were fetched.
        document: The whole reply.
        model: The model that was asked for, for a reply that names none.
    """
    kind = sniff(content or b"")
    return (
        text_at(medium, "url"),
        kind.mime if kind is not None else text_at(medium, "mime_type"),
        text_at(document, "model") or (str(model) if model is not None else None),
        text_at(medium, "file_output.file_id"),
        text_at(medium, "file_output.public_url"),
        cost_of(document),
    )


def text_at(document: Mapping[str, object], path: str) -> str | None:
    """The text at a dotted path; None where there is none."""
    value = value_at(document, path)
    return value if isinstance(value, str) and value else None
