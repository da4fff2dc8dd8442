"""A chat completion as the event stream it would have come in."""

from typing import Any

import msgspec

from grokcall_sandbox.tokens import split_tokens


def build_chunks(completion: dict[str, Any], with_usage: bool) -> list[bytes]:
    """The frames of a stream: each answer begins with its role, ends with its reason, and has neither in between.

    Args:
        completion: The whole object, as it would come without a stream.
        with_usage: True to end with a chunk that tells the usage.
    """
    head = {key: completion[key] for key in ("id", "created", "model", "system_fingerprint")}
    head["object"] = "chat.completion.chunk"
    frames: list[bytes] = []

    def send(choices: list[dict[str, Any]], **more: Any) -> None:
        frames.append(b"data: " + msgspec.json.encode({**head, "choices": choices, **more}) + b"\n\n")

    for choice in completion["choices"]:
        message, index = choice["message"], choice["index"]
        deltas: list[dict[str, Any]] = []
        if "reasoning_content" in message:
            deltas.append({"reasoning_content": message["reasoning_content"]})
        deltas += [{"content": piece} for piece in split_tokens(message["content"] or "")]
        if message["refusal"]:
            deltas.append({"refusal": message["refusal"]})
        if "tool_calls" in message:
            deltas.append({"tool_calls": [{"index": at, **made} for at, made in enumerate(message["tool_calls"])]})
        for number, delta in enumerate(deltas or [{"content": ""}]):
            send([{"index": index, "delta": {"role": "assistant", **delta} if number == 0 else delta}])
        send([{"index": index, "delta": {}, "finish_reason": choice["finish_reason"]}])
    if with_usage:
        send([], usage=completion["usage"])
    frames.append(b"data: [DONE]\n\n")
    return frames
