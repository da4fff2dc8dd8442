"""Functions by their names, for what travels between processes and for the command line."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from grokcall.errors import InterfaceError


def function_named(name: str) -> Callable[..., Any]:
    """The function that a name stands for.

    Args:
        name: ``module:function``; the function may be an attribute of something in the module, with points.

    Raises:
        InterfaceError: There is no such module or function, or the module cannot be loaded.

    >>> function_named("textwrap:shorten").__name__
    'shorten'
    """
    module, _, path = name.partition(":")
    if not module or not path:
        raise InterfaceError(f"a tool is named as module:function, not {name!r}")
    try:
        found: Any = importlib.import_module(module)
    except Exception as error:
        raise InterfaceError(f"the tool {name!r} cannot be had: the module {module} does not load: {error}") from None
    for part in path.split("."):
        found = getattr(found, part, None)
        if found is None:
            raise InterfaceError(f"the tool {name!r} cannot be had: {module} has no {path}")
    if not callable(found):
        raise InterfaceError(f"the tool {name!r} cannot be had: {path} is no function")
    function: Callable[..., Any] = found
    return function
