"""Texts to speak, as they are given and as they are sent."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Iterable, Iterator

from grokcall.errors import DataError, InterfaceError
from grokcall_procedures import Piece, PieceKind
from grokcall_procedures.audio import LONGEST_TEXT

SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'»”’)\]]*\s+|\n+")


def pieces_of(text: str, longest: int = LONGEST_TEXT) -> Iterator[str]:
    """A text in pieces of at most so many characters, cut where a sentence ends, or else at a blank.

    >>> list(pieces_of("One. Two three. Four", 12)), list(pieces_of("One two three", 9)), list(pieces_of("abcd", 3))
    (['One. ', 'Two three. ', 'Four'], ['One two ', 'three'], ['abc', 'd'])
    """
    start = 0
    while len(text) - start > longest:
        ends = [found.end() for found in SENTENCE_END.finditer(text, start, start + longest)]
        cut = ends[-1] if ends else text.rfind(" ", start, start + longest) + 1
        cut = cut if cut > start else start + longest
        yield text[start:cut]
        start = cut
    if start < len(text):
        yield text[start:]


def given_texts(given: object, *, awaited: bool) -> object:
    """What is to be spoken, as an iterable.

    Args:
        given: A text, or an iterable of texts.
        awaited: Whether it may be an asynchronous one.

    Raises:
        DataError: The text is empty.
        InterfaceError: It is something else.
    """
    if isinstance(given, str):
        if not given.strip():
            raise DataError("speak: the text is empty; give one with something to say")
        return [given]
    if isinstance(given, AsyncIterable) and not awaited and not isinstance(given, Iterable):
        raise InterfaceError("speak: an asynchronous iterable needs a connection of grokcall.aconnect()")
    if isinstance(given, bytes | bytearray) or not isinstance(given, Iterable | AsyncIterable):
        raise InterfaceError(f"speak takes a text or an iterable of texts, not {type(given).__name__}")
    return given


def text_of(given: object, number: int) -> str:
    """A text that was given; of a piece of an answer its text, and nothing of one that is no text.

    Args:
        given: It.
        number: Its number, from 1, for messages.

    Raises:
        DataError: It is something else.
    """
    if isinstance(given, Piece):
        return given.text if given.kind is PieceKind.TEXT else ""
    if not isinstance(given, str):
        raise DataError(f"speak: element {number:,} is {type(given).__name__}; give texts or pieces of an answer")
    return given
