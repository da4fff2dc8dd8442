"""Lookups with a procedure that gives any number of rows: lists beside the rows, or an output row for each of them."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import grokcall
from grokcall.journal import Journal
from grokcall.journal.run_list import result_schema
from grokcall.lookup.chunk_output import PART_BYTES, PART_ROWS
from grokcall.lookup.plan import MEDIA_BATCH_ROWS
from scripted_service import KEY, Answer, Service, refused

LIST = "CALL ListModels()"
ROWS = [{"n": number} for number in range(4)]
LISTS = [["a", "b"], [], ["c"], ["d", "e", "f"]]
SOME = ["Model_Id", "Model_Created"]


def listing(ids: Sequence[str]) -> Answer:
    """The service's list of these models."""
    entries = [{"id": name, "object": "model", "created": index, "aliases": [name]} for index, name in enumerate(ids)]
    return Answer(json.dumps({"object": "list", "data": entries}).encode(), headers={"x-request-id": "req-list"})


@pytest.fixture
def lists(service: Service) -> Service:
    """Gives one of ``LISTS`` after the other, each to a request of its own."""
    service.script = lambda asked: listing(LISTS[(len(service.asked) - 1) % len(LISTS)])
    return service


@pytest.fixture
def one_by_one(connecting, lists: Service) -> Any:
    """Looks up a list for each row, one call after the other, so that each row knows its list."""
    connection = connecting(concurrency=1)
    return lambda rows=ROWS, **options: connection.lookup(LIST, rows, **{"dedupe": False, **options})


def test_a_list_stands_beside_each_row_with_the_columns_of_the_procedure_as_members(one_by_one, connection):
    result = one_by_one()
    assert result.rows.column_names == ["n", "Models"]
    plain = connection.execute(LIST).fetch_arrow_table().schema
    assert result.rows.schema.field("Models").type == pa.list_(pa.struct(list(plain)))
    ids = [[model["Model_Id"] for model in models] for models in result.rows["Models"].to_pylist()]
    assert ids == LISTS
    assert result.rows["Models"].to_pylist()[3][2] | {"Model_Raw": None} == {
        **dict.fromkeys(plain.names),
        "Model_Id": "f",
        "Model_Object": "model",
        "Model_Created": 2,
        "Model_Aliases": '["f"]',
    }
    assert result.errors.num_rows == 0


def test_expanded_there_is_a_row_for_each_result_row_in_the_order_of_input_and_service(one_by_one):
    result = one_by_one(many="expand", fields=SOME)
    assert result.rows.column_names == ["n", *SOME]
    assert list(zip(*result.rows.to_pydict().values(), strict=True)) == [
        *[(0, "a", 0), (0, "b", 1)],
        (1, None, None),
        (2, "c", 0),
        *[(3, "d", 0), (3, "e", 1), (3, "f", 2)],
    ]


def test_rows_without_results_are_dropped_where_that_is_asked_for(one_by_one):
    result = one_by_one(many="expand", keep_empty=False)
    assert result.rows["n"].to_pylist() == [0, 0, 2, 3, 3, 3]
    assert result.rows["Model_Id"].to_pylist() == list("abcdef")


def test_the_summary_counts_rows_of_the_input_and_rows_of_the_results(one_by_one, connection):
    for many in ("nest", "expand"):
        summary = one_by_one(many=many).summary
        assert (summary.rows, summary.ok, summary.result_rows) == (4, 4, 6)
        assert summary.as_dict()["result_rows"] == 6


def test_equal_rows_share_a_request_and_each_has_the_results(connection, service: Service):
    service.script = lambda asked: listing("xyz")
    result = connection.lookup(LIST, ROWS, many="expand", call_columns=True)
    assert result.rows["Model_Id"].to_pylist() == list("xyz") * 4
    assert result.rows["Call_Status"].to_pylist() == ["ok"] * 3 + ["cached"] * 9
    assert (result.summary.ok, result.summary.cached, result.summary.result_rows) == (1, 3, 12)
    assert len(service.asked) == 1


