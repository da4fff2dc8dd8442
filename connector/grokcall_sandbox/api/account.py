"""The key and its owner, and the two small inference endpoints."""

from typing import Any

import msgspec

from grokcall_sandbox.catalogue import find_text_model
from grokcall_sandbox.errors import TEAM_ID, unlisted_model
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import DATA_RETENTION
from grokcall_sandbox.team import USER_ID
from grokcall_sandbox.tokens import split_tokens, token_id


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


async def show_key(call: SandboxRequest) -> Reply:
    """GET /v1/api-key."""
    key = call.state.team.key_of(call.header(b"authorization"))
    return json_reply(
        {
            "redacted_api_key": key.redacted,
            "user_id": USER_ID,
            "name": key.name,
            "create_time": key.created,
            "modify_time": key.modified,
            "modified_by": USER_ID,
            "team_id": TEAM_ID,
            "acls": list(key.acls),
            "api_key_id": key.id,
            "team_blocked": False,
            "api_key_blocked": False,
            "api_key_disabled": key.disabled,
        }
    )


async def show_owner(call: SandboxRequest) -> Reply:
    """GET /v1/me."""
    key = call.state.team.key_of(call.header(b"authorization"))
    return json_reply(
        {
            "user_id": USER_ID,
            "team_id": TEAM_ID,
            "zdr_status": "zdr" if DATA_RETENTION in call.state.refusals else "no_zdr",
            "team_blocked": False,
            "api_key": {"api_key_id": key.id, "name": key.name},
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
