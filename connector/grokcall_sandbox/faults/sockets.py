"""Faults of sockets: of their opening, and of the events that come over them."""

import asyncio
from random import Random

from grokcall_sandbox.errors import ApiError
from grokcall_sandbox.faults.fault import SOCKET, Fault
from grokcall_sandbox.faults.options import Given
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.wire import SocketBreak

_PATHS = {"speech": "/v1/tts", "transcription": "/v1/stt", "talks": "/v1/realtime"}


class SocketFault(Fault):
    """A fault that strikes sockets."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._events = given.count("events")

    def concerns(self, method: str, path: str) -> bool:
        """True for the sockets that it may strike."""
        return method == SOCKET and path == _PATHS.get(self._on, path)


class SocketRefusal(SocketFault):
    """A socket is not opened; what would have opened it is answered with a refusal."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._status = given.count("status")
        self._headers = given.retry_after

    async def before_handling(self, _call: SandboxRequest, _dice: Random, /) -> None:
        """Refuse."""
        raise ApiError(self._status, "The socket is refused on purpose.", "unavailable", headers=self._headers)


class SocketCut(SocketFault):
    """The connection of a socket is cut after so many events, with no word of closing."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._is_reset = given.word("how") == "reset"

    async def before_sending(self, sent: int, /) -> None:
        """Cut."""
        if sent >= self._events:
            raise SocketBreak(reset=self._is_reset)


class SocketError(SocketFault):
    """After so many events comes one that tells of an error, and the socket is closed."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._code = given.word("code")

    async def before_sending(self, sent: int, /) -> None:
        """Fail."""
        if sent >= self._events:
            raise SocketBreak(error={"message": "The socket failed on purpose.", "code": self._code}, code=1011)


class SocketClose(SocketFault):
    """After so many events the service closes the socket."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._code = given.count("code")

    async def before_sending(self, sent: int, /) -> None:
        """Close."""
        if sent >= self._events:
            raise SocketBreak(code=self._code)


class SocketSilence(SocketFault):
    """After so many events nothing comes over a socket for a while."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._seconds = given.number("seconds")

    async def before_sending(self, sent: int, /) -> None:
        """Be silent, once."""
        if sent == self._events:
            await asyncio.sleep(self._seconds)
