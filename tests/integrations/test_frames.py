"""pandas and Polars, over an engine, a connection and results, as they come."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest
from sqlalchemy import text

ASK = "CALL GenerateResponse(:Message)"
HI = {"Message": "hi"}
WIDTH = 34


@pytest.mark.parametrize("statement", [ASK, text(ASK)], ids=["text", "clause"])
def test_pandas_reads_a_call_over_an_engine_without_a_warning(engine, statement, service):
    frame = pd.read_sql(statement, engine, params=HI)
    assert frame["Response_Result"].tolist() == ["HI"]
    assert frame.shape == (1, WIDTH)
    assert len(service.asked) == 1


def test_pandas_reads_question_marks_and_chunks_over_an_engine(engine):
    assert pd.read_sql("CALL GenerateResponse(?)", engine, params=("hi",))["Response_Result"].tolist() == ["HI"]
    chunks = list(pd.read_sql_query("SHOW PROCEDURES", engine, chunksize=5))
    assert {len(chunk) for chunk in chunks[:-1]} == {5}
    assert sum(map(len, chunks)) == len(pd.read_sql("SHOW PROCEDURES", engine)) > 10


def test_pandas_takes_the_name_of_a_table_for_a_statement_which_it_is_not(engine, service):
    with pytest.raises(Exception, match="tickets"):
        pd.read_sql("tickets", engine)
    with pytest.raises(ValueError, match="Table tickets not found"):
        pd.read_sql_table("tickets", engine)
    assert service.asked == []


def test_polars_reads_a_call_over_an_engine(engine):
    frame = pl.read_database(ASK, engine, execute_options={"parameters": HI})
    assert frame["Response_Result"].to_list() == ["HI"]
    assert frame.width == WIDTH


def test_polars_reads_a_call_over_an_open_sqlalchemy_connection(engine):
    with engine.connect() as connection:
        frame = pl.read_database(text(ASK), connection, execute_options={"parameters": HI})
    assert frame["Response_Result"].to_list() == ["HI"]


def test_polars_reads_in_batches_over_an_engine(engine):
    frames = list(pl.read_database("SHOW PROCEDURES", engine, iter_batches=True, batch_size=5))
    assert {frame.height for frame in frames[:-1]} == {5}
    assert pl.concat(frames).height == pl.read_database("SHOW PROCEDURES", engine).height > 10


def test_types_survive_on_the_way_to_polars_by_the_capsule(connection, service):
    cursor = connection.execute(ASK, HI)
    frame = pl.DataFrame(cursor)
    assert frame.schema["Response_UsageTotalTokens"] == pl.Int32
    assert frame.schema["Response_Result"] == pl.String
    result = connection.lookup("CALL GenerateResponse(:body)", pl.DataFrame({"id": [1, 2], "body": ["a", "b"]}))
    answers = pl.DataFrame(result.rows)
    assert answers.select("id", "Response_Result").rows() == [(1, "A"), (2, "B")]
    assert len(service.asked) == 3


def test_a_frame_of_pandas_goes_in_and_comes_out(connection):
    rows = connection.lookup("CALL GenerateResponse(:body)", pd.DataFrame({"body": ["a", "b"]})).rows
    assert rows.to_pandas()["Response_Result"].tolist() == ["A", "B"]
