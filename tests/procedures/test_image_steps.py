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


TOLD = ["Url", "MimeType", "Model", "FileId", "PublicUrl", "CostInUsdTicks"]


def further(done, row=0):
    """What the further fields of an image say."""
    return dict(zip(TOLD, done.rows[row][-len(TOLD) :], strict=True))


def test_an_image_tells_of_its_kind_its_model_and_its_price():
    assert further(run("CALL GenerateImage('A kite')", [MADE])) == {
        "Url": None,
        "MimeType": "image/jpeg",
        "Model": "grok-imagine-image",
        "FileId": None,
        "PublicUrl": None,
        "CostInUsdTicks": 200000000,
    }


def test_an_image_that_was_fetched_tells_of_its_address_and_what_it_is_whatever_the_reply_says():
    entry = {"url": URL, "mime_type": "image/jpeg"}
    told = further(run("CALL EditImage('pink', :b)", [{"data": [entry], "model": "m-2"}, reply(PNG)], {"b": PNG}))

    assert (told["Url"], told["MimeType"], told["Model"]) == (URL, "image/png", "m-2")
    assert told["CostInUsdTicks"] is None


# Several images


def test_several_images_are_asked_for_at_once_and_each_is_a_row():
    done = run("CALL GenerateImages('A kite', 3)", [{"data": [MADE["data"][0]] * 3}])

    (request,) = done.requests
    assert done.body() == {"model": "grok-imagine-image", "prompt": "A kite", "n": 3, "response_format": "b64_json"}
    assert (request.path, request.kind, request.billed) == ("/images/generations", Kind.IMAGE, True)
    assert [row[:3] for row in done.rows] == [(1, JPEG, False), (2, JPEG, False), (3, JPEG, False)]


def test_four_images_are_made_unless_another_number_is_given():
    assert run("CALL GenerateImages('A kite')", [MADE]).body()["n"] == 4
    assert run("CALL GenerateImages('A kite', NULL)", [MADE]).body()["n"] == 4


def test_every_option_of_several_images_has_its_place():
    done = run("CALL GenerateImages('A kite', 2, 'grok-imagine-image-2.0', '3:2', '2k', 'low')", [MADE])

    assert done.body() == {
        "model": "grok-imagine-image-2.0",
        "prompt": "A kite",
        "n": 2,
        "response_format": "b64_json",
        "aspect_ratio": "3:2",
        "resolution": "2k",
        "quality": "low",
    }


@pytest.mark.parametrize("held_back", [{"respect_moderation": False}, {"url": ""}, {}])
def test_an_image_of_several_that_moderation_holds_back_is_a_row_without_content(held_back):
    entries = [MADE["data"][0], held_back, {"url": URL}]
    done = run("CALL GenerateImages('A kite', 3)", [{"data": entries}, reply(PNG)])

    assert done.path == ["POST /images/generations", f"GET {URL}"]
    assert [row[:3] for row in done.rows] == [(1, JPEG, False), (2, None, True), (3, PNG, False)]


def test_rows_are_as_many_as_the_images_that_came():
    assert len(run("CALL GenerateImages('A kite', 3)", [MADE]).rows) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"data": []}, "no image"),
        ({"data": [MADE["data"][0], {"b64_json": "%%"}]}, "not valid base64"),
        ({"data": [MADE["data"][0], {"url": 5}]}, "neither base64 nor an address"),
        (b"<html>", "could not be read"),
    ],
)
def test_what_are_no_images_is_an_error(answer, words):
    done = run("CALL GenerateImages('x')", [answer])

    assert isinstance(done.error, DataError)
    assert words in str(done.error)


def test_a_description_that_is_refused_altogether_is_an_error():
    refusal = RefusedError(400, "imagine:content-moderated")

    assert run("CALL GenerateImages('x')", [refusal]).error is refusal


@pytest.mark.parametrize("count", [0, 11])
def test_a_number_that_the_service_does_not_make_is_refused_before(count):
    with pytest.raises(BadValueError, match="must be 1 to 10"):
        bind(f"CALL GenerateImages('x', {count})")


def test_the_number_of_images_is_told_once():
    with pytest.raises(BadValueError, match='"n" is what Count tells'):
        bind("""CALL GenerateImages('x', 2, ExtraBody => '{"n": 4}')""")
    with pytest.raises(BadValueError, match="GenerateImages makes several"):
        bind("""CALL GenerateImage('x', ExtraBody => '{"n": 4}')""")


def test_the_first_of_several_images_has_the_price_of_all():
    done = run("CALL GenerateImages('A kite', 2)", [{**MADE, "data": MADE["data"] * 2}])

    assert [further(done, row)["CostInUsdTicks"] for row in range(2)] == [200000000, None]
