"""From a request to the management host to its reply: what all of its endpoints have in common."""

import time

from starlette.types import Receive, Scope, Send

from grokcall_sandbox.errors import TEAM_ID, ApiError, invalid, not_found
from grokcall_sandbox.headers import GATEWAY
from grokcall_sandbox.keys import check_management_key
from grokcall_sandbox.replies import refusal_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.web import Handler
from grokcall_sandbox.wire import ConnectionCut, Wire

_MAX_BYTES = 1024 * 1024
_LARGEST_PAGE = 100


class ManagementEndpoint:
    """An endpoint as an ASGI application; no faults strike it, and it is billed for nothing.

    Args:
        state: What it works on.
        handler: What it does.
    """

    def __init__(self, state: SandboxState, handler: Handler) -> None:
        self._state = state
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        call = SandboxRequest(self._state, scope, time.perf_counter())
        wire = Wire(scope, receive, send)
        try:
            call.body, complete = await wire.read(_MAX_BYTES)
            if not complete:
                raise ApiError(413, f"The request body exceeds {_MAX_BYTES} bytes.", "request-too-large")
            check_management_key(call.header(b"authorization"))
            if call.parameters.get("team", TEAM_ID) != TEAM_ID:
                raise not_found("There is no such team.")
            reply = await self._handler(call)
        except ConnectionCut as cut:
            await wire.cut(cut.reset)
            return
        except ApiError as refusal:
            reply = refusal_reply(refusal, always_json=True)
        reply.headers += GATEWAY
        await wire.deliver(reply, lambda _reached: None)


def page_of(
    call: SandboxRequest, entries: list[dict[str, object]], token: str, size_name: str = "pageSize"
) -> tuple[list[dict[str, object]], str]:
    """The entries of the page that is asked for, and the token of the next one; empty where there is none.

    Args:
        call: The request.
        entries: All entries.
        token: The parameter that names a page.
        size_name: The parameter that says how long a page is.

    Raises:
        ApiError: 400 for a size or a token that is none.
    """
    try:
        size = int(call.query.get(size_name, _LARGEST_PAGE))
        start = int(call.query.get(token) or 0)
    except ValueError:
        raise invalid(f"Invalid {size_name} or {token}.") from None
    if not 1 <= size <= _LARGEST_PAGE or start < 0:
        raise invalid(f"Invalid {size_name} or {token}.")
    end = start + size
    return entries[start:end], str(end) if end < len(entries) else ""
