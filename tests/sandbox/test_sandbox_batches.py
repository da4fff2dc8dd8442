"""Batches: made, filled, listed, done in time, cancelled; what they cost, and what they refuse."""

import json
import time

import httpx
import pytest

TEXT = {"model": "grok-4.3", "input": "2+2?"}
CHAT = {"model": "grok-4.3", "messages": [{"role": "user", "content": "2+2?"}]}
PICTURE = {"model": "grok-imagine-image", "prompt": "a boat"}
VIDEO = {"model": "grok-imagine-video", "prompt": "a boat", "duration": 2}


@pytest.fixture
def engine(faulty):
    return faulty(None, batch_seconds=0.05)


def make(http, name="nightly", **fields):
    reply = http.post("/batches", json={"name": name, **fields})
    assert reply.status_code == 200, reply.text
    return reply.json()["batch_id"]


def asked(kind, body, *ids):
    return {"batch_requests": [{"batch_request_id": name, "batch_request": {kind: body}} for name in ids]}


def add(http, batch, kind, body, *ids):
    reply = http.post(f"/batches/{batch}/requests", json=asked(kind, body, *ids))
    assert (reply.status_code, reply.content) == (200, b"null"), reply.text


def state(http, batch):
    return http.get(f"/batches/{batch}").json()["state"]


def finish(http, batch, seconds=20.0):
    """The results by id, once nothing is pending."""
    deadline = time.monotonic() + seconds
    while state(http, batch)["num_pending"]:
        assert time.monotonic() < deadline, "the batch does not end"
        time.sleep(0.01)
    results = http.get(f"/batches/{batch}/results").json()["results"]
    return {result["batch_request_id"]: result for result in results}


def response(result):
    return result["batch_result"]["response"]


def test_a_new_batch_has_the_services_shape_and_headers(engine):
    reply = engine.http.post("/batches", json={"name": "nightly"})
    batch = reply.json()
    assert set(batch) == {
        *("batch_id", "name", "create_time", "expire_time", "create_api_key_id", "cancel_time"),
        *("cancel_by_xai_message", "state"),
    }
    assert batch["batch_id"].startswith("batch_")
    assert batch["state"] == dict.fromkeys(
        ("num_requests", "num_pending", "num_success", "num_error", "num_cancelled"), 0
    )
    assert len(batch["create_time"]) == len(batch["expire_time"]) == len("2026-08-10")
    assert len(reply.headers["x-trace-id"]) == 32
    assert int(reply.headers["x-trace-id"], 16)
    assert reply.headers["x-envoy-upstream-service-time"].isdigit()
    assert "x-request-id" not in reply.headers


