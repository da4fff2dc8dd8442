"""Whether a query may want the bytes of what a call in it makes, or surely leaves them out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import Token, TokenType

from grokcall.duckdb.asked_fields import alias_of
from grokcall_parser.tokens import BRACKETS, CLOSING_SIGNS, is_name
from grokcall_procedures import ParameterType, Procedure

UNNAMED = frozenset({"COLUMNS", "DESCRIBE", "SUMMARIZE", "SHOW", "PIVOT", "UNPIVOT", "TABLE", "EXCLUDE", "REPLACE"})
"""Words that stand for columns which the text does not name."""
ANEW = frozenset({TokenType.SEMICOLON, TokenType.UNION, TokenType.INTERSECT, TokenType.EXCEPT})
"""What another SELECT follows, or a FROM without one."""


def may_want_content(tokens: Sequence[Token], text: str, place: int, end: int, procedure: Procedure) -> bool:
    """Whether a query may want the columns of bytes of a call; where the text does not surely tell it, it may.

    Args:
        tokens: Those of the query.
        text: The query.
        place: The token that names the procedure.
        end: The bracket that closes the call.
        procedure: What is called.
    """
    content = {column.name.lower() for column in procedure.fields if column.type is ParameterType.BINARY}
    names = [token.text.lower() if is_name(token, text) else "" for token in tokens]
    if content.intersection(names) or any(token.text.upper() in UNNAMED for token in tokens):
        return True
    if has_star(tokens) or selects_all(tokens):
        return True
    alias = alias_of(tokens, text, place, end)
    alone = [
        index
        for index, name in enumerate(names)
        if name == alias and index != place and not is_qualifier(tokens, index)
    ]
    return len(alone) > (0 if alias == names[place] else 1)


def is_qualifier(tokens: Sequence[Token], index: int) -> bool:
    """Whether a dot follows a name."""
    return index + 1 < len(tokens) and tokens[index + 1].token_type is TokenType.DOT


def has_star(tokens: Sequence[Token]) -> bool:
    """Whether there is a star that may stand for columns: any but that of ``count(*)``."""
    return any(
        token.token_type is TokenType.STAR
        and not (
            0 < index < len(tokens) - 1
            and tokens[index - 1].token_type is TokenType.L_PAREN
            and tokens[index + 1].token_type is TokenType.R_PAREN
        )
        for index, token in enumerate(tokens)
    )


def selects_all(tokens: Sequence[Token]) -> bool:
    """Whether there is a FROM without a SELECT before it, which selects all columns."""
    selected = [False]
    for token in tokens:
        if token.token_type in BRACKETS:
            selected.append(False)
        elif token.token_type in CLOSING_SIGNS and len(selected) > 1:
            selected.pop()
        elif token.token_type in ANEW:
            selected[-1] = False
        elif token.token_type is TokenType.SELECT:
            selected[-1] = True
        elif token.token_type is TokenType.FROM and not selected[-1]:
            return True
    return False
