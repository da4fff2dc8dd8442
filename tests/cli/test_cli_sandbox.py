"""Each procedure of the vendor, and our two, through the command on the sandbox: the results are real."""

from __future__ import annotations

import base64
import io
import json
import wave
from pathlib import Path

import av
import pyarrow.parquet as pq
import pytest
from PIL import Image

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def photo(here: Path) -> str:
    Image.new("RGB", (300, 200), "teal").save(here / "photo.jpg")
    return "photo.jpg"


def ask(run, statement, *arguments):
    done = run("call", statement, "--sandbox", *arguments)
    assert (done.code, done.err) == (0, "")
    (row,) = done.rows
    return row


def make(run, output, statement, *arguments):
    done = run("call", statement, "--sandbox", "-o", output, *arguments)
    assert (done.code, done.out) == (0, ""), done.err
    assert done.err.endswith(f"written to {output}\n")
    return Path(output)


def seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0)) / float(container.streams.video[0].average_rate)


def frame_size(path: Path) -> tuple[int, int]:
    with av.open(str(path)) as container:
        return container.streams.video[0].width, container.streams.video[0].height


def test_generate_response(run):
    row = ask(
        run, "CALL GenerateResponse(:Message, :Instructions)", "-p", "Message=Say hello", "-p", "Instructions=Be brief"
    )
    assert row["Response_Result"].lower() == "hello"
    assert row["Response_Status"] == "completed"
    assert row["Response_UsageCostInUsdTicks"] > 0
    assert len(row) == 34


def test_analyze_image(run, photo):
    row = ask(run, "CALL AnalyzeImage('How large is it?', :Image1_Content)", "-p", f"Image1_Content=@{photo}")
    assert "300" in row["Response_Result"]
    assert "200" in row["Response_Result"]


def test_analyze_image_by_url(run, photo):

    address = "data:image/jpeg;base64," + base64.b64encode(Path(photo).read_bytes()).decode()
    row = ask(run, "CALL AnalyzeImageByUrl('How large is it?', :Image1_Url)", "-p", f"Image1_Url={address}")
    assert "300" in row["Response_Result"]


def test_analyze_file(run, here):
    (here / "note.txt").write_text("The parcel never came. The customer wants her money back.")
    statement = "CALL AnalyzeFile('Summarize the file in one sentence.', :c, 'note.txt')"
    row = ask(run, statement, "-p", "c=@note.txt")
    assert "parcel" in row["Response_Result"].lower()


@pytest.mark.parametrize(("ratio", "width", "height"), [("1:1", 1, 1), ("16:9", 16, 9), ("3:4", 3, 4)])
def test_generate_image(run, ratio, width, height):
    path = make(run, "kite.jpg", f"CALL GenerateImage('A red kite over dunes', AspectRatio => '{ratio}')")
    with Image.open(path) as picture:
        picture.load()
        assert picture.format == "JPEG"
        assert picture.width / picture.height == pytest.approx(width / height, rel=0.03)


def test_edit_image(run, photo):
    path = make(run, "edit.jpg", "CALL EditImage('Make it pink', :p)", "-p", f"p=@{photo}")
    with Image.open(path) as picture, Image.open(photo) as before:
        picture.load()
        assert picture.width / picture.height == pytest.approx(before.width / before.height, rel=0.03)
        assert picture.convert("RGB").resize((1, 1)).getpixel((0, 0)) != (0, 128, 128)


def test_edit_image_by_url(run, photo):

    address = "data:image/jpeg;base64," + base64.b64encode(Path(photo).read_bytes()).decode()
    path = make(run, "edit.jpg", "CALL EditImageByUrl('Make it pink', :u)", "-p", f"u={address}")
    with Image.open(path) as picture:
        picture.load()


def test_a_picture_in_a_file_of_another_kind_says_so(run):
    done = run("call", "CALL GenerateImage('kite')", "--sandbox", "-o", "kite.png")
    assert done.code == 0
    assert "warning: the content is jpg, whatever the file's name says" in done.err


