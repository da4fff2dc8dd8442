"""Addresses of the services that the clients are pointed at, and the environments that some of them have."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, create_engine

from scripted_service import KEY, Service


def address_of(base_url: str, key: str, query: str = "") -> str:
    """What ``create_engine`` takes for a service."""
    parts = urlsplit(base_url)
    return f"grokcall://:{key}@{parts.netloc}{parts.path}{f'?{query}' if query else ''}"


@pytest.fixture
def address(service: Service) -> str:
    """The address of the service, with a key in it."""
    return address_of(service.base_url, KEY)


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """A SQLAlchemy engine on the service."""
    made = create_engine(address)
    yield made
    made.dispose()


class Program:
    """A client with an environment of its own, as a program that is run there.

    Args:
        name: What it and its environment are called.
        folder: Where it works, and where its home is.
        without_environment: What is called with the name where it has none.
    """

    def __init__(self, name: str, folder: Path, without_environment: Callable[[str], object]) -> None:
        self.folder = folder
        self._bin = Path(sys.prefix) / "clients" / name / "bin"
        self._program = self._bin / name
        self.environment = {
            **{variable: value for variable, value in os.environ.items() if not variable.startswith("PYTHON")},
            "PATH": f"{self._bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "NO_COLOR": "1",
        }
        if not self._program.exists():
            without_environment(name)

    def run(self, *arguments: str, fails: bool = False, seconds: float = 100) -> str:
        """What it prints, to both of its outputs."""
        return self._run(str(self._program), *arguments, fails=fails, seconds=seconds)

    def python(self, text: str) -> str:
        """What a Python program prints in its environment."""
        return self._run(str(self._bin / "python"), "-W", "error::ResourceWarning", "-c", text, fails=False, seconds=60)

    def _run(self, *command: str, fails: bool, seconds: float) -> str:
        run = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=seconds,
        )
        assert (run.returncode != 0) == fails, run.stdout
        return run.stdout


@pytest.fixture
def program(tmp_path: Path, without_environment: Callable[[str], object]) -> Callable[[str], Program]:
    """Finds a client that has an environment of its own."""
    return lambda name: Program(name, tmp_path, without_environment)


def files_with(secret: str, folder: Path) -> list[Path]:
    """The files below a folder that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.fixture
def leaks() -> Callable[[str, Path], list[Path]]:
    """Finds the files that a secret has got into."""
    return files_with
