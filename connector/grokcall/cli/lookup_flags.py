"""Flags for the options of a lookup, for the commands that make calls for rows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from grokcall.cli.declared_flags import flag_name, flag_type, order_of
from grokcall.cli.flags import FLAGGED
from grokcall.core.declarations import Declaration, declarations
from grokcall.lookup.declared_options import DeclaredLookupOptions

OF_LOOKUPS = sorted(
    (
        each
        for each in declarations(DeclaredLookupOptions).values()
        if each.about.flag is not None and each.name not in FLAGGED  # the shared flags have those
    ),
    key=order_of,
)
"""The options of a lookup that have flags of their own."""
OF_QUERIES = [each for each in OF_LOOKUPS if not each.about.lookup_only]
"""Those that queries have as well."""


def lookup_flags(
    declared: Iterable[Declaration], **told: str
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Gives a command the flags of options of a lookup, in the place of its argument ``options``.

    The command gets those that were given or that the help shows a default of, by the names of the options.

    Args:
        declared: The options.
        **told: What the help says of an option where it means more to this command.
    """
    flags = {flag_name(each): each for each in declared}

    def given(command: Callable[..., int | None]) -> Callable[..., int | None]:
        @wraps(command)
        def with_options(**arguments: Any) -> int | None:
            found = {each: arguments.pop(name) for name, each in flags.items()}
            options = {each.name: value_of(each, value) for each, value in found.items() if value not in (None, [])}
            return command(options=options, **arguments)

        made = [parameter(name, each, told.get(each.name, "")) for name, each in flags.items()]
        shown: list[inspect.Parameter] = []
        for each in inspect.signature(command, eval_str=True).parameters.values():
            shown += made if each.name == "options" else [each]
        with_options.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
        return with_options

    return given


def parameter(name: str, declared: Declaration, told: str) -> inspect.Parameter:
    """The parameter of a command for a flag."""
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default_of(declared), annotation=flag_type(declared, told)
    )


def default_of(declared: Declaration) -> Any:
    """The default of a flag, which the help shows: that of an option that is one of a few; None for not given."""
    flag = declared.about.flag
    is_one_of_a_few = declared.choices or "/" in declared.flag_names[-1]
    return declared.default if flag is not None and flag.default and is_one_of_a_few else None


def value_of(declared: Declaration, given: Any) -> Any:
    """The value of an option for that of its flag."""
    return not given if declared.about.flag is not None and declared.about.flag.off else given
