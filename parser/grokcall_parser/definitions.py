"""CREATE and DROP of procedures and tools of the user's own: a call of another procedure, or for a tool a query."""

from __future__ import annotations

from sqlglot import TokenType

from grokcall_parser.calls import read_name
from grokcall_parser.commands import PRICED_WORDS, read_query
from grokcall_parser.declarations import read_body, read_comment, read_parameters
from grokcall_parser.reader import Reader
from grokcall_parser.spans import Span
from grokcall_parser.statements import CreateProcedure, CreateTool, DropProcedure, DropTool, Statement
from grokcall_parser.tokens import source, span_of

KINDS = ("PROCEDURE", "TOOL")
FORM = "CREATE PROCEDURE Name(Parameter TYPE, …) [RETURNS (column TYPE, …)] AS CALL Base(…)"
TOOL_FORM = "CREATE TOOL name(parameter TYPE, …) [COMMENT 'what it does'] AS SELECT … (or CALL Base(…))"


def read_create(reader: Reader) -> Statement:
    """``CREATE [OR REPLACE] PROCEDURE …`` and ``… TOOL …``; what else begins with CREATE is a query."""
    or_replace = (reader.word(1), reader.word(2)) == ("OR", "REPLACE")
    kind = reader.word(3 if or_replace else 1)
    if kind not in KINDS:
        return read_query(reader)
    reader.position += 4 if or_replace else 2
    if_not_exists = reader.accept_words("IF", "NOT", "EXISTS")
    if or_replace and if_not_exists:
        reader.fail("OR REPLACE and IF NOT EXISTS contradict each other; leave one out", reader.span_at(0))
    read = read_procedure if kind == "PROCEDURE" else read_tool
    return read(reader, or_replace, if_not_exists)


def read_procedure(reader: Reader, or_replace: bool, if_not_exists: bool) -> CreateProcedure:
    """A procedure from its name on."""
    name, span = read_name(reader, "CREATE PROCEDURE needs the name of one")
    parameters = read_parameters(reader, name, FORM)
    returns, returns_span = read_returns(reader)
    comment = read_comment(reader) if reader.accept_words("COMMENT") else ""
    if not reader.accept_words("AS"):
        reader.fail(f"expected AS and a CALL, found {reader.shown()}; write {FORM}")
    if reader.word() != "CALL":
        reader.fail(f"expected CALL after AS, found {reader.shown()}; the body of a procedure is one CALL")
    base, base_span, arguments = read_body(reader)
    return CreateProcedure(
        name, parameters, returns, base, arguments, reader.text, span, base_span, returns_span, comment,
        or_replace, if_not_exists,
    )  # fmt: skip


def read_tool(reader: Reader, or_replace: bool, if_not_exists: bool) -> CreateTool:
    """A tool from its name on."""
    name, span = read_name(reader, "CREATE TOOL needs the name of one")
    parameters = read_parameters(reader, name, TOOL_FORM)
    if reader.word() == "RETURNS":
        reader.fail("a tool has no RETURNS, for the model reads whatever it gives; leave it out")
    comment = read_comment(reader) if reader.accept_words("COMMENT") else ""
    if not reader.accept_words("AS"):
        reader.fail(f"expected AS and a query or a CALL, found {reader.shown()}; write {TOOL_FORM}")
    if reader.word() == "CALL":
        base, base_span, arguments = read_body(reader)
        return CreateTool(
            name, parameters, reader.text, span, comment, or_replace, if_not_exists,
            base=base, arguments=arguments, base_span=base_span,
        )  # fmt: skip
    query, query_span = read_query_body(reader)
    return CreateTool(
        name, parameters, reader.text, span, comment, or_replace, if_not_exists, query=query, query_span=query_span
    )


def read_query_body(reader: Reader) -> tuple[str, Span]:
    """A query up to the end of the statement, as it was written, and its place."""
    if reader.word() not in PRICED_WORDS:
        begins = ", ".join(PRICED_WORDS)
        reader.fail(
            f"expected a query or a CALL after AS, found {reader.shown()}; the body of a tool begins with {begins} "
            "or CALL"
        )
    tokens = reader.enclosed(None)
    reader.finish("the query")
    return source(tokens, reader.text), span_of(tokens)


def read_drop(reader: Reader) -> Statement:
    """``DROP PROCEDURE [IF EXISTS] Name`` and ``DROP TOOL …``; what else begins with DROP is a query."""
    kind = reader.word(1)
    if kind not in KINDS:
        return read_query(reader)
    reader.position += 2
    if_exists = reader.accept_words("IF", "EXISTS")
    name, span = read_name(reader, f"DROP {kind} needs the name of one")
    reader.finish("the name")
    made = DropProcedure if kind == "PROCEDURE" else DropTool
    return made(name, reader.text, span, if_exists)


def read_returns(reader: Reader) -> tuple[str | None, Span | None]:
    """The text between the brackets of ``RETURNS (…)``, None without it."""
    if not reader.accept_words("RETURNS"):
        return None, None
    reader.accept_words("TABLE")
    opening = reader.accept(TokenType.L_PAREN)
    if opening is None:
        reader.fail(f"expected '(' and columns after RETURNS, found {reader.shown()}; write RETURNS (priority INTEGER)")
    tokens = reader.enclosed(opening)
    if not tokens:
        reader.fail("RETURNS has no columns; name at least one, or leave RETURNS out", span_of([opening]))
    return source(tokens, reader.text), span_of(tokens)
