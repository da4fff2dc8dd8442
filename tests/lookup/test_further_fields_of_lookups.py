"""Further fields of lookups: columns by name, tables of their own, and none of it paid for twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import grokcall
from grokcall.tables.unnesting import unnested
from scripted_service import Answer, Asked, Service, answered, refused

FIELDS = ["Response_Result", "Response_Citations"]
ROWS = [{"id": 7, "body": "two"}, {"id": 8, "body": "none"}, {"id": 9, "body": "one"}]
ASK = "CALL GenerateResponse(:body)"


def cited(asked: Asked) -> Answer:
    """As many citations as the text says."""
    count = ["none", "one", "two"].index(asked.text)
    annotations = [{"type": "url_citation", "url": f"https://{n}.example", "title": str(n)} for n in range(count)]
    content = [{"type": "output_text", "text": asked.text, "annotations": annotations}]
    return answered(asked.text, output=[{"type": "message", "role": "assistant", "content": content}])


@pytest.fixture(autouse=True)
def citing(service: Service) -> None:
    service.script = cited


def test_a_further_field_is_a_column_where_the_lookup_names_it(connection: grokcall.Connection) -> None:
    result = connection.lookup(ASK, ROWS, fields=FIELDS)
    assert result.rows.column_names == ["id", "body", *FIELDS]
    assert [len(each) for each in result.rows.column("Response_Citations").to_pylist()] == [2, 0, 1]
    assert "Response_Raw" not in connection.lookup(ASK, ROWS).rows.column_names


def test_its_elements_make_a_table_of_their_own(connection: grokcall.Connection) -> None:
    result = connection.lookup(ASK, ROWS, fields=FIELDS)
    table = result.unnest("response_citations", keep=["id"])
    assert table.column_names == ["id", "position", "url", "title", "start_index", "end_index"]
    assert [(row["id"], row["position"], row["url"]) for row in table.to_pylist()] == [
        (7, 1, "https://0.example"),
        (7, 2, "https://1.example"),
        (9, 1, "https://0.example"),
    ]
    assert str(table.schema.field("position").type) == "int32"


def test_a_journal_has_what_a_later_lookup_names(connection: grokcall.Connection, service: Service, tmp_path: Path):
    journal = tmp_path / "run.journal"
    connection.lookup(ASK, ROWS, journal=journal)
    result = connection.lookup(ASK, ROWS, journal=journal, fields=["Response_Citations", "Response_Raw"])
    assert len(service.asked) == 3
    assert [len(each) for each in result.rows.column("Response_Citations").to_pylist()] == [2, 0, 1]
    assert [json.loads(each)["id"] for each in result.rows.column("Response_Raw").to_pylist()] == ["resp-1"] * 3


def test_rows_that_fail_have_none(connection: grokcall.Connection, service: Service) -> None:
    service.script = lambda asked: refused(400, "No.") if asked.text == "none" else cited(asked)
    result = connection.lookup(ASK, ROWS, fields=FIELDS, on_error="ignore")
    assert [None if each is None else len(each) for each in result.rows.column("Response_Citations").to_pylist()] == [
        2, None, 1,
    ]  # fmt: skip
    assert result.unnest("Response_Citations").num_rows == 3


def test_a_reply_that_cannot_be_read_has_none(connection: grokcall.Connection, service: Service) -> None:
    service.script = lambda asked: Answer(b"[]")
    result = connection.lookup(ASK, ROWS[:1], fields=[*FIELDS, "Response_Rounds"], on_error="ignore")
    (row,) = result.rows.to_pylist()
    assert (row["Response_Result"], row["Response_Citations"], row["Response_Rounds"]) == ("[]", None, None)


@pytest.mark.parametrize(
    ("column", "keep", "words"),
    [
        ("Response_Source", [], "no column 'Response_Source'"),
        ("Response_Result", [], "holds no lists"),
        ("Response_Citations", ["di"], "no column 'di'"),
    ],
)
def test_what_cannot_be_unnested_is_told(
    connection: grokcall.Connection, column: str, keep: list[str], words: str
) -> None:
    result = connection.lookup(ASK, ROWS, fields=FIELDS)
    with pytest.raises(grokcall.ProgrammingError, match=words):
        result.unnest(column, keep=keep)


def test_a_kept_column_must_not_have_the_name_of_a_member() -> None:
    table = pa.table({"url": ["u"], "position": [1], "cited": [[{"url": "a"}]]})
    for name in ("url", "position"):
        with pytest.raises(grokcall.ProgrammingError, match=f"'{name}' beside a kept column"):
            unnested(table, "cited", [name])


@pytest.mark.parametrize(
    "of",
    [pa.list_(pa.int64()), pa.large_list(pa.int64()), pa.list_(pa.int64(), 2)],
)
def test_lists_of_every_kind_are_unnested_across_batches(of: Any) -> None:
    columns = [pa.chunked_array([pa.array(chunk) for chunk in ([1], [2, 3])])]
    columns.append(pa.chunked_array([pa.array([[1, 2]], of), pa.array([None, [3, 4]], of)]))
    table = unnested(pa.table(columns, ["id", "n"]), "n", ["id"])
    assert table.to_pydict() == {"id": [1, 1, 3, 3], "position": [1, 2, 1, 2], "value": [1, 2, 3, 4]}


def test_equal_beginnings_share_a_key_in_a_lookup_and_none_is_sent_elsewhere(
    connection: grokcall.Connection, service: Service
) -> None:
    connection.lookup("CALL GenerateResponse(:body, 'Be brief.')", ROWS)
    keys = {asked.json.get("prompt_cache_key") for asked in service.asked}
    assert len(keys) == 1
    assert None not in keys
    connection.execute("CALL GenerateResponse('one', 'Be brief.')")
    assert "prompt_cache_key" not in service.asked[-1].json


def test_a_key_of_the_service_s_cache_does_not_make_another_call_of_it(
    connection: grokcall.Connection, service: Service, tmp_path: Path
) -> None:
    """What a lookup adds by itself is no part of what tells calls apart."""
    journal = tmp_path / "run.journal"
    connection.lookup(ASK, ROWS, journal=journal)
    connection.lookup(ASK, ROWS, journal=journal)
    assert len(service.asked) == 3
