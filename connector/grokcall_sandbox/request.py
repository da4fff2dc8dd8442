"""One request, as the endpoints see it."""

import hashlib
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qs
from uuid import uuid4

import msgspec
from starlette.types import Scope

from grokcall_sandbox.errors import ApiError, undeserializable
from grokcall_sandbox.fault_effects import FaultEffects, Quota
from grokcall_sandbox.replies import JSON
from grokcall_sandbox.state import SandboxState

T = TypeVar("T")


_UNLIMITED = Quota()
_FREE = FaultEffects()


class SandboxRequest:
    """One request.

    Attributes:
        state: What it works on.
        body: The body, once it was read.
        started: When it arrived, in seconds of the performance counter.
        path: The path, such as `/v1/responses`.
        method: The HTTP method.
        parameters: What stands in the path's places.
        headers: The headers by lower-case name.
        id: The id its reply carries.
        quota: What the rate-limit headers say; None for none.
        steering: What a fault wants of the answer.
    """

    def __init__(self, state: SandboxState, scope: Scope, started: float, body: bytes = b"") -> None:
        self.state = state
        self.body = body
        self.started = started
        self.path: str = scope["path"]
        self.method: str = scope["method"]
        self.parameters: Mapping[str, str] = scope.get("path_params", {})
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.id: str = str(uuid4())
        self.quota: Quota | None = _UNLIMITED
        self.steering = _FREE
        self._query: bytes = scope["query_string"]

    @cached_property
    def body_hash(self) -> bytes:
        """SHA-256 of the body."""
        return hashlib.sha256(self.body).digest()

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters; the last one wins where a name is repeated."""
        return {name: values[-1] for name, values in parse_qs(self._query.decode("latin-1")).items()}

    @property
    def elapsed(self) -> float:
        """Seconds since the request arrived."""
        return time.perf_counter() - self.started

    def header(self, name: bytes) -> str:
        """The header of that lower-case name; empty when it is not there."""
        return str(self.headers.get(name, b"").decode("latin-1"))

    def link(self, path: str) -> str:
        """The full address of a path on this server, as the client knows the server."""
        return f"http://{self.header(b'host')}{path}"

    def inner(self, path: str, body: bytes = b"", parameters: Mapping[str, str] | None = None) -> "SandboxRequest":
        """A call of the sandbox's own, made on behalf of this one."""
        headers = [(b"host", self.headers.get(b"host", b"")), (b"content-type", JSON)]
        scope = {"path": path, "method": "POST", "headers": headers, "query_string": b""}
        return SandboxRequest(self.state, {**scope, "path_params": parameters or {}}, time.perf_counter(), body)

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


def _like_serde(problem: str) -> str:
    what, _, place = problem.partition(" - at `")
    place = place.rstrip("`").removeprefix("$").removeprefix(".")
    what = what[:1].lower() + what[1:]
    return f"{place}: {what}" if place else what
