"""What declarations of procedures and of tools share: parameters, a comment, and a body of one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from sqlglot import Token, TokenType

from grokcall_parser.arguments import check_names, name_width, refuse_other_names
from grokcall_parser.calls import read_name
from grokcall_parser.literals import shortened
from grokcall_parser.reader import Reader
from grokcall_parser.spans import Span
from grokcall_parser.statements import Argument, BodyArgument, Literal, Marker, ParameterDeclaration
from grokcall_parser.tokens import is_name, is_word, source, span_of, split_at_commas
from grokcall_parser.values import Slot, ValueReader

AFTER_TYPE = frozenset({"NOT", "NULL", "DEFAULT", "COMMENT"})


def read_parameters(reader: Reader, owner: str, form: str) -> tuple[ParameterDeclaration, ...]:
    """The declared parameters with their brackets, which may be empty.

    Args:
        reader: Stands before the opening bracket.
        owner: The name of what is declared.
        form: How such a declaration looks, for messages.
    """
    opening = reader.accept(TokenType.L_PAREN)
    if opening is None:
        reader.fail(f"expected '(' and the parameters after {shortened(owner)}, found {reader.shown()}; write {form}")
    start = reader.position
    tokens = reader.enclosed(opening)
    found: list[ParameterDeclaration] = []
    for position, run in enumerate(split_at_commas(tokens) if tokens else (), 1):
        if not run:
            reader.fail(f"parameter {position} is missing; write one, or one comma less", reader.span_at(start))
        declared = read_parameter(reader, run, Slot(owner, position, what="the default of parameter"))
        if any(declared.name.casefold() == other.name.casefold() for other in found):
            reader.fail(f"the parameter {shortened(declared.name)} is declared twice; rename one", declared.span)
        found.append(declared)
        start += len(run) + 1
    return tuple(found)


def read_parameter(reader: Reader, tokens: Sequence[Token], slot: Slot) -> ParameterDeclaration:
    """``Name TYPE [DEFAULT value] [COMMENT 'text']``."""
    name, rest = tokens[0], tokens[1:]
    if not is_name(name, reader.text):
        written = shortened(source(tokens, reader.text))
        reader.fail(f"expected a parameter such as Body VARCHAR, found {written}", span_of(tokens))
    width = next((i for i, token in enumerate(rest) if word_of(reader, token) in AFTER_TYPE), len(rest))
    if not width:
        reader.fail(
            f"the parameter {shortened(name.text)} has no type; write {shortened(name.text)} VARCHAR", span_of([name])
        )
    default, comment = None, ""
    kind, rest = rest[:width], rest[width:]
    while rest:
        word = word_of(reader, rest[0])
        if word not in {"DEFAULT", "COMMENT"} or len(rest) == 1:
            refuse_addition(reader, name, rest)
        ends = (i for i, token in enumerate(rest) if i > 1 and word_of(reader, token) in {"DEFAULT", "COMMENT"})
        value, following = rest[1 : (end := next(ends, len(rest)))], rest[end:]
        if word == "DEFAULT":
            default = read_default(reader, value, Slot(slot.procedure, slot.position, name.text, what=slot.what))
        elif len(value) == 1 and value[0].token_type is TokenType.STRING:
            comment = value[0].text
        else:
            reader.fail("COMMENT takes a text in single quotes", span_of(value))
        rest = following
    return ParameterDeclaration(name.text, source(kind, reader.text), span_of(tokens), span_of(kind), default, comment)


def read_default(reader: Reader, tokens: Sequence[Token], slot: Slot) -> Literal:
    """The default of a parameter, a literal."""
    value = ValueReader(reader.text).value(tokens, slot)
    if isinstance(value, Marker):
        raise slot.error(f"{slot} is a marker; a default is a literal", reader.text, value.span)
    return value


def refuse_addition(reader: Reader, name: Token, rest: Sequence[Token]) -> NoReturn:
    """Raises for what may not stand after a parameter's type."""
    if word_of(reader, rest[0]) in {"NOT", "NULL"}:
        remedy = "a parameter without DEFAULT is required, one with DEFAULT NULL is not"
    else:
        remedy = "only DEFAULT value and COMMENT 'text' may stand there"
    found = shortened(source(rest, reader.text))
    reader.fail(f"found {found} after the type of {shortened(name.text)}; {remedy}", span_of(rest))


