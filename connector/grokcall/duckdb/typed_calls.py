"""Calls inside a query whose columns it decides, by an OutputSchema or by naming further fields.

A macro cannot have columns that vary. So each schema, with the further fields, gets a macro of its own under a private
name, and a query is run with that name in the place of the procedure's and with blanks in the place of the argument.
Both are as long as what they replace: every place in the text stays what it was, and an error that points at it is
right for the text that the user wrote. Names of arguments that are words of SQL get quotes in the same way.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from sqlglot import Token, TokenType

from grokcall.core.redaction import redact
from grokcall.duckdb.asked_fields import asked_fields, may_name_further_fields
from grokcall.duckdb.reserved_names import ASSIGNMENTS, may_name_reserved, quote_reserved
from grokcall.duckdb.wanted_content import may_want_content
from grokcall.errors import ArgumentsError, StatementError
from grokcall_parser import Literal, Span, parse_call, point_at
from grokcall_parser.tokens import BRACKETS, CLOSING_SIGNS, is_name, read_tokens, span_of, split_at_commas
from grokcall_procedures import BadValueError, Parameter, ParameterType, Procedure

LITERALS = frozenset({TokenType.STRING, TokenType.BYTE_STRING, TokenType.RAW_STRING, TokenType.NULL})
KEPT_KINDS = frozenset({"VIEW", "MACRO", "FUNCTION"})
TEMPORARY = frozenset({"TEMP", "TEMPORARY"})
SHORTEST_NAME = 8


@dataclass(frozen=True, slots=True)
class TypedCall:
    """A call in a query whose columns are decided there.

    Args:
        procedure: What is called.
        schema: The value of the parameter that decides the columns; None for those of the definition.
        further: The names of further fields that are columns as well.
        parameter: The parameter that decides the columns, if it is given.
        argument: Where the argument that gives the schema stands.
        pointer: The place of the schema in the query, as errors show it.
        content: Whether the query may want the columns of bytes.
    """

    procedure: Procedure
    schema: str | None = None
    further: tuple[str, ...] = ()
    parameter: Parameter | None = None
    argument: Span | None = None
    pointer: str = ""
    content: bool = True

    @property
    def name(self) -> str:
        """The private name of the procedure with these columns, the same wherever the query is run."""
        parts = [self.procedure.name, self.schema or "", *self.further, *(() if self.content else ("without content",))]
        digest = blake2b("\0".join(parts).encode()).digest()
        length = max(len(self.procedure.name), SHORTEST_NAME)
        return f"g{b32encode(digest).decode('ascii').lower()[: length - 1]}"

    def refusal(self, error: BadValueError) -> BadValueError:
        """An error about the schema, which points into the query."""
        assert self.parameter is not None
        position = self.procedure.parameters.index(self.parameter) + 1
        return BadValueError(error.reason, self.procedure.name, self.parameter.name, position, self.pointer)


@dataclass(frozen=True, slots=True)
class TypedQuery:
    """A query as it was given and as it is run.

    Args:
        given: The user's text.
        text: What DuckDB is handed: as long as that, with private names in it.
        calls: The calls that have private names.
    """

    given: str
    text: str
    calls: tuple[TypedCall, ...] = ()

    def told(self, message: str) -> str:
        """A message of DuckDB with the names that the user knows."""
        for call in self.calls:
            message = message.replace(call.name, call.procedure.name)
        return message


def typed_query(sql: str, procedures: Mapping[str, Procedure]) -> TypedQuery:
    """A query with its typed calls under private names; as it is where it has none.

    Args:
        sql: One or more statements of DuckDB.
        procedures: The procedures by name in lower case.

    Raises:
        ArgumentsError: A schema is no literal, or is given twice.
        StatementError: The call would outlive the connection, in a view for example; or the text cannot be read.

    >>> from grokcall_procedures import CATALOG
    >>> known = {"generateresponse": CATALOG["GenerateResponse"]}
    >>> query = typed_query("FROM GenerateResponse('hi', OutputSchema := 'a INT')", known)
    >>> query.calls[0].schema, query.text.startswith(f"FROM {query.calls[0].name}('hi'  "), len(query.text)
    ('a INT', True, 52)
    """
    deciding = {
        name: parameter
        for name, procedure in procedures.items()
        for parameter in procedure.parameters
        if parameter.decides_columns
    }
    names_further = may_name_further_fields(sql, procedures.values())
    names_reserved = may_name_reserved(sql)
    if not (names_further or names_reserved) and not any(may_decide(sql.lower(), *each) for each in deciding.items()):
        return TypedQuery(sql, sql)
    tokens = read_tokens(sql)
    pieces = list(sql)
    places = {
        index: (procedure, end, arguments)
        for index, end, arguments in called(tokens, sql)
        if (procedure := procedures.get(tokens[index].text.lower())) is not None
    }
    asked = asked_fields(tokens, sql, {at: (each[0], each[1]) for at, each in places.items()}) if names_further else {}
    calls: list[TypedCall] = []
    for index, (procedure, end, arguments) in places.items():
        if names_reserved:
            quote_reserved(pieces, procedure, arguments)
        parameter = deciding.get(tokens[index].text.lower())
        call = TypedCall(procedure, further=asked.get(index, ()))
        if call.further and any(each.type is ParameterType.BINARY for each in procedure.fields):
            call = replace(call, content=may_want_content(tokens, sql, index, end, procedure))
        if parameter is not None:
            call = with_schema(call, parameter, arguments, pieces, sql)
        if call.schema is None and not call.further:
            continue
        refuse_kept(tokens, index, call, sql)
        rename(pieces, tokens[index], call.name)
        calls.append(call)
    return TypedQuery(sql, "".join(pieces), tuple(calls))


def with_schema(
    call: TypedCall, parameter: Parameter, arguments: Sequence[Sequence[Token]], pieces: list[str], text: str
) -> TypedCall:
    """A call with the schema among its arguments, in the place of which blanks are put into the text.

    Raises:
        ArgumentsError: It is no literal, or is given twice.
    """
    found = [each for each in arguments if is_argument(each, parameter, text)]
    if (given := argument_at(arguments, call.procedure, parameter, text)) is not None:
        found.insert(0, given)
    for argument in found:
        value = argument[2:] if is_argument(argument, parameter, text) else argument
        schema = schema_of(value, call.procedure, parameter, text)
        blank(pieces, argument_span(argument, arguments))
        if schema is None:
            continue
        if len(found) > 1:
            raise ArgumentsError(
                f"{call.procedure.name}: {parameter.name} is given twice; keep one of them", text, span_of(found[1])
            )
        pointer = pointer_at(text, span_of(value))
        return replace(call, schema=schema, parameter=parameter, argument=span_of(argument), pointer=pointer)
    return call


def called(tokens: Sequence[Token], text: str) -> Iterator[tuple[int, int, list[list[Token]]]]:
    """The places of names that something in round brackets follows, where these end, and what commas part in them."""
    for index in range(len(tokens) - 1):
        if tokens[index + 1].token_type is not TokenType.L_PAREN or not is_name(tokens[index], text):
            continue
        end = closing(tokens, index + 1)
        if end is not None and not (index and tokens[index - 1].token_type is TokenType.DOT):
            yield index, end, split_at_commas(tokens[index + 2 : end])


def closing(tokens: Sequence[Token], opening: int) -> int | None:
    """The place of the bracket that closes the one at ``opening``; None where there is none."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].token_type in BRACKETS) - (tokens[index].token_type in CLOSING_SIGNS)
        if not depth:
            return index
    return None


