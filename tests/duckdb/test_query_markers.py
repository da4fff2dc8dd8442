"""Markers of queries: found where they stand, and nowhere else."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokcall.duckdb.literals import spelled_out
from grokcall.duckdb.parameters import filled
from grokcall.errors import ArgumentsError, CallSyntaxError, ProgrammingError, UnknownNameError
from grokcall_parser import find_markers

FOUND = [
    ("SELECT :a", ["a"]),
    ("SELECT :a::INT + $b", ["a", "b"]),
    ("SELECT (:a), [:b, :c], f(:d,:e)", ["a", "b", "c", "d", "e"]),
    ("WHERE id=:a AND name LIKE :b ESCAPE '!' LIMIT :c OFFSET :d", ["a", "b", "c", "d"]),
    ("CASE WHEN :a THEN :b ELSE :c END", ["a", "b", "c"]),
    ("SELECT now() AT TIME ZONE :zone", ["zone"]),
    ("SELECT {'a': :value, 'b':column}", ["value"]),
    ("SELECT list[1 : :last], list[$first:$last]", ["last", "first", "last"]),
    ("FROM GenerateResponse(:text, Model := :model, Store => :store)", ["text", "model", "store"]),
    ("SELECT :limit, :from, :größe", ["limit", "from", "größe"]),
    ("COPY t TO :file", ["file"]),
    # colons, dollars and question marks of another meaning
    ("SELECT ':a', \":b\", $$ :c ? $d $$, E'\\':e' -- :f\n /* :g /* :h */ ? */", []),
    ("SELECT a::INT, '2026-01-01'::DATE, x::STRUCT(a INT)", []),
    ("SELECT {'a':b, 'c' :d, e:f, g :h, 'i':{'j':k}}", []),
    ("SELECT MAP {'a':b, 1:c}", []),
    ("SELECT list[1:n], list[:n], list[m:n], list[m :n], f(x)[2:n]", []),
    ("SELECT alias:value FROM name:tickets", []),
    ("SELECT $1, #1, @x, 10 % 3", []),
]


@pytest.mark.parametrize(("text", "names"), FOUND)
def test_a_marker_is_found_where_it_stands_and_nowhere_else(text: str, names: list[str]):
    assert [marker.name for marker in find_markers(text)] == names


def test_question_marks_are_counted():
    assert [marker.index for marker in find_markers("SELECT ?, '?', ? -- ?")] == [0, 1]


def test_question_marks_beside_names_are_refused_at_their_place():
    with pytest.raises(ArgumentsError, match="this \\? stands beside named markers") as caught:
        find_markers("SELECT :a, ?")
    assert caught.value.column == 12


def test_a_string_in_tagged_dollars_is_refused_and_not_taken_for_a_marker():
    with pytest.raises(CallSyntaxError, match="strings in tagged dollars are not known"):
        find_markers("SELECT $tag$ :a $tag$")


def test_names_are_matched_without_regard_to_case_and_places_stay():
    sql, values = filled("SELECT :First + $FIRST, :second", {"first": 1, ":SECOND": 2})
    assert (sql, values) == ("SELECT $First + $First, $second", {"First": 1, "second": 2})


@pytest.mark.parametrize(
    ("sql", "parameters", "kind", "message"),
    [
        ("SELECT :a", None, ArgumentsError, r"no value for :a; pass \{'a': …\} \(NULL is None\)"),
        ("SELECT :a", {"b": 1}, ArgumentsError, r"no value for :a; pass \{'a': …\}"),
        ("SELECT :city", {"citty": 1}, ArgumentsError, r"no value for :city; did you mean citty\?"),
        ("SELECT :city", {"city": 1, "cityy": 2}, UnknownNameError, "no marker 'cityy'; did you mean city\\?"),
        ("SELECT 2", {"a": 1}, UnknownNameError, "no marker 'a': it has none at all"),
        ("SELECT :a", [1], ProgrammingError, "has named markers: pass a mapping"),
        ("SELECT ?", {"a": 1}, ProgrammingError, "has question marks: pass a sequence"),
        ("SELECT ?, ?", [1], ArgumentsError, "2 question marks, got 1 value"),
        ("SELECT ?", [1, 2], ArgumentsError, "1 question mark, got 2 values"),
        ("SELECT :a", "text", ProgrammingError, "parameters are a mapping"),
    ],
)
def test_parameters_that_do_not_fit_are_told(sql, parameters, kind, message):
    with pytest.raises(kind, match=message):
        filled(sql, parameters)


@given(st.lists(st.sampled_from(["':a'", '":b"', "-- :c\n", "/* :d */", "::INT", "x", "1", ",", "(", ")", " ", "\n"])))
def test_what_is_no_marker_is_never_changed(pieces: list[str]):
    text = "SELECT :marker " + " ".join(pieces)
    sql, values = filled(text, {"marker": 1})
    assert sql == text.replace(":marker", "$marker", 1)
    assert values == {"marker": 1}


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ({"a": 1}, "SELECT CAST(1 AS INTEGER), ':a'"),
        ({"a": -(1 << 31) - 1}, "SELECT CAST(-2147483649 AS BIGINT), ':a'"),
        ({"a": True}, "SELECT CAST(True AS BOOLEAN), ':a'"),
        ({"a": "it's $a"}, "SELECT 'it''s $a', ':a'"),
        ({"a": 0.1}, None),
        ({"a": None}, None),
        ({"a": 1 << 63}, None),
    ],
)
def test_values_are_written_in_with_the_types_that_duckdb_gives_them(values, written):
    assert spelled_out("SELECT $a, ':a'", values) == written
    assert spelled_out("SELECT ?, ':a'", list(values.values())) == written
    if written is not None:
        with duckdb.connect() as con:
            sql = "SELECT typeof({0}), {0}"
            written = str(written).removeprefix("SELECT ").removesuffix(", ':a'")
            assert con.sql(sql.format("$a"), params=values).fetchall() == con.sql(sql.format(written)).fetchall()
