"""The statements beside calls: EXPLAIN, SHOW PROCEDURES, DESCRIBE PROCEDURE, a constant, and any other SQL."""

from __future__ import annotations

from sqlglot import TokenType

from grokcall_parser.calls import CALL_WORDS, read_call, read_escape, read_name
from grokcall_parser.errors import CallSyntaxError
from grokcall_parser.reader import Reader
from grokcall_parser.statements import (
    DescribeProcedure,
    Explain,
    Marker,
    Query,
    SelectConstant,
    ShowProcedures,
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
    """``SHOW PROCEDURES [LIKE '…']``; what else begins with SHOW is a query."""
    if reader.word(1) == "PROCEDURE":
        reader.fail("SHOW lists all procedures; write SHOW PROCEDURES, or DESCRIBE PROCEDURE Name for one")
    if not reader.accept_words("SHOW", "PROCEDURES"):
        return read_query(reader)
    like = None
    if reader.accept_words("LIKE"):
        pattern = reader.accept(TokenType.STRING)
        if pattern is None:
            reader.fail(f"expected a pattern in single quotes after LIKE, found {reader.shown()}; write LIKE '%Image%'")
        like = pattern.text
    reader.finish("SHOW PROCEDURES")
    return ShowProcedures(like, reader.text)


def read_describe(reader: Reader) -> Statement:
    """``DESCRIBE PROCEDURE Name``; what else begins with DESCRIBE is a query."""
    word = reader.word()
    if not reader.accept_words(word, "PROCEDURE"):
        return read_query(reader)
    name, span = read_name(reader, f"{word} PROCEDURE needs the name of one")
    reader.finish("the name")
    return DescribeProcedure(name, reader.text, span)


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
    while reader.token is not None and reader.kind is not TokenType.SEMICOLON:
        reader.advance()
    reader.finish("the query")
    return Query(reader.text)
