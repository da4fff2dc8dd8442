"""The smaller endpoints that clients look for: text completions, compaction, tokens for sockets."""

import json
import time

import pytest

DOG = [
    {"role": "user", "content": "My dog is called Rex."},
    {"role": "assistant", "content": "A fine name."},
]


def complete(http, **body):
    reply = http.post("/completions", json={"model": "grok-4.3", "prompt": "2+2?", **body})
    assert reply.status_code == 200, reply.text
    return reply


def test_a_text_completion_answers_its_prompt_without_reasoning(http, sandbox):
    answer = complete(http).json()
    assert (answer["object"], answer["model"]) == ("text_completion", "grok-4.3")
    assert answer["choices"] == [{"index": 0, "text": "4", "finish_reason": "stop", "logprobs": None}]
    assert answer["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0
    assert [entry["ticks"] for entry in sandbox.ledger()] == [answer["usage"]["cost_in_usd_ticks"]]


def test_each_of_several_prompts_is_answered_as_often_as_asked_and_paid_for(http, sandbox):
    single = [complete(http, prompt=prompt).json()["usage"] for prompt in ("2+2?", "Say hello")]
    answer = complete(http, prompt=["2+2?", "Say hello"], n=2).json()
    assert [(choice["index"], choice["text"]) for choice in answer["choices"]] == [
        (0, "4"),
        (1, "4"),
        (2, "hello"),
        (3, "hello"),
    ]
    assert answer["usage"]["prompt_tokens"] == sum(usage["prompt_tokens"] for usage in single)
    assert sandbox.ledger()[-1]["ticks"] == answer["usage"]["cost_in_usd_ticks"]


@pytest.mark.parametrize("model", ["grok-4.3", "grok-4.20-non-reasoning", "grok-3-latest"])
def test_models_that_can_answer_without_reasoning_complete_texts(http, model):
    assert complete(http, model=model).json()["choices"][0]["text"] == "4"


def test_a_text_completion_can_be_cut_stopped_and_led_by_its_prompt(http):
    words = "Say one two three four"
    cut = complete(http, prompt=words, max_tokens=1).json()["choices"][0]
    assert cut["finish_reason"] == "length"
    stopped = complete(http, prompt=words, model="grok-4.20-non-reasoning", stop="three").json()["choices"][0]
    assert (stopped["text"], stopped["finish_reason"]) == ("one two ", "stop")
    assert complete(http, echo=True).json()["choices"][0]["text"] == "2+2?4"


def test_a_streamed_text_completion_comes_in_pieces_and_ends_with_usage(http):
    reply = complete(http, prompt="Say hello there", stream=True, stream_options={"include_usage": True})
    lines = [line.removeprefix("data: ") for line in reply.text.splitlines() if line]
    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    assert {chunk["object"] for chunk in chunks} == {"text_completion"}
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] > 0
    choices = [chunk["choices"][0] for chunk in chunks[:-1]]
    assert "".join(choice["text"] for choice in choices) == "hello there"
    assert [choice["finish_reason"] for choice in choices] == [None] * (len(choices) - 1) + ["stop"]


def compact(http, **body):
    reply = http.post("/responses/compact", json={"model": "grok-4.3", **body})
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_compacted_conversation_goes_on(http, say, sandbox):
    answer = compact(http, input=DOG)
    assert (answer["object"], answer["model"]) == ("response.compaction", "grok-4.3")
    assert answer["id"].startswith("cmp_")
    assert answer["usage"]["dropped_message_count"] == 2
    assert [entry["ticks"] for entry in sandbox.ledger()] == [answer["usage"]["cost_in_usd_ticks"]]
    (item,) = answer["output"]
    assert set(item) == {"type", "id", "encrypted_content"}
    assert item["type"] == "compaction"
    assert "Rex" not in item["encrypted_content"]
    assert "My dog is called Rex." in say([item, {"role": "user", "content": "Nice weather."}])


def test_a_stored_conversation_is_compacted_with_its_instructions(http, ask, say):
    first = ask("My dog is called Rex.", instructions="Be brief")
    (item,) = compact(http, previous_response_id=first["id"])["output"]
    assert "My dog is called Rex." in say([item, {"role": "user", "content": "Nice weather."}])
    again = compact(http, input=[item, {"role": "user", "content": "Nice weather."}])
    assert again["usage"]["dropped_message_count"] == 4


def test_what_tools_gave_is_dropped_and_the_rest_is_cheaper(http, ask):
    call = {"type": "function_call", "call_id": "call-1-0", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "call-1-0", "output": "word " * 2_000}
    question = {"role": "user", "content": "Nice weather."}
    (item,) = compact(http, input=[*DOG, call, output])["output"]
    whole = ask([*DOG, call, output, question])["usage"]["input_tokens"]
    assert ask([item, question])["usage"]["input_tokens"] < whole - 1_900


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({}, 600),
        ({"expires_after": {"seconds": 30}}, 30),
        ({"expires_after": {"anchor": "created_at", "seconds": 3600}, "session": {"model": "grok-voice-latest"}}, 3600),
    ],
)
def test_a_token_for_a_socket_lives_as_long_as_asked(http, body, seconds):
    before = int(time.time())
    tokens = [http.post("/realtime/client_secrets", json=body).json() for _ in range(2)]
    assert set(tokens[0]) == {"value", "expires_at"}
    assert tokens[0]["value"].startswith("xai-realtime-client-secret-")
    assert tokens[0]["value"] != tokens[1]["value"]
    assert before + seconds <= tokens[0]["expires_at"] <= int(time.time()) + seconds
