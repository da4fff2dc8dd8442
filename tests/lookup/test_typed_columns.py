"""Declared columns arrive as the declared types, through every surface."""

from __future__ import annotations

import datetime
import json
import pickle
import subprocess
import uuid
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

import grokcall
from grokcall import actions
from grokcall.sandbox import SANDBOX_KEY
from installed import COMMAND
from scripted_service import refused

TYPES = {
    "truth": ("BOOLEAN", pa.bool_(), "BOOLEAN"),
    "tiny": ("TINYINT", pa.int8(), "TINYINT"),
    "small": ("SMALLINT", pa.int16(), "SMALLINT"),
    "whole": ("INTEGER", pa.int32(), "INTEGER"),
    "big": ("BIGINT", pa.int64(), "BIGINT"),
    "utiny": ("UTINYINT", pa.uint8(), "UTINYINT"),
    "usmall": ("USMALLINT", pa.uint16(), "USMALLINT"),
    "uwhole": ("UINTEGER", pa.uint32(), "UINTEGER"),
    "ubig": ("UBIGINT", pa.uint64(), "UBIGINT"),
    "price": ("DECIMAL(10,2)", pa.decimal128(10, 2), "DECIMAL(10,2)"),
    "ratio": ("REAL", pa.float32(), "FLOAT"),
    "score": ("DOUBLE PRECISION", pa.float64(), "DOUBLE"),
    "remark": ("VARCHAR NOT NULL COMMENT 'a few words'", pa.string(), "VARCHAR"),
    "code": ("VARCHAR(12)", pa.string(), "VARCHAR"),
    "due": ("DATE", pa.date32(), "DATE"),
    "clock": ("TIME", pa.time64("us"), "TIME"),
    "moment": ("TIMESTAMP", pa.timestamp("us"), "TIMESTAMP"),
    "zoned": ("TIMESTAMP WITH TIME ZONE", pa.timestamp("us", "UTC"), "TIMESTAMP WITH TIME ZONE"),
    "ident": ("UUID", pa.uuid(), "UUID"),
    "extra": ("JSON", pa.json_(), "JSON"),
    "team": ("ENUM('delivery', 'billing', 'it''s else')", pa.dictionary(pa.uint8(), pa.string()), "VARCHAR"),
    "counts": ("INTEGER[]", pa.list_(pa.int32()), "INTEGER[]"),
    "triple": ("DOUBLE[3]", pa.list_(pa.float64(), 3), "DOUBLE[3]"),
    "place": (
        "STRUCT(city VARCHAR, lines VARCHAR[] NOT NULL COMMENT 'one by one', ids UUID[])",
        pa.struct([("city", pa.string()), ("lines", pa.list_(pa.string())), ("ids", pa.list_(pa.uuid()))]),
        "STRUCT(city VARCHAR, lines VARCHAR[], ids UUID[])",
    ),
    "totals": (
        "MAP(VARCHAR, DECIMAL(6,1))",
        pa.map_(pa.string(), pa.decimal128(6, 1)),
        "MAP(VARCHAR, DECIMAL(6,1))",
    ),
    "deep": (
        "STRUCT(dates DATE[], kind ENUM('a', 'b'))[][]",
        pa.list_(
            pa.list_(pa.struct([("dates", pa.list_(pa.date32())), ("kind", pa.dictionary(pa.uint8(), pa.string()))]))
        ),
        "STRUCT(dates DATE[], kind VARCHAR)[][]",
    ),
}
SCHEMA = ", ".join(f"{name} {sql}" for name, (sql, _, _) in TYPES.items())
ASK = "CALL GenerateResponse(:body, OutputSchema => :schema)"
MAPPING = {"schema": grokcall.const(SCHEMA)}


def bodies(count):
    said = (
        "The parcel never came, {0} days now",
        "Billing is {0}.{1} too high since 2026-03-{2:02d}",
        "Thank you, {0}!",
    )
    return [{"id": n, "body": said[n % 3].format(n, n % 10, n % 28 + 1)} for n in range(count)]


def plain(value: object) -> object:
    """What a value looked like in the answer's JSON, worked out anew."""
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if value.tzinfo else "")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return [{"key": key, "value": plain(each)} for key, each in value]
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return float(value) if isinstance(value, Decimal) else value


