"""Every way in which the API says no, with the sentences it uses."""

from __future__ import annotations

import email.utils
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bad_server import KEY
from grokcall import errors
from grokcall.http.service_errors import LARGEST_ERROR_BODY, LONGEST_MESSAGE, error_of, in_band_error, service_error
from grokcall.http.transport import HttpResponse

TEAM = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


def reply(status: int, body: Any, **headers: str) -> HttpResponse:
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return HttpResponse(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)


def said(code: str | None, error: str, **more: Any) -> dict[str, Any]:
    return {**({"code": code} if code else {}), "error": error, **more}


CATALOGUE = [
    # status, body, class, retryable, systemic
    (400, said("invalid-argument", "Incorrect API key provided. You can obtain an API key from https://console.x.ai."),
     errors.AuthenticationError, False, True),
    (400, said("Client specified an invalid argument", "Incorrect API key provided: xa***yz. You can obtain one."),
     errors.AuthenticationError, False, True),
    (401, "", errors.AuthenticationError, False, True),
    (401, {"error": "Missing Authorization header"}, errors.AuthenticationError, False, True),
    (403, said("unauthenticated:bad-credentials", "The token is expired."), errors.AuthenticationError, False, True),
    (400, said("invalid-argument", "Model grok-4.3 does not support parameter reasoningEffort."),
     errors.InvalidRequestError, False, False),
    (400, said("Client specified an invalid argument", "Argument not supported on this model: presencePenalty"),
     errors.InvalidRequestError, False, False),
    (400, said("400", "Argument not supported: external_web_access"), errors.InvalidRequestError, False, False),
    (400, said("invalid-argument", "Invalid reasoning effort."), errors.InvalidRequestError, False, False),
    (400, said("invalid-argument",
               "This model's maximum prompt length is 131072 but the request contains 200000 tokens."),
     errors.InvalidRequestError, False, False),
    (400, said("imagine:content-moderated", "Generated image rejected by content moderation.",
               usage={"cost_in_usd_ticks": 200000000}), errors.ContentRefusedError, False, False),
    (400, said("Client specified an invalid argument", "Generated video rejected by content moderation."),
     errors.ContentRefusedError, False, False),
    (400, said("invalid-argument", "Fetching image failed with HTTP status 404 Not Found"),
     errors.InvalidRequestError, False, False),
    (400, said("invalid-argument", "Zero Data Retention teams must provide output.upload_url for video generation."),
     errors.InvalidRequestError, False, False),
    (402, said(None, "Payment required"), errors.CreditsExhaustedError, False, True),
    (403, said("permission-denied", f"Content violates usage guidelines. Team: {TEAM}, API key ID: {TEAM}, Model:"
               " grok-4.3, Failed check: SAFETY_CHECK_TYPE_BIO"), errors.ContentRefusedError, False, False),
    (403, said("The caller does not have permission to execute the specified operation",
               "Content violates usage guidelines."), errors.ContentRefusedError, False, False),
    (403, said("permission-denied", "Access to the chat endpoint is denied. Please ask your team admin."),
     errors.PermissionDeniedError, False, True),
    (403, said("permission-denied", "Your newly created team doesn't have any credits or licenses yet. You can"
               " purchase those on https://console.x.ai."), errors.CreditsExhaustedError, False, True),
    (403, said("permission-denied", "You have run out of credits or need a Grok subscription."),
     errors.CreditsExhaustedError, False, True),
    (404, said("not-found", f"The model grok-9 does not exist or your team {TEAM} does not have access to it."),
     errors.NotFoundError, False, True),
    (404, said("Some requested entity was not found", "Model not found"), errors.NotFoundError, False, True),
    (404, said("not-found", "No handler found on route."), errors.NotFoundError, False, True),
    (404, said("not-found", "Response with id=0b6f3c1e does not exist"), errors.NotFoundError, False, False),
    (404, said("not-found", "Response with id=0b6f3c1e not found"), errors.NotFoundError, False, False),
    (405, "", errors.InvalidRequestError, False, False),
    (408, "", errors.ServerFailureError, True, False),
    (409, said("aborted", "Try again."), errors.ServerFailureError, True, False),
    (413, "Payload too large", errors.InvalidRequestError, False, False),
    (415, "Expected request with `Content-Type: application/json`", errors.InvalidRequestError, False, False),
    (422, "Failed to deserialize the JSON body into the target type: input: missing field at line 1 column 20",
     errors.InvalidRequestError, False, False),
    (422, said(None, "Failed to deserialize the JSON body into the target type: x"),
     errors.InvalidRequestError, False, False),
    (429, said("resource-exhausted", f"Too many requests for team {TEAM} and model grok-4.3. Your team's rate limit is"
               " — Requests per Second (actual/limit): 2/2."), errors.RateLimitedError, True, False),
    (429, said(None, f"Too many tokens for team {TEAM}. Tokens per Minute (actual/limit): 9/8."),
     errors.RateLimitedError, True, False),
    (429, "", errors.RateLimitedError, True, False),
    *[(status, said("resource-exhausted", f"Your team {TEAM} has either used all available credits or reached its"
                    " monthly spending limit. To continue, purchase more."), errors.CreditsExhaustedError, False, True)
      for status in (403, 429)],
    (429, said("subscription:free-usage-exhausted", "Free usage is exhausted."),
     errors.CreditsExhaustedError, False, True),
    (498, "", errors.InvalidRequestError, False, False),
    (529, "", errors.ServerFailureError, True, False),
    *[(status, body, errors.ServerFailureError, True, False)
      for status in (500, 502, 503, 504, 520, 524)
      for body in ("", f"error code: {status}", "upstream connect error or disconnect/reset before headers",
                   "<html><head><title>520: Web server is returning an unknown error</title></head></html>")],
    # OpenAI's shape
    (404, {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": "model_not_found"}},
     errors.NotFoundError, False, True),
    (400, {"error": {"message": "Wrong role.", "type": "invalid_request_error"}},
     errors.InvalidRequestError, False, False),
    # a refusal with status 200
    (200, said("not-found", "The model grok-9 does not exist."), errors.NotFoundError, False, True),
    (200, said("Client specified an invalid argument", "Nothing there."), errors.InvalidRequestError, False, False),
    (200, said("internal", "Oops."), errors.ServerFailureError, True, False),
    (200, said("nobody knows this word", "Oops."), errors.ServerFailureError, False, False),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "retryable", "systemic"), CATALOGUE)
