"""How the documents of a collection are cut into chunks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.documents import decode_json
from grokcall_procedures.settings import Settings
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_json

_INT32, _BOOLEAN = ParameterType.INT32, ParameterType.BOOLEAN
UNITS = ("tokens", "chars", "bytes")
SIZE_NAME = re.compile(r"max_chunk_size_(\w+)")

CHUNK_SIZE = Parameter("ChunkSize", _INT32, "The most that a chunk has, in ChunkUnit.", low=1)
CHUNK_OVERLAP = Parameter(
    "ChunkOverlap", _INT32, "How much of a chunk the next one has too; less than ChunkSize.", low=0
)
CHUNK_UNIT = Parameter(
    "ChunkUnit", ParameterType.ENUM, "What ChunkSize and ChunkOverlap count; `tokens` when NULL.", values=UNITS
)
STRIP_WHITESPACE = Parameter(
    "StripWhitespace", _BOOLEAN, "Whether blanks around a chunk are taken off.", named_only=True
)
INJECT_NAME = Parameter("InjectName", _BOOLEAN, "Whether each chunk has the name of its document.", named_only=True)


def read_configuration(value: object) -> str:
    """The service's own object for it, as JSON.

    Raises:
        UnfitValue: It is none, or chunks would overlap by their whole length.
    """
    text = to_json(value)
    decoded = decode_json(text)
    if not isinstance(decoded, dict) or not decoded:
        raise UnfitValue(
            'must be an object such as {"tokens_configuration": {"max_chunk_size_tokens": 512, '
            f'"chunk_overlap_tokens": 64}}}}, got {described(value)}'
        )
    for part in decoded.values():
        if isinstance(part, dict):
            check_overlap(part)
    return text


def check_overlap(part: Mapping[str, object]) -> None:
    """Refuses sizes of which the overlap is not the smaller one."""
    found = next((match for name in part if (match := SIZE_NAME.fullmatch(name))), None)
    if found is None:
        return
    size, overlap = part[found[0]], part.get(f"chunk_overlap_{found[1]}")
    if isinstance(size, int) and isinstance(overlap, int) and overlap >= size:
        raise UnfitValue(f"has an overlap of {overlap} for chunks of {size}; it must be less than their size")


def sizes_go_together(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an overlap that is not less than the size, and what belongs to a size without one."""
    size, overlap = values.get("ChunkSize"), values.get("ChunkOverlap")
    if size is None:
        alone = next((name for name in ("ChunkOverlap", "ChunkUnit") if name in values), None)
        if alone is not None:
            raise UnfitValue("needs ChunkSize; give it, or leave this out", alone)
        return ()
    if isinstance(size, int) and isinstance(overlap, int) and overlap >= size:
        raise UnfitValue(f"is {overlap}, and must be less than ChunkSize, which is {size}", "ChunkOverlap")
    return ()


def configuration_of(values: Values) -> dict[str, object]:
    """The service's object for what a call says of chunks; empty where it says nothing."""
    configuration: dict[str, object] = {}
    if "ChunkSize" in values:
        unit = str(values.get("ChunkUnit", UNITS[0]))
        sizes = {f"max_chunk_size_{unit}": values["ChunkSize"]}
        if "ChunkOverlap" in values:
            sizes[f"chunk_overlap_{unit}"] = values["ChunkOverlap"]
        configuration[f"{unit}_configuration"] = sizes
    if "StripWhitespace" in values:
        configuration["strip_whitespace"] = values["StripWhitespace"]
    if "InjectName" in values:
        configuration["inject_name_into_chunks"] = values["InjectName"]
    return configuration
