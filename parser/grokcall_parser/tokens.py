"""The tokens of a statement, by sqlglot's tokenizer: comments and strings are opaque, every token knows its place.

sqlglot makes one lump of ``CALL`` and of all that follows it, so its tokenizer gets other tables here. Only the tables
differ: a subclass of its *parser* cannot live beside sqlglot's compiled build, a subclass of its tokenizer can.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import ClassVar

from sqlglot import Token, Tokenizer, TokenType
from sqlglot.errors import TokenError

from grokcall_parser.errors import CallSyntaxError
from grokcall_parser.spans import Span

WORD = re.compile(r"[^\W\d]\w*")
LINE_END = re.compile(r"[\r\n]")
COMMENT_SIGN = re.compile(r"/\*|\*/")
BYTE_ORDER_MARK = "\ufeff"
# Of sqlglot's keywords these would swallow a marker (?::, ??) or are brackets of templates ({%, }}), not of SQL.
UNWANTED_KEYWORD = re.compile(r"\?.+|/\*\+|.*[{}].*")
MARKER_KINDS = frozenset({TokenType.COLON, TokenType.PARAMETER})
BRACKETS = {
    TokenType.L_PAREN: TokenType.R_PAREN,
    TokenType.L_BRACKET: TokenType.R_BRACKET,
    TokenType.L_BRACE: TokenType.R_BRACE,
}
CLOSING_SIGNS = {TokenType.R_PAREN: ")", TokenType.R_BRACKET: "]", TokenType.R_BRACE: "}"}


FAULTS = {
    "/*": "the comment that begins here is never closed; end it with */",
    '"': 'the quoted name that begins here is never closed; end it with "',
    "$$": "the string that begins here is never closed; end it with $$",
    **dict.fromkeys(
        ("'", "E'", "e'", "X'", "x'", "N'", "n'"),
        "the string that begins here is never closed; end it with ' (an apostrophe inside is written '')",
    ),
}


class StatementTokenizer(Tokenizer):
    """sqlglot's tokenizer with our strings (``''``, ``E''``, ``X''``, ``$$…$$``) and no word that swallows the rest."""

    SINGLE_TOKENS: ClassVar[dict[str, TokenType]] = {**Tokenizer.SINGLE_TOKENS, "$": TokenType.PARAMETER}
    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        word: kind
        for word, kind in Tokenizer.KEYWORDS.items()
        if kind is not TokenType.COMMAND and not UNWANTED_KEYWORD.fullmatch(word)
    }
    COMMANDS: ClassVar[set[TokenType]] = set()
    HEX_STRINGS: ClassVar[list[tuple[str, str] | str]] = [("x'", "'"), ("X'", "'")]
    BYTE_STRINGS: ClassVar[list[tuple[str, str] | str]] = [("e'", "'"), ("E'", "'")]
    BYTE_STRING_ESCAPES: ClassVar[list[str]] = ["'", "\\"]
    RAW_STRINGS: ClassVar[list[tuple[str, str] | str]] = [("$$", "$$")]
    STRING_ESCAPES_ALLOWED_IN_RAW_STRINGS = False


# sqlglot adds the comments of Jinja to every tokenizer; here {# is a brace and a sign that makes no sense.
StatementTokenizer._COMMENTS.pop("{#", None)


def read_tokens(text: str) -> list[Token]:
    """The tokens of ``text``; the word after ``:``, ``$`` or ``@`` is a plain one even if it is a keyword elsewhere.

    Raises:
        CallSyntaxError: A string, a quoted name or a comment is not closed, or ``X'…'`` holds no hexadecimal digits.
    """
    readable = text.replace(BYTE_ORDER_MARK, " ", 1) if text.startswith(BYTE_ORDER_MARK) else text
    tokenizer = StatementTokenizer()
    try:
        tokens = tokenizer.tokenize(readable)
    except TokenError:
        raise unreadable(readable, tokenizer.tokens) from None
    # sqlglot takes a comment without an end for one that ends with the text.
    start = gap_end(readable, tokens[-1].end + 1 if tokens else 0)
    if start < len(readable):
        raise unreadable(readable, tokens)
    for sign, word in itertools.pairwise(tokens):
        if sign.token_type in MARKER_KINDS and sign.end + 1 == word.start and is_word(word, readable):
            word.token_type = TokenType.VAR
    return tokens


