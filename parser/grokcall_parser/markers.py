"""The markers in a query, which is otherwise left to the engine that runs it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import Token, TokenType

from grokcall_parser.errors import ArgumentsError, CallSyntaxError
from grokcall_parser.spans import Span
from grokcall_parser.statements import Marker
from grokcall_parser.tokens import BRACKETS, CLOSING_SIGNS, is_word, read_tokens, span_of

VALUE_ENDS = frozenset({TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER, *CLOSING_SIGNS})
"""What a colon after it parts from something, or a bracket after it takes something out of."""


def find_markers(text: str) -> tuple[Marker, ...]:
    """The markers of a query in the order of its text: ``:Name``, ``$Name`` or ``?``.

    A colon of another meaning is none: ``value::type``, ``{'key':value}``, ``list[1:last]``, ``alias:value``. One that
    follows a name at once parts it from its value; write a blank before a marker.

    Raises:
        CallSyntaxError: A string, a quoted name or a comment is not closed, or a string in tagged dollars was used.
        ArgumentsError: ``?`` stands beside named markers.

    >>> [marker.name for marker in find_markers("SELECT :a::INT, ':b', {'c':d} -- :e")]
    ['a']
    """
    tokens = read_tokens(text)
    markers: list[Marker] = []
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.token_type in BRACKETS:
            opened.append(index)
        elif token.token_type in CLOSING_SIGNS and opened:
            opened.pop()
        elif token.token_type is TokenType.PLACEHOLDER:
            markers.append(Marker(None, len(markers), span_of([token])))
        elif is_marker(tokens, index, opened[-1] if opened else None, text):
            markers.append(Marker(tokens[index + 1].text, None, span_of(tokens[index : index + 2])))
    refuse_mixture(markers, text)
    return tuple(markers)


def is_marker(tokens: Sequence[Token], index: int, bracket: int | None, text: str) -> bool:
    """Whether a token is the sign before the name of a marker."""
    sign = text[tokens[index].start]
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if sign not in ":$" or tokens[index].end != tokens[index].start or following is None:
        return False
    if following.start != tokens[index].end + 1 or not is_word(following, text):
        return False
    if sign == ":":
        return not parts_a_value(tokens, index, bracket, text)
    refuse_tagged_string(tokens[index], following, text)
    return True


def parts_a_value(tokens: Sequence[Token], index: int, bracket: int | None, text: str) -> bool:
    """Whether a colon parts what stands before it from what follows, as in a struct, a slice or an alias."""
    if bracket == index - 1:
        return is_subscript(tokens, bracket, text)
    if not index:
        return False
    before = tokens[index - 1]
    if before.token_type in VALUE_ENDS:
        return True
    if not is_word(before, text):
        return False
    if before.end + 1 == tokens[index].start:
        return True
    if bracket is None:
        return False
    is_key = tokens[bracket].token_type is TokenType.L_BRACE and tokens[index - 2].token_type in KEY_STARTS
    return is_key or (is_subscript(tokens, bracket, text) and before.token_type is TokenType.VAR)


KEY_STARTS = frozenset({TokenType.L_BRACE, TokenType.COMMA})


def is_subscript(tokens: Sequence[Token], bracket: int, text: str) -> bool:
    """Whether a bracket takes something out of what stands before it, and is not a list of its own."""
    if tokens[bracket].token_type is not TokenType.L_BRACKET or not bracket:
        return False
    before = tokens[bracket - 1]
    return before.token_type in VALUE_ENDS or (is_word(before, text) and before.end + 1 == tokens[bracket].start)


def refuse_tagged_string(sign: Token, word: Token, text: str) -> None:
    """Raises where ``$tag$`` begins a string, whose end is not known here."""
    if text.startswith("$", word.end + 1):
        message = "strings in tagged dollars are not known here; write $$…$$ or '…'"
        raise CallSyntaxError(message, text, Span(sign.start, word.end + 2))


def refuse_mixture(markers: Sequence[Marker], text: str) -> None:
    """Raises where question marks and names stand in one text, for no parameters would fit both."""
    question = next((marker for marker in markers if marker.name is None), None)
    if question is not None and any(marker.name is not None for marker in markers):
        message = "this ? stands beside named markers; give all of them names, or none"
        raise ArgumentsError(message, text, question.span)
