"""The values that a statement holds: literals and markers, out of sqlglot's expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.dialect import Dialect

from grokcall_parser.diagnostics import finding
from grokcall_parser.errors import CallSyntaxError
from grokcall_parser.literals import READERS, UnfitLiteral, negative, plain, shortened
from grokcall_parser.spans import Span
from grokcall_parser.statements import Literal, Marker, Scalar
from grokcall_parser.tokens import is_enclosed, source, span_of, split_at_commas

LONGEST_VALUE = 32
"""Tokens of a value that sqlglot is asked about; what is longer is no literal, and may be too deep to ask about."""

DIALECT = Dialect.get_or_raise("duckdb")
NAMED_MARKER = re.compile(r"[:$]([^\W\d]\w*)")
SIGNS = frozenset({TokenType.DASH, TokenType.PLUS})
NUMBER_STARTS = frozenset({TokenType.NUMBER, TokenType.DOT})


@dataclass(frozen=True, slots=True)
class Slot:
    """What a value is for; errors name it."""

    procedure: str
    position: int
    """From 1."""
    parameter: str | None = None
    element: int | None = None
    """From 1, for a value inside of an array."""
    what: str = "argument"
    """What the value is there."""

    def __str__(self) -> str:
        """``argument 2 (Model) of GenerateResponse``."""
        element = f"element {self.element} of " if self.element else ""
        name = f" ({shortened(self.parameter)})" if self.parameter else ""
        return f"{element}{self.what} {self.position}{name} of {shortened(self.procedure)}"

    def error(self, message: str, text: str, span: Span) -> CallSyntaxError:
        """An error about the value, with what is known of its place."""
        return CallSyntaxError(
            message, text, span, procedure=self.procedure, parameter=self.parameter, position=self.position
        )


class ValueReader:
    """Reads the values of one statement and counts its question marks.

    Args:
        text: The statement.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._parser = DIALECT.parser()
        self._questions = 0

    def value(self, tokens: Sequence[Token], slot: Slot) -> Literal | Marker:
        """The literal or the marker that ``tokens`` are; their brackets must be balanced.

        Raises:
            CallSyntaxError: They are something else, which the message names.
        """
        is_array = is_enclosed(tokens, TokenType.L_BRACKET)
        value = self._elements(tokens, slot) if is_array else self.scalar(tokens, slot)
        return value if isinstance(value, Marker) else Literal(value, span_of(tokens))

    def _elements(self, tokens: Sequence[Token], slot: Slot) -> tuple[Scalar, ...]:
        """The values of an array; ``tokens`` include the brackets."""
        if len(tokens) == 2:
            return ()
        elements: list[Scalar] = []
        start = 1
        for position, run in enumerate(split_at_commas(tokens[1:-1]), 1):
            place = replace(slot, element=position)
            if not run:
                message = f"{place} is missing; write a value, or one comma less"
                raise place.error(message, self._text, span_of(tokens[start : start + 1]))
            elements.append(self._element(run, place))
            start += len(run) + 1
        return tuple(elements)

    def _element(self, tokens: Sequence[Token], slot: Slot) -> Scalar:
        if is_enclosed(tokens, TokenType.L_BRACKET):
            message = f"{slot} is an array; elements are plain values, so pass JSON as a string: '[[1, 2]]'"
            raise slot.error(message, self._text, span_of(tokens))
        value = self.scalar(tokens, slot)
        if isinstance(value, Marker):
            message = f"{slot} is a marker; make the whole array the value of one, as in :Names"
            raise slot.error(message, self._text, value.span)
        return value

    def scalar(self, tokens: Sequence[Token], slot: Slot) -> Scalar | Marker:
        """The value of the literal that ``tokens`` are, which is no array, or the marker.

        Raises:
            CallSyntaxError: They are something else, which the message names.
        """
        expression = self._expression(tokens)
        marker = self._marker(expression, tokens)
        if marker is not None:
            return marker
        unsigned = tokens[1:] if tokens[0].token_type in SIGNS else tokens
        read = literal_reader(expression, tokens, unsigned)
        if read is None:
            message, span = finding(expression, tokens, self._text, str(slot))
            raise slot.error(message, self._text, span)
        start, end = unsigned[0].start, unsigned[-1].end + 1
        try:
            return read(self._text[start:end])
        except UnfitLiteral as fault:
            span = Span(start + fault.start, end if fault.end is None else start + fault.end)
            raise slot.error(f"{slot}: {fault}", self._text, span) from None

    def _expression(self, tokens: Sequence[Token]) -> exp.Expr | None:
        """What sqlglot makes of ``tokens``; None when it makes nothing of them."""
        if len(tokens) > LONGEST_VALUE:
            return None
        try:
            return self._parser.parse_into(exp.Condition, list(tokens), self._text)[0]
        except Exception:
            # Beside its ParseError, nonsense such as {: 1} makes sqlglot stumble over its own None.
            return None

    def _marker(self, expression: exp.Expr | None, tokens: Sequence[Token]) -> Marker | None:
        if not isinstance(expression, exp.Placeholder):
            return None
        written = source(tokens, self._text)
        if written == "?":
            self._questions += 1
            return Marker(None, self._questions - 1, span_of(tokens))
        named = NAMED_MARKER.fullmatch(written)
        return Marker(named[1], None, span_of(tokens)) if named else None


def literal_reader(
    expression: exp.Expr | None, tokens: Sequence[Token], unsigned: Sequence[Token]
) -> Callable[[str], Scalar] | None:
    """How to read the literal that ``tokens`` are, None when they are none.

    sqlglot's expression alone does not tell: it drops a ``+``, and joins what stands side by side.
    """
    if expression is None:
        return None
    is_number = bool(unsigned) and unsigned[0].token_type in NUMBER_STARTS
    if len(unsigned) == len(tokens):
        return READERS.get(type(expression)) if is_number or len(tokens) == 1 else None
    number_expression = expression.this if isinstance(expression, exp.Neg) else expression
    if not is_number or not isinstance(number_expression, exp.Literal):
        return None
    return negative if isinstance(expression, exp.Neg) else plain
