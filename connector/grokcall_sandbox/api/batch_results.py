"""Answers of the Responses endpoint in the shape in which batches give them back: that of chat completions."""

from typing import Any

from grokcall_sandbox.api.generation import FINGERPRINT

Item = dict[str, Any]


def as_completion(response: Item) -> Item:
    """The chat completion that says what a response object says."""
    message: Item = {"role": "assistant", "content": None, "refusal": None}
    reason = "length" if response["status"] == "incomplete" else "stop"
    calls: list[Item] = []
    for item in response["output"]:
        match item["type"]:
            case "message":
                message |= _said(item["content"])
            case "reasoning" if item["summary"]:
                message["reasoning_content"] = "".join(part["text"] for part in item["summary"])
            case "function_call":
                function = {"name": item["name"], "arguments": item["arguments"]}
                calls.append({"id": item["call_id"], "type": "function", "function": function})
    if calls:
        message |= {"content": "", "tool_calls": calls}
        reason = "tool_calls"
    return {
        "id": response["id"],
        "object": "chat.completion",
        "created": response["created_at"],
        "model": response["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": _usage(response["usage"]),
        "system_fingerprint": FINGERPRINT,
        "service_tier": response["service_tier"],
    }


def _said(parts: list[Item]) -> Item:
    texts = [part["text"] for part in parts if part["type"] == "output_text"]
    refusals = [part["refusal"] for part in parts if part["type"] == "refusal"]
    return {"content": "".join(texts) if texts else None, "refusal": "".join(refusals) if refusals else None}


def _usage(usage: Item) -> Item:
    reasoning = usage["output_tokens_details"]["reasoning_tokens"]
    return {
        "prompt_tokens": usage["input_tokens"],
        "completion_tokens": usage["output_tokens"] - reasoning,
        "total_tokens": usage["total_tokens"],
        "prompt_tokens_details": {
            "text_tokens": usage["input_tokens"],
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": usage["input_tokens_details"]["cached_tokens"],
        },
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "num_sources_used": usage["num_sources_used"],
        "cost_in_usd_ticks": usage["cost_in_usd_ticks"],
    }
