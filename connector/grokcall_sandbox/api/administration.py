"""What is the sandbox's own: its ledger, its reset, and the media it serves."""

import time

from grokcall_sandbox.errors import not_found
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import MEDIA_SECONDS


async def show_ledger(call: SandboxRequest) -> Reply:
    """GET /sandbox/ledger."""
    ledger = call.state.ledger
    return json_reply({"entries": ledger.entries(), "total_ticks": ledger.total_ticks})


async def show_stats(call: SandboxRequest) -> Reply:
    """GET /sandbox/stats."""
    return json_reply(call.state.traffic.as_dict())


async def reset(call: SandboxRequest) -> Reply:
    """POST /sandbox/reset."""
    call.state.reset()
    return json_reply({"reset": True})


async def serve_medium(call: SandboxRequest) -> Reply:
    """GET /media/{name}: generated media, for an hour."""
    medium = call.state.media.get(call.parameters["name"])
    if medium is None or time.time() - medium.made_at > MEDIA_SECONDS:
        raise not_found("The medium does not exist or has expired.")
    caching = [(b"cache-control", b"public, max-age=14400")]
    return Reply(medium.data, content_type=medium.media_type.encode(), headers=caching)