def test_requests_for_responses_come_back_as_completions_a_fifth_cheaper(engine):
    alone = engine.ask(TEXT["input"]).json()
    engine.sandbox.reset()
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, "a", "b")
    results = finish(engine.http, batch)
    assert list(results) == ["a", "b"]
    completion = response(results["a"])["chat_get_completion"]
    assert completion["object"] == "chat.completion"
    message = completion["choices"][0]["message"]
    assert (message["content"], message["role"], completion["choices"][0]["finish_reason"]) == (
        "4",
        "assistant",
        "stop",
    )
    assert message["reasoning_content"]
    usage, plain = completion["usage"], alone["usage"]
    assert usage["cost_in_usd_ticks"] == plain["cost_in_usd_ticks"] * 8 // 10
    assert usage["prompt_tokens"] == plain["input_tokens"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    assert usage["completion_tokens"] + reasoning == plain["output_tokens"]
    assert state(engine.http, batch) == {
        "num_requests": 2,
        "num_pending": 0,
        "num_success": 2,
        "num_error": 0,
        "num_cancelled": 0,
    }


@pytest.mark.parametrize(
    ("model", "tenths"),
    [("grok-4.3", 8), ("grok-4.20", 8), ("grok-4.20-non-reasoning", 8), ("grok-4.7", 10), ("grok-build-0.1", 10)],
)
def test_only_some_families_are_cheaper_in_batches(engine, model, tenths):
    body = {**CHAT, "model": model}
    alone = engine.http.post("/chat/completions", json=body).json()["usage"]["cost_in_usd_ticks"]
    engine.sandbox.reset()
    batch = make(engine.http)
    add(engine.http, batch, "chat_get_completion", body, "a")
    done = response(finish(engine.http, batch)["a"])["chat_get_completion"]
    assert done["usage"]["cost_in_usd_ticks"] == alone * tenths // 10
    assert [entry["ticks"] for entry in engine.sandbox.ledger()] == [alone * tenths // 10]


def test_what_a_batch_costs_is_billed_as_it_is_made_and_answered_as_it_is_fetched(engine):
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, "a", "b", "c")
    assert [entry["ticks"] for entry in engine.sandbox.ledger() if entry["answered"]] == []
    deadline = time.monotonic() + 240
    while state(engine.http, batch)["num_pending"] and time.monotonic() < deadline:
        time.sleep(0.01)
    entries = engine.sandbox.ledger()
    assert [(entry["endpoint"], entry["request_id"], entry["answered"]) for entry in entries] == [
        ("/v1/batches", name, False) for name in "abc"
    ]
    first = engine.http.get(f"/batches/{batch}/results", params={"limit": 1}).json()
    assert [entry["answered"] for entry in engine.sandbox.ledger()] == [True, False, False]
    engine.http.get(f"/batches/{batch}/results", params={"pagination_token": first["pagination_token"]})
    assert [entry["answered"] for entry in engine.sandbox.ledger()] == [True, True, True]
    results = engine.http.get(f"/batches/{batch}/results").json()["results"]
    told = sum(response(result)["chat_get_completion"]["usage"]["cost_in_usd_ticks"] for result in results)
    assert told == sum(entry["ticks"] for entry in engine.sandbox.ledger())


def test_requests_are_done_one_after_the_other_in_the_time_set(faulty):
    engine = faulty(None, batch_seconds=0.5)
    batch = make(engine.http)
    started = time.monotonic()
    add(engine.http, batch, "responses", TEXT, *(str(number) for number in range(10)))
    seen = [state(engine.http, batch)["num_pending"]]
    while seen[-1]:
        assert time.monotonic() - started < 10
        time.sleep(0.02)
        seen.append(state(engine.http, batch)["num_pending"])
    assert time.monotonic() - started >= 0.5
    assert seen == sorted(seen, reverse=True)
    assert not finish(engine.http, make(engine.http))


def test_the_requests_of_a_batch_can_be_listed(engine):
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, "a")
    finish(engine.http, batch)
    add(engine.http, batch, "image_generation", {**PICTURE, "model": "nobody"}, "b")
    finish(engine.http, batch)
    listed = engine.http.get(f"/batches/{batch}/requests").json()
    assert listed["pagination_token"] is None
    shown = [
        (item["batch_request_id"], item["endpoint"], item["model"], item["state"])
        for item in listed["batch_request_metadata"]
    ]
    assert shown == [
        ("a", "/v1/responses", "grok-4.3", "succeeded"),
        ("b", "/v1/images/generations", "nobody", "failed"),
    ]
    assert all(item["create_time"] < item["finish_time"] for item in listed["batch_request_metadata"])


