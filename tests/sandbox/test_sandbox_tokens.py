"""Tokens and their price: what limits bound, hidden prompts, images, turns of tools, and reasoning of any length."""

import base64
import json
import math
import time
from statistics import median

import pytest

SPEECH = "Say one two three four five six seven eight nine ten"
VISIBLE = 10
"""The tokens of the answer to that."""
USER = [{"role": "user", "content": SPEECH}]


@pytest.fixture
def batched(faulty):
    """The results of requests that go through one batch, by their ids."""

    def run(requests, profile=None):
        engine = faulty(profile, batch_seconds=0.02)
        batch = engine.http.post("/batches", json={"name": "tokens"}).json()["batch_id"]
        added = [{"batch_request_id": name, "batch_request": {kind: body}} for name, (kind, body) in requests.items()]
        engine.http.post(f"/batches/{batch}/requests", json={"batch_requests": added})
        while engine.http.get(f"/batches/{batch}").json()["state"]["num_pending"]:
            time.sleep(0.01)
        results = engine.http.get(f"/batches/{batch}/results").json()["results"]
        done = {result["batch_request_id"]: result["batch_result"]["response"] for result in results}
        return {name: response["chat_get_completion"] for name, response in done.items()}

    return run


def text_of(response):
    return "".join(part["text"] for item in response["output"] if item["type"] == "message" for part in item["content"])


def events(reply):
    lines = [line.removeprefix("data: ") for line in reply.text.splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


@pytest.mark.parametrize("limit", [1, 2, 5, 9])
def test_a_limit_bounds_the_visible_text_to_the_token_and_no_reasoning(ask, limit):
    response = ask(SPEECH, max_output_tokens=limit, reasoning={"effort": "xhigh"})
    whole = ask(SPEECH, reasoning={"effort": "xhigh"})
    usage = response["usage"]
    reasoning = usage["output_tokens_details"]["reasoning_tokens"]
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert response["completed_at"] is None
    assert [(item["type"], item["status"]) for item in response["output"]] == [
        ("reasoning", "completed"),
        ("message", "completed"),
    ]
    assert usage["output_tokens"] - reasoning == limit
    assert reasoning == whole["usage"]["output_tokens_details"]["reasoning_tokens"] > limit
    assert text_of(whole).startswith(text_of(response))
    assert len(text_of(response).split()) == limit


@pytest.mark.parametrize("limit", [VISIBLE, VISIBLE + 1, 100_000_000])
def test_an_answer_whose_text_fits_is_complete_however_long_it_was_thought_about(ask, limit):
    response = ask(SPEECH, max_output_tokens=limit, reasoning={"effort": "high"})
    assert response["status"] == "completed"
    assert response["usage"] == ask(SPEECH, reasoning={"effort": "high"})["usage"]


def test_every_text_endpoint_bounds_the_visible_text_alone(http, batched):
    for name in ("max_completion_tokens", "max_tokens"):
        chat = http.post("/chat/completions", json={"model": "grok-4.3", "messages": USER, name: 4}).json()
        assert (chat["choices"][0]["finish_reason"], chat["usage"]["completion_tokens"]) == ("length", 4)
        assert chat["choices"][0]["message"]["content"] == "one two three four"
        assert chat["usage"]["completion_tokens_details"]["reasoning_tokens"] > 4

    deferred = {"model": "grok-4.3", "messages": USER, "max_tokens": 4, "deferred": True}
    request_id = http.post("/chat/completions", json=deferred).json()["request_id"]
    while (later := http.get(f"/chat/deferred-completion/{request_id}")).status_code == 202:
        time.sleep(0.01)
    assert later.json()["usage"]["completion_tokens"] == 4

    message = http.post("/messages", json={"model": "grok-4.3", "messages": USER, "max_tokens": 4}).json()
    assert message["stop_reason"] == "max_tokens"
    assert message["content"][-1] == {"type": "text", "text": "one two three four"}
    assert message["usage"]["output_tokens"] > 8

    asked = {
        "responses": ("responses", {"model": "grok-4.3", "input": SPEECH, "max_output_tokens": 4}),
        "chat": ("chat_get_completion", {"model": "grok-4.3", "messages": USER, "max_completion_tokens": 4}),
    }
    for result in batched(asked).values():
        assert (result["choices"][0]["finish_reason"], result["usage"]["completion_tokens"]) == ("length", 4)
        assert result["usage"]["completion_tokens_details"]["reasoning_tokens"] > 4


def test_streams_bound_the_visible_text_alone(http):
    asked = {"model": "grok-4.3", "input": SPEECH, "max_output_tokens": 4, "stream": True}
    last = events(http.post("/responses", json=asked))[-1]
    assert last["type"] == "response.incomplete"
    assert text_of(last["response"]) == "one two three four"
    assert all(item["status"] == "completed" for item in last["response"]["output"])

    options = {"stream": True, "stream_options": {"include_usage": True}}
    chunks = events(
        http.post("/chat/completions", json={"model": "grok-4.3", "messages": USER, "max_tokens": 4, **options})
    )
    assert chunks[-1]["usage"]["completion_tokens"] == 4
    assert chunks[-2]["choices"][0]["finish_reason"] == "length"

    told = {"model": "grok-4.3", "messages": USER, "max_tokens": 4, "stream": True}
    stopped = next(event for event in events(http.post("/messages", json=told)) if event["type"] == "message_delta")
    assert stopped["delta"]["stop_reason"] == "max_tokens"


@pytest.mark.parametrize(
    ("model", "hidden"), [("grok-4.3", 190), ("grok-4.5", 205), ("grok-4.6", 1_526), ("grok-4.7", 1_526)]
)
def test_the_hidden_prompt_is_that_of_the_model_on_every_endpoint(ask, http, model, hidden):
    user = [{"role": "user", "content": "Hi"}]
    told = http.post("/messages", json={"model": model, "messages": user, "max_tokens": 9}).json()["usage"]
    chat = http.post("/chat/completions", json={"model": model, "messages": user}).json()["usage"]
    assert ask("Hi", model=model)["usage"]["input_tokens"] == hidden + 1
    assert (chat["prompt_tokens"], told["input_tokens"]) == (hidden + 1, hidden + 1)


@pytest.mark.parametrize(
    ("model", "uncached", "cached", "out"),
    [
        ("grok-4.3", 12_500, 2_000, 25_000),
        ("grok-4.7", 20_000, 5_000, 60_000),
        ("grok-4.6", 20_000, 5_000, 60_000),
        ("grok-4.5", 20_000, 3_000, 60_000),
    ],
)
def test_the_price_is_exact_to_the_tick(ask, model, uncached, cached, out):
    usage = ask("What is the meaning of this?", model=model)["usage"]
    in_cache = usage["input_tokens_details"]["cached_tokens"]
    assert in_cache == 128
    expected = (usage["input_tokens"] - in_cache) * uncached + in_cache * cached + usage["output_tokens"] * out
    assert usage["cost_in_usd_ticks"] == expected


@pytest.mark.parametrize(
    ("size", "tokens"),
    [((8, 8), 3), ((32, 32), 3), ((33, 32), 4), ((500, 300), 162), ((1800, 1200), 2_168), ((4032, 3024), 11_972)],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_has_a_token_for_each_square_of_32_pixels(ask, http, picture, size, tokens, kind):
    uri = f"data:image/png;base64,{base64.b64encode(picture(size=size, kind=kind)).decode()}"
    part = {"type": "input_image", "image_url": uri}
    asked = [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}, part]}]
    assert ask(asked)["usage"]["input_tokens"] == 190 + 1 + tokens

    nested = {"type": "image_url", "image_url": {"url": uri}}
    asked = [{"role": "user", "content": [{"type": "text", "text": "Hi"}, nested, nested]}]
    usage = http.post("/chat/completions", json={"model": "grok-4.3", "messages": asked}).json()["usage"]
    assert usage["prompt_tokens"] == 190 + 1 + 2 * tokens
    assert usage["prompt_tokens_details"]["image_tokens"] == 2 * tokens
    assert usage["prompt_tokens_details"]["text_tokens"] == 190 + 1


