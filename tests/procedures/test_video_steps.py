"""Videos: started once, looked at until they are there, fetched at once; an id that was paid for is never lost."""

import base64
import time
from dataclasses import replace

import pytest
from canned import GIF, JPEG, MP4, PNG, ftyp
from stepping import QUICK, RefusedError, bind, reply, run

from grokcall import file
from grokcall.core.local_files import FILES
from grokcall_parser import DataError
from grokcall_procedures import BadValueError, FailedReplyError, Kind, NotReadyError, Settings

MIB = 1024 * 1024
ID = "5f0c2b7e-1111-4222-8333-9c0ffee00002"
URL = "https://vidgen.x.ai/x/y.mp4"
STARTED = {"request_id": ID}
PENDING = reply({"status": "pending", "progress": 1}, status=202)
EMPTY = reply(b"", status=202)
DONE = {
    "status": "done",
    "video": {"url": URL, "duration": 4, "respect_moderation": True},
    "model": "grok-imagine-video",
    "usage": {"cost_in_usd_ticks": 2020000000},
    "progress": 100,
}
FILM = reply(MP4, content_type="video/mp4")
BOAT = "CALL GenerateVideo('A paper boat drifts')"
LOOK = f"GET /videos/{ID}"


def poll(*answers, statement=BOAT, settings=QUICK):
    return run(statement, [STARTED, *answers], settings=settings)


def test_a_video_is_started_looked_at_and_fetched():
    done = poll(PENDING, EMPTY, DONE, FILM)

    assert done.path == ["POST /videos/generations", LOOK, LOOK, LOOK, f"GET {URL}"]
    assert [request.kind for request in done.requests] == [Kind.VIDEO, *[Kind.POLL] * 3, Kind.DOWNLOAD]
    assert [request.billed for request in done.requests] == [True, False, False, False, False]
    assert done.body() == {"model": "grok-imagine-video", "prompt": "A paper boat drifts"}
    assert done.requests[-1].max_bytes == QUICK.max_media_bytes
    assert done.requests[-1].headers == ()
    assert done.value == MP4


def test_a_video_tells_of_its_address_its_length_and_its_price():
    done = poll(PENDING, DONE, FILM)

    told = ["Url", "MimeType", "Model", "FileId", "PublicUrl", "CostInUsdTicks", "RequestId", "Duration", "Path"]
    assert dict(zip(told, done.rows[0][1:], strict=True)) == {
        "Url": URL,
        "MimeType": "video/mp4",
        "Model": "grok-imagine-video",
        "FileId": None,
        "PublicUrl": None,
        "CostInUsdTicks": 2020000000,
        "RequestId": ID,
        "Duration": 4.0,
        "Path": None,
    }


def test_a_reply_that_tells_little_of_a_video_leaves_it_open():
    assert poll({"video": {"url": URL}}, FILM).rows[0][1:] == (
        URL, "video/mp4", "grok-imagine-video", None, None, None, ID, None, None,
    )  # fmt: skip
    assert run(f"CALL GetVideo('{ID}')", [{"video": {"url": URL}}, FILM]).rows[0][3] is None


def test_every_option_has_its_place():
    done = run(
        "CALL GenerateVideo('A boat', 'grok-imagine-video-1.5', '3:2', 15, '1080p', :c)",
        [STARTED, DONE, FILM],
        {"c": PNG},
    )

    assert done.body() == {
        "model": "grok-imagine-video-1.5",
        "prompt": "A boat",
        "duration": 15,
        "aspect_ratio": "3:2",
        "resolution": "1080p",
        "image": {"url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"},
    }


def test_the_address_of_a_first_image_is_sent_as_it_is():
    url = "https://example.org/a.jpg"
    done = run("CALL GenerateVideo('A boat', Image_Url => :u)", [STARTED, DONE, FILM], {"u": url})

    assert done.body()["image"] == {"url": url}


def test_two_first_images_are_one_too_many():
    with pytest.raises(BadValueError, match=r"Image_Url \(position 7\): cannot be given together with Image_Content"):
        bind("CALL GenerateVideo('A boat', Image_Content => :c, Image_Url => 'https://example.org/a')", {"c": JPEG})


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("Duration => 0", "must be 1 to 15"),
        ("Duration => 16", "must be 1 to 15"),
        ("Duration => 2.5", "whole number"),
    ],
)
def test_a_length_that_the_service_would_refuse_is_refused_before(arguments, reason):
    with pytest.raises(BadValueError, match=reason):
        bind(f"CALL GenerateVideo('A boat', {arguments})")