def test_each_refusal_is_told_by_what_it_says(
    status: int, body: Any, kind: type[errors.ServiceError], retryable: bool, systemic: bool
) -> None:
    error = error_of(reply(status, body))
    assert type(error) is kind
    assert (error.status, error.retryable, error.systemic) == (status, retryable, systemic)
    assert error.message
    assert str(error).startswith(error.message)
    assert isinstance(error, errors.Error)


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (said("invalid-argument", "A sentence."), "A sentence.", "invalid-argument"),
        ({"error": {"message": "A sentence.", "code": 17}}, "A sentence.", "17"),
        ({"error": "A sentence."}, "A sentence.", None),
        ("A sentence.", "A sentence.", None),
        ('"A sentence."', "A sentence.", None),
        ({"message": "A sentence.", "code": "x"}, "A sentence.", "x"),
        ({"detail": "A sentence."}, "A sentence.", None),
        ({"error": {"reason": 5}}, '{"reason": 5}', None),
        ("<!doctype html><html><title>Bad\n gateway</title>", "Bad gateway", None),
        (b"\xff\xfe broken", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} broken", None),
        ('{"error": "lone \\ud800 surrogate"}', "lone surrogate", None),
        ("line\r\nbreaks\x00and\x1b[31mcolours", "line breaks and [31mcolours", None),
        ("[" * 30_000, "[" * LONGEST_MESSAGE, None),
    ],
)
def test_the_sentence_and_code_are_found_in_every_shape(body: Any, message: str, code: str | None) -> None:
    error = error_of(reply(400, body))
    assert error is not None
    assert (error.message, error.code) == (message, code)


def test_a_reply_that_says_nothing_is_told_by_its_status() -> None:
    assert "Bad Gateway" in str(error_of(reply(502, b"")))
    assert "520" in str(error_of(reply(520, b"")))


def test_the_facts_are_attributes() -> None:
    body = said("imagine:content-moderated", "Generated image rejected.", usage={"cost_in_usd_ticks": 200_000_000})
    error = error_of(reply(400, body, x_request_id="7f3c", retry_after="7"))
    assert error is not None
    assert (error.status, error.code, error.request_id) == (400, "imagine:content-moderated", "7f3c")
    assert (error.cost_ticks, error.retry_after) == (200_000_000, 7.0)
    assert str(error).startswith("Generated image rejected. (HTTP 400, code imagine:content-moderated, request 7f3c)")


def test_the_request_id_is_the_trace_id_where_there_is_no_other() -> None:
    assert error_of(reply(400, b"", x_trace_id="t-1")).request_id == "t-1"  # type: ignore[union-attr]
    assert error_of(reply(400, b"", x_trace_id="t-1", x_request_id="r-1")).request_id == "r-1"  # type: ignore[union-attr]
    assert error_of(reply(400, b"")).request_id is None  # type: ignore[union-attr]


def test_the_user_is_told_what_can_be_done() -> None:
    assert "CALL ListModels()" in str(error_of(reply(404, said("not-found", "Model not found"))))
    assert "base_url" in str(error_of(reply(404, said("not-found", "No handler found on route."))))
    assert "https://console.x.ai" in str(error_of(reply(429, said(None, "You are out of credits."))))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("1.5", 1.5), ("soon", None), ("-3", None), ("nan", None), ("1e9", None), ("", None),
     ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("٣", None)],
)  # fmt: skip
def test_retry_after_is_read_when_it_makes_sense(value: str, seconds: float | None) -> None:
    assert error_of(reply(429, b"", retry_after=value)).retry_after == seconds  # type: ignore[union-attr]


