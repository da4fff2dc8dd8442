"""A lookup through batches gives what the same lookup gives without them."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path

import pyarrow as pa
import pytest
from batching import ASK, answers, asked, batches, billed_once, connected, sums, times_billed

import grokcall
from grokcall.journal import fingerprint
from grokcall.lookup.batch import batch_lookup as batch_run
from grokcall.lookup.batch import submission
from grokcall.lookup.batch.requests import LARGEST_REQUEST, TEXT_PROCEDURES
from grokcall.lookup.batch.rows import MOST_ROWS, BatchRows
from grokcall.lookup.options import LookupOptions
from grokcall.lookup.plan import LookupPlan
from grokcall.sandbox import Sandbox
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, Settings

COMPUTED = ("Response_Id", "Response_CreatedAt", "Response_Object")
SAME = (
    "Response_Result",
    "Response_Reasoning",
    "Response_Status",
    "Response_Model",
    "Response_ServiceTier",
    "Response_UsageInputTokens",
    "Response_UsageInputTokensDetailsCachedTokens",
    "Response_UsageOutputTokens",
    "Response_UsageTotalTokens",
    "Response_UsageNumSourcesUsed",
    "Response_UsageOutputTokensDetailsReasoningTokens",
    "Response_IncompleteDetails",
)
OTHER = (*COMPUTED, "Response_UsageCostInUsdTicks")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.journal"


@pytest.mark.parametrize(
    "command",
    [
        ASK,
        "CALL GenerateResponse(:body, Model => 'grok-4.7', MaxOutputTokens => 9)",
        "CALL ClassifyText(:body, ['sum', 'praise'])",
        "CALL SummarizeText(:body, 5)",
    ],
)
def test_rows_are_those_of_the_ordinary_lookup_but_for_what_a_completion_does_not_have(sandbox, journal, command):
    with connected(sandbox) as connection:
        plain = connection.lookup(command, sums(30)).rows
        result = connection.lookup(command, sums(30), batch=True, journal=journal).rows
    assert result.schema == plain.schema
    for name in result.schema.names:
        if name.startswith("Response_") and name not in SAME:
            continue
        assert result[name].to_pylist() == plain[name].to_pylist(), name
    nulls = [name for name in result.schema.names if name.startswith("Response_") and name not in (*SAME, *OTHER)]
    assert all(result[name].null_count == 30 for name in nulls)
    assert all(result[name].null_count == 0 for name in OTHER)
    ratio = 0.8 if "4.7" not in command else 1
    costs = zip(*(table["Response_UsageCostInUsdTicks"].to_pylist() for table in (result, plain)), strict=True)
    assert all(cheap == int(dear * ratio) for cheap, dear in costs)


def test_a_chat_completion_is_taken_as_it_is(sandbox, journal):
    command = "CALL CreateChatCompletion('grok-4.3', :body)"
    with connected(sandbox) as connection:
        result = connection.lookup(command, sums(3), batch=True, journal=journal).rows
    assert result["Completion_Content"].to_pylist() == answers(sums(3))
    assert result["Completion_FinishReason"].to_pylist() == ["stop"] * 3


def test_images_and_files_travel_inside_the_requests(sandbox, journal):
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    )
    with connected(sandbox, file_transfer="inline") as connection:
        for command, rows in (
            ("CALL AnalyzeImage('What is it?', :content)", [{"content": png}]),
            ("CALL AnalyzeImageByUrl('What is it?', :url)", [{"url": "https://example.org/a.png"}]),
            ("CALL AnalyzeFile('Which?', :content, 'a.txt')", [{"content": b"one, two"}]),
        ):
            plain = connection.lookup(command, rows)
            result = connection.lookup(command, rows, batch=True, journal=journal)
            assert result.rows["Response_Result"].to_pylist() == plain.rows["Response_Result"].to_pylist(), command
            assert result.summary.ok + result.summary.failed == 1


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("CALL GenerateImage(:body)", "a link that lives for an hour"),
        ("CALL EditImageByUrl(:body, 'https://example.org/a.png')", "a link that lives for an hour"),
        ("CALL GenerateVideo(:body)", "a link that lives for an hour"),
        ("CALL GenerateAudio(:body, 'en')", "not one request to a text model"),
        ("CALL RawRequest('/responses', Body => '{}')", "not one request to a text model"),
        ("CALL CreateMessage(:body)", "batches do not take requests of the messages interface"),
        ("CALL AnalyzeFile(:body, X'61', 'a.txt')", "file_transfer to 'inline'"),
    ],
)
def test_what_cannot_go_through_a_batch_is_refused_before_anything_is_sent(sandbox, journal, command, told):
    before = sandbox.stats()["requests"]
    with connected(sandbox) as connection, pytest.raises(grokcall.NotSupportedError, match=told):
        connection.lookup(command, sums(1), batch=True, journal=journal)
    assert sandbox.stats()["requests"] == before
    assert not journal.exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"batch": True}, "a batch needs a journal.*--journal FILE"),
        ({"wait": False}, "goes with batch"),
        ({"batch": True, "journal": "j", "on_incomplete": "retry"}, "which a batch cannot"),
    ],
)
def test_options_that_do_not_go_together_are_refused(sandbox, options, told):
    with connected(sandbox) as connection, pytest.raises(grokcall.InterfaceError, match=told):
        connection.lookup(ASK, sums(1), **options)


def test_equal_rows_are_one_request_of_the_batch(sandbox, journal):
    rows = sums(300, distinct=10)
    with connected(sandbox) as connection:
        result = connection.lookup(ASK, rows, batch=True, journal=journal, call_columns=True)
    assert result.rows["Response_Result"].to_pylist() == answers(rows)
    assert result.rows["Call_Status"].to_pylist() == ["ok"] * 10 + ["cached"] * 290
    assert (result.summary.ok, result.summary.cached, result.summary.calls) == (10, 290, 10)
    assert billed_once(sandbox, 10)
    told = sum(cost for cost in result.rows["Call_CostUsd"].to_pylist() if cost is not None)
    assert told == result.summary.cost_usd
    assert result.summary.cost_ticks == sum(entry["ticks"] for entry in sandbox.ledger())


def test_without_dedupe_each_row_has_a_request_of_its_own_told_apart_by_its_order(sandbox, journal):
    rows = sums(40, distinct=10)
    with connected(sandbox) as connection:
        for _ in range(2):  # the second time all of it comes from the journal
            result = connection.lookup(ASK, rows, batch=True, journal=journal, dedupe=False)
            assert result.rows["Response_Result"].to_pylist() == answers(rows)
            assert set(times_billed(sandbox).values()) == {4}
    ids = {entry["request_id"] for entry in sandbox.ledger()}
    assert len(ids) == 40
    assert sum(name.endswith("-3") for name in ids) == 10


def test_rows_come_in_the_order_of_the_input_whatever_order_the_results_have(journal):
    rows = sums(600)
    with Sandbox(batch_seconds=0.05) as sandbox, connected(sandbox) as connection:
        with connection.lookup_stream(ASK, rows[300:], batch=True, journal=journal) as stream:
            assert sum(batch.num_rows for batch, _ in stream) == 300
        result = connection.lookup(ASK, pa.Table.from_pylist(rows), batch=True, journal=journal, reuse=True)
        assert billed_once(sandbox, 600)
    assert result.rows["id"].to_pylist() == list(range(600))
    assert result.rows["Response_Result"].to_pylist() == answers(rows)


def test_a_request_that_fails_is_an_error_row_and_is_sent_again_only_when_asked_for(journal):
    rows = sums(20)
    rows[7] = {"id": 7, "body": "word " * 300_000}  # more than the model reads
    command = "CALL GenerateResponse(:body, Model => 'grok-build-0.1')"
    with Sandbox() as sandbox, connected(sandbox) as connection:
        result = connection.lookup(command, rows, batch=True, journal=journal)
        error = result.errors.to_pylist()[0]
        assert (error["id"], error["Call_ErrorCode"], error["Call_Retryable"]) == (7, "invalid_request", False)
        assert "maximum prompt length" in error["Call_ErrorMessage"]
        assert result.rows.num_rows == 19
        again = connection.lookup(command, rows, batch=True, journal=journal)
        assert (again.summary.cached, again.summary.failed, again.errors.num_rows) == (19, 1, 1)
        assert len(batches(sandbox)) == 1
        connection.lookup(command, rows, batch=True, journal=journal, retry_failed=True)
        assert [batch["state"]["num_requests"] for batch in batches(sandbox)] == [1, 20]
        ignored = connection.lookup(command, rows, batch=True, journal=journal, on_error="ignore")
        assert ignored.rows["Call_Status"].to_pylist() == ["cached"] * 7 + ["error"] + ["cached"] * 12
        with pytest.raises(grokcall.LookupFailedError, match="row 8") as failed:
            connection.lookup(command, rows, batch=True, journal=journal, on_error="fail")
        assert failed.value.result.rows.num_rows == 19
        assert billed_once(sandbox, 19)


def test_rows_that_make_no_call_stand_beside_the_others(sandbox, journal):
    rows = [{"body": "What is 1 + 1?"}, {"body": None}, {"body": "What is 2 + 2?"}]
    with connected(sandbox) as connection:
        result = connection.lookup(ASK, rows, batch=True, journal=journal)
        assert result.rows["Response_Result"].to_pylist() == ["2", "4"]
        assert result.errors["Call_ErrorCode"].to_pylist() == ["bad_value"]
        skipped = connection.lookup(ASK, rows, batch=True, journal=journal, on_null_input="skip")
        assert skipped.rows["Response_Result"].to_pylist() == ["2", None, "4"]


def test_an_empty_input_makes_no_batch(sandbox, journal):
    empty = pa.table({"body": pa.array([], pa.string())})
    with connected(sandbox) as connection:
        assert connection.lookup(ASK, empty, batch=True, journal=journal).rows.num_rows == 0
    assert batches(sandbox) == []


def test_answers_that_were_cut_short_count_as_it_was_chosen(sandbox, journal):
    rows = [{"body": f"Say {number} times three"} for number in range(3)]
    command = "CALL GenerateResponse(:body, MaxOutputTokens => 1)"
    rows = [{"id": number, "body": f"Tell me about the sea, part {number}."} for number in range(3)]
    with connected(sandbox) as connection:
        kept = connection.lookup(command, rows, batch=True, journal=journal)
        assert kept.rows["Response_Status"].to_pylist() == ["incomplete"] * 3
        assert kept.rows["Response_IncompleteDetails"].to_pylist() == ['{"reason":"max_output_tokens"}'] * 3
        failed = connection.lookup(command, rows, batch=True, journal=journal, on_incomplete="error")
        assert failed.errors.num_rows == 3
        assert billed_once(sandbox, 3)


def test_a_cancelled_batch_leaves_rows_that_a_new_one_asks_for(journal):
    rows = sums(40)
    with Sandbox(batch_seconds=60) as sandbox, connected(sandbox) as connection:
        with pytest.raises(grokcall.BatchPendingError):
            connection.lookup(ASK, rows, batch=True, journal=journal, wait=False)
        time.sleep(0.1)
        asked(sandbox, f"/batches/{batches(sandbox)[0]['batch_id']}:cancel", "POST")
        done = len(sandbox.ledger())
        result = connection.lookup(ASK, rows, batch=True, journal=journal, wait=False)
        assert result.summary.failed == 40 - done > 30
        error = result.errors.to_pylist()[0]
        assert (error["Call_ErrorCode"], error["Call_Retryable"]) == ("batch_unanswered", True)
        assert "was cancelled before it came to this request, which was not billed" in error["Call_ErrorMessage"]
    assert len(sandbox.ledger()) == done


def test_more_rows_than_one_lookup_takes_are_refused_before_anything_is_sent(sandbox, journal):
    table = pa.table({"body": pa.array([""]).take(pa.array([0] * (MOST_ROWS + 1)))})
    with connected(sandbox) as connection, pytest.raises(grokcall.InterfaceError, match="at most 1,000,000 rows"):
        connection.lookup(ASK, table, batch=True, journal=journal, on_error="ignore")
    assert batches(sandbox) == []


@pytest.mark.parametrize(("count", "fits"), [(600, True), (601, False)])
def test_rows_are_counted_while_they_are_read_where_nobody_knows_how_many_there_are(count, fits):
    table = pa.Table.from_pylist(sums(count))
    plan = LookupPlan(
        Binder(parse_call(ASK), CATALOG["GenerateResponse"], Settings()), table.schema, None, LookupOptions()
    )
    rows = BatchRows(plan, lambda call: fingerprint(call, ""), dedupe=True, most=600)
    reading = rows.read(plan.chunks(iter(table.to_batches())), lambda key, call: None)
    if not fits:
        with pytest.raises(grokcall.InterfaceError, match="at most 600 rows"):
            asyncio.run(reading)
        return
    asyncio.run(reading)
    assert len(rows.places) == 600
    assert all(rows.call(key).values["Message"] == table["body"][at].as_py() for at, key in enumerate(rows.places))


def test_the_progress_of_batches_is_told(journal):
    told: list[batch_run.BatchCounts] = []
    with (
        Sandbox(batch_seconds=3600) as sandbox,
        connected(sandbox) as connection,
        connection.lookup_stream(ASK, sums(10), batch=True, journal=journal) as stream,
    ):

        def take(counts: batch_run.BatchCounts) -> None:
            told.append(counts)
            sandbox.finish_batches()

        stream.on_batches = take
        assert sum(rows.num_rows for rows, _ in stream) == 10
    assert all(counts.pending + counts.done == 10 for counts in told)
    assert (told[0].done, told[-1].pending) == (0, 0)


def test_calls_that_are_in_a_batch_are_not_sent_by_themselves_meanwhile(journal):
    with Sandbox(batch_seconds=60) as sandbox, connected(sandbox) as connection:
        with pytest.raises(grokcall.BatchPendingError) as pending:
            connection.lookup(ASK, sums(5), batch=True, journal=journal, wait=False)
        assert (pending.value.pending, pending.value.done) == (5, 0)
        with pytest.raises(grokcall.InterfaceError, match="5 calls of this lookup are at the service in a batch"):
            connection.lookup(ASK, sums(5), journal=journal)
        assert len(sandbox.ledger()) == 0


def test_the_page_states_the_limits_that_hold():
    text = (Path(__file__).parents[3] / "docs" / "batches.md").read_text("utf-8")
    for stated in (
        f"| rows of one lookup | {MOST_ROWS:,};",
        f"| requests of one batch | {submission.BATCH_REQUESTS:,}, and {submission.BATCH_BYTES // 1_000_000} MB;",
        f"| requests that are added at once | {submission.ADDED_REQUESTS:,}, and",
        f"and {submission.ADDED_BYTES // 1_000_000} MB (the service takes 25 MB)",
        f"| one request | {LARGEST_REQUEST >> 20} MiB |",
    ):
        assert stated in text
    assert all(name in text for name in TEXT_PROCEDURES)
