"""From the text of a statement to its value, and from a text of several statements to each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from sqlglot import TokenType

from grokcall_parser.calls import CALL_WORDS, read_call, read_escape
from grokcall_parser.commands import read_describe, read_explain, read_query, read_select, read_show
from grokcall_parser.definitions import read_create, read_drop
from grokcall_parser.errors import CallSyntaxError
from grokcall_parser.reader import Reader
from grokcall_parser.statements import Call, Statement
from grokcall_parser.suggestions import nearest
from grokcall_parser.tokens import read_tokens

LONGEST_STATEMENT = 1 << 20
"""Characters of one statement."""
LONGEST_SCRIPT = 1 << 24
"""Characters of a text of several statements."""
LONGEST_CACHED = 1 << 12
CACHED_STATEMENTS = 2048

QUERY_WORDS = (
    *("ABORT", "ALTER", "ANALYZE", "ATTACH", "BEGIN", "CHECKPOINT", "COMMENT", "COMMIT", "COPY"),
    *("DEALLOCATE", "DELETE", "DETACH", "END", "EXPORT", "FORCE", "FROM", "IMPORT", "INSERT", "INSTALL"),
    *("LOAD", "MERGE", "PIVOT", "PRAGMA", "PREPARE", "RESET", "ROLLBACK", "SET", "START", "SUMMARIZE", "TABLE"),
    *("TRUNCATE", "UNPIVOT", "UPDATE", "USE", "VACUUM", "VALUES", "WITH"),
)
UNDERSTOOD = (
    "CALL, EXEC, EXECUTE, {call …}, EXPLAIN [COST] CALL, SHOW PROCEDURES and TOOLS, DESCRIBE, CREATE and DROP "
    "PROCEDURE or TOOL, and SELECT and other SQL of DuckDB"
)


def parse_statement(text: str) -> Statement:
    """What one statement says.

    Args:
        text: The statement, at most 1,048,576 characters; semicolons at its end do no harm.

    Raises:
        CallSyntaxError: The text is no statement, or more than one.
        ArgumentsError: A parameter is named twice, an argument by position follows a named one, or ``?`` stands beside
            named markers.

    >>> parse_statement("CALL Ask(:Question, Model => 'grok-4.3')").procedure
    'Ask'
    """
    if len(text) <= LONGEST_CACHED:
        return cached_statement(text)
    if len(text) > LONGEST_STATEMENT:
        raise too_long("a statement", LONGEST_STATEMENT, text, "pass long values through markers")
    return read_statement(text)


def parse_call(text: str) -> Call:
    """What a ``CALL`` (or ``EXEC``, ``EXECUTE``, ``{call …}``) says.

    Raises:
        StatementError: As for `parse_statement`, and for any other statement.

    >>> [marker.name for marker in parse_call("EXEC Ask @Question = :text").markers]
    ['text']
    """
    statement = parse_statement(text)
    if isinstance(statement, Call):
        return statement
    reader = Reader(text)
    message = f"expected a CALL, found {reader.shown()}; write CALL Name(…), EXEC Name … or {{call Name(…)}}"
    raise CallSyntaxError(message, text, reader.span_at(0))


def split_statements(text: str) -> list[str]:
    r"""The statements of a text, which ``;`` parts; empty ones are left out, comments stay with the next one.

    Places in the errors of a statement count from its own beginning. A ``;`` in a string (``'…'``, ``E'…'``,
    ``$$…$$``), a quoted name or a comment parts nothing; strings in tagged dollars (``$tag$``) are not known.

    Args:
        text: At most 16,777,216 characters.

    Raises:
        CallSyntaxError: A string, a quoted name or a comment is not closed, or the text is too long.

    >>> split_statements("CALL Ask('a;b'); -- none;\n ; SELECT 1;")
    ["CALL Ask('a;b')", 'SELECT 1']
    """
    if len(text) > LONGEST_SCRIPT:
        raise too_long("a text of several statements", LONGEST_SCRIPT, text, "split it into files")
    pieces: list[str] = []
    start, is_empty = 0, True
    for token in read_tokens(text):
        if token.token_type is not TokenType.SEMICOLON:
            is_empty = False
            continue
        if not is_empty:
            pieces.append(text[start : token.start].strip())
        start, is_empty = token.end + 1, True
    if not is_empty:
        pieces.append(text[start:].strip())
    return pieces


def too_long(what: str, limit: int, text: str, remedy: str) -> CallSyntaxError:
    """The error for a text above a limit; it does not carry the text."""
    return CallSyntaxError(f"{what} has at most {limit:,} characters, this one has {len(text):,}; {remedy}")


def read_statement(text: str) -> Statement:
    """What a statement of any length says."""
    reader = Reader(text)
    word = reader.word()
    if word in STATEMENTS:
        return STATEMENTS[word](reader)
    if word in QUERY_WORDS or reader.kind is TokenType.L_PAREN:
        return read_query(reader)
    if reader.kind is TokenType.L_BRACE:
        return read_escape(reader)
    raise unknown_statement(reader)


def unknown_statement(reader: Reader) -> CallSyntaxError:
    """The error for a text that begins with nothing that is understood."""
    if reader.token is None:
        message = "there is no statement in this text; write for example CALL ListModels()"
        return CallSyntaxError(message, reader.text, reader.span_at(0))
    meant = nearest(reader.word(), [*STATEMENTS, *QUERY_WORDS]) if reader.word() else None
    message = f"no statement begins with {reader.shown()}"
    if meant is not None:
        message += f"; did you mean {meant}?"
    elif reader.word():
        message += f"; to call a procedure, write CALL {reader.shown()}(…)"
    return CallSyntaxError(f"{message} (understood: {UNDERSTOOD})", reader.text, reader.span_at(0))


STATEMENTS: Mapping[str, Callable[[Reader], Statement]] = {
    **dict.fromkeys(CALL_WORDS, read_call),
    "EXPLAIN": read_explain,
    "SHOW": read_show,
    "DESCRIBE": read_describe,
    "DESC": read_describe,
    "SELECT": read_select,
    "CREATE": read_create,
    "DROP": read_drop,
}

cached_statement = functools.lru_cache(maxsize=CACHED_STATEMENTS)(read_statement)
