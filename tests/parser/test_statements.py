"""Every spelling that is understood, and what comes of it."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from call_rendering import render

from grokcall_parser import (
    Call,
    CallSyntaxError,
    Explain,
    Literal,
    Marker,
    Query,
    SelectConstant,
    Span,
    StatementError,
    parse_call,
    parse_statement,
    split_statements,
)

STATEMENTS = Path(__file__).with_name("statements.sql").read_text(encoding="utf-8").splitlines()


def with_expected() -> list[tuple[str, str]]:
    """Each statement with what it reads as: itself, or the line after it that begins with an arrow."""
    pairs: list[tuple[str, str]] = []
    for line in STATEMENTS:
        if line.startswith("--> "):
            pairs[-1] = (pairs[-1][0], line.removeprefix("--> "))
        else:
            pairs.append((line, line))
    return pairs


@pytest.mark.parametrize(("text", "expected"), with_expected())
def test_a_statement_reads_as_the_list_says(text, expected):
    statement = parse_statement(text)

    assert render(statement) == expected
    assert statement.text == text


@pytest.mark.parametrize("text", [expected for _, expected in with_expected() if expected != "QUERY"])
def test_what_a_statement_reads_as_reads_the_same(text):
    assert render(parse_statement(text)) == text


@pytest.mark.parametrize("text", [text for text, _ in with_expected()])
def test_every_span_holds_the_source_of_its_part(text):
    statement = parse_statement(text)
    call = statement.call if isinstance(statement, Explain) else statement
    if not isinstance(call, Call):
        return
    assert text[call.span.start : call.span.end].strip('"[]').replace('""', '"') == call.procedure
    for argument in call.arguments:
        value = text[argument.value.span.start : argument.value.span.end]
        (alone,) = parse_call(f"CALL f({value})").arguments
        if isinstance(argument.value, Literal):
            assert alone.value.value == argument.value.value
        else:
            assert alone.value.name == argument.value.name
        assert text[argument.span.start : argument.span.end].endswith(value)
        if argument.name is not None:
            written = text[argument.name_span.start : argument.name_span.end]
            assert written.strip('"') == argument.name


def test_markers_stand_in_the_order_of_the_text_and_a_name_may_repeat():
    call = parse_call("CALL Ask(:b, 'x', a => $a, c => :b)")

    assert call.markers == (
        Marker("b", None, Span(9, 11)),
        Marker("a", None, Span(23, 25)),
        Marker("b", None, Span(32, 34)),
    )


def test_question_marks_are_counted_from_nought():
    assert [marker.index for marker in parse_call("CALL Ask(?, 1, ?, x => ?)").markers] == [0, 1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "CALL Ask(':a ? $b @c')",
        "CALL Ask($$:a ? $b$$)",
        r"CALL Ask(E'\' :a ?')",
        "CALL Ask(1 /* :a ? $b */) -- :c ?",
        "CALL Ask(1 /* /* :a */ ? */)",
        'CALL Ask(":a" => 1, "?" => 2)',
    ],
)
def test_a_marker_in_a_string_a_comment_or_a_quoted_name_is_none(text):
    assert parse_call(text).markers == ()


@pytest.mark.parametrize("text", ["CALL Ask('x'::text)", "CALL Ask('x':::a)", "CALL Ask(::a)"])
def test_what_follows_a_double_colon_is_no_marker(text):
    with pytest.raises(CallSyntaxError):
        parse_call(text)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("42", 42),
        ("-0", 0),
        ("0.10", Decimal("0.10")),
        ("1e999", Decimal("1e999")),
        ("-1E-999", Decimal("-1E-999")),
        ("1.23456789012345678901234567890123456789", Decimal("1.23456789012345678901234567890123456789")),
        ("-1.23456789012345678901234567890123456789", Decimal("-1.23456789012345678901234567890123456789")),
        ("9" * 640, int("9" * 640)),
        ("X'00ff'", b"\x00\xff"),
        (r"'a\nb'", r"a\nb"),
        (r"E'a\nb'", "a\nb"),
        (r"E'\0'", "\0"),
        ("'a\r\nb\tc'", "a\r\nb\tc"),
        ("'\x00\ud800'", "\x00\ud800"),
        (r"E'\ud800'", "\ud800"),
        ("[1, 'a']", (1, "a")),
    ],
)
def test_a_literal_has_exactly_its_value_and_type(written, value):
    (argument,) = parse_call(f"CALL Ask({written})").arguments

    assert argument.value.value == value
    assert type(argument.value.value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "CALL Ask(\r\n  1,\r\n\t2\r\n)\r\n;\r\n",
        "\ufeffCALL Ask(1, 2)",
        "CALL\u00a0Ask\u00a0(\u00a01,\u20032)",
        "\n\n-- first\n/* second */ CALL Ask(1, 2)",
        "CALL Ask(1 -- one\r, 2)",
    ],
)
def test_blanks_of_any_kind_mean_nothing(text):
    assert render(parse_statement(text)) == "CALL Ask(1, 2)"


def test_a_select_of_a_constant_is_named_by_its_text_or_its_alias():
    assert parse_statement("SELECT 1").name == "1"
    assert parse_statement("SELECT 'a' AS \"my name\"").name == "my name"
    assert isinstance(parse_statement("SELECT 'a' AS b.c"), Query)
    assert parse_statement("SELECT 1e3") == SelectConstant(Decimal("1e3"), "1e3", "SELECT 1e3")


def test_parse_call_takes_calls_only():
    with pytest.raises(StatementError) as caught:
        parse_call("  SELECT 1")

    assert caught.value.reason == ("expected a CALL, found SELECT; write CALL Name(…), EXEC Name … or {call Name(…)}")
    assert caught.value.column == 3


def test_statements_are_parted_at_semicolons_that_are_no_part_of_anything():
    script = """
        -- first; comment
        CALL Ask('a;b', E'\\';', $$;$$, ";" => 1);
        /* ; */ ; ;
        SELECT 1 /* ; /* ; */ ; */;
        EXEC Ask 'x'
    """

    pieces = split_statements(script)

    assert [piece.split("\n")[-1].strip() for piece in pieces] == [
        """CALL Ask('a;b', E'\\';', $$;$$, ";" => 1)""",
        "SELECT 1 /* ; /* ; */ ; */",
        "EXEC Ask 'x'",
    ]
    assert pieces[0].startswith("-- first; comment\n")


@pytest.mark.parametrize("text", ["", " \r\n\t", ";;;", "-- only a comment", "/* ; */ ;", "\ufeff"])
def test_a_text_without_statements_has_no_pieces(text):
    assert split_statements(text) == []


def test_a_byte_order_mark_before_the_first_piece_is_no_part_of_a_name():
    (piece,) = split_statements("\ufeffCALL Ask(1);")

    assert render(parse_statement(piece)) == "CALL Ask(1)"


def test_a_statement_is_read_once():
    text = "CALL Ask('read once')"

    assert parse_statement(text) is parse_statement(text)


def test_a_statement_too_long_to_be_kept_is_read_each_time():
    text = f"CALL Ask('{'x' * 5_000}')"

    assert parse_statement(text) == parse_statement(text)
    assert parse_statement(text) is not parse_statement(text)


def test_many_threads_read_at_once():
    texts = [f"CALL Ask({number}, ?, x => 'it''s', y => ['a', {number}])" for number in range(400)]

    with ThreadPoolExecutor(8) as pool:
        statements = list(pool.map(parse_statement, texts))

    assert [render(statement) for statement in statements] == texts


def test_reading_writes_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    for text in (*STATEMENTS, "CALL Ask(a -> 'b c')", "CALL Ask(CREATE TABLE x)", "CALL Ask(SHOW x y)", "VACUUM x"):
        try:
            parse_statement(text)
        except StatementError:
            continue

    assert caplog.records == []
