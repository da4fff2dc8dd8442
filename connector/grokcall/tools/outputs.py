"""What tools give, as the model gets it: text, JSON, or images."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import enum
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from grokcall_procedures import MediaType, sniff

IMAGE_KINDS = ("image/png", "image/jpeg", "image/webp", "image/gif")
DEEPEST = 64


def output_of(value: object, most_bytes: int) -> object:
    r"""What a tool gave as a text, or as parts where it is an image.

    Args:
        value: What it gave: a text, anything that JSON can say, a table of Arrow, DuckDB, pandas or polars, the bytes
            of an image, or a list with such bytes among texts.
        most_bytes: The longest text; a longer one is cut, with a note.

    Raises:
        TypeError: It is something else.

    >>> output_of({"n": 1}, 100), output_of("a" * 9, 4)
    ('{"n": 1}', 'aaaa\n[cut: 4 of 9 bytes]')
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return [image_part(bytes(value))]
    if isinstance(value, list | tuple) and any(isinstance(each, bytes | bytearray | memoryview) for each in value):
        return [part_of(each, most_bytes) for each in value]
    return cut(value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False), most_bytes)


def part_of(value: object, most_bytes: int) -> dict[str, object]:
    """An element of a list that has images in it."""
    if isinstance(value, bytes | bytearray | memoryview):
        return image_part(bytes(value))
    return {"type": "input_text", "text": output_of(value, most_bytes)}


def image_part(content: bytes) -> dict[str, object]:
    """An image as a part of content."""
    kind: MediaType | None = sniff(content)
    if kind is None or kind.mime not in IMAGE_KINDS:
        raise TypeError("the tool gave bytes that are no image; a model reads texts, JSON and images")
    return {
        "type": "input_image",
        "image_url": f"data:{kind.mime};base64,{base64.b64encode(content).decode()}",
    }


def cut(text: str, most_bytes: int) -> str:
    """A text of so many bytes of UTF-8 at most, with a note where it had more."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= most_bytes:
        return encoded.decode()
    kept = encoded[:most_bytes].decode("utf-8", "ignore")
    return f"{kept}\n[cut: {most_bytes:,} of {len(encoded):,} bytes]"


def plain(value: object, depth: int = 0) -> Any:
    """A value as JSON has it."""
    if depth > DEEPEST:
        raise TypeError(f"the tool gave something that is nested deeper than {DEEPEST} levels")
    if value is None or isinstance(value, str | bool | int):
        return value.value if isinstance(value, enum.Enum) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {
            str(name.value if isinstance(name, enum.Enum) else name): plain(each, depth + 1)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each, depth + 1) for each in value]
    other = as_known(value)
    if other is value:
        raise TypeError(f"the tool gave a {type(value).__name__}, which JSON cannot say; return a dict, list or text")
    return plain(other, depth + 1)


def as_known(value: object) -> object:
    """Something that is known in the place of an object of another library, or the object itself."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, pa.Table | pa.RecordBatch | pa.Array | pa.ChunkedArray):
        return value.to_pylist()
    if isinstance(value, pa.Scalar):
        return value.as_py()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for name, arguments in (
        ("model_dump", {"mode": "json"}),  # pydantic
        ("to_arrow_table", {}),  # DuckDB
        ("read_all", {}),  # a reader of Arrow
        ("to_dicts", {}),  # polars
    ):
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            return method(**arguments)
    if hasattr(value, "to_dict") and hasattr(value, "columns"):  # pandas
        return value.to_dict("records")
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():  # a scalar of NumPy
        return item()
    return str(value) if type(value).__name__ in ("UUID", "PosixPath", "WindowsPath") else value
