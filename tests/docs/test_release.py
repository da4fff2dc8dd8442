"""What a release says of itself agrees."""

import re
from importlib.metadata import files
from pathlib import Path

import pytest

import grokcall

ROOT = Path(__file__).parents[2]
PACKAGES = {"grokcall", "grokcall_procedures", "grokcall_parser", "grokcall_sandbox"}


def test_the_changelog_s_top_entry_is_this_version():
    headings = re.findall(r"^## (\d+\.\d+\.\d+)\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == grokcall.__version__
    assert headings == sorted(headings, key=lambda text: [int(part) for part in text.split(".")], reverse=True)


def test_the_readme_says_how_to_run_the_tests_and_the_demonstration():
    text = (ROOT / "README.md").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z]+)\b", text))
    assert {"test", "check", "demo"} <= named <= set(targets)


def test_the_wheel_has_our_packages_which_are_typed_the_sample_s_data_and_nothing_else():
    installed = [path for path in files("grokcall") or [] if not path.parts[0].endswith((".dist-info", ".."))]
    if not PACKAGES & {path.parts[0] for path in installed}:
        pytest.skip("grokcall is installed from its source tree; make test-wheel is not")
    assert {path.parts[0] for path in installed} == PACKAGES
    assert {path.parts[0] for path in installed if path.name == "py.typed"} == PACKAGES
    assert {path.suffix for path in installed} <= {".py", ".pyc", ".typed", ".csv"}
    assert "grokcall/data/tickets.csv" in {path.as_posix() for path in installed}
