"""The procedures in SQL: media, categories, lists, prepared parameters, and what is added later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

import grokcall.duckdb
from grokcall.duckdb import Registration
from grokcall.duckdb.macros import scalar_name
from grokcall_procedures import CATALOG


@pytest.fixture
def on_engine(con: duckdb.DuckDBPyConnection, on_sandbox: grokcall.Connection):
    """The DuckDB's registration with the sandbox."""
    with grokcall.duckdb.register(con, on_sandbox) as registration:
        yield registration


def test_every_procedure_has_its_fields_with_their_types(con, registered: Registration):
    for procedure in CATALOG.values():
        given = ", ".join(
            "'1'::BLOB" if each.type == "Binary" else "'1'" for each in procedure.parameters if each.required
        )
        if procedure.name == "CreateChatCompletion":
            given = "NULL, '[]'"
        described = con.execute(f"DESCRIBE FROM {procedure.name}({given})").fetchall()
        assert [row[0] for row in described] == [field.name for field in procedure.fields]
        expected = con.from_arrow(procedure.schema.empty_table()).types
        assert [row[1] for row in described] == [str(each) for each in expected]


def test_images_go_into_blob_columns_and_come_out_of_them(con, on_engine: Registration, sandbox):
    con.execute("CREATE TABLE pictures AS SELECT p.name, i.* FROM people p, GenerateImage('A picture of ' || p.name) i")
    kinds = con.execute(
        "SELECT DISTINCT typeof(ResultImage_Content), ResultImage_Content[1:3] FROM pictures"
    ).fetchall()
    assert kinds in ([("BLOB", b"\xff\xd8\xff")], [("BLOB", b"\x89PN")])
    answers = con.execute(
        "SELECT p.name, r.Response_Result FROM pictures p, AnalyzeImage('What is it?', p.ResultImage_Content) r"
    ).fetchall()
    assert len(answers) == 3
    assert all(answer for _, answer in answers)
    assert len(sandbox.ledger()) == 6
    sound = con.execute("SELECT generate_audio('Good morning', 'en', OutputCodec := 'wav')").fetchone()
    assert sound[0][:4] == b"RIFF"


def test_a_file_is_read_by_duckdb(con, on_engine: Registration, tmp_path: Path):
    picture = con.execute("SELECT generate_image('A cat')").fetchone()[0]
    (tmp_path / "cat.jpg").write_bytes(picture)
    sql = "SELECT r.Response_Status FROM read_blob(?) f, AnalyzeImage('What is it?', f.content) r"
    assert con.execute(sql, [str(tmp_path / "cat.jpg")]).fetchall() == [("completed",)]


def test_categories_filter_and_group(con, on_engine: Registration, sandbox):
    con.execute("CREATE TABLE texts AS FROM (VALUES (1, 'billing: charged twice'), (2, 'delivery: late')) v(id, body)")
    found = con.execute(
        "SELECT id FROM texts WHERE classify_text(body, ['delivery', 'billing']) = 'delivery' ORDER BY id"
    ).fetchall()
    listed = '["delivery", "billing"]'
    sql = "SELECT c.Result_Category, count(*) FROM texts t, ClassifyText(t.body, ?) c GROUP BY ALL"
    grouped = con.execute(sql, [listed]).fetchall()
    assert found == [(2,)]
    assert sorted(grouped) == [("billing", 1), ("delivery", 1)]
    assert len(sandbox.ledger()) == 2


def test_prepared_parameters_of_every_kind(con, registered: Registration, service):
    assert con.execute("SELECT Response_Result FROM GenerateResponse(?)", ["a"]).fetchall() == [("A",)]
    assert con.execute("FROM GenerateResponse($m, Model := $k)", {"m": "b", "k": "grok-4.3"}).fetchone()[0] == "B"
    assert con.execute("CALL GenerateResponse(?, Temperature := ?)", ["c", 0.25]).fetchone()[0] == "C"
    assert con.execute("SELECT generate_response(?)", [7]).fetchone() == ("7",)
    extra = {"seed": 7}
    con.execute("CALL GenerateResponse('d', ExtraBody := ?)", [extra]).fetchall()
    assert [asked.json.get("temperature") for asked in service.asked][2] == 0.25
    assert service.asked[-1].json["seed"] == 7


def test_structs_and_lists_are_json(con, registered: Registration, service):
    con.execute("CALL GenerateResponse('hi', ExtraBody := {'metadata': {'tags': ['a', 'b']}})").fetchall()
    assert service.asked[0].json["metadata"] == {"tags": ["a", "b"]}


def test_a_procedure_that_is_added_later_has_its_macros(con, registered: Registration):
    known = CATALOG["GenerateResponse"]
    registered.add(replace(known, name="AskAgain", parameters=known.parameters[:2]))
    assert con.execute("SELECT Response_Result FROM AskAgain('hi', 'Briefly')").fetchall() == [("HI",)]
    assert con.execute("SELECT ask_again('hi')").fetchone() == ("HI",)
    registered.add(replace(known, name="AskAgain", parameters=known.parameters[:1]))
    with pytest.raises(duckdb.BinderException, match="does not support the supplied arguments"):
        con.execute("FROM AskAgain('hi', 'Briefly')")


def test_names_are_those_of_sql():
    assert scalar_name(CATALOG["AnalyzeImageByUrl"]) == "analyze_image_by_url"
