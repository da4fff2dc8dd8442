"""What each sentence of the service stands for, in every shape, and that no row can speak in its place."""

from __future__ import annotations

import email.utils
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from grokcall import errors
from grokcall.http.service_errors import error_of, in_band_error
from grokcall.http.transport import HttpResponse

TEAM = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"


class Said(NamedTuple):
    """A sentence, the statuses it comes with, and what it stands for."""

    words: str
    statuses: tuple[int, ...]
    kind: type[errors.ServiceError]
    retryable: bool = False
    systemic: bool = False
    remedy: str = ""


def pace(figures: str, thing: str = "Requests per Second") -> str:
    return (
        f"Too many {thing.split()[0].lower()} for team {TEAM} and model grok-4.3. Your team's rate limit is — {thing} "
        f"(actual/limit): {figures}. Please retry your request later."
    )


KEY = Said("", (400, 401, 403), errors.AuthenticationError, systemic=True, remedy="console.x.ai")
CREDITS = Said("", (403, 429), errors.CreditsExhaustedError, systemic=True, remedy="console.x.ai")
QUOTA = Said("", (429,), errors.PermissionDeniedError, systemic=True, remedy="no quota")
MODEL = Said("", (400, 404), errors.NotFoundError, systemic=True, remedy="ListModels")
CONTENT = Said("", (400, 403), errors.ContentRefusedError)
GRAMMAR = Said("", (400, 503), errors.InvalidRequestError, systemic=True, remedy="fewer tools")
SCHEMA = Said("", (400, 422), errors.InvalidRequestError, systemic=True, remedy="schema")
SENTENCES = [
    KEY._replace(words="Incorrect API key provided. You can obtain an API key from https://console.x.ai."),
    KEY._replace(words="Incorrect API key provided: xa***yz. You can obtain an API key from https://console.x.ai."),
    KEY._replace(words="Incorrect API key provided"),
    KEY._replace(words="Error: Incorrect API key provided."),
    CREDITS._replace(
        words=f"Your team {TEAM} has either used all available credits or reached its monthly spending limit. To"
        " continue, purchase more credits."
    ),
    CREDITS._replace(words="Your newly created team doesn't have any credits or licenses yet. You can purchase some."),
    CREDITS._replace(words="You have run out of credits or need a Grok subscription."),
    CREDITS._replace(words="Free usage quota exceeded. Purchase credits"),
    CREDITS._replace(words="Free usage quota exceeded."),
    QUOTA._replace(words=pace("0/0")),
    QUOTA._replace(words=pace("3/0", "Tokens per Minute")),
    Said(pace("2/2"), (429,), errors.RateLimitedError, retryable=True),
    Said(pace("12,000/10,000", "Tokens per Minute"), (429,), errors.RateLimitedError, retryable=True),
    MODEL._replace(words="Model not found: grok-9"),
    MODEL._replace(words="Model not found"),
    MODEL._replace(
        words=f"The model grok-9 does not exist or your team {TEAM} does not have access to it. Please ensure you're"
        " using the correct API key."
    ),
    MODEL._replace(words="The model `grok-9` does not exist."),
    Said("No handler found on route. Check the path.", (404,), errors.NotFoundError, systemic=True, remedy="base_url"),
    CONTENT._replace(words="Content violates usage guidelines."),
    CONTENT._replace(words=f"Content violates usage guidelines. Team: {TEAM}, Failed check: SAFETY_CHECK_TYPE_BIO"),
    CONTENT._replace(words="Generated image rejected by content moderation."),
    GRAMMAR._replace(words="Grammar is too complex."),
    GRAMMAR._replace(words="Invalid request content: Grammar is too complex"),
    SCHEMA._replace(words="Invalid request content: Schema validation failed: [standard_violation] /properties/a"),
    Said(
        "Live search is deprecated. Please switch to the Agent Tools API: https://docs.x.ai/docs/guides/tools/overview",
        (400, 410),
        errors.InvalidRequestError,
        systemic=True,
        remedy="web_search and x_search",
    ),
    Said("The service is currently unavailable", (500, 503), errors.ServerFailureError, retryable=True),
    Said("A sentence that nobody knows.", (503, 520), errors.ServerFailureError, retryable=True),
    Said("A sentence that nobody knows.", (429,), errors.RateLimitedError, retryable=True),
    Said("A sentence that nobody knows.", (400, 410, 422), errors.InvalidRequestError),
]
SHAPES: dict[str, Callable[[str], Any]] = {
    "code and error": lambda words: {"code": "invalid-argument", "error": words},
    "code of 2025": lambda words: {"code": "Client specified an invalid argument", "error": words},
    "error": lambda words: {"error": words},
    "OpenAI's": lambda words: {"error": {"message": words, "type": "invalid_request_error", "param": None}},
    "message": lambda words: {"message": words},
    "detail": lambda words: {"detail": words},
    "a JSON string": lambda words: words,
    "plain text": lambda words: words.encode(),
    "plain text with a line break": lambda words: f"\n{words}\n".encode(),
}