def test_retry_after_may_be_a_date() -> None:
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    seconds = error_of(reply(429, b"", retry_after=date)).retry_after  # type: ignore[union-attr]
    assert seconds is not None
    assert 90 < seconds <= 100


ANSWERS: list[Any] = [
    {"id": "r", "object": "response", "status": "completed", "output": [], "error": None},
    {"id": "r", "object": "response", "output": [{"type": "code_interpreter_call", "code": "x"}], "error": None},
    {"output": [{"content": [{"text": '{"code":"x","error":"y"}'}]}], "error": None, "code": "x"},
    {"data": [{"b64_json": "aGk="}]},
    {"status": "failed", "error": {"code": "internal_error", "message": "A video that failed."}},
    {"error": "no code"},
    {"code": "no error", "error": None},
    [{"code": "a", "error": "b"}],
    b"",
    b'"code" "error" but no JSON',
    b'\xff\xf3 sound with "code" and "error" in it',
]


@pytest.mark.parametrize("body", ANSWERS)
def test_an_answer_is_no_error_whatever_words_it_has(body: Any) -> None:
    assert error_of(reply(200, body)) is None


@pytest.mark.parametrize("status", [200, 202, 204, 302])
def test_a_status_below_400_is_no_error(status: int) -> None:
    assert error_of(reply(status, b"")) is None


def test_a_large_body_with_status_200_is_taken_for_an_answer() -> None:
    body = said("not-found", "x" * LARGEST_ERROR_BODY)
    assert error_of(reply(200, body)) is None
    assert in_band_error(body) is not None


IN_BAND = [
    ("rate_limit_exceeded", errors.RateLimitedError, True),
    ("insufficient_quota", errors.CreditsExhaustedError, False),
    ("server_error", errors.ServerFailureError, True),
    ("overloaded", errors.ServerFailureError, True),
    ("timeout", errors.ServerFailureError, True),
    ("invalid_api_key", errors.AuthenticationError, False),
    ("permission_error", errors.PermissionDeniedError, False),
    ("model_not_found", errors.NotFoundError, False),
    ("context_length_exceeded", errors.InvalidRequestError, False),
    ("invalid_request_error", errors.InvalidRequestError, False),
    ("a code of tomorrow", errors.ServerFailureError, False),
    (None, errors.ServerFailureError, False),
]


@pytest.mark.parametrize(("code", "kind", "retryable"), IN_BAND)
def test_the_codes_inside_answers_stand_for_the_same_errors(
    code: str | None, kind: type[errors.ServiceError], retryable: bool
) -> None:
    direct = service_error(code, "What happened.")
    inside = in_band_error({"object": "response", "status": "failed", "output": [],
                            "error": {"code": code, "message": "What happened."}}, {"x-request-id": "r-9"})  # fmt: skip
    assert inside is not None
    assert type(direct) is type(inside) is kind
    assert direct.retryable is inside.retryable is retryable
    assert (inside.code, inside.message, inside.request_id) == (code, "What happened.", "r-9")


@pytest.mark.parametrize("document", [{}, {"error": None}, {"error": ""}, {"error": {}}, {"error": 5}, {"output": []}])
def test_an_answer_without_an_error_inside_has_none(document: dict[str, Any]) -> None:
    assert in_band_error(document) is None


def test_secrets_and_images_in_a_sentence_are_left_out() -> None:
    sentence = f"Bad key {KEY} in Bearer {KEY} and data:image/png;base64,{'iVBORw0KGgo' * 500}"
    for body in (said("invalid-argument", sentence), sentence, {"error": {"message": sentence, "code": KEY}}):
        error = error_of(reply(400, body, x_request_id=KEY))
        assert error is not None
        text = f"{error!r} {error} {vars(error)}"
        assert KEY not in text
        assert "iVBORw0KGgoiVBOR" not in text
        assert len(error.message) <= LONGEST_MESSAGE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "type", "usage", "cost_in_usd_ticks", "output"]) | st.text(),
            inner,
        )
    ),
    max_leaves=8,
)
BODIES = (
    st.binary()
    | st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
    | JSON.map(lambda value: json.dumps(value).encode())
)


@given(st.integers(100, 999), BODIES, st.dictionaries(st.sampled_from(["retry-after", "x-request-id"]), st.text()))
def test_no_bytes_and_no_status_are_beyond_reading(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = error_of(HttpResponse(status, headers, body))
    assert status < 400 or error is not None
    if error is not None:
        assert isinstance(error, errors.ServiceError)
        str(error).encode()
        assert len(error.message) <= LONGEST_MESSAGE
