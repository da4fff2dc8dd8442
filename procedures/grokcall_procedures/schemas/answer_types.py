"""A Python type as the shape of an answer: the schema that it declares, and the instances that answers become."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from grokcall_procedures.schemas.arrow_schemas import arrow_members
from grokcall_procedures.schemas.dataclass_fields import DataclassReader
from grokcall_procedures.schemas.json_documents import document_of
from grokcall_procedures.schemas.json_schemas import read_json_schema
from grokcall_procedures.schemas.mismatch import Refused, shown
from grokcall_procedures.schemas.written import written_members
from grokcall_procedures.types import UnfitValue

DEEPEST_ERROR = 12
"""Steps of a place that a message names."""
UNSERVED_PATTERN = re.compile(r"\(\?[=!<]|\\[bBpP1-9]")
"""What no pattern of a schema may have at the service: looks around, references back, borders of words."""


@dataclass(frozen=True)
class AnswerType:
    """A Python type that was given as a schema.

    Args:
        name: What messages call it.
        text: The schema that it declares, as the text that would do the same.
        build: Makes an instance from the values of the columns; raises a Mismatch where they do not fit.
    """

    name: str
    text: str
    build: Callable[[Mapping[str, object]], object] = dataclasses.field(repr=False)


def answer_type(value: object) -> AnswerType | None:
    """What a dataclass, a pydantic model or an Arrow schema declares; None for a value that is none of them.

    Raises:
        UnfitValue: A member cannot be part of an answer, or an instance was given in the place of its class.
    """
    if isinstance(value, pa.Schema):
        return AnswerType("the Arrow schema", written_members(arrow_members(value)), dict)
    if isinstance(value, type):
        return type_of_class(value)
    if dataclasses.is_dataclass(value) or is_model(type(value)):
        name = type(value).__name__
        raise UnfitValue(f"is an instance of {name}; pass the class itself: {name}")
    return None


@functools.lru_cache(maxsize=256)
def type_of_class(kind: type) -> AnswerType:
    """What a class declares.

    Raises:
        UnfitValue: It is neither a dataclass nor a pydantic model, or a member cannot be part of an answer.
    """
    if is_model(kind):
        return type_of_model(kind)
    if dataclasses.is_dataclass(kind):
        made = DataclassReader().made_of(kind, kind.__name__)
        return AnswerType(kind.__name__, written_members(made.members), made.build)
    raise UnfitValue(f"is the class {kind.__name__}; pass a dataclass, a pydantic model or an Arrow schema")


def is_model(kind: type) -> bool:
    """Whether a class is a pydantic model. Where pydantic was not imported there are none, and it stays so."""
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    return base is not None and issubclass(kind, base)


def type_of_model(kind: Any) -> AnswerType:
    """What a pydantic model declares: its own JSON Schema.

    Raises:
        UnfitValue: pydantic has none for it, or it is none of an answer.
    """
    try:
        schema = served(kind.model_json_schema())
    except Exception as error:  # pydantic's own are several, and a model's types may have hooks that raise any
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnfitValue(f"is the pydantic model {kind.__name__}, which has no JSON Schema ({told})") from None
    try:
        columns = read_json_schema(schema)
    except UnfitValue as error:
        raise UnfitValue(f"is the pydantic model {kind.__name__}, which cannot be an answer: {error}") from None

    def build(values: Mapping[str, object]) -> object:
        document = document_of(columns, values)
        try:
            return kind.model_validate_json(document)
        except ValueError as error:
            raise refused(kind.__name__, error) from None

    return AnswerType(kind.__name__, json.dumps(schema, ensure_ascii=False), build)


def served(part: Any) -> Any:
    """A part of pydantic's schema without the patterns that the service refuses; the model itself checks them."""
    if isinstance(part, list):
        return [served(each) for each in part]
    if not isinstance(part, dict):
        return part
    pattern = part.get("pattern")
    is_unserved = isinstance(pattern, str) and UNSERVED_PATTERN.search(pattern) is not None
    return {name: served(each) for name, each in part.items() if not (is_unserved and name == "pattern")}


def refused(name: str, error: ValueError) -> Refused:
    """Why a pydantic model takes an answer not, with the member at fault."""
    details: list[Any] = getattr(error, "errors", list)()
    if not details:
        return Refused(name, str(error))
    first = details[0]
    place = ".".join(map(str, first.get("loc", ())[:DEEPEST_ERROR])) or name
    return Refused(place, f"{first.get('msg')}, found {shown(first.get('input'))}")
