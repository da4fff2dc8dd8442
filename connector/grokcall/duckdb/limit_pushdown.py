"""A LIMIT of a query put into its source, so that no call is made for a row that the LIMIT leaves out.

DuckDB applies it after the calls: to a vector of 2,048 rows, or to all of them. Where each row of the table gives
exactly one row of the result, the rows may as well be chosen first. Only the plain form is recognized:
``SELECT … FROM table t, Procedure(…) r [WHERE …] [ORDER BY …] LIMIT n [OFFSET m]``, where WHERE and ORDER BY are about
the table's columns alone and nothing in it makes one row of several, or several of one. Any other query stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlglot import Token, TokenType, exp

from grokcall.duckdb.prefetch_plan import (
    CLAUSES,
    Procedures,
    call_alias,
    foreign_names,
    is_steady,
    owner,
    plain_call,
    select_of,
)
from grokcall.tables.formats import quoted_name
from grokcall_parser import CallSyntaxError, Span
from grokcall_parser.tokens import BRACKETS, CLOSING_SIGNS, read_tokens, span_of

LIMITED_CLAUSES = (CLAUSES - {"group", "having", "distinct"}) | {"limit", "offset"}
TAIL = frozenset({TokenType.LIMIT, TokenType.OFFSET})
ONCE = (TokenType.SELECT, TokenType.FROM, TokenType.WHERE, TokenType.ORDER_BY, TokenType.LIMIT, TokenType.OFFSET)
"""The words that stand once in the plain form, so that their places tell where its clauses are."""
JOINS = frozenset({TokenType.COMMA, TokenType.CROSS, TokenType.LEFT, TokenType.INNER, TokenType.JOIN})
UNLISTED = frozenset({"rowid", "filename", "file_row_number", "file_index"})
"""Columns that a table or a file has, and ``*`` does not give."""
ENDINGS = frozenset({TokenType.SEMICOLON, TokenType.R_PAREN})


def limited_query(sql: str, analyzed: str, procedures: Procedures) -> str | None:
    """The query with its LIMIT in its source; None where it is not of the plain form.

    Args:
        sql: One statement of DuckDB.
        analyzed: The same with the values of its markers written in.
        procedures: Those that give exactly one row.

    >>> sql = "SELECT t.id, r.* FROM tickets t, GenerateResponse(t.body) r LIMIT 3 OFFSET 1"
    >>> print(limited_query(sql, sql, {"generateresponse": {"response_result"}}))
    SELECT t.id, r.* FROM (SELECT * FROM tickets t
    LIMIT 3 OFFSET 1
    ) AS "t", GenerateResponse(t.body) r LIMIT 3
    """
    alias = limited_alias(analyzed, procedures)
    if alias is None:
        return None
    try:
        tokens = read_tokens(sql)
    except CallSyntaxError:
        return None
    return limit_moved(sql, tokens, alias)


def limited_alias(analyzed: str, procedures: Procedures) -> str | None:
    """The name that the table of a query of the plain form has there; None for any other query."""
    select = select_of(analyzed)
    if select is None or {name for name, value in select.args.items() if value} - LIMITED_CLAUSES:
        return None
    if select.args.get("limit") is None or not all(map(is_steady, select.expressions)):
        return None
    found = plain_call(select, procedures)
    if found is None:
        return None
    source, join, called = found
    if join.side not in ("", "LEFT") or join.kind not in ("", "CROSS", "INNER") or join.method:
        return None
    if not keeps_names(select, source, join.this.alias):
        return None
    names, foreign = (source.alias_or_name, call_alias(join)), foreign_names(select, procedures[called.name.lower()])
    where, order = select.args.get("where"), select.args.get("order")
    if where is not None and not is_about(where, names, foreign):
        return None
    if order is not None and not all(
        each.find(exp.Column) and is_about(each, names, foreign) for each in order.expressions
    ):
        return None
    return names[0]


def keeps_names(select: exp.Select, source: exp.Table, called: str) -> bool:
    """Whether every column of a query has the same name where the table is a subquery.

    DuckDB would tell otherwise, but what it refuses ends the transaction that is open.
    """
    columns = list(select.find_all(exp.Column))
    if any(column.name.lower() in UNLISTED or is_schema_s(column, source.alias_or_name) for column in columns):
        return False
    # A file without an alias is named after its stem.
    return bool(source.alias) or source.name.isidentifier() or all(each.table in ("", called) for each in columns)


def is_schema_s(column: exp.Column, alias: str) -> bool:
    """Whether a column has the name of a schema before that of its table; a subquery has none."""
    names = [part.name.lower() for part in column.parts]
    return alias.lower() in names[1:-1] and names[0] != alias.lower()


def is_about(tree: exp.Expression, names: tuple[str, str], foreign: Collection[str]) -> bool:
    """Whether an expression follows from the columns of a table alone; ``names`` are its and the call's."""
    return is_steady(tree) and all(
        owner(column, *names, foreign) == names[0].lower() for column in tree.find_all(exp.Column)
    )


