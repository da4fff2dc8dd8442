"""Functions of Python as tools: the schema of their arguments is that of their annotations."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.errors import InterfaceError
from grokcall.tools.tool import check_name
from grokcall_procedures.client_tools import ToolDeclaration

NOT_BY_NAME = {
    inspect.Parameter.POSITIONAL_ONLY: "can be given by position only",
    inspect.Parameter.VAR_POSITIONAL: "takes any number of values",
    inspect.Parameter.VAR_KEYWORD: "takes any names",
}
SECTION = re.compile(r"^(?:Args|Arguments|Parameters|Returns|Raises|Yields|Examples?|Notes?):\s*$", re.MULTILINE)
ARGUMENT = re.compile(r"^(\w+)\s*(?:\([^)]*\))?:\s*(.+)$")


class FunctionTool:
    """A function as a tool.

    Args:
        function: The function; a coroutine function runs on the connection's loop, any other in a thread.
        name: What the model calls it; None for the function's own name.
        timeout: Seconds that it may take; None for the option ``tool_timeout``.
        version: To be changed whenever it gives something else: answers that were made with it are then made anew.
        pure: Whether equal arguments always give the same.

    Raises:
        InterfaceError: It cannot be called by names, its annotations have no JSON Schema, or the name is none.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        timeout: float | None = None,
        version: str = "",
        pure: bool = False,
    ) -> None:
        if not callable(function):
            raise InterfaceError(f"a tool is a function, not {type(function).__name__}")
        self.timeout = timeout
        own = name or str(getattr(function, "__name__", ""))
        check_name(own)
        check_signature(function, own)
        text = inspect.getdoc(function) or ""
        self._call, schema = adapted(function, own)
        self._is_async = inspect.iscoroutinefunction(function)
        self.declaration: ToolDeclaration = ToolDeclaration(
            own, described_as(text), with_descriptions(schema, arguments_in(text)), version, pure, is_local=True
        )

    async def run(self, arguments: Mapping[str, object]) -> object:
        """What the function gives.

        Raises:
            ValueError: The arguments do not fit; the message says which and why.
            Exception: What the function raises.
        """
        if self._is_async:
            return await self._call(dict(arguments))
        return await asyncio.shield(in_daemon_thread(lambda: self._call(dict(arguments))))


def adapted(function: Callable[..., Any], name: str) -> tuple[Callable[[dict[str, object]], Any], dict[str, object]]:
    """What calls a function with checked arguments, and the JSON Schema of these."""
    from pydantic import TypeAdapter, ValidationError
    from pydantic.errors import PydanticUserError

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(cast("Any", function))
        schema = adapter.json_schema()
    except (PydanticUserError, NameError, TypeError) as error:
        raise InterfaceError(f"the tool {name!r} has an annotation that has no JSON Schema: {error}") from None

    def call(arguments: dict[str, object]) -> Any:
        try:
            return adapter.validate_python(arguments)
        except ValidationError as error:
            if error.title != adapter.validator.title:  # another's, raised inside the function
                raise
            raise ValueError(first_fault(error.errors(include_url=False))) from None

    return call, untitled(schema)


def first_fault(faults: list[Any]) -> str:
    """What is wrong with some arguments, for the model to mend."""
    told = [f"{'.'.join(map(str, each['loc'])) or 'arguments'}: {each['msg']}" for each in faults[:3]]
    return "; ".join(told)


def check_signature(function: Callable[..., Any], name: str) -> None:
    """Refuses a function that cannot be called by the names of its parameters."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise InterfaceError(f"the tool {name!r} has no signature; wrap it in a function with annotations") from None
    for parameter in parameters:
        if parameter.kind in NOT_BY_NAME:
            raise InterfaceError(
                f"the tool {name!r} has the parameter {parameter.name}, which {NOT_BY_NAME[parameter.kind]}; a model "
                "gives its arguments by name"
            )


def untitled(schema: object) -> Any:
    """A schema without the titles that repeat the names."""
    if not isinstance(schema, dict):
        return [untitled(each) for each in schema] if isinstance(schema, list) else schema
    named = {
        name: {key: untitled(each) for key, each in value.items()}
        for name, value in schema.items()
        if name in ("properties", "$defs")
    }
    return {name: named.get(name, untitled(value)) for name, value in schema.items() if name != "title"}


def described_as(text: str) -> str:
    """What a docstring says of the function, without its sections."""
    section = SECTION.search(text)
    return (text if section is None else text[: section.start()]).strip()


def arguments_in(text: str) -> dict[str, str]:
    """What the section ``Args`` of a docstring says of each argument."""
    found: dict[str, str] = {}
    inside, last = False, ""
    for line in text.splitlines():
        if SECTION.match(line):
            inside = line.strip().startswith(("Args", "Arg", "Param"))
        elif inside and (entry := ARGUMENT.match(line.strip())) and line.startswith(" "):
            last = entry[1]
            found[last] = entry[2].strip()
        elif inside and last and line.strip():
            found[last] += f" {line.strip()}"
    return found


def with_descriptions(schema: dict[str, Any], told: Mapping[str, str]) -> dict[str, object]:
    """A schema of arguments with a description of each that is told of."""
    properties = {
        name: {"description": told[name], **value} if name in told and isinstance(value, dict) else value
        for name, value in (schema.get("properties") or {}).items()
    }
    return {**schema, "type": "object", "properties": properties}
