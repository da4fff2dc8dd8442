"""The headers of each endpoint: those that the service sends, and none besides."""

import httpx
import pytest

GATEWAY = {"vary", "access-control-allow-origin", "access-control-expose-headers", "strict-transport-security"}
OWN = {"content-type", "content-length", "transfer-encoding", "connection"}
RETENTION = {"x-zero-data-retention", "x-data-retention"}
TRACE = {"traceparent"}
ID = {"x-request-id"}
REQUESTS = {"x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"}
LIMITS = REQUESTS | {"x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"}
E2E = {"x-metrics-e2e-ms"}
WAITED = E2E | {"x-metrics-ttft-ms"}
METRICS = WAITED | {"x-metrics-mean-itl-ms"}
VOICE = {"x-trace-id"}

TEXT = {"model": "grok-4.3", "input": "hi"}
CHAT = {"model": "grok-4.3", "messages": [{"role": "user", "content": "hi"}]}
MESSAGE = {**CHAT, "max_tokens": 50}
PICTURE = {"model": "grok-imagine-image", "prompt": "a kite"}
VIDEO = {"model": "grok-imagine-video", "prompt": "a boat", "duration": 1}
SPEECH = {"text": "hi", "language": "en"}
SEARCH = {"tools": [{"type": "web_search"}]}


def _id(value: object) -> str:
    return "headers" if isinstance(value, set) else str(value)[:50]  # sets are written in another order each time


def told(reply: httpx.Response) -> set[str]:
    """The names of the headers that say something of the service or the request; every reply has the gateway's."""
    names = set(reply.headers)
    assert names >= GATEWAY
    return names - GATEWAY - OWN


ANSWERS = [
    ("/responses", TEXT, RETENTION | TRACE | ID | LIMITS | METRICS),
    ("/responses", {**TEXT, **SEARCH}, RETENTION | TRACE | ID | LIMITS | WAITED),
    ("/responses", {**TEXT, **SEARCH, "tool_choice": "none"}, RETENTION | TRACE | ID | LIMITS | METRICS),
    ("/responses", {**TEXT, "stream": True}, RETENTION | TRACE | ID | LIMITS | {"cache-control"}),
    ("/responses", {**TEXT, **SEARCH, "stream": True}, RETENTION | TRACE | ID | LIMITS | {"cache-control"}),
    ("/responses/compact", TEXT, RETENTION | TRACE | ID | LIMITS | METRICS),
    ("/chat/completions", CHAT, RETENTION | TRACE | ID | LIMITS | METRICS),
    ("/chat/completions", {**CHAT, "stream": True}, RETENTION | TRACE | ID | LIMITS | {"cache-control"}),
    ("/messages", MESSAGE, RETENTION | TRACE | ID | LIMITS | METRICS),
    ("/messages", {**MESSAGE, "stream": True}, RETENTION | TRACE | ID | LIMITS | {"cache-control"}),
    ("/images/generations", PICTURE, RETENTION | TRACE | ID | REQUESTS | E2E),
    ("/videos/generations", VIDEO, RETENTION | TRACE | ID | REQUESTS),
    ("/tokenize-text", {"model": "grok-4.3", "text": "hi"}, RETENTION | TRACE | ID | REQUESTS | E2E),
    ("/tts", SPEECH, VOICE),
    ("/batches", {"name": "b"}, RETENTION | VOICE | {"x-envoy-upstream-service-time"}),
]


@pytest.mark.parametrize(("path", "body", "names"), ANSWERS, ids=_id)
def test_an_answer_has_the_headers_of_its_endpoint_and_no_others(http, path, body, names):
    reply = http.post(path, json=body)
    assert reply.status_code == 200, reply.text
    assert told(reply) == names


