"""Places in a statement: spans, lines and columns, and the pointer shown under a fault."""

from __future__ import annotations

from dataclasses import dataclass

WIDEST_LINE = 160


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text: from ``start`` (included) to ``end`` (excluded), in characters."""

    start: int
    end: int

    def line_and_column(self, text: str) -> tuple[int, int]:
        """The place of the start, both counted from 1."""
        before = text[: self.start]
        return before.count("\n") + 1, self.start - (before.rfind("\n") + 1) + 1


def point_at(text: str, span: Span) -> str:
    """The line of ``text`` that holds ``span``, and under it a caret with line and column.

    >>> print(point_at("CALL Ask('hi', modl => 1)", Span(15, 19)))
      CALL Ask('hi', modl => 1)
                     ^^^^ line 1, column 16
    """
    line, column = span.line_and_column(text)
    shown = text.split("\n")[line - 1].rstrip("\r")
    width = max(1, min(span.end - span.start, len(shown) - column + 1))
    cut = max(0, column - 1 - WIDEST_LINE // 2)
    if cut:
        shown = "…" + shown[cut + 1 :]
    if len(shown) > WIDEST_LINE:
        shown = shown[: WIDEST_LINE - 1] + "…"
    shown = printable(shown)
    start = column - 1 - cut
    width = max(1, min(width, WIDEST_LINE - start))
    return f"  {shown}\n  {' ' * start}{'^' * width} line {line}, column {column}"


def printable(text: str) -> str:
    """``text`` with a space for each character that a terminal obeys or cannot show."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() else " " for sign in text)