def reply(status: int, body: Any, **headers: str) -> HttpResponse:
    return HttpResponse(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("said", SENTENCES, ids=lambda said: said.words[:40])
def test_a_sentence_stands_for_one_thing_whatever_its_status_and_shape(said: Said, shape: str) -> None:
    for status in said.statuses:
        error = error_of(reply(status, SHAPES[shape](said.words)))
        assert type(error) is said.kind
        assert (error.retryable, error.systemic) == (said.retryable, said.systemic)
        assert said.remedy in error.remedy


IN_BAND = {400: "invalid-argument", 401: "unauthenticated", 403: "permission-denied", 404: "not-found",
           429: "resource-exhausted", 503: "The service is currently unavailable"}  # fmt: skip


@pytest.mark.parametrize("said", SENTENCES, ids=lambda said: said.words[:40])
def test_a_sentence_inside_an_answer_stands_for_the_same(said: Said) -> None:
    for status in said.statuses:
        if status not in IN_BAND:
            continue
        refusal = {"code": IN_BAND[status], "error": said.words}
        whole = error_of(reply(200, refusal))
        inside = in_band_error({"object": "response", "error": {"code": IN_BAND[status], "message": said.words}})
        assert type(whole) is type(inside) is said.kind
        assert (whole.retryable, whole.systemic) == (said.retryable, said.systemic)


QUOTED: dict[str, Callable[[str], str]] = {
    "double": lambda words: f'Invalid request content: "{words}" cannot be processed.',
    "at the beginning": lambda words: f'"{words}" is not a valid input.',
    "single": lambda words: f"'{words}' is not allowed here.",
    "backticks": lambda words: f"`{words}` is not a valid value for `input`.",
    "curly": lambda words: f"\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK} cannot be read.",
    "angular": lambda words: (
        f"\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}{words}\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    ),
    "low": lambda words: f"\N{DOUBLE LOW-9 QUOTATION MARK}{words}\N{LEFT DOUBLE QUOTATION MARK}",
    "as JSON": lambda words: json.dumps({"input": words}),
    "as escaped JSON": lambda words: f"Failed to deserialize: {json.dumps(json.dumps({'input': words}))}",
    "with a prefix": lambda words: f"Invalid value for input: {words}",
    "with a place": lambda words: f"input[0].content: {words} (at line 1, column 20)",
    "in a sentence": lambda words: f"The text {words} cannot be processed.",
    "in brackets": lambda words: f"[{words}] cannot be processed.",
    "after a sentence": lambda words: f"This cannot be processed. {words}",
    "masked": lambda words: f"The text xa***yz {words} cannot be processed.",
    "with a suffix": lambda words: f"Invalid input: {words} - more of the ticket follows. Incorrect API key provided.",
    "in the midst of a ticket": lambda words: f"Unsupported value: 'Hi, it says {words} What now?'",
}
ROWS = [said for said in SENTENCES if said.kind is not errors.InvalidRequestError or said.systemic]


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("quoted", QUOTED)
def test_a_refusal_that_quotes_a_row_is_an_error_of_that_row(quoted: str, status: int) -> None:
    for said in ROWS:
        message = QUOTED[quoted](said.words)
        for shape in SHAPES.values():
            error = error_of(reply(status, shape(message)))
            assert type(error) is errors.InvalidRequestError, message
            assert (error.retryable, error.systemic) == (False, False), message


@pytest.mark.parametrize(
    "message",
    [
        "Incorrect API key provided is what the customer writes",
        "incorrect API key provided in ticket 5 cannot be processed",
        "Model not found: my ticket says so",
        "Model not found in this text",
        "Content violates usage guidelines that the customer quotes",
        "Grammar is too complex for a child, says the customer",
        "You have run out of credits, says the text",
        "Free usage quota exceeded my expectations",
    ],
)
def test_a_sentence_counts_only_when_it_is_whole(message: str) -> None:
    error = error_of(reply(400, {"code": "invalid-argument", "error": message}))
    assert type(error) is errors.InvalidRequestError
    assert not error.systemic


def test_a_sentence_counts_only_with_a_status_that_goes_with_it() -> None:
    assert type(error_of(reply(500, {"error": "Incorrect API key provided."}))) is errors.ServerFailureError
    assert type(error_of(reply(422, {"error": "Model not found: x"}))) is errors.InvalidRequestError


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        ("The service is currently unavailable", errors.ServerFailureError, True),
        ("service_unavailable", errors.ServerFailureError, True),
        ("Unavailable", errors.ServerFailureError, True),
        ("UNAVAILABLE", errors.ServerFailureError, True),
        ("Deadline expired before operation could complete", errors.ServerFailureError, True),
        ("Some resource has been exhausted", errors.RateLimitedError, True),
        ("ResourceExhausted", errors.RateLimitedError, True),
        ("RESOURCE_EXHAUSTED", errors.RateLimitedError, True),
        ("Internal error", errors.ServerFailureError, True),
        ("The operation was aborted", errors.ServerFailureError, True),
        ("The request does not have valid authentication credentials", errors.AuthenticationError, False),
        ("The system is not in a state required for the operation's execution", errors.InvalidRequestError, False),
        ("Gone", errors.InvalidRequestError, False),
        ("NotFound", errors.NotFoundError, False),
    ],
)
def test_every_vintage_of_a_code_is_known_inside_a_success(
    code: str, kind: type[errors.ServiceError], retryable: bool
) -> None:
    error = error_of(reply(200, {"code": code, "error": "What happened."}))
    assert type(error) is kind
    assert (error.retryable, error.cost_ticks) == (retryable, None)


