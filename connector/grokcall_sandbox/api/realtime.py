"""Tokens with which a browser may open a realtime socket."""

import time
from typing import Any
from uuid import uuid4

import msgspec

from grokcall_sandbox.errors import invalid
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest

_LONGEST_LIFE = 3_600


class Expiry(msgspec.Struct):
    """The `expires_after` object."""

    seconds: int = 600


class SecretRequest(msgspec.Struct):
    """The body; fields that the service ignores are not listed."""

    expires_after: Expiry | None = None
    session: dict[str, Any] | None = None


_DECODER = msgspec.json.Decoder(SecretRequest)
_DEFAULT_EXPIRY = Expiry()


async def create_secret(call: SandboxRequest) -> Reply:
    """POST /v1/realtime/client_secrets."""
    request = call.decode(_DECODER)
    seconds = (request.expires_after or _DEFAULT_EXPIRY).seconds
    if not 1 <= seconds <= _LONGEST_LIFE:
        raise invalid(f"Invalid expires_after: {seconds} seconds is not between 1 and {_LONGEST_LIFE}.")
    value = f"xai-realtime-client-secret-{uuid4().hex}"
    expires_at = int(time.time()) + seconds
    tokens = call.state.realtime_tokens
    for old in [each for each, until in tokens.items() if until < time.time()]:
        del tokens[old]
    tokens[value] = expires_at
    return json_reply({"value": value, "expires_at": expires_at})