def test_fields_choose_the_members_and_the_prefix_stands_before_every_name(one_by_one):
    nested = one_by_one(fields=["model_created", "MODEL_ID"], prefix="New_").rows
    assert nested.column_names == ["n", "New_Models"]
    assert nested["New_Models"].to_pylist()[:2] == [
        [{"New_Model_Created": 0, "New_Model_Id": "a"}, {"New_Model_Created": 1, "New_Model_Id": "b"}],
        [],
    ]
    expanded = one_by_one(fields=["model_created", "MODEL_ID"], prefix="New_", many="expand").rows
    assert expanded.column_names == ["n", "New_Model_Created", "New_Model_Id"]


@pytest.mark.parametrize(
    ("column", "options"), [("Models", {}), ("Model_Id", {"many": "expand"}), ("x_Models", {"prefix": "x_"})]
)
def test_a_column_that_the_input_has_already_is_refused_before_anything_is_sent(connection, service, column, options):
    with pytest.raises(grokcall.ProgrammingError, match=f"the input already has a column '{column}'; choose a prefix"):
        connection.lookup(LIST, [{column: 1}], **options)
    assert service.asked == []


def test_a_column_of_the_same_name_as_a_member_is_no_clash(one_by_one):
    assert one_by_one([{"Model_Id": "mine"}]).rows.column_names == ["Model_Id", "Models"]


def test_duckdb_makes_the_columns_of_the_macro_of_the_lists(one_by_one):
    nested = one_by_one().rows
    expanded = one_by_one(many="expand", keep_empty=False).rows
    with duckdb.connect() as con:
        con.register("nested", nested)
        unnested = con.sql("SELECT n, UNNEST(Models, recursive := true) FROM nested").to_arrow_table()
    assert unnested.column_names == expanded.column_names
    assert unnested.to_pylist() == expanded.to_pylist()


# Rows that fail


@pytest.fixture
def second_fails(service: Service) -> Service:
    """Lists two models, but to the second request it gives a refusal."""
    service.script = lambda asked: refused(404, "No such list.") if len(service.asked) == 2 else listing("ab")
    return service


@pytest.mark.usefixtures("second_fails")
@pytest.mark.parametrize(("many", "numbers"), [("nest", [0, 2, 3]), ("expand", [0, 0, 2, 2, 3, 3])])
def test_failed_rows_are_among_the_errors_once(connecting, many, numbers):
    result = connecting(concurrency=1).lookup(LIST, ROWS, many=many, dedupe=False)
    assert result.rows["n"].to_pylist() == numbers
    assert result.errors.select(["n", "Call_ErrorCode"]).to_pylist() == [{"n": 1, "Call_ErrorCode": "not_found"}]


@pytest.mark.usefixtures("second_fails")
@pytest.mark.parametrize("keep_empty", [True, False])
def test_a_failed_row_that_is_kept_is_one_row_of_nulls_even_where_empty_rows_are_dropped(connecting, keep_empty):
    result = connecting(concurrency=1).lookup(
        LIST, ROWS, dedupe=False, on_error="ignore", many="expand", keep_empty=keep_empty, fields=["Model_Id"]
    )
    assert result.rows.select(["n", "Model_Id", "Call_Status"]).to_pylist()[1:5] == [
        {"n": 0, "Model_Id": "b", "Call_Status": "ok"},
        {"n": 1, "Model_Id": None, "Call_Status": "error"},
        {"n": 2, "Model_Id": "a", "Call_Status": "ok"},
        {"n": 2, "Model_Id": "b", "Call_Status": "ok"},
    ]
    assert result.rows["Call_RequestId"].to_pylist()[:3] == ["req-list", "req-list", "req-refused"]
    assert result.errors.num_rows == 0


@pytest.mark.usefixtures("second_fails")
def test_the_list_of_a_failed_row_is_null_and_not_empty(connecting):
    result = connecting(concurrency=1).lookup(LIST, ROWS, dedupe=False, on_error="ignore", fields=["Model_Id"])
    assert [models and len(models) for models in result.rows["Models"].to_pylist()] == [2, None, 2, 2]
    assert result.rows["Call_Status"].to_pylist() == ["ok", "error", "ok", "ok"]


@pytest.mark.usefixtures("second_fails")
def test_a_failed_row_ends_the_lookup_where_it_shall(connecting):
    with pytest.raises(grokcall.LookupFailedError, match="row 2: ") as caught:
        connecting(concurrency=1).lookup(LIST, ROWS, dedupe=False, on_error="fail", many="expand")
    assert caught.value.result.rows["n"].to_pylist() == [0, 0]


