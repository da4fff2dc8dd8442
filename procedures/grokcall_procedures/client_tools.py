"""Tools of the client: functions that a model may call, which whoever makes the call runs."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from grokcall_procedures.steps import Reply, Step, ToolUse


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


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool gave.

    Args:
        output: For the model: a text, or parts of text and images.
        error: Why it gave nothing; None where it did.
        seconds: How long it took.
    """

    output: object
    error: str | None = None
    seconds: float | None = None


ToolSteps: TypeAlias = Generator[Step, Reply | None, ToolOutput]
"""The steps of a tool that is a procedure."""


class Toolbox(Protocol):
    """The tools of a connection by their names."""

    def find(self, name: str) -> ToolDeclaration | None:
        """The tool of this name, a procedure as well; None where there is none.

        Raises:
            UnfitValue: It is a procedure that a model may not call.
        """
        ...

    def steps_of(self, use: ToolUse) -> ToolSteps | None:
        """The steps of a tool that is a procedure; None for any other, which is run as one step."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The names that there are, but for those of procedures."""
        ...


def encode_outputs(outputs: list[ToolOutput]) -> bytes:
    """What tools gave, as the body of the reply to the step that runs them.

    >>> decode_outputs(encode_outputs([ToolOutput("7", seconds=0.5)]))
    [ToolOutput(output='7', error=None, seconds=0.5)]
    """
    told = [{"output": each.output, "error": each.error, "seconds": each.seconds} for each in outputs]
    return json.dumps(told).encode()


def decode_outputs(body: bytes) -> list[ToolOutput]:
    """What :func:`encode_outputs` wrote."""
    return [ToolOutput(each["output"], each["error"], each["seconds"]) for each in json.loads(body)]