def read_comment(reader: Reader) -> str:
    """The text after COMMENT."""
    token = reader.accept(TokenType.STRING)
    if token is None:
        reader.fail(f"expected a text in single quotes after COMMENT, found {reader.shown()}")
    return token.text


def read_body(reader: Reader) -> tuple[str, Span, tuple[BodyArgument, ...]]:
    """``CALL Base(…)``, which ends the statement: its name, the place of that, and the arguments."""
    reader.advance()
    base, span = read_name(reader, "CALL needs the name of a procedure")
    opening = reader.accept(TokenType.L_PAREN)
    if opening is None:
        reader.fail(f"expected '(' after {shortened(base)}, found {reader.shown()}")
    start = reader.position
    tokens = reader.enclosed(opening)
    values = ValueReader(reader.text)
    arguments: list[BodyArgument] = []
    for position, run in enumerate(split_at_commas(tokens) if tokens else (), 1):
        slot = Slot(base, position)
        if not run:
            message = f"{slot} is empty; write a value (NULL for none), or one comma less"
            raise slot.error(message, reader.text, reader.span_at(start))
        arguments.append(read_body_argument(run, slot, values, reader.text))
        start += len(run) + 1
    check_body_names(arguments, base, reader.text)
    reader.finish("the call")
    return base, span, tuple(arguments)


def read_body_argument(tokens: Sequence[Token], slot: Slot, values: ValueReader, text: str) -> BodyArgument:
    """One argument of the body, by position or named; ``||`` joins its parts."""
    width = name_width(tokens, text)
    if not width:
        refuse_other_names(tokens, slot, text)
    rest = tokens[width:]
    name = tokens[width - 2] if width else None
    named = slot if name is None else Slot(slot.procedure, slot.position, name.text)
    if not rest:
        raise named.error(f"{named} has no value; write one, or leave the argument out", text, span_of(tokens))
    parts = tuple(read_part(run, named, values, text, span_of(rest)) for run in split_at_pipes(rest))
    joined = next((part for part in parts if isinstance(part, Literal) and isinstance(part.value, tuple | bytes)), None)
    if len(parts) > 1 and joined is not None:
        raise named.error(f"{named} joins texts with ||, which arrays and bytes are not", text, joined.span)
    return BodyArgument(parts, name.text if name else None, span_of(tokens), span_of([name]) if name else None)


def read_part(tokens: Sequence[Token], slot: Slot, values: ValueReader, text: str, whole: Span) -> Literal | Marker:
    """A literal or a named marker between two ``||``."""
    if not tokens:
        raise slot.error(f"{slot} has nothing on one side of ||; write a text or a marker there", text, whole)
    value = values.value(tokens, slot)
    if isinstance(value, Marker) and value.name is None:
        raise slot.error(f"{slot} is ?, which stands for no parameter; write :Name", text, value.span)
    return value


def split_at_pipes(tokens: Sequence[Token]) -> list[list[Token]]:
    """The runs of tokens between the ``||``."""
    runs: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type is TokenType.DPIPE:
            runs.append([])
        else:
            runs[-1].append(token)
    return runs


def check_body_names(arguments: Sequence[BodyArgument], base: str, text: str) -> None:
    """Raises ArgumentsError for a parameter that is named twice, and for an argument by position after a named one."""
    check_names([Argument(item.parts[0], item.name, item.span, item.name_span) for item in arguments], base, text)


def word_of(reader: Reader, token: Token) -> str:
    """A token in upper case if it is a word, and otherwise an empty text."""
    return source([token], reader.text).upper() if is_word(token, reader.text) else ""
