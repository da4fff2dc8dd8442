"""What goes wrong on purpose: a profile is asked before a request is handled and again before it is answered."""

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from grokcall.sandbox.web import Call, Reply


class Profile(Protocol):
    """Faults to inject. Both hooks may wait, raise an `ApiError`, or give a reply of their own."""

    async def before_handling(self, call: "Call", /) -> "Reply | None":
        """Asked when the request was read; a reply stands in for handling, so nothing is billed."""

    async def before_answering(self, call: "Call", reply: "Reply", /) -> "Reply":
        """Asked when the reply is ready and billed; what it gives is sent."""


class Calm:
    """No faults at all."""

    async def before_handling(self, _call: "Call", /) -> "Reply | None":
        """Let the request through."""
        return None

    async def before_answering(self, _call: "Call", reply: "Reply", /) -> "Reply":
        """Send the reply as it is."""
        return reply


class Latency(Calm):
    """Every reply is held back for 20 to 500 ms, more for some requests than for others, always alike for the same."""

    async def before_answering(self, call: "Call", reply: "Reply", /) -> "Reply":
        """Wait for as long as the request's hash says."""
        await asyncio.sleep(0.02 + 0.48 * call.body_hash[0] / 255)
        return reply


_PROFILES: dict[str, type[Calm]] = {"latency": Latency}


def open_profile(name: str | None) -> Profile:
    """The profile of that name; None gives the one without faults.

    Raises:
        ValueError: The name is not known; the message lists those that are.
    """
    if name is None:
        return Calm()
    if name not in _PROFILES:
        raise ValueError(f"unknown profile {name!r}: known profiles are {', '.join(sorted(_PROFILES))}")
    return _PROFILES[name]()