REFUSALS = [
    ("/responses", {**TEXT, "temperature": 3}, 400, RETENTION | ID),
    ("/responses", {**TEXT, "temperature": "warm"}, 422, RETENTION | ID),
    ("/responses", {**TEXT, "input": "FORBIDDEN_CONTENT"}, 403, RETENTION | ID),
    ("/responses", {**TEXT, "previous_response_id": "gone", "stream": True}, 404, RETENTION | ID),
    ("/chat/completions", {**CHAT, "search_parameters": {}}, 410, RETENTION | ID),
    ("/messages", {**MESSAGE, "max_tokens": 0}, 400, RETENTION | ID),
    ("/images/generations", {**PICTURE, "n": 0}, 400, RETENTION | ID),
    ("/images/generations", {**PICTURE, "prompt": "FORBIDDEN_CONTENT"}, 400, RETENTION | ID),
    ("/videos/generations", {**VIDEO, "duration": 99}, 400, RETENTION | ID),
    ("/tts", {"text": "hi"}, 400, VOICE),
    ("/tts", {**SPEECH, "voice_id": "nobody"}, 404, VOICE),
]


@pytest.mark.parametrize(("path", "body", "status", "names"), REFUSALS, ids=_id)
def test_a_refusal_says_neither_limits_nor_metrics_nor_a_trace(http, path, body, status, names):
    reply = http.post(path, json=body)
    assert reply.status_code == status, reply.text
    assert told(reply) == names


@pytest.mark.parametrize("path", ["/responses", "/images/generations", "/tts", "/batches", "/files", "/stt"])
@pytest.mark.parametrize("key", ["Bearer xai-wrong", "Bearer xai-invalid", "Basic abc"])
def test_a_wrong_key_is_told_nothing(http, path, key):
    reply = http.post(path, json=TEXT, headers={"Authorization": key})
    assert reply.status_code in (400, 401)
    assert told(reply) == set()


def test_polls_of_a_video_tell_nothing_but_what_is_kept(http):
    started = http.post("/videos/generations", json=VIDEO).json()["request_id"]
    poll = http.get(f"/videos/{started}")
    while poll.status_code == 202:
        assert told(poll) == RETENTION
        poll = http.get(f"/videos/{started}")
    assert (poll.status_code, told(poll)) == (200, RETENTION)
    assert told(http.get("/videos/none")) == RETENTION


def test_files_have_a_trace_when_they_are_there(http):
    kept = http.post("/files", files={"file": ("a.txt", b"x")})
    assert told(kept) == told(http.get(f"/files/{kept.json()['id']}")) == RETENTION | TRACE
    assert told(http.get("/files/none")) == RETENTION


def test_what_leads_nowhere_comes_from_the_gateway(http):
    assert told(http.get("/nowhere")) == set()
    assert told(http.put("/responses")) == set()


def test_all_of_each_limit_remains(http):
    for path, body, names in ANSWERS:
        headers = http.post(path, json=body).headers
        for kind in ("requests", "tokens"):
            if f"x-ratelimit-limit-{kind}" in names:
                assert int(headers[f"x-ratelimit-limit-{kind}"]) > 0
                assert headers[f"x-ratelimit-remaining-{kind}"] == headers[f"x-ratelimit-limit-{kind}"]


def test_limits_that_are_kept_are_told_with_what_remains_of_them_also_when_they_are_reached(faulty):
    engine = faulty("ratelimit:rpm=2")
    replies = [engine.ask() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert [reply.headers["x-ratelimit-remaining-requests"] for reply in replies] == ["1", "0", "0"]
    assert told(replies[-1]) == RETENTION | ID | LIMITS


def test_a_withheld_image_has_the_headers_of_a_refusal(faulty):
    engine = faulty("moderation:share=1")
    withheld = engine.http.post("/images/generations", json=PICTURE)
    assert withheld.status_code == 400
    assert told(withheld) == RETENTION | ID


def test_time_that_an_answer_is_held_back_is_told(faulty):
    engine = faulty(None, latency=0.2)
    headers = engine.ask().headers
    assert float(headers["x-metrics-e2e-ms"]) >= 200
    assert float(headers["x-metrics-ttft-ms"]) >= 200
