"""What stands where a literal or a marker should: its name, its place, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import Token, TokenType, exp

from grokcall_parser.literals import shortened
from grokcall_parser.spans import Span
from grokcall_parser.tokens import MARKER_KINDS, is_word, lone_apostrophe, source, span_of

COMPUTE_FIRST = "an argument is a literal or a marker, so compute the value first and pass it as :name"
ROWS_OF_A_TABLE = (
    "a CALL reads no table; call the procedure in a query, as in FROM tickets t, Name(t.body), or pass the value as "
    ":name"
)
DASHED = re.compile(r"[^\W\d]\w*(?:[-.:/]\w+)*[-/]\w+(?:[-.:/]\w+)*|\d{4}-\d\d?-\d\d?|\d+:\d+")
"""The name of a model or a file, a date or a ratio, which no quotes keep from being an expression."""
NUMBERED = re.compile(r"[?:$]\s*\d\w*")
SPACED = re.compile(r"([:$])\s+([^\W\d]\w*)")
PUNCTUATED = re.compile(r"[:$][^\W\d]\w*(?:[-.]\w+)+")
PYTHON_STYLE = re.compile(r"%\((\w+)\)s|%s")
TYPOGRAPHIC = re.compile("[\u2018-\u201f\u2032\u2033\u00ab\u00bb`\u00b4]")
NULL_ELSEWHERE = frozenset({"NONE", "NIL", "UNDEFINED", "NA", "NAN"})
NAME_KINDS = frozenset({TokenType.VAR, TokenType.IDENTIFIER})
NUMBER_KINDS = frozenset({TokenType.NUMBER, TokenType.DOT})
ARITHMETIC_KINDS = frozenset({TokenType.DASH, TokenType.PLUS})
PLAIN_KINDS = frozenset(
    {
        TokenType.STRING,
        TokenType.NATIONAL_STRING,
        TokenType.RAW_STRING,
        TokenType.BYTE_STRING,
        TokenType.HEX_STRING,
        TokenType.NUMBER,
        TokenType.TRUE,
        TokenType.FALSE,
        TokenType.NULL,
        TokenType.PLACEHOLDER,
    }
)
# Before a value these words make an expression; any other word there is the name of a parameter.
OPERATOR_KINDS = frozenset(
    {
        TokenType.NOT,
        TokenType.DATE,
        TokenType.TIME,
        TokenType.TIMESTAMP,
        TokenType.TIMESTAMPTZ,
        TokenType.INTERVAL,
        TokenType.SELECT,
    }
)

EXPRESSIONS: Sequence[tuple[tuple[type[exp.Expr], ...], str, str]] = (
    ((exp.Cast,), "a cast", "write the value alone; the parameter's type decides what becomes of it"),
    ((exp.Subquery, exp.Select, exp.Exists), "a subquery", COMPUTE_FIRST),
    ((exp.Paren, exp.Tuple), "in parentheses", "write the value without them"),
    ((exp.Struct, exp.ToMap), "a struct", """write JSON as a string: '{"name": "value"}'"""),
    ((exp.Array, exp.List), "an array with a word before it", "write ['a', 'b'] alone"),
    ((exp.Star,), "a star", COMPUTE_FIRST),
)


def finding(expression: exp.Expr | None, tokens: Sequence[Token], text: str, slot: str) -> tuple[str, Span]:
    """The message for ``tokens`` that are neither a literal nor a marker, and the place to point at.

    Args:
        expression: What sqlglot made of the tokens, None when it could not.
        tokens: What stands in the place of the value; at least one.
        text: The whole statement.
        slot: What the value is for, as ``argument 1 of Ask``.
    """
    written = source(tokens, text)
    known = (
        misspelled_marker(written)
        or misspelled_text(tokens, text)
        or unnamed(tokens, text)
        or misplaced(expression, tokens, text)
    )
    if known is not None:
        what, remedy = known
        return f"{slot} is {what}; {remedy}", span_of(tokens)
    length = plain_length(tokens)
    lone = lone_apostrophe(tokens, text)
    if lone is not None:
        return lone
    if DASHED.fullmatch(written):
        return f"{slot} is text without quotes; quote it as a string '{shortened(written)}'", span_of(tokens)
    if 0 < length < len(tokens) and (expression is None or isinstance(expression, exp.Concat)):
        value, rest = source(tokens[:length], text), tokens[length : length + 1]
        message = f"found {shortened(source(rest, text))} after the value {shortened(value)}"
        return f"{message}; arguments need a comma between them, and one text is one string", span_of(rest)
    if any(token.token_type in {TokenType.FARROW, TokenType.COLON_EQ} for token in tokens):
        return f"{slot} has one name too many; put a comma between two arguments", span_of(tokens)
    if expression is None and is_word(tokens[0], text) and tokens[0].token_type not in OPERATOR_KINDS:
        return f"{slot} is text without quotes; quote it as a string '{shortened(written)}'", span_of(tokens)
    return f"{slot} is the expression {shortened(written)}; {COMPUTE_FIRST}", span_of(tokens)


def misspelled_marker(written: str) -> tuple[str, str] | None:
    """Markers as others write them: by number, with a blank, with @, or for Python's % operator."""
    if NUMBERED.fullmatch(written):
        return (
            f"the numbered marker {shortened(written)}",
            "number them by writing ? for each, or name them, as in :Message",
        )
    if spaced := SPACED.fullmatch(written):
        return "a marker with a blank in it", f"write {spaced[1]}{shortened(spaced[2])}"
    if PUNCTUATED.fullmatch(written):
        return f"the marker {shortened(written)}", "the name of a marker has letters, digits and _ only"
    if python := PYTHON_STYLE.match(written):
        return f"the marker {shortened(python[0])}", f"write :{shortened(python[1])}" if python[
            1
        ] else "write ? or :name"
    if written.startswith("@"):
        name = shortened(written[1:]) if written[1:].isidentifier() else "name"
        return f"{shortened(written)}, and @ only names a parameter, as in @{name} = …", f"a marker is :{name}"
    return None


