"""Results of batches in the shapes that a service may give them, and batches that end otherwise than well."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from batching import ASK

import grokcall
from grokcall.journal import Journal
from scripted_service import KEY, Answer, Asked, Service, refused

REQUEST_PATH = re.compile(r"/v1/batches/(?P<id>[^/?]+)(?P<rest>/requests|/results)?(?:\?(?P<query>.*))?$")


class BatchScript:
    """A batch interface whose every answer can be changed."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.requests: dict[str, Any] = {}
        self.adds: list[list[str]] = []
        self.state: dict[str, Any] = {}
        self.members: dict[str, Any] = {}
        self.refuses: set[str] = set()
        self.gone = False
        self.unlisted = 0
        self.page = 1000
        self.result: Any = lambda name, text: {"response": {"chat_get_completion": completion(text.upper())}}

    def __call__(self, asked: Asked) -> Answer:
        if asked.path.partition("?")[0] == "/v1/batches":
            if asked.method == "POST":
                self.names.append(asked.json["name"])
                return reply(self.shown(len(self.names) - 1))
            return reply({"batches": [self.shown(number) for number in range(len(self.names))]})
        found = REQUEST_PATH.match(asked.path)
        if found is None or self.gone:
            return refused(404, "Batch not found", "not-found")
        if asked.method == "POST":
            return self.add(asked.json["batch_requests"])
        names = list(self.requests)
        if found["rest"] == "/requests":
            self.unlisted -= 1
            return self.paged(
                "batch_request_metadata", [{"batch_request_id": n} for n in names][self.unlisted >= 0 :], found
            )
        if found["rest"] == "/results":
            texts = {name: request["responses"]["input"] for name, request in self.requests.items()}
            results = [(name, self.result(name, texts[name])) for name in reversed(names)]
            entries = [{"batch_request_id": name, "batch_result": result} for name, result in results if result]
            return self.paged("results", entries, found)
        return reply(self.shown(0))

    def add(self, items: list[dict[str, Any]]) -> Answer:
        ids = [item["batch_request_id"] for item in items]
        self.adds.append(ids)
        if any(item["batch_request"]["responses"]["input"] in self.refuses for item in items):
            return refused(400, "One of the requests is wrong.", "invalid-argument")
        if not self.requests.keys().isdisjoint(ids):
            return refused(400, "Duplicate batch_request_id", "invalid-argument")
        self.requests.update((item["batch_request_id"], item["batch_request"]) for item in items)
        return Answer(b"null")

    def paged(self, member: str, entries: list[Any], found: re.Match[str]) -> Answer:
        token = re.search(r"pagination_token=(\d+)", found["query"] or "")
        first = int(token[1]) if token else 0
        more = str(first + self.page) if first + self.page < len(entries) else None
        return reply({member: entries[first : first + self.page], "pagination_token": more})

    def shown(self, number: int) -> dict[str, Any]:
        count = len(self.requests)
        state = {"num_requests": count, "num_pending": 0, "num_success": count, **self.state}
        return {"batch_id": f"batch_{number}", "name": self.names[number], "state": state, **self.members}


def reply(document: object) -> Answer:
    return Answer(json.dumps(document).encode())


def completion(text: str | None, **members: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, **members.pop("message", {})}
    usage = {"prompt_tokens": 190, "completion_tokens": 1, "total_tokens": 230}
    choice = {"index": 0, "message": message, "finish_reason": members.pop("finish_reason", "stop")}
    return {"object": "chat.completion", "choices": [choice], "usage": usage, **members}


@pytest.fixture
def script(service: Service) -> BatchScript:
    service.script = made = BatchScript()
    return made


@pytest.fixture
def looking(service: Service, tmp_path: Path) -> Iterator[Any]:
    options = {"api_key": KEY, "base_url": service.base_url, "poll_interval": 0.02, "max_attempts": 1}
    with grokcall.connect(**options) as connection:

        def look(*texts: str, **given: Any) -> grokcall.LookupResult:
            rows = [{"body": text} for text in texts]
            return connection.lookup(ASK, rows, batch=True, journal=tmp_path / "j", call_columns=True, **given)

        yield look


