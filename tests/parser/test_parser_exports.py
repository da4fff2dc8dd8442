"""The public names of the parser, and the examples in its documentation."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import grokcall_parser

MODULES = [module.name for module in pkgutil.iter_modules(grokcall_parser.__path__, "grokcall_parser.")]


def test_the_list_of_public_names_is_sorted_and_complete():
    # Modules are attributes of a package once they are imported, and not public names of ours.
    modules = {module.name for module in pkgutil.iter_modules(grokcall_parser.__path__)}
    helpers = {"annotations", "TYPE_CHECKING", "lazy_names"}
    names = {name for name in dir(grokcall_parser) if not name.startswith("_")} - modules - helpers

    assert grokcall_parser.__all__ == sorted(grokcall_parser.__all__)
    assert set(grokcall_parser.__all__) == names


@pytest.mark.parametrize("module", ["errors", "statements"])
def test_every_public_class_of_a_module_is_exported(module):
    members = vars(importlib.import_module(f"grokcall_parser.{module}"))
    classes = {
        name
        for name, value in members.items()
        if isinstance(value, type) and value.__module__ == f"grokcall_parser.{module}"
    }

    assert classes <= set(grokcall_parser.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_documentation_hold(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_every_public_name_is_documented():
    undocumented = [
        name
        for name in grokcall_parser.__all__
        if callable(getattr(grokcall_parser, name)) and not getattr(grokcall_parser, name).__doc__
    ]

    assert undocumented == []
