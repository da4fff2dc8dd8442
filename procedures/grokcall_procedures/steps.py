"""The steps of a call: requests to send, waits to keep, and the replies that come back.

A procedure describes its run as a generator. It yields what should happen next and is sent the reply; it never does
input or output itself, so the same steps serve the network, ``EXPLAIN`` and tests.

    def respond(call: BoundCall) -> Steps:
        reply = yield Request("POST", "/responses", body=encode(call), kind=Kind.TEXT, billed=True)
        return [row_of(reply.body)]
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from grokcall_procedures.multipart import Parts
from grokcall_procedures.pieces import Fold

Row: TypeAlias = tuple[object, ...]


class Kind(enum.StrEnum):
    """What a request is for; it decides how long a reply may take."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    POLL = "poll"
    UPLOAD = "upload"
    DOWNLOAD = "download"
    METADATA = "metadata"


class Host(enum.StrEnum):
    """Which of the service's hosts a request is for; each has a key of its own, which no other sees."""

    API = "api"
    MANAGEMENT = "management"


@dataclass(frozen=True, slots=True)
class DownloadTo:
    """Where the body of a reply is written, instead of being held in memory."""

    path: str
    """The file: written aside and renamed when it is whole. One that is there is replaced."""
    check: Callable[[bytes], object] | None = field(default=None, repr=False, compare=False)
    """Looks at the first bytes of it, and raises where they are something else; None for any."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete but for the host and the key."""

    method: str
    path: str
    """Below the base URL (``/responses``); for a download an absolute URL."""
    body: bytes | Parts | None = field(default=None, repr=False)
    """Bytes, or a form that is rendered in blocks, anew for each try."""
    content_type: str = "application/json"
    """That of bytes; a form has its own."""
    kind: Kind = Kind.TEXT
    billed: bool = False
    """Whether an answer costs money: such a request is never sent twice unless the first surely was not served."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further headers; never the key."""
    max_bytes: int | None = None
    """The largest reply to accept; None for the transport's own limit."""
    timeout: float | None = None
    """Seconds to wait for the reply; None for the connection's limit for the kind."""
    fold: Callable[[], Fold] | None = field(default=None, repr=False, compare=False)
    """Makes what folds the reply where it comes in pieces, anew for each try; None where it comes whole only."""
    once: bool = False
    """Whether it is never sent again once it may have been served, because it would make the same thing twice."""
    lasting: bool = False
    """Whether a journal keeps its reply as soon as it is there, so that a rerun goes on from it."""
    undoes: bool = False
    """Whether it removes what earlier requests of the call have made, whose replies a journal then keeps no more."""
    tool_secrets: tuple[str, ...] = ()
    """The environment variables that the tools in the body name, whose values are put in when it is sent."""
    unfetched: frozenset[int] = frozenset()
    """The statuses that say that the service could not fetch what the request names."""
    to: DownloadTo | None = None
    """Where the body of the reply goes, which is then empty; None to hold it."""
    host: Host = Host.API
    """Where it goes."""
    further: bool = False
    """Whether it is asked for beside what was reserved for the call, so that it is reserved for when it comes."""
    earlier_tokens: int | None = None
    """How many tokens the conversation has that the service adds; None where that is not known."""
    held: bool = False
    """Whether its reply holds for as long as the connection, so that it is asked for once."""
    stand_in: bytes | None = field(default=None, repr=False)
    """What EXPLAIN takes for its reply, to show what follows; None where that cannot be shown."""

    @property
    def plain_body(self) -> bytes | None:
        """The body where it is bytes; None for a form, and for none."""
        return self.body if isinstance(self.body, bytes) else None

    @property
    def body_type(self) -> str:
        """The content type of the body."""
        return self.body.content_type if isinstance(self.body, Parts) else self.content_type


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call of a tool of the client's, as the model wrote it."""

    tool: str
    arguments: str = field(repr=False)
    """A JSON object; a model may write something else."""


@dataclass(frozen=True, slots=True)
class Use:
    """Run these tools, all at once; the reply's body has what they gave, in their order."""

    uses: tuple[ToolUse, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this many seconds before the next step."""

    seconds: float
    note: str = ""
    """What is waited for, in a few words."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the result that are there before its end, so that what they were read from need not be held."""

    rows: list[Row] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell whoever made the call something that the reply said."""

    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply with a status below 400."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)


Step: TypeAlias = Request | Use | Rows | Pause | Notice
Steps: TypeAlias = Generator[Step, Reply | None, list[Row]]
"""Yields steps; is sent a Reply after a Request or a Use, else None; returns the rows that it has not handed on before.

An error reply (status 400 or above) is thrown into the generator at the ``yield`` as the connector's error, so that
``try … finally`` can clean up, for instance delete an uploaded file.
"""


def reply_of(reply: Reply | None) -> Reply:
    """The reply to a request; a driver that sends none back is at fault."""
    if reply is None:
        raise TypeError("a request needs its reply sent back into the steps")
    return reply