def test_results_are_told_apart_by_their_ids_over_pages_and_never_by_their_order(script, looking):
    script.page = 2
    texts = [f"text {number}" for number in range(7)]
    assert looking(*texts).rows["Response_Result"].to_pylist() == [text.upper() for text in texts]


def test_tokens_of_reasoning_count_as_written_though_a_completion_leaves_them_out(script, looking):
    row = looking("a").rows.to_pylist()[0]
    assert (row["Response_UsageInputTokens"], row["Response_UsageOutputTokens"]) == (190, 40)
    assert row["Response_UsageTotalTokens"] == 230
    assert (row["Response_UsageCostInUsdTicks"], row["Call_CostUsd"]) == (None, None)


@pytest.mark.parametrize(
    ("usage", "written"),
    [
        ({"prompt_tokens": 1, "completion_tokens": 2, "completion_tokens_details": {"reasoning_tokens": 3}}, 5),
        ({"prompt_tokens": 1, "completion_tokens": 5, "total_tokens": 6}, 5),
        ({"completion_tokens": 2}, 2),
        ({}, None),
        (None, None),
    ],
)
def test_usage_is_read_as_far_as_it_is_there(script, looking, usage, written):
    script.result = lambda name, text: {"response": {"chat_get_completion": completion("x", usage=usage)}}
    assert looking("a").rows["Response_UsageOutputTokens"].to_pylist() == [written]


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_result_in_the_shape_of_a_response_is_taken_as_such(script, looking, wrapped):
    response = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "temperature": 0.5,
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "whole"}]}],
        "usage": {"input_tokens": 5, "output_tokens": 6, "cost_in_usd_ticks": 77},
    }
    script.result = lambda name, text: {"response": {"responses": response} if wrapped else response}
    row = looking("a").rows.to_pylist()[0]
    assert (row["Response_Result"], row["Response_Object"], row["Response_Temperature"]) == ("whole", "response", 0.5)
    assert row["Call_CostUsd"] == Decimal("0.0000000077")


@pytest.mark.parametrize(
    ("given", "result", "status", "details"),
    [
        (completion("cut", finish_reason="length"), "cut", "incomplete", '{"reason":"max_output_tokens"}'),
        (completion(None, message={"refusal": "No."}), "No.", "completed", '{"reason":"refusal"}'),
        (completion("", message={"tool_calls": [{"id": "1"}]}), None, "completed", None),
        (completion(""), "", "completed", None),
    ],
)
def test_how_an_answer_ended_is_told_as_a_response_tells_it(script, looking, given, result, status, details):
    script.result = lambda name, text: {"response": {"chat_get_completion": given}}
    row = looking("a").rows.to_pylist()[0]
    assert (row["Response_Result"], row["Response_Status"]) == (result, status)
    assert row["Response_IncompleteDetails"] == details


@pytest.mark.parametrize(
    ("given", "code", "retryable"),
    [
        ({"error": {"code": "invalid-argument", "message": "Bad."}}, "invalid_request", False),
        ({"error": {"code": 3, "message": "Bad."}}, "invalid_request", False),
        ({"error": {"code": 14, "message": "Later."}}, "server", True),
        ({"error": {"code": "resource-exhausted", "message": "Slow down."}}, "rate_limited", True),
        ({"error": "Content violates usage guidelines."}, "content_policy", False),
        ({"response": {}}, "malformed_reply", False),
        ({"response": {"chat_get_completion": {"choices": []}}}, "malformed_reply", False),
        (
            {"response": {"chat_get_completion": {"choices": [], "error": {"code": "internal", "message": "x"}}}},
            "server",
            True,
        ),
    ],
)
def test_a_failed_request_is_an_error_row_with_its_code(script, looking, given, code, retryable):
    script.result = lambda name, text: given if text == "bad" else {"response": {"x": completion("good")}}
    result = looking("a", "bad", "b")
    assert result.rows["Response_Result"].to_pylist() == ["good", "good"]
    error = result.errors.to_pylist()[0]
    assert (error["body"], error["Call_ErrorCode"], error["Call_Retryable"]) == ("bad", code, retryable)


