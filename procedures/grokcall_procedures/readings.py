"""What a text request makes the model read, what it offers it, and where the answer ends."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import imagesize

from grokcall_procedures.documents import encode_json
from grokcall_procedures.media import GIF, JPEG, PNG, WEBP, sniff

SPOKEN = ("instructions", "system", "input", "messages")
"""Members of a body that hold texts, images and files for the model."""
FORMAL = ("text", "response_format", "tools")
"""Members that the service writes into the prompt in a form of its own."""
IMAGES = frozenset({"input_image", "image_url", "image"})
FILES = frozenset({"input_file", "file", "document"})
EARLIER = frozenset({"item_reference", "compaction"})
SIZED_IMAGES = (PNG, JPEG, WEBP, GIF)
PATCH = 32
"""Pixels along each side of what counts as one token of an image."""
LABELS = frozenset({"type", "role", "status", "detail"})
OWN_TOOLS = frozenset({"function", "custom", "shell"})
"""Tools that the caller runs, free of charge; every other kind is run by the service, which has a fee for it."""
LIMITS: Mapping[str, tuple[str, ...]] = {
    "/responses": ("max_output_tokens",),
    "/chat/completions": ("max_completion_tokens", "max_tokens"),
    "/messages": ("max_tokens",),
}
"""The text endpoints and where each has its limit of the answer, which bounds the text alone, never reasoning."""

TURN_LIMITS = ("max_turns", "max_tool_calls")


@dataclass(slots=True)
class Reading:
    """What is in a request for a text model.

    ``texts`` are the strings for the model. ``images`` has the tokens of each image, and None for one whose size is
    not known. ``files`` has the bytes of each file of plain text, and None for one whose text may be longer than the
    file or is not known. ``earlier`` tells whether the service adds a conversation that it keeps.
    """

    texts: list[str] = field(default_factory=list)
    images: list[int | None] = field(default_factory=list)
    files: list[int | None] = field(default_factory=list)
    earlier: bool = False
    earlier_tokens: int = 0
    """Tokens of that conversation where they are known; it is not ``earlier`` then."""
    media_bytes: int = 0
    """Bytes of the body that are an image, a file or an address of one, and so no text."""
    formal_bytes: int = 0
    """Bytes of schemas and tools."""

    @property
    def text_bytes(self) -> int:
        """Bytes of the texts in UTF-8."""
        return sum(map(byte_count, self.texts))

    def take(self, value: object, uploads: Mapping[str, bytes]) -> None:
        """Takes in a part of the body, with all that is in it."""
        if isinstance(value, str):
            self.texts.append(value)
        elif isinstance(value, list):
            for element in value:
                self.take(element, uploads)
        elif isinstance(value, dict):
            self._take_object(value, uploads)

    def _take_object(self, part: Mapping[str, object], uploads: Mapping[str, bytes]) -> None:
        kind = part.get("type")
        if kind in IMAGES:
            address = longest_text(part)
            self.images.append(image_tokens(address))
            self.media_bytes += byte_count(address)
        elif kind in FILES:
            nested = part.get("file")
            self._take_file(nested if isinstance(nested, dict) else part, uploads)
        else:
            self.earlier |= kind in EARLIER or "encrypted_content" in part
            for name, member in part.items():
                if name not in LABELS:
                    self.take(member, uploads)

    def _take_file(self, part: Mapping[str, object], uploads: Mapping[str, bytes]) -> None:
        data = part.get("file_data")
        if isinstance(data, str):
            self.media_bytes += byte_count(data)
            self.files.append(plain_size(inline_content(data)))
        else:
            self.files.append(plain_size(uploads.get(str(part.get("file_id")))))


def read_body(body: Mapping[str, object], uploads: Mapping[str, bytes]) -> Reading:
    """What is in a body.

    Args:
        body: The body of a request to one of the text endpoints.
        uploads: The contents of uploaded files by their ids, as far as they are known.
    """
    reading = Reading(earlier=body.get("previous_response_id") is not None)
    for name in SPOKEN:
        reading.take(body.get(name), uploads)
    reading.formal_bytes = sum(len(encode_json(body[name])) for name in FORMAL if body.get(name))
    return reading


def tools_of(body: Mapping[str, object], reading: Reading) -> list[str]:
    """The tools that a model is offered, by name; an attached file brings one along.

    Those of the caller are among them: what a model writes to call one need not keep the limit of its answer.
    """
    tools = body.get("tools")
    names = [str(tool.get("type", "function")) for tool in as_list(tools) if isinstance(tool, dict)]
    if body.get("search_parameters"):
        names.append("live search")
    if reading.files:
        names.append("attachment_search")
    return names


def answer_limit(path: str, body: Mapping[str, object]) -> int | None:
    """The most tokens that each answer can have; None when the request sets no limit."""
    limits = [value for name in LIMITS[path] if (value := whole(body.get(name))) is not None]
    return max(limits, default=None)


def turn_limit(body: Mapping[str, object]) -> int | None:
    """The most turns of tool use, under either of its names; None when the request sets no limit."""
    limits = [value for name in TURN_LIMITS if (value := whole(body.get(name))) is not None]
    return max(limits, default=None)


def effort_of(body: Mapping[str, object]) -> str | None:
    """The reasoning effort that the request asks for."""
    reasoning = body.get("reasoning")
    effort = reasoning.get("effort") if isinstance(reasoning, dict) else body.get("reasoning_effort")
    return effort if isinstance(effort, str) else None


def whole(value: object) -> int | None:
    """A count of at least one; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None


def as_list(value: object) -> Sequence[object]:
    """A list as it is; nothing for anything else."""
    return value if isinstance(value, list) else ()


def longest_text(value: object) -> str:
    """The longest string in a part, which is the image or its address."""
    if isinstance(value, str):
        return value
    return max(map(longest_text, value.values()), key=len, default="") if isinstance(value, dict) else ""


def image_tokens(address: str) -> int | None:
    """The tokens that an image inside the request counts as: one for each 32 x 32 pixels begun, and two more.

    Args:
        address: The image's data URI, or its address.

    Returns:
        None for an image elsewhere, and for one whose size cannot be told.
    """
    content = inline_content(address) if address.startswith("data:") else None
    if content is None or sniff(content) not in SIZED_IMAGES:
        return None
    width, height = imagesize.get(io.BytesIO(content))
    return -(-width // PATCH) * -(-height // PATCH) + 2 if width > 0 and height > 0 else None


def byte_count(text: str) -> int:
    """Bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def inline_content(data: str) -> bytes | None:
    """The bytes of a file inside the request, as base64 or a data URI; None when it is neither."""
    try:
        return base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
    except ValueError:
        return None


def plain_size(content: bytes | None) -> int | None:
    """The size of a file of plain text; None for any other, whose text may be longer than the file.

    >>> plain_size(b"a,b"), plain_size(b"%PDF-1.7 ...")
    (3, None)
    """
    if content is None or sniff(content) is not None or b"\0" in content:
        return None
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return len(content)
