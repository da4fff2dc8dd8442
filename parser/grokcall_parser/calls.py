"""The frame of a call, in all its spellings: ``CALL``, ``EXEC``, ``EXECUTE`` and ``{call …}``."""

from __future__ import annotations

from typing import NoReturn

from sqlglot import TokenType

from grokcall_parser.arguments import read_arguments
from grokcall_parser.literals import shortened
from grokcall_parser.reader import Reader
from grokcall_parser.spans import Span
from grokcall_parser.statements import Call
from grokcall_parser.tokens import is_name, span_of

CALL_WORDS = ("CALL", "EXEC", "EXECUTE")
ENDS = frozenset({None, TokenType.SEMICOLON, TokenType.R_BRACE})
VALUE_SIGNS = frozenset({TokenType.PARAMETER, TokenType.COLON, TokenType.PLACEHOLDER})


def read_call(reader: Reader) -> Call:
    """``CALL Name(…)``, ``CALL Name``, ``EXEC Name(…)``, ``EXEC Name …``."""
    call = read_frame(reader)
    reader.finish("the call")
    return call


def read_frame(reader: Reader) -> Call:
    """A call from its first word on, without what may follow it."""
    word = reader.word()
    if word not in CALL_WORDS:
        reader.fail(f"expected CALL, EXEC or EXECUTE, found {reader.shown()}; EXPLAIN COST takes a call or a query")
    reader.advance()
    if reader.kind in VALUE_SIGNS:
        refuse_return_value(reader)
    name, span = read_name(reader, f"{word} needs the name of a procedure")
    opening = reader.accept(TokenType.L_PAREN)
    if opening is None and word == "CALL":
        if reader.kind not in ENDS:
            message = f"expected '(' after {shortened(name)}, found {reader.shown()}"
            reader.fail(f"{message}; the arguments of CALL stand in parentheses")
        return Call(name, (), reader.text, span)
    return Call(name, read_arguments(reader, opening, name), reader.text, span)


def refuse_return_value(reader: Reader) -> NoReturn:
    """Raises for ``EXEC @code = Name`` and ``{? = call Name}``."""
    reader.fail("a procedure has no return value here, it has result rows; write CALL Name(…) alone")


def read_escape(reader: Reader) -> Call:
    """``{call Name(…)}``, as ODBC and JDBC write it."""
    opening = reader.advance()
    if reader.kind in VALUE_SIGNS:
        refuse_return_value(reader)
    if reader.word() != "CALL":
        reader.fail(f"expected call after '{{', found {reader.shown()}; write {{call Name(…)}}")
    call = read_frame(reader)
    if reader.kind in {None, TokenType.SEMICOLON}:
        reader.fail("the '{' that stands here is never closed; close it with '}'", span_of([opening]))
    if reader.accept(TokenType.R_BRACE) is None:
        reader.fail(f"found {reader.shown()} after the call; only '}}' may stand here")
    reader.finish("the call")
    return call


def read_name(reader: Reader, need: str) -> tuple[str, Span]:
    """The name of a procedure, and its place; of a qualified name (``xai.dbo.Name``) the last part."""
    while True:
        name, span = read_name_part(reader, need)
        if reader.accept(TokenType.DOT) is None:
            return name, span


def read_name_part(reader: Reader, need: str) -> tuple[str, Span]:
    """``Name``, ``"Name"`` or ``[Name]``."""
    opening = reader.accept(TokenType.L_BRACKET)
    token = reader.token
    if token is None or not is_name(token, reader.text):
        reader.fail(f'{need}, found {reader.shown()}; write it as Name, "Name" or [Name]')
    reader.advance()
    if opening is None:
        return token.text, span_of([token])
    closing = reader.accept(TokenType.R_BRACKET)
    if closing is None:
        reader.fail(f"found {reader.shown()} in the name that '[' begins; close it with ']'")
    return token.text, span_of([opening, closing])
