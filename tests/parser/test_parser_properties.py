"""What holds for statements that nobody would think of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

import pytest
from call_rendering import render, render_value
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grokcall_parser import (
    Call,
    CreateTool,
    Literal,
    Marker,
    Query,
    Span,
    StatementError,
    nearest,
    parse_call,
    parse_statement,
    split_statements,
)

NOWHERE = Span(0, 0)
Result = TypeVar("Result")

WORDS = [
    "CALL",
    "EXEC",
    "EXPLAIN",
    "COST",
    "SHOW",
    "PROCEDURES",
    "LIKE",
    "DESCRIBE",
    "PROCEDURE",
    "SELECT",
    "Ask",
    "TOOL",
    "COMMENT",
]
SIGNS = [
    *"(){}[],;:$?@.=+-*/|%#`\\'\"<>!&^~ \n\r\t\0",
    "::",
    "=>",
    ":=",
    "||",
    "--",
    "/*",
    "*/",
    "$$",
    "E'",
    "X'",
    "N'",
]
VALUES = [
    "'a'",
    "1",
    "0.5",
    "1e5",
    "NULL",
    "TRUE",
    "X'00'",
    ":a",
    "$b",
    "@c",
    '"q"',
    "AS",
    "NOT",
    "CASE",
    "CAST(",
    "->",
]
fragments = st.lists(st.sampled_from([*WORDS, *SIGNS, *VALUES]) | st.text(max_size=3), max_size=25)

identifiers = st.from_regex(r"[A-Za-z_äÖ数][A-Za-z0-9_é]{0,12}", fullmatch=True)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
    | st.text()
    | st.binary()
)
values = st.builds(Literal, scalars | st.lists(scalars, max_size=4).map(tuple), st.just(NOWHERE))
markers = st.builds(Marker, identifiers, st.none(), st.just(NOWHERE))


@st.composite
def token_lists(draw: st.DrawFn) -> tuple[list[str], str]:
    """The tokens of a call, and the call as it is rendered."""
    tokens = ["CALL", draw(identifiers), "("]
    names = draw(st.lists(identifiers, max_size=3, unique_by=str.casefold))
    positional = draw(st.integers(0, 3))
    for number in range(positional + len(names)):
        if number:
            tokens.append(",")
        if number >= positional:
            tokens += [names[number - positional], draw(st.sampled_from(["=>", ":="]))]
        value = draw(values | markers)
        tokens.append(render_value(value.value) if isinstance(value, Literal) else f":{value.name}")
    tokens.append(")")
    return tokens, " ".join(tokens)


comments = st.builds("/*{}*/".format, st.text().filter(lambda text: "*/" not in text and "/*" not in text + "*"))
line_comments = st.builds("--{}\n".format, st.text().filter(lambda text: not {"\n", "\r"} & set(text)))
blanks = st.text(" \t\r\n\f\u00a0\u2003", min_size=1)
gaps = st.lists(blanks | comments | line_comments, max_size=3)


def without_places(call: Call) -> Call:
    """The call with every place and its text taken out."""
    arguments = tuple(
        replace(argument, value=replace(argument.value, span=NOWHERE), span=NOWHERE, name_span=None)
        for argument in call.arguments
    )
    return replace(call, arguments=arguments, text="", span=NOWHERE)


@given(token_lists(), st.data())
def test_gaps_and_comments_change_nothing_but_places(tokens_and_text, data):
    tokens, text = tokens_and_text
    spaced = "".join(f"{token} {''.join(data.draw(gaps))}" for token in tokens)

    assert without_places(parse_call(spaced)) == without_places(parse_call(text))


@given(token_lists(), st.data())
def test_every_span_still_holds_its_source_between_gaps(tokens_and_text, data):
    tokens, _ = tokens_and_text
    text = "".join(f"{''.join(data.draw(gaps))} {token}" for token in tokens)
    call = parse_call(text)

    assert text[call.span.start : call.span.end] == call.procedure
    for argument in call.arguments:
        if argument.name_span is not None:
            assert text[argument.name_span.start : argument.name_span.end] == argument.name
        source = text[argument.value.span.start : argument.value.span.end]
        assert source in tokens
        assert source == render(replace(call, procedure="f", arguments=(replace(argument, name=None),)))[7:-1]


@given(scalars | st.lists(scalars, max_size=5).map(tuple))
@example("'")
@example("\\'")
@example("a''b\r\n\x00\ud800")
@example(b"")
@example(Decimal("-0.0"))
def test_a_literal_comes_back_as_it_went_in(value):
    (argument,) = parse_call(f"CALL Ask({render_value(value)})").arguments

    assert argument.value.value == value


@given(st.text())
def test_any_text_comes_back_from_a_string_with_escapes(text):
    escaped = "".join(f"\\U{ord(sign):08x}" for sign in text)
    signs = {"'": "\\'", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    mixed = "".join(signs.get(sign, sign) for sign in text)

    first, second = parse_call(f"CALL Ask(E'{escaped}', e'{mixed}')").arguments

    assert (first.value.value, second.value.value) == (text, text)


@given(st.text().filter(lambda text: "$$" not in text and not text.endswith("$")))
def test_a_string_in_dollars_comes_back_as_it_stands(text):
    (argument,) = parse_call(f"CALL Ask($${text}$$)").arguments

    assert argument.value.value == text


@given(st.text(), st.text().filter(lambda text: "*" not in text and "/" not in text))
def test_nothing_in_a_string_or_a_comment_is_a_marker(text, comment):
    quoted = text.replace("'", "''")

    call = parse_call(f"CALL Ask('{quoted} :a ? $b @c' /* {comment} :a ? $b */)")

    assert call.markers == ()
    assert len(call.arguments) == 1


prefixes = st.sampled_from(
    [
        *("CALL Ask(", "EXEC Ask ", "SELECT ", "{call ", "SHOW PROCEDURES ", "EXPLAIN CALL Ask(", "DESCRIBE TOOL "),
        *(
            "CREATE TOOL t(",
            "CREATE TOOL t(a VARCHAR) AS ",
            "CREATE TOOL t() AS SELECT ",
            "CREATE TOOL t() AS CALL Ask(",
        ),
        *("DROP TOOL ", "SHOW TOOLS "),
    ]
)
texts = (
    st.text()
    | st.builds(str.__add__, prefixes, fragments.map(" ".join))
    | fragments.map("".join)
    | fragments.map(" ".join)
)


@settings(max_examples=500)
@given(texts)
@example("CALL Ask(" + "CASE " * 31 + ")")
@example("CALL Ask(" + "(" * 15 + "1" + ")" * 15 + ")")
@example("CALL Ask(1.e5)")
@example("SELECT [")
@example("SELECT {: 1}")
@example("CALL Ask({: 1})")
@example("\ufeff")
def test_any_text_is_a_statement_or_a_statement_error(text):
    statement = outcome(parse_statement, text)

    if isinstance(statement, StatementError):
        assert statement.span is not None
        assert 0 <= statement.span.start <= statement.span.end <= len(text)
        assert str(statement).startswith(statement.reason + "\n")
    else:
        assert statement.text == text
        if not isinstance(statement, Query):
            assert render(parse_statement(render(statement))) == render(statement)


@given(st.lists(identifiers, max_size=4, unique_by=str.casefold), token_lists(), st.text(), st.data())
def test_a_declaration_of_a_tool_keeps_its_body_between_gaps(names, call, comment, data):
    """The text of a query comes back as it was written, and every place is that of the text."""
    body = (
        data.draw(st.sampled_from(["SELECT", "FROM", "WITH", "VALUES"])) + f" ({call[1]}) {''.join(data.draw(gaps))} x"
    )
    declared = ", ".join(f"{name} VARCHAR{''.join(data.draw(gaps))}" for name in names)
    head = f"CREATE TOOL t({declared}) COMMENT {render_value(comment)} AS {''.join(data.draw(gaps))} "
    made = parse_statement(f"{head}{body}{''.join(data.draw(gaps))}")

    assert isinstance(made, CreateTool)
    assert [each.name for each in made.parameters] == names
    assert (made.comment, made.query, made.base) == (comment, body, None)
    assert made.query_span == Span(len(head), len(head) + len(body))


@given(texts)
def test_any_script_is_split_or_a_statement_error(text):
    pieces = outcome(split_statements, text)

    if isinstance(pieces, StatementError):
        assert pieces.span is not None
    else:
        assert all(piece and piece == piece.strip() for piece in pieces)
        assert all(split_statements(piece) == [piece] for piece in pieces)


def outcome(function: Callable[[str], Result], text: str) -> Result | StatementError:
    """What the function gives, or the error of the statement that it raises; no other error is caught."""
    try:
        return function(text)
    except StatementError as error:
        return error


@given(st.lists(token_lists(), max_size=4), st.data())
def test_a_script_of_calls_is_split_into_them(calls, data):
    script = "".join(f"{text} ;{''.join(data.draw(gaps))}" for _, text in calls)

    pieces = split_statements(script)

    assert [without_places(parse_call(piece)) for piece in pieces] == [
        without_places(parse_call(text)) for _, text in calls
    ]


@given(st.text(), st.lists(st.text()))
def test_the_nearest_name_is_one_of_the_candidates_or_none(name, candidates):
    assert nearest(name, candidates) in {None, *candidates}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GenerateRespons", "GenerateResponse"),
        ("generateresponse", "GenerateResponse"),
        ("generate_image", "GenerateImage"),
        ("GENERATEVIDO", "GenerateVideo"),
        ("zebra", None),
        ("", None),
        ("GenerateResponse" * 10, None),
    ],
)
def test_the_nearest_name_is_what_was_meant(name, expected):
    assert nearest(name, ["GenerateResponse", "GenerateImage", "GenerateVideo", "ListModels"]) == expected
