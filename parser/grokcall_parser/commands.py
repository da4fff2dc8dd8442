"""The statements beside calls: EXPLAIN, SHOW and DESCRIBE of procedures and tools, a constant, and any other SQL."""

from __future__ import annotations

from sqlglot import TokenType

from grokcall_parser.calls import CALL_WORDS, read_call, read_escape, read_name
from grokcall_parser.errors import CallSyntaxError
from grokcall_parser.reader import Reader
from grokcall_parser.statements import (
    DescribeProcedure,
    DescribeTool,
    Explain,
    Marker,
    Query,
    SelectConstant,
    ShowProcedures,
    ShowTools,
    Statement,
)
from grokcall_parser.tokens import is_name, source
from grokcall_parser.values import Slot, ValueReader

# A sign, a point and digits; AS and a name.
MOST_TOKENS = 5


PRICED_WORDS = ("SELECT", "FROM", "WITH", "VALUES")
"""The words with which a query begins that can be priced."""


def read_explain(reader: Reader) -> Statement:
    """``EXPLAIN [COST] CALL …``; what else begins with EXPLAIN is a query, ``EXPLAIN COST SELECT …`` as well."""
    if reader.word(1) == "ANALYZE" and reader.word(2) in CALL_WORDS:
        reader.fail("a call cannot be analyzed; EXPLAIN CALL shows its request, EXPLAIN COST CALL its price")
    cost = reader.accept_words("EXPLAIN", "COST")
    if not cost:
        reader.advance()
    is_braced = reader.kind is TokenType.L_BRACE
    is_priced = cost and (reader.word() in PRICED_WORDS or reader.kind is TokenType.L_PAREN)
    if is_priced or (not cost and not is_braced and reader.word() not in CALL_WORDS):
        return read_query(reader)
    return Explain(read_escape(reader) if is_braced else read_call(reader), cost, reader.text)


def read_show(reader: Reader) -> Statement:
    """``SHOW PROCEDURES [LIKE '…']`` and ``SHOW TOOLS …``; what else begins with SHOW is a query."""
    if reader.word(1) == "PROCEDURE":
        reader.fail("SHOW lists all procedures; write SHOW PROCEDURES, or DESCRIBE PROCEDURE Name for one")
    if reader.word(1) == "TOOL" and reader.word(2):
        reader.fail("SHOW lists all tools; write SHOW TOOLS, or DESCRIBE TOOL name for one")
    if reader.accept_words("SHOW", "PROCEDURES"):
        return ShowProcedures(read_like(reader, "SHOW PROCEDURES", "%Image%"), reader.text)
    if reader.accept_words("SHOW", "TOOLS"):
        return ShowTools(read_like(reader, "SHOW TOOLS", "%sales%"), reader.text)
    return read_query(reader)


def read_like(reader: Reader, after: str, example: str) -> str | None:
    """The pattern of ``[LIKE '…']``, which ends the statement; None without it."""
    like = None
    if reader.accept_words("LIKE"):
        pattern = reader.accept(TokenType.STRING)
        if pattern is None:
            found = reader.shown()
            reader.fail(f"expected a pattern in single quotes after LIKE, found {found}; write LIKE '{example}'")
        like = pattern.text
    elif reader.token is not None and reader.kind is not TokenType.SEMICOLON:
        reader.fail(f"found {reader.shown()} after {after}; only LIKE '{example}' may stand here")
    reader.finish(after)
    return like


def read_describe(reader: Reader) -> Statement:
    """``DESCRIBE PROCEDURE Name`` and ``DESCRIBE TOOL name``; what else begins with DESCRIBE is a query."""
    word, kind = reader.word(), reader.word(1)
    if kind != "PROCEDURE" and not (kind == "TOOL" and has_name_of_tool(reader)):
        return read_query(reader)
    reader.position += 2
    name, span = read_name(reader, f"{word} {kind} needs the name of one")
    reader.finish("the name")
    made = DescribeProcedure if kind == "PROCEDURE" else DescribeTool
    return made(name, reader.text, span)


def has_name_of_tool(reader: Reader) -> bool:
    """Whether a name follows ``DESCRIBE TOOL``, which alone describes a table of that name."""
    following = reader.tokens[reader.position + 2 : reader.position + 3]
    return bool(following) and following[0].token_type not in {TokenType.SEMICOLON, TokenType.DOT}


def read_select(reader: Reader) -> Statement:
    """``SELECT <constant> [AS name]``; any other SELECT is a query."""
    return select_constant(reader) or read_query(reader)


def select_constant(reader: Reader) -> SelectConstant | None:
    """The constant of ``SELECT <constant> [AS name]``, or None for any other SELECT, of which nothing is passed."""
    ends = (index for index, token in enumerate(reader.tokens) if token.token_type is TokenType.SEMICOLON)
    body = reader.tokens[1 : next(ends, None)]
    if not 1 <= len(body) <= MOST_TOKENS:
        return None
    name = None
    if len(body) > 2 and body[-2].token_type is TokenType.ALIAS and is_name(body[-1], reader.text):
        name, body = body[-1], body[:-2]
    try:
        value = ValueReader(reader.text).scalar(body, Slot("SELECT", 1))
    except CallSyntaxError:
        return None
    if isinstance(value, Marker):
        return None
    reader.position += 1 + len(body) + 2 * (name is not None)
    reader.finish("the constant")
    return SelectConstant(value, name.text if name else source(body, reader.text), reader.text)


def read_query(reader: Reader) -> Query:
    """Any other SQL; it is read no further than to see that it is one statement."""
    if reader.word() == "ALTER" and reader.word(1) == "PROCEDURE":
        reader.fail("a procedure is not altered but made anew; write CREATE OR REPLACE PROCEDURE …")
    if reader.word() == "ALTER" and reader.word(1) == "TOOL":
        reader.fail("a tool is not altered but made anew; write CREATE OR REPLACE TOOL …")
    while reader.token is not None and reader.kind is not TokenType.SEMICOLON:
        reader.advance()
    reader.finish("the query")
    return Query(reader.text)
