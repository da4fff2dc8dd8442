"""A lookup: each row's answer beside the row, whatever the rows are and whatever happens to them."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import grokcall
from grokcall import const, file
from scripted_service import COST_TICKS, WRONG_KEY, Answer, answered, refused

ASK = "CALL GenerateResponse(:Message)"
TEXTS = ["first", "second", "third", "fourth"]
ROWS = [{"id": number, "body": text} for number, text in enumerate(TEXTS)]
MAPPING = {"Message": "body"}


def upper(result: grokcall.LookupResult) -> list[str]:
    return result.rows["Response_Result"].to_pylist()


def test_rows_come_back_in_input_order_whatever_ends_first(connecting, service):
    dice = random.Random(7)
    delays = [dice.random() * 0.03 for _ in range(300)]
    service.script = lambda asked: answered(asked.text, delay=delays[int(asked.text)])
    rows = [{"Message": str(number), "number": number} for number in range(300)]
    result = connecting(concurrency=16).lookup(ASK, rows)
    assert upper(result) == [str(number) for number in range(300)]
    assert result.rows["number"].to_pylist() == list(range(300))
    assert 8 <= service.peak <= 16


def csv_file(folder: Path) -> Path:
    path = folder / "rows.csv"
    pd.DataFrame(ROWS).to_csv(path, index=False)
    return path


INPUTS = {
    "dictionaries": lambda folder: ROWS,
    "a generator": lambda folder: (row for row in ROWS),
    "columns": lambda folder: {"id": [0, 1, 2, 3], "body": TEXTS},
    "an Arrow table": lambda folder: pa.Table.from_pylist(ROWS),
    "an Arrow batch": lambda folder: pa.RecordBatch.from_pylist(ROWS),
    "an Arrow reader": lambda folder: pa.Table.from_pylist(ROWS).to_reader(max_chunksize=2),
    "Arrow batches": lambda folder: iter(pa.Table.from_pylist(ROWS).to_batches(max_chunksize=3)),
    "pandas": lambda folder: pd.DataFrame(ROWS),
    "Polars": lambda folder: pl.DataFrame(ROWS),
    "lazy Polars": lambda folder: pl.LazyFrame(ROWS),
    "a path": lambda folder: csv_file(folder),
    "a path as text": lambda folder: str(csv_file(folder)),
    "a SELECT": lambda folder: f"SELECT id, body FROM '{csv_file(folder)}' ORDER BY id",
}


@pytest.mark.parametrize("name", INPUTS)
def test_every_kind_of_table_is_taken(connection, tmp_path, name):
    result = connection.lookup(ASK, INPUTS[name](tmp_path), MAPPING, fields=["Response_Result"])
    assert result.rows.column_names == ["id", "body", "Response_Result"]
    assert [int(value) for value in result.rows["id"].to_pylist()] == [0, 1, 2, 3]
    assert upper(result) == ["FIRST", "SECOND", "THIRD", "FOURTH"]


def test_a_cursor_is_a_table_too(connection):
    cursor = connection.cursor().executemany(ASK, [{"Message": "a"}, {"Message": "b"}])
    result = connection.lookup(ASK, cursor, {"Message": "Response_Result"}, fields=["Response_Result"], prefix="Again_")
    assert result.rows["Again_Response_Result"].to_pylist() == ["A", "B"]


def test_markers_take_columns_of_their_own_name_in_any_case(connection):
    assert upper(connection.lookup("CALL GenerateResponse(:BODY)", ROWS))[0] == "FIRST"


def test_the_exact_name_of_a_column_comes_before_another_case(connection):
    rows = [{"Body": "other", "body": "right"}]
    assert upper(connection.lookup("CALL GenerateResponse(:body)", rows)) == ["RIGHT"]


@pytest.mark.parametrize("key", ["Message", "message", ":Message", "$Message", "@Message"])
def test_the_mapping_names_markers_as_statements_write_them(connection, key):
    assert upper(connection.lookup(ASK, ROWS, {key: "body"}))[0] == "FIRST"


def test_constants_are_the_same_for_every_row(connection, service):
    mapping = {**MAPPING, "Temperature": const(0.25)}
    connection.lookup("CALL GenerateResponse(:Message, Temperature => :Temperature)", ROWS, mapping)
    assert [asked.json["temperature"] for asked in service.asked] == [0.25] * 4


def test_a_statement_without_markers_runs_once_for_each_row(connection, service):
    assert upper(connection.lookup("CALL GenerateResponse('hi')", ROWS)) == ["HI"] * 4


def test_a_marker_that_stands_twice_is_one_column(connection, service):
    connection.lookup("CALL GenerateResponse(:t, :t)", [{"t": "same"}])
    assert service.asked[0].json["instructions"] == "same"


def test_question_marks_take_a_list_of_columns(connection, service):
    rows = [{"a": "hello", "b": 0.5}]
    result = connection.lookup("CALL GenerateResponse(?, Temperature => ?)", rows, ["a", "b"])
    assert upper(result) == ["HELLO"]
    assert service.asked[0].json["temperature"] == 0.5


def test_a_column_of_paths_gives_the_content_of_files(connection, service, tmp_path):
    (tmp_path / "a.txt").write_text("from a file")
    rows = [{"path": str(tmp_path / "a.txt")}, {"path": str(tmp_path / "missing.txt")}, {"path": None}]
    result = connection.lookup(ASK, rows, {"Message": file("path")})
    assert upper(result) == ["FROM A FILE"]
    first, second = result.errors["Call_ErrorMessage"].to_pylist()
    assert first == f"cannot read the file '{tmp_path / 'missing.txt'}': No such file or directory"
    assert "is required and must not be NULL" in second


WRONG_MAPPINGS = [
    (
        ASK,
        None,
        "the input has no column for the marker :Message; it has: 'id', 'body' "
        "(a mapping joins a marker with a column)",
    ),
    (ASK, {"Message": "boby"}, "the input has no column 'boby' for the marker :Message; did you mean 'body'?"),
    (ASK, {"Message": "zz"}, "the input has no column 'zz' for the marker :Message; it has: 'id', 'body'"),
    (
        ASK,
        {"Mesage": "body"},
        "the mapping names 'Mesage', which is no marker of the statement; did you mean Message?",
    ),
    (
        ASK,
        {"Message": "body", "Model": const("x")},
        "the mapping names 'Model', which is no marker of the statement; its markers are: :Message",
    ),
    (ASK, ["body"], "the statement has named markers: the mapping must be a dict from marker to column"),
    (
        "CALL GenerateResponse(?, ?)",
        ["body"],
        "the statement has 2 question marks: the mapping must be a list with a column for each",
    ),
    (
        "CALL GenerateResponse(?)",
        None,
        "the statement has 1 question mark: the mapping must be a list with a column for each",
    ),
    (
        "CALL GenerateResponse(?)",
        {"Message": "body"},
        "the statement has 1 question mark: the mapping must be a list with a column for each",
    ),
    ("CALL GenerateResponse(?)", ["boby"], "the input has no column 'boby' for a question mark; did you mean 'body'?"),
    (
        "CALL GenerateResponse('x')",
        {"Message": "body"},
        "the mapping names 'Message', which is no marker of the statement; its markers are: none",
    ),
]


@pytest.mark.parametrize(("statement", "mapping", "message"), WRONG_MAPPINGS)
def test_a_wrong_mapping_is_told_before_anything_is_sent(connection, service, statement, mapping, message):
    with pytest.raises(grokcall.ProgrammingError) as caught:
        connection.lookup(statement, ROWS, mapping)
    assert str(caught.value) == message
    assert service.asked == []


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"on_error": "skip"}, grokcall.InterfaceError, "on_error must be one of redirect, ignore, fail, not 'skip'"),
        ({"on_null_input": "no"}, grokcall.InterfaceError, "on_null_input must be one of error, skip, not 'no'"),
        ({"concurrency": 0}, grokcall.InterfaceError, "concurrency must be at least 1, not 0"),
        ({"colour": 1}, grokcall.InterfaceError, "lookup has no option 'colour'"),
        (
            {"fields": ["Response_Resul"]},
            grokcall.ProgrammingError,
            "GenerateResponse has no result field 'Response_Resul'; did you mean Response_Result?",
        ),
        (
            {"fields": ["nothing like it"]},
            grokcall.ProgrammingError,
            "GenerateResponse has no result field 'nothing like it'; "
            "DESCRIBE PROCEDURE GenerateResponse lists its fields",
        ),
        (
            {"fields": ["Response_Id", "response_id"]},
            grokcall.ProgrammingError,
            "the result field Response_Id is asked for twice",
        ),
        (
            {"fields": "Response_Id"},
            grokcall.InterfaceError,
            "fields must be a list of names, not the text 'Response_Id'",
        ),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_sent(connection, service, options, kind, message):
    with pytest.raises(kind) as caught:
        connection.lookup(ASK, ROWS, MAPPING, **options)
    assert str(caught.value).startswith(message)
    assert service.asked == []


@pytest.mark.parametrize(
    ("column", "options", "message"),
    [
        ("Response_Id", {}, "the input already has a column 'Response_Id'; choose a prefix for the result fields"),
        ("r_Response_Id", {"prefix": "r_"}, "the input already has a column 'r_Response_Id'; choose a prefix"),
        (
            "Call_Status",
            {"on_error": "ignore"},
            "the input already has a column 'Call_Status'; leave it out of the input, or do without the Call_* columns",
        ),
    ],
)
def test_a_column_that_would_stand_twice_is_refused(connection, service, column, options, message):
    with pytest.raises(grokcall.ProgrammingError) as caught:
        connection.lookup(ASK, [{"Message": "x", column: "y"}], **options)
    assert str(caught.value).startswith(message)
    assert service.asked == []


def test_two_input_columns_of_one_name_are_kept_apart(connection):
    table = pa.table([pa.array(["x"]), pa.array(["y"])], names=["Message", "Message"])
    result = connection.lookup(ASK, table, fields=["Response_Result"])
    assert result.rows.to_pylist() == [{"Message": "x", "Message_1": "y", "Response_Result": "X"}]


@pytest.mark.parametrize("statement", ["SELECT 1", "EXPLAIN CALL GenerateResponse(:Message)", "SHOW PROCEDURES"])
def test_only_a_call_is_looked_up(connection, service, statement):
    with pytest.raises(grokcall.CallSyntaxError, match="CALL"):
        connection.lookup(statement, ROWS, MAPPING)
    assert service.asked == []


def test_rows_without_columns_name_what_is_missing(connection):
    with pytest.raises(grokcall.ProgrammingError) as caught:
        connection.lookup(ASK, [])
    assert str(caught.value) == "the input has no column for the marker :Message; it has no columns at all"


def test_an_empty_table_gives_the_columns_and_no_rows(connection, service):
    empty = pa.table({"Message": pa.array([], pa.string())})
    result = connection.lookup(ASK, empty)
    assert result.rows.num_rows == result.errors.num_rows == 0
    assert len(result.rows.schema) == 35
    assert result.summary.rows == 0
    assert service.asked == []


def failing_second(asked):
    if asked.text == "second":
        return refused(400, "Bad text.", "invalid-argument")
    return answered(asked.text.upper())


def test_failed_rows_are_redirected_with_their_input(connection, service):
    service.script = failing_second
    result = connection.lookup(ASK, ROWS, MAPPING)
    assert result.rows["id"].to_pylist() == [0, 2, 3]
    (failed,) = result.errors.to_pylist()
    latency = failed.pop("Call_LatencyMs")
    assert 0 <= latency < 10_000
    assert failed == {
        "id": 1,
        "body": "second",
        "Call_Status": "error",
        "Call_ErrorCode": "invalid_request",
        "Call_ErrorMessage": "Bad text. (HTTP 400, code invalid-argument, request req-refused)",
        "Call_Retryable": False,
        "Call_Attempts": 1,
        "Call_RequestId": "req-refused",
        "Call_CostUsd": None,
    }
    assert (result.summary.ok, result.summary.failed) == (3, 1)


def test_the_rows_that_failed_can_be_looked_up_again(connection, service):
    service.script = failing_second
    failed = connection.lookup(ASK, ROWS, MAPPING).errors
    again = connection.lookup(ASK, failed, MAPPING)
    assert again.errors.column_names == failed.column_names
    service.script = lambda asked: answered("now")
    assert upper(connection.lookup(ASK, failed, MAPPING)) == ["now"]


def test_failed_rows_can_stay_in_place(connection, service):
    service.script = failing_second
    result = connection.lookup(ASK, ROWS, MAPPING, on_error="ignore", fields=["Response_Result"])
    assert upper(result) == ["FIRST", None, "THIRD", "FOURTH"]
    assert result.rows["Call_Status"].to_pylist() == ["ok", "error", "ok", "ok"]
    assert result.rows["Call_ErrorCode"].to_pylist() == [None, "invalid_request", None, None]
    assert result.rows["Call_Retryable"].to_pylist() == [None, False, None, None]
    assert result.errors.num_rows == 0


def test_the_first_failed_row_can_end_the_lookup(connecting, service):
    service.script = failing_second
    with pytest.raises(grokcall.LookupFailedError) as caught:
        connecting(concurrency=1).lookup(ASK, ROWS, MAPPING, on_error="fail")
    error = caught.value
    assert str(error) == "row 2: Bad text. (HTTP 400, code invalid-argument, request req-refused)"
    assert error.row == 2
    assert isinstance(error.cause, grokcall.InvalidRequestError)
    assert len(service.asked) == 2


def test_rows_that_were_paid_for_survive_the_end_of_the_lookup(connecting, service):
    service.script = failing_second
    with pytest.raises(grokcall.LookupFailedError) as caught:
        connecting(concurrency=1).lookup(ASK, ROWS, MAPPING, on_error="fail")
    assert upper(caught.value.result) == ["FIRST"]
    assert caught.value.result.summary.ok == 1
    assert caught.value.__notes__[0] == "1 row had ended; it is in this exception's attribute result"
    assert "nothing is kept for a second run" in caught.value.__notes__[1]


def test_null_in_a_required_parameter_is_the_error_of_its_row(connection, service):
    result = connection.lookup(ASK, [{"Message": "a"}, {"Message": None}, {"Message": "c"}])
    assert upper(result) == ["A", "C"]
    assert result.errors["Call_ErrorCode"].to_pylist() == ["bad_value"]
    assert result.errors["Call_ErrorMessage"].to_pylist() == [
        "GenerateResponse: parameter Message (position 1): is required and must not be NULL"
    ]
    assert result.errors["Call_Attempts"].to_pylist() == [0]
    assert service.texts == ["a", "c"]


def test_rows_with_null_can_be_skipped(connection, service):
    rows = [{"Message": "a"}, {"Message": None}]
    result = connection.lookup(ASK, rows, on_null_input="skip", call_columns=True, fields=["Response_Result"])
    assert upper(result) == ["A", None]
    assert result.rows["Call_Status"].to_pylist() == ["ok", "skipped"]
    assert (result.summary.ok, result.summary.skipped, result.summary.failed) == (1, 1, 0)
    assert service.texts == ["a"]


def test_null_in_an_optional_parameter_is_not_sent(connection, service):
    rows = [{"m": "a", "i": None}, {"m": "b", "i": "be brief"}]
    connection.lookup("CALL GenerateResponse(:m, :i)", rows)
    assert {asked.text: asked.json.get("instructions") for asked in service.asked} == {"a": None, "b": "be brief"}


def test_a_wrong_value_is_the_error_of_its_row(connection, service):
    rows = [{"m": "a", "t": 0.5}, {"m": "b", "t": 7.0}, {"m": "c", "t": None}]
    result = connection.lookup("CALL GenerateResponse(:m, Temperature => :t)", rows)
    assert result.rows["m"].to_pylist() == ["a", "c"]
    (message,) = result.errors["Call_ErrorMessage"].to_pylist()
    assert message == "GenerateResponse: parameter Temperature (position 5): must be 0 to 2, got 7"


def test_an_answer_that_cannot_be_read_is_the_error_of_its_row(connection, service):
    answers = {
        "no json": Answer(b"<html>"),
        "a list": Answer(b"[]"),
        "surrogate": Answer(b'{"output":[{"type":"message","content":[{"type":"output_text","text":"\\ud800"}]}]}'),
        "huge": answered("HUGE", created_at=10**30),
        "failed": answered("x", status="failed", error={"code": "server_error", "message": "It broke."}),
    }
    service.script = lambda asked: answers.get(asked.text) or answered("FINE")
    rows = [{"Message": name} for name in ["before", *answers, "after"]]
    result = connection.lookup(ASK, rows, on_error="ignore")
    got = dict(zip(result.rows["Message"].to_pylist(), result.rows["Call_ErrorCode"].to_pylist(), strict=True))
    assert {name: got[name] for name in ("before", "no json", "a list", "failed", "after")} == {
        "before": None,
        "no json": "malformed_reply",
        "a list": "malformed_reply",
        "failed": "server",
        "after": None,
    }
    assert result.rows["Response_Result"].to_pylist()[4] == "HUGE"


def test_fields_are_chosen_in_any_case_and_in_the_order_asked_for(connection):
    names = ["response_usagetotaltokens", " Response_Result "]
    result = connection.lookup(ASK, ROWS, MAPPING, fields=names)
    assert result.rows.column_names == ["id", "body", "Response_UsageTotalTokens", "Response_Result"]


def test_no_fields_at_all_leave_the_input_alone(connection):
    result = connection.lookup(ASK, ROWS, MAPPING, fields=[], call_columns=True)
    assert result.rows.column_names[:3] == ["id", "body", "Call_Status"]


def test_a_prefix_stands_before_result_fields_only(connection):
    result = connection.lookup(ASK, ROWS, MAPPING, fields=["Response_Result"], prefix="a_", call_columns=True)
    assert result.rows.column_names[:4] == ["id", "body", "a_Response_Result", "Call_Status"]


def test_columns_are_typed_even_when_every_row_failed(connection, service):
    service.script = lambda asked: refused(400, "Bad.")
    result = connection.lookup(ASK, ROWS, MAPPING)
    assert result.rows.num_rows == 0
    assert result.rows.schema.field("Response_UsageInputTokens").type == pa.int32()
    assert result.rows.schema.field("Response_Store").type == pa.bool_()
    assert result.errors.schema.field("Call_LatencyMs").type == pa.int64()


def test_the_price_is_exact(connection, service):
    service.script = lambda asked: answered("x", ticks=12_345_678_901_234_567 if asked.text == "first" else 1)
    result = connection.lookup(ASK, ROWS, MAPPING, call_columns=True)
    assert result.rows.schema.field("Call_CostUsd").type == pa.decimal128(20, 10)
    assert result.rows["Call_CostUsd"].to_pylist()[:2] == [Decimal("1234567.8901234567"), Decimal("0.0000000001")]
    assert result.rows["Response_UsageCostInUsdTicks"].to_pylist()[0] == 12_345_678_901_234_567
    assert result.summary.cost_ticks == 12_345_678_901_234_570
    assert result.summary.cost_usd == Decimal("1234567.8901234570")


def test_the_summary_counts_rows_requests_tokens_and_money(connection, service):
    tries: dict[str, int] = {}

    def script(asked):
        tries[asked.text] = tries.get(asked.text, 0) + 1
        if asked.text == "second":
            return refused(400, "Bad.")
        if asked.text == "third" and tries["third"] == 1:
            return refused(503, "Busy.")
        return answered("x", ticks=None if asked.text == "fourth" else COST_TICKS)

    service.script = script
    summary = connection.lookup(ASK, [*ROWS, {"id": 9, "body": None}], MAPPING, on_null_input="skip").summary
    figures = summary.as_dict()
    assert 0 < figures.pop("seconds") < 20
    assert summary.unpriced_usd > 0
    assert figures == {
        "rows": 5,
        "ok": 3,
        "failed": 1,
        "skipped": 1,
        "cached": 0,
        "result_rows": 3,
        "incomplete": 0,
        "refusals": 0,
        "calls": 5,
        "input_tokens": 30,
        "output_tokens": 6,
        "total_tokens": 36,
        "unpriced": 1,
        "unpriced_usd": f"{summary.unpriced_usd:f}",
        "cost_usd": "0.0004612000",
        "over_limit_usd": "0.0000000000",
        "over_reserve": 0,
        "largest_reasoning_tokens": 0,
        "unexpected_reasoning": [],
        "earlier_usd": "0.0000000000",
        "stop": None,
    }


def test_warnings_are_counted_once_for_all_rows(connection):
    statement = "CALL GenerateResponse(:body, Model => 'grok-99')"
    ((warning, count),) = connection.lookup(statement, ROWS).summary.warnings.items()
    assert warning.startswith("GenerateResponse: Model 'grok-99' is not a listed value; ")
    assert count == 4


def test_a_refused_key_is_one_error_after_few_requests(connecting, service):
    service.script = lambda asked: WRONG_KEY
    with pytest.raises(grokcall.AuthenticationError):
        connecting(concurrency=4).lookup(ASK, [{"Message": str(number)} for number in range(1000)])
    assert len(service.asked) <= 4


@pytest.mark.parametrize("on_error", ["redirect", "ignore", "fail"])
def test_a_missing_key_is_one_error_and_no_request(service, on_error):
    with grokcall.connect(base_url=service.base_url) as connection, pytest.raises(grokcall.MissingKeyError) as caught:
        connection.lookup(ASK, ROWS, MAPPING, on_error=on_error)
    assert "XAI_API_KEY" in str(caught.value)
    assert service.asked == []


def test_spent_credits_end_the_lookup_and_keep_what_was_answered(connecting, service):
    def script(asked):
        if int(asked.text) < 20:
            return answered(asked.text)
        return refused(429, "Your team has used all available credits.", "resource-exhausted")

    service.script = script
    with pytest.raises(grokcall.CreditsExhaustedError) as caught:
        connecting(concurrency=4).lookup(ASK, [{"Message": str(number)} for number in range(1000)])
    assert upper(caught.value.result) == [str(number) for number in range(20)]
    assert len(service.asked) <= 27


def test_an_unknown_model_ends_the_lookup_unless_rows_bring_their_own(connecting, service):
    def script(asked):
        model = asked.json["model"]
        return refused(404, f"The model {model} does not exist.") if model == "nope" else answered("fine")

    service.script = script
    with pytest.raises(grokcall.NotFoundError):
        connecting(concurrency=2).lookup("CALL GenerateResponse(:body, Model => 'nope')", ROWS)
    rows = [{"m": "x", "model": model} for model in ("grok-4.3", "nope", "grok-4.3")]
    result = connecting().lookup("CALL GenerateResponse(:m, Model => :model)", rows)
    assert (result.rows.num_rows, result.errors["Call_ErrorCode"].to_pylist()) == (2, ["not_found"])


def test_the_output_goes_straight_into_a_file(connection, tmp_path):
    result = connection.lookup(ASK, ROWS, MAPPING)
    pq.write_table(result.rows, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").equals(result.rows)
