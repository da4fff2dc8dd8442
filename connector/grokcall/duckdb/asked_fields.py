"""The further fields that a query names, for each of its calls.

A macro has fixed columns, and with all further fields among them ``r.*`` would have them as well. So a call has those
that the query names, wherever it names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import Token, TokenType

from grokcall_parser.tokens import is_name
from grokcall_procedures import Procedure

Asked = Mapping[int, tuple[str, ...]]
"""The names of further fields, by the place of the token that names the procedure."""


def may_name_further_fields(sql: str, procedures: Iterable[Procedure]) -> bool:
    """Whether the name of a further field of any of the procedures is somewhere in a text."""
    text = sql.lower()
    names = {column.name.lower() for each in procedures for column in each.further_fields}
    return any(name in text for name in names)


def asked_fields(
    tokens: Sequence[Token], text: str, calls: Mapping[int, tuple[Procedure, int]]
) -> dict[int, tuple[str, ...]]:
    """The further fields that each call of a query is asked for.

    ``r.Response_Citations`` asks the call with the alias ``r``; where no call has it, and without an alias, every call
    that has such a field is asked, unless the name is that of an ordinary column of another one.

    Args:
        tokens: Those of the query.
        text: The query.
        calls: The procedures, and the places of the brackets that close the calls, by the places of their names.
    """
    aliases = {place: alias_of(tokens, text, place, end) for place, (_, end) in calls.items()}
    ordinary = {column.name.lower() for procedure, _ in calls.values() for column in procedure.fields}
    named = references(tokens, text)
    found: dict[int, tuple[str, ...]] = {}
    for place, (procedure, _) in calls.items():
        names = []
        for column in procedure.further_fields:
            qualifiers = named.get(column.name.lower(), set())
            own = aliases[place] in qualifiers
            others = bool(qualifiers.difference(aliases.values())) and column.name.lower() not in ordinary
            if own or others:
                names.append(column.name)
        if names:
            found[place] = tuple(names)
    return found


def references(tokens: Sequence[Token], text: str) -> dict[str, set[str | None]]:
    """The names in a query in lower case, each with what stands before a dot before it; None for nothing."""
    found: dict[str, set[str | None]] = {}
    for index, token in enumerate(tokens):
        if is_name(token, text):
            dotted = index > 1 and tokens[index - 1].token_type is TokenType.DOT
            found.setdefault(token.text.lower(), set()).add(tokens[index - 2].text.lower() if dotted else None)
    return found


def alias_of(tokens: Sequence[Token], text: str, place: int, end: int) -> str:
    """The name in lower case by which a query knows the rows of a call; that of the procedure where it gives none."""
    after = end + 1
    if after < len(tokens) and tokens[after].token_type is TokenType.ALIAS:
        after += 1
    if after < len(tokens) and is_name(tokens[after], text):
        return tokens[after].text.lower()
    return tokens[place].text.lower()
