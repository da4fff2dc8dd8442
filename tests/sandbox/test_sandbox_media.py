"""Images, speech and videos have the asked size, rate and length, and cost what they should."""

import base64
import io
import time
import wave

import av
import httpx
import pytest
from PIL import Image, ImageChops, ImageStat

MEGAPIXEL = 1024 * 1024


def _uri(data, kind="image/png"):
    return f"data:{kind};base64," + base64.b64encode(data).decode()


def _picture(http, path="/images/generations", **fields):
    body = {"model": "grok-imagine-image", "prompt": "a red kite", "response_format": "b64_json", **fields}
    reply = http.post(path, json=body)
    assert reply.status_code == 200, reply.text
    datum = reply.json()["data"][0]
    return Image.open(io.BytesIO(base64.b64decode(datum["b64_json"]))), reply.json(), datum


@pytest.fixture
def film(http):
    """The finished poll reply of a video request, and the clip."""

    def make(path="/videos/generations", **fields):
        body = {"model": "grok-imagine-video", "prompt": "a paper boat", **fields}
        started = http.post(path, json=body)
        assert started.status_code == 200, started.text
        assert set(started.json()) == {"request_id"}
        deadline = time.monotonic() + 240
        while (reply := http.get(f"/videos/{started.json()['request_id']}")).status_code == 202:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        url = reply.json().get("video", {}).get("url")
        return reply, httpx.get(url).content if url else b""

    return make


def _film_facts(clip):
    with av.open(io.BytesIO(clip)) as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(video=0))
        name, layout = stream.codec_context.name, stream.codec_context.format.name
        seconds = container.duration / 1_000_000
        return (stream.width, stream.height), seconds, frames / stream.average_rate, name, layout


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        (None, None, (1024, 1024)),
        ("auto", "1k", (1024, 1024)),
        ("16:9", "1k", (1366, 768)),
        ("9:19.5", "1k", (696, 1508)),
        ("1:1", "1.5k", (1536, 1536)),
        ("1:1", "2k", (2048, 2048)),
        ("3:2", "2k", (2508, 1672)),
    ],
)
def test_an_image_has_the_asked_ratio_and_area(http, ratio, resolution, size):
    fields = {name: value for name, value in (("aspect_ratio", ratio), ("resolution", resolution)) if value}
    image, _, datum = _picture(http, **fields)
    assert (image.format, image.size) == ("JPEG", size)
    assert datum["mime_type"] == "image/jpeg"


def test_an_image_can_be_a_png(http):
    image, _, datum = _picture(http, output_format="png")
    assert (image.format, datum["mime_type"]) == ("PNG", "image/png")


def test_an_image_depends_on_its_prompt_and_shows_it(http):
    first, again, other = (_picture(http, prompt=prompt)[0] for prompt in ("a kite", "a kite", "a boat"))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    white = first.convert("L").point(lambda value: 255 if value > 235 else 0)
    assert 0.004 < ImageStat.Stat(white).mean[0] / 255 < 0.5