def test_500_rows_of_every_type_arrive_as_the_declared_arrow_and_duckdb_types(on_sandbox, sandbox):
    result = on_sandbox.lookup(ASK, bodies(500), MAPPING)

    assert result.errors.num_rows == 0
    assert result.rows.num_rows == 500
    assert {name: result.rows.schema.field(name).type for name in TYPES} == {n: each[1] for n, each in TYPES.items()}
    answered = result.rows
    with duckdb.connect() as database:
        found = database.execute(f"SELECT {', '.join(f'typeof({name})' for name in TYPES)} FROM answered").fetchall()
    assert set(found) == {tuple(each[2] for each in TYPES.values())}
    for row in answered.to_pylist():
        said = json.loads(row["Response_Result"])
        for name in set(TYPES) - {"extra", "price", "totals", "ratio"}:
            assert plain(row[name]) == said[name], name
        assert abs(float(row["price"]) - said["price"]) <= 0.005
        assert json.loads(row["extra"]) is not None
    assert len({row["whole"] for row in answered.to_pylist()}) > 50
    assert len(sandbox.ledger()) == 500


def test_a_journal_gives_typed_columns_back_to_the_last_bit(on_sandbox, sandbox, tmp_path):
    options = {"journal": tmp_path / "j"}
    first = on_sandbox.lookup(ASK, bodies(20), MAPPING, **options)
    again = on_sandbox.lookup(ASK, bodies(20), MAPPING, **options)

    assert again.summary.cached == 20
    assert again.rows.equals(first.rows)
    assert len(sandbox.ledger()) == 20


def test_another_schema_is_another_question_to_the_journal(on_sandbox, tmp_path):
    for kind in ("INTEGER", "DOUBLE"):
        ask = f"CALL GenerateResponse(:body, OutputSchema => 'amount {kind}')"
        result = on_sandbox.lookup(ask, bodies(2), journal=tmp_path / "j", reuse=True)
        assert result.summary.cached == 0


def test_a_cursor_gives_python_values_and_describes_the_columns_before_the_response_fields(on_sandbox):
    cursor = on_sandbox.execute(ASK, {"body": "Billing is 12.50 too high", "schema": SCHEMA})

    described = {name: kind for name, kind, *_ in cursor.description}
    assert list(described)[: len(TYPES)] == list(TYPES)
    assert list(described)[len(TYPES)] == "Response_Result"
    row = dict(zip(described, cursor.fetchone(), strict=True))
    kinds = {name: type(row[name]) for name in ("truth", "price", "due", "clock", "moment", "ident", "counts", "place")}
    assert kinds == {
        "truth": bool, "price": Decimal, "due": datetime.date, "clock": datetime.time, "moment": datetime.datetime,
        "ident": uuid.UUID, "counts": list, "place": dict,
    }  # fmt: skip
    assert isinstance(row["totals"], dict)


@pytest.mark.parametrize("form", ["mapping", "text"])
def test_a_json_schema_gives_typed_columns_as_well(on_sandbox, form):
    schema = {
        "type": "object",
        "properties": {
            "priority": {"type": "integer", "minimum": 1, "maximum": 5},
            "team": {"type": "string", "enum": ["a", "b"]},
            "due": {"type": ["string", "null"], "format": "date"},
            "who": {"$ref": "#/$defs/person"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "any": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
        "required": ["priority", "team", "due", "who", "tags", "any"],
        "additionalProperties": False,
        "$defs": {"person": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}},
    }
    given = schema if form == "mapping" else json.dumps(schema)
    table = on_sandbox.execute(ASK, {"body": "Is it 4?", "schema": given}).fetch_arrow_table()

    types = [table.schema.field(name).type for name in schema["properties"]]
    text = pa.string()
    assert types == [
        pa.int64(), text, pa.date32(), pa.struct([("name", text)]), pa.list_(text), pa.json_()
    ]  # fmt: skip
    assert table.column("priority").to_pylist() == [4]


def test_explain_and_schemas_tell_of_the_columns_and_send_nothing(on_sandbox, sandbox):
    ask = "CALL GenerateResponse('hi', OutputSchema => 'priority INTEGER NOT NULL')"
    body = json.loads(on_sandbox.execute(f"EXPLAIN {ask}").fetch_arrow_table().column("Body")[0].as_py())

    assert body["text"]["format"] == {
        "type": "json_schema",
        "name": "answer",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"priority": {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}},
            "required": ["priority"],
            "additionalProperties": False,
        },
    }
    assert grokcall.ExecuteCommand(on_sandbox, ask).schema.names[0] == "priority"
    action = grokcall.ExecuteCommand(on_sandbox, ASK)
    assert [item.name for item in action.parameters] == ["body", "schema"]
    assert action.schema_for({"body": "x", "schema": "a DATE"}).field("a").type == pa.date32()
    with pytest.raises(grokcall.ArgumentsError, match="columns follow from OutputSchema"):
        _ = action.schema
    assert sandbox.ledger() == []