def test_media_come_back_as_links(engine):
    batch = make(engine.http)
    add(engine.http, batch, "image_generation", PICTURE, "picture")
    add(engine.http, batch, "video_generation", VIDEO, "video")
    results = finish(engine.http, batch)
    picture = response(results["picture"])["image_generation"]
    assert httpx.get(picture["data"][0]["url"]).content[:2] == b"\xff\xd8"
    edit = {**PICTURE, "image": {"url": picture["data"][0]["url"]}}
    video = response(results["video"])["video_generation"]
    assert (video["status"], video["video"]["duration"]) == ("done", 2)
    assert httpx.get(video["video"]["url"]).content[4:8] == b"ftyp"
    longer = {"model": VIDEO["model"], "prompt": "on", "duration": 1, "video": {"url": video["video"]["url"]}}
    add(engine.http, batch, "image_edit", edit, "edit")
    add(engine.http, batch, "video_extension", longer, "longer")
    results = finish(engine.http, batch)
    assert response(results["edit"])["image_edit"]["data"][0]["url"].startswith("http://127.0.0.1:")
    assert response(results["longer"])["video_extension"]["video"]["duration"] == 3
    ticks = [entry["ticks"] for entry in engine.sandbox.ledger()]
    assert ticks == [200_000_000, 2 * 500_000_000, 220_000_000, 500_000_000 + 2 * 100_000_000]


def test_a_request_that_is_refused_fails_by_itself(engine):
    batch = make(engine.http)
    bad = {
        "unknown": {**TEXT, "model": "nobody"},
        "forbidden": {**TEXT, "input": "FORBIDDEN_CONTENT"},
        "streamed": {**TEXT, "stream": True},
        "shapeless": {"model": "grok-4.3"},
        "no object": 5,
    }
    for name, body in bad.items():
        add(engine.http, batch, "responses", body, name)
    add(engine.http, batch, "responses", TEXT, "fine")
    results = finish(engine.http, batch)
    assert "error" not in results.pop("fine")["batch_result"]
    codes = {name: result["batch_result"]["error"]["code"] for name, result in results.items()}
    assert codes == {
        "unknown": "invalid-argument",
        "forbidden": "permission-denied",
        "streamed": "invalid-argument",
        "shapeless": "invalid-argument",
        "no object": "invalid-argument",
    }
    assert all(result["error_message"] == result["batch_result"]["error"]["message"] for result in results.values())
    assert results["unknown"]["error_message"] == "Model not found: nobody"
    assert state(engine.http, batch)["num_error"] == 5
    assert len(engine.sandbox.ledger()) == 1


def test_withheld_media_fail_and_are_billed(engine):
    batch = make(engine.http)
    add(engine.http, batch, "image_generation", {**PICTURE, "prompt": "FORBIDDEN_CONTENT"}, "picture")
    add(engine.http, batch, "video_generation", {**VIDEO, "prompt": "FORBIDDEN_CONTENT"}, "video")
    results = finish(engine.http, batch)
    assert {result["batch_result"]["error"]["code"] for result in results.values()} == {"imagine:content-moderated"}
    engine.http.get(f"/batches/{batch}/results")
    assert [(entry["ticks"], entry["answered"]) for entry in engine.sandbox.ledger()] == [
        (200_000_000, True),
        (1_000_000_000, True),
    ]


def test_functions_refusals_and_limits_survive_the_other_shape(engine):
    tool = {"type": "function", "name": "get_stock", "parameters": {"type": "object", "properties": {}}}
    batch = make(engine.http)
    add(engine.http, batch, "responses", {**TEXT, "tools": [tool], "tool_choice": "required"}, "call")
    add(engine.http, batch, "responses", {**TEXT, "input": "REFUSE_PLEASE"}, "refusal")
    add(engine.http, batch, "responses", {**TEXT, "input": "Say one two three", "max_output_tokens": 1}, "cut")
    results = finish(engine.http, batch)
    choices = {name: response(result)["chat_get_completion"]["choices"][0] for name, result in results.items()}
    assert choices["call"]["finish_reason"] == "tool_calls"
    assert choices["call"]["message"]["tool_calls"][0]["function"] == {"name": "get_stock", "arguments": "{}"}
    assert choices["refusal"]["message"]["refusal"] == "I can't help with that."
    assert choices["refusal"]["message"]["content"] is None
    assert choices["cut"]["finish_reason"] == "length"
    assert choices["cut"]["message"]["content"] == "one"