def test_a_list_that_cannot_be_read_is_an_error_of_its_row(connection, service: Service):
    service.script = lambda asked: Answer(b'{"data": 7}')
    result = connection.lookup(LIST, ROWS[:1], on_error="ignore")
    assert result.rows.select(["Models", "Call_ErrorCode"]).to_pylist() == [
        {"Models": None, "Call_ErrorCode": "malformed_reply"}
    ]


# Options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"many": "flatten"}, "many must be one of nest, expand, not 'flatten'"),
        ({"keep_empty": False}, r"keep_empty=False \(--drop-empty\) goes with many='expand' \(--many expand\); "),
    ],
)
def test_options_that_cannot_be_are_refused(connection, service, options, message):
    with pytest.raises(grokcall.InterfaceError, match=message):
        connection.lookup(LIST, ROWS, **options)
    assert service.asked == []


def test_a_field_that_is_none_is_refused_by_its_name(connection, service):
    with pytest.raises(grokcall.ProgrammingError, match="ListModels has no result field 'Model_Idd'; did you mean"):
        connection.lookup(LIST, ROWS, fields=["Model_Idd"])
    assert service.asked == []


def test_a_procedure_that_gives_one_row_gives_it_however_many_were_expected(connection):
    for options in ({"many": "nest"}, {"many": "expand"}, {"many": "expand", "keep_empty": False}):
        result = connection.lookup("CALL GenerateResponse(:t)", [{"t": "a"}, {"t": "b"}], **options)
        assert result.rows["Response_Result"].to_pylist() == ["A", "B"]
        assert result.rows.column_names[:2] == ["t", "Response_Result"]


def test_a_row_that_is_skipped_has_no_results(connection):
    options = {"on_null_input": "skip", "many": "expand", "fields": ["Response_Result"]}
    rows = [{"t": "a"}, {"t": None}, {"t": "c"}]
    kept = connection.lookup("CALL GenerateResponse(:t)", rows, **options)
    assert kept.rows["Response_Result"].to_pylist() == ["A", None, "C"]
    dropped = connection.lookup("CALL GenerateResponse(:t)", rows, **options, keep_empty=False)
    assert dropped.rows["t"].to_pylist() == ["a", "c"]
    assert dropped.summary.skipped == 1


def test_a_batch_still_wants_an_answer_to_a_question(connection, service, tmp_path):
    with pytest.raises(grokcall.NotSupportedError, match="ListModels cannot go through a batch: it is not one request"):
        connection.lookup(LIST, ROWS, batch=True, journal=tmp_path / "j")
    assert service.asked == []


def test_an_empty_input_gives_the_columns(connection, service):
    empty = pa.table({"n": pa.array([], pa.int64())})
    assert connection.lookup(LIST, empty).rows.column_names == ["n", "Models"]
    assert connection.lookup(LIST, empty, many="expand", fields=SOME).rows.column_names == ["n", *SOME]
    assert service.asked == []


def test_a_dry_run_counts_calls_that_cost_nothing(connection, service):
    with connection.lookup_stream(LIST, ROWS, many="expand", dedupe=False) as stream:
        told = stream.dry_run().as_dict()
    assert (told["rows"], told["calls"], Decimal(told["high_usd"]), Decimal(told["worst_usd"])) == (4, 4, 0, 0)
    assert service.asked == []


def test_limits_hold(connecting, lists):
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connecting(concurrency=1).lookup(LIST, ROWS, dedupe=False, max_calls=3, many="expand")
    assert caught.value.result.rows["n"].to_pylist() == [0, 0, 1, 2]


def test_executemany_gives_the_rows_of_all_calls(connecting, lists):
    cursor = connecting(concurrency=1).cursor().executemany(LIST, [(), (), (), ()])
    assert [row[0] for row in cursor.fetchall()] == list("abcdef")


def test_a_procedure_of_ones_own_has_the_noun_of_the_one_inside(connection, lists):
    connection.execute("CREATE PROCEDURE Known() AS CALL ListModels()")
    result = connection.lookup("CALL Known()", ROWS[:1], fields=SOME)
    assert result.rows["Models"].to_pylist()[0][1] == {"Model_Id": "b", "Model_Created": 1}


