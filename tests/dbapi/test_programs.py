"""Programs that people use with DB-API connections and Arrow objects, as they come, nothing patched."""

from __future__ import annotations

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

ASK = "CALL GenerateResponse(:Message)"
HI = {"Message": "hi"}


def test_pandas_reads_a_call(connection):
    with pytest.warns(UserWarning, match="pandas only supports SQLAlchemy"):
        frame = pd.read_sql(ASK, connection, params=HI)
    assert frame["Response_Result"].tolist() == ["HI"]
    assert frame.shape == (1, 34)


def test_pandas_reads_question_marks(connection):
    with pytest.warns(UserWarning, match="pandas only supports SQLAlchemy"):
        frame = pd.read_sql("CALL GenerateResponse(?)", connection, params=["hi"])
    assert frame["Response_Result"].tolist() == ["HI"]


@pytest.mark.parametrize("keyword", ["params", "parameters"])
def test_polars_reads_a_call(connection, keyword):
    frame = pl.read_database(ASK, connection, execute_options={keyword: HI})
    assert frame["Response_Result"].to_list() == ["HI"]
    assert frame.width == 34


def test_polars_reads_in_batches(on_sandbox):
    frames = list(pl.read_database("CALL ListModels()", on_sandbox, iter_batches=True, batch_size=2))
    count = on_sandbox.execute("CALL ListModels()").rowcount
    assert [frame.height for frame in frames[:-1]] == [2] * (len(frames) - 1)
    assert sum(frame.height for frame in frames) == count > 4


def test_polars_reads_from_a_cursor(connection):
    assert pl.read_database(ASK, connection.cursor(), execute_options={"params": HI})["Response_Result"][0] == "HI"


def test_a_result_becomes_a_frame_without_copying_rows_by_hand(connection, service):
    cursor = connection.execute(ASK, HI)
    assert pl.DataFrame(cursor)["Response_Result"].to_list() == ["HI"]
    assert pa.table(cursor).schema == cursor.fetch_arrow_table().schema
    assert pa.schema(cursor).names[0] == "Response_Result"
    assert cursor.fetch_polars()["Response_Result"].to_list() == ["HI"]
    assert cursor.fetch_df()["Response_Result"].to_list() == ["HI"]
    assert cursor.fetch_record_batch().read_all().num_rows == 1
    assert pa.table(cursor.fetch_arrow()).num_rows == 1
    assert cursor.fetchallarrow().num_rows == 1
    assert len(service.asked) == 1


def test_duckdb_reads_a_cursor_again_and_again_for_one_request(connection, service):
    answers = connection.execute(ASK, HI)
    database = duckdb.connect()
    try:
        query = "SELECT Response_Result, Response_UsageTotalTokens FROM answers"
        assert database.sql(query).fetchall() == [("HI", 12)]
        assert database.sql("SELECT count(*) FROM answers a, answers b").fetchall() == [(1,)]
        database.register("view_of_it", answers)
        assert database.sql("SELECT count(*) FROM view_of_it").fetchall() == [(1,)]
        assert database.sql("SELECT count(*) FROM view_of_it").fetchall() == [(1,)]
    finally:
        database.close()
    assert len(service.asked) == 1


def test_a_lookup_reads_a_duckdb_relation_and_gives_it_back(connection):
    database = duckdb.connect()
    try:
        relation = database.sql("SELECT range AS id, 'text ' || range AS body FROM range(3)")
        rows = connection.lookup("CALL GenerateResponse(:body)", relation).rows
        assert database.sql("SELECT id, Response_Result FROM rows ORDER BY id DESC").fetchall()[0] == (2, "TEXT 2")
    finally:
        database.close()
    assert rows.num_rows == 3


def test_the_steps_of_a_notebook_cell(connection):
    """What JupySQL does with a connection: execute without parameters, commit, a first look at two rows, the rest."""
    cursor = connection.cursor()
    cursor.execute("CALL GenerateResponse('hi')", None)
    connection.commit()
    assert cursor.description[0][0] == "Response_Result"
    assert len(cursor.fetchmany(size=2)) == 1
    assert cursor.fetchall() == []


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # in JupySQL, where it was not compiled before
def test_jupysql_runs_a_call_in_a_notebook_cell(connection, service):
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    shell = interactive.InteractiveShell.instance()
    try:
        shell.run_line_magic("load_ext", "sql")
        shell.run_line_magic("config", "SqlMagic.displaycon = False")
        shell.user_ns["connection"] = connection
        shell.run_line_magic("sql", "connection --alias grok")
        result = shell.run_line_magic("sql", "CALL GenerateResponse('hi')")
        assert result.DataFrame()["Response_Result"].tolist() == ["HI"]
    finally:
        shell.run_line_magic("sql", "--close grok")
        interactive.InteractiveShell.clear_instance()
    assert len(service.asked) == 1
