"""What guards the sending of requests that cost money, as the client of the API sees it."""

from __future__ import annotations

from typing import Protocol

from grokcall_procedures import Request


class SendGuarding(Protocol):
    """Decides when a call may ask the service for what costs money, and is told what that took."""

    def __call__(self) -> None:
        """Told that a request which costs money is about to go; raises where it must not."""
        ...

    async def ask_further(self, request: Request) -> None:
        """Told that a call needs a further request that costs money; raises where there is no room for it."""
        ...

    def may_wait(self, seconds: float) -> bool:
        """Whether a request may still be sent in so many seconds."""
        ...

    def may_resend(self) -> bool:
        """Whether a request that may have been billed may be sent once more; it counts beside the first."""
        ...

    def answered(self, request: Request, reply: bytes) -> None:
        """Told of the reply to a request that costs money."""
        ...

    def told_later(self, reply: bytes) -> None:
        """Told of the reply to a look at what such a request began."""
        ...