def test_the_sandbox_lists_its_models_beside_each_row(on_sandbox):
    nested = on_sandbox.lookup(LIST, ROWS[:2]).rows["Models"].to_pylist()
    expanded = on_sandbox.lookup(LIST, ROWS[:2], many="expand").rows.to_pylist()
    assert [{"n": n, **model} for n, models in enumerate(nested) for model in models] == expanded
    assert {"grok-4.3", "grok-4.6"} < {model["Model_Id"] for model in nested[0]}


# Streams, steps and programs that await


def test_a_stream_gives_batches_of_bounded_size_whatever_a_call_gives(connection, service: Service):
    names = [f"m{number}" for number in range(10_000)]
    service.script = lambda asked: listing(names)
    ids: list[str] = []
    numbers: list[int] = []
    with connection.lookup_stream(LIST, [{"n": n} for n in range(20)], many="expand", fields=SOME) as stream:
        for rows, errors in stream:
            assert 0 < rows.num_rows <= PART_ROWS
            assert errors.num_rows == 0
            ids += rows["Model_Id"].to_pylist()
            numbers += rows["n"].to_pylist()
    assert numbers == [n for n in range(20) for _ in names]
    assert ids == names * 20
    assert stream.summary.result_rows == 200_000


def test_lists_stay_whole_and_few_of_them_make_a_batch_where_they_are_long(connection, service: Service):
    service.script = lambda asked: listing([f"m{number}" for number in range(5_000)])
    with connection.lookup_stream(LIST, [{"n": n} for n in range(20)], fields=["Model_Id"]) as stream:
        batches = [rows for rows, _ in stream]
    assert [batch.num_rows for batch in batches] == [1] * 20
    assert {len(batch["Models"][0]) for batch in batches} == {5_000}


def test_large_rows_of_the_input_are_repeated_a_few_at_a_time(connection, service: Service):
    service.script = lambda asked: listing([f"m{number}" for number in range(300)])
    rows = [{"text": "x" * (2 << 20)} for _ in range(2)]
    with connection.lookup_stream(LIST, rows, many="expand", fields=["Model_Id"]) as stream:
        batches = [(batch.num_rows, batch.nbytes) for batch, _ in stream]
    assert sum(count for count, _ in batches) == 600
    assert max(size for _, size in batches) <= PART_BYTES + (1 << 20)


def test_reading_ahead_is_bounded_for_calls_that_may_give_much(connecting, service: Service):
    release = threading.Event()

    async def script(asked):
        if len(service.asked) == 1:
            await asyncio.to_thread(release.wait, 20)
        return listing("ab")

    def freed_once_calm() -> int:
        try:
            return service.calm(0.4)
        finally:
            release.set()

    service.script = script
    connection = connecting(concurrency=4)
    with (
        ThreadPoolExecutor(1) as aside,
        connection.lookup_stream(LIST, [{"n": n} for n in range(500)], dedupe=False, many="expand") as stream,
    ):
        calm = aside.submit(freed_once_calm)
        assert sum(rows.num_rows for rows, _ in stream) == 1_000
    # 4 for each call in flight and a chunk may wait for an earlier row; another chunk may come on top.
    assert 4 * 4 <= calm.result() <= 4 * 4 + 2 * MEDIA_BATCH_ROWS


def test_what_was_given_in_part_is_given_out_to_its_end_after_a_stop(connection, service: Service):
    service.script = lambda asked: listing([f"m{number}" for number in range(PART_ROWS + 10)])
    with connection.lookup_stream(LIST, ROWS[:2], many="expand", fields=["Model_Id"]) as stream:
        first, _ = next(iter(stream))
        stream.stop()
        rest: list[int] = []
        with pytest.raises(grokcall.StoppedError):
            rest.extend(rows.num_rows for rows, _ in stream)
    assert (first.num_rows, rest) == (PART_ROWS, [PART_ROWS, 20])


