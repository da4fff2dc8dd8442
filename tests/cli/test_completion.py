"""Completion in a real shell: what a press of the tabulator makes of a command line that was begun."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from installed import COMMAND

BASH = shutil.which("bash")
SECONDS = 60.0

pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash")


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._seen = ""

    def type(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._descriptor, keys.encode())

    def shows(self, text: str) -> bool:
        """Waits for a text after what was waited for before; whether it came."""
        ends = time.monotonic() + SECONDS
        while text not in self._seen:
            ready, _, _ = select.select([self._descriptor], [], [], max(0.0, ends - time.monotonic()))
            if not ready:
                return False
            self._seen += os.read(self._descriptor, 65_536).decode("utf-8", "replace")
        self._seen = self._seen.partition(text)[2]
        return True


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Terminal]:
    """Bash in an empty home, in which completion was installed with the command's own flag."""
    surroundings = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(COMMAND).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "dumb",
        "INPUTRC": "/dev/null",
    }
    install = [str(BASH), "-c", "grokcall --install-completion; exit $?"]
    installed = subprocess.run(install, env=surroundings, capture_output=True, timeout=SECONDS)
    assert installed.returncode == 0, installed.stderr
    assert b"bash completion installed" in installed.stdout
    with (tmp_path / ".bashrc").open("a") as file:
        file.write("PS1='READY> '\n")  # after that of the machine
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [str(BASH), "--rcfile", str(tmp_path / ".bashrc"), "-i"],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=surroundings,
        cwd=tmp_path,
        start_new_session=True,
    ) as process:
        os.close(follower)
        try:
            terminal = Terminal(leader)
            assert terminal.shows("READY> ")
            yield terminal
        finally:
            process.kill()
            os.close(leader)


@pytest.mark.parametrize(
    ("begun", "completed"),
    [
        ("grokcall loo", "kup "),
        ("grokcall --sandbox runs pr", "une "),
        ("grokcall lookup --dry", "-run "),
        ('grokcall lookup in.csv "CALL G(:b)" --on-error red', "irect "),
    ],
)
def test_bash_completes_commands_options_and_words(shell, begun, completed):
    shell.type(f"{begun}\t")
    assert shell.shows(begun + completed)


def test_bash_completes_names_of_files(shell, tmp_path):
    (tmp_path / "tickets-of-may.csv").touch()
    shell.type("grokcall lookup tick\t")
    assert shell.shows("tickets-of-may.csv ")
    shell.type("\x15grokcall call x -o tick\t")
    assert shell.shows("tickets-of-may.csv ")


def test_bash_lists_what_there_is(shell):
    shell.type("grokcall runs \t\t")
    assert shell.shows("export")
    assert shell.shows("list")


def test_the_script_can_be_printed_instead():
    command = f'eval "$({COMMAND} --show-completion)"; complete -p grokcall'
    done = subprocess.run([str(BASH), "--norc", "-c", command], capture_output=True, encoding="utf-8", timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    assert "_grokcall_completion" in done.stdout