def is_argument(tokens: Sequence[Token], parameter: Parameter, text: str) -> bool:
    """Whether an argument is the one for a parameter, by its name."""
    return (
        len(tokens) > 2
        and tokens[1].token_type in ASSIGNMENTS
        and is_name(tokens[0], text)
        and tokens[0].text.lower() == parameter.name.lower()
    )


def may_decide(text: str, name: str, parameter: Parameter) -> bool:
    """Whether a query in small letters may have a call that decides its columns."""
    return parameter.name.lower() in text or (not parameter.named_only and name in text)


def argument_at(
    arguments: Sequence[Sequence[Token]], procedure: Procedure, parameter: Parameter, text: str
) -> Sequence[Token] | None:
    """The argument that stands in the place of a parameter; None where it is given by name or not at all."""
    place = -1 if parameter.named_only else procedure.positional.index(parameter)
    if not 0 <= place < len(arguments):
        return None
    by_name = any(
        len(each) > 2 and each[1].token_type in ASSIGNMENTS and is_name(each[0], text)
        for each in arguments[: place + 1]
    )
    return None if by_name or not arguments[place] else arguments[place]


def schema_of(value: Sequence[Token], procedure: Procedure, parameter: Parameter, text: str) -> str | None:
    """The value of an argument, which must be a literal; None for NULL.

    Raises:
        ArgumentsError: It is something else.
    """
    place = span_of(value)
    if len(value) == 1 and value[0].token_type in LITERALS:
        literal = parse_call(f"CALL {procedure.name}({text[place.start : place.end]})").arguments[0].value
        assert isinstance(literal, Literal)
        return None if literal.value is None else str(literal.value)
    raise ArgumentsError(
        f"{procedure.name}: the columns follow from {parameter.name}, so in a query it must be a text that is written "
        f"out, such as {parameter.name} := 'priority INTEGER, team VARCHAR'",
        text,
        place,
        procedure=procedure.name,
        parameter=parameter.name,
    )


