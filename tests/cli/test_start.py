"""What a start loads: the help, the version and completion come without the libraries that only a run needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    "COVERAGE_PROCESS_CONFIG" in os.environ, reason="what measures coverage loads modules of its own in every process"
)

HEAVY = {
    "aiohttp",
    "asyncio",
    "duckdb",
    "grokcall.errors",
    "grokcall_parser.tokens",
    "grokcall_procedures.definition",
    "httpx",
    "msgspec",
    "numpy",
    "pyarrow",
    "pydantic",
    "rich",
    "sqlglot",
    "sqlite3",
}
PROGRAM = """
import atexit, json, os, sys
from pathlib import Path
def tell(path=Path(os.environ["LOADED"])):
    path.write_text("\\n".join(name for name, found in sys.modules.items() if found))
atexit.register(tell)
from grokcall.cli import main
main(json.loads(os.environ["ARGUMENTS"]))
"""
COMMANDS = ("lookup", "call", "sql", "procedures", "models", "check", "runs", "demo", "sandbox")


def started(*arguments: str, **environment: str) -> tuple[str, set[str]]:
    """What the command prints in a fresh process, and the modules that it has loaded at its end."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = Path(folder, "loaded")
        given = {"ARGUMENTS": json.dumps(arguments), "LOADED": str(loaded), **environment}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, **given},
            capture_output=True,
            encoding="utf-8",
            timeout=400,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout, set(loaded.read_text().split("\n"))


def completed(*words: str) -> tuple[list[str], set[str]]:
    """What a shell is offered for the last of the words, and the modules that were loaded for it."""
    printed, loaded = started(
        _GROKCALL_COMPLETE="complete_bash", COMP_WORDS="\n".join(words), COMP_CWORD=str(len(words) - 1)
    )
    return printed.split(), loaded


def test_the_version_loads_nothing_but_itself():
    printed, loaded = started("--version")
    assert printed.startswith("grokcall ")
    assert not loaded & {*HEAVY, "typer", "click"}


@pytest.mark.parametrize(
    "arguments", [["--help"], *([name, "--help"] for name in COMMANDS), ["runs", "show", "--help"]]
)
def test_help_loads_no_library_that_only_a_run_needs(arguments):
    printed, loaded = started(*arguments)
    assert "Usage: " in printed
    assert not loaded & HEAVY


def test_help_after_shared_flags_is_as_light_where_they_have_no_value():
    assert not started("--sandbox", "--quiet", "lookup", "--help")[1] & HEAVY


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["grokcall", "lo"], ["lookup"]),
        (["grokcall", "runs", "ex"], ["export"]),
        (["grokcall", "lookup", "--dry"], ["--dry-run"]),
        (["grokcall", "--sandbox", "call", "--max-c"], ["--max-cost", "--max-calls"]),
        (["grokcall", "lookup", "in.csv", '"CALL GenerateResponse(:body)"', "--on-error", "i"], ["ignore"]),
        (["grokcall", "sql", "--format", "pa"], ["parquet"]),
        (["grokcall", "runs", "show", "last", "--js"], ["--json"]),
        (["grokcall", "lookup", "tick"], []),
    ],
)
def test_completion_loads_no_library_that_only_a_run_needs(words, offered):
    found, loaded = completed(*words)
    assert sorted(found) == sorted(offered)
    assert not loaded & HEAVY


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_with_sentences_is_as_light(shell):
    printed, loaded = started(
        _GROKCALL_COMPLETE=f"complete_{shell}",
        _TYPER_COMPLETE_FISH_ACTION="get-args",
        _TYPER_COMPLETE_ARGS="grokcall lo",
    )
    assert "lookup" in printed
    assert "Put the result of a CALL beside each row of a table." in printed
    assert not loaded & HEAVY


def test_a_wrong_command_line_is_refused_before_anything_is_loaded():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "from grokcall.cli import main; main(['lookpu'])"],
        capture_output=True,
        encoding="utf-8",
        timeout=400,
    )
    assert done.returncode == 2
    assert "Did you mean 'lookup'?" in done.stderr
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "typer" in loaded
    assert not loaded & HEAVY
