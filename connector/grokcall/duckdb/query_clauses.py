"""The clauses of a query, told by its words alone: what a FROM reads, and the conditions of a WHERE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from sqlglot import Token, TokenType

from grokcall.duckdb.prefetch_plan import Procedures
from grokcall_parser.tokens import BRACKETS, CLOSING_SIGNS, is_name

CLAUSE_WORDS = frozenset(
    {
        "SELECT",
        "WHERE",
        "GROUP",
        "HAVING",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "QUALIFY",
        "WINDOW",
        "UNION",
        "INTERSECT",
        "EXCEPT",
        "SAMPLE",
        "RETURNING",
    }
)
"""The words of which one ends a FROM or a WHERE."""
JOIN_WORDS = frozenset({"CROSS", "INNER", "LEFT", "OUTER", "JOIN"})
UNFIT_WORDS = frozenset({"RIGHT", "FULL", "SEMI", "ANTI", "ASOF", "POSITIONAL", "NATURAL", "TABLESAMPLE", "PIVOT"})
"""Where one of these joins or samples, a condition may not be looked at earlier."""


@dataclass(slots=True)
class Item:
    """One of what a FROM reads.

    Args:
        tokens: Its words, without LATERAL and what it is joined on.
        alias: Its name in lower case.
        optional: Whether it is joined so that it may be missing in a row.
        calls: The procedure that it calls, in lower case; None for a table.
    """

    tokens: Sequence[Token]
    alias: str
    optional: bool
    calls: str | None


def clause_end(tokens: Sequence[Token], start: int) -> int | None:
    """Where the clause that begins at ``start`` ends; None where its brackets are not closed."""
    depth = 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        if not depth and (
            token.token_type in CLOSING_SIGNS or token.token_type is TokenType.SEMICOLON or head(token) in CLAUSE_WORDS
        ):
            return index
        depth += (token.token_type in BRACKETS) - (token.token_type in CLOSING_SIGNS)
    return None if depth else len(tokens)


def items_of(sql: str, tokens: Sequence[Token], procedures: Procedures) -> list[Item] | None:
    """What a FROM reads, in order; None where it is joined or named in a way that is not known here."""
    runs: list[tuple[bool, list[Token]]] = [(False, [])]
    depth, optional = 0, False
    for token in tokens:
        kind = word(token)
        if not depth and kind in UNFIT_WORDS:
            return None
        if not depth and (token.token_type is TokenType.COMMA or kind in JOIN_WORDS):
            optional = kind == "LEFT" or (optional and kind in JOIN_WORDS)
            if runs[-1][1]:
                runs.append((optional, []))
            runs[-1] = optional, runs[-1][1]
            continue
        depth += (token.token_type in BRACKETS) - (token.token_type in CLOSING_SIGNS)
        runs[-1][1].append(token)
        optional = False
    items = [item_of(sql, run, procedures, optional=optional) for optional, run in runs]
    whole = [item for item in items if item is not None]
    return whole if len(whole) == len(runs) == len({item.alias for item in whole}) else None


def item_of(sql: str, tokens: Sequence[Token], procedures: Procedures, *, optional: bool) -> Item | None:
    """One of what a FROM reads; None where its name cannot be told."""
    if tokens and word(tokens[0]) == "LATERAL":
        tokens = tokens[1:]
    tokens = tokens[: joined_on(tokens)]
    alias = alias_of(sql, tokens)
    if alias is None:
        return None
    name = tokens[0].text.lower()
    is_call = len(tokens) > 1 and tokens[1].token_type is TokenType.L_PAREN and name in procedures
    return Item(tokens, alias.lower(), optional, name if is_call else None)


def joined_on(tokens: Sequence[Token]) -> int:
    """Where the words begin that tell on what something is joined."""
    depth = 0
    for index, token in enumerate(tokens):
        if not depth and word(token) in ("ON", "USING"):
            return index
        depth += (token.token_type in BRACKETS) - (token.token_type in CLOSING_SIGNS)
    return len(tokens)


def alias_of(sql: str, tokens: Sequence[Token]) -> str | None:
    """The name that something read has in its query; None where it has none, or one that the text does not tell."""
    end = len(tokens) - 1
    if end >= 0 and tokens[end].token_type is TokenType.R_PAREN:
        depth = 0
        while end >= 0:
            depth += (tokens[end].token_type in CLOSING_SIGNS) - (tokens[end].token_type in BRACKETS)
            end -= 1
            if not depth:
                break
    if end < 0:
        return None
    last = tokens[end]
    if last.token_type is TokenType.STRING:
        stem = PurePath(last.text).name.partition(".")[0]
        return stem if stem.isidentifier() else None
    return last.text if is_name(last, sql) else None


def conjuncts(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The conditions of a WHERE that all have to hold."""
    parts: list[list[Token]] = [[]]
    depth, between = 0, 0
    for token in tokens:
        kind = word(token)
        if not depth and kind == "OR":
            return [tokens]
        if not depth and kind == "AND" and not between:
            parts.append([])
            continue
        if not depth:
            between += (kind == "BETWEEN") - (kind == "AND")
        depth += (token.token_type in BRACKETS or kind == "CASE") - (token.token_type in CLOSING_SIGNS or kind == "END")
        parts[-1].append(token)
    return [part for part in parts if part]


def word(token: Token) -> str:
    """A token in capitals; a quoted one is no word."""
    return "" if token.token_type in (TokenType.IDENTIFIER, TokenType.STRING) else token.text.upper()


def head(token: Token) -> str:
    """The first word of a token in capitals: ``ORDER BY`` is one."""
    return word(token).partition(" ")[0]


def word_at(tokens: Sequence[Token], index: int) -> str:
    """The word at a place; empty behind the end."""
    return word(tokens[index]) if index < len(tokens) else ""
