"""Runs of the command: most in this process, for speed; a few as a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grokcall.cli import main
from installed import COMMAND
from scripted_service import KEY, Service


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    out: str
    err: str
    raw: bytes

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Done]


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs the command in this process."""

    def runs(*arguments: object) -> Done:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        raw, err = capfdbinary.readouterr()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, raw.decode("utf-8", "replace"), err.decode(), raw)

    return runs


@pytest.fixture
def process() -> Run:
    """Runs the installed command as a process of its own."""

    def runs(*arguments: object, stdin: bytes = b"", **environment: str) -> Done:
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            timeout=400,
            env={**os.environ, **environment},
        )
        return Done(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode(), done.stdout)

    return runs


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def at_service(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    """The scripted service, to which the surroundings point."""
    monkeypatch.setenv("XAI_API_KEY", KEY)
    monkeypatch.setenv("XAI_BASE_URL", service.base_url)
    return service