def test_the_answers_of_one_chat_completion_are_all_paid_for(http):
    asked = {"model": "grok-4.3", "messages": USER}
    one, three = (http.post("/chat/completions", json={**asked, "n": n}).json()["usage"] for n in (1, 3))
    assert three["completion_tokens"] == 3 * one["completion_tokens"]
    assert three["prompt_tokens"] == one["prompt_tokens"]


def test_with_server_tools_the_input_is_that_of_all_turns(ask):
    plain = ask("Current stable Python?")["usage"]
    used = ask("Current stable Python?", tools=[{"type": "web_search"}])["usage"]
    last = used["context_details"]
    assert last["input_tokens"] > plain["input_tokens"]
    assert used["input_tokens"] > last["input_tokens"] + plain["input_tokens"]
    assert plain["input_tokens"] < used["input_tokens_details"]["cached_tokens"] < used["input_tokens"]
    assert last["output_tokens"] < used["output_tokens"]
    assert plain["context_details"] == {key: plain[key] for key in ("input_tokens", "output_tokens")}
    fees = 50_000_000 * used["num_server_side_tools_used"]
    cached = used["input_tokens_details"]["cached_tokens"]
    tokens = (used["input_tokens"] - cached) * 12_500 + cached * 2_000 + used["output_tokens"] * 25_000
    assert used["cost_in_usd_ticks"] == fees + tokens


def test_an_attached_file_is_read_in_the_second_turn(ask):
    encoded = base64.b64encode(b"line of text\n" * 400).decode()
    part = {"type": "input_file", "file_data": encoded, "filename": "lines.txt"}
    usage = ask([{"role": "user", "content": [{"type": "input_text", "text": "Hi"}, part]}])["usage"]
    first = 190 + 1
    assert usage["context_details"]["input_tokens"] > first + 13 * 400 // 4
    assert usage["input_tokens"] == first + usage["context_details"]["input_tokens"]