@pytest.mark.parametrize("rate", [8000, 24000, 48000])
def test_generate_audio_as_wav(run, rate):
    statement = f"CALL GenerateAudio('Good morning to you', 'en', OutputCodec => 'wav', OutputSampleRate => {rate})"
    path = make(run, "hello.wav", statement)
    with wave.open(str(path)) as sound:
        assert sound.getframerate() == rate
        assert sound.getnframes() / rate > 0.3


def test_generate_audio_as_mp3(run):
    path = make(run, "hello.mp3", "CALL GenerateAudio('Good morning to you', 'en', OutputSampleRate => 44100)")
    with av.open(str(path)) as container:
        assert container.streams.audio[0].codec_context.name.startswith("mp3")
        assert container.streams.audio[0].rate == 44100
        assert sum(frame.samples for frame in container.decode(audio=0)) > 44100 * 0.3


def test_generate_video_and_edit_it(run):

    path = make(run, "boat.mp4", "CALL GenerateVideo('A paper boat', AspectRatio => '16:9', Duration => 2)")
    assert seconds(path) == pytest.approx(2, abs=0.15)
    width, height = frame_size(path)
    assert width / height == pytest.approx(16 / 9, rel=0.03)

    edited = make(run, "snow.mp4", "CALL EditVideo(:v, 'Make it snow')", "-p", "v=@boat.mp4")
    assert seconds(edited) == pytest.approx(2, abs=0.15)
    assert frame_size(edited) == (width, height)
    assert edited.read_bytes() != path.read_bytes()

    address = "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode()
    again = make(run, "rain.mp4", "CALL EditVideoByUrl(:u, 'Make it rain')", "-p", f"u={address}")
    assert seconds(again) == pytest.approx(2, abs=0.15)

    longer = make(run, "longer.mp4", "CALL ExtendVideo('file:boat.mp4', 'The boat turns', 2)")
    assert seconds(longer) == pytest.approx(4, abs=0.15)
    assert frame_size(longer) == (width, height)
    longest = make(run, "longest.mp4", "CALL ExtendVideoByUrl(:u, 'The boat turns', 2)", "-p", f"u={address}")
    assert seconds(longest) == pytest.approx(4, abs=0.15)


def test_classify_text(run):
    statement = "CALL ClassifyText(:Text, ['complaint', 'praise'])"
    row = ask(run, statement, "-p", "Text=The parcel never came and I am furious")
    assert row["Result_Category"] == "complaint"
    assert json.loads(row["Result_Categories"]) == ["complaint"]
    assert 0 < row["Result_Confidence"] <= 1
    assert row["Response_Status"] == "completed"


def test_summarize_text(run):
    text = "The parcel never came. The customer wants her money back. The weather was nice. " * 5
    row = ask(run, "CALL SummarizeText(:Text, 12)", "-p", f"Text={text}")
    assert 0 < len(row["Result_Summary"].split()) <= 12


def test_media_in_a_table_on_screen_are_told_by_type_size_and_path(run):
    done = run("call", "CALL GenerateImage('kite')", "--sandbox", "--format", "table")
    assert done.code == 0
    assert "jpg, " in done.out
    assert " bytes: " in "".join(done.out.split("\n"))
    assert "\ufffd" not in done.out


def test_media_in_parquet_are_bytes(run):
    done = run("call", "CALL GenerateImage('kite')", "--sandbox", "-o", "kite.parquet")
    assert done.code == 0
    data = pq.read_table("kite.parquet")["ResultImage_Content"][0].as_py()
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()


def test_check_and_models_run_on_the_sandbox(run):
    checked = run("check", "--sandbox")
    assert checked.code == 0
    assert "fine: the service answers and accepts the key" in checked.err
    assert "grok-4.3" in run("models", "--sandbox").out
