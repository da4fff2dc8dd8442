"""Which queries need the calls of every row of their table, and how the arguments of those calls are read beforehand.

Only the plain form is recognized: ``SELECT … FROM table t, Procedure(…) r [WHERE …]``, alone or inside CREATE TABLE AS,
INSERT or COPY, without a LIMIT, a subquery, a further table or a function that may give another value the second time.
Whatever is not recognized is simply left to DuckDB.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

Procedures: TypeAlias = Mapping[str, Collection[str]]
"""The names of procedures, and of the columns of each, in lower case."""

CLAUSES = frozenset({"expressions", "from_", "joins", "where", "group", "having", "order", "distinct"})
STEADY = (exp.Cast, exp.Concat, exp.Coalesce, exp.Lower, exp.Upper, exp.Trim, exp.Array, exp.And, exp.Or)
"""The functions that may stand in arguments and conditions: they give the same value each time."""
BEGINNINGS = ("SELECT", "FROM", "CREATE", "INSERT", "COPY")
"""The words with which the plain form begins; the parser would complain aloud of other statements."""
TABLE_PARTS = frozenset({"this", "db", "catalog", "alias"})


@dataclass(frozen=True, slots=True)
class PlainQuery:
    """A query of the plain form.

    Args:
        procedure: The name of the procedure in lower case.
        arguments: What it is given, as SQL.
        table: The name of the table, for who wants to know what it is.
        source: The table with its alias, as SQL.
        condition: What the table's rows have to fulfil before they are called, as SQL; None for nothing.
    """

    procedure: str
    arguments: str
    table: str
    source: str
    condition: str | None

    def arguments_query(self, macro: str) -> str:
        """The query that gives the arguments of all calls, through a macro that casts them."""
        where = f" WHERE {self.condition}" if self.condition else ""
        return f"SELECT given.* FROM {self.source}, {macro}({self.arguments}) AS given{where}"  # noqa: S608 - its parts


def plain_query(sql: str, procedures: Procedures) -> PlainQuery | None:
    """The parts of a query of the plain form; None for any other.

    Args:
        sql: One statement of DuckDB.
        procedures: The procedures.

    >>> ask = {"generateresponse": {"response_result"}}
    >>> plain_query("SELECT * FROM tickets t, GenerateResponse(t.body) r LIMIT 3", ask) is None
    True
    >>> plain_query("FROM tickets t, GenerateResponse(t.body) r WHERE t.id < 9", ask).condition
    't.id < 9'
    """
    select = select_of(sql)
    if select is None or {name for name, value in select.args.items() if value} - CLAUSES:
        return None
    found = plain_call(select, procedures)
    if found is None:
        return None
    source, join, called = found
    foreign = foreign_names(select, procedures[called.name.lower()])
    condition = conditions_on(source, call_alias(join), select.args.get("where"), foreign)
    if condition is None:
        return None
    given = ", ".join(argument.sql("duckdb") for argument in called.expressions)
    return PlainQuery(called.name.lower(), given, source.name, source.sql("duckdb"), condition or None)


def select_of(sql: str) -> exp.Select | None:
    """The one SELECT of a statement, or of the table that it makes or fills."""
    if not sql.lstrip().upper().startswith(BEGINNINGS):
        return None
    try:
        statements = sqlglot.parse(sql, dialect="duckdb")
    except (SqlglotError, RecursionError):
        return None
    tree = statements[0] if len(statements) == 1 else None
    if isinstance(tree, exp.Insert) or (isinstance(tree, exp.Create) and tree.kind == "TABLE"):
        tree = tree.expression
    elif isinstance(tree, exp.Copy):
        tree = tree.this.this if isinstance(tree.this, exp.Subquery) else None
    if not isinstance(tree, exp.Select) or sum(1 for _ in tree.find_all(exp.Query)) != 1:
        return None
    return tree if tree.args.get("from_") is not None else None


def plain_call(select: exp.Select, procedures: Procedures) -> tuple[exp.Table, exp.Join, exp.Anonymous] | None:
    """The table of a query, and the call of a procedure with steady arguments that is all that is joined to it."""
    found = plain_source(select)
    if found is None:
        return None
    source, joins = found
    called = joined_call(joins)
    if called is None or called.name.lower() not in procedures or not all(map(is_steady, called.expressions)):
        return None
    return source, joins[0], called


def plain_source(select: exp.Select) -> tuple[exp.Table, list[exp.Join]] | None:
    """The table of a query, if it is nothing but a name with an alias, and what is joined to it."""
    source, joins = select.args["from_"].this, list(select.args.get("joins") or ())
    if not isinstance(source, exp.Table):
        return None
    joins += source.args.pop("joins", None) or ()
    is_plain = isinstance(source.this, exp.Identifier)
    if not is_plain or {name for name, value in source.args.items() if value} - TABLE_PARTS:
        return None
    return source, joins


def joined_call(joins: list[exp.Join]) -> exp.Anonymous | None:
    """The call that is the only thing joined, so that each row of the table meets it."""
    if len(joins) != 1:
        return None
    join = joins[0]
    on = join.args.get("on")
    if join.args.get("using") or (on is not None and not (isinstance(on, exp.Boolean) and on.this)):
        return None
    called = join.this.this if isinstance(join.this, exp.Table | exp.Lateral) else None
    return called if isinstance(called, exp.Anonymous) else None


def call_alias(join: exp.Join) -> str:
    """The name of what is joined; that of the procedure where it was given none."""
    return str(join.this.alias or join.this.this.name)


def is_steady(tree: Any) -> bool:
    """Whether an expression gives the same value each time."""
    return all(isinstance(each, STEADY) for each in tree.find_all(exp.Func)) and not tree.find(
        exp.Placeholder, exp.Parameter
    )


def foreign_names(select: exp.Select, results: Collection[str]) -> frozenset[str]:
    """The names in lower case that do not mean the table where they stand alone.

    The other ones do: there are no columns but the table's, those of the call, and what the query names itself.
    """
    return frozenset(results) | {each.alias.lower() for part in select.expressions for each in part.find_all(exp.Alias)}


def owner(column: exp.Column, alias: str, called: str, foreign: Collection[str]) -> str:
    """Whose column it is, the table's or the call's, in lower case; empty where that is not clear."""
    first = column.parts[0].name.lower()
    if len(column.parts) > 1 and first in (alias.lower(), called.lower()):
        return first  # what follows the column in t.s.a is a member of a struct
    if first in foreign or alias.lower() in (part.name.lower() for part in column.parts):
        return ""
    return alias.lower()


def conditions_on(source: exp.Table, called: str, where: exp.Where | None, foreign: Collection[str]) -> str | None:
    """The conditions that concern the table alone, empty for none; None where one cannot be told to."""
    if where is None:
        return ""
    alias = source.alias_or_name.lower()
    kept: list[str] = []
    for condition in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        tables = {owner(column, alias, called, foreign) for column in condition.find_all(exp.Column)}
        if "" in tables or not is_steady(condition) or condition.find(exp.Any, exp.All):  # DuckDB joins a list
            return None
        if tables <= {alias}:
            kept.append(condition.sql("duckdb"))
        elif alias in tables:
            return None
    return " AND ".join(kept)
