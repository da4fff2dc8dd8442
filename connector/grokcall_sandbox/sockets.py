"""From the upgrade of a connection to the end of a socket: what every socket has in common."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from grokcall_sandbox.billing_log import Entry
from grokcall_sandbox.errors import ApiError
from grokcall_sandbox.faults.fault import SOCKET, Strikes
from grokcall_sandbox.headers import GATEWAY
from grokcall_sandbox.keys import check_key
from grokcall_sandbox.replies import Reply, refusal_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.traffic import Passage
from grokcall_sandbox.wire import SocketBreak, end_connection, transport_of

NORMAL, FAILED = 1000, 1011
SUBPROTOCOL = "xai-client-secret."
TALKS = "/v1/realtime"
"""The socket that a token opens as well as a key."""


class SocketSession:
    """One open socket.

    Attributes:
        call: The request that opened it.
        state: What the sandbox holds.
        model: The id of the model that is billed.
    """

    def __init__(self, call: SandboxRequest, socket: WebSocket, strikes: Strikes = ()) -> None:
        self.call = call
        self.state: SandboxState = call.state
        self._socket = socket
        self.model = ""
        self._entry: Entry | None = None
        self._strikes = strikes
        self._sent = 0
        self._sending = asyncio.Lock()
        self._broken: asyncio.Future[SocketBreak] = asyncio.get_running_loop().create_future()

    async def served(self, serve: "Serve") -> SocketBreak | None:
        """Serve the socket to its end; gives how a fault has ended it, if one has.

        What serves it may send from several tasks: whichever of them is struck, the socket ends.
        """
        serving: asyncio.Future[Any] = asyncio.ensure_future(serve(self))
        try:
            await asyncio.wait((serving, self._broken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            serving.cancel()  # does nothing to what is over
        if self._broken.done():
            await asyncio.gather(serving, return_exceptions=True)
            return self._broken.result()
        self._broken.cancel()
        serving.result()
        return None

    async def receive(self) -> dict[str, Any] | bytes:
        """The next message: bytes as they are, a text as the JSON object that it is.

        Raises:
            WebSocketDisconnect: The client has left.
            ApiError: The text is no JSON object.
        """
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", NORMAL))
        data = message.get("bytes")
        if data is not None:
            return bytes(data)
        try:
            document = msgspec.json.decode(message.get("text") or "")
        except msgspec.DecodeError as problem:
            raise ApiError(400, f"Failed to parse the message as JSON: {problem}", None) from problem
        if not isinstance(document, dict):
            raise ApiError(400, "The message must be a JSON object.", None)
        return document

    async def send(self, document: Mapping[str, Any]) -> None:
        """Send a JSON object.

        Raises:
            WebSocketDisconnect: The client has left.
        """
        async with self._sending:  # a silence is one for all that send
            try:
                for fault, _ in self._strikes:
                    await fault.before_sending(self._sent)
            except SocketBreak as broken:
                if not self._broken.done():
                    self._broken.set_result(broken)
                raise WebSocketDisconnect(FAILED) from None
            self._sent += 1
            await self._socket.send_text(json.dumps(document, ensure_ascii=False))

    def bill(self, ticks: int) -> None:
        """Charge for what came; a socket is one entry of the ledger."""
        if not ticks:
            return
        if self._entry is None:
            entry = Entry(time.time(), self.call.path, self.model, self.call.body_hash, ticks, self.call.id, True)
            self._entry = self.state.ledger.add(entry)
        else:
            self.state.ledger.extend(self._entry, ticks)


Serve = Callable[[SocketSession], Awaitable[None]]
Open = Callable[[SandboxRequest], Serve]
"""Looks at the address of a socket, which it may refuse, and gives what serves it."""


class SocketEndpoint:
    """The endpoint of a socket as an ASGI application: checks the key, accepts, serves, bills.

    Args:
        state: What it works on.
        opening: Looks at the address, and gives what serves the socket.
    """

    def __init__(self, state: SandboxState, opening: Open) -> None:
        self._state = state
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        call = SandboxRequest(self._state, {**scope, "method": SOCKET}, time.perf_counter())
        strikes = self._state.profile.strike(call)
        socket = WebSocket(scope, receive, send)
        passage = Passage(self._state.traffic)
        try:
            try:
                protocol = self._token(scope)
                authorization = call.header(b"authorization")
                if protocol is None:
                    check_key(authorization)
                self._state.team.check(authorization, self._state.ledger.total_ticks)
                for fault, dice in strikes:
                    await fault.before_handling(call, dice)
                serve = self._opening(call)
            except ApiError as refusal:
                reply = refusal_reply(refusal)
                passage.leave(str(reply.status))
                await turn_away(socket, reply)
                return
            await socket.accept(protocol)
            if await self._serve(SocketSession(call, socket, strikes), socket, serve, transport_of(scope)):
                passage.leave("101")
        finally:
            passage.leave("cut")

    def _token(self, scope: Scope) -> str | None:
        """The sub-protocol that is a token; None where a key is to open the socket.

        Raises:
            ApiError: 401 for a token that was never given, or is over.
        """
        offered: list[str] = scope.get("subprotocols", []) if scope["path"] == TALKS else []
        protocol = next((each for each in offered if each.startswith(SUBPROTOCOL)), None)
        if protocol is None:
            return None
        if self._state.realtime_tokens.get(protocol.removeprefix(SUBPROTOCOL), 0.0) < time.time():
            raise ApiError(401, "The client secret is invalid or has expired.", "unauthenticated")
        return protocol

    async def _serve(
        self, session: SocketSession, socket: WebSocket, serve: Serve, transport: asyncio.Transport | None
    ) -> bool:
        """Serve it; gives whether it came to its end without being cut."""
        try:
            broken = await session.served(serve)
            if broken is None:
                broken = SocketBreak(code=NORMAL)
        except WebSocketDisconnect:
            return True
        except ApiError as refusal:
            broken = SocketBreak(error={"message": refusal.message}, code=FAILED)
        if broken.code is None:
            end_connection(transport, broken.reset)
            return False
        with suppress(WebSocketDisconnect):  # the client may leave at the same moment
            if socket.application_state is WebSocketState.CONNECTED:
                if broken.error is not None:
                    await socket.send_text(json.dumps({"type": "error", **broken.error}))
                await socket.close(broken.code)
        return True


async def turn_away(socket: WebSocket, reply: Reply) -> None:
    """Answer the upgrade with a refusal."""
    body = reply.content if isinstance(reply.content, bytes) else b"".join(reply.content)
    headers = {name.decode(): value.decode() for name, value in (*reply.headers, *GATEWAY)}
    answer = Response(body, reply.status, headers, reply.content_type.decode())
    await socket.send_denial_response(answer)
