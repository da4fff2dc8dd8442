"""Procedures as tools: the model gives their arguments by name, and gets their rows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from grokcall.errors import Error, is_systemic
from grokcall.tools.outputs import output_of
from grokcall_parser import parse_call
from grokcall_procedures import (
    Binder,
    BoundCall,
    Host,
    Parameter,
    ParameterType,
    Procedure,
    Row,
    Settings,
    ToolUse,
    UnfitValue,
)
from grokcall_procedures.client_tools import ToolDeclaration, ToolOutput, ToolSteps
from grokcall_procedures.effects import Effect
from grokcall_procedures.own_tools import OwnTool

SCHEMAS: Mapping[ParameterType, str | None] = {
    ParameterType.STRING: "string",
    ParameterType.ENUM: "string",
    ParameterType.INT32: "integer",
    ParameterType.INT64: "integer",
    ParameterType.DOUBLE: "number",
    ParameterType.BOOLEAN: "boolean",
    ParameterType.JSON: None,
}
"""The types of parameters that a model can give, as JSON Schema names them; None for any."""


def declaration_of(procedure: Procedure, name: str | None = None) -> ToolDeclaration:
    """A procedure as a tool.

    Args:
        procedure: The procedure.
        name: What the model calls it; None for its own name.

    Raises:
        UnfitValue: It needs what a model cannot give.
    """
    parameters = [each for each in procedure.parameters if is_offered(each)]
    lacking = next((each for each in procedure.parameters if each.required and each not in parameters), None)
    if lacking is not None:
        raise UnfitValue(f"names {procedure.name}, which needs {lacking.name}: a model cannot give it", "Tools")
    schema: dict[str, object] = {
        "type": "object",
        "properties": {each.name: schema_of(each) for each in parameters},
        "required": [each.name for each in parameters if each.required],
        "additionalProperties": False,
    }
    return ToolDeclaration(name or procedure.name, procedure.summary, schema, version=str(procedure.prompt_version))


def is_offered(parameter: Parameter) -> bool:
    """Whether a model is offered a parameter: those by position, and how many rows there may be."""
    return (
        (not parameter.named_only or parameter.required or parameter.name == "MaxRows")
        and parameter.type in SCHEMAS
        and not parameter.secret
        and not parameter.decides_columns
    )


def schema_of(parameter: Parameter) -> dict[str, object]:
    """The JSON Schema of a parameter; the values of an open Enum are told, not demanded."""
    kind = SCHEMAS[parameter.type]
    values = f" One of {', '.join(parameter.values)}." if parameter.values else ""
    limits = {"minimum": parameter.low, "maximum": parameter.high}
    return {
        **({} if kind is None else {"type": kind}),
        "description": f"{parameter.doc}{values}",
        **{name: limit for name, limit in limits.items() if limit is not None and kind in ("integer", "number")},
    }


def check_allowed(procedure: Procedure, *, may_change: bool, read_only: bool) -> None:
    """Refuses a procedure that a model may not call.

    Args:
        procedure: The procedure.
        may_change: Whether tools may make, change and remove things (the option ``tools_may_change``).
        read_only: Whether the connection only reads.

    Raises:
        UnfitValue: It may not.
    """
    if procedure.has_secret:
        raise UnfitValue(f"names {procedure.name}, which shows a secret, and no model is shown one", "Tools")
    harmless = procedure.effect in (Effect.READ, Effect.ASK) and procedure.host is Host.API
    if not harmless and read_only:
        raise UnfitValue(f"names {procedure.name}, and the connection only reads (read_only)", "Tools")
    if not harmless and not may_change:
        what = procedure.effect.told if procedure.host is Host.API else "asks the management host"
        raise UnfitValue(
            f"names {procedure.name}, which {what}; a model may call it only with the option tools_may_change",
            "Tools",
        )


def bound_by_name(procedure: Procedure, arguments: Mapping[str, object], settings: Settings) -> BoundCall:
    """The call of a procedure with the arguments that a model gives.

    Raises:
        ValueError: There is no argument of a name.
        grokcall.Error: A value does not fit.
    """
    known = {name: value for name, value in arguments.items() if value is not None}
    unknown = next((name for name in known if name.lower() not in procedure.by_name), None)
    if unknown is not None:
        there = ", ".join(each.name for each in procedure.parameters if is_offered(each))
        raise ValueError(f"there is no argument {unknown!r}; there are {there}")
    statement = ", ".join(f"{name} => :{name}" for name in known)
    return Binder(parse_call(f"CALL {procedure.name}({statement})"), procedure, confined(settings)).bind(known)


def bound_as_declared(tool: OwnTool, arguments: Mapping[str, object], settings: Settings) -> BoundCall:
    """The call of a tool that CREATE TOOL declares.

    Raises:
        grokcall.Error: An argument is unknown, missing or does not fit.
    """
    assert tool.call is not None
    assert tool.procedure is not None
    return Binder(tool.call, tool.procedure, confined(settings)).bind(tool.fit(arguments))


def confined(settings: Settings) -> Settings:
    """The settings of a call that a model makes: no file on this machine is read or written, and no tool is run."""
    return replace(settings, allow_files=False, files=None, toolbox=None)


@dataclass(frozen=True, slots=True)
class CalledProcedure:
    """A procedure that a model calls, and how what becomes of it is told.

    Args:
        use: What the model wrote.
        bind: Makes the call of the arguments.
        most_bytes: The longest output.
        failure: Gives the error that whatever the model answers fails with, of one that the procedure failed with; None
            where the model is told.
    """

    use: ToolUse
    bind: Callable[[Mapping[str, object]], BoundCall]
    most_bytes: int
    failure: Callable[[Error], Exception | None]

    def call(self) -> BoundCall:
        """The call.

        Raises:
            ValueError: The arguments are no JSON object, or there is none of a name.
            grokcall.Error: A value does not fit.
        """
        return self.bind(arguments_of(self.use))

    def steps(self) -> ToolSteps:
        """Its steps, which return what the model is told."""
        began = time.perf_counter()
        try:
            call = self.call()
            rows = yield from call.steps()
        except (ValueError, RecursionError, Error) as error:
            return self.failed(error, time.perf_counter() - began)
        return self.gave(call, rows, time.perf_counter() - began)

    def gave(self, call: BoundCall, rows: Sequence[Row], seconds: float) -> ToolOutput:
        """What the model is told of its rows; bytes are left out."""
        names = [column.name for column in call.procedure.fields]
        records = [
            {name: value for name, value in zip(names, row, strict=False) if not isinstance(value, bytes)}
            for row in rows
        ]
        return ToolOutput(output_of(records, self.most_bytes), None, seconds)

    def failed(self, error: Exception, seconds: float) -> ToolOutput:
        """What the model is told of an error.

        Raises:
            grokcall.Error: The model is not told, for all that it answers fails with it.
        """
        if isinstance(error, Error):
            # A model, a path or a parameter that is refused stands in what the model wrote, which it can write anew.
            fails_all = is_systemic(error) and not getattr(error, "subject", "")
            failure = error if fails_all else self.failure(error)
            if failure is not None:
                raise failure from None
        return ToolOutput("", str(error), seconds)


def arguments_of(use: ToolUse) -> dict[str, object]:
    """The arguments that a model wrote.

    Raises:
        ValueError: They are no JSON object.
    """
    try:
        arguments = json.loads(use.arguments or "{}")
    except (ValueError, RecursionError):
        raise ValueError("the arguments are no JSON") from None
    if not isinstance(arguments, dict):
        raise ValueError("the arguments are no JSON object")
    return arguments