def test_the_waits_are_those_of_the_connection():
    done = poll(PENDING, PENDING, DONE, FILM, settings=Settings(poll_interval=5.0, poll_timeout=60))

    assert done.pauses == [5.0, 5.0, 5.0]


@pytest.mark.parametrize(
    "answer",
    [
        PENDING,
        EMPTY,
        reply(b"  \n", status=202),
        reply(b"accepted", status=202),
        {"status": "processing"},
        {"status": "queued"},
        {"status": "in_progress", "video": None},
        {"status": "some new word"},
        {"status": "pending", "video": {"url": None}},
        {},
        b"",
    ],
)
def test_words_for_not_yet_are_many(answer):
    assert poll(answer, DONE, FILM).value == MP4


@pytest.mark.parametrize(
    "answer",
    [
        {"video": {"url": URL}},
        {"status": "done", "video": {"url": URL}},
        {"status": "DONE", "video": {"url": URL, "respect_moderation": None}},
        {"status": "succeeded", "video": {"url": URL}},
    ],
)
def test_a_video_is_there_once_its_address_is(answer):
    assert poll(answer, FILM).value == MP4


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (
            {"status": "failed", "error": {"code": "invalid_argument", "message": "input video too long"}},
            "invalid_argument",
            "input video too long",
        ),
        ({"status": "failed", "error": "broken"}, None, "broken"),
        ({"status": "failed"}, None, "without saying why"),
        ({"status": "expired"}, "expired", "not fetched before it expired"),
        ({"code": "not-found", "error": "Unknown."}, "not-found", "Unknown."),
        ({"status": "done", "video": {"url": ""}}, "imagine:content-moderated", "rejected by content moderation"),
        ({"video": {"url": ""}}, "imagine:content-moderated", "rejected by content moderation"),
        (
            {"status": "done", "video": {"url": URL, "respect_moderation": False}},
            "imagine:content-moderated",
            "rejected by content moderation",
        ),
    ],
)
def test_a_video_that_will_not_come_is_an_error_with_its_price(answer, code, words):
    done = poll(PENDING, {**answer, "usage": {"cost_in_usd_ticks": 500000000}})

    assert isinstance(done.error, FailedReplyError)
    assert (done.error.code, done.error.cost_ticks) == (code, 500000000)
    assert words in done.error.message


MISSED = [
    b"<html>",
    b"null",
    b"[]",
    b'"pending"',
    b'{"status": "pen',
    {"status": "done"},
    {"status": "done", "video": {}},
]
"""Looks that say nothing of the video."""


@pytest.mark.parametrize("answer", MISSED)
def test_a_look_that_cannot_be_understood_is_followed_by_another(answer):
    assert poll(PENDING, answer, DONE, FILM).value == MP4


@pytest.mark.parametrize("answer", MISSED)
def test_when_no_look_can_be_understood_the_video_is_given_up_with_the_way_to_fetch_it(answer):
    done = poll(answer, answer, answer, settings=Settings(poll_interval=5, poll_timeout=12))

    assert isinstance(done.error, NotReadyError)
    assert "the last look failed: " in str(done.error)
    assert fetched_by(done.error) == f"CALL GetVideo('{ID}') fetches the video without paying again"


def fetched_by(error):
    return str(error).rpartition("; ")[2]


@pytest.mark.parametrize("word", ["pending", "QUEUED", "in progress", "VIDEO_STATUS_PROCESSING"])
@pytest.mark.parametrize(
    "beside",
    [
        {"error": {}},
        {"error": ""},
        {"error": {"code": "", "message": ""}},
        {"error": {"code": None, "message": None}},
        {"error": {"code": 0, "message": " "}},
        {"error": {"code": "slow", "message": "This takes longer than usual."}},
        {"video": {"url": "", "respect_moderation": False}},
    ],
)
def test_the_status_decides_whether_a_video_is_under_way_whatever_stands_beside_it(word, beside):
    assert poll({"status": word, **beside}, DONE, FILM).value == MP4


@pytest.mark.parametrize("empty", [{}, "", None, {"code": "", "message": ""}, {"code": 0, "message": None}])
def test_an_error_that_says_nothing_is_none(empty):
    assert poll({"error": empty}, {**DONE, "error": empty}, FILM).value == MP4