def test_an_edit_keeps_the_ratio_and_shows_its_source(http, picture):
    source = picture("lime", (300, 200))
    image, reply, _ = _picture(http, "/images/edits", image={"type": "image_url", "url": _uri(source)})
    assert image.width / image.height == pytest.approx(1.5, abs=0.01)
    assert image.width * image.height == pytest.approx(MEGAPIXEL, rel=0.01)
    red, green, blue = image.getpixel((image.width // 2, image.height // 3))
    assert green > 200
    assert red < 60
    assert blue < 60
    assert reply["usage"]["cost_in_usd_ticks"] == 200_000_000 + 20_000_000


def test_an_edit_of_several_images_shows_each(http, picture):
    images = [{"url": _uri(picture(colour, (100, 100)))} for colour in ("red", "blue")]
    image, reply, _ = _picture(
        http, "/images/edits", model="grok-imagine-image-quality", images=images, aspect_ratio="2:1"
    )
    assert image.width / image.height == pytest.approx(2, abs=0.01)
    left, right = (
        image.getpixel((image.width // 4, image.height // 3)),
        image.getpixel((image.width * 3 // 4, image.height // 3)),
    )
    assert left[0] > 200 > left[2]
    assert right[2] > 200 > right[0]
    assert reply["usage"]["cost_in_usd_ticks"] == 500_000_000 + 2 * 100_000_000


def test_an_edit_takes_an_uploaded_file_and_a_webp(http, picture):
    kept = http.post("/files", files={"file": ("a.webp", picture("lime", (64, 64), "WEBP"))}).json()
    image, _, _ = _picture(http, "/images/edits", image={"file_id": kept["id"]})
    assert image.size == (1024, 1024)


@pytest.mark.parametrize(
    ("fields", "ticks"),
    [
        ({"model": "grok-imagine-image"}, 200_000_000),
        ({"model": "grok-imagine-image", "n": 3}, 600_000_000),
        ({"model": "grok-imagine-image-2.0"}, 600_000_000),
        ({"model": "grok-imagine-image-2.0", "quality": "low"}, 400_000_000),
        ({"model": "grok-imagine-image-2.0", "quality": "medium", "resolution": "2k"}, 800_000_000),
        ({"model": "grok-imagine-image-quality", "resolution": "1.5k"}, 600_000_000),
    ],
)
def test_images_cost_what_is_published(http, sandbox, fields, ticks):
    assert _picture(http, **fields)[1]["usage"]["cost_in_usd_ticks"] == ticks
    assert [entry["ticks"] for entry in sandbox.ledger()] == [ticks]


def test_one_of_several_images_can_be_held_back_and_is_billed_like_the_others(http):
    body = {"model": "grok-imagine-image", "prompt": "a kite FORBIDDEN_IMAGE", "n": 2, "response_format": "b64_json"}
    reply = http.post("/images/generations", json=body).json()
    assert [sorted(entry) for entry in reply["data"]] == [["respect_moderation"], ["b64_json", "mime_type"]]
    assert reply["data"][0] == {"respect_moderation": False}
    assert reply["usage"]["cost_in_usd_ticks"] == 400_000_000


def test_media_are_served_without_a_key_and_unknown_ones_are_not_there(http, sandbox):
    made = http.post("/images/generations", json={"model": "grok-imagine-image", "prompt": "x"}).json()
    reply = httpx.get(made["data"][0]["url"])
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/jpeg")
    assert httpx.get(sandbox.base_url.removesuffix("/v1") + "/media/none.jpeg").status_code == 404


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000])
def test_a_wave_has_the_asked_rate_and_a_plausible_length(http, rate):
    body = {"text": "Good morning to you", "language": "en", "output_format": {"codec": "wav", "sample_rate": rate}}
    reply = http.post("/tts", json=body)
    assert reply.headers["content-type"] == "audio/wav"
    assert reply.headers["x-trace-id"]
    with wave.open(io.BytesIO(reply.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, rate)
        assert 0.5 < sound.getnframes() / rate < 4


@pytest.mark.parametrize(
    ("codec", "media_type", "width"),
    [("pcm", "audio/pcm", 2), ("mulaw", "audio/basic", 1), ("ulaw", "audio/basic", 1), ("alaw", "audio/alaw", 1)],
)
def test_raw_codecs_have_the_size_of_their_samples(http, codec, media_type, width):
    def speak(name):
        output = {"codec": name, "sample_rate": 8_000}
        return http.post("/tts", json={"text": "Good morning", "language": "en", "output_format": output})

    reply = speak(codec)
    assert reply.headers["content-type"] == media_type
    with wave.open(io.BytesIO(speak("wav").content)) as sound:
        assert len(reply.content) == sound.getnframes() * width


@pytest.mark.parametrize(
    ("rate", "bit_rate"), [(24_000, 128_000), (24_000, 32_000), (44_100, 192_000), (16_000, 64_000)]
)
def test_an_mp3_has_the_asked_rates(http, rate, bit_rate):
    output = {"codec": "mp3", "sample_rate": rate, "bit_rate": bit_rate}
    reply = http.post("/tts", json={"text": "Good morning to you all", "language": "auto", "output_format": output})
    assert reply.headers["content-type"] == "audio/mpeg"
    with av.open(io.BytesIO(reply.content)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name.removesuffix("float"), stream.rate) == ("mp3", rate)
        assert stream.bit_rate == bit_rate


def test_a_faster_speed_is_shorter(http):
    def seconds(speed):
        body = {
            "text": "Good morning to you all, dear friends",
            "language": "en",
            "speed": speed,
            "with_timestamps": True,
        }
        return http.post("/tts", json=body).json()["duration"]

    assert seconds(1.5) < seconds(1.0) < seconds(0.7)


def test_timestamps_cover_the_text_and_the_sound(http):
    body = {"text": "Hello you", "language": "en", "with_timestamps": True, "output_format": {"codec": "wav"}}
    reply = http.post("/tts", json=body).json()
    times = reply["audio_timestamps"]["graph_times"]
    assert "".join(reply["audio_timestamps"]["graph_chars"]) == "Hello you"
    assert times[0][0] == 0
    assert times[-1][1] == pytest.approx(reply["duration"], abs=0.001)
    with wave.open(io.BytesIO(base64.b64decode(reply["audio"]))) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(reply["duration"], abs=0.001)


def test_speech_is_billed_by_characters_in_the_ledger(http, sandbox):
    http.post("/tts", json={"text": "Hello", "language": "en"})
    assert [(entry["endpoint"], entry["ticks"]) for entry in sandbox.ledger()] == [("/v1/tts", 5 * 150_000)]


def test_voices_are_listed_and_found_in_any_case(http):
    voices = [voice["voice_id"] for voice in http.get("/tts/voices").json()["voices"]]
    assert voices[:5] == ["eve", "ara", "leo", "rex", "sal"]
    assert http.get("/tts/voices/EVE").json() == {"voice_id": "eve", "name": "Eve", "language": "en"}
    assert http.post("/tts", json={"text": "Hi", "language": "EN", "voice_id": "Ara"}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "size", "seconds", "ticks"),
    [
        ({"duration": 1}, (854, 480), 1, 500_000_000),
        ({"duration": 2, "resolution": "720p", "aspect_ratio": "9:16"}, (720, 1280), 2, 1_400_000_000),
        ({"duration": 1, "aspect_ratio": "1:1"}, (480, 480), 1, 500_000_000),
        (
            {"model": "grok-imagine-video-1.5", "duration": 1, "resolution": "1080p"},
            (1920, 1080),
            1,
            2_500_000_000,
        ),
        ({}, (854, 480), 8, 4_000_000_000),
    ],
)
def test_a_video_has_the_asked_size_and_length(film, sandbox, fields, size, seconds, ticks):
    reply, clip = film(**fields)
    done = reply.json()
    assert (done["status"], done["progress"], done["video"]["duration"]) == ("done", 100, seconds)
    assert done["video"]["respect_moderation"] is True
    assert done["usage"]["cost_in_usd_ticks"] == ticks
    shape, length, played, codec, layout = _film_facts(clip)
    assert shape == size
    assert length == pytest.approx(seconds, abs=0.001)
    assert played == seconds
    assert (codec, layout) == ("h264", "yuv420p")
    assert [entry["ticks"] for entry in sandbox.ledger()] == [ticks]


def test_a_video_starts_from_its_image(film, picture):
    reply, clip = film(duration=1, image={"url": _uri(picture("lime", (200, 100)))})
    with av.open(io.BytesIO(clip)) as container:
        first = next(container.decode(video=0)).to_image()
    assert first.size == (960, 480)
    red, green, blue = first.getpixel((480, 60))
    assert green > 180 > max(red, blue) + 60
    assert reply.json()["usage"]["cost_in_usd_ticks"] == 500_000_000 + 20_000_000


def test_an_edited_video_keeps_its_length_and_size_and_changes_its_look(film, http):
    _, clip = film(duration=2)
    reply, edited = film("/videos/edits", prompt="make it snow", video={"url": _uri(clip, "video/mp4")})
    assert _film_facts(edited)[:3] == _film_facts(clip)[:3]
    assert reply.json()["usage"]["cost_in_usd_ticks"] == 2 * 500_000_000 + 2 * 100_000_000

    def last(data):
        with av.open(io.BytesIO(data)) as container:
            return list(container.decode(video=0))[-1].to_image()

    assert ImageChops.difference(last(clip), last(edited)).getbbox() is not None


def test_a_large_video_is_edited_at_720p(film):
    _, clip = film(model="grok-imagine-video-1.5", duration=1, resolution="1080p")
    _, edited = film("/videos/edits", prompt="snow", video={"url": _uri(clip, "video/mp4")})
    assert _film_facts(edited)[0] == (1280, 720)


def test_an_extended_video_is_longer_by_what_was_asked(film, http):
    _, clip = film(duration=2)
    kept = http.post("/files", files={"file": ("a.mp4", clip)}).json()
    reply, longer = film("/videos/extensions", prompt="go on", video={"file_id": kept["id"]}, duration=3)
    assert reply.json()["video"]["duration"] == 5
    assert _film_facts(longer)[2] == 5


@pytest.mark.parametrize(
    ("data", "message"), [(b"no video at all", "cannot be read"), ("long", "too long")], ids=["garbage", "long"]
)
def test_a_video_that_cannot_be_edited_fails_without_cost(film, sandbox, data, message):
    if data == "long":
        _, data = film(duration=10)
        sandbox.reset()
    reply, _ = film("/videos/edits", prompt="snow", video={"url": _uri(data, "video/mp4")})
    assert reply.status_code == 200
    assert reply.json()["status"] == "failed"
    assert message in reply.json()["error"]["message"]
    assert sandbox.ledger() == []


def test_a_moderated_video_is_refused_at_the_poll_and_billed_once(film, sandbox):
    for _ in range(2):
        reply, _ = film(prompt="FORBIDDEN_CONTENT", duration=1)
    assert reply.status_code == 400
    assert reply.json() == {
        "code": "imagine:content-moderated",
        "error": "Generated video rejected by content moderation.",
        "usage": {"cost_in_usd_ticks": 500_000_000},
    }
    assert [entry["ticks"] for entry in sandbox.ledger()] == [500_000_000] * 2