PAGE = b"<!DOCTYPE html>\n<html><head><title>%s</title></head><body>...</body></html>"


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "systemic"),
    [
        (403, errors.PermissionDeniedError, False, False),  # a firewall may have taken offence at one text
        (404, errors.NotFoundError, False, True),
        (405, errors.NotFoundError, False, True),
        (407, errors.PermissionDeniedError, False, True),
        (502, errors.ServerFailureError, True, False),
        (524, errors.ServerFailureError, True, False),
    ],
)
def test_a_page_is_not_taken_for_the_words_of_the_api(
    status: int, kind: type[errors.ServiceError], retryable: bool, systemic: bool
) -> None:
    error = error_of(reply(status, PAGE % b"Attention Required! | Cloudflare"))
    assert type(error) is kind
    assert (error.message, error.retryable, error.systemic) == ("Attention Required! | Cloudflare", retryable, systemic)


@pytest.mark.parametrize("ahead", [-86_400, -3_600, 0, 3_600, 86_400])
def test_a_date_to_wait_for_counts_from_the_clock_of_the_service(ahead: int) -> None:
    there = time.time() + ahead
    date, after = email.utils.formatdate(there, usegmt=True), email.utils.formatdate(there + 7, usegmt=True)
    assert error_of(reply(429, b"", **{"date": date, "retry-after": after})).retry_after == 7.0  # type: ignore[union-attr]


@pytest.mark.parametrize("date", ["", "yesterday", "Wed, 99 Foo 2026 07:28:00 GMT"])
def test_without_a_date_that_can_be_read_the_clock_here_counts(date: str) -> None:
    after = email.utils.formatdate(time.time() + 100, usegmt=True)
    seconds = error_of(reply(429, b"", **{"date": date, "retry-after": after})).retry_after  # type: ignore[union-attr]
    assert seconds is not None
    assert 80 < seconds <= 100


def test_a_date_before_that_of_the_reply_asks_for_no_wait() -> None:
    headers = {"date": "Wed, 21 Oct 2026 07:28:00 GMT", "retry-after": "Wed, 21 Oct 2026 07:27:00 GMT"}
    assert error_of(reply(429, b"", **headers)).retry_after == 0.0  # type: ignore[union-attr]
