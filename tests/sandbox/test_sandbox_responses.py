"""The Responses endpoints: fields, usage and cost, tools, streams, conversations."""

import base64
import json

import pytest

FIELDS = """
id object created_at completed_at status error incomplete_details model output instructions max_output_tokens
max_tool_calls parallel_tool_calls previous_response_id reasoning store temperature top_p text tool_choice
tools usage user safety_identifier prompt_cache_key service_tier truncation background top_logprobs
presence_penalty frequency_penalty metadata
"""


def test_every_field_of_the_response_is_there(ask):
    response = ask("Say hello", user="u1", prompt_cache_key="k1", safety_identifier="s1")
    assert set(response) == set(FIELDS.split())
    assert (response["object"], response["status"], response["service_tier"]) == ("response", "completed", "default")
    assert (response["temperature"], response["top_p"]) == (0.7, 0.95)
    assert response["reasoning"] == {"effort": "low", "summary": "detailed"}
    assert (response["user"], response["prompt_cache_key"], response["safety_identifier"]) == ("u1", "k1", "s1")
    assert [item["type"] for item in response["output"]] == ["reasoning", "message"]
    assert response["output"][1]["id"] == f"msg_{response['id']}"


def test_the_priority_tier_doubles_the_price(ask):
    plain, fast = ask("Say hello"), ask("Say hello", service_tier="priority")
    assert fast["service_tier"] == "priority"
    assert fast["usage"]["cost_in_usd_ticks"] == 2 * plain["usage"]["cost_in_usd_ticks"]


def test_a_long_prompt_costs_double(ask):
    usage = ask("word " * 210_000)["usage"]
    assert usage["input_tokens"] >= 200_000
    plain = (usage["input_tokens"] - 128) * 12_500 + 128 * 2_000 + usage["output_tokens"] * 25_000
    assert usage["cost_in_usd_ticks"] == 2 * plain


def test_the_ledger_sums_up_what_the_replies_said(ask, http, sandbox):
    told = [ask(f"Question {number}")["usage"]["cost_in_usd_ticks"] for number in range(5)]
    chat = http.post("/chat/completions", json={"model": "grok-4.3", "messages": [{"role": "user", "content": "hi"}]})
    told.append(chat.json()["usage"]["cost_in_usd_ticks"])
    picture = http.post("/images/generations", json={"model": "grok-imagine-image", "prompt": "x", "n": 2})
    told.append(picture.json()["usage"]["cost_in_usd_ticks"])
    assert [entry["ticks"] for entry in sandbox.ledger()] == told
    assert all(entry["answered"] for entry in sandbox.ledger())
    shown = http.get(sandbox.base_url.removesuffix("/v1") + "/sandbox/ledger").json()
    assert shown == {"entries": sandbox.ledger(), "total_ticks": sum(told)}


def test_the_ledger_never_shows_the_key(ask, sandbox):
    ask("Say hello")
    assert "xai-sandbox" not in json.dumps(sandbox.ledger())
    assert set(sandbox.ledger()[0]) == {
        "time",
        "endpoint",
        "model",
        "request_hash",
        "ticks",
        "answered",
        "request_id",
    }


def test_a_reset_forgets_everything(ask, http, sandbox):
    response = ask("Say hello")
    assert http.post(sandbox.base_url.removesuffix("/v1") + "/sandbox/reset").status_code == 200
    assert sandbox.ledger() == []
    assert http.get(f"/responses/{response['id']}").status_code == 404


def test_the_same_request_gets_the_same_answer(ask):
    first, second = ask("Tell me of the sea, please"), ask("Tell me of the sea, please")
    assert first["id"] != second["id"]
    for response in (first, second):
        for item in response["output"]:
            item["id"] = ""
    assert first["output"] == second["output"]
    assert first["usage"] == second["usage"]


