"""A key that a function gives is asked for again once the service refuses it, by all calls in flight together."""

from __future__ import annotations

import asyncio
import threading

import pytest

import grokcall
from scripted_service import WRONG_KEY, answered, refused

ASK = "CALL GenerateResponse(:Message)"
OLD, NEW = "xai-PLANTED-old-0123456789", "xai-PLANTED-new-0123456789"

REFUSALS = {
    "401": refused(401, "Unauthorized."),
    "400": WRONG_KEY,
    "403": refused(403, "The token has expired.", code="unauthenticated:bad-credentials"),
}


class Giver:
    """A function that gives one key after another, the last one for ever, and counts how often it is called."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.calls = 0
        self.lock = threading.Lock()

    def __call__(self) -> str:
        with self.lock:
            self.calls += 1
            return self.keys[min(self.calls, len(self.keys)) - 1]


def rotating(service, at, refusal):
    """Answers with the old key until so many have come, and with the new one from then on."""
    seen = []

    async def script(asked):
        seen.append(asked)
        valid = OLD if len(seen) <= at else NEW
        is_valid = asked.headers["authorization"] == f"Bearer {valid}"
        await asyncio.sleep(0.01)
        return answered(asked.text.upper()) if is_valid else refusal

    service.script = script


def numbered(count):
    return [{"Message": f"row {number}"} for number in range(count)]


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_all_rows_are_answered_when_the_key_changes_in_the_middle(service, connecting, refusal):
    rotating(service, 100, refusal)
    giver = Giver(OLD, NEW)
    result = connecting(api_key=giver, concurrency=32).lookup(ASK, numbered(200))
    assert result.rows["Response_Result"].to_pylist() == [f"ROW {number}" for number in range(200)]
    assert giver.calls == 2
    assert len(service.asked) <= 200 + 32, "more than what was in flight was sent twice"


def test_a_single_call_goes_on_with_the_new_key(service, connecting):
    rotating(service, 0, REFUSALS["401"])
    giver = Giver(OLD, NEW)
    assert connecting(api_key=giver, max_attempts=1).execute("CALL GenerateResponse('hi')").fetchone()[0] == "HI"
    assert giver.calls == 2


def test_a_key_may_change_again_and_again(service, connecting):
    keys = [f"xai-PLANTED-{number}-0123456789" for number in range(5)]
    valid = []
    service.script = lambda asked: (
        answered("ok") if asked.headers["authorization"] == f"Bearer {valid[-1]}" else REFUSALS["401"]
    )
    giver = Giver(*keys)
    connection = connecting(api_key=giver)
    for key in keys:
        valid.append(key)
        assert connection.execute("CALL GenerateResponse('hi')").fetchone()[0] == "ok"
    assert giver.calls == 5


def failing():
    raise OSError(f"no vault for {OLD}")


@pytest.mark.parametrize(
    "second", [lambda: OLD, lambda: "", lambda: None, failing], ids=["same", "empty", "none", "fails"]
)
def test_the_refusal_stands_where_there_is_no_other_key(service, connecting, second, caplog):
    rotating(service, 0, REFUSALS["401"])
    answers = iter([lambda: OLD])
    connection = connecting(api_key=lambda: next(answers, second)())
    with pytest.raises(grokcall.AuthenticationError) as caught:
        connection.execute("CALL GenerateResponse('hi')")
    assert len(service.asked) == 1
    assert OLD not in f"{caught.value!r} {caplog.text}"


def test_a_new_key_that_is_refused_as_well_is_not_tried_for_ever(service, connecting):
    service.script = lambda _asked: REFUSALS["400"]
    giver = Giver(*(f"xai-PLANTED-{number}-0123456789" for number in range(100)))
    with pytest.raises(grokcall.AuthenticationError):
        connecting(api_key=giver).execute("CALL GenerateResponse('hi')")
    assert (len(service.asked), giver.calls) == (2, 2)


@pytest.mark.parametrize("key", [OLD, grokcall.SecretKey(OLD)], ids=["text", "secret"])
def test_a_key_that_is_a_text_is_not_tried_again(service, connecting, key):
    rotating(service, 0, REFUSALS["401"])
    with pytest.raises(grokcall.AuthenticationError):
        connecting(api_key=key).execute("CALL GenerateResponse('hi')")
    assert len(service.asked) == 1


def test_what_the_key_may_not_do_asks_for_no_other(service, connecting):
    service.script = lambda _asked: refused(403, "Access to the chat endpoint is denied.")
    giver = Giver(OLD, NEW)
    with pytest.raises(grokcall.PermissionDeniedError):
        connecting(api_key=giver).execute("CALL GenerateResponse('hi')")
    assert giver.calls == 1
