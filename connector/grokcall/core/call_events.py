"""What happens within a call, told to whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from grokcall_procedures import ToolUse
from grokcall_procedures.client_tools import ToolOutput


class Attempt(NamedTuple):
    """A try of one request.

    Args:
        number: Which one, from 1.
        waited: Seconds that were waited before it because of the one before.
    """

    number: int = 1
    waited: float = 0.0


FIRST = Attempt()


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request that went to the service, and what came of it.

    Args:
        method: Its method.
        address: Where it went, with whatever secrets stand there.
        attempt: Which try of the request it was, from 1.
        waited: Seconds that it waited before it went: for the pace, and after a try that failed.
        seconds: From then to the end of its reply.
        status: The status of the reply; None where none came.
        error: What it failed with; None where it did not.
    """

    method: str
    address: str
    attempt: int
    waited: float
    seconds: float
    status: int | None
    error: BaseException | None


class CallEvents(Protocol):
    """Is told what the calls do that run, each in the task of its call; must be quick and raise nothing."""

    def sent(self, request: SentRequest) -> None:
        """Told of a request once its reply is there, or cannot come any more."""
        ...

    def using(self, use: ToolUse) -> AbstractContextManager[Callable[[ToolOutput], None]]:
        """The time in which a tool of the caller's runs; what it gives is to be told what the tool gave."""
        ...