@pytest.mark.parametrize(
    "word", ["failed", "FAILED", "error", "errored", "cancelled", "canceled", "rejected", "aborted", "STATUS_CANCELLED"]
)
def test_a_video_that_the_service_has_ended_is_not_looked_at_again_and_the_word_is_named(word):
    done = poll(PENDING, {"status": word, "error": {}, "usage": {"cost_in_usd_ticks": 7}})

    assert isinstance(done.error, FailedReplyError)
    assert repr(word.lower().removeprefix("status_")) in done.error.message
    assert done.error.cost_ticks == 7


def test_a_word_that_nobody_knows_is_looked_at_until_the_time_is_up_and_named():
    done = poll(*[{"status": "Hibernating"}] * 3, settings=Settings(poll_interval=5, poll_timeout=12))

    assert isinstance(done.error, NotReadyError)
    assert "after 12 seconds (the service last said 'hibernating')" in str(done.error)


def test_a_video_that_takes_too_long_is_given_up_with_the_way_to_fetch_it():
    done = poll(PENDING, PENDING, PENDING, settings=Settings(poll_interval=5, poll_timeout=12))

    assert isinstance(done.error, NotReadyError)
    assert done.error.request_id == ID
    assert str(done.error) == (
        f"the video {ID} is not ready after 12 seconds; CALL GetVideo('{ID}') fetches the video without paying again"
    )
    assert sum(done.pauses) == pytest.approx(12, abs=0.5)


def test_waiting_ends_by_the_clock_too():
    started = time.monotonic()
    done = poll(PENDING, settings=Settings(poll_interval=0.0, poll_timeout=0.0))

    assert isinstance(done.error, NotReadyError)
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("status", [400, 404, 410])
@pytest.mark.parametrize("before", [(), (PENDING,)])
def test_an_early_refusal_is_no_verdict(status, before):
    assert poll(*before, RefusedError(status), RefusedError(status), DONE, FILM).value == MP4


class PassingError(RefusedError):
    """What the engine has tried again in vain."""

    retryable = True


class SystemicError(RefusedError):
    """What every row would meet."""

    systemic = True


PASSING = [PassingError(500), PassingError(503), PassingError(429), PassingError(0, message="cut"), RefusedError(403)]


@pytest.mark.parametrize("error", PASSING)
def test_a_look_that_fails_says_nothing_of_the_video(error):
    assert poll(PENDING, error, error, DONE, FILM).value == MP4


@pytest.mark.parametrize("error", PASSING)
def test_when_every_look_fails_the_video_is_given_up_with_the_way_to_fetch_it(error):
    done = poll(error, error, error, settings=Settings(poll_interval=5, poll_timeout=12))

    assert isinstance(done.error, NotReadyError)
    assert done.error.request_id == ID
    assert f"the last look failed: {error}" in str(done.error)


@pytest.mark.parametrize(
    "error",
    [
        RefusedError(400, "imagine:content-moderated", "Generated video rejected by content moderation."),
        RefusedError(400, "", "Generated video rejected by content moderation."),
        SystemicError(403),
        SystemicError(401),
        ConnectionError("cut"),
    ],
)
def test_a_verdict_or_what_every_row_would_meet_ends_the_looks_and_says_how_to_fetch_the_video(error):
    done = poll(PENDING, error)

    assert done.error is error
    assert error.__notes__ == [f"CALL GetVideo('{ID}') fetches the video without paying again"]


LONG = Settings(poll_interval=5, poll_timeout=600)


def test_a_video_that_the_service_has_dropped_has_to_be_started_anew():
    done = poll(*[PENDING] * 6, RefusedError(404), RefusedError(404), settings=LONG)

    assert isinstance(done.error, FailedReplyError)
    assert "no longer has the video" in done.error.message
    assert "start it anew" in done.error.message


def test_a_late_refusal_is_a_verdict_once_it_comes_twice():
    error = RefusedError(400)
    done = poll(*[PENDING] * 6, error, error, settings=LONG)

    assert sum(done.pauses) == 40
    assert done.error is error


@pytest.mark.parametrize("status", [400, 404, 405])
def test_one_late_refusal_is_none(status):
    late = [RefusedError(status), PENDING, RefusedError(status)]
    assert poll(*[PENDING] * 6, *late, DONE, FILM, settings=LONG).value == MP4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(GIF), "sent GIF where video/mp4 was expected"),
        (reply(b""), "sent nothing"),
        (reply(b"<html>"), "unknown kind"),
        (reply(ftyp(b"qt  ")), "sent QuickTime video"),
    ],
)
def test_what_is_no_video_is_an_error(answer, words):
    done = poll(DONE, answer)

    assert isinstance(done.error, DataError)
    assert words in str(done.error)


