"""The key and its owner, and the two small inference endpoints."""

from typing import Any

import msgspec

from grokcall_sandbox.catalogue import find_text_model
from grokcall_sandbox.errors import KEY_ID, TEAM_ID, unlisted_model
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.tokens import split_tokens, token_id

_USER_ID = "5c0ffee0-5a4d-4b0c-8e11-000000000003"
_BORN = "2026-01-05T10:00:00Z"


class TokenizeRequest(msgspec.Struct):
    """The body of tokenize-text."""

    text: str
    model: str


class EmbeddingRequest(msgspec.Struct):
    """The body of embeddings."""

    input: str | list[Any]
    model: str


_TOKENIZE = msgspec.json.Decoder(TokenizeRequest)
_EMBED = msgspec.json.Decoder(EmbeddingRequest)


async def show_key(_call: SandboxRequest) -> Reply:
    """GET /v1/api-key."""
    return json_reply(
        {
            "redacted_api_key": "xai-…dbox",
            "user_id": _USER_ID,
            "name": "grokcall-sandbox",
            "create_time": _BORN,
            "modify_time": _BORN,
            "modified_by": _USER_ID,
            "team_id": TEAM_ID,
            "acls": ["api-key:model:*", "api-key:endpoint:*"],
            "api_key_id": KEY_ID,
            "team_blocked": False,
            "api_key_blocked": False,
            "api_key_disabled": False,
        }
    )


async def show_owner(_call: SandboxRequest) -> Reply:
    """GET /v1/me."""
    return json_reply(
        {
            "user_id": _USER_ID,
            "team_id": TEAM_ID,
            "zdr_status": "no_zdr",
            "team_blocked": False,
            "api_key": {"api_key_id": KEY_ID, "name": "grokcall-sandbox"},
        }
    )


async def tokenize(call: SandboxRequest) -> Reply:
    """POST /v1/tokenize-text."""
    request = call.decode(_TOKENIZE)
    find_text_model(request.model)
    tokens = [
        {"token_id": token_id(piece), "string_token": piece, "token_bytes": list(piece.encode())}
        for piece in split_tokens(request.text)
    ]
    return json_reply({"token_ids": tokens})


async def embed(call: SandboxRequest) -> Reply:
    """POST /v1/embeddings: no model does that today."""
    raise unlisted_model(call.decode(_EMBED).model)
