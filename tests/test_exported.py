"""What users may lean on: listed, sorted, documented."""

from __future__ import annotations

import inspect
import types

import pytest

import grokcall


def in_groups(name: str) -> tuple[int, str]:
    """Constants first, then classes, then the rest: the order that the linter keeps lists of names in."""
    return 0 if name.isupper() else 1 if name[0].isupper() else 2, name


def test_the_list_of_public_names_is_sorted_and_complete():
    offered = {
        name
        for name, value in vars(grokcall).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert grokcall.__all__ == sorted(grokcall.__all__, key=in_groups)
    assert set(grokcall.__all__) == offered - {"annotations"} | {"__version__"}


@pytest.mark.parametrize("name", grokcall.__all__)
def test_every_public_name_can_be_had(name):
    assert getattr(grokcall, name) is not None


OURS = [name for name in grokcall.__all__ if getattr(getattr(grokcall, name), "__module__", "").startswith("grokcall")]
NAMED_BY_PEP_249 = ("BINARY", "DATETIME", "NUMBER", "ROWID", "STRING")


@pytest.mark.parametrize("name", [name for name in OURS if name not in NAMED_BY_PEP_249])
def test_every_public_name_is_documented(name):
    value = getattr(grokcall, name)
    assert value.__doc__ is not None
    assert value.__doc__.strip().endswith((".", "\n", "'", ")", "]")) or ">>>" in value.__doc__
    if inspect.isclass(value):
        undocumented = [
            member
            for member, function in vars(value).items()
            if not member.startswith("_")
            and (inspect.isfunction(function) or isinstance(function, property))
            and not (function.__doc__ or "").strip()
        ]
        assert undocumented == []


def test_the_version_reads_as_one():
    assert [part.isdigit() for part in grokcall.__version__.split(".")[:2]] == [True, True]
