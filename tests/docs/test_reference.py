"""The reference has every public name, with a word on each of its members."""

from __future__ import annotations

import re

import api_pages
import public_api
import pytest
from page_blocks import ROOT

import grokcall
from grokcall import actions, errors, sandbox

REFERENCE = ROOT / "docs" / "reference"
NAMES = public_api.public_objects()
INTEGRATIONS = {
    "sqlalchemy.GrokcallDialect", "sqlalchemy.ProcedureInspector", "dbt.Plugin", "dagster.GrokcallResource",
    "dagster.lookup_metadata", "airflow.get_provider_info", "airflow.hook.GrokcallHook",
}  # fmt: skip


def test_every_public_name_stands_in_the_reference_once():
    beyond = set(errors.__all__) - set(grokcall.__all__) - public_api.INSIDE
    wanted = set(grokcall.__all__) | INTEGRATIONS | {f"errors.{name}" for name in beyond}
    for module, listed in (
        ("actions", actions),
        ("duckdb", grokcall.duckdb),
        ("realtime", grokcall.realtime),
        ("sandbox", sandbox),
    ):
        wanted |= {f"{module}.{name}" for name in listed.__all__}
    assert set(NAMES) == wanted
    index = (REFERENCE / "index.md").read_text("utf-8")
    listed = re.findall(r"^\| \[?`([\w.]+)`", index, re.MULTILINE)
    assert sorted(listed) == sorted(wanted)


def test_every_class_and_function_has_a_page_and_every_page_a_name():
    pages = {name for name, item in NAMES.items() if public_api.is_page(item)}
    assert {path.stem for path in REFERENCE.glob("*.md")} == pages | {"index"}


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_and_each_of_its_members_is_described(name):
    item = NAMES[name]
    assert api_pages.opening(item)
    if item.is_class:
        assert [value.name for value in public_api.attributes(item) if not value.text] == []
        assert [method.name for method in public_api.methods(item) if not method.docstring] == []


@pytest.mark.parametrize("name", [name for name, item in NAMES.items() if item.is_function or name in grokcall.__all__])
def test_whoever_describes_one_parameter_describes_them_all(name):
    item = NAMES[name]
    makers = [(name, item)] if public_api.is_page(item) else []
    makers += [(f"{name}.{each.name}", each) for each in public_api.methods(item)] if item.is_class else []
    for path, maker in makers:
        texts = {value.name: value.text for value in public_api.parameters(path, maker)}
        assert all(texts.values()) or not any(texts.values()), path


def test_a_page_shows_signature_parameters_errors_and_an_example():
    page = (REFERENCE / "connect.md").read_text("utf-8")
    for shown in (
        "```py\nconnect(\n    *,\n    api_key: KeyLike = None,",
        "## Parameters",
        "| `profile` |",
        "## Raises\n\n* [`InterfaceError`](InterfaceError.md):",
        "```py\n>>> with connect(",
    ):
        assert shown in page
    assert "### fetchmany" in (REFERENCE / "Cursor.md").read_text("utf-8")
    assert "made from [`ServiceError`]" in (REFERENCE / "RateLimitedError.md").read_text("utf-8")


def test_no_page_of_the_reference_has_marks_of_docstrings_left():
    marks = re.compile(r":(?:class|func|meth|mod|attr):`|(?<!`)``(?!`)|# doctest:|^(?:Args|Raises):", re.MULTILINE)
    for path in REFERENCE.glob("*.md"):
        prose = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        assert not marks.search(prose), path