@pytest.mark.parametrize("url", ["http://vidgen.x.ai/x.mp4", "file:///etc/passwd", "http://169.254.169.254/", "x.mp4"])
def test_a_video_is_fetched_from_no_unsafe_address(url):
    done = poll({"status": "done", "video": {"url": url}})

    assert isinstance(done.error, DataError)
    assert done.path[-1] == LOOK


def test_a_download_that_fails_says_how_to_fetch_the_video():
    done = poll(DONE, error := RefusedError(404))

    assert done.error is error
    assert ID in error.__notes__[0]


@pytest.mark.parametrize("answer", [{}, {"request_id": None}, {"request_id": ""}, b"oops"])
def test_a_start_without_an_id_is_an_error(answer):
    assert isinstance(run(BOAT, [answer]).error, DataError)


def test_a_start_that_states_a_failure_is_an_error_of_the_call():
    done = run(BOAT, [{"code": "permission-denied", "error": "No."}])

    assert isinstance(done.error, FailedReplyError)


def test_a_start_that_is_refused_is_not_looked_at():
    done = run(BOAT, [error := RefusedError(400)])

    assert (done.error, len(done.requests)) == (error, 1)


def test_a_small_video_is_edited_inside_the_request():
    done = run("CALL EditVideo(:c, 'Make it snow')", [STARTED, DONE, FILM], {"c": MP4})

    assert done.path == ["POST /videos/edits", LOOK, f"GET {URL}"]
    assert done.body() == {
        "model": "grok-imagine-video",
        "prompt": "Make it snow",
        "video": {"url": f"data:video/mp4;base64,{base64.b64encode(MP4).decode()}"},
    }
    assert done.value == MP4


LARGE = MP4.ljust(16 * MIB, b"\0")
STORED = {"id": "file_1"}
GONE = {"id": "file_1", "deleted": True}


def test_a_large_video_is_uploaded_and_deleted_afterwards():
    done = run("CALL EditVideo(:c, 'Make it snow')", [STORED, STARTED, PENDING, DONE, FILM, GONE], {"c": LARGE})

    assert done.path == [
        "POST /files",
        "POST /videos/edits",
        LOOK,
        LOOK,
        f"GET {URL}",
        "DELETE /files/file_1",
    ]
    assert b'filename="video.mp4"\r\nContent-Type: video/mp4' in done.requests[0].body.encoded()
    assert done.body(1) == {"model": "grok-imagine-video", "prompt": "Make it snow", "video": {"file_id": "file_1"}}
    assert done.value == MP4


@pytest.mark.parametrize(
    "answers",
    [
        [RefusedError(400)],
        [STARTED, ConnectionError("cut")],
        [STARTED, {"status": "failed"}],
        [STARTED, DONE, RefusedError(404)],
        [STARTED, DONE, reply(GIF)],
    ],
)
@pytest.mark.parametrize("deletion", [GONE, RefusedError(500)])
def test_a_large_video_is_deleted_when_the_call_fails(answers, deletion):
    done = run("CALL EditVideo(:c, 'Make it snow')", [STORED, *answers, deletion], {"c": LARGE})

    assert done.path[-1] == "DELETE /files/file_1"
    assert done.error is not None
    assert done.error is not deletion


@pytest.mark.parametrize("size", [14 * MIB, 15 * MIB - 200 * 1024, 15 * MIB])
def test_no_request_is_larger_than_the_service_is_known_to_take(size):
    film = MP4.ljust(size, b"\0")
    first = next(bind("CALL EditVideo(:c, :i)", {"c": film, "i": "snow " * 10_000}).steps())

    assert first.path == "/files" or len(first.body) < 20 * MIB