def test_an_error_that_leaves_the_block_has_the_parts_that_were_not_given_out(connection, service: Service):
    service.script = lambda asked: listing([f"m{number}" for number in range(PART_ROWS + 10)])
    failure = ValueError("mine")

    def fail_after_the_first() -> None:
        with connection.lookup_stream(LIST, ROWS[:1], many="expand", fields=["Model_Id"]) as stream:
            next(iter(stream))
            raise failure

    with pytest.raises(ValueError, match="mine"):
        fail_after_the_first()
    assert failure.result.rows["Model_Id"].to_pylist() == [f"m{PART_ROWS + n}" for n in range(10)]


def test_programs_that_await_get_the_same(lists):
    async def ids(**options: Any) -> tuple[list[str | None], list[str | None]]:
        async with grokcall.aconnect(api_key=KEY, base_url=lists.base_url, concurrency=1) as connection:
            whole = await connection.lookup(LIST, ROWS, dedupe=False, many="expand", **options)
            async with connection.lookup_stream(LIST, ROWS, dedupe=False, many="expand", **options) as stream:
                parts = [name async for rows, _ in stream for name in rows["Model_Id"].to_pylist()]
        return whole.rows["Model_Id"].to_pylist(), parts

    assert asyncio.run(ids()) == (["a", "b", None, "c", "d", "e", "f"],) * 2
    assert asyncio.run(ids(keep_empty=False)) == (list("abcdef"),) * 2


def test_a_stream_that_is_awaited_gives_the_parts_of_a_chunk_one_by_one(service):
    service.script = lambda asked: listing([f"m{number}" for number in range(PART_ROWS + 10)])

    async def sizes() -> list[int]:
        async with grokcall.aconnect(api_key=KEY, base_url=service.base_url) as connection:
            stream = connection.lookup_stream(LIST, ROWS[:2], many="expand", fields=["Model_Id"])
            return [rows.num_rows async for rows, _ in stream]

    assert asyncio.run(sizes()) == [PART_ROWS, PART_ROWS, 20]


@pytest.mark.parametrize("options", [{}, {"many": "expand"}, {"many": "expand", "keep_empty": False}])
def test_a_step_of_a_data_flow_promises_the_columns_that_it_gives(monkeypatch, lists, options):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    batch = pa.RecordBatch.from_pylist(ROWS)
    packed = pickle.dumps(grokcall.Lookup(LIST, base_url=lists.base_url, concurrency=1, dedupe=False, **options))
    with pickle.loads(packed) as step:
        given = step(batch)
        assert given.schema == step.schema(batch.schema)
    expanded = [0, 0, 2, 3, 3, 3] if "keep_empty" in options else [0, 0, 1, 2, 3, 3, 3]
    assert given["n"].to_pylist() == (expanded if options else [0, 1, 2, 3])


# Journals


def test_what_only_reads_is_read_anew_with_a_journal_too(one_by_one, lists, tmp_path):
    journal = tmp_path / "lists.journal"
    first = one_by_one(journal=journal, many="expand").rows
    again = one_by_one(journal=journal, many="expand", call_columns=True).rows
    assert again.select(first.column_names).to_pylist() == first.to_pylist()
    assert set(again["Call_Status"].to_pylist()) == {"ok"}
    assert len(lists.asked) == 8


@pytest.mark.usefixtures("second_fails")
def test_rows_that_failed_to_be_read_are_read_with_the_others(connecting, service, tmp_path):
    options = {"journal": tmp_path / "lists.journal", "dedupe": False, "many": "expand"}
    connection = connecting(concurrency=1)
    assert connection.lookup(LIST, ROWS, **options).errors.num_rows == 1
    assert connection.lookup(LIST, ROWS, **options).errors.num_rows == 0
    assert len(service.asked) == 8


@pytest.mark.parametrize("statement", [LIST, "CALL Known()"])
def test_an_exported_run_has_nothing_of_what_was_only_read(connecting, lists, tmp_path, statement):
    journal = tmp_path / "lists.journal"
    connection = connecting(concurrency=1)
    connection.execute("CREATE PROCEDURE Known() AS CALL ListModels()")
    connection.lookup(statement, ROWS, dedupe=False, many="expand", journal=journal)
    with Journal(journal, read_only=True) as opened:
        assert list(opened.export("last")) == []
        assert result_schema(opened.runs()[-1].description).names == ["Models"]
