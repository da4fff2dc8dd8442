"""GenerateImages in lookups, statements, queries and files: a row for each image, which is paid for once."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

import grokcall
from grokcall.cli import main
from grokcall.sandbox import Sandbox

CENTS = 200_000_000
"""Ticks for an image of the default model."""
STATEMENT = "CALL GenerateImages(:d, 2)"


def test_a_statement_has_a_row_for_each_image(on_sandbox: grokcall.Connection, sandbox: Sandbox):
    table = on_sandbox.execute("CALL GenerateImages('A kite FORBIDDEN_IMAGE', 3)").fetch_arrow_table()
    assert table["ResultImage_Number"].to_pylist() == [1, 2, 3]
    assert table["ResultImage_Blocked"].to_pylist() == [True, False, False]
    held_back, first, second = table["ResultImage_Content"].to_pylist()
    assert held_back is None
    assert first[:3] == second[:3] == b"\xff\xd8\xff"
    assert first != second
    assert [entry["ticks"] for entry in sandbox.ledger()] == [3 * CENTS]


def test_a_description_that_is_refused_altogether_is_an_error_with_its_price(on_sandbox: grokcall.Connection):
    with pytest.raises(grokcall.ContentRefusedError) as caught:
        on_sandbox.execute("CALL GenerateImages('FORBIDDEN_CONTENT', 3)")
    assert caught.value.cost_ticks == 3 * CENTS


def test_a_lookup_has_a_list_beside_each_row_or_a_row_for_each_and_a_journal_gives_both_back(
    on_sandbox: grokcall.Connection, sandbox: Sandbox, tmp_path: Path
):
    rows, journal = [{"d": "a kite"}, {"d": "a boat FORBIDDEN_IMAGE"}], tmp_path / "images.journal"
    nested = on_sandbox.lookup(STATEMENT, rows, journal=journal)
    lists = nested.rows["ResultImages"].to_pylist()
    assert [[image["ResultImage_Blocked"] for image in images] for images in lists] == [[False] * 2, [True, False]]
    assert nested.summary.cost_ticks == 4 * CENTS
    expanded = on_sandbox.lookup(STATEMENT, rows, journal=journal, many="expand")
    flat = [(image["ResultImage_Number"], image["ResultImage_Content"]) for images in lists for image in images]
    given = expanded.rows.select(["ResultImage_Number", "ResultImage_Content"]).to_pylist()
    assert [tuple(row.values()) for row in given] == flat
    assert len(sandbox.ledger()) == 2


def test_a_query_has_the_rows_and_the_list_of_contents(on_sandbox: grokcall.Connection, sandbox: Sandbox):
    counted = on_sandbox.execute(
        "SELECT d, count(*) FILTER (NOT i.ResultImage_Blocked) "
        "FROM (VALUES ('a kite'), ('a boat FORBIDDEN_IMAGE')) v(d), GenerateImages(d, 2) i GROUP BY d ORDER BY d DESC"
    ).fetchall()
    assert counted == [("a kite", 2), ("a boat FORBIDDEN_IMAGE", 1)]
    assert on_sandbox.execute("SELECT len(generate_images('a kite', 2))").fetchall() == [(2,)]
    assert (
        sum(entry["ticks"] for entry in sandbox.ledger()) == 4 * CENTS
    )  # the second query asks for what the first one paid for


def test_further_fields_are_there_where_they_are_named(on_sandbox: grokcall.Connection):
    named = "SELECT ResultImage_MimeType, ResultImage_CostInUsdTicks FROM GenerateImages('a kite', 2)"
    assert on_sandbox.execute(named).fetchall() == [("image/jpeg", 2 * CENTS), ("image/jpeg", None)]
    fields = ["ResultImage_Model", "ResultImage_CostInUsdTicks"]
    (row,) = on_sandbox.lookup("CALL GenerateImage(:d)", [{"d": "a kite"}], fields=fields).rows.to_pylist()
    assert (row["ResultImage_Model"], row["ResultImage_CostInUsdTicks"]) == ("grok-imagine-image", CENTS)
    film = "SELECT ResultVideo_Duration, ResultVideo_RequestId FROM GenerateVideo('a boat', Duration := 1)"
    ((seconds, identity),) = on_sandbox.execute(film).fetchall()
    assert seconds == 1
    assert on_sandbox.execute("CALL GetVideo(:i)", {"i": identity}).fetchone()[0][4:8] == b"ftyp"


@pytest.fixture
def surroundings(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the sandbox in place of the service."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XAI_API_KEY", "xai-sandbox")
    monkeypatch.setenv("XAI_BASE_URL", sandbox.base_url)
    return tmp_path


def test_the_command_writes_each_image_into_a_file_of_its_own_or_all_into_a_table(surroundings: Path):
    statement = "CALL GenerateImages('A kite FORBIDDEN_IMAGE', 3)"
    for name in ("kite.jpg", "kites.parquet"):
        with pytest.raises(SystemExit) as ended:
            main(["call", statement, "-o", name])
        assert not ended.value.code
    assert sorted(path.name for path in surroundings.iterdir()) == ["kite-2.jpg", "kite-3.jpg", "kites.parquet"]
    contents = pq.read_table(surroundings / "kites.parquet")["ResultImage_Content"].to_pylist()
    assert contents == [None, *((surroundings / f"kite-{number}.jpg").read_bytes() for number in (2, 3))]
