"""Conditions of a query put into the tables that they are about, so that no call is made for a row they leave out.

DuckDB looks at ``WHERE t.id NOT IN (SELECT …)``, ``IN``, ``EXISTS`` and ``= ANY (…)`` after the calls, and at any
condition after the first of two calls in a chain. In each ``FROM table t, Procedure(t.body) r … WHERE …``, also inside
a larger query, a condition that follows from one table alone is as well looked at where the table is read.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import Token, TokenType, exp
from sqlglot.errors import SqlglotError

from grokcall.duckdb.limit_pushdown import UNLISTED
from grokcall.duckdb.prefetch_plan import Procedures
from grokcall.duckdb.query_clauses import Item, clause_end, conjuncts, items_of, word, word_at
from grokcall.tables.formats import quoted_name
from grokcall_parser import CallSyntaxError
from grokcall_parser.tokens import is_name, read_tokens, source

BEGINNINGS = frozenset({"SELECT", "FROM", "WITH", "CREATE", "INSERT", "COPY", "EXPLAIN"})
NO_FUNCTIONS = frozenset(
    {
        "IN",
        "EXISTS",
        "ANY",
        "ALL",
        "SOME",
        "AND",
        "OR",
        "NOT",
        "SELECT",
        "FROM",
        "WHERE",
        "VALUES",
        "ON",
        "USING",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "BETWEEN",
        "AS",
        "OVER",
        "FILTER",
        "BY",
        "HAVING",
        "WITH",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "DISTINCT",
        "IS",
        "LIKE",
        "ILIKE",
        "LIMIT",
        "OFFSET",
    }
)
"""Words before a bracket that call nothing."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that can be put into a table.

    Args:
        tokens: Its words.
        functions: What it calls, in lower case; it stays where it is if one of them may give another value each time.
        certain: Whether all its names mean the same there, as far as the text tells; else DuckDB has to be asked.
    """

    tokens: Sequence[Token]
    functions: frozenset[str]
    certain: bool


def conditions_in_tables(sql: str, procedures: Procedures, unsteady: Mapping[str, bool], *, asked: bool) -> str | None:
    """The query with its conditions in their tables; None where there is nothing to be moved.

    Args:
        sql: One statement of DuckDB.
        procedures: The procedures.
        unsteady: Whether a function, by its name in lower case, may give another value the second time.
        asked: Whether DuckDB is asked about the result before it is run.

    >>> sql = "SELECT * FROM tickets t, GenerateResponse(t.body) r WHERE t.id IN (SELECT id FROM open)"
    >>> print(conditions_in_tables(sql, {"generateresponse": {"response_result"}}, {}, asked=True))
    SELECT * FROM (SELECT * FROM tickets t
    WHERE (t.id IN (SELECT id FROM open))
    ) AS "t", GenerateResponse(t.body) r WHERE true
    """
    try:
        tokens = read_tokens(sql)
    except CallSyntaxError:
        return None
    if not tokens or word(tokens[0]) not in BEGINNINGS or any(token.text.lower() in UNLISTED for token in tokens):
        return None
    if word(tokens[0]) == "CREATE" and "TABLE" not in map(word, tokens[:4]):
        return None
    aliases = select_aliases(sql)
    if aliases is None:
        return None
    edits: list[tuple[int, int, str]] = []
    for index, token in enumerate(tokens):
        if word(token) == "FROM" and not (index and word(tokens[index - 1]) in ("DISTINCT", "DELETE")):
            edits += moves(sql, tokens, index + 1, procedures, aliases, unsteady, asked=asked)
    for start, end, text in sorted(edits, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql if edits else None


def moves(
    sql: str,
    tokens: Sequence[Token],
    start: int,
    procedures: Procedures,
    aliases: frozenset[str],
    unsteady: Mapping[str, bool],
    *,
    asked: bool,
) -> Iterator[tuple[int, int, str]]:
    """What is put where for the FROM whose list begins at ``start``: start, end and the new text."""
    end = at = clause_end(tokens, start)
    if at is not None and word_at(tokens, at) == "SELECT":
        at = clause_end(tokens, at + 1)
    if at is None or word_at(tokens, at) != "WHERE":
        return
    items = items_of(sql, tokens[start:end], procedures)
    if items is None or not any(item.calls for item in items):
        return
    foreign = aliases.union(*(procedures[item.calls] for item in items if item.calls))
    where = tokens[at + 1 : clause_end(tokens, at + 1)]
    moved: dict[str, list[Condition]] = {}
    for part in conjuncts(where):
        found = owned(sql, part, items, foreign)
        if found is None or unsteady_in(found[1], procedures, unsteady) or not (asked or found[1].certain):
            continue
        item = next(each for each in items if each.alias == found[0])
        later = items[items.index(item) + 1 :]
        if item.optional or not any(each.calls for each in later):
            continue
        moved.setdefault(item.alias, []).append(found[1])
        yield part[0].start, part[-1].end + 1, "true"
    for item in items:
        if item.alias in moved:
            texts = " AND ".join(f"({source(each.tokens, sql)})" for each in moved[item.alias])
            yield item.tokens[0].start, item.tokens[0].start, "(SELECT * FROM "
            stop = item.tokens[-1].end + 1
            yield stop, stop, f"\nWHERE {texts}\n) AS {quoted_name(item.alias)}"


def unsteady_in(condition: Condition, procedures: Procedures, unsteady: Mapping[str, bool]) -> bool:
    """Whether a condition calls something that may give another value each time, or costs money."""
    return any(name in procedures or unsteady.get(name, False) for name in condition.functions)


def functions_in(sql: str) -> frozenset[str]:
    """The names in a text that a bracket follows, in lower case; empty where it cannot be read."""
    try:
        return called_names(read_tokens(sql), sql)
    except CallSyntaxError:
        return frozenset()


def called_names(tokens: Sequence[Token], sql: str) -> frozenset[str]:
    """The names that a bracket follows, in lower case."""
    return frozenset(
        token.text.lower()
        for token, following in itertools.pairwise(tokens)
        if following.token_type is TokenType.L_PAREN and is_name(token, sql) and word(token) not in NO_FUNCTIONS
    )


def owned(
    sql: str, part: Sequence[Token], items: Sequence[Item], foreign: Collection[str]
) -> tuple[str, Condition] | None:
    """The item from which alone a condition follows, and the condition; None where there is none."""
    if any(token.token_type is TokenType.PLACEHOLDER for token in part):
        return None  # question marks are counted
    try:
        tree = sqlglot.parse_one(f"SELECT 1 WHERE {source(part, sql)}", dialect="duckdb").args["where"].this
    except (SqlglotError, RecursionError):
        return None
    aliases = {item.alias for item in items}
    tables = [item.alias for item in items if not item.calls]
    owners: set[str] = set()
    certain = True
    for column in tree.find_all(exp.Column):
        names = [each.name.lower() for each in column.parts]
        is_inner = isinstance(
            column.find_ancestor(exp.Subquery, exp.Exists, exp.In, exp.Any, exp.Select), exp.Query
        ) or (column.parent_select is not tree.parent_select)
        if len(names) > 1 and names[0] in aliases:
            owners.add(names[0])
        elif names[0] in foreign or aliases.intersection(names[1:]):
            return None
        elif is_inner:
            certain = certain and len(tables) == 1
        elif len(tables) == 1:
            owners.add(tables[0])
        else:
            return None
    if len(owners) > 1:
        return None
    return next(iter(owners), items[0].alias), Condition(part, called_names(part, sql), certain)


def select_aliases(sql: str) -> frozenset[str] | None:
    """The names in lower case that a query gives to what it selects; None where it cannot be read."""
    try:
        trees = sqlglot.parse(sql, dialect="duckdb")
    except (SqlglotError, RecursionError):
        return None
    found = [alias for tree in trees if tree is not None for alias in tree.find_all(exp.Alias)]
    return frozenset(each.alias.lower() for each in found if each.alias.lower() != each.this.name.lower())
