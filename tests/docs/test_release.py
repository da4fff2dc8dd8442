"""What a release says of itself agrees."""

import re
from pathlib import Path

import grokcall

ROOT = Path(__file__).parents[2]


def test_the_changelog_s_top_entry_is_this_version():
    headings = re.findall(r"^## (\d+\.\d+\.\d+)\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == grokcall.__version__
    assert headings == sorted(headings, key=lambda text: [int(part) for part in text.split(".")], reverse=True)


def test_the_readme_says_how_to_run_the_tests_and_the_demonstration():
    text = (ROOT / "README.md").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = set(re.findall(r"\bmake ([a-z]+)\b", text))
    assert {"test", "check", "demo"} <= named <= set(targets)