def test_an_orphan_is_found_by_its_name_over_pages(engine):
    ids = [make(engine.http, f"job {number}") for number in range(7)]
    found, token, pages = {}, "0", 0
    while token is not None:
        page = engine.http.get("/batches", params={"limit": 3, "pagination_token": token}).json()
        found |= {batch["name"]: batch["batch_id"] for batch in page["batches"]}
        token, pages = page["pagination_token"], pages + 1
    assert pages == 3
    assert found == {f"job {number}": batch for number, batch in enumerate(ids)}
    assert next(iter(found)) == "job 6"


def test_results_come_in_pages(engine):
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, *(f"r{number}" for number in range(25)))
    finish(engine.http, batch)
    first = engine.http.get(f"/batches/{batch}/results", params={"limit": 10}).json()
    rest = engine.http.get(
        f"/batches/{batch}/results", params={"limit": 1_000, "pagination_token": first["pagination_token"]}
    ).json()
    assert rest["pagination_token"] is None
    names = [result["batch_request_id"] for page in (first, rest) for result in page["results"]]
    assert names == [f"r{number}" for number in range(25)]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "pagination_token=x"])
@pytest.mark.parametrize("what", ["", "/requests", "/results"])
def test_a_page_that_cannot_be_is_refused(engine, what, query):
    path = f"/batches/{make(engine.http)}{what}" if what else "/batches"
    refused = engine.http.get(f"{path}?{query}")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-argument")


def test_cancelling_stops_what_is_pending_and_keeps_what_is_done(faulty):
    engine = faulty(None, batch_seconds=0.05)
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, "done")
    finish(engine.http, batch)
    slow = faulty(None, batch_seconds=60)
    late = make(slow.http)
    add(slow.http, late, "responses", TEXT, "a", "b")
    cancelled = slow.http.post(f"/batches/{late}:cancel").json()
    assert cancelled["state"]["num_cancelled"] == 2
    assert cancelled["cancel_time"]
    assert slow.http.get(f"/batches/{late}/results").json()["results"] == []
    assert slow.sandbox.ledger() == []
    refused = slow.http.post(f"/batches/{late}/requests", json=asked("responses", TEXT, "c"))
    assert refused.status_code == 400
    assert "cancelled" in refused.json()["error"]
    kept = engine.http.post(f"/batches/{batch}:cancel").json()
    assert (kept["state"]["num_success"], kept["state"]["num_cancelled"]) == (1, 0)


def test_an_id_may_be_used_once_in_a_batch(engine):
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, "a")
    for ids in (("b", "a"), ("c", "c"), ("",)):
        refused = engine.http.post(f"/batches/{batch}/requests", json=asked("responses", TEXT, *ids))
        assert refused.status_code == 400
        assert "batch_request_id" in refused.json()["error"]
    assert state(engine.http, batch)["num_requests"] == 1
    add(engine.http, make(engine.http), "responses", TEXT, "a")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"batch_requests": []}, 400),
        ({"batch_requests": [{"batch_request_id": "a", "batch_request": {}}]}, 400),
        ({"batch_requests": [{"batch_request_id": "a", "batch_request": {"embeddings": {}}}]}, 400),
        ({"batch_requests": [{"batch_request_id": "a", "batch_request": {"responses": {}, "image_edit": {}}}]}, 400),
        ({"batch_requests": [{"batch_request": {"responses": {}}}]}, 422),
        ({"requests": []}, 422),
    ],
)
def test_requests_of_no_known_kind_are_refused(engine, body, status):
    assert engine.http.post(f"/batches/{make(engine.http)}/requests", json=body).status_code == status


