"""What goes back to a client: content, status, headers, and how it is to travel."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec

from grokcall_sandbox.billing_log import Entry
from grokcall_sandbox.errors import ApiError

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
HTML = b"text/html; charset=utf-8"
EVENTS = b"text/event-stream; charset=utf-8"

Ending = Literal["keep", "close", "reset"]


@dataclass(frozen=True, slots=True)
class Pause:
    """A silence in the midst of an event stream.

    Attributes:
        events: So many events come before it.
        seconds: How long it is.
    """

    events: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a reply travels.

    Attributes:
        head: False to send not even the status line.
        share: The part of the body that is sent, from 0 to 1.
        silence: Seconds between the head and the first of an event stream, in which comments keep it alive.
        seconds: How long the body takes to be sent.
        pause: A silence in the midst of the body; None for none.
        ending: `keep` for a reply sent whole; `close` and `reset` end the connection once `share` was sent.
    """

    head: bool = True
    share: float = 1.0
    silence: float = 0.0
    seconds: float = 0.0
    pause: Pause | None = None
    ending: Ending = "keep"


_WHOLE = Delivery()


@dataclass(slots=True)
class Reply:
    """What goes back: bytes, or the parts of an event stream.

    Attributes:
        content: The body.
        status: The HTTP status.
        content_type: What the body is.
        ticks: What the call costs; it is billed when that is more than nothing.
        model: The id of the model that is billed.
        tokens: The tokens it took, for limits of tokens per minute.
        headers: More headers.
        identified: False where the service tells nothing of the request in headers, not even its id.
        used_tools: True for an answer for which tools ran on the server.
        delivery: How it travels.
        settles: Entries of the ledger, billed earlier, that this reply brings the answers to.
        lost: True where it stands for an answer that was made and does not come.
    """

    content: bytes | list[bytes]
    status: int = 200
    content_type: bytes = JSON
    ticks: int = 0
    model: str = ""
    tokens: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    identified: bool = True
    used_tools: bool = False
    delivery: Delivery = _WHOLE
    settles: list[Entry] = field(default_factory=list)
    lost: bool = False


async def hold_back(reply: Reply, seconds: float) -> Reply:
    """The reply after so many seconds; an event stream at once, to be silent for as long once it is open."""
    if reply.content_type != EVENTS or not seconds:
        await asyncio.sleep(seconds)
        return reply
    return replace(reply, delivery=replace(reply.delivery, silence=reply.delivery.silence + seconds))


def json_reply(value: Any, **settings: Any) -> Reply:
    """A reply with a JSON body; further settings go to `Reply`."""
    return Reply(msgspec.json.encode(value), **settings)


def refusal_reply(refusal: ApiError, always_json: bool = False) -> Reply:
    """A refusal as the service words it: JSON with a code, JSON without one, or plain text.

    Args:
        refusal: What is refused, and why.
        always_json: True for endpoints that complain in JSON of a body that does not fit, where others do in text.
    """
    settings: dict[str, Any] = {
        "status": refusal.status,
        "ticks": refusal.ticks,
        "headers": list(refusal.headers),
        "identified": refusal.identified,
    }
    if refusal.plain and always_json and refusal.status == 422:
        return json_reply({"error": refusal.message}, **settings)
    if refusal.plain:
        return Reply(refusal.message.encode(), content_type=TEXT, **settings)
    return json_reply(refusal_body(refusal), **settings)


def refusal_body(refusal: ApiError) -> dict[str, object]:
    """The JSON body of a refusal."""
    body: dict[str, object] = {"error": refusal.message}
    if refusal.code is not None:
        body = {"code": refusal.code, **body}
    if refusal.ticks:
        body["usage"] = {"cost_in_usd_ticks": refusal.ticks}
    return body
