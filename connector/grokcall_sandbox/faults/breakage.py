"""Faults of the service and of the way to it: errors, cut connections, and replies that cannot be read."""

from dataclasses import dataclass, replace
from random import Random

from grokcall_sandbox.errors import ApiError
from grokcall_sandbox.faults.fault import Fault
from grokcall_sandbox.faults.options import Given
from grokcall_sandbox.replies import EVENTS, HTML, JSON, Ending, Reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.wire import ConnectionCut

_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Please wait.</body></html>"


@dataclass(frozen=True, slots=True)
class _Failure:
    """One way to fail; plain text comes from what stands before the service, JSON from itself."""

    status: int
    message: str
    code: str | None = None


_FAILURES = (
    _Failure(500, "Internal server error", "internal"),
    _Failure(502, "error code: 502"),
    _Failure(503, "The service is currently unavailable", "unavailable"),
    _Failure(503, "upstream connect error or disconnect/reset before headers. reset reason: connection termination"),
    _Failure(504, "error code: 504"),
    _Failure(520, "error code: 520"),
    _Failure(529, "The model is overloaded", "overloaded"),
)


class ServerErrors(Fault):
    """Some requests fail on the service's side, unhandled and unbilled."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._burst = given.count("burst")
        self._left = 0
        wanted = given.count("status")
        self._failures = [failure for failure in _FAILURES if wanted in (0, failure.status)] or [
            _Failure(wanted, f"error code: {wanted}")
        ]

    def strikes(self, count: int, dice: Random) -> bool:
        """Strikes a whole burst of requests once it strikes one."""
        if self._left > 0:
            self._left -= 1
            return True
        struck = super().strikes(count, dice)
        self._left = self._burst - 1 if struck else 0
        return struck

    async def before_handling(self, _call: SandboxRequest, dice: Random, /) -> None:
        """Fail."""
        failure = dice.choice(self._failures)
        plain = failure.code is None
        raise ApiError(failure.status, failure.message, failure.code, plain=plain, identified=not plain)


class CutBefore(Fault):
    """The connection is cut before the request was handled, so nothing is billed."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._at = given.word("at")
        self._reset = given.word("how") == "reset"

    async def before_reading(self, _call: SandboxRequest, _dice: Random, /) -> None:
        """Cut with the body unread."""
        if self._at == "head":
            raise ConnectionCut(self._reset)

    async def before_handling(self, _call: SandboxRequest, _dice: Random, /) -> None:
        """Cut with the body read."""
        raise ConnectionCut(self._reset)


class CutAfter(Fault):
    """The request is handled and billed, but the connection is cut before the reply was sent, or in its middle."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._sent = given.number("sent")
        self._ending: Ending = "reset" if given.word("how") == "reset" else "close"

    async def before_answering(self, _call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """Have the reply break off."""
        if reply.status >= 300:
            return reply
        way = replace(reply.delivery, head=self._sent > 0, share=self._sent, ending=self._ending)
        return replace(reply, delivery=way)


class GatewayTimeout(Fault):
    """The request is handled and billed, but what stands before the service has stopped waiting for the answer."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        wanted = given.count("status")
        self._statuses = (wanted,) if wanted else (408, 504, 524)

    async def before_answering(self, _call: SandboxRequest, reply: Reply, dice: Random, /) -> Reply:
        """Put the gateway's own words in the reply's place."""
        if reply.status >= 300:
            return reply
        status = dice.choice(self._statuses)
        page = f"<html><head><title>{status}: A timeout occurred</title></head></html>".encode()
        return replace(reply, status=status, content=page, content_type=HTML, headers=[], lost=True)


class Truncated(Fault):
    """The reply says that it is longer than what comes; then the connection is closed in good order."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._sent = given.number("sent")

    async def before_answering(self, _call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """Leave out the end."""
        if reply.status >= 300:
            return reply
        return replace(reply, delivery=replace(reply.delivery, share=self._sent, ending="close"))


class Malformed(Fault):
    """The reply comes whole, but is not JSON; audio is left alone."""

    async def before_answering(self, _call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """Break the JSON, in a stream that of one event."""
        if reply.status >= 300:
            return reply
        if isinstance(reply.content, list) and reply.content_type == EVENTS:
            middle = len(reply.content) // 2
            broken = reply.content[middle].rstrip()[:-2] + b"\n\n"
            return replace(reply, content=[*reply.content[:middle], broken, *reply.content[middle + 1 :]])
        if isinstance(reply.content, bytes) and reply.content_type == JSON:
            return replace(reply, content=reply.content[: len(reply.content) // 2])
        return reply


class WrongType(Fault):
    """The reply is a page for people, with status 200."""

    async def before_answering(self, _call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """Put the page in the reply's place."""
        return reply if reply.status >= 300 else replace(reply, content=_PAGE, content_type=HTML)
