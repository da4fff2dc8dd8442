"""What every fault is: something that strikes some requests, at one of five moments."""

from collections.abc import Sequence
from random import Random
from typing import TypeAlias

from grokcall_sandbox.faults.options import Given
from grokcall_sandbox.replies import Reply
from grokcall_sandbox.request import SandboxRequest

TEXT_PATHS = frozenset(
    ["/v1/responses", "/v1/responses/compact", "/v1/chat/completions", "/v1/completions", "/v1/messages"]
)
PICTURE_PATHS = frozenset(["/v1/images/generations", "/v1/images/edits"])
VIDEO_PATHS = frozenset(["/v1/videos/generations", "/v1/videos/edits", "/v1/videos/extensions"])
MEDIA_PATHS = PICTURE_PATHS | VIDEO_PATHS | {"/v1/tts", "/v1/stt"}
SEARCH_PATHS = frozenset(["/v1/documents/search"])
_PATHS = {"text": TEXT_PATHS, "media": MEDIA_PATHS, "posts": TEXT_PATHS | MEDIA_PATHS | SEARCH_PATHS}
_LINKS = "/media/"
SOCKET = "SOCKET"
"""What stands in the place of a method where a socket is opened."""


class Fault:
    """A fault as it was configured. Each moment does nothing until a kind of fault overrides it.

    Args:
        given: Its options. All kinds know `on` (the requests it may strike), `share` (of them), `skip` (so many at
            first) and `times` (so often at most), where their table lists them.
    """

    in_batches = False
    """Whether the requests of a batch meet it, too."""

    def __init__(self, given: Given) -> None:
        self._on = given.word("on", "posts")
        self._share = given.number("share", 1.0)
        self._skip = given.count("skip")
        self._times = given.count("times")
        self._struck = 0

    def concerns(self, method: str, path: str) -> bool:
        """True for requests that it may strike; those that open sockets have faults of their own."""
        if method == SOCKET:
            return False
        match self._on:
            case "all":
                return path.startswith(("/v1/", _LINKS))
            case "links":
                return path.startswith(_LINKS)
            case _:
                return method == "POST" and path in _PATHS[self._on]

    def strikes(self, count: int, dice: Random) -> bool:
        """Decides about the request that is the `count`-th (from 1) of those it concerns."""
        if count <= self._skip or (self._times and self._struck >= self._times) or dice.random() >= self._share:
            return False
        self._struck += 1
        return True

    async def before_reading(self, call: SandboxRequest, dice: Random, /) -> None:
        """When the request's head is there; may raise `ConnectionCut` or an `ApiError`."""

    async def before_handling(self, call: SandboxRequest, dice: Random, /) -> None:
        """When the body was read and the key accepted; may raise `ConnectionCut` or an `ApiError`."""

    def after_handling(self, call: SandboxRequest, reply: Reply, /) -> None:
        """When the request was handled without a refusal."""

    async def before_answering(self, _call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """When the reply is ready and billed; what it gives is sent."""
        return reply

    async def before_sending(self, sent: int, /) -> None:
        """Before an event goes over a socket, over which so many have gone; may raise a `SocketBreak`."""


Strikes: TypeAlias = Sequence[tuple[Fault, Random]]
"""The faults that strike a request, each with the dice it has for it."""


class Profile:
    """Faults that are brought in together.

    Whether a fault strikes a request, and how, depends on the seed, on the fault's place, and on how many requests it
    was asked about before.
    """

    def __init__(self, faults: Sequence[Fault] = (), seed: int = 0) -> None:
        self._faults = tuple(faults)
        self._counts = [0] * len(self._faults)
        self._seed = seed

    def strike(self, call: SandboxRequest, batched: bool = False) -> Strikes:
        """The faults that strike a request, in the order they were named.

        Args:
            call: The request.
            batched: True for one of a batch, which most faults leave alone.
        """
        struck: list[tuple[Fault, Random]] = []
        for place, fault in enumerate(self._faults):
            if (batched and not fault.in_batches) or not fault.concerns(call.method, call.path):
                continue
            self._counts[place] += 1
            dice = Random(f"{self._seed}:{place}:{self._counts[place]}")  # noqa: S311 - repeatable, not secret
            if fault.strikes(self._counts[place], dice):
                struck.append((fault, dice))
        return struck