def argument_span(argument: Sequence[Token], arguments: Sequence[Sequence[Token]]) -> Span:
    """An argument with the comma that parts it from the next, or from the one before where it is the last."""
    index = next(number for number, each in enumerate(arguments) if each is argument)
    if index + 1 < len(arguments) and arguments[index + 1]:
        return Span(argument[0].start, arguments[index + 1][0].start)
    start = arguments[index - 1][-1].end + 1 if index and arguments[index - 1] else argument[0].start
    return Span(start, argument[-1].end + 1)


def rename(pieces: list[str], name: Token, new: str) -> None:
    """Puts another name in the place of one, in its quotes if it has some; the pieces stay as many."""
    quotes = pieces[name.start] == '"'
    start, end = name.start + quotes, name.end + 1 - quotes
    pieces[start:end] = [new, *[""] * (end - start - 1)]


def blank(pieces: list[str], span: Span) -> None:
    """Puts blanks in the place of a span; lines stay lines."""
    for index in range(span.start, span.end):
        if pieces[index] not in "\r\n":
            pieces[index] = " "


def refuse_kept(tokens: Sequence[Token], place: int, call: TypedCall, text: str) -> None:
    """Raises where a call stands in what may be kept for other connections, which do not know its columns.

    Raises:
        StatementError: It does.
    """
    head: list[str] = []
    for token in tokens[:place]:
        head = [] if token.token_type is TokenType.SEMICOLON else [*head, token.text.upper()][:5]
    if not head or head[0] != "CREATE" or TEMPORARY.intersection(head) or not KEPT_KINDS.intersection(head):
        return
    kind = next(word for word in head if word in KEPT_KINDS).lower()
    columns = "the columns that are declared in it" if call.schema is not None else f"its column {call.further[0]}"
    raise StatementError(
        f"a {kind} may outlive this connection, {columns} cannot: write CREATE TEMP "
        f"{kind.upper()}, or give the question a name with CREATE PROCEDURE and call that",
        text,
        call.argument or span_of(tokens[place : place + 1]),
    )


def pointer_at(text: str, span: Span) -> str:
    """The place in a text for an error; nothing where the text has a secret in it."""
    return point_at(text, span) if redact(text) == text else ""
