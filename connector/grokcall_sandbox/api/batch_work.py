"""Doing the requests of a batch: one after the other, each when it is due, billed as it is done."""

import asyncio
import hashlib
import time
from typing import Any

import msgspec

from grokcall_sandbox.api import chat, pictures, responses, videos
from grokcall_sandbox.api.batch_requests import ENDPOINTS
from grokcall_sandbox.api.batch_results import as_completion
from grokcall_sandbox.batches import Batch, BatchItem
from grokcall_sandbox.billing_log import Entry
from grokcall_sandbox.errors import ApiError, invalid
from grokcall_sandbox.replies import Reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.web import Handler

_HANDLERS: dict[str, Handler] = {
    "chat_get_completion": chat.create,
    "responses": responses.create,
    "image_generation": pictures.generate,
    "image_edit": pictures.edit,
    "video_generation": videos.generate,
    "video_extension": videos.extend,
}
_CHEAPER = ("grok-4.3", "grok-4.20")
_NOT_TAKEN = ("stream", "deferred")


class _Options(msgspec.Struct):
    stream: Any = None
    deferred: Any = None


_OPTIONS = msgspec.json.Decoder(_Options)


def start_work(state: SandboxState, batch: Batch) -> None:
    """Have the batch's requests done; a worker that is still busy goes on with the new ones."""
    if batch.worker is None or batch.worker.done():
        batch.worker = asyncio.get_running_loop().create_task(_work(state, batch))


async def _work(state: SandboxState, batch: Batch) -> None:
    while pending := batch.pending():
        for item in pending:
            await batch.wait_for(item)
            await _finish(state, batch, item)
            if state.batches.get(batch.id) is batch:
                state.batches.put(batch.id, batch, batch.size)


async def _finish(state: SandboxState, batch: Batch, item: BatchItem) -> None:
    try:
        kind, value = await _answer(state, item)
    except ApiError as refusal:
        if refusal.ticks:
            _bill(state, item, item.model, refusal.ticks)
        batch.finish(item, "failed", _failed(item, refusal))
        return
    except Exception as problem:  # a batch must come to its end, whatever one of its requests does
        batch.finish(item, "failed", _failed(item, ApiError(500, str(problem), "internal")))
        return
    result = {"batch_request_id": item.id, "batch_result": {"response": {kind: value}}}
    batch.finish(item, "succeeded", msgspec.json.encode(result))


async def _answer(state: SandboxState, item: BatchItem) -> tuple[str, dict[str, Any]]:
    scope = {"path": "", "method": "POST", "query_string": b"", "headers": [(b"host", item.host)]}
    call = SandboxRequest(state, scope, time.perf_counter()).inner(ENDPOINTS[item.kind], item.body)
    options = call.decode(_OPTIONS)
    for name in _NOT_TAKEN:
        if getattr(options, name):
            raise invalid(f"Argument not supported in batches: {name}")
    for fault, dice in state.profile.strike(call, batched=True):
        await fault.before_handling(call, dice)
    reply = await _HANDLERS[item.kind](call)
    ticks = reply.ticks * 4 // 5 if reply.model.startswith(_CHEAPER) else reply.ticks
    _bill(state, item, reply.model, ticks)
    value = await _value(call, item, reply)
    if ticks != reply.ticks:
        value["usage"]["cost_in_usd_ticks"] = ticks
    if item.kind == "responses":
        return "chat_get_completion", as_completion(value)
    return item.kind, value


async def _value(call: SandboxRequest, item: BatchItem, reply: Reply) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.json.decode(reply.content if isinstance(reply.content, bytes) else b"{}")
    if not item.kind.startswith("video"):
        return value
    done = await videos.finish(call, value["request_id"])
    if "error" in done:
        problem = done["error"]
        if isinstance(problem, dict):
            raise ApiError(400, str(problem.get("message")), str(problem.get("code")))
        raise ApiError(400, str(problem), str(done.get("code")))
    return done


def _bill(state: SandboxState, item: BatchItem, model: str, ticks: int) -> None:
    if ticks:
        digest = hashlib.sha256(item.body).digest()
        item.entry = state.ledger.add(Entry(time.time(), "/v1/batches", model, digest, ticks, item.id))


def _failed(item: BatchItem, refusal: ApiError) -> bytes:
    error = {"code": refusal.code or str(refusal.status), "message": refusal.message}
    result = {"batch_request_id": item.id, "batch_result": {"error": error}, "error_message": refusal.message}
    return msgspec.json.encode(result)
