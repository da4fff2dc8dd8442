"""Parameters that take lists: as lists, as JSON text, or as one entry alone."""

from __future__ import annotations

from grokcall_procedures.definition import Values
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.types import UnfitValue, described, to_json, to_string


def read_texts(value: object) -> str:
    """A list of texts as JSON: a list, JSON text of one, or one text alone.

    Raises:
        UnfitValue: It is something else, empty, or has something in it that is no text.

    >>> read_texts("collection_7"), read_texts('["a", "b"]'), read_texts(["a"])
    ('["collection_7"]', '["a","b"]', '["a"]')
    """
    entries = read_list(value, "texts", '["…", "…"]')
    wrong = next((entry for entry in entries if not isinstance(entry, str)), None)
    if wrong is not None:
        raise UnfitValue(f"is a list of texts, and has {described(wrong)} in it")
    texts = [str(entry).strip() for entry in entries]
    if "" in texts:
        raise UnfitValue("has an empty text in it; leave it out")
    return encode_json(texts).decode()


def read_objects(value: object) -> str:
    """A list of objects as JSON: a list, JSON text of one, or one object alone.

    Raises:
        UnfitValue: It is something else, empty, or has something in it that is no object.

    >>> read_objects({"role": "user"}), read_objects('[{"role": "user"}]')
    ('[{"role":"user"}]', '[{"role":"user"}]')
    """
    entries = read_list(value, "JSON objects", "[{…}, {…}]")
    place = next((number for number, entry in enumerate(entries, 1) if not isinstance(entry, dict)), None)
    if place is not None:
        raise UnfitValue(f"is a list of JSON objects; entry {place} is none: {described(entries[place - 1])}")
    return encode_json(entries).decode()


def read_entries(value: object) -> str:
    """A list of names and objects as JSON; a function is written in the flat form.

    Raises:
        UnfitValue: It is something else, empty, or has something in it that is neither.

    >>> read_entries(["view_image", {"type": "function", "function": {"name": "f"}}])
    '["view_image",{"type":"function","name":"f"}]'
    """
    entries = read_list(value, "names and JSON objects", '["view_image", {"type": "function", …}]')
    place = next((number for number, entry in enumerate(entries, 1) if not isinstance(entry, dict | str)), None)
    if place is not None:
        raise UnfitValue(
            f"is a list of names and JSON objects; entry {place} is neither: {described(entries[place - 1])}"
        )
    return encode_json([flat_function(entry) for entry in entries]).decode()


def flat_function(entry: object) -> object:
    """A function in the form of the Responses interface, of one in that of chat completions; anything else as it is.

    >>> flat_function({"type": "function", "function": {"name": "f", "parameters": {}}})
    {'type': 'function', 'name': 'f', 'parameters': {}}
    """
    inner = entry.get("function") if isinstance(entry, dict) and entry.get("type") == "function" else None
    return {"type": "function", **inner} if isinstance(inner, dict) else entry


def read_items(value: object) -> str:
    """Input items as JSON; lists among them, such as an earlier output, are put in their place.

    Raises:
        UnfitValue: It is no list of objects, or empty.

    >>> read_items([[{"type": "reasoning"}], {"role": "user"}])
    '[{"type":"reasoning"},{"role":"user"}]'
    """
    entries = read_list(value, "input items", '[{"role": "user", "content": "…"}]')
    return read_objects([item for entry in entries for item in (entry if isinstance(entry, list) else [entry])])


def read_list(value: object, of: str, example: str) -> list[object]:
    """A list with at least one entry; what is none is its only entry.

    Args:
        value: What was given.
        of: What it is a list of, for messages.
        example: One, for messages.

    Raises:
        UnfitValue: It is broken JSON, no entry, or empty.
    """
    is_text = isinstance(value, str | bytes | bytearray | memoryview)
    text = to_string(value).strip() if is_text else to_json(value)
    if text[:1] in ("[", "{", '"'):
        decoded = decode_json(to_json(text))
        entries = decoded if isinstance(decoded, list) else [decoded]
    elif not is_text:
        raise UnfitValue(f"expected a list of {of} such as {example}, got {described(value)}")
    else:
        entries = [text] if text else []
    if not entries:
        raise UnfitValue(f"is empty; write a list of {of} such as {example}")
    return entries


def texts_in(values: Values, name: str) -> list[str]:
    """The texts of a parameter; none where it is NULL."""
    return list(decode_json(str(values[name]))) if name in values else []


def objects_in(values: Values, name: str) -> list[dict[str, object]]:
    """The objects of a parameter; none where it is NULL."""
    return list(decode_json(str(values[name]))) if name in values else []
