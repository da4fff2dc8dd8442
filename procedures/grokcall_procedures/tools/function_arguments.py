"""The arguments of a tool of the client's: their JSON Schema for the model, and the check of what the model wrote."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from grokcall_parser.errors import DataError
from grokcall_parser.suggestions import hint
from grokcall_procedures.types import (
    LONGEST_DATA_URI_HEAD,
    ParameterType,
    UnfitValue,
    coerce,
    data_uri_start,
    described,
)

MOST_FAULTS = 5
"""How many faults of one call are told."""
SCHEMAS: Mapping[ParameterType, Mapping[str, object]] = {
    ParameterType.STRING: {"type": "string"},
    ParameterType.INT32: {"type": "integer"},
    ParameterType.INT64: {"type": "integer"},
    ParameterType.DOUBLE: {"type": "number"},
    ParameterType.BOOLEAN: {"type": "boolean"},
    ParameterType.BINARY: {"type": "string", "contentEncoding": "base64"},
    ParameterType.JSON: {"type": ["object", "array", "string", "number", "boolean"]},
}
SCALAR: Mapping[str, object] = {"type": ["string", "number", "boolean"]}
NAMES: Mapping[ParameterType, str] = {
    ParameterType.STRING: "text",
    ParameterType.INT32: "a whole number",
    ParameterType.INT64: "a whole number",
    ParameterType.DOUBLE: "a number",
    ParameterType.BOOLEAN: "true or false",
    ParameterType.BINARY: "bytes in base64",
    ParameterType.JSON: "any JSON",
}


@dataclass(frozen=True, slots=True)
class ToolParameter:
    """A parameter of a tool, as the model gives it.

    Args:
        name: Its name, matched without regard to case.
        type: Its type; None for a text, a number or a truth value, whichever the model gives.
        doc: What it is, for the model.
        required: Whether the model has to give it.
        default: What counts where it gives none.
    """

    name: str
    type: ParameterType | None = None
    doc: str = ""
    required: bool = True
    default: object = None

    @property
    def schema(self) -> dict[str, object]:
        """Its JSON Schema."""
        told = {"description": self.doc} if self.doc else {}
        schema = SCALAR if self.type is None else SCHEMAS[self.type]
        shown = {} if self.default is None or isinstance(self.default, bytes) else {"default": self._shown_default()}
        return {**schema, **told, **shown}

    @property
    def told(self) -> str:
        """Its name and what it takes, in words."""
        kind = "a text or a number" if self.type is None else NAMES[self.type]
        return f"{self.name} ({kind}{'' if self.required else ', may be left out'})"

    def fit(self, value: object) -> object:
        """A value that is not None as the parameter wants it.

        Raises:
            UnfitValue: It does not fit.
        """
        if self.type is ParameterType.BINARY and isinstance(value, str):
            return decoded(value)
        if self.type is ParameterType.JSON:
            return json_text(value)
        if self.type is not None:
            return coerce(value, self.type)
        if not isinstance(value, str | int | float):
            raise UnfitValue(f"expected a text, a number or a truth value, got {described(value)}")
        return coerce(value, ParameterType.STRING) if isinstance(value, str) else value

    def _shown_default(self) -> object:
        return json.loads(str(self.default)) if self.type is ParameterType.JSON else self.default


def arguments_schema(parameters: Iterable[ToolParameter]) -> dict[str, object]:
    """The JSON Schema of the arguments.

    >>> arguments_schema([ToolParameter("top", ParameterType.INT32, "how many", required=False, default=10)])
    {'type': 'object', 'properties': {'top': {'type': 'integer', 'description': 'how many', 'default': 10}}, \
'required': [], 'additionalProperties': False}
    """
    parameters = tuple(parameters)
    return {
        "type": "object",
        "properties": {each.name: each.schema for each in parameters},
        "required": [each.name for each in parameters if each.required],
        "additionalProperties": False,
    }


def fitted_arguments(
    tool: str, arguments: Mapping[str, object], parameters: Sequence[ToolParameter]
) -> dict[str, object]:
    """A value for each parameter, in their order, from the arguments that a model wrote.

    Args:
        tool: The tool's name, for messages.
        arguments: The decoded JSON object; a null is an argument that was left out.
        parameters: What is declared.

    Raises:
        DataError: An argument is unknown, missing, given twice or does not fit; the message says what would do.

    >>> fitted_arguments("churn", {"top": "5"}, [ToolParameter("top", ParameterType.INT32)])
    {'top': 5}
    """
    if not isinstance(arguments, Mapping):
        raise DataError(f"{tool}: the arguments must be a JSON object; {taken(parameters)}")
    names = {each.name.casefold(): each for each in parameters}
    given: dict[str, object] = {}
    faults: list[str] = []
    for name, value in arguments.items():
        declared = names.get(str(name).casefold())
        if declared is None:
            faults.append(f"there is no argument {str(name)[:64]!r}; {hint(str(name), [p.name for p in parameters])}")
        elif declared.name in given:
            faults.append(f"{declared.name} is given twice")
        elif value is not None:
            try:
                given[declared.name] = declared.fit(value)
            except UnfitValue as error:
                faults.append(f"{declared.name}: {error}")
                given[declared.name] = None
    faults += [f"{each.name} is missing" for each in parameters if each.required and each.name not in given]
    if faults:
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise DataError(f"{tool}: {'; '.join(faults[:MOST_FAULTS])}{more}. {taken(parameters)}")
    return {each.name: given.get(each.name, each.default) for each in parameters}


def taken(parameters: Sequence[ToolParameter]) -> str:
    """What a tool takes, in words."""
    return f"It takes {', '.join(each.told for each in parameters)}" if parameters else "It takes no arguments"


def decoded(text: str) -> bytes:
    """The bytes of base64, or of a data URI."""
    start = data_uri_start(text[: LONGEST_DATA_URI_HEAD + 1]) or 0
    try:
        return base64.b64decode(text[start:], validate=True)
    except ValueError:
        raise UnfitValue("expected bytes in base64") from None


def json_text(value: object) -> object:
    """JSON as text: of a text that is an object or an array of JSON itself, of any other text its string."""
    if isinstance(value, str) and not value.lstrip().startswith(("{", "[")):
        return json.dumps(value, ensure_ascii=False)
    return coerce(value, ParameterType.JSON)
