"""From an HTTP request to a reply and back: what every endpoint has in common."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import parse_qs
from uuid import uuid4

import msgspec
from starlette.types import Receive, Scope, Send

from grokcall.sandbox.engine import Engine
from grokcall.sandbox.errors import ApiError, undeserializable
from grokcall.sandbox.keys import check_key
from grokcall.sandbox.ledger import Entry

MAX_JSON_BYTES = 100 * 1024 * 1024
JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
EVENTS = b"text/event-stream; charset=utf-8"

# The engine has no limits of its own; these only give clients the headers that they look for.
_LIMIT_REQUESTS = 1_000_000
_LIMIT_TOKENS = 10_000_000_000

T = TypeVar("T")


class Call:
    """One request, read whole."""

    def __init__(self, engine: Engine, scope: Scope, body: bytes, started: float) -> None:
        self.engine = engine
        self.body = body
        self.started = started
        self.path: str = scope["path"]
        self.method: str = scope["method"]
        self.parameters: Mapping[str, str] = scope.get("path_params", {})
        self.headers = dict(scope["headers"])
        self.id = str(uuid4())
        self._query: bytes = scope["query_string"]

    @cached_property
    def body_hash(self) -> bytes:
        """SHA-256 of the body."""
        return hashlib.sha256(self.body).digest()

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters; the last one wins where a name is repeated."""
        return {name: values[-1] for name, values in parse_qs(self._query.decode("latin-1")).items()}

    def header(self, name: bytes) -> str:
        """The header of that lower-case name; empty when it is not there."""
        return str(self.headers.get(name, b"").decode("latin-1"))

    def link(self, path: str) -> str:
        """The full address of a path on this server, as the client knows the server."""
        return f"http://{self.header(b'host')}{path}"

    def decode(self, decoder: "msgspec.json.Decoder[T]") -> T:
        """The JSON body in the decoder's type.

        Raises:
            ApiError: 415 when it is not sent as JSON, 422 when it does not fit.
        """
        kind = self.header(b"content-type")
        if not kind.lower().startswith("application/json"):
            raise ApiError(415, "Expected request with `Content-Type: application/json`", plain=True)
        try:
            return decoder.decode(self.body)
        except msgspec.ValidationError as problem:
            raise undeserializable(_like_serde(str(problem))) from problem
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise ApiError(422, f"Failed to parse the request body as JSON: {problem}", plain=True) from problem


@dataclass(slots=True)
class Reply:
    """What goes back: bytes, or parts of an event stream."""

    content: bytes | list[bytes]
    status: int = 200
    content_type: bytes = JSON
    ticks: int = 0
    model: str = ""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


Handler = Callable[[Call], Awaitable[Reply]]
HeaderMaker = Callable[[Call], list[tuple[bytes, bytes]]]


def json_reply(value: Any, **settings: Any) -> Reply:
    """A reply with a JSON body; further settings go to `Reply`."""
    return Reply(msgspec.json.encode(value), **settings)


def plain_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Headers of files, account and polling."""
    trace = call.id.replace("-", "")
    return [
        (b"traceparent", f"00-{trace}-{trace[:16]}-00".encode()),
        (b"x-zero-data-retention", b"false"),
        (b"x-data-retention", b"general"),
    ]


def media_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Headers of pictures and of starting a video."""
    return [
        *plain_headers(call),
        (b"x-request-id", call.id.encode()),
        (b"x-ratelimit-limit-requests", b"%d" % _LIMIT_REQUESTS),
        (b"x-ratelimit-remaining-requests", b"%d" % (_LIMIT_REQUESTS - 1)),
        (b"x-metrics-e2e-ms", _milliseconds(call)),
    ]


