"""A service whose model calls tools in chat completions, as it is told to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scripted_service import COST_TICKS, Answer, Asked

Calls = Sequence[tuple[str, object]]
USAGE = {
    "prompt_tokens": 10,
    "completion_tokens": 2,
    "total_tokens": 15,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
    "cost_in_usd_ticks": COST_TICKS,
}


def completion(message: dict[str, Any], reason: str, number: int = 1, **members: Any) -> dict[str, Any]:
    """A chat completion with this message."""
    return {
        "id": f"cmpl_{number}",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "grok-4.3",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}],
        "usage": USAGE,
        **members,
    }


def chat_calls(*wanted: tuple[str, object], number: int = 1, reason: str = "tool_calls", **members: Any) -> Answer:
    """A completion that calls functions: each by its name, with its arguments."""
    called = [
        {
            "id": f"call_{number}_{place}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
            },
        }
        for place, (name, arguments) in enumerate(wanted)
    ]
    message = {"content": "", "reasoning_content": f"Thought {number}.", "refusal": None, "tool_calls": called}
    return Answer(json.dumps(completion(message, reason, number, **members)).encode())


def says(text: str, number: int = 1, **members: Any) -> Answer:
    """A completion with this text."""
    return Answer(json.dumps(completion({"content": text, "refusal": None}, "stop", number, **members)).encode())


def tool_messages(asked: Asked) -> list[dict[str, Any]]:
    """What tools gave since the last question, in a request."""
    return [message for message in asked.json["messages"] if message["role"] == "tool"]


def chat_rounds_of(*rounds: Calls, text: str = "done"):
    """A script whose model calls tools, round by round, and then says ``text`` with what they gave in the last."""

    def script(asked: Asked) -> Answer:
        messages = asked.json["messages"]
        number = sum(message["role"] == "assistant" for message in messages)
        if number < len(rounds):
            return chat_calls(*rounds[number], number=number + 1)
        last = max((place for place, each in enumerate(messages) if each["role"] == "assistant"), default=-1)
        gave = [str(each["content"]) for each in messages[last + 1 :] if each["role"] == "tool"]
        return says(f"{text}: {'; '.join(gave)}", number + 1)

    return script
