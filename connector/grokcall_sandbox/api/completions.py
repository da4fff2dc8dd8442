"""Text completions, the older form of chat completions: each prompt is a conversation of one message."""

from typing import Any

import msgspec

from grokcall_sandbox.api import chat
from grokcall_sandbox.api.chat_request import Sampling, StreamOptions
from grokcall_sandbox.catalogue import TextModel, find_text_model
from grokcall_sandbox.errors import invalid
from grokcall_sandbox.replies import EVENTS, Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.tokens import split_tokens


class CompletionRequest(Sampling, kw_only=True):
    """The body; fields that the service ignores are not listed."""

    prompt: str | list[str]
    echo: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None


_DECODER = msgspec.json.Decoder(CompletionRequest)


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/completions: for models that can answer without reasoning."""
    request = call.decode(_DECODER)
    model = find_text_model(request.model)
    if model.agents or (model.reasons and "none" not in model.efforts):
        raise invalid(f"Model {model.id} is not available on completions; use the Responses endpoint.")
    prompts = [request.prompt] if isinstance(request.prompt, str) else request.prompt
    if not prompts:
        raise invalid("prompt must not be empty.")
    answers = [await _answer(call, request, model, prompt) for prompt in prompts]
    completions: list[dict[str, Any]] = [_content(answer) for answer in answers]
    texts = [
        (prompt if request.echo else "", choice)
        for prompt, completion in zip(prompts, completions, strict=True)
        for choice in completion["choices"]
    ]
    whole = {
        **{name: completions[0][name] for name in ("id", "created", "model", "system_fingerprint")},
        "object": "text_completion",
        "choices": [_choice(index, before, choice) for index, (before, choice) in enumerate(texts)],
        "usage": _total([completion["usage"] for completion in completions]),
    }
    billing: Any = {
        "ticks": sum(answer.ticks for answer in answers),
        "model": model.id,
        "tokens": sum(answer.tokens for answer in answers),
    }
    if request.stream:
        with_usage = request.stream_options is not None and request.stream_options.include_usage
        return Reply(_chunks(whole, with_usage), content_type=EVENTS, **billing)
    return json_reply(whole, **billing)


async def _answer(call: SandboxRequest, request: CompletionRequest, model: TextModel, prompt: str) -> Reply:
    body: dict[str, Any] = {name: getattr(request, name) for name in Sampling.__struct_fields__}
    body["messages"] = [{"role": "user", "content": prompt}]
    if model.reasons:
        body["reasoning_effort"] = "none"
    asked = call.inner("/v1/chat/completions", msgspec.json.encode(body))
    asked.steering = call.steering
    return await chat.create(asked)


def _content(answer: Reply) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(answer.content if isinstance(answer.content, bytes) else b"{}")
    return content


def _choice(index: int, before: str, choice: dict[str, Any]) -> dict[str, Any]:
    message = choice["message"]
    text = before + (message["content"] or message["refusal"] or "")
    return {"index": index, "text": text, "finish_reason": choice["finish_reason"], "logprobs": None}


def _total(usages: list[dict[str, Any]]) -> dict[str, Any]:
    """Every count of the usage blocks added up."""
    first = usages[0]
    return {
        name: _total([usage[name] for usage in usages])
        if isinstance(first[name], dict)
        else sum(usage[name] for usage in usages)
        for name in first
    }


def _chunks(whole: dict[str, Any], with_usage: bool) -> list[bytes]:
    head = {name: whole[name] for name in ("id", "created", "model", "system_fingerprint", "object")}
    frames: list[bytes] = []

    def send(choices: list[dict[str, Any]], **more: Any) -> None:
        frames.append(b"data: " + msgspec.json.encode({**head, "choices": choices, **more}) + b"\n\n")

    for choice in whole["choices"]:
        for piece in split_tokens(choice["text"]):
            send([{**choice, "text": piece, "finish_reason": None}])
        send([{**choice, "text": ""}])
    if with_usage:
        send([], usage=whole["usage"])
    frames.append(b"data: [DONE]\n\n")
    return frames