def test_a_call_that_adds_more_than_25_mib_is_refused_whole(engine):
    batch = make(engine.http)
    body = {**TEXT, "input": "x" * (5 * 1024 * 1024)}
    refused = engine.http.post(
        f"/batches/{batch}/requests", json=asked("responses", body, *(str(number) for number in range(5)))
    )
    assert refused.status_code == 413
    assert "26214400" in refused.json()["error"]
    assert state(engine.http, batch)["num_requests"] == 0
    add(engine.http, batch, "responses", body, "1", "2", "3", "4")


def test_a_batch_needs_a_name_and_has_to_be_there(engine):
    assert engine.http.post("/batches", json={}).status_code == 422
    assert engine.http.post("/batches", json={"name": " "}).status_code == 400
    for path in ("", "/requests", "/results"):
        gone = engine.http.get(f"/batches/batch_nobody{path}")
        assert (gone.status_code, gone.json()["code"]) == (404, "not-found")
    assert engine.http.post("/batches/batch_nobody:cancel").status_code == 404
    assert engine.http.post("/batches/batch_nobody/requests", json=asked("responses", TEXT, "a")).status_code == 404


def lines(*requests):
    return "\n".join(
        json.dumps({"custom_id": name, "method": "POST", "url": url, "body": body}) for name, url, body in requests
    ).encode()


def upload(http, data):
    return http.post("/files", files={"file": ("requests.jsonl", data)}).json()["id"]


def test_a_batch_from_a_file_is_done_and_sealed(engine):
    data = lines(("a", "/v1/responses", TEXT), ("b", "/v1/chat/completions", CHAT)) + b"\n\n"
    file = upload(engine.http, data)
    batch = make(engine.http, input_file_id=file)
    assert engine.http.get(f"/batches/{batch}").json()["input_file_id"] == file
    results = finish(engine.http, batch)
    texts = [response(result)["chat_get_completion"]["choices"][0]["message"]["content"] for result in results.values()]
    assert (list(results), texts) == (["a", "b"], ["4", "4"])
    refused = engine.http.post(f"/batches/{batch}/requests", json=asked("responses", TEXT, "c"))
    assert refused.status_code == 400
    assert "sealed" in refused.json()["error"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "must have 1 to 50000 lines, it has 0"),
        (b"{}", "Invalid line 1 of the input file"),
        (lines(("a", "/v1/responses", TEXT)) + b"\n{", "Invalid line 2 of the input file"),
        (lines(("a", "/v1/tts", TEXT)), "Invalid line 1 of the input file: url must be one of /v1/chat/completions"),
        (lines(("a", "/v1/responses", TEXT), ("a", "/v1/responses", TEXT)), "Duplicate batch_request_id: a"),
        (b"{}\n" * 50_001, "it has 50001"),
    ],
)
def test_a_file_that_is_no_list_of_requests_is_refused(engine, data, problem):
    refused = engine.http.post("/batches", json={"name": "n", "input_file_id": upload(engine.http, data)})
    assert refused.status_code == 400
    assert problem in refused.json()["error"]
    assert engine.http.get("/batches").json()["batches"] == []


def test_an_unknown_file_makes_no_batch(engine):
    assert engine.http.post("/batches", json={"name": "n", "input_file_id": "file_nobody"}).status_code == 404


def test_batches_need_a_key(engine):
    assert httpx.post(f"{engine.sandbox.base_url}/batches", json={"name": "n"}).status_code == 401


def test_a_reset_forgets_batches_and_stops_their_work(faulty):
    engine = faulty(None, batch_seconds=0.5)
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, "a")
    engine.sandbox.reset()
    time.sleep(0.7)
    assert engine.sandbox.ledger() == []
    assert engine.http.get(f"/batches/{batch}").status_code == 404


def test_limits_do_not_count_what_batches_do(faulty):
    engine = faulty("ratelimit:rpm=1", batch_seconds=0.01)
    batch = make(engine.http)
    add(engine.http, batch, "responses", TEXT, "a", "b", "c")
    assert len(finish(engine.http, batch)) == 3
    assert engine.statuses(2) == [200, 429]
