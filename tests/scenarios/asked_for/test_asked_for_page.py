"""The page of what was asked for names only what there is, and each of its subjects has its tests."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import typer.main

import grokcall
from grokcall.cli.app import app
from grokcall.core.result_columns import CALL_SCHEMA
from grokcall_procedures import CATALOG

HERE = Path(__file__).parent
PAGE = (HERE.parents[2] / "docs" / "asked_for.md").read_text("utf-8")
CODE = sorted(set(re.findall(r"`([^`]+)`", PAGE)))
SUBJECTS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
OPTION = re.compile(r"[a-z]+(?:_[a-z]+)+")
PARAMETER_OR_COLUMN = re.compile(r"(?:[A-Z][a-z]+_?){2,}")


def flags() -> set[str]:
    """Every flag of every command."""
    commands = typer.main.get_command(app).commands.values()
    return {flag for command in commands for item in command.params for flag in (*item.opts, *item.secondary_opts)}


def options() -> set[str]:
    """Every option of connections and of lookups."""
    return {*grokcall.Options.model_fields, *(field.name for field in dataclasses.fields(grokcall.LookupOptions))}


def parameters_and_columns() -> set[str]:
    """The names of procedures, parameters and columns, of whatever procedure."""
    parts = [part.name for name in CATALOG for part in (*CATALOG[name].parameters, *CATALOG[name].fields)]
    return {*CATALOG, *parts, *CALL_SCHEMA.names}


@pytest.mark.parametrize("flag", [text for text in CODE if text.startswith("--")])
def test_a_flag_on_the_page_is_there(flag):
    assert flag in flags()


@pytest.mark.parametrize("option", [*filter(OPTION.fullmatch, CODE)])
def test_an_option_on_the_page_is_there(option):
    assert option in options()


@pytest.mark.parametrize("name", [*filter(PARAMETER_OR_COLUMN.fullmatch, CODE)])
def test_a_parameter_or_column_on_the_page_is_there(name):
    assert name in parameters_and_columns()


def test_every_subject_has_its_tests_and_every_module_its_subject():
    modules = {path.stem for path in HERE.glob("test_*.py")} - {Path(__file__).stem}
    assert modules == {f"test_asked_{subject.lower().replace(' ', '_')}" for subject in SUBJECTS}
