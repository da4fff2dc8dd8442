"""Parameters that cost nothing where no value is given: Typer would load Pydantic to check each None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typer.core import TyperArgument, TyperOption


class GivenArgument(TyperArgument):
    """An argument whose value is checked only where there is one."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """The value as what it has to be."""
        return checked(self, ctx, value, super().process_value)


class GivenOption(TyperOption):
    """An option whose value is checked only where there is one."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """The value as what it has to be."""
        return checked(self, ctx, value, super().process_value)


def checked(parameter: Any, ctx: Any, value: Any, check: Callable[[Any, Any], Any]) -> Any:
    """The value of a parameter, checked where there is one and somebody asks for it: completion does not."""
    if ctx.resilient_parsing:
        return value
    if value is None and not parameter.required:
        nothing = () if parameter.multiple or parameter.nargs == -1 else None
        return nothing if parameter.callback is None else parameter.callback(ctx, parameter, nothing)
    return check(ctx, value)


def checked_where_given(parameters: list[Any]) -> list[Any]:
    """The same parameters, each of which is checked only where it is given."""
    for each in parameters:
        if type(each) is TyperArgument:
            each.__class__ = GivenArgument
        elif type(each) is TyperOption:
            each.__class__ = GivenOption
    return parameters
