"""Errors that nobody foresaw: a line and what can be done, an exit code, and nothing that is secret or hostile."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scripted_service import KEY

PROGRAM = """
import sys
from grokcall.cli import commands
from grokcall.cli.flags import Flags

def fall(*, flags: Flags) -> None:
    "Falls."
    with flags.connection() as connection:
        connection.key()
        error = {error}
        error.add_note("1 finished row is kept in out.partial.csv")
        raise error

commands.COMMANDS += (commands.CommandEntry("fall", "Ask", "Falls.", "grokcall fall", "__main__:fall"),)
from grokcall.cli.app import run
run(sys.argv[1:])
"""


def fall(error: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XAI_API_KEY": KEY, "NO_COLOR": "1"}
    program = [sys.executable, "-c", PROGRAM.format(error=error), "fall", *arguments]
    return subprocess.run(program, capture_output=True, text=True, timeout=400, env=environment, check=False)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("TypeError('what?')", "TypeError: what?"),
        ("KeyError('a')", "KeyError: 'a'"),
        ("AssertionError()", "AssertionError: AssertionError"),
        ("RuntimeError('two\\nlines')", "RuntimeError: two lines"),
        ("ExceptionGroup('both', [ValueError('x')])", "ExceptionGroup: both (1 sub-exception)"),
        ("MemoryError()", "MemoryError: MemoryError"),
    ],
)
def test_an_unforeseen_error_is_a_line_with_what_to_do(error, told):
    done = fall(error)
    first, note, last = done.stderr.splitlines()
    assert first == f"grokcall: this should not happen ({told})"
    assert note == "1 finished row is kept in out.partial.csv"
    assert "please report it with the traceback that --verbose shows" in last
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("arguments", [(), ("--verbose",)])
def test_it_shows_neither_a_key_nor_characters_that_steer_a_terminal(arguments):
    done = fall("ValueError(f'bad {connection.key().value.reveal()} \\x1b[2J' + chr(0x202e) + 'y ' * 5000)", *arguments)
    for stream in (done.stdout, done.stderr):
        assert KEY not in stream
        assert "\x1b" not in stream
        assert "\u202e" not in stream
    assert len(done.stderr.splitlines()[-3]) < 600
    assert ("Traceback (most recent call last):" in done.stderr) == bool(arguments)


def test_the_traceback_is_shown_when_it_is_asked_for():
    done = fall("TypeError('what?')", "-v")
    assert "Traceback (most recent call last):" in done.stderr
    assert "in fall" in done.stderr
    assert done.stderr.endswith("please report it with the traceback above\n")
    assert done.returncode == 1