def test_a_step_that_was_pickled_gives_the_columns_where_it_runs(sandbox, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", SANDBOX_KEY)
    step = grokcall.Lookup(ASK, MAPPING, base_url=sandbox.base_url, fields=["due", "team"])
    batch = pa.RecordBatch.from_pylist(bodies(3))
    with pickle.loads(pickle.dumps(step)) as again:
        promised = again.schema(batch.schema)
        given = again(batch)

    assert promised == given.schema
    assert given.schema.field("due").type == pa.date32()


def test_where_every_row_fails_the_declared_columns_are_there_and_empty(connection, service):
    service.script = lambda asked: refused(400, "This text is not taken.")
    ask = "CALL GenerateResponse(:t, OutputSchema => 'place STRUCT(ids UUID[]), extra JSON[]')"
    result = connection.lookup(ask, [{"t": "a"}, {"t": "b"}], fields=["place", "extra"])
    assert (result.rows.num_rows, result.errors.num_rows) == (0, 2)
    assert result.rows.schema.field("place").type == pa.struct([("ids", pa.list_(pa.uuid()))])


def test_analyze_image_has_declared_columns_too(on_sandbox):
    from io import BytesIO

    from PIL import Image

    drawn = BytesIO()
    Image.new("RGB", (40, 30), "red").save(drawn, "PNG")
    ask = "CALL AnalyzeImage('How wide is it?', :picture, OutputSchema => 'width INTEGER, colours VARCHAR[]')"
    table = on_sandbox.execute(ask, {"picture": drawn.getvalue()}).fetch_arrow_table()

    assert [field.type for field in table.schema][:2] == [pa.int32(), pa.list_(pa.string())]


def test_analyze_file_asks_again_with_the_file_that_it_uploaded_once(sandbox):
    from grokcall.sandbox import Sandbox

    ask = "CALL AnalyzeFile('How many?', :file, 'a.txt', OutputSchema => 'n INTEGER')"
    with (
        Sandbox(profile="misfit:share=1,times=1") as engine,
        grokcall.connect(api_key=SANDBOX_KEY, base_url=engine.base_url) as connection,
    ):
        cursor = connection.execute(ask, {"file": b"seven 7"})
        assert cursor.fetch_arrow_table().column("n").to_pylist() == [7]
        assert [entry["endpoint"] for entry in engine.ledger()].count("/v1/responses") == 2


def test_a_named_action_takes_a_schema(on_sandbox):
    (row,) = actions.generate_response(on_sandbox, "Is it late?", output_schema="late BOOLEAN, days INTEGER")
    assert list(row)[:2] == ["late", "days"]
    assert (type(row["late"]), type(row["days"])) == (bool, int)


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_the_command_line_writes_typed_columns(sandbox, tmp_path, monkeypatch, form):
    monkeypatch.setenv("XAI_API_KEY", SANDBOX_KEY)
    out = tmp_path / f"out.{form}"
    arguments = ["-p", "body=Billing since 2026-03-04", "-p", f"schema={SCHEMA}", "-o", str(out)]
    command = [COMMAND, "call", ASK, *arguments, "--base-url", sandbox.base_url]
    run = subprocess.run(command, capture_output=True, text=True, timeout=400)

    assert run.returncode == 0, run.stderr
    with duckdb.connect() as database:
        found = database.execute(f"SELECT due::DATE, team, place FROM '{out}'").fetchall()
    assert found[0][:2] == (datetime.date(2026, 3, 4), "billing")
    assert "00000000-0000-4000-8000-000000000001" in str(found[0][2])


def test_a_run_with_typed_columns_is_exported_from_its_journal(on_sandbox, sandbox, tmp_path):
    result = on_sandbox.lookup(ASK, bodies(5), MAPPING, journal=tmp_path / "j", concurrency=1)
    out = tmp_path / "out.parquet"
    command = [COMMAND, "runs", "export", "--journal", str(tmp_path / "j"), "-o", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=400)

    assert run.returncode == 0, run.stderr
    with duckdb.connect() as database:
        exported = database.execute(f"SELECT whole, due, price, counts FROM '{out}' ORDER BY 1, 2").fetchall()
        database.register("answered", result.rows)
        assert exported == database.execute("SELECT whole, due, price, counts FROM answered ORDER BY 1, 2").fetchall()