def test_a_non_reasoning_model_does_not_reason(ask):
    response = ask("Say hello", model="grok-4.20-non-reasoning")
    assert [item["type"] for item in response["output"]] == ["message"]
    assert response["usage"]["output_tokens_details"]["reasoning_tokens"] == 0
    assert ask("Say hello", reasoning={"effort": "none"})["usage"]["output_tokens_details"]["reasoning_tokens"] == 0


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("grok-4.3-latest", "grok-4.3"),
        ("grok-3", "grok-4.3"),
        ("grok-4-fast-reasoning", "grok-4.3"),
        ("grok-latest", "grok-4.7"),
    ],
)
def test_aliases_and_withdrawn_ids_are_served_by_another(ask, asked, served):
    assert ask("Say hello", model=asked)["model"] == served


def test_more_effort_takes_more_tokens(ask):
    efforts = ["none", "low", "medium", "high", "xhigh"]
    spent = [ask("Say hello", reasoning={"effort": effort})["usage"]["output_tokens"] for effort in efforts]
    assert spent == sorted(set(spent))


def test_the_stream_has_the_recorded_order(http):
    body = {"model": "grok-4.3", "input": "Say hello there my friend", "stream": True}
    reply = http.post("/responses", json=body)
    assert reply.headers["content-type"].startswith("text/event-stream")
    frames = [frame.split("\n") for frame in reply.text.strip().split("\n\n")]
    events = [json.loads(frame[1].removeprefix("data: ")) for frame in frames]
    assert [frame[0].removeprefix("event: ") for frame in frames] == [event["type"] for event in events]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert list(dict.fromkeys(event["type"].removeprefix("response.") for event in events)) == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "completed",
    ]
    assert events[0]["response"]["usage"] is None
    final = events[-1]["response"]
    assert round(final["temperature"], 6) == 0.7
    assert "[DONE]" not in reply.text


@pytest.mark.parametrize("effort", [None, "low", "medium"])
def test_a_stream_tells_the_effort_only_if_one_was_asked_for(http, ask, effort):
    body = {"model": "grok-4.3", "input": "Say hello", **({"reasoning": {"effort": effort}} if effort else {})}
    told = [
        json.loads(line[6:])
        for line in http.post("/responses", json={**body, "stream": True}).iter_lines()
        if line.startswith("data: ")
    ]
    summary = "detailed" if effort else None
    shown = [event["response"]["reasoning"] for event in told if "response" in event]
    assert shown == [{"effort": effort, "summary": summary}] * 3
    assert http.post("/responses", json=body).json()["reasoning"]["effort"] == (effort or "low")


def test_an_incomplete_stream_ends_as_such(http):
    body = {"model": "grok-4.3", "input": "Say one two three", "stream": True, "max_output_tokens": 2}
    assert http.post("/responses", json=body).text.rstrip().split("\n\n")[-1].startswith("event: response.incomplete")


def test_a_response_that_is_not_stored_cannot_be_referred_to(ask, http):
    response = ask("Say hello", store=False)
    body = {"model": "grok-4.3", "input": "again", "previous_response_id": response["id"]}
    assert http.post("/responses", json=body).status_code == 404
    assert http.get(f"/responses/{response['id']}").status_code == 404


def test_a_stored_response_comes_back_without_reasoning_and_instructions(ask, http):
    response = ask("Current stable Python?", instructions="Be brief.", tools=[{"type": "web_search"}])
    kept = http.get(f"/responses/{response['id']}").json()
    assert response["instructions"] == "Be brief."
    assert kept["instructions"] is None
    assert kept["output"] == [item for item in response["output"] if item["type"] != "reasoning"]
    same = set(response) - {"output", "instructions"}
    assert {name: kept[name] for name in same} == {name: response[name] for name in same}


@pytest.mark.parametrize("tools", [[], [{"type": "web_search"}, {"type": "x_search"}]])
def test_encrypted_reasoning_comes_on_every_reasoning_item_when_it_is_asked_for(ask, tools):
    def reasoning(**fields):
        output = ask("Current stable Python?", tools=tools, **fields)["output"]
        return [item.get("encrypted_content") for item in output if item["type"] == "reasoning"]

    sealed = reasoning(include=["reasoning.encrypted_content"])
    assert len(sealed) == (5 if tools else 1)
    assert all(base64.b64decode(content, validate=True) for content in sealed)
    assert reasoning() == [None] * len(sealed)
    assert all(reasoning(model="grok-4.7"))


