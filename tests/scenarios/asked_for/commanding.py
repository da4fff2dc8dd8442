"""The command as its users run it: a process of its own, tables in files, and somebody who serves the API."""

from __future__ import annotations

import csv
import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from grokcall.tables import open_table
from installed import COMMAND
from scripted_service import KEY

ASK = "CALL GenerateResponse(:body)"
ANSWER_ONLY = ("--fields", "Response_Result")
LONGEST_RUN = 60


class Addressed(Protocol):
    """Whatever serves the API somewhere."""

    @property
    def base_url(self) -> str:
        """The address that a client is given."""
        ...


@dataclass(frozen=True)
class Done:
    """How a run of the command ended."""

    code: int
    out: str
    err: str


def surroundings(at: Addressed | None, **variables: str) -> dict[str, str]:
    """The variables of a run: with a key and an address, or with neither; and those that a test adds."""
    known = {} if at is None else {"XAI_API_KEY": KEY, "XAI_BASE_URL": at.base_url}
    return {**os.environ, **known, **variables}


def run(at: Addressed | None, *arguments: object, **variables: str) -> Done:
    """Runs the command to its end."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_RUN,
        env=surroundings(at, **variables),
    )
    return Done(done.returncode, done.stdout, done.stderr)


def start(at: Addressed | None, *arguments: object) -> subprocess.Popen[str]:
    """The command, under way."""
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=surroundings(at),
    )


def tickets(folder: Path, bodies: Iterable[str]) -> Path:
    """A CSV file with a numbered row for each text."""
    path = folder / "tickets.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "body"])
        writer.writerows(enumerate(bodies))
    return path


def numbered(bodies: Iterable[str]) -> list[dict[str, object]]:
    """The same rows in memory."""
    return [{"id": number, "body": body} for number, body in enumerate(bodies)]


def sums(count: int) -> list[str]:
    """Questions whose answers are known to the sandbox: 0, 2, 4, …"""
    return [f"What is {number} + {number}?" for number in range(count)]


def rows_of(path: Path | str) -> list[dict[str, Any]]:
    """The rows of a file."""
    with open_table(path, types="auto") as table:
        rows: list[dict[str, Any]] = table.read_all().to_pylist()
    return rows
