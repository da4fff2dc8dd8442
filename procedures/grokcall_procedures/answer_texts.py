"""Which text of a reply is the answer.

One reply can hold several messages: remarks before the service's own tools run and the answer after them, whole
documents one after the other where an answer of a declared shape was asked for, a commentary beside the final answer.
The parts of one message belong together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grokcall_procedures.lenient_json import BLANKS, read_leniently

FINAL, COMMENTARY = "final_answer", "commentary"
"""The phases that a message can be marked with."""
BETWEEN = "\n\n"
"""What stands between messages that belong together."""
FENCES = ("```", "~~~")
DOCUMENT_BEGINS = ("{", "[")
TEXT_PARTS = frozenset({"output_text", "text", ""})
"""The types of parts that are text of an answer; other servers leave the type out."""
_MARKS = re.compile(r"(?:<\|[^|<>]{1,40}\|>\s*)+\Z")
"""Marks of a model's own, such as ``<|eos|>``, at the end of a text."""


@dataclass(slots=True)
class Message:
    """One message of a reply.

    Args:
        text: Its parts joined; None where it has no text.
        refusal: What it says where it refuses.
        phase: What it is marked as.
        turn: How many calls of tools came before it.
    """

    text: str | None
    refusal: str | None = None
    phase: str | None = None
    turn: int = 0

    @property
    def says(self) -> bool:
        """Whether it says anything."""
        return bool((self.text and self.text.strip()) or self.refusal)


def answer_in(messages: Sequence[Message], *, structured: bool = False) -> tuple[str | None, bool]:
    """The answer in the messages of a reply, and whether it is a refusal; None where there is none.

    Args:
        messages: In their order.
        structured: Whether a JSON document was asked for. Then the last message that is one is the answer.

    >>> answer_in([Message("Let me look."), Message("Yellow.", turn=1)])
    ('Yellow.', False)
    """
    if len(messages) == 1 and messages[0].text:
        return messages[0].text, False  # nearly always, so it comes first
    spoken = [message for message in messages if message.says]
    if not spoken:
        return next((message.text for message in messages if message.text is not None), None), False
    if structured and len(spoken) > 1 and (found := document_among(spoken)) is not None:
        return found
    spoken = counted(spoken)
    texts = [message.text for message in spoken if message.text and message.text.strip()]
    if texts:
        return BETWEEN.join(texts), False
    return BETWEEN.join(message.refusal or "" for message in spoken), True


def counted(messages: list[Message]) -> list[Message]:
    """The messages that make up the answer: the final ones, or those after the last call of a tool."""
    final = [message for message in messages if message.phase == FINAL]
    kept = final or [message for message in messages if message.phase != COMMENTARY] or messages
    return [message for message in kept if message.turn == kept[-1].turn]


def document_among(messages: list[Message]) -> tuple[str, bool] | None:
    """The last message that is a JSON document, or that refuses to give one; of final ones if there are any."""
    final = [message for message in messages if message.phase == FINAL]
    for message in (*reversed(final), *reversed(messages)):
        if message.text is None:
            return message.refusal or "", True
        if is_document(message.text):
            return message.text, False
    whole = "".join(message.text or "" for message in messages)
    return (whole, False) if is_document(whole) else None


def is_document(text: str) -> bool:
    """Whether a text is a JSON object or list, in a fence or without."""
    try:
        return isinstance(read_answer(text), dict | list)
    except ValueError:
        return False


def read_answer(text: str, number: Callable[[str], object] | None = None) -> object:
    r"""The JSON value that an answer is, as a whole; a fence around it does not matter.

    Args:
        text: The answer.
        number: Makes a value of a number with a fraction or an exponent; None for a finite float.

    Raises:
        ValueError: It is none.

    >>> read_answer('```json\n{"n": 5}\n```')
    {'n': 5}
    """
    return read_leniently(unfenced(text), number, whole=True)


def unfenced(text: str) -> str:
    """A JSON document without the fence around it, and without a model's own marks after it.

    A fence may name any language, and the one at the end may be missing. Text before or after a fence stays: then the
    fence does not hold the whole answer.
    """
    inner = _MARKS.sub("", text.strip(BLANKS)).strip(BLANKS)
    mark = inner[:3]
    if mark not in FENCES:
        return inner
    inner = inner.lstrip(mark[0])
    _language, _, below = inner.partition("\n")
    if below.lstrip(BLANKS)[:1] in DOCUMENT_BEGINS:
        inner = below
    else:
        inner = inner[min((at for at in map(inner.find, DOCUMENT_BEGINS) if at >= 0), default=0) :]
    return _MARKS.sub("", inner).rstrip(BLANKS).rstrip(mark[0]).strip(BLANKS)


def content_text(content: object) -> Message:
    """A message from its ``content``: a text, or a list of parts in any of the API's shapes."""
    if isinstance(content, str):
        return Message(content)
    texts: list[str] = []
    refusals: list[str] = []
    for each in content if isinstance(content, list) else ():
        part = each if isinstance(each, dict) else {"text": each}
        said = part.get("text") if part.get("type", "") in TEXT_PARTS else None
        refusal = part.get("refusal")
        if isinstance(said, str):
            texts.append(said)
        elif isinstance(refusal, str):
            refusals.append(refusal)
    return Message("".join(texts) if texts else None, "".join(refusals) if refusals else None)