def misspelled_text(tokens: Sequence[Token], text: str) -> tuple[str, str] | None:
    """Text without quotes, or with the wrong ones."""
    written = source(tokens, text)
    if TYPOGRAPHIC.match(written):
        return "in typographic quotes", "text takes straight single quotes: 'text'"
    invisible = next((sign for sign in tokens[0].text if not sign.isprintable()), None)
    if tokens[0].token_type is TokenType.VAR and invisible is not None:
        return f"no value but holds the invisible character U+{ord(invisible):04X}", "delete that character"
    if len(tokens) > 1:
        follows = tokens[1].start == tokens[0].end + 1 and tokens[1].token_type in {TokenType.VAR, *NUMBER_KINDS}
        is_number = tokens[0].token_type is TokenType.NUMBER and follows
        return ("no number", "write 1000, 0.5 or 1e-3, or quote it as text") if is_number else None
    if tokens[0].token_type is TokenType.IDENTIFIER and written.startswith('"'):
        quoted = tokens[0].text.replace("'", "''")
        return f"the quoted name {shortened(written)}", f"text takes single quotes: '{shortened(quoted)}'"
    if not is_word(tokens[0], text):
        return None
    if written.upper() == "DEFAULT":
        return "DEFAULT", "leave the argument out, or write NULL"
    if written.upper() in NULL_ELSEWHERE:
        return f"the bare word {written}", "write NULL for no value"
    word = shortened(written)
    return f"the bare word {word}", f"quote it as a string '{word}', or write :{word} for a marker"


def unnamed(tokens: Sequence[Token], text: str) -> tuple[str, str] | None:
    """A parameter's name and a value, with nothing between them."""
    name, value = tokens[0], tokens[1:]
    if not value or not is_word(name, text) or name.token_type in OPERATOR_KINDS | PLAIN_KINDS:
        return None
    if plain_length(value) != len(value) or value[0].token_type in ARITHMETIC_KINDS:
        return None
    remedy = f"write {shortened(name.text)} => {shortened(source(value, text))}"
    return f"{shortened(source(tokens, text))}, without => after the parameter's name", remedy


def misplaced(expression: exp.Expr | None, tokens: Sequence[Token], text: str) -> tuple[str, str] | None:
    """An expression that people have a name for."""
    for kinds, what, remedy in EXPRESSIONS:
        if isinstance(expression, kinds):
            return what, remedy
    if isinstance(expression, exp.Dot | exp.Column) and tokens[0].token_type in NAME_KINDS:
        return f"the column {shortened(source(tokens, text))}", ROWS_OF_A_TABLE
    if len(tokens) > 1 and is_word(tokens[0], text) and tokens[1].token_type is TokenType.L_PAREN:
        return f"a call of the function {shortened(tokens[0].text)}", COMPUTE_FIRST
    return None


def plain_length(tokens: Sequence[Token]) -> int:
    """How many tokens the literal or marker has that stands at the front; 0 when none does."""
    if tokens[0].token_type in PLAIN_KINDS:
        return 1
    if len(tokens) == 1:
        return 0
    is_marker = tokens[0].token_type in MARKER_KINDS and tokens[1].token_type is TokenType.VAR
    is_number = tokens[0].token_type in ARITHMETIC_KINDS and tokens[1].token_type is TokenType.NUMBER
    return 2 if is_marker or is_number else 0
