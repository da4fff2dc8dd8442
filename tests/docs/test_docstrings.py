"""The examples in the docstrings of every module give what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import grokcall
import grokcall_procedures

FOREIGN = ("airflow", "dbt")
"""What the parts are named after that need more than the tests have."""


def modules_with_examples() -> list[str]:
    """The names of the modules in which an example stands."""
    names = []
    for package in (grokcall_procedures, grokcall):
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            if ">>> " in path.read_text("utf-8") and not any(each in parts for each in FOREIGN):
                names.append(".".join(parts).removesuffix(".__init__"))
    return names


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_in_docstrings_hold(name, bare_environment):
    found = doctest.testmod(importlib.import_module(name), extraglobs={"grokcall": grokcall})
    assert found.failed == 0


def test_there_are_examples_all_over():
    assert len(modules_with_examples()) > 60
