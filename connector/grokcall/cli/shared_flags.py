"""What makes a function a command: the shared flags, and one line for an error."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any

import typer

from grokcall.cli.flags import Flags


def shared_flags(command: Callable[..., int | None]) -> Callable[..., None]:
    """Adds the shared flags to a command, which gets them as its keyword argument ``flags`` and gives an exit code."""

    @wraps(command)
    def with_flags(context: typer.Context, **arguments: Any) -> None:
        given = Flags(**{item.name: arguments.pop(item.name) for item in fields(Flags)})
        flags = given.laid_over(context.obj) if isinstance(context.obj, Flags) else given
        context.obj = flags
        if code := run_guarded(command, flags, arguments):
            raise typer.Exit(code)

    own = [item for item in inspect.signature(command, eval_str=True).parameters.values() if item.name != "flags"]
    shared = inspect.signature(Flags, eval_str=True).parameters.values()
    keyword = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in (*own, *shared)]
    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    with_flags.__signature__ = inspect.Signature([context, *keyword])  # type: ignore[attr-defined]
    with_flags.__annotations__ = {item.name: item.annotation for item in (context, *keyword)}
    return with_flags


def run_guarded(command: Callable[..., int | None], flags: Flags, arguments: dict[str, Any]) -> int:
    """The exit code of a command; an error is shown in a line, with its notes."""
    try:
        code = command(flags=flags, **arguments) or 0
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:
        from grokcall.cli.exit_codes import exit_after

        ended = exit_after(error, flags.errors(), traced=flags.verbose)
        if ended is None:
            raise
        return ended
    return code
