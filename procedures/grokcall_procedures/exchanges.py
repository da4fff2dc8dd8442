"""What asks for one answer, and what came of that: one reply, or those of several rounds."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

from grokcall_procedures.steps import Reply, Request, Step, reply_of


@dataclass(frozen=True, slots=True)
class Exchange:
    """The replies to the requests that one answer took.

    Args:
        bodies: Their bodies, the last one last.
        ended: Why it ended before the model was done; None where it was.
    """

    bodies: tuple[bytes, ...]
    ended: str | None = None


Exchanging: TypeAlias = Generator[Step, Reply | None, Exchange]
Asking: TypeAlias = Callable[[], Exchanging]
"""Asks for one answer each time that it is called."""


def asked_once(request: Request) -> Asking:
    """Asks with one request, the same each time."""

    def ask() -> Exchanging:
        reply = yield request
        return Exchange((reply_of(reply).body,))

    return ask
