"""One request and its reply, in the way that the request and the connection have it received."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from grokcall.client.receiving import Receiving, received
from grokcall.client.saving import saved
from grokcall.errors import MediaError, ServiceError
from grokcall.http.request_bodies import FormBody, takes_blocks
from grokcall.http.transport import HttpRequest, HttpResponse, Transport
from grokcall_procedures import Request


async def exchanged(
    transport: Transport, request: Request, on_the_wire: HttpRequest, how: Receiving, secret: str
) -> HttpResponse:
    """The reply to a request: whole, in a file, or folded from its pieces.

    Args:
        transport: Where it goes. One that takes no bodies in blocks is given bytes.
        request: What the call asks.
        on_the_wire: The same as it is sent.
        how: How replies are received.
        secret: The key, which no piece shows.
    """
    if isinstance(on_the_wire.body, FormBody) and not takes_blocks(transport):
        on_the_wire = replace(on_the_wire, body=await asyncio.to_thread(on_the_wire.body.whole))
    if request.to is not None:
        return await saved(transport, on_the_wire, request.to)
    if request.fold is None or not how.streamed or (how.tell is None and not request.billed):
        return await transport.send(on_the_wire)
    return await received(transport, on_the_wire, request.fold(), how.tell, secret)


def unfetched(refusal: ServiceError | None, request: Request) -> ServiceError | MediaError | None:
    """A refusal, or what it says of an address in the request that the service could not fetch."""
    if refusal is None or refusal.status not in request.unfetched:
        return refusal
    told = f"the service could not fetch the address (HTTP {refusal.status}): {refusal}; see that it is open to all"
    return MediaError(told, request_id=refusal.request_id)
