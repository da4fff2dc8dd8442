"""JSON files: every key is a column, and every value means what it means in the file."""

import json
from decimal import Decimal

import pyarrow as pa
import pytest

from grokcall.tables import open_table
from grokcall_parser.errors import DataError
from grokcall_procedures.types import to_string


def read(here, content, name="t.jsonl"):
    (here / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with open_table(name) as table:
        return table.read_all()


def lines(*literals):
    return "".join(f'{{"body": {literal}}}\n' for literal in literals)


@pytest.mark.parametrize(
    "literals",
    [
        ["1", "2.5"],
        ["1.10", "2.25"],
        ["1.0", "2.0"],
        ["12345678901234567890123", "7"],
        ["-9223372036854775808", "9223372036854775807"],
        ["9223372036854775808", "-1"],
        ["12345678901234567.5", "1.5"],
        ["0.1", "0.12345678901234567890"],
        ["1" * 60, "2"],
        ["1e400", "3"],
        ["0.1000", "5.0000"],
        ["true", "42"],
    ],
)
def test_numbers_are_asked_about_with_the_digits_of_the_file(here, literals):
    asked = [to_string(value) for value in read(here, lines(*literals))["body"].to_pylist()]
    shown = [each.rstrip("0") if "0.12345678901234567890" in literals else each for each in asked]
    expected = [each.rstrip("0") if "0.12345678901234567890" in literals else each for each in literals]
    assert shown == expected


def test_numbers_have_types_that_lose_nothing(here):
    table = read(here, '{"i":1,"f":0.5,"m":1.10,"l":12345678901234567890123,"t":1e400}\n')
    assert table.schema.types == [
        pa.int64(),
        pa.float64(),
        pa.decimal128(3, 2),
        pa.decimal128(38, 0),
        pa.string(),
    ]
    assert table["m"].to_pylist() == [Decimal("1.10")]


@pytest.mark.parametrize(
    "text", ["2024-03-01T10:00:00+02:00", "2024-03-01", "10:00:00", "8bd4a7a2-3f0e-4b3e-9a39-1b5a6a0b1c2d", "NaN", "42"]
)
def test_a_text_stays_a_text_whatever_it_looks_like(here, text):
    assert read(here, lines(json.dumps(text), json.dumps(text)))["body"].to_pylist() == [text, text]


def test_values_of_several_kinds_are_texts_without_quotation_marks(here):
    table = read(here, lines('"hello"', "42", "1.10", "true", "null", '{"a": [1.0, "x"]}', '"\\"q\\""'))
    assert table["body"].to_pylist() == ["hello", "42", "1.10", "true", None, '{"a":[1.0,"x"]}', '"q"']
    assert read(here, lines('[1, "a", null]'))["body"].to_pylist() == [["1", "a", None]]


def test_keys_that_differ_in_case_are_columns_of_their_own(here):
    table = read(here, '{"Text":"A","text":"a","TEXT":{"x":1,"X":2}}\n')
    assert table.to_pylist() == [{"Text": "A", "text": "a", "TEXT": {"x": 1, "X": 2}}]


@pytest.mark.parametrize("count", [200, 201, 251, 1500])
def test_every_key_is_a_column_however_many_there_are(here, count):
    row = {f"c{number}": number for number in range(count)}
    assert read(here, json.dumps(row) + "\n" + json.dumps({"c0": 1, "late": 2}) + "\n").column_names == [*row, "late"]


def test_a_key_of_few_objects_and_one_that_comes_late_are_columns(here):
    content = "".join(json.dumps({"a": n} | ({"rare": n} if n % 3000 == 2999 else {})) + "\n" for n in range(9_000))
    table = read(here, content + '{"last": {"x": [{"y": 1}]}}\n')
    assert table.column_names == ["a", "rare", "last"]
    assert table["rare"].null_count == 9_001 - 3
    assert table["last"].to_pylist()[-1] == {"x": [{"y": 1}]}


def test_half_characters_are_the_mark_for_what_cannot_be_read(here):
    table = read(here, b'{"a\\ud83d":"x\\ud83dy","s":{"\\udc00":["\\udc00"]},"ok":"\\ud83d\\ude00"}\n')
    assert table.to_pylist() == [{"a\ufffd": "x\ufffdy", "s": {"\ufffd": ["\ufffd"]}, "ok": "😀"}]


def test_nan_is_null_as_where_a_value_is_missing(here):
    assert read(here, lines("NaN", "1.5", "null"))["body"].to_pylist() == [None, 1.5, None]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.json", '[{"a":1},{"a":2}]'),
        ("t.json", '[\n  {"a": 1},\n  {"a": 2}\n]\n'),
        ("t.json", '{"a":1}\n{"a":2}'),
        ("t.json", '{\n"a":1\n}\n\n{\n"a":2}'),
        ("t.jsonl", '\n{"a":1}\r\n\r\n{"a":2}'),
        ("t.jsonl", '[{"a":1},{"a":2}]'),
        ("t.ndjson", '\ufeff{"a":1}\n{"a":2}\n'),
    ],
)
def test_objects_are_read_however_they_are_laid_out(here, name, content):
    assert read(here, content, name).to_pylist() == [{"a": 1}, {"a": 2}]


def test_objects_larger_than_what_is_read_at_once_are_read(here):
    text = "x" * 3_000_000
    content = json.dumps([{"a": text}, {"a": "y"}, {"a": text}], indent=1)
    assert [len(value) for value in read(here, content, "t.json")["a"].to_pylist()] == [3_000_000, 1, 3_000_000]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", '{"a":', "line 1: not JSON"),
        ("t.jsonl", '{"a":1}\n{"a":\n{"a":2}\n', "line 2: not JSON"),
        ("t.jsonl", '{"a":1}\n\n{"a":"x', "line 3: not JSON"),
        ("t.jsonl", b'{"a":"\xff"}', "line 1: the text is not UTF-8"),
        ("t.jsonl", b'{"a":1}\n{"a":"\xff"}', "line 2: the text is not UTF-8"),
        ("t.json", '[{"a":1},\n{"a":', "line 2: the object that begins here does not end"),
        ("t.json", '[{"a":1},\n{"a":"x', "line 2: the object that begins here does not end"),
        ("t.json", '[{"a":1}\n{"a":2}]', "line 2: expected a comma"),
        ("t.json", '[{"a":1},', "line 1: the object that begins here does not end"),
        ("t.json", '[{"a":1}', "the array does not end"),
        ("t.json", '[{"a":1}] x', "there is more after the end of the array"),
        ("t.json", '{"a":1}\n{"a":oops}', "line 2: not JSON"),
        ("t.jsonl", '{"a":1}\n[1]\n', "line 2: the values are not objects"),
        ("t.json", '"x"', "line 1: the values are not objects"),
        ("t.jsonl", '{"a":' + "[" * 100_000, "line 1: the value is nested too deeply"),
        ("t.jsonl", '{"a":1} {"a":2}\n', "line 1: not JSON"),
    ],
)
def test_what_is_no_json_is_told_with_its_line(here, name, content, message):
    with pytest.raises(DataError) as caught:
        read(here, content, name)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
