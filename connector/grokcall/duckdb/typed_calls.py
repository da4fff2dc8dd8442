"""Calls with an OutputSchema inside a query: the schema decides the columns, and a macro cannot have columns that vary.

So each schema gets a macro of its own under a private name, and a query is run with that name in the place of the
procedure's and with blanks in the place of the argument. Both are as long as what they replace: every place in the text
stays what it was, and an error that points at it is right for the text that the user wrote.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from sqlglot import Token, TokenType

from grokcall.core.redaction import redact
from grokcall.errors import ArgumentsError, StatementError
from grokcall_parser import Literal, Span, parse_call, point_at
from grokcall_parser.tokens import BRACKETS, CLOSING_SIGNS, is_name, read_tokens, span_of, split_at_commas
from grokcall_procedures import BadValueError, Parameter, Procedure

ASSIGNMENTS = frozenset({TokenType.FARROW, TokenType.COLON_EQ})
LITERALS = frozenset({TokenType.STRING, TokenType.BYTE_STRING, TokenType.RAW_STRING, TokenType.NULL})
KEPT_KINDS = frozenset({"VIEW", "MACRO", "FUNCTION"})
TEMPORARY = frozenset({"TEMP", "TEMPORARY"})
SHORTEST_NAME = 8


@dataclass(frozen=True, slots=True)
class TypedCall:
    """A call in a query whose columns are declared there.

    Args:
        procedure: What is called.
        parameter: The parameter that decides the columns.
        schema: Its value.
        pointer: The place of the value in the query, as errors show it.
    """

    procedure: Procedure
    parameter: Parameter
    schema: str
    pointer: str

    @property
    def name(self) -> str:
        """The private name of the procedure with these columns, the same wherever the query is run."""
        digest = blake2b(f"{self.procedure.name}\0{self.schema}".encode()).digest()
        length = max(len(self.procedure.name), SHORTEST_NAME)
        return f"g{b32encode(digest).decode('ascii').lower()[: length - 1]}"

    def refusal(self, error: BadValueError) -> BadValueError:
        """An error about the schema, which points into the query."""
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
        name: (procedure, parameter)
        for name, procedure in procedures.items()
        for parameter in procedure.parameters
        if parameter.decides_columns
    }
    if not any(parameter.name.lower() in sql.lower() for _, parameter in deciding.values()):
        return TypedQuery(sql, sql)
    tokens = read_tokens(sql)
    pieces = list(sql)
    calls: list[TypedCall] = []
    for index, arguments in called(tokens, sql):
        procedure, parameter = deciding.get(tokens[index].text.lower(), (None, None))
        if procedure is None or parameter is None:
            continue
        found = [each for each in arguments if is_argument(each, parameter, sql)]
        for argument in found:
            schema = schema_of(argument, procedure, parameter, sql)
            blank(pieces, argument_span(argument, arguments))
            if schema is None:
                continue
            if len(found) > 1:
                raise ArgumentsError(
                    f"{procedure.name}: {parameter.name} is given twice; keep one of them", sql, span_of(found[1])
                )
            refuse_kept(tokens, argument, sql)
            call = TypedCall(procedure, parameter, schema, pointer_at(sql, span_of(argument[2:])))
            rename(pieces, tokens[index], call.name)
            calls.append(call)
    return TypedQuery(sql, "".join(pieces), tuple(calls))


def called(tokens: Sequence[Token], text: str) -> Iterator[tuple[int, list[list[Token]]]]:
    """The places of names that something in round brackets follows, and what stands there between commas."""
    for index in range(len(tokens) - 1):
        if tokens[index + 1].token_type is not TokenType.L_PAREN or not is_name(tokens[index], text):
            continue
        end = closing(tokens, index + 1)
        if end is not None and not (index and tokens[index - 1].token_type is TokenType.DOT):
            yield index, split_at_commas(tokens[index + 2 : end])


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


def schema_of(argument: Sequence[Token], procedure: Procedure, parameter: Parameter, text: str) -> str | None:
    """The value of the argument, which must be a literal; None for NULL.

    Raises:
        ArgumentsError: It is something else.
    """
    place = span_of(argument[2:])
    if len(argument) == 3 and argument[2].token_type in LITERALS:
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


def refuse_kept(tokens: Sequence[Token], argument: Sequence[Token], text: str) -> None:
    """Raises where a call stands in what may be kept for other connections, which do not know its columns.

    Raises:
        StatementError: It does.
    """
    head: list[str] = []
    for token in tokens:
        if token is argument[0]:
            break
        head = [] if token.token_type is TokenType.SEMICOLON else [*head, token.text.upper()][:5]
    if not head or head[0] != "CREATE" or TEMPORARY.intersection(head) or not KEPT_KINDS.intersection(head):
        return
    kind = next(word for word in head if word in KEPT_KINDS).lower()
    raise StatementError(
        f"a {kind} may outlive this connection, the columns that are declared in it cannot: write CREATE TEMP "
        f"{kind.upper()}, or give the question a name with CREATE PROCEDURE and call that",
        text,
        span_of(argument),
    )


def pointer_at(text: str, span: Span) -> str:
    """The place in a text for an error; nothing where the text has a secret in it."""
    return point_at(text, span) if redact(text) == text else ""
