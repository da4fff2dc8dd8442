"""From an HTTP request to a reply and back: what every endpoint has in common."""

import time
from collections.abc import Awaitable, Callable

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from grokcall_sandbox.billing_log import Entry
from grokcall_sandbox.errors import ApiError
from grokcall_sandbox.faults.fault import Strikes
from grokcall_sandbox.headers import GATEWAY, HeaderMaker, plain_headers
from grokcall_sandbox.keys import check_key
from grokcall_sandbox.replies import TEXT, Reply, hold_back, refusal_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.sockets import turn_away
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.traffic import Passage
from grokcall_sandbox.wire import ConnectionCut, Wire

MAX_JSON_BYTES = 100 * 1024 * 1024

Handler = Callable[[SandboxRequest], Awaitable[Reply]]


class Endpoint:
    """An endpoint as an ASGI application: reads, checks the key, handles, bills, answers.

    Args:
        state: What it works on.
        handler: What it does.
        headers: What its replies carry besides the content's own headers.
        open_to_all: True where no key is asked for.
        limit: The most bytes of body to take.
    """

    def __init__(
        self,
        state: SandboxState,
        handler: Handler,
        headers: HeaderMaker = plain_headers,
        open_to_all: bool = False,
        limit: int = MAX_JSON_BYTES,
    ) -> None:
        self._state = state
        self._handler = handler
        self._headers = headers
        self._open = open_to_all
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = SandboxRequest(self._state, scope, time.perf_counter())
        wire = Wire(scope, receive, send)
        if not call.path.startswith("/v1/"):
            await self._exchange(call, wire, lambda _outcome: None)
            return
        passage = Passage(self._state.traffic)
        try:
            await self._exchange(call, wire, passage.leave)
        finally:
            passage.leave("cut")

    async def _exchange(self, call: SandboxRequest, wire: Wire, leave: Callable[[str], None]) -> None:
        strikes = self._state.profile.strike(call)
        try:
            reply = await self._reply(call, wire, strikes)
        except ConnectionCut as cut:
            leave("cut")
            await wire.cut(cut.reset)
            return
        billed = self._bill(call, reply)
        if call.method == "POST" and self._state.latency:
            reply = await hold_back(reply, self._state.latency)
        for fault, dice in strikes:
            reply = await fault.before_answering(call, reply, dice)
        reply.headers += [*GATEWAY, *(self._headers(call, reply) if reply.identified else ())]

        def note(reached: bool) -> None:
            leave(str(reply.status) if reply.delivery.head else "cut")
            for entry in (*billed, *reply.settles):
                entry.answered = entry.answered or (reached and not reply.lost)

        await wire.deliver(reply, note)

    async def _reply(self, call: SandboxRequest, wire: Wire, strikes: Strikes) -> Reply:
        try:
            for fault, dice in strikes:
                await fault.before_reading(call, dice)
            call.body, complete = await wire.read(self._limit)
            if not complete:
                raise ApiError(413, f"The request body exceeds {self._limit} bytes.", "request-too-large")
            if not self._open:
                authorization = call.header(b"authorization")
                check_key(authorization)
                self._state.team.check(authorization, self._state.ledger.total_ticks)
            for fault, dice in strikes:
                await fault.before_handling(call, dice)
            reply = await self._handler(call)
        except ApiError as refusal:
            return refusal_reply(refusal, always_json=call.path.startswith("/v1/responses"))
        for fault, _ in strikes:
            fault.after_handling(call, reply)
        return reply

    def _bill(self, call: SandboxRequest, reply: Reply) -> list[Entry]:
        if reply.ticks == 0:
            return []
        entry = Entry(time.time(), call.path, reply.model, call.body_hash, reply.ticks, call.id)
        return [self._state.ledger.add(entry)]


async def not_found_route(scope: Scope, receive: Receive, send: Send) -> None:
    """The 404 for a path that no endpoint has."""
    refusal = ApiError(
        404, "No handler found on route. Please check the URL and the HTTP method of your request.", "not-found"
    )
    if scope["type"] == "websocket":
        await turn_away(WebSocket(scope, receive, send), refusal_reply(refusal))
    if scope["type"] != "http":
        return
    await _turn_away(refusal_reply(refusal), scope, receive, send)


async def method_not_allowed(scope: Scope, receive: Receive, send: Send) -> None:
    """The 405 for a path that does not take the method."""
    await _turn_away(Reply(b"Method Not Allowed", 405, TEXT), scope, receive, send)


async def _turn_away(reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    reply.headers += GATEWAY
    await Wire(scope, receive, send).deliver(reply, lambda _reached: None)
