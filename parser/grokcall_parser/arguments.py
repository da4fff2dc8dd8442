"""The arguments of a call: names, order, and a place for each."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import Token, TokenType

from grokcall_parser.errors import ArgumentsError
from grokcall_parser.literals import shortened
from grokcall_parser.reader import Reader
from grokcall_parser.statements import Argument, Marker
from grokcall_parser.tokens import is_name, span_of, split_at_commas
from grokcall_parser.values import Slot, ValueReader

ASSIGNMENTS = frozenset({TokenType.FARROW, TokenType.COLON_EQ})
SIGNS = frozenset({":", "$", "@", "?"})
BARE_NAME = "has a name with a sign or quotes, which a name has not"


def read_arguments(reader: Reader, opening: Token | None, procedure: str) -> tuple[Argument, ...]:
    """The arguments from the reader's place to the bracket that closes ``opening``, or to the end without one.

    Raises:
        CallSyntaxError: A value is neither a literal nor a marker, an argument is empty, a bracket is not closed.
        ArgumentsError: A parameter is named twice, or an argument by position follows a named one, or ``?`` stands
            beside named markers.
    """
    start = reader.position
    tokens = reader.enclosed(opening)
    if not tokens:
        return ()
    values = ValueReader(reader.text)
    arguments: list[Argument] = []
    for position, run in enumerate(split_at_commas(tokens), 1):
        slot = Slot(procedure, position)
        if not run:
            message = f"{slot} is empty; write a value (NULL for none), or one comma less"
            raise slot.error(message, reader.text, reader.span_at(start))
        arguments.append(read_argument(run, slot, values, reader.text))
        start += len(run) + 1
    check_names(arguments, procedure, reader.text)
    check_markers(arguments, procedure, reader.text)
    return tuple(arguments)


def read_argument(tokens: Sequence[Token], slot: Slot, values: ValueReader, text: str) -> Argument:
    """One argument, by position or named."""
    width = name_width(tokens, text)
    if not width:
        refuse_other_names(tokens, slot, text)
        return Argument(values.value(tokens, slot), None, span_of(tokens))
    name, assignment, rest = tokens[width - 2], tokens[width - 1], tokens[width:]
    named = Slot(slot.procedure, slot.position, name.text)
    if not rest:
        message = f"{named} has no value after {assignment.text}; write one, or leave the argument out"
        raise named.error(message, text, span_of([assignment]))
    return Argument(values.value(rest, named), name.text, span_of(tokens), span_of([name]))


def name_width(tokens: Sequence[Token], text: str) -> int:
    """How many tokens the name and its sign take: ``Name =>``, ``Name :=``, ``@Name =``; 0 without a name."""
    kinds = [token.token_type for token in tokens[:3]]
    if len(kinds) > 1 and kinds[1] in ASSIGNMENTS and is_name(tokens[0], text):
        return 2
    if len(kinds) > 2 and tokens[0].text == "@" and tokens[2].text == "=" and is_name(tokens[1], text):
        return 3 if tokens[0].end + 1 == tokens[1].start else 0
    return 0


def refuse_other_names(tokens: Sequence[Token], slot: Slot, text: str) -> None:
    """Raises for a name that is written as it is elsewhere: ``Name = …``, ``:Name => …``, ``'Name' => …``."""
    signs = [index for index, token in enumerate(tokens[:3]) if token.token_type in {*ASSIGNMENTS, TokenType.EQ}]
    if not signs:
        return
    sign = tokens[signs[0]]
    if tokens[0] is sign:
        raise slot.error(f"{slot} has no name before {sign.text}; write Name => value", text, span_of([sign]))
    words = [token.text for token in tokens[: signs[0]] if token.text not in SIGNS]
    if len(words) > 1:
        return
    name = shortened("".join(words))
    takes = "is named with =>, not with =" if sign.text.startswith("=") and sign.text != "=>" else BARE_NAME
    raise slot.error(f"{slot} {takes}; write {name} => …", text, span_of(tokens[: signs[0] + 1]))


def check_names(arguments: Sequence[Argument], procedure: str, text: str) -> None:
    """Raises for a parameter that is named twice, and for an argument by position after a named one."""
    seen: dict[str, Argument] = {}
    for position, argument in enumerate(arguments, 1):
        if argument.name is None or argument.name_span is None:
            if not seen:
                continue
            message = f"{Slot(procedure, position)} has no name, but one before it has; name it too (Name => …)"
            raise ArgumentsError(message, text, argument.span, procedure=procedure, position=position)
        first = seen.setdefault(argument.name.casefold(), argument)
        if first is not argument and first.name_span is not None:
            line, column = first.name_span.line_and_column(text)
            message = f"{shortened(argument.name)} is given twice, first at line {line}, column {column}; leave one out"
            raise ArgumentsError(
                message, text, argument.name_span, procedure=procedure, parameter=argument.name, position=position
            )


def check_markers(arguments: Sequence[Argument], procedure: str, text: str) -> None:
    """Raises for the first marker that is not of the kind of those before it: ``?`` or named."""
    markers = [argument.value for argument in arguments if isinstance(argument.value, Marker)]
    for marker in markers:
        if (marker.name is None) != (markers[0].name is None):
            message = "? and named markers cannot stand in one statement; use one kind for all"
            raise ArgumentsError(message, text, marker.span, procedure=procedure)