def unreadable(text: str, tokens: Sequence[Token]) -> CallSyntaxError:
    """The error for the first piece of ``text`` after ``tokens`` that no token can be made of."""
    start = gap_end(text, tokens[-1].end + 1 if tokens else 0)
    opening = next((sign for sign in FAULTS if text.startswith(sign, start)), text[start : start + 1])
    lone = lone_apostrophe(tokens, text) if opening == "'" else None
    if lone is not None:
        return CallSyntaxError(lone[0], text, lone[1])
    end = start + len(opening)
    closed = text.find("'", end)
    if opening in {"X'", "x'"} and closed >= 0:
        message = "X'…' takes hexadecimal digits only, two for each byte: X'ff00'"
        return CallSyntaxError(message, text, Span(start, closed + 1))
    return CallSyntaxError(FAULTS.get(opening, "this cannot be read"), text, Span(start, end))


def lone_apostrophe(tokens: Sequence[Token], text: str) -> tuple[str, Span] | None:
    """What is said of the first string that ends right before a word, as in ``'it's'``, and the place of its end."""
    for string, word in itertools.pairwise(tokens):
        is_string = string.token_type is TokenType.STRING and text[string.end] == "'"
        if is_string and string.end + 1 == word.start and is_word(word, text):
            message = f"the string ends here, before {word.text}; an apostrophe inside a string is written ''"
            return message, Span(string.end, string.end + 1)
    return None


def gap_end(text: str, start: int) -> int:
    """The place after the blanks and comments that begin at ``start``; that of a comment which is never closed."""
    while start < len(text):
        if text[start].isspace():
            start += 1
        elif text.startswith("--", start):
            ending = LINE_END.search(text, start)
            start = ending.start() if ending else len(text)
        elif text.startswith("/*", start) and (end := comment_end(text, start)) is not None:
            start = end
        else:
            break
    return start


def comment_end(text: str, start: int) -> int | None:
    """The place after the comment that begins at ``start``, or None when it is never closed; comments nest."""
    depth = 0
    for sign in COMMENT_SIGN.finditer(text, start):
        depth += 1 if sign.group() == "/*" else -1
        if not depth:
            return sign.end()
    return None


def split_at_commas(tokens: Sequence[Token]) -> list[list[Token]]:
    """The runs of tokens between the commas that stand outside of brackets; the brackets must be balanced."""
    runs: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.token_type is TokenType.COMMA and not depth:
            runs.append([])
            continue
        depth += (token.token_type in BRACKETS) - (token.token_type in CLOSING_SIGNS)
        runs[-1].append(token)
    return runs


def is_word(token: Token, text: str) -> bool:
    """Whether the token is written as a plain word, keyword or not."""
    return WORD.fullmatch(text, token.start, token.end + 1) is not None


def is_name(token: Token, text: str) -> bool:
    """Whether a token can name something: a word, or anything in double quotes."""
    is_quoted = token.token_type is TokenType.IDENTIFIER and text[token.start] == '"'
    return bool(token.text) and (is_quoted or is_word(token, text))


def span_of(tokens: Sequence[Token]) -> Span:
    """The place from the first of ``tokens`` to the last."""
    return Span(tokens[0].start, tokens[-1].end + 1)


def source(tokens: Sequence[Token], text: str) -> str:
    """What ``tokens`` look like in the text."""
    return text[tokens[0].start : tokens[-1].end + 1]


def is_enclosed(tokens: Sequence[Token], opening: TokenType) -> bool:
    """Whether ``tokens`` begin with this bracket and end with the one that closes it; they must be balanced."""
    if tokens[0].token_type is not opening:
        return False
    depth = 0
    for token in tokens[:-1]:
        depth += (token.token_type in BRACKETS) - (token.token_type in CLOSING_SIGNS)
        if not depth:
            return False
    return True