def test_an_address_of_a_video_is_sent_as_it_is():
    url = "https://example.org/boat.mp4"
    done = run("CALL EditVideoByUrl(:u, 'Make it snow')", [STARTED, DONE, FILM], {"u": url})

    assert done.body()["video"] == {"url": url}
    with pytest.raises(BadValueError, match="is a PNG; MP4 is accepted"):
        bind("CALL EditVideoByUrl(:u, 'x')", {"u": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"})


def test_a_video_is_extended_inside_the_request():
    done = run("CALL ExtendVideo(:c, 'The boat turns', 3)", [STARTED, PENDING, DONE, FILM], {"c": MP4})

    assert done.path == ["POST /videos/extensions", LOOK, LOOK, f"GET {URL}"]
    assert done.requests[0].billed
    assert done.body() == {
        "model": "grok-imagine-video",
        "prompt": "The boat turns",
        "duration": 3,
        "video": {"url": f"data:video/mp4;base64,{base64.b64encode(MP4).decode()}"},
    }
    assert done.value == MP4


def test_a_large_video_to_extend_is_uploaded_and_deleted_afterwards():
    done = run("CALL ExtendVideo(:c, 'It goes on')", [STORED, STARTED, DONE, FILM, GONE], {"c": LARGE})

    assert done.path == ["POST /files", "POST /videos/extensions", LOOK, f"GET {URL}", "DELETE /files/file_1"]
    assert done.body(1) == {"model": "grok-imagine-video", "prompt": "It goes on", "video": {"file_id": "file_1"}}


@pytest.mark.parametrize("size", [len(MP4) + 100, 16 * MIB])
def test_a_video_to_extend_can_be_a_file(tmp_path, size):
    (tmp_path / "boat.mp4").write_bytes(MP4 + b"\0\0\0\0free".ljust(size - len(MP4), b"\0"))
    settings = replace(QUICK, files=FILES)
    large = size > MIB
    answers = [STORED, STARTED, DONE, FILM, GONE] if large else [STARTED, DONE, FILM]
    done = run("CALL ExtendVideo(:c, 'x')", answers, {"c": file(str(tmp_path / "boat.mp4"))}, settings)

    assert done.path[0] == ("POST /files" if large else "POST /videos/extensions")
    assert done.value == MP4


def test_an_address_of_a_video_to_extend_is_sent_as_it_is():
    url = "https://example.org/boat.mp4"
    done = run("CALL ExtendVideoByUrl(:u, 'x')", [STARTED, DONE, FILM], {"u": url})

    assert done.path[0] == "POST /videos/extensions"
    assert done.body() == {"model": "grok-imagine-video", "prompt": "x", "video": {"url": url}}


def test_what_is_no_video_is_not_extended(tmp_path):
    (tmp_path / "boat.mp4").write_bytes(PNG)
    reason = r"Video_Content \(position 1\): is a PNG; MP4 is accepted"
    with pytest.raises(BadValueError, match=reason):
        bind("CALL ExtendVideo(:c, 'x')", {"c": PNG})
    with pytest.raises(BadValueError, match=reason):
        bind("CALL ExtendVideo(:c, 'x')", {"c": file(str(tmp_path / "boat.mp4"))}, replace(QUICK, files=FILES))


def test_the_length_of_an_extension_has_its_bounds_and_a_doubtful_one_warns():
    with pytest.raises(BadValueError, match="must be 1 to 10"):
        bind("CALL ExtendVideo(:c, 'x', 11)", {"c": MP4})
    call = bind("CALL ExtendVideo(:c, 'x', 1)", {"c": MP4})
    assert call.warnings == ("ExtendVideo: Duration 1 is sent, but the service's guide says 2 to 10 seconds",)
    assert bind("CALL ExtendVideo(:c, 'x', 2)", {"c": MP4}).warnings == ()


def test_a_video_can_be_fetched_later_without_paying():
    done = run(f"CALL GetVideo('{ID}')", [PENDING, DONE, FILM])

    assert done.path == [LOOK, LOOK, f"GET {URL}"]
    assert not any(request.billed for request in done.requests)
    assert len(done.pauses) == 1
    assert done.value == MP4


def test_a_400_for_an_old_id_is_a_verdict_at_once():
    error = RefusedError(400)

    assert run(f"CALL GetVideo('{ID}')", [error]).error is error


def test_an_id_is_escaped_in_the_path():
    assert run("CALL GetVideo('a/../b?c=1')", [DONE, FILM]).path[0] == "GET /videos/a%2F..%2Fb%3Fc%3D1"


def test_a_run_that_is_closed_while_it_waits_sends_nothing_more():
    steps = bind("CALL EditVideo(:c, 'x')", {"c": LARGE}).steps()
    next(steps)
    steps.send(reply(STORED))
    steps.send(reply(STARTED))

    steps.close()

    with pytest.raises(StopIteration):
        next(steps)
