"""Prints where a Python of the first of some versions is that is at hand; nothing where there is none of them.

python tools/pythons.py 3.14 3.13

None is downloaded.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ASKED = "import sys; print(sys.executable, '{}.{}'.format(*sys.version_info))"


def candidates(version: str) -> Iterator[str]:
    """Programs that may be a Python of the version: of the search path, of pyenv, and those that uv knows."""
    yield shutil.which(f"python{version}") or ""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"), reverse=True))
    uv = Path(sys.executable).with_name("uv.exe" if os.name == "nt" else "uv")
    if uv.exists():
        yield answer_of(str(uv), "python", "find", "--no-python-downloads", "--no-project", "--system", version)


def answer_of(*command: str) -> str:
    """What a program prints; nothing when it fails, as a stand-in for a Python that is not installed does."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ""


def python_of(version: str) -> str:
    """The first that runs and has the version; an empty text when there is none."""
    for candidate in filter(None, candidates(version)):
        python, _, found = answer_of(candidate, "-c", ASKED).rpartition(" ")
        if found == version:
            return python
    return ""


if __name__ == "__main__":
    sys.stdout.write(f"{next(filter(None, map(python_of, sys.argv[1:])), '')}\n")
