"""Faults of event streams alone: replies that come whole are left as they are."""

from dataclasses import replace
from random import Random

import msgspec

from grokcall_sandbox.faults.fault import Fault
from grokcall_sandbox.faults.options import Given
from grokcall_sandbox.replies import EVENTS, Ending, Pause, Reply
from grokcall_sandbox.request import SandboxRequest

_LAST = (b'"type":"response.completed"', b'"type":"response.incomplete"', b'"type":"message_stop"', b"data: [DONE]")
_REASONED = b'"finish_reason":"'
_LINE_ENDS = {"lf": b"\n", "cr": b"\r", "crlf": b"\r\n"}


def is_stream(reply: Reply) -> bool:
    """Whether a reply comes as events, and not as the one that refuses."""
    return reply.status < 300 and reply.content_type == EVENTS and isinstance(reply.content, list)


class StreamFault(Fault):
    """A fault that strikes event streams; it changes their frames."""

    async def before_answering(self, _call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """Change the stream."""
        if not is_stream(reply):
            return reply
        assert isinstance(reply.content, list)
        return self.changed(reply, reply.content)

    def changed(self, reply: Reply, frames: list[bytes], /) -> Reply:
        """The reply with other frames, or another way to travel."""
        raise NotImplementedError


class StreamCut(StreamFault):
    """The connection is cut after so many events; billed."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._events = given.count("events")
        self._ending: Ending = "reset" if given.word("how") == "reset" else "close"

    def changed(self, reply: Reply, frames: list[bytes], /) -> Reply:
        """Send the first events, then cut."""
        kept = frames[: min(self._events, len(frames) - 1)]
        return replace(reply, content=kept, delivery=replace(reply.delivery, share=1.0, ending=self._ending))


class StreamError(StreamFault):
    """After so many events comes one that says that the stream has failed."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._events = given.count("events")
        self._code = given.word("code")

    def after_handling(self, _call: SandboxRequest, reply: Reply, /) -> None:
        """Bill nothing where nothing was written."""
        if not self._events and is_stream(reply):
            reply.ticks = 0

    def changed(self, reply: Reply, frames: list[bytes], /) -> Reply:
        """Put the error in the place of the rest."""
        body = {"type": "error", "code": self._code, "message": "The stream failed on purpose.", "param": None}
        error = b"event: error\ndata: " + msgspec.json.encode(body) + b"\n\n"
        return replace(reply, content=[*frames[: self._events], error], lost=True)


class StreamSilence(StreamFault):
    """After so many events nothing comes for a while, not even a comment."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._pause = Pause(given.count("events"), given.number("seconds"))

    def changed(self, reply: Reply, _frames: list[bytes], /) -> Reply:
        """Be silent in the midst of it."""
        return replace(reply, delivery=replace(reply.delivery, pause=self._pause))


class StreamLines(StreamFault):
    """The same events with other line ends, or in pieces of so many bytes."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._end = _LINE_ENDS[given.word("ends")]
        self._size = given.count("split")

    def changed(self, reply: Reply, frames: list[bytes], /) -> Reply:
        """Write it in another way."""
        if not self._size:
            return replace(reply, content=[frame.replace(b"\n", self._end) for frame in frames])
        whole = b"".join(frames).replace(b"\n", self._end)
        pieces = [whole[start : start + self._size] for start in range(0, len(whole), self._size)]
        return replace(reply, content=pieces)


class StreamUnended(StreamFault):
    """The stream ends in good order, without what says that it is whole; billed."""

    def changed(self, reply: Reply, frames: list[bytes], /) -> Reply:
        """Leave out the last events."""
        kept = [frame for frame in frames if not any(mark in frame for mark in (*_LAST, _REASONED))]
        rest = [frame for frame in kept if b'"type":"message_delta"' not in frame]
        return replace(reply, content=rest, lost=True)
