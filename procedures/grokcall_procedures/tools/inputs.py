"""The ``input`` of a request: what was said before, what tools gave, the message, and what is attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from grokcall_procedures.definition import Values
from grokcall_procedures.documents import encode_json
from grokcall_procedures.settings import Settings
from grokcall_procedures.tools.lists import objects_in, texts_in
from grokcall_procedures.tools.parameters import TOOL_OUTPUTS
from grokcall_procedures.types import UnfitValue, described

INPUTS = frozenset({TOOL_OUTPUTS, "History", "Files", "Images"})
CONTENT_PARTS = frozenset({"input_text", "input_image"})
"""The types of parts that the output of a tool may have."""
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
FILE_ID = re.compile(r"[^\s/:?#]+")


def request_input(values: Values, attachments: Sequence[dict[str, object]] = ()) -> object:
    """The ``input`` of a call: the message alone as a text, else a list of items.

    Args:
        values: The call's values.
        attachments: Parts of the message that the procedure itself brings.

    >>> request_input({"Message": "hi"})
    'hi'
    """
    message = values.get("Message")
    parts = [*attachments, *file_parts(values), *image_parts(values)]
    if message is not None and not parts and INPUTS.isdisjoint(values):
        return message
    items = [*history_items(values), *output_items(values)]
    if message is not None or parts:
        question = [] if message is None else [{"type": "input_text", "text": message}]
        items.append({"role": "user", "content": [*question, *parts]})
    return items


def file_parts(values: Values) -> list[dict[str, object]]:
    """The entries of ``Files``."""
    return [
        {"type": "input_file", "file_url" if SCHEME.match(each) else "file_id": each}
        for each in texts_in(values, "Files")
    ]


def image_parts(values: Values) -> list[dict[str, object]]:
    """The entries of ``Images``."""
    return [
        {"type": "input_image", "image_url" if SCHEME.match(each) else "file_id": each}
        for each in texts_in(values, "Images")
    ]


def history_items(values: Values) -> list[dict[str, object]]:
    """The items of ``History``; a message without content is left out, for the service refuses it."""
    return [item for item in objects_in(values, "History") if not is_empty_message(item)]


def is_empty_message(item: dict[str, object]) -> bool:
    """Whether an item is a message that says nothing."""
    return item.get("type", "message") == "message" and item.get("content") in (None, "", [])


def output_items(values: Values) -> list[dict[str, object]]:
    """The entries of ``ToolOutputs`` as items."""
    return [
        {"type": "function_call_output", "call_id": each["call_id"], "output": output_of(each.get("output"))}
        for each in objects_in(values, TOOL_OUTPUTS)
    ]


def output_of(value: object) -> object:
    """What a tool gave, as the API takes it: a text, parts of text and images, or anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(is_part(each) for each in value):
        return value
    return encode_json(value).decode()


def is_part(value: object) -> bool:
    """Whether a value is a part of content."""
    return isinstance(value, dict) and value.get("type") in CONTENT_PARTS


def inputs_fit(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses items, outputs, files and images that the service would refuse."""
    if INPUTS.isdisjoint(values):
        return ()
    warnings: list[str] = []
    history = objects_in(values, "History")
    for number, item in enumerate(history, 1):
        if not isinstance(item.get("type") or item.get("role"), str):
            raise UnfitValue(f'item {number} has neither a "type" nor a "role"', "History")
    if empty := sum(map(is_empty_message, history)):
        told = "a message without content was" if empty == 1 else f"{empty} messages without content were"
        warnings.append(f"History: {told} left out")
    check_outputs(values, history)
    check_addresses(texts_in(values, "Files"), "Files", ("https",))
    check_addresses(texts_in(values, "Images"), "Images", ("https", "data"))
    return tuple(warnings)


def check_outputs(values: Values, history: list[dict[str, object]]) -> None:
    """Refuses outputs that belong to no call."""
    if TOOL_OUTPUTS not in values:
        return
    continues = "PreviousResponseId" in values
    if not continues and "History" not in values:
        raise UnfitValue("needs PreviousResponseId or History, in which the calls are", TOOL_OUTPUTS)
    called = {item.get("call_id") for item in history if str(item.get("type")).endswith("_call")}
    seen: set[str] = set()
    for number, each in enumerate(objects_in(values, TOOL_OUTPUTS), 1):
        call_id = each.get("call_id")
        if not isinstance(call_id, str) or not call_id:
            raise UnfitValue(f'entry {number} needs a "call_id", the `id` in Response_ToolCalls', TOOL_OUTPUTS)
        if "output" not in each:
            raise UnfitValue(f'entry {number} needs an "output"', TOOL_OUTPUTS)
        if call_id in seen:
            raise UnfitValue(f"has two outputs for the call {call_id!r}; leave one out", TOOL_OUTPUTS)
        if not continues and call_id not in called:
            raise UnfitValue(f"has an output for {call_id!r}, and History has no such call", TOOL_OUTPUTS)
        seen.add(call_id)


def check_addresses(texts: Iterable[str], name: str, schemes: tuple[str, ...]) -> None:
    """Refuses what is neither an id nor an address that the service can fetch."""
    for text in texts:
        scheme = SCHEME.match(text)
        if scheme is not None and scheme[0][:-1].lower() in schemes:
            continue
        if scheme is None and FILE_ID.fullmatch(text):
            continue
        also = " or data URI" if "data" in schemes else ""
        raise UnfitValue(f"has {described(text)} in it, which is no id of a file and no https address{also}", name)