def test_what_can_be_mended_by_time_is_sent_in_a_new_batch_by_the_next_lookup(script, looking):
    script.result = lambda name, text: (
        {"error": {"code": "internal", "message": "x"}}
        if text == "bad"
        else {"response": {"chat_get_completion": completion("good")}}
    )
    assert looking("a", "bad").summary.failed == 1
    script.result = lambda name, text: {"response": {"chat_get_completion": completion("mended")}}
    script.requests.clear()
    assert looking("a", "bad").rows["Response_Result"].to_pylist() == ["good", "mended"]
    assert len(script.names) == 2
    assert [len(ids) for ids in script.adds] == [2, 1]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"cancel_time": "2026-01-01"}, "was cancelled before it came to this request, which was not billed"),
        ({"expire_time": "2026-01-01"}, "expired before it came to this request, which was not billed"),
        ({}, "is done and has no result for this request, though it may have been billed"),
    ],
)
def test_requests_without_an_answer_are_error_rows_that_may_be_tried_again(script, looking, members, told):
    script.members = members
    script.state = {"num_pending": 1} if "expire_time" in members else {}
    script.result = lambda name, text: None if text == "b" else {"response": {"x": completion("good")}}
    result = looking("a", "b")
    assert result.rows.num_rows == 1
    error = result.errors.to_pylist()[0]
    assert (error["Call_ErrorCode"], error["Call_Retryable"]) == ("batch_unanswered", True)
    assert told in error["Call_ErrorMessage"]


def test_a_batch_that_is_gone_is_said_to_be_and_asked_for_anew(script, looking):
    script.state = {"num_pending": 2}
    with pytest.raises(grokcall.BatchPendingError):
        looking("a", "b", wait=False)
    script.gone = True
    result = looking("a", "b")
    assert result.errors["Call_ErrorCode"].to_pylist() == ["batch_unanswered"] * 2
    assert "its results are gone, though they may have been billed" in result.errors["Call_ErrorMessage"][0].as_py()
    script.gone, script.state = False, {}
    script.requests.clear()
    assert looking("a", "b").summary.ok == 2


def test_a_request_that_the_service_does_not_take_takes_no_other_along(script, looking):
    texts = [f"text {number}" for number in range(20)]
    script.refuses = {"text 3", "text 17"}
    result = looking(*texts)
    assert result.errors["body"].to_pylist() == ["text 3", "text 17"]
    assert result.errors["Call_ErrorCode"].to_pylist() == ["invalid_request"] * 2
    assert result.rows["Response_Result"].to_pylist() == [text.upper() for text in texts if text not in script.refuses]
    assert len(script.requests) == 18


def test_when_the_service_takes_none_it_is_not_asked_about_each(script, looking):
    texts = [f"text {number}" for number in range(1_000)]
    script.refuses = set(texts)
    with pytest.raises(grokcall.InvalidRequestError):
        looking(*texts)
    assert len(script.adds) < 200


def test_a_list_that_lags_behind_is_waited_for_before_anything_is_added_again(script, looking, tmp_path):
    script.state = {"num_pending": 3}
    with pytest.raises(grokcall.BatchPendingError):
        looking("a", "b", "c", wait=False)
    with Journal(tmp_path / "j") as journal:  # as if the process had died before it wrote that all was added
        run = journal.begin("other", {})
        run.batches._set(journal.batches(journal.runs()[0].run_id)[0].number, "made")
    script.state, script.unlisted = {}, 3
    assert looking("a", "b", "c").summary.ok == 3
    assert len(script.adds) == 1


def test_a_list_that_lags_for_ever_ends_the_lookup_and_nothing_is_added_twice(script, looking):
    script.state = {"num_requests": 7}
    script.refuses = {"a"}
    with pytest.raises(grokcall.OperationalError, match="counts 7 requests in the batch batch_0 and lists 0"):
        looking("a", "b")


def test_no_batch_interface_at_all_is_one_clear_error(service, looking):
    service.script = lambda asked: refused(404, "No handler found on route.", "not-found")
    with pytest.raises(grokcall.NotFoundError):
        looking("a")


def test_the_key_stays_secret(service, looking, tmp_path):
    service.script = lambda asked: refused(400, f"Incorrect API key provided: {KEY}")
    with pytest.raises(grokcall.AuthenticationError) as refusal:
        looking("a")
    assert KEY not in str(refusal.value)
    assert KEY.encode() not in (tmp_path / "j").read_bytes()
