"""Columns as SQL declares them: ``priority INTEGER NOT NULL COMMENT 'from 1 to 5', tags VARCHAR[]``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from sqlglot import Token, TokenType, exp

from grokcall_parser import CallSyntaxError, Span, point_at
from grokcall_parser.suggestions import hint
from grokcall_parser.tokens import is_name, read_tokens, source, span_of
from grokcall_procedures.schemas.nested import ListType, MapType, Member, StructType
from grokcall_procedures.schemas.numbers import DecimalType
from grokcall_procedures.schemas.sql_types import KNOWN, LONGER_NAMES, REMEDIES, TEXTS, TYPES, named_type
from grokcall_procedures.schemas.values import EnumType, TextType, ValueType
from grokcall_procedures.types import UnfitValue

DEEPEST = 12
"""Types inside of types."""
MOST_ENUM_VALUES = 1_000
LONGEST_LIST = 10_000
"""Elements of a list of fixed length."""
LARGEST_PRECISION = 38
DEFAULT_DECIMAL = (18, 3)

WORDS = re.compile(r"[^\W\d]\w*(\s+[^\W\d]\w*)*")


def read_ddl(text: str) -> tuple[Member, ...]:
    """The columns that ``text`` declares.

    Raises:
        UnfitValue: It is no list of columns; the message points at the place.

    >>> [str(column) for column in read_ddl("priority INT NOT NULL, tags TEXT[]")]
    ['priority INTEGER NOT NULL', 'tags VARCHAR[]']
    """
    try:
        tokens = read_tokens(text)
    except CallSyntaxError as error:
        raise UnfitValue(str(error)) from None
    reader = DdlReader(text, tokens)
    enclosed = reader.accept(TokenType.L_PAREN) is not None
    columns = reader.members("column", 0)
    if enclosed:
        reader.expect(TokenType.R_PAREN, "')' after the columns")
    if reader.token is not None:
        reader.fail(f"found {reader.shown()} after the columns; a comma parts them")
    return columns


class DdlReader:
    """The tokens of a declaration and the place of the next one to read.

    Args:
        text: The declaration.
        tokens: Its tokens.
    """

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.position = 0

    @property
    def token(self) -> Token | None:
        """The next token, None at the end."""
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def accept(self, kind: TokenType) -> Token | None:
        """The next token if it is of the kind; then it is passed."""
        token = self.token
        if token is None or token.token_type is not kind:
            return None
        self.position += 1
        return token

    def expect(self, kind: TokenType, what: str) -> Token:
        """The next token, which must be of the kind."""
        token = self.accept(kind)
        if token is None:
            self.fail(f"expected {what}, found {self.shown()}")
        return token

    def word(self, ahead: int = 0) -> str:
        """A token in upper case if it is a word or several; otherwise an empty text."""
        place = self.position + ahead
        written = source([self.tokens[place]], self.text) if place < len(self.tokens) else ""
        return " ".join(written.upper().split()) if WORDS.fullmatch(written) else ""

    def shown(self) -> str:
        """The next token for a message."""
        return "the end" if self.token is None else f"'{source([self.token], self.text)}'"

    def fail(self, message: str, at: int | None = None) -> NoReturn:
        """Raises UnfitValue that points at a token, the next one by default."""
        place = self.position if at is None else at
        end = self.tokens[-1].end + 1 if self.tokens else 0
        span = span_of([self.tokens[place]]) if place < len(self.tokens) else Span(end, end)
        raise UnfitValue(f"{message}\n{point_at(self.text, span)}")

    def members(self, what: str, depth: int) -> tuple[Member, ...]:
        """Columns, or the fields of a struct, with commas between them."""
        found: list[Member] = []
        while True:
            start = self.position
            member = self.member(what, depth)
            if any(member.name.lower() == other.name.lower() for other in found):
                self.fail(f"the {what} {member.name} is declared twice; rename one", start)
            found.append(member)
            if self.accept(TokenType.COMMA) is None:
                return tuple(found)

    def member(self, what: str, depth: int) -> Member:
        """``name TYPE [NOT NULL] [COMMENT 'text']``."""
        token = self.token
        if token is None or not is_name(token, self.text):
            self.fail(f"expected the name of a {what}, found {self.shown()}; write for example: priority INTEGER")
        self.position += 1
        kind = self.type(f"{what} {token.text}", depth)
        nullable, comment = True, ""
        while self.word() in {"NOT", "NOT NULL", "NULL", "COMMENT"}:
            first = self.word()
            self.position += 1
            if first == "COMMENT":
                comment = self.expect(TokenType.STRING, "a text in single quotes after COMMENT").text
            elif first in {"NOT", "NOT NULL"}:
                nullable = False
                if first == "NOT" and self.word() != "NULL":
                    self.fail(f"expected NULL after NOT, found {self.shown()}")
                self.position += first == "NOT"
        if self.token is not None and self.token.token_type not in {TokenType.COMMA, TokenType.R_PAREN}:
            self.fail(
                f"found {self.shown()} after the type of {token.text}; only NOT NULL and COMMENT '…' may stand here"
            )
        return Member(token.text, kind, nullable, comment)

    def type(self, owner: str, depth: int) -> ValueType:
        """A type with its brackets: ``INTEGER``, ``VARCHAR[]``, ``STRUCT(…)[3]``."""
        if depth > DEEPEST:
            self.fail(f"types are nested more than {DEEPEST} deep here; declare the inner part as JSON")
        kind = self.base(owner, depth)
        while self.accept(TokenType.L_BRACKET):
            length = None
            if self.token is not None and self.token.token_type is TokenType.NUMBER:
                length = self.count("the length of a list", 1, LONGEST_LIST)
            self.expect(TokenType.R_BRACKET, "']'")
            kind = ListType(kind, length)
            depth += 1
            if depth > DEEPEST:
                self.fail(f"lists are nested more than {DEEPEST} deep here; declare JSON", self.position - 1)
        return kind

    def base(self, owner: str, depth: int) -> ValueType:
        """A type before its brackets."""
        start, word = self.position, self.word()
        if not word or word in {"NOT", "NOT NULL", "NULL", "COMMENT"}:
            self.fail(f"expected the type of the {owner}, found {self.shown()}; write for example VARCHAR")
        self.position += 1
        if word in {"STRUCT", "ROW"}:
            self.expect(TokenType.L_PAREN, "'(' and the fields after STRUCT")
            members = self.members("field", depth + 1)
            self.expect(TokenType.R_PAREN, "')' after the fields of the STRUCT")
            return StructType(members)
        if word == "MAP":
            return self.map(owner, depth)
        if word == "ENUM":
            return self.enum()
        self.position = start
        return self.scalar()

    def map(self, owner: str, depth: int) -> MapType:
        """``MAP(VARCHAR, type)`` from its bracket on."""
        self.expect(TokenType.L_PAREN, "'(' after MAP, as in MAP(VARCHAR, INTEGER)")
        at = self.position
        if self.type(owner, depth + 1) != TextType():
            self.fail("the keys of a MAP are VARCHAR here, because JSON has no others", at)
        self.expect(TokenType.COMMA, "',' and the type of the values")
        value = self.type(owner, depth + 1)
        self.expect(TokenType.R_PAREN, "')' after the type of the values")
        return MapType(value)

    def enum(self) -> EnumType:
        """``ENUM('a', 'b')`` from its bracket on."""
        self.expect(TokenType.L_PAREN, "'(' and texts after ENUM, as in ENUM('low', 'high')")
        values: list[str] = []
        while True:
            at = self.position
            value = self.expect(TokenType.STRING, "a text in single quotes").text
            if value in values:
                self.fail("the value stands in the ENUM twice; leave one out", at)
            values.append(value)
            if self.accept(TokenType.COMMA) is None:
                break
        self.expect(TokenType.R_PAREN, "')' after the values of the ENUM")
        if len(values) > MOST_ENUM_VALUES:
            self.fail(
                f"an ENUM has at most {MOST_ENUM_VALUES:,} values here, this one {len(values):,}; declare VARCHAR"
            )
        return EnumType(tuple(values))

    def scalar(self) -> ValueType:
        """A type without others inside."""
        start = self.position
        longer = [names for names in LONGER_NAMES if all(self.word(i) == name for i, name in enumerate(names))]
        width = max(map(len, longer), default=1)
        name = " ".join(self.word(index) for index in range(width))
        self.position += width
        kind = named_type(name)
        sizes = self.sizes()
        if kind is exp.DType.DECIMAL or kind is exp.DType.BIGDECIMAL:
            precision, scale = (*sizes, 0)[:2] if sizes else DEFAULT_DECIMAL
            if not 1 <= precision <= LARGEST_PRECISION or scale > precision:
                self.fail(f"DECIMAL has 1 to {LARGEST_PRECISION} digits, and no more of them after the point", start)
            return DecimalType(precision, scale)
        if kind in TEXTS:
            return TextType(sizes[0] if sizes else None)
        known = TYPES.get(kind) if kind is not None else None
        if known is not None and sizes:
            self.fail(f"{name} takes no size; write {name} alone", start)
        if known is not None:
            return known
        remedy = REMEDIES.get(kind) if kind is not None else None
        if remedy is None:
            remedy = hint(name, KNOWN, f"there are {', '.join(KNOWN)}, and [] for lists")
        return self.fail(f"an answer cannot have the type {name}: {remedy}", start)

    def sizes(self) -> tuple[int, ...]:
        """The numbers in round brackets after a type; none without brackets."""
        if self.accept(TokenType.L_PAREN) is None:
            return ()
        found = [self.count("a size", 0, 1_000_000)]
        while self.accept(TokenType.COMMA):
            found.append(self.count("a size", 0, 1_000_000))
        self.expect(TokenType.R_PAREN, "')' after the size")
        return tuple(found)

    def count(self, what: str, low: int, high: int) -> int:
        """A whole number."""
        at = self.position
        text = self.expect(TokenType.NUMBER, f"a number for {what}").text
        if not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
            self.fail(f"{what} is a whole number from {low} to {high:,}", at)
        return int(text)
