"""The messages in chat completions, as they go back in: the model's own, as it came, and those of tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grokcall_procedures.outputs.replies import list_of, outputs_of, rounds_of, text_or_none

Document = dict[str, Any]

OF_TOOL = ("role", "tool_call_id", "content")
"""The members of a tool's message; a kept one has the error and the seconds besides."""


def choice_of(document: Mapping[str, Any]) -> Document | None:
    """The first choice of a completion; None where it has none."""
    choices = list_of(document.get("choices"))
    return choices[0] if choices and isinstance(choices[0], dict) else None


def answer_of(document: Mapping[str, Any]) -> Document:
    """The message of a completion's first choice; an empty one where there is none."""
    message = (choice_of(document) or {}).get("message")
    return message if isinstance(message, dict) else {}


def said_again(message: Mapping[str, Any], number: int) -> Document:
    """A message of the model's as it is sent again: as it came, reasoning included, without what is null.

    A call of a tool without an id gets one, by which what the tool gives is told apart; a message needs a content.

    Args:
        message: The message.
        number: The number of its round, from 1.
    """
    kept = {name: value for name, value in message.items() if value is not None}
    again: Document = {"role": "assistant", "content": "", **kept}
    if "tool_calls" in again:
        again["tool_calls"] = [
            {"id": f"call_{number}_{place}", **without_null(call)}
            for place, call in enumerate(list_of(again["tool_calls"]))
            if isinstance(call, dict)
        ]
    return again


def without_null(call: Mapping[str, Any]) -> Document:
    """A call of a tool without members that are null, and without an empty id."""
    return {name: value for name, value in call.items() if value is not None and not (name == "id" and value == "")}


def tool_message(call_id: object, output: object) -> Document:
    """What a tool gave, as a message: a text, or parts of text and images in the form of this interface."""
    return {"role": "tool", "tool_call_id": call_id, "content": content_of(output)}


def content_of(output: object) -> object:
    """The content of a tool's message."""
    # Tools that give images: the messages of users have such parts; that those of tools may is not proven.
    return [part_of(part) for part in output] if isinstance(output, list) else output


def part_of(part: Mapping[str, Any]) -> Document:
    """A part of a tool's output in the form of chat completions."""
    if part.get("type") == "input_image":
        return {"type": "image_url", "image_url": {"url": part.get("image_url")}}
    return {"type": "text", "text": part.get("text")}


def output(raw: str | None, earlier: str | None) -> str | None:
    """The messages of all rounds with what tools gave between them, as a JSON list; None where there is no reply.

    Args:
        raw: The last reply.
        earlier: Those before it.
    """
    messages: list[Document] = []
    for number, reply in enumerate(rounds_of(raw, earlier), 1):
        messages += [said_again(answer_of(reply), number), *(of_tool(each) for each in outputs_of(reply))]
    return text_or_none(messages or None)


def of_tool(kept: Mapping[str, Any]) -> Document:
    """A tool's message as it was sent, from one that is kept."""
    return {name: kept[name] for name in OF_TOOL if name in kept}


def calls_in(message: Mapping[str, Any]) -> Sequence[Document]:
    """The calls of tools in a message."""
    return [call for call in list_of(message.get("tool_calls")) if isinstance(call, dict)]