def limit_moved(sql: str, tokens: Sequence[Token], alias: str) -> str | None:
    """The text with its last clauses in the place of the table, and without the OFFSET behind it."""
    at = {kind: [index for index, token in enumerate(tokens) if token.token_type is kind] for kind in ONCE}
    if any(len(found) > 1 for found in at.values()) or not at[TokenType.FROM] or not at[TokenType.LIMIT]:
        return None
    first = at[TokenType.FROM][0] + 1
    if at[TokenType.SELECT] and at[TokenType.SELECT][0] > first:
        return None
    source_end = next_join(tokens, first)
    tail = min(at[TokenType.LIMIT] + at[TokenType.OFFSET])
    clauses = min([*at[TokenType.WHERE], *at[TokenType.ORDER_BY], tail])
    end = tail_end(tokens, tail)
    if source_end is None or end is None or not first < source_end < clauses:
        return None
    moved = tokens[clauses:end]
    if any(token.token_type is TokenType.PLACEHOLDER for token in moved):
        return None  # a question mark that stood twice would shift the others
    start, stop = tokens[source_end - 1].end + 1, moved[-1].end + 1
    source, text = sql[tokens[first].start : start], sql[moved[0].start : stop]
    offset = offset_span(tokens) or Span(stop, stop)
    behind = sql[start : offset.start].rstrip() + sql[offset.end :]
    limited = f"(SELECT * FROM {source}\n{text}\n) AS {quoted_name(alias)}"  # noqa: S608 - the parts of a query
    return sql[: tokens[first].start] + limited + behind


def offset_span(tokens: Sequence[Token]) -> Span | None:
    """Where the OFFSET stands with its value."""
    index = next((at for at, token in enumerate(tokens) if token.token_type is TokenType.OFFSET), None)
    return None if index is None else span_of(tokens[index : value_end(tokens, index + 1)])


def next_join(tokens: Sequence[Token], start: int) -> int | None:
    """Where what is joined to a table begins."""
    depth = 0
    for index in range(start, len(tokens)):
        if not depth and tokens[index].token_type in JOINS:
            return index
        depth += (tokens[index].token_type in BRACKETS) - (tokens[index].token_type in CLOSING_SIGNS)
    return None


def tail_end(tokens: Sequence[Token], start: int) -> int | None:
    """Where ``LIMIT n OFFSET m``, in either order, ends; None where it is of another form or more follows."""
    index = start
    while index < len(tokens) and tokens[index].token_type in TAIL:
        after = value_end(tokens, index + 1)
        if after is None:
            return None
        index = after
    return index if index == len(tokens) or tokens[index].token_type in ENDINGS else None


def value_end(tokens: Sequence[Token], start: int) -> int | None:
    """Where a whole number or a named marker ends; None for anything else."""
    value = tokens[start : start + 2]
    if value and value[0].token_type is TokenType.NUMBER and value[0].text.isdigit():
        return start + 1
    if len(value) == 2 and value[0].token_type is TokenType.PARAMETER and value[0].end + 1 == value[1].start:
        return start + 2
    return None
