"""The words of the Makefile: told of, said by CI, and about files that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LONG = (ROOT / "tests" / "long.txt").read_text("utf-8").splitlines()
QUARTER = (ROOT / "tests" / "quarter.txt").read_text("utf-8").splitlines()
ROOMS = sorted({path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/test_*.py")})
OWN_ENVIRONMENT = {"api_clients", "typing"}


def words() -> set[str]:
    """The words that the Makefile has."""
    found = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert found
    return set(found[1].split())


def test_every_word_is_told_of_to_who_contributes_and_no_other_is():
    table = re.findall(r"^\| `make ([a-z-]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(table) == sorted(words() - {"clean"})


def test_ci_checks_and_says_every_word_that_tests():
    said = re.findall(r"^make ([a-z-]+)$", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert sorted(said) == sorted({"check"} | {word for word in words() if word.startswith("test")} - {"test-pythons"})


def test_a_fork_s_workflow_says_the_same_words_with_every_python_on_every_system():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))["jobs"]
    matrix = jobs["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert [system.split("-")[0] for system in matrix["os"]] == ["ubuntu", "macos", "windows"]
    said = {"test", *jobs["words"]["strategy"]["matrix"]["word"]}
    assert said == {"check"} | {word for word in words() if word.startswith("test")} - {"test-pythons"}
    used = {step["uses"].split("@")[0] for job in jobs.values() for step in job["steps"] if "uses" in step}
    assert used == {"actions/checkout", "actions/setup-python"}


@pytest.mark.parametrize("line", [*QUARTER, *LONG])
def test_what_a_list_of_tests_names_is_there(line: str):
    assert (ROOT / line).exists()


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in OWN_ENVIRONMENT])
def test_the_quarter_has_some_of_every_room(room: str):
    assert any(Path(line).parts[:2] == ("tests", room) for line in QUARTER)
