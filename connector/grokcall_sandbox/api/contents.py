"""Messages with their images and files, read into turns."""

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import msgspec

from grokcall_sandbox.errors import invalid, not_found, undeserializable
from grokcall_sandbox.media.sources import decode_base64, decode_data_uri, is_loopback, read_url
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.text.compaction import unpack_turns
from grokcall_sandbox.text.conversation import Document, Picture, Turn
from grokcall_sandbox.tokens import read_picture_size

_ROLES = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system", "tool": "tool"}
_SHORTEST_SIDE = 8
_TOOL_OUTPUTS = ("function_call_output", "shell_call_output")
# Earlier output that a caller sends back; it carries nothing that the rules read.
_REPLAYED = ("reasoning", "item_reference")


async def read_items(items: list[dict[str, Any]], state: SandboxState) -> tuple[Turn, ...]:
    """The turns of an input list.

    Raises:
        ApiError: 422 for an item of no known kind, 400 for an image or file that cannot be taken.
    """
    turns: list[Turn] = []
    for item in items:
        if item.get("type") == "compaction":
            turns += _read_compaction(item)
            continue
        turn = await _read_item(item, state)
        if turn is not None:
            turns.append(turn)
    return tuple(turns)


async def read_turns(role: Any, content: Any, state: SandboxState) -> list[Turn]:
    """One message in Anthropic's shape: what tools gave are turns of their own, before the rest."""
    if not isinstance(content, list):
        return [await read_message(role, content, state)]
    results = [part for part in content if _is_result(part)]
    turns = [Turn("tool", _output_text(part.get("content", ""))) for part in results]
    rest = [part for part in content if not _is_result(part)]
    if rest or not turns:
        turns.append(await read_message(role, rest, state))
    return turns


async def read_message(role: Any, content: Any, state: SandboxState) -> Turn:
    """One message with a text or a list of parts as its content."""
    if role not in _ROLES:
        raise _no_variant()
    if isinstance(content, str):
        return Turn(_ROLES[role], content)
    if content is None and role == "assistant":
        return Turn("assistant", "")
    if not isinstance(content, list):
        raise _no_variant()
    texts: list[str] = []
    pictures: list[Picture] = []
    documents: list[Document] = []
    for part in content:
        if not isinstance(part, dict):
            raise _no_variant()
        await _read_part(part, state, texts, pictures, documents)
    return Turn(_ROLES[role], "\n".join(texts), tuple(pictures), tuple(documents))


async def _read_item(item: dict[str, Any], state: SandboxState) -> Turn | None:
    kind = item.get("type", "message")
    if kind == "message":
        return await read_message(item.get("role"), item.get("content"), state)
    if kind in _TOOL_OUTPUTS:
        output = item.get("output")
        if not isinstance(item.get("call_id"), str) or not isinstance(output, str | list):
            raise _no_variant()
        return Turn("tool", _output_text(output))
    if kind in _REPLAYED or (isinstance(kind, str) and kind.endswith("_call")):
        return None
    raise _no_variant()


def _read_compaction(item: dict[str, Any]) -> tuple[Turn, ...]:
    packed = item.get("encrypted_content")
    if not isinstance(packed, str):
        raise _no_variant()
    try:
        return unpack_turns(packed)
    except ValueError as problem:
        raise invalid("Invalid encrypted_content: send it back as it came.") from problem


async def _read_part(
    part: dict[str, Any], state: SandboxState, texts: list[str], pictures: list[Picture], documents: list[Document]
) -> None:
    match part.get("type"):
        case "input_text" | "output_text" | "text":
            text = part.get("text")
            if not isinstance(text, str):
                raise _no_variant()
            texts.append(text)
        case "input_image":
            pictures.append(await _read_picture(part.get("image_url")))
        case "image_url":
            nested = part.get("image_url")
            pictures.append(await _read_picture(nested.get("url") if isinstance(nested, dict) else None))
        case "image":
            pictures.append(await _read_block(part.get("source")))
        case "input_file":
            documents.append(_read_file(part, state))
        case "file":
            nested = part.get("file")
            documents.append(_read_file(nested if isinstance(nested, dict) else {}, state))
        case "refusal" | "tool_use" | "thinking" | "redacted_thinking":
            pass
        case _:
            raise _no_variant()


def _is_result(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "tool_result"


def _output_text(output: Any) -> str:
    """What a tool gave, as text: the texts of a list of parts, and JSON of anything else that is no text."""
    if isinstance(output, str):
        return output
    if isinstance(output, list) and all(
        isinstance(part, dict) and isinstance(part.get("text"), str) for part in output
    ):
        return "\n".join(part["text"] for part in output)
    return msgspec.json.encode(output).decode()


async def _read_picture(address: Any) -> Picture:
    if not isinstance(address, str):
        raise invalid("Images must be given as `image_url`: a URL or a base64 data URI.")
    if address.startswith("data:") or is_loopback(address):
        data = await read_url(address)
        if not data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
            raise invalid("Unsupported image format: images must be JPEG or PNG.")
        size = read_picture_size(data)
        if size is not None and min(size) < _SHORTEST_SIDE:  # one that is damaged is told apart later
            raise _too_small(size)
        return Picture(address[:100], data)
    if urlsplit(address).scheme not in ("http", "https"):
        raise invalid("Invalid image URL: expected an http(s) URL or a base64 data URI.")
    return Picture(address, None)


def _too_small(size: tuple[int, int]) -> Exception:
    least = f"{_SHORTEST_SIDE} x {_SHORTEST_SIDE}"
    return invalid(f"Image is too small: {size[0]} x {size[1]} pixels, at least {least} are needed.")


async def _read_block(source: Any) -> Picture:
    if not isinstance(source, dict):
        raise _no_variant()
    if source.get("type") == "base64":
        return await _read_picture(f"data:{source.get('media_type')};base64,{source.get('data')}")
    return await _read_picture(source.get("url"))


def _read_file(part: dict[str, Any], state: SandboxState) -> Document:
    given = [key for key in ("file_id", "file_url", "file_data") if part.get(key) is not None]
    if len(given) != 1:
        raise invalid("Exactly one of file_id, file_url and file_data must be given for an input_file.")
    value = part[given[0]]
    if not isinstance(value, str):
        raise _no_variant()
    if given[0] == "file_id":
        stored = state.files.get(value)
        if stored is None:
            raise not_found(f"File with id={value} not found")
        return Document(stored.name, stored.data)
    if given[0] == "file_url":
        return Document(PurePosixPath(urlsplit(value).path).name or value, None)
    name = part.get("filename")
    if not isinstance(name, str) or not name:
        raise invalid("filename is required with file_data.")
    data = decode_data_uri(value) if value.startswith("data:") else decode_base64(value)
    if len(data) > 48 * 1024 * 1024:
        raise invalid("The file exceeds the maximum allowed size of 48 MiB.")
    return Document(name, data)


def _no_variant() -> Exception:
    return undeserializable("input: data did not match any variant of untagged enum ModelInput")
