"""The first wall around a model's SQL: what is parsed is one SELECT over the tables that it may read, and nothing else.

The text is parsed by the DuckDB that is to run it and looked through as the tree that DuckDB makes of it. What is not
known to be harmless is refused: kinds of nodes, tables and functions are lists of what may be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import duckdb

from grokcall.errors import ProgrammingError
from grokcall.tools.sql_functions import (
    FUNCTIONS,
    OPERATORS,
    TABLE_FUNCTIONS,
    TEMPLATES,
    WIDE_TEMPLATE,
    WIDEST,
    WIDTHS,
)
from grokcall.tools.table_names import TableNames

LONGEST_QUERY = 20_000
"""Characters of a query of a model."""
PLAIN_NAME = re.compile(r"[^\W\d]\w*")
EXPRESSIONS = frozenset(
    {
        *("BETWEEN", "CASE", "CAST", "COLLATE", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION"),
        *("LAMBDA", "LAMBDA_REF", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "TYPE", "WINDOW"),
    }
)
"""The classes of expressions that may be; a parameter is none of them."""
NODES = frozenset(
    {
        *("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"),
        *("BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST"),
        *("ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER"),
        *("ORDER_DEFAULT", "ASCENDING", "DESCENDING"),
    }
)
"""The kinds of queries, of what stands in FROM and of what stands behind that may be."""
SEES_ITSELF = frozenset({("RECURSIVE_CTE_NODE", "right"), ("CTE_NODE", "child")})
"""Where a query of WITH knows its own name: in the step of a recursive one, for its beginning reads a table."""
REMEDIES: Mapping[str, str] = {
    "PIVOT": "PIVOT and UNPIVOT are not allowed; use CASE and GROUP BY",
    "SHOW_REF": "DESCRIBE, SHOW and SUMMARIZE are not allowed; describe_tables tells of the tables",
    "PARAMETER": "the query takes no parameters; write the values into it",
}
READS_ONLY = "only one SELECT is allowed"


def one_select(cursor: Any, sql: str) -> Any:
    """The one statement of a text, which is a SELECT as DuckDB parses it.

    Args:
        cursor: A connection of DuckDB; nothing runs on it.
        sql: The text.

    Raises:
        ProgrammingError: It cannot be parsed, or is something else.
    """
    try:
        statements = cursor.extract_statements(sql)
    except duckdb.Error as error:
        raise ProgrammingError(f"the query cannot be parsed: {error}") from None
    if len(statements) != 1:
        found = f"this text has {len(statements)} statements" if statements else "this text has no statement"
        raise ProgrammingError(f"{READS_ONLY}; {found}")
    if statements[0].type != duckdb.StatementType.SELECT:
        kind = str(statements[0].type).rpartition(".")[2]
        raise ProgrammingError(f"{READS_ONLY}; this is a statement of the kind {kind}")
    return statements[0]


def confine(cursor: Any, sql: str, tables: TableNames) -> None:
    """Refuses a query that is more than a SELECT over some tables.

    Args:
        cursor: The connection of DuckDB that is to run it; the query does not run here.
        sql: The query as the model wrote it.
        tables: Those that it may read. A view among them may itself read anything that it was made to read.

    Raises:
        ProgrammingError: It is refused; the message tells the model why, and what it can write instead.

    >>> database = duckdb.connect()
    >>> _ = database.execute("CREATE TABLE sales (amount INTEGER); CREATE TABLE wages (amount INTEGER)")
    >>> confine(database, "SELECT sum(amount) FROM sales", TableNames.read(database, ["sales"]))
    >>> confine(database, "SELECT sum(amount) FROM wages", TableNames.read(database, ["sales"]))
    Traceback (most recent call last):
    ...
    grokcall_parser.errors.ProgrammingError: there is no table wages; the tables are: sales
    """
    if len(sql) > LONGEST_QUERY:
        raise ProgrammingError(f"a query has at most {LONGEST_QUERY:,} characters, this one has {len(sql):,}")
    one_select(cursor, sql)
    try:
        Check(tables).node(syntax_tree(cursor, sql), frozenset())
    except RecursionError:
        raise ProgrammingError("the query is nested too deep; write it flatter") from None


def syntax_tree(cursor: Any, sql: str) -> Any:
    """What DuckDB makes of a text of one SELECT."""
    try:
        (text,) = cursor.execute("SELECT json_serialize_sql(?)", [sql]).fetchone()
    except duckdb.Error as error:
        raise ProgrammingError(f"the query cannot be read: {error}") from None
    tree = json.loads(text)
    if tree.get("error") or len(tree.get("statements", ())) != 1:
        raise ProgrammingError(f"{READS_ONLY}: {tree.get('error_message', 'this is something else')}")
    return tree["statements"][0]["node"]


class Check:
    """Goes through the tree of a query.

    Args:
        tables: What it may read.
    """

    def __init__(self, tables: TableNames) -> None:
        self.tables = tables

    def node(self, part: Any, ctes: frozenset[str]) -> None:
        """Any part of the tree, with the names of WITH that count there.

        Raises:
            ProgrammingError: It is refused.
        """
        if isinstance(part, list):
            for each in part:
                self.node(each, ctes)
        elif isinstance(part, Mapping):
            self._kind(part)
            self._object(part, ctes)

    def _object(self, part: Mapping[str, Any], ctes: frozenset[str]) -> None:
        kind = part["type"] if isinstance(part.get("type"), str) else ""
        if kind == "BASE_TABLE":
            self._table(part, ctes)
        elif kind == "TABLE_FUNCTION":
            self._function(part["function"], in_from=True)
        elif part.get("class") in {"FUNCTION", "WINDOW"}:
            self._function(part)
        elif kind in {"TYPE", "UNBOUND_TYPE_INFO"} and (part.get("schema") or part.get("catalog")):
            raise ProgrammingError("types are written without a schema")
        ctes = self._with(part, ctes)
        for name, inner in part.items():
            if name == "cte_map":
                continue
            if (kind, name) in SEES_ITSELF:
                self.node(inner, ctes | {self._cte_name(part.get("cte_name", part.get("ctename")))})
            elif kind == "TABLE_FUNCTION" and name == "function":
                for own in inner.values():
                    self.node(own, ctes)
            else:
                self.node(inner, ctes)

    def _kind(self, part: Mapping[str, Any]) -> None:
        """Refuses an expression, or anything else with a kind, that is not listed."""
        family, kind = part.get("class"), part.get("type")
        if family is not None:
            if family not in EXPRESSIONS:
                raise ProgrammingError(REMEDIES.get(str(family), f"{family} is not allowed in a query"))
        elif isinstance(kind, str) and kind not in NODES and not kind.endswith("_TYPE_INFO"):
            raise ProgrammingError(REMEDIES.get(kind, f"{READS_ONLY}; {kind} is not"))

    def _with(self, part: Mapping[str, Any], ctes: frozenset[str]) -> frozenset[str]:
        """The names that count inside of a query: those outside, and those of its WITH, each for what follows it."""
        for entry in (part.get("cte_map") or {}).get("map", ()):
            self.node(entry["value"], ctes)
            ctes |= {self._cte_name(entry["key"])}
        return ctes

    def _cte_name(self, name: object) -> str:
        """A name of WITH in lower case; one of a table that may not be read, or of a file, would be mistaken for it."""
        text = str(name)
        if PLAIN_NAME.fullmatch(text) is None or self.tables.is_taken(text):
            raise ProgrammingError(f"WITH cannot call a query {text[:64]!r}; choose another name")
        return text.lower()

    def _table(self, part: Mapping[str, Any], ctes: frozenset[str]) -> None:
        path = path_of(part, "catalog_name", "schema_name", "table_name")
        if len(path) == 1 and path[0].lower() in ctes:
            return
        if not self.tables.may_read(path):
            raise ProgrammingError(f"there is no table {'.'.join(path)[:200]}; the tables are: {self.tables.listed}")

    def _function(self, part: Mapping[str, Any], *, in_from: bool = False) -> None:
        """Refuses a function that is not listed, or that the database has a macro of the name of."""
        path = path_of(part, "catalog", "schema", "function_name")
        name = path[-1].lower() if path else ""
        known = TABLE_FUNCTIONS if in_from else FUNCTIONS
        is_known = name in known or (not in_from and OPERATORS.fullmatch(name) is not None)
        if not name and str(part.get("type", "")).startswith("WINDOW_"):
            return
        if not is_known or name in self.tables.macros or [each.lower() for each in path[:-1]] not in ([], ["main"]):
            raise ProgrammingError(refusal(name, ".".join(path)[:200], in_from=in_from))
        check_size(name, [argument_of(each) for each in part.get("arguments", part.get("children", ()))])


def path_of(part: Mapping[str, Any], *members: str) -> list[str]:
    """A name with what qualifies it; DuckDB 2 has longer ones in a member of their own."""
    path = [str(part[member]) for member in members if part.get(member)]
    whole = (part.get("qualified_name") or {}).get("path")
    return [str(each) for each in whole] if whole else path


def refusal(name: str, shown: str, *, in_from: bool) -> str:
    """What is said of a function that may not be used."""
    if in_from:
        return f"the function {shown} is not allowed in FROM; only tables, range, generate_series and unnest are"
    if name in TABLE_FUNCTIONS:
        return f"the function {shown} is allowed in FROM only, as in FROM {name}(1, 10)"
    return f"the function {shown} is not allowed in a query"


def argument_of(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """An argument as an expression; DuckDB 2 has a name beside it."""
    inner = part.get("expression")
    return inner if isinstance(inner, Mapping) else part


def check_size(name: str, arguments: list[Mapping[str, Any]]) -> None:
    """Refuses a width that is not a small number."""
    if name in WIDTHS and len(arguments) > WIDTHS[name]:
        width = constant(arguments[WIDTHS[name]])
        if width is None or not width.isdigit() or int(width) > WIDEST:
            raise ProgrammingError(f"the width of {name} has to be a number of at most {WIDEST}")
    if name in TEMPLATES and arguments:
        template = constant(arguments[0])
        if template is None or WIDE_TEMPLATE.search(template):
            raise ProgrammingError(f"{name} needs a text as its template, without a width above {WIDEST - 1}")


def constant(part: Mapping[str, Any]) -> str | None:
    """The text of a number or a text that is written out; None for any other expression."""
    if part.get("class") != "CONSTANT":
        return None
    if "literal" in part:
        return str(part["literal"].get("text"))
    return str((part.get("value") or {}).get("value"))