def text_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Headers of text generation."""
    elapsed = _milliseconds(call)
    return [
        *media_headers(call),
        (b"x-ratelimit-limit-tokens", b"%d" % _LIMIT_TOKENS),
        (b"x-ratelimit-remaining-tokens", b"%d" % (_LIMIT_TOKENS - len(call.body))),
        (b"x-metrics-ttft-ms", elapsed),
        (b"x-metrics-mean-itl-ms", b"0.05"),
    ]


def voice_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """Headers of speech."""
    return [(b"x-trace-id", call.id.encode()), (b"x-zero-data-retention", b"false"), (b"x-data-retention", b"general")]


class Endpoint:
    """An endpoint as an ASGI application: reads, checks the key, handles, bills, answers.

    Args:
        engine: What it works on.
        handler: What it does.
        headers: What its replies carry besides the content's own headers.
        open_to_all: True where no key is asked for.
        limit: The most bytes of body to take.
    """

    def __init__(
        self,
        engine: Engine,
        handler: Handler,
        headers: HeaderMaker = plain_headers,
        open_to_all: bool = False,
        limit: int = MAX_JSON_BYTES,
    ) -> None:
        self._engine = engine
        self._handler = handler
        self._headers = headers
        self._open = open_to_all
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        body, complete = await _read_body(receive, self._limit)
        call = Call(self._engine, scope, body, started)
        try:
            if not complete:
                raise ApiError(413, f"The request body exceeds {self._limit} bytes.", "request-too-large")
            reply = await self._answer(call)
            entry = self._bill(call, reply.model, reply.ticks)
            reply.headers += self._headers(call)
        except ApiError as refusal:
            entry = self._bill(call, "", refusal.ticks)
            reply = _refusal_reply(refusal)
            reply.headers += self._headers(call) if refusal.identified else plain_headers(call)
        if call.method == "POST" and self._engine.latency:
            await asyncio.sleep(self._engine.latency)
        reply = await self._engine.profile.before_answering(call, reply)
        await _send_reply(reply, send)
        if entry is not None:
            entry.answered = True

    async def _answer(self, call: Call) -> Reply:
        if not self._open:
            check_key(call.header(b"authorization"))
        return await self._engine.profile.before_handling(call) or await self._handler(call)

    def _bill(self, call: Call, model: str, ticks: int) -> Entry | None:
        if ticks == 0:
            return None
        return self._engine.ledger.add(Entry(time.time(), call.path, model, call.body_hash, ticks, call.id))


async def not_found_route(scope: Scope, _receive: Receive, send: Send) -> None:
    """The 404 for a path that no endpoint has."""
    if scope["type"] != "http":
        return
    refusal = ApiError(
        404, "No handler found on route. Please check the URL and the HTTP method of your request.", "not-found"
    )
    await _send_reply(_refusal_reply(refusal), send)


async def method_not_allowed(_scope: Scope, _receive: Receive, send: Send) -> None:
    """The 405 for a path that does not take the method."""
    await _send_reply(Reply(b"Method Not Allowed", 405, TEXT), send)


async def _read_body(receive: Receive, limit: int) -> tuple[bytes, bool]:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body, len(body) <= limit
    parts, size = [body], len(body)
    while message.get("more_body"):
        message = await receive()
        size += len(message.get("body", b""))
        if size <= limit:
            parts.append(message.get("body", b""))
    return b"".join(parts), size <= limit


async def _send_reply(reply: Reply, send: Send) -> None:
    headers = [(b"content-type", reply.content_type), *reply.headers]
    if isinstance(reply.content, bytes):
        headers.append((b"content-length", b"%d" % len(reply.content)))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.content})
        return
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    for part in reply.content:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _refusal_reply(refusal: ApiError) -> Reply:
    if refusal.plain:
        return Reply(refusal.message.encode(), refusal.status, TEXT)
    body: dict[str, object] = {"error": refusal.message}
    if refusal.code is not None:
        body = {"code": refusal.code, **body}
    if refusal.ticks:
        body["usage"] = {"cost_in_usd_ticks": refusal.ticks}
    return json_reply(body, status=refusal.status)


def _like_serde(problem: str) -> str:
    what, _, place = problem.partition(" - at `")
    place = place.rstrip("`").removeprefix("$").removeprefix(".")
    what = what[:1].lower() + what[1:]
    return f"{place}: {what}" if place else what


def _milliseconds(call: Call) -> bytes:
    return b"%.3f" % ((time.perf_counter() - call.started) * 1000)
