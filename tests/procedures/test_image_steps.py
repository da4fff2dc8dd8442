"""Images: what is sent, where the result comes from, and what moderation means."""

import base64

import pytest
from canned import JPEG, MP4, PNG, WEBP
from stepping import RefusedError, bind, reply, run

from grokcall_parser import DataError
from grokcall_procedures import BadValueError, FailedReplyError, Kind, Settings

B64 = base64.b64encode(JPEG).decode()
MADE = {"data": [{"b64_json": B64, "mime_type": "image/jpeg"}], "usage": {"cost_in_usd_ticks": 200000000}}
URL = "https://imgen.x.ai/a/b.jpeg"


def source(data, mime):
    return {"type": "image_url", "url": f"data:{mime};base64,{base64.b64encode(data).decode()}"}


def test_a_description_becomes_an_image():
    done = run("CALL GenerateImage('A red kite')", [MADE])

    (request,) = done.requests
    assert done.body() == {"model": "grok-imagine-image", "prompt": "A red kite", "response_format": "b64_json"}
    assert (request.path, request.kind, request.billed) == ("/images/generations", Kind.IMAGE, True)
    assert done.value == JPEG


def test_every_option_has_its_place():
    done = run("CALL GenerateImage('A kite', 'grok-imagine-image-2.0', '3:2', '2K', Quality => 'low')", [MADE])

    assert done.body() == {
        "model": "grok-imagine-image-2.0",
        "prompt": "A kite",
        "response_format": "b64_json",
        "aspect_ratio": "3:2",
        "resolution": "2k",
        "quality": "low",
    }


def test_quality_is_left_out_with_a_warning_where_the_model_has_none():
    call = bind("CALL GenerateImage('A kite', Quality => 'low')")

    assert call.warnings == ("GenerateImage: grok-imagine-image has no setting of quality: Quality 'low' was left out",)
    assert "quality" not in run("CALL GenerateImage('A kite', Quality => 'low')", [MADE]).body()
    assert run("CALL GenerateImage('A kite', 'new-model', Quality => 'low')", [MADE]).body()["quality"] == "low"


def test_one_source_is_sent_as_image_and_several_as_images():
    one = run("CALL EditImage('pink', :b)", [MADE], {"b": WEBP})
    gap = run("CALL EditImage('pink', :a, NULL, :c)", [MADE], {"a": PNG, "c": JPEG})

    assert one.path == ["POST /images/edits"]
    assert one.body()["image"] == source(WEBP, "image/webp")
    assert "images" not in one.body()
    assert gap.body()["images"] == [source(PNG, "image/png"), source(JPEG, "image/jpeg")]
    assert "image" not in gap.body()
    assert one.value == gap.value == JPEG


def test_addresses_of_sources_are_sent_as_they_are():
    urls = [f"https://example.org/{number}.png" for number in range(3)]
    one = run("CALL EditImageByUrl('pink', ?)", [MADE], urls[:1])
    three = run("CALL EditImageByUrl('pink', ?, ?, ?)", [MADE], urls)

    assert one.body()["image"] == {"type": "image_url", "url": urls[0]}
    assert [image["url"] for image in three.body()["images"]] == urls


def test_a_result_that_comes_as_an_address_is_fetched_at_once():
    settings = Settings(max_media_bytes=1000)
    done = run("CALL GenerateImage('A kite')", [{"data": [{"url": URL}]}, reply(PNG)], settings=settings)

    fetched = done.requests[1]
    assert (fetched.method, fetched.path, fetched.kind) == ("GET", URL, Kind.DOWNLOAD)
    assert (fetched.billed, fetched.headers, fetched.body, fetched.max_bytes) == (False, (), None, 1000)
    assert done.value == PNG


@pytest.mark.parametrize("url", ["http://imgen.x.ai/a.jpeg", "file:///etc/passwd", "http://10.0.0.1/a", "a.jpeg"])
def test_a_result_is_fetched_from_no_unsafe_address(url):
    done = run("CALL GenerateImage('A kite')", [{"data": [{"url": url}]}])

    assert isinstance(done.error, DataError)
    assert len(done.requests) == 1


def test_a_result_on_this_machine_is_fetched_without_https():
    done = run("CALL GenerateImage('A kite')", [{"data": [{"url": "http://127.0.0.1:8/a"}]}, reply(JPEG)])

    assert done.value == JPEG


@pytest.mark.parametrize(
    "entry",
    [
        {"respect_moderation": False},
        {"respect_moderation": False, "url": URL},
        {"b64_json": "", "url": ""},
        {},
    ],
)
def test_an_image_that_moderation_holds_back_is_an_error_with_its_price(entry):
    done = run("CALL GenerateImage('x')", [{"data": [entry], "usage": {"cost_in_usd_ticks": 200000000}}])

    assert isinstance(done.error, FailedReplyError)
    assert (done.error.code, done.error.cost_ticks) == ("imagine:content-moderated", 200000000)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"data": []}, "no image"),
        ({}, "no image"),
        ({"data": ["x"]}, "no image"),
        ({"data": [{"url": 5}]}, "neither base64 nor an address"),
        ({"data": [{"b64_json": "%%"}]}, "not valid base64"),
        ({"data": [{"b64_json": base64.b64encode(MP4).decode()}]}, "sent MP4 where image was expected"),
        ({"data": [{"b64_json": "aGk="}]}, "2 bytes of an unknown kind"),
        (b"<html>", "could not be read"),
    ],
)
def test_what_is_no_image_is_an_error(answer, words):
    done = run("CALL GenerateImage('x')", [answer])

    assert isinstance(done.error, DataError)
    assert words in str(done.error)


def test_a_failure_stated_with_success_is_an_error_of_the_call():
    done = run("CALL GenerateImage('x')", [{"code": "not-found", "error": "No such model."}])

    assert isinstance(done.error, FailedReplyError)
    assert done.error.code == "not-found"


def test_errors_of_either_request_end_the_call():
    start, fetch = RefusedError(400), RefusedError(404)

    assert run("CALL GenerateImage('x')", [start]).error is start
    assert run("CALL GenerateImage('x')", [{"data": [{"url": URL}]}, fetch]).error is fetch


def test_more_images_than_the_row_holds_are_not_paid_for():
    with pytest.raises(BadValueError, match='"n" must be 1'):
        bind("""CALL GenerateImage('x', ExtraBody => '{"n": 4}')""")
    assert run("""CALL GenerateImage('x', ExtraBody => '{"n": 1, "user": "7"}')""", [MADE]).body()["user"] == "7"