def test_every_reply_tells_its_fingerprint(ask):
    assert ask("Say hello", metadata={"a": "b"})["metadata"].keys() == {"system_fingerprint"}


def test_stored_instructions_are_used_again(ask, say):
    first = ask("Blue or green?", instructions="Answer in one word.")
    assert len(say("And the weather tomorrow?", previous_response_id=first["id"]).split()) == 1


def test_earlier_turns_are_paid_for_and_partly_cached(ask):
    first = ask("word " * 300)
    second = ask("and now?", previous_response_id=first["id"])
    assert second["usage"]["input_tokens"] > 490
    assert second["usage"]["input_tokens_details"]["cached_tokens"] >= 128 + 256


def test_input_items_are_listed_in_pages(ask, http):
    items = [{"role": "user", "content": f"message {number}"} for number in range(5)]
    response_id = ask(items)["id"]
    page = http.get(f"/responses/{response_id}/input_items?limit=2").json()
    assert [item["content"][0]["text"] for item in page["data"]] == ["message 0", "message 1"]
    assert page["has_more"] is True
    rest = http.get(f"/responses/{response_id}/input_items?limit=9&after={page['last_id']}").json()
    assert [item["content"][0]["text"] for item in rest["data"]] == ["message 2", "message 3", "message 4"]
    assert rest["has_more"] is False
    backwards = http.get(f"/responses/{response_id}/input_items?limit=1&order=desc").json()
    assert backwards["data"][0]["content"][0]["text"] == "message 4"


def test_a_whole_turn_can_be_sent_back(ask, say):
    first = ask("My cat is called Tom.", tools=[{"type": "web_search"}])
    history = [
        {"role": "user", "content": "My cat is called Tom."},
        *first["output"],
        {"role": "user", "content": "Well?"},
    ]
    assert "My cat is called Tom." in say(history)


def test_files_are_read_by_id_and_inline(http, say, ask):
    table = b"id,city\n1,Oslo\n2,Rome\n"
    kept = http.post("/files", files={"file": ("cities.csv", table)}).json()
    question = {"type": "input_text", "text": "Where is Rome listed?"}
    by_id = [{"role": "user", "content": [question, {"type": "input_file", "file_id": kept["id"]}]}]
    encoded = base64.b64encode(table).decode()
    part = {"type": "input_file", "file_data": encoded, "filename": "cities.csv", "mime_type": "text/csv"}
    inline = [{"role": "user", "content": [question, part]}]
    answer = say(by_id)
    assert "columns are id, city; it has 2 rows" in answer
    assert "“2,Rome”" in answer
    assert say(inline) == answer
    usage = ask(by_id)["usage"]
    assert usage["server_side_tool_usage_details"]["document_search_calls"] == 1
    assert usage["num_server_side_tools_used"] == 1


def test_addresses_on_other_hosts_are_not_fetched(say):
    parts = [
        {"type": "input_image", "image_url": "https://example.org/b.jpg"},
        {"type": "input_file", "file_url": "https://example.org/report.pdf"},
    ]
    answer = say([{"role": "user", "content": parts}])
    assert "https://example.org/b.jpg" in answer
    assert "report.pdf" in answer
    assert "fetches nothing" in answer


def test_an_image_the_engine_made_can_be_asked_about_by_its_address(http, say):
    made = http.post(
        "/images/generations", json={"model": "grok-imagine-image", "prompt": "a kite", "aspect_ratio": "2:1"}
    )
    part = {"type": "input_image", "image_url": made.json()["data"][0]["url"]}
    assert "JPEG of 1448 x 724 pixels" in say([{"role": "user", "content": [part]}])


def test_an_image_address_that_fails_is_reported(http, sandbox):
    url = sandbox.base_url.removesuffix("/v1") + "/media/none.jpeg"
    body = {"model": "grok-4.3", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]}
    reply = http.post("/responses", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"] == "Fetching image failed with HTTP status 404 Not Found"
