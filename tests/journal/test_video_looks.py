"""A video that was paid for is not given up for a bad look, and a look that ends it says so; over real sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import grokcall
from scripted_service import KEY, Answer, Service, refused

FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100)
ASK = "CALL GenerateVideo(:body)"


class Films:
    """Starts videos, and answers looks with what a test says, in its order; the last of it again and again."""

    def __init__(self, service: Service) -> None:
        self.started = 0
        self.looks: list[Answer] = []
        self._service = service
        service.script = self

    @property
    def done(self) -> Answer:
        """The video is there."""
        usage = {"cost_in_usd_ticks": 4_000_000}
        return told({"status": "done", "video": {"url": f"{self._service.origin}/film.mp4"}, "usage": usage})

    def __call__(self, asked: Any) -> Answer:
        if asked.method == "POST":
            self.started += 1
            return told({"request_id": f"film-{self.started}"})
        if not asked.path.startswith("/v1/videos/"):
            return Answer(FILM, headers={"content-type": "video/mp4"})
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


def told(document: object, status: int = 200) -> Answer:
    return Answer(json.dumps(document).encode(), status)


@pytest.fixture
def films(service: Service) -> Films:
    return Films(service)


@pytest.fixture
def make(service: Service, tmp_path: Path) -> Any:
    """Makes a video, with a journal; the only row."""
    options = {"api_key": KEY, "base_url": service.base_url, "poll_interval": 0.02, "max_attempts": 1}

    def made(poll_timeout: float = 30.0, command: str = ASK, **given: Any) -> dict[str, Any]:
        told = {"on_error": "ignore", "journal": tmp_path / "j", "call_columns": True, **given}
        with grokcall.connect(poll_timeout=poll_timeout, **options) as connection:
            (row,) = connection.lookup(command, [{"body": "a boat"}], **told).rows.to_pylist()
        return row

    return made


PAGE = b"<!doctype html><html><title>502 Bad Gateway</title></html>"
BAD = {
    "a page": Answer(PAGE, headers={"content-type": "text/html"}),
    "null": Answer(b"null"),
    "a list": Answer(b"[]"),
    "half of it": Answer(b'{"status": "pend'),
    "502": Answer(PAGE, 502),
    "503": refused(503, "The service is currently unavailable"),
    "429": refused(429, "Too many requests for team."),
    "403 of a firewall": Answer(PAGE, 403, {"content-type": "text/html"}),
    "404": refused(404, "video not found", "not-found"),
    "404 of a proxy": Answer(PAGE, 404, {"content-type": "text/html"}),
    "400": refused(400, "Unknown request id.", "invalid-argument"),
    "cut": Answer(cut=True),
    "an empty error": told({"status": "pending", "code": "", "error": {"code": "", "message": ""}}),
    "done without an address": told({"status": "done"}),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("before", [0, 1])
def test_one_bad_look_gives_up_no_video(films, make, kind, before):
    films.looks = [told({"status": "pending"}, 202)] * before + [BAD[kind], films.done]
    row = make()
    assert (row["Call_Status"], row["ResultVideo_Content"]) == ("ok", FILM), row["Call_ErrorMessage"]
    assert films.started == 1


LASTING = ["a page", "null", "502", "503", "429", "403 of a firewall", "cut", "done without an address"]


@pytest.mark.parametrize("kind", LASTING)
def test_a_video_that_no_look_could_reach_is_fetched_by_the_next_lookup(films, make, kind):
    films.looks = [BAD[kind]]
    row = make(poll_timeout=0.1)
    assert row["Call_ErrorCode"] == "video_timeout"
    assert "CALL GetVideo('film-1')" in row["Call_ErrorMessage"]
    films.looks = [films.done]
    assert make()["ResultVideo_Content"] == FILM
    assert films.started == 1


def test_a_word_that_nobody_knows_is_named_and_the_video_looked_for_by_the_next_lookup(films, make):
    films.looks = [told({"status": "hibernating"})]
    assert "the service last said 'hibernating'" in make(poll_timeout=0.1)["Call_ErrorMessage"]
    films.looks = [told({"status": "hibernating"}), films.done]
    assert make()["ResultVideo_Content"] == FILM
    assert films.started == 1


@pytest.mark.parametrize("word", ["failed", "cancelled", "rejected", "error"])
@pytest.mark.parametrize("beside", [{}, {"error": None}, {"error": {"code": "", "message": ""}}])
def test_a_video_that_was_ended_is_begun_anew_only_when_asked_for(films, make, word, beside):
    films.looks = [told({"status": "pending"}, 202), told({"status": word, **beside})]
    for _ in range(2):
        row = make()
        assert row["Call_Status"] == "error"
        assert repr(word) in row["Call_ErrorMessage"]
    assert films.started == 1
    films.looks = [films.done]
    assert make(retry_failed=True)["ResultVideo_Content"] == FILM
    assert films.started == 2


def test_an_extension_that_was_paid_for_is_fetched_by_the_next_lookup(films, make):
    extend = "CALL ExtendVideoByUrl('https://example.org/boat.mp4', :body)"
    films.looks = [BAD["503"]]
    assert make(poll_timeout=0.1, command=extend)["Call_ErrorCode"] == "video_timeout"
    films.looks = [films.done]
    assert make(command=extend)["ResultVideo_Content"] == FILM
    assert films.started == 1
