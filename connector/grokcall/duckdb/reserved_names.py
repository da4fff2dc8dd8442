"""Parameters that are named like words of SQL, such as ``From``: DuckDB takes them for names in quotes only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from sqlglot import Token, TokenType

from grokcall.errors import ArgumentsError
from grokcall_parser.tokens import read_tokens, span_of
from grokcall_procedures import Procedure

RESERVED = frozenset({"from", "order", "references", "to"})
"""The names of parameters that are reserved words of DuckDB, in small letters."""
ASSIGNMENTS = frozenset({TokenType.FARROW, TokenType.COLON_EQ})
ASSIGNED = re.compile(rf"\b(?:{'|'.join(sorted(RESERVED))})\s*(?::=|=>)", re.I)


def may_name_reserved(sql: str) -> bool:
    """Whether a query may have an argument with such a name."""
    return ASSIGNED.search(sql) is not None


def quote_reserved(pieces: list[str], procedure: Procedure, arguments: Iterable[Sequence[Token]]) -> None:
    """Puts the names of arguments into quotes where they need some and blanks leave room for them.

    Args:
        pieces: The characters of the query; they stay as many, and the values where they were.
        procedure: What is called.
        arguments: Its arguments.
    """
    for argument in arguments:
        if not is_reserved(argument, procedure):
            continue
        name, sign, value = argument[:3]
        room = value.start - name.start
        told = f'"{name.text}"{"".join(pieces[sign.start : sign.end + 1])}'
        if len(told) <= room:
            pieces[name.start : value.start] = told.ljust(room)


def is_reserved(argument: Sequence[Token], procedure: Procedure) -> bool:
    """Whether an argument is given by a name that is a word of SQL and stands in no quotes."""
    return (
        len(argument) > 2
        and argument[1].token_type in ASSIGNMENTS
        and argument[0].token_type is not TokenType.IDENTIFIER
        and argument[0].text.lower() in RESERVED
        and argument[0].text.lower() in procedure.by_name
    )


def reserved_name(sql: str, found: re.Match[str], procedures: Mapping[str, Procedure]) -> ArgumentsError | None:
    """The error of a name at which DuckDB takes offence because it is a word of SQL; None where it is another."""
    word = found["name"].lower()
    if word not in RESERVED or not any(word in each.by_name for each in procedures.values()):
        return None
    tokens = read_tokens(sql)
    for name, sign in pairwise(tokens):
        if name.text.lower() == word and name.token_type is not TokenType.IDENTIFIER and sign.token_type in ASSIGNMENTS:
            message = f'{name.text} is a word of SQL, so as a name it stands in quotes: write "{name.text}" := …'
            return ArgumentsError(message, sql, span_of([name, sign]))
    return None
