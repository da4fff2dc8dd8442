"""The conversations that both interfaces answer: messages as they are given, and as they go on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import msgspec

from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.documents import encode_json
from grokcall_procedures.types import ParameterType, UnfitValue, described, to_json, to_string

ONE_MESSAGE = 'one looks like {"role": "user", "content": "Hi"}'


def read_messages(value: object) -> str:
    """Messages as JSON text of a list: a list, JSON text of one, one message as an object, or the text of one.

    >>> read_messages("Hi")
    '[{"role": "user", "content": "Hi"}]'
    """
    if isinstance(value, str | bytes | bytearray | memoryview):
        text = to_string(value)
        if not text.strip().startswith(("[", "{")):
            if not text.strip():
                raise UnfitValue("must not be empty")
            return json.dumps([{"role": "user", "content": text}], ensure_ascii=False)
        messages = json.loads(to_json(text))
    elif isinstance(value, Mapping | list | tuple):
        messages = json.loads(to_json(value))
    else:
        raise UnfitValue(f"expected a list of messages or a text, got {described(value)}")
    listed = [messages] if isinstance(messages, dict) else messages
    if not listed:
        raise UnfitValue(f"has no message in it; {ONE_MESSAGE}")
    if not all(isinstance(message, dict) and isinstance(message.get("role"), str) for message in listed):
        raise UnfitValue(f"has an entry that is no message; {ONE_MESSAGE}")
    return json.dumps(listed, ensure_ascii=False)


def given_messages(values: Values) -> msgspec.Raw:
    """The messages of a call, as they are sent."""
    return msgspec.Raw(str(values["Messages"]).encode("utf-8"))


def with_more(messages: msgspec.Raw, more: Sequence[Mapping[str, object]]) -> msgspec.Raw:
    """A conversation with further messages; what was there stays byte for byte, so that the service has it cached.

    >>> bytes(with_more(msgspec.Raw(b'[{"role": "user"}]'), [{"role": "tool"}]))
    b'[{"role": "user"},{"role":"tool"}]'
    """
    return msgspec.Raw(bytes(messages)[:-1] + b"," + encode_json(list(more))[1:])


MESSAGES = Parameter(
    "Messages",
    ParameterType.JSON,
    "The conversation: a JSON list of messages with `role` and `content`, or a plain text for one message by the user.",
    required=True,
    reader=read_messages,
)