def reasoned(reply):
    return reply.json()["usage"]["output_tokens_details"]["reasoning_tokens"]


def test_reasoning_can_be_made_long_and_its_spread_chosen(faulty):
    engine = faulty("reasoning:tokens=3000,sigma=0")
    assert {reasoned(engine.ask(f"{n}+1?", max_output_tokens=16)) for n in range(5)} == {3_000}
    spread = faulty("reasoning:tokens=2000,sigma=1.5,most=50000")
    drawn = [reasoned(spread.ask(f"{n}+1?")) for n in range(200)]
    assert 1_400 < median(drawn) < 2_900
    assert max(drawn) > 8 * median(drawn)
    assert max(drawn) <= 50_000
    assert 1.0 < math.sqrt(sum((math.log(x) - math.log(2_000)) ** 2 for x in drawn) / 200) < 2.0


def test_long_reasoning_is_billed_like_any(faulty):
    engine = faulty("reasoning:tokens=3000,sigma=1")
    usages = [engine.ask(f"{n}+1?", max_output_tokens=16).json()["usage"] for n in range(5)]
    for usage in usages:
        tokens = usage["input_tokens"] - 128, usage["output_tokens"]
        assert usage["output_tokens"] == usage["output_tokens_details"]["reasoning_tokens"] + 1
        assert usage["cost_in_usd_ticks"] == tokens[0] * 12_500 + 128 * 2_000 + tokens[1] * 25_000
    assert [entry["ticks"] for entry in engine.sandbox.ledger()] == [usage["cost_in_usd_ticks"] for usage in usages]


def test_how_long_a_request_reasons_depends_on_it_and_the_seed_and_not_on_what_came_before(faulty):
    asked = [f"{n}+1?" for n in range(10)]
    first = faulty("reasoning", seed=1)
    drawn = [reasoned(first.ask(text)) for text in asked]
    assert len(set(drawn)) == 10
    assert [reasoned(first.ask(text)) for text in reversed(asked)] == drawn[::-1]
    assert [reasoned(faulty("reasoning", seed=1).ask(text)) for text in asked] == drawn
    assert [reasoned(faulty("reasoning", seed=2).ask(text)) for text in asked] != drawn


def test_reasoning_can_differ_by_model_and_by_effort(faulty):
    engine = faulty(
        "reasoning:model=grok-4.3,tokens=300,sigma=0"
        "+reasoning:model=grok-4.6,tokens=900,sigma=0+reasoning:model=grok-4.6,effort=xhigh,tokens=6000,sigma=0"
    )
    assert reasoned(engine.ask()) == reasoned(engine.ask(model="grok-4-0709")) == 300
    assert reasoned(engine.ask(model="grok-4.6")) == 900
    assert reasoned(engine.ask(model="grok-4.6", reasoning={"effort": "xhigh"})) == 6_000
    assert reasoned(engine.ask(model="grok-4.5")) == reasoned(faulty(None).ask(model="grok-4.5"))


def test_who_does_not_reason_is_left_alone_unless_it_is_named(faulty):
    silent = "grok-4.20-0309-non-reasoning"
    engine = faulty("reasoning:tokens=500,sigma=0")
    assert reasoned(engine.ask(model=silent)) == reasoned(engine.ask(reasoning={"effort": "none"})) == 0
    named = faulty(f"reasoning:model={silent},tokens=500,sigma=0+reasoning:effort=none,tokens=700,sigma=0")
    assert reasoned(named.ask(model=silent)) == 500
    assert reasoned(named.ask(reasoning={"effort": "none"})) == 700


def test_only_the_context_ends_reasoning(faulty):
    usage = faulty("reasoning:tokens=1000000,sigma=0").ask(model="grok-4.6").json()["usage"]
    assert usage["total_tokens"] == 500_000


def test_every_text_endpoint_and_batches_reason_as_long_as_they_are_told(faulty, batched):
    profile = "reasoning:tokens=4321,sigma=0"
    engine = faulty(profile)
    chat = engine.http.post("/chat/completions", json={"model": "grok-4.3", "messages": USER, "max_tokens": 4}).json()
    told = engine.http.post("/messages", json={"model": "grok-4.3", "messages": USER, "max_tokens": 4}).json()
    assert chat["usage"]["completion_tokens_details"]["reasoning_tokens"] == 4_321
    assert told["usage"]["output_tokens"] == 4_321 + 4
    asked = {
        "responses": ("responses", {"model": "grok-4.3", "input": SPEECH}),
        "chat": ("chat_get_completion", {"model": "grok-4.3", "messages": USER}),
    }
    for result in batched(asked, profile).values():
        assert result["usage"]["completion_tokens_details"]["reasoning_tokens"] == 4_321


def test_batches_meet_no_other_fault(batched):
    asked = {"a": ("responses", {"model": "grok-4.3", "input": SPEECH})}
    assert set(batched(asked, "server-errors:share=1,on=text+refusal:share=1+reasoning")) == {"a"}
