"""Tools of the client: functions that a model may call, which whoever makes the call runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ToolDeclaration:
    """What a model is told of a tool, and what a call is told apart by.

    Args:
        name: The name by which the model calls it: letters, digits, ``_`` and ``-``, up to 64.
        description: What it does, for the model.
        parameters: The JSON Schema of its arguments, an object.
        version: Differs when the tool gives something else: part of what makes two calls the same.
        is_pure: Whether equal arguments always give the same, so that a kept answer may be used again.
        is_local: Whether it reads data of the caller's.
    """

    name: str
    description: str
    parameters: Mapping[str, object] = field(hash=False)
    version: str = ""
    is_pure: bool = False
    is_local: bool = False

    @property
    def function(self) -> dict[str, object]:
        """The tool as the API takes it."""
        told = {"description": self.description} if self.description else {}
        return {"type": "function", "name": self.name, **told, "parameters": dict(self.parameters)}


class Toolbox(Protocol):
    """The tools of a connection by their names."""

    def find(self, name: str) -> ToolDeclaration | None:
        """The tool of this name; None where there is none."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The names that there are, for messages; not those of procedures."""
        ...
