"""Names of a package that come with their first use, so that a program loads only what it needs."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, modules: Mapping[str, str], renamed: Mapping[str, str] | None = None) -> None:
    """Gives a package the functions ``__getattr__`` and ``__dir__``, because its names stand in other modules.

    They are put there at run time, so that type checkers see the names that are imported for them and no others.

    Args:
        package: The package, ``__name__`` there.
        modules: From name to the module that has it; a submodule stands for itself.
        renamed: From an old name to the new one; the old one still works, with a DeprecationWarning.
    """
    old = renamed or {}

    def get(name: str) -> Any:
        new = old.get(name, name)
        module = modules.get(new)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        if new is not name:
            warnings.warn(f"{package}.{name} is now called {package}.{new}", DeprecationWarning, stacklevel=2)
        found = import_module(module)
        value = found if module == f"{package}.{new}" else getattr(found, new)
        if new is name:
            setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    vars(sys.modules[package]).update(__getattr__=get, __dir__=names)


def moved_names(module: str, *new: str) -> Callable[[str], Any]:
    """The function ``__getattr__`` of a module whose names have moved; they still work, with a DeprecationWarning.

    Args:
        module: The module, ``__name__`` there.
        new: The modules that have them now; the first that has a name counts.
    """

    def get(name: str) -> Any:
        for each in new:
            if hasattr(found := import_module(each), name):
                warnings.warn(f"{module}.{name} has moved to {each}", DeprecationWarning, stacklevel=2)
                return getattr(found, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return get
