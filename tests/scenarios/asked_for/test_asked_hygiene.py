"""Rows stay in their order, and texts arrive as they are or are refused with their place, never half."""

from __future__ import annotations

import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commanding import ASK, numbered, rows_of, run

import grokcall
from scripted_service import answered

CONTROLS = "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f\u200b\u202e\ufffe"


def latin_1_for_text(texts: list[str]) -> pa.Array:
    """A column that says it is text and holds Latin-1, as careless programs write it."""
    pieces = [text.encode("latin-1") for text in texts]
    ends = [0, *(sum(map(len, pieces[: number + 1])) for number in range(len(pieces)))]
    buffers = [None, pa.array(ends, pa.int32()).buffers()[1], pa.py_buffer(b"".join(pieces))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def repeated(asked):
    """The prompt as it came, in the body alone: a header could not hold it."""
    parts = [{"type": "output_text", "text": asked.text}]
    return answered("", output=[{"type": "message", "role": "assistant", "content": parts}])


def test_control_characters_in_a_text_reach_the_model_and_break_nothing(service, tmp_path):
    service.script = repeated
    source, out = tmp_path / "controls.jsonl", tmp_path / "answers.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in numbered([CONTROLS, "a\x00b", "plain"])))
    assert run(service, "lookup", source, ASK, "-o", out).code == 0
    assert sorted(service.texts) == sorted([CONTROLS, "a\x00b", "plain"])
    assert [row["Response_Result"] for row in rows_of(out)] == [CONTROLS, "a\x00b", "plain"]


def test_a_file_that_is_not_utf_8_is_refused_with_the_line_before_anything_is_sent(service, tmp_path):
    source = tmp_path / "latin.csv"
    source.write_bytes("id,body\n1,plain\n2,café\n".encode("latin-1"))
    done = run(service, "lookup", source, ASK, "-o", tmp_path / "answers.csv")
    assert done.code == 2
    assert "line 3: the text is not UTF-8" in done.err
    assert "Traceback" not in done.err
    assert service.asked == []


@pytest.mark.parametrize("kept_in", ["memory", "parquet"])
def test_a_text_column_that_is_no_text_is_refused_with_its_column_and_row(service, connection, tmp_path, kept_in):
    table = pa.table({"id": [1, 2, 3], "body": latin_1_for_text(["plain", "café", "plain"])})
    if kept_in == "parquet":
        pq.write_table(table, tmp_path / "latin.parquet")
    source = table if kept_in == "memory" else str(tmp_path / "latin.parquet")
    with pytest.raises(grokcall.DataError, match='column "body", row 2: the text is not UTF-8'):
        connection.lookup(ASK, source)
    assert service.asked == []


def test_half_a_character_is_asked_about_as_the_mark_for_what_cannot_be_read(service, connection, tmp_path):
    (tmp_path / "halves.jsonl").write_text('{"body": "x\\ud83ey"}\n')
    connection.lookup(ASK, numbered(["x\ud83ey"]))
    connection.lookup(ASK, tmp_path / "halves.jsonl")
    connection.execute("CALL GenerateResponse(:q)", {"q": "x\ud83ey"})
    connection.execute("SELECT r.Response_Result FROM GenerateResponse(:q) r", {"q": "x\ud83ey"})
    assert [asked.text for asked in service.asked] == ["x\ufffdy"] * 4


def test_an_answer_with_broken_characters_is_an_answer_that_shows_where_they_stood(service, connection):
    broken = answered("placeholder")
    damaged = type(broken)(broken.body.replace(b"placeholder", "é".encode("latin-1")), 200, broken.headers)
    service.script = lambda asked: damaged if asked.text == "two" else answered("fine")
    result = connection.lookup(ASK, numbered(["one", "two", "three"]))
    assert result.rows["Response_Result"].to_pylist() == ["fine", "\ufffd", "fine"]
    assert result.errors.num_rows == 0


def test_the_output_is_in_the_order_of_the_input_whatever_is_answered_first(service, connection):
    delays = random.Random(44)
    service.script = lambda asked: answered(asked.text.upper(), delay=delays.random() / 10)
    bodies = [f"ticket {number}" for number in range(300)]
    result = connection.lookup(ASK, numbered(bodies))
    assert service.peak > 8, "hardly anything ran side by side"
    assert result.rows["id"].to_pylist() == list(range(300))
    assert result.rows["Response_Result"].to_pylist() == [body.upper() for body in bodies]
