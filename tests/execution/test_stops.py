"""Errors that every row would meet end a run at once, with one message; those of a row stay with the row."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import grokcall
from scripted_service import WRONG_KEY, Answer, Asked, Service, answered, refused

Connecting = Callable[..., grokcall.Connection]
ASK = "CALL GenerateResponse(:body)"
IN_FLIGHT = 16

SYSTEMIC = {
    "wrong key": (WRONG_KEY, grokcall.AuthenticationError, "auth"),
    "missing header": (refused(401, "No credentials."), grokcall.AuthenticationError, "auth"),
    "blocked team": (
        refused(403, "Access to the chat endpoint is denied. Your team is blocked.", "permission-denied"),
        grokcall.PermissionDeniedError,
        "permission",
    ),
    "no credits": (
        refused(403, "Your newly created team doesn't have any credits or licenses yet."),
        grokcall.CreditsExhaustedError,
        "credits_exhausted",
    ),
    "spent credits": (
        refused(429, "Your team t has either used all available credits or reached its monthly spending limit."),
        grokcall.CreditsExhaustedError,
        "credits_exhausted",
    ),
    "unknown model": (
        refused(404, "The model grok-9 does not exist or your team t does not have access to it."),
        grokcall.NotFoundError,
        "not_found",
    ),
}
OF_A_ROW = {
    "content": refused(
        403, "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO", "permission-denied"
    ),
    "bad request": refused(400, "This model's maximum prompt length is 9 but the request contains 10 tokens."),
    "no such response": refused(404, "Response with id=1 not found"),
}


def rows(count: int) -> list[dict[str, str]]:
    return [{"body": f"b{number}", "model": f"m{number}"} for number in range(count)]


def slowly(answer: Answer) -> Callable[[Asked], Answer]:
    """An answer that takes a while, so that calls are in flight together."""
    return lambda _: Answer(answer.body, answer.status, answer.headers, delay=0.05)


@pytest.mark.parametrize("name", SYSTEMIC)
def test_it_ends_a_lookup_with_one_error_and_nothing_but_what_was_in_flight_is_sent(
    service: Service, connecting: Connecting, name: str
) -> None:
    answer, kind, word = SYSTEMIC[name]
    service.script = slowly(answer)
    with pytest.raises(kind) as ended:
        connecting(concurrency=IN_FLIGHT).lookup(ASK, rows(2_000))
    assert 1 <= len(service.asked) <= IN_FLIGHT
    result = ended.value.result  # type: ignore[attr-defined]
    assert result.errors.num_rows <= IN_FLIGHT
    assert (result.summary.stop["reason"], result.summary.as_dict()["stop"]["reason"]) == (word, word)


@pytest.mark.parametrize("name", SYSTEMIC)
def test_it_ends_executemany_as_well(service: Service, connecting: Connecting, name: str) -> None:
    answer, kind, _ = SYSTEMIC[name]
    service.script = slowly(answer)
    with pytest.raises(kind):
        connecting(concurrency=IN_FLIGHT).cursor().executemany(ASK, rows(2_000))
    assert 1 <= len(service.asked) <= IN_FLIGHT


def test_it_ends_a_run_that_went_well_so_far_and_keeps_what_was_answered(
    service: Service, connecting: Connecting
) -> None:
    service.script = lambda asked: answered("x") if len(service.asked) <= 50 else SYSTEMIC["spent credits"][0]
    with pytest.raises(grokcall.CreditsExhaustedError) as ended:
        connecting(concurrency=IN_FLIGHT).lookup(ASK, rows(2_000))
    assert ended.value.result.rows.num_rows == 50  # type: ignore[attr-defined]
    assert len(service.asked) <= 50 + IN_FLIGHT


@pytest.mark.parametrize("name", OF_A_ROW)
def test_an_error_of_one_row_ends_nothing(service: Service, connecting: Connecting, name: str) -> None:
    service.script = lambda _: OF_A_ROW[name]
    result = connecting(concurrency=IN_FLIGHT).lookup(ASK, rows(60))
    assert (result.errors.num_rows, len(service.asked)) == (60, 60)


def test_a_model_of_each_row_that_does_not_exist_concerns_its_row_only(
    service: Service, connecting: Connecting
) -> None:
    command = "CALL GenerateResponse(:body, Model => :model)"
    service.script = lambda _: SYSTEMIC["unknown model"][0]
    assert connecting().lookup(command, rows(100)).errors.num_rows == 100


def test_a_model_of_some_rows_that_the_key_may_not_use_ends_nothing_until_it_is_true_of_all(
    service: Service, connecting: Connecting
) -> None:
    command = "CALL GenerateResponse(:body, Model => :model)"
    denied = SYSTEMIC["blocked team"][0]
    service.script = lambda asked: denied if asked.json["model"].endswith(("1", "2", "3")) else answered("x")
    assert connecting(concurrency=4).lookup(command, rows(200)).errors.num_rows == 60
    service.asked.clear()
    service.script = slowly(denied)
    with pytest.raises(grokcall.PermissionDeniedError):
        connecting(concurrency=4).lookup(command, rows(500))
    assert 8 <= len(service.asked) <= 8 + 4
    service.script = lambda _: WRONG_KEY
    with pytest.raises(grokcall.AuthenticationError):
        connecting(concurrency=4).lookup(command, rows(500))
