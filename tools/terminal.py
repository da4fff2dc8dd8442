"""Draws ``docs/terminal.svg`` from a real run: the demonstration, on a terminal, as it stands.

python tools/terminal.py
"""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from fcntl import ioctl
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text
from sample_runs import surroundings

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "terminal.svg"
COLUMNS = 110
SECONDS = 60
REDRAWN = re.compile(r"\x1b\[(?:\?25[lh]|\d*[AKJG]|2K)")
BAR = re.compile(r"^.*[━╸].*left.*$\n?", re.MULTILINE)


def run_on_a_terminal(command: list[str], folder: Path) -> str:
    """What a command writes to a terminal of its own, colours included.

    Raises:
        TimeoutError: It did not end in time.
    """
    leader, follower = pty.openpty()
    ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    wanted = {**surroundings(folder), "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": str(COLUMNS)}
    del wanted["NO_COLOR"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=folder, env=wanted, stdin=subprocess.DEVNULL, stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        written, deadline = b"", time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if not select.select([leader], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(leader, 65536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not piece:
                break
            written += piece
        else:
            process.kill()
            raise TimeoutError(f"{command[0]} did not end within {SECONDS} s")
    os.close(leader)
    if process.returncode:
        raise RuntimeError(written.decode("utf-8", "replace"))
    return written.decode("utf-8")


def as_left_behind(written: str, folder: Path) -> str:
    """What stays on the screen: without progress bars that were drawn over, and without the folder's own name."""
    text = REDRAWN.sub("", written.replace("\r\n", "\n"))
    lines = [line.rpartition("\r")[2] for line in text.split("\n")]
    text = BAR.sub("", "\n".join(lines))
    return text.replace(f"{folder.resolve()}{os.sep}", "").strip("\n")


def main() -> None:
    """Runs the demonstration and draws it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        screen = as_left_behind(run_on_a_terminal(["grokcall", "demo"], folder), folder)
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ grokcall demo", style="bold green"))
    console.print(Text.from_ansi(screen), soft_wrap=False)
    PICTURE.write_text(console.export_svg(title="grokcall", unique_id="grokcall"), "utf-8")
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)} written\n")


if __name__ == "__main__":
    main()
