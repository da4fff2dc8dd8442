"""A service whose model calls the tools that it is told to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from scripted_service import Answer, Asked, answered

Calls = Sequence[tuple[str, object]]


def calls(*wanted: tuple[str, object], number: int = 1, **members: Any) -> Answer:
    """An answer that calls tools: each by its name, with its arguments."""
    output = [
        {
            "type": "function_call",
            "id": f"fc_{number}_{place}",
            "call_id": f"call_{number}_{place}",
            "name": name,
            "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
            "status": "completed",
        }
        for place, (name, arguments) in enumerate(wanted)
    ]
    reasoning = {"type": "reasoning", "id": f"rs_{number}", "encrypted_content": "c2VjcmV0", "summary": []}
    return answered("", id=f"resp_{number}", output=[reasoning, *output], **members)


def outputs_in(asked: Asked) -> list[str]:
    """What tools gave, in a request."""
    items = asked.json["input"]
    return [item["output"] for item in items if isinstance(item, dict) and item.get("type") == "function_call_output"]


def rounds_of(*rounds: Calls, text: str = "done"):
    """A script whose model calls tools, round by round, and then says ``text`` with what they gave in the last."""

    def script(asked: Asked) -> Answer:
        number = int(asked.json.get("previous_response_id", "resp_0").rpartition("_")[2])
        if number < len(rounds):
            return calls(*rounds[number], number=number + 1)
        return answered(f"{text}: {'; '.join(outputs_in(asked))}", id=f"resp_{number + 1}")

    return script


def shorten(text: str) -> str:
    """The first word of a text."""
    return text.partition(" ")[0]
