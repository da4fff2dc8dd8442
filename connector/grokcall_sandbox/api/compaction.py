"""Compaction: a long conversation becomes one item, which later requests begin with."""

import time
from typing import Any
from uuid import uuid4

import msgspec

from grokcall_sandbox.api.contents import read_items
from grokcall_sandbox.api.generation import check_length, check_policy, turn_tokens
from grokcall_sandbox.api.response_object import build_usage
from grokcall_sandbox.api.responses import earlier_response
from grokcall_sandbox.catalogue import find_text_model
from grokcall_sandbox.errors import invalid
from grokcall_sandbox.prices import Prompt, price_text
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.text.compaction import pack_turns, shorten_turns
from grokcall_sandbox.text.conversation import Conversation, Turn


class CompactionRequest(msgspec.Struct):
    """The body; fields that the service ignores are not listed."""

    model: str | None = None
    input: str | list[dict[str, Any]] | None = None
    instructions: str | None = None
    previous_response_id: str | None = None


_DECODER = msgspec.json.Decoder(CompactionRequest)


async def compact(call: SandboxRequest) -> Reply:
    """POST /v1/responses/compact."""
    request = call.decode(_DECODER)
    model = find_text_model(request.model)
    turns = await _read_turns(call, request)
    if not turns:
        raise invalid("input must not be empty.")
    check_policy(model, Conversation(turns))
    tokens = sum(turn_tokens(turn) for turn in turns)
    check_length(model, tokens)
    kept = shorten_turns(turns)
    usage = price_text(model, Prompt(tokens), sum(turn_tokens(turn) for turn in kept), 0, {})
    compaction_id = str(uuid4())
    item = {"type": "compaction", "id": f"cmp_{compaction_id}_0", "encrypted_content": pack_turns(kept)}
    body = {
        "id": f"cmp_{compaction_id}",
        "object": "response.compaction",
        "created_at": int(time.time()),
        "model": model.id,
        "output": [item],
        "usage": {**build_usage(usage), "dropped_message_count": len(turns)},
    }
    return json_reply(body, ticks=usage.ticks, model=model.id, tokens=usage.total_tokens)


async def _read_turns(call: SandboxRequest, request: CompactionRequest) -> tuple[Turn, ...]:
    earlier = earlier_response(call.state, request.previous_response_id)
    before = earlier.conversation.turns if earlier else ()
    instructions = earlier.conversation.instructions if earlier else request.instructions
    given = request.input or []
    new = (Turn("user", given),) if isinstance(given, str) else await read_items(given, call.state)
    return ((Turn("system", instructions),) if instructions else ()) + before + new
