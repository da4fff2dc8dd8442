"""A step gives each batch back in the form in which an engine handed it over."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from grokcall import Lookup
from scripted_service import KEY, Answer

ASK = "CALL GenerateResponse(:body)"
ROWS = [{"id": 1, "body": "one"}, {"id": 2, "body": None}, {"id": 3, "body": "three"}]
TABLE = pa.Table.from_pylist(ROWS)
ADDED = ["ONE", None, "THREE"]


@pytest.fixture
def step(monkeypatch, service):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    with Lookup(ASK, fields=["Response_Result"], base_url=service.base_url) as made:
        yield made


def test_a_batch_of_arrow_comes_back_as_one(step):
    result = step(TABLE.to_batches()[0])
    assert isinstance(result, pa.RecordBatch)
    assert result["Response_Result"].to_pylist() == ADDED


def test_a_table_of_arrow_comes_back_as_one(step):
    result = step(TABLE)
    assert isinstance(result, pa.Table)
    assert result["Response_Result"].to_pylist() == ADDED
    assert result.schema == step.schema(TABLE.schema)


def test_a_frame_of_pandas_keeps_its_index_and_its_columns_as_they_were(step):
    frame = pd.DataFrame(ROWS, index=["x", "y", "z"]).assign(kind=pd.Categorical(["a", "b", "a"]))
    result = step(frame)
    assert isinstance(result, pd.DataFrame)
    assert list(result.index) == ["x", "y", "z"]
    pd.testing.assert_frame_equal(result[list(frame.columns)], frame)
    assert result["Response_Result"].tolist()[::2] == ADDED[::2]
    assert result["Response_Result"].isna().tolist() == [False, True, False]
    assert result["Call_Attempts"].tolist() == [1, 0, 1]


def test_an_index_with_a_name_is_data_and_stays_an_index(step):
    frame = pd.DataFrame(ROWS).set_index("id")
    result = step(frame)
    assert result.index.name == "id"
    assert "id" not in result.columns
    assert result.index.tolist() == [1, 2, 3]


def test_a_frame_of_pandas_that_becomes_longer_has_all_its_rows(service, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    service.script = lambda asked: Answer(json.dumps({"data": [{"id": "a"}, {"id": "b"}]}).encode())
    frame = pd.DataFrame({"id": [1, 2]})
    with Lookup("CALL ListModels()", many="expand", fields=["Model_Id"], base_url=service.base_url) as step:
        result = step(frame)
    assert isinstance(result, pd.DataFrame)
    assert list(zip(result["id"], result["Model_Id"], strict=True)) == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]


@pytest.mark.parametrize("lazily", [False, True], ids=["a frame", "a lazy one"])
def test_a_frame_of_polars_comes_back_as_one(step, lazily):
    frame = pl.DataFrame(ROWS)
    result = step(frame.lazy() if lazily else frame)
    assert isinstance(result, pl.LazyFrame if lazily else pl.DataFrame)
    whole = result.lazy().collect()
    assert whole["Response_Result"].to_list() == ADDED
    assert whole.select("id", "body").equals(frame)


def test_polars_takes_the_step_as_the_function_of_a_lazy_frame(step):
    columns = pl.DataFrame(step.schema(TABLE.schema).empty_table()).schema
    result = pl.DataFrame(ROWS).lazy().map_batches(step, schema=columns).collect()
    assert result["Response_Result"].to_list() == ADDED


def test_columns_of_numpy_come_back_as_columns_of_numpy(step):
    given = {"id": np.array([1, 2, 3]), "body": np.array(["one", None, "three"], dtype=object)}
    result = step(given)
    assert type(result) is dict
    assert result["id"] is given["id"]
    assert result["Response_Result"].tolist() == ADDED
    assert all(isinstance(values, np.ndarray) for values in result.values())


def test_whole_numbers_among_which_null_stands_stay_whole(service, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    with Lookup(ASK, fields=["Response_UsageInputTokens"], base_url=service.base_url) as step:
        result = step({"body": np.array(["one", None], dtype=object)})
    tokens = result["Response_UsageInputTokens"].tolist()
    assert isinstance(tokens[0], int)
    assert tokens[1] is None


def test_anything_else_comes_back_as_a_batch_of_arrow(step):
    assert isinstance(step(ROWS), pa.RecordBatch)
