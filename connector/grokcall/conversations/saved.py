"""A conversation as a JSON document: written to be taken up again elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from grokcall.conversations.turn import Turn, whole
from grokcall.core.files import write_whole
from grokcall.errors import DataError, InterfaceError
from grokcall_procedures.conversations import Chain
from grokcall_procedures.schemas.answer_types import answer_type

VERSION = 1
MARK = "grokcall_conversation"

Saved: TypeAlias = str | PathLike[str] | Mapping[str, object]


@dataclass(slots=True)
class State:
    """What a conversation is at some moment.

    Args:
        parameters: What every question is asked with, by parameter.
        turns: What was asked and answered.
        chain: What the next question goes on from.
    """

    parameters: dict[str, object] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)
    chain: Chain = field(default_factory=Chain)

    def copy(self) -> State:
        """The same, which goes its own way from here on."""
        return State(dict(self.parameters), list(self.turns), self.chain)


def written(state: State, path: str | PathLike[str] | None = None) -> str:
    """A conversation as JSON text.

    Args:
        state: The conversation.
        path: A file that gets it, whole or not at all, readable by its owner only; None for none.

    Raises:
        DataError: A parameter cannot be written, or the file cannot.
    """
    chain = state.chain
    document = {
        MARK: VERSION,
        "parameters": state.parameters,
        "response_id": chain.response_id,
        "instructions": chain.instructions,
        "tokens": chain.tokens,
        "items": None if chain.items is None else list(chain.items),
        "turns": [turn.written for turn in state.turns],
    }
    try:
        text = json.dumps(document, ensure_ascii=False, indent=1, default=type_text)
    except (TypeError, ValueError) as error:
        raise DataError(f"the conversation cannot be written: {error}") from None
    if path is not None:
        try:
            write_whole(Path(path), text.encode("utf-8", "surrogatepass"))
        except OSError as error:
            raise DataError(f"cannot write the conversation to {str(path)!r}: {error.strerror or error}") from None
    return text


def type_text(value: object) -> str:
    """A Python type in the place of an OutputSchema as the text that declares the same.

    Raises:
        TypeError: It is no such type.
    """
    declared = answer_type(value)
    if declared is None:
        raise TypeError(f"a parameter is of the type {type(value).__name__}, which JSON has no form for")
    return declared.text


def read(saved: Saved) -> State:
    """The conversation in a document, in its JSON text, or in the file that has that.

    Raises:
        InterfaceError: It is none, or of a later version.
        DataError: The file cannot be read.
    """
    document = saved if isinstance(saved, Mapping) else decoded(saved)
    if not isinstance(document, Mapping) or MARK not in document:
        raise InterfaceError(f"this is no conversation: it has no member {MARK!r}; dump() writes one")
    if document[MARK] != VERSION:
        raise InterfaceError(f"the conversation is of version {document[MARK]!r}; this grokcall reads {VERSION}")
    return State(
        dict(objects(document.get("parameters"))),
        [Turn.read(objects(turn)) for turn in entries(document.get("turns"))],
        Chain(
            text_or_none(document.get("response_id")),
            None if document.get("items") is None else tuple(objects(item) for item in entries(document["items"])),
            document.get("instructions"),
            whole(document.get("tokens")),
        ),
    )


def decoded(saved: str | PathLike[str]) -> Any:
    """The JSON value in a text, or in the file at a path."""
    text = str(saved)
    if not isinstance(saved, str) or not text.lstrip().startswith("{"):
        try:
            text = Path(saved).expanduser().read_text("utf-8", "surrogatepass")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
            raise DataError(f"cannot read the conversation in {str(saved)!r}: {reason}") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InterfaceError("the conversation is broken: it is no JSON text") from None


def objects(value: object) -> Mapping[str, object]:
    """A JSON object.

    Raises:
        InterfaceError: It is none.
    """
    if not isinstance(value, Mapping):
        raise InterfaceError("the conversation is broken: an object is missing in it")
    return value


def entries(value: object) -> list[object]:
    """A JSON list.

    Raises:
        InterfaceError: It is none.
    """
    if not isinstance(value, list):
        raise InterfaceError("the conversation is broken: a list is missing in it")
    return value


def text_or_none(value: object) -> str | None:
    """A text; None for anything else."""
    return value if isinstance(value, str) and value else None
