"""From the upgrade of a connection to the end of a socket: what every socket has in common."""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from grokcall_sandbox.billing_log import Entry
from grokcall_sandbox.errors import ApiError
from grokcall_sandbox.headers import GATEWAY
from grokcall_sandbox.keys import check_key
from grokcall_sandbox.replies import Reply, refusal_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.traffic import Passage

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

    def __init__(self, call: SandboxRequest, socket: WebSocket) -> None:
        self.call = call
        self.state: SandboxState = call.state
        self._socket = socket
        self.model = ""
        self._entry: Entry | None = None

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
        call = SandboxRequest(self._state, {**scope, "method": "GET"}, time.perf_counter())
        socket = WebSocket(scope, receive, send)
        passage = Passage(self._state.traffic)
        try:
            try:
                protocol = self._token(scope)
                authorization = call.header(b"authorization")
                if protocol is None:
                    check_key(authorization)
                self._state.team.check(authorization, self._state.ledger.total_ticks)
                serve = self._opening(call)
            except ApiError as refusal:
                reply = refusal_reply(refusal)
                passage.leave(str(reply.status))
                await turn_away(socket, reply)
                return
            await socket.accept(protocol)
            await self._serve(SocketSession(call, socket), socket, serve)
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

    async def _serve(self, session: SocketSession, socket: WebSocket, serve: Serve) -> None:
        code = NORMAL
        try:
            await serve(session)
        except WebSocketDisconnect:
            return
        except ApiError as refusal:
            code = FAILED
            await session.send({"type": "error", "message": refusal.message})
        if socket.application_state is WebSocketState.CONNECTED:
            await socket.close(code)


async def turn_away(socket: WebSocket, reply: Reply) -> None:
    """Answer the upgrade with a refusal."""
    body = reply.content if isinstance(reply.content, bytes) else b"".join(reply.content)
    headers = {name.decode(): value.decode() for name, value in (*reply.headers, *GATEWAY)}
    answer = Response(body, reply.status, headers, reply.content_type.decode())
    await socket.send_denial_response(answer)
