"""Bytes are known by how they begin; what a parameter cannot take is refused before anything is sent."""

import base64
import re

import pytest
from canned import GIF, JPEG, MP4, PNG, WEBP, ftyp, picture
from hypothesis import given
from hypothesis import strategies as st
from stepping import bind

from grokcall_parser import DataError
from grokcall_procedures import BadValueError, UnfitValue, sniff
from grokcall_procedures.addresses import download, is_loopback
from grokcall_procedures.media import MP4 as FILM
from grokcall_procedures.media import decoded, media_reader, result_bytes
from grokcall_procedures.settings import Settings

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("data", "name", "mime", "extension"),
    [
        (JPEG, "JPEG", "image/jpeg", ".jpg"),
        (PNG, "PNG", "image/png", ".png"),
        (WEBP, "WebP", "image/webp", ".webp"),
        (GIF, "GIF", "image/gif", ".gif"),
        (picture("BMP"), "BMP", "image/bmp", ".bmp"),
        (picture("TIFF"), "TIFF", "image/tiff", ".tif"),
        (MP4, "MP4", "video/mp4", ".mp4"),
        (ftyp(b"mp42"), "MP4", "video/mp4", ".mp4"),
        (ftyp(b"iso6"), "MP4", "video/mp4", ".mp4"),
        (ftyp(b"qt  "), "QuickTime video", "video/quicktime", ".mov"),
        (ftyp(b"avif"), "AVIF", "image/avif", ".avif"),
        (ftyp(b"heic"), "HEIC", "image/heic", ".heic"),
        (ftyp(b"M4A "), "M4A", "audio/mp4", ".m4a"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "WAV", "audio/wav", ".wav"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "AVI", "video/x-msvideo", ".avi"),
        (b"ID3\x04\x00", "MP3", "audio/mpeg", ".mp3"),
        (b"\xff\xfb\x90\x64\x00", "MP3", "audio/mpeg", ".mp3"),
        (b"\xff\xf3\x84\xc4\x00", "MP3", "audio/mpeg", ".mp3"),
        (b"fLaC\x00", "FLAC", "audio/flac", ".flac"),
        (b"OggS\x00", "Ogg", "audio/ogg", ".ogg"),
        (b"%PDF-1.7\n", "PDF", "application/pdf", ".pdf"),
        (b"PK\x03\x04", "ZIP archive", "application/zip", ".zip"),
        (b"\x1a\x45\xdf\xa3", "Matroska or WebM video", "video/webm", ".webm"),
    ],
)
def test_media_are_known_by_how_they_begin(data, name, mime, extension):
    found = sniff(data)

    assert (found.name, found.mime, found.extension) == (name, mime, extension)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"h",
        b"hello, world",
        b"RIFF\x00\x00\x00\x00ABCD",
        b"\xff\xf1\x50\x80\x00",  # AAC
        b"\xff\xfb\xf0\x64",  # no such bit rate
        b"\xff\xfb\x9c\x64",  # no such sampling rate
        b"\xff\xfe\x00\x00",  # a byte order mark
        b"\xff\xfb",
    ],
)
def test_what_is_not_known_is_none(data):
    assert sniff(data) is None


@given(st.binary(max_size=64))
def test_sniffing_never_fails(data):
    found = sniff(data)

    assert found is None or found.mime


@pytest.mark.parametrize(
    ("procedure", "content", "reason"),
    [
        ("AnalyzeImage('?', :c)", GIF, "is a GIF; JPEG or PNG are accepted"),
        ("AnalyzeImage('?', :c)", WEBP, "is a WebP; JPEG or PNG are accepted"),
        ("AnalyzeImage('?', :c)", b"<svg/>", "is of an unknown kind; JPEG or PNG are accepted"),
        ("AnalyzeImage('?', :c)", b"", "is empty; JPEG or PNG are accepted"),
        ("EditImage('pink', :c)", MP4, "is an MP4; JPEG, PNG or WebP are accepted"),
        ("EditVideo(:c, 'snow')", ftyp(b"qt  "), "is a QuickTime video; MP4 is accepted"),
        ("EditVideo(:c, 'snow')", PNG, "is a PNG; MP4 is accepted"),
        ("GenerateVideo('boat', Image_Content => :c)", GIF, "is a GIF; JPEG, PNG or WebP are accepted"),
        ("AnalyzeFile('?', :c, 'a.txt')", b"", "is an empty file"),
    ],
)
def test_media_of_the_wrong_kind_are_refused_with_their_place(procedure, content, reason):
    with pytest.raises(BadValueError) as caught:
        bind(f"CALL {procedure}", {"c": content})

    place = rf"{procedure.partition('(')[0]}: parameter \w+_Content \(position \d\): "
    assert re.fullmatch(place + re.escape(reason), str(caught.value))


def test_the_second_image_is_named_by_its_own_place():
    with pytest.raises(BadValueError, match=r"^AnalyzeImage: parameter Image2_Content \(position 3\): is a GIF"):
        bind("CALL AnalyzeImage('?', :a, :b)", {"a": PNG, "b": GIF})


BOX = b"\x00\x00\x00\x40moov"
WHOLE = [picture(name, size) for name in ("JPEG", "PNG", "WEBP") for size in ((1, 1), (2, 2), (64, 48))]
"""Whole pictures of each kind that a parameter takes, small and larger."""


def starting_video(content: bytes) -> None:
    bind("CALL GenerateVideo('boat', Image_Content => :c)", {"c": content})


@pytest.mark.parametrize("whole", WHOLE, ids=lambda data: f"{sniff(data).name}-{len(data)}")
def test_a_picture_that_ends_too_early_is_refused_wherever_it_was_cut(whole):
    name = sniff(whole).name

    starting_video(whole)
    starting_video(whole + b"\0" * 1000)  # what stands behind the end does not matter
    for end in {12, 40, len(whole) // 2, len(whole) - 9, len(whole) - 1} & set(range(12, len(whole))):
        reason = rf"Image_Content \(position \d\): is a {name} that ends too early, after {end:,} bytes; get it anew$"
        with pytest.raises(BadValueError, match=reason):
            starting_video(whole[:end])


@pytest.mark.parametrize(
    ("statement", "content", "name"),
    [
        ("AnalyzeImage('?', :c)", PNG[:8], "a PNG that ends too early, after 8 bytes"),
        ("AnalyzeImage('?', :c)", PNG[:8] + bytes(32), "a PNG that ends too early"),
        ("AnalyzeImage('?', :c)", JPEG[:3], "a JPEG that ends too early, after 3 bytes"),
        ("AnalyzeImage('?', :c)", JPEG[:3] + bytes(37), "a JPEG that ends too early, after 40 bytes"),
        ("EditImage('pink', :c)", WEBP[:16], "a WebP that ends too early, after 16 bytes"),
        ("EditVideo(:c, 'snow')", ftyp(b"isom"), None),
        ("EditVideo(:c, 'snow')", ftyp(b"isom")[:12], "an MP4 that ends too early, after 12 bytes"),
        ("EditVideo(:c, 'snow')", MP4 + BOX, "an MP4 that ends too early"),
        ("EditVideo(:c, 'snow')", MP4 + BOX + bytes(56), None),
        ("EditVideo(:c, 'snow')", MP4 + b"\0\0\0\1mdat" + (99).to_bytes(8, "big"), "an MP4 that ends too early"),
        ("EditVideo(:c, 'snow')", MP4 + b"\0\0\0\0mdat film to the end", None),
        (
            "AnalyzeImageByUrl('?', :c)",
            "data:image/png;base64,iVBORw0KGgo=",
            "a PNG that ends too early, after 8 bytes",
        ),
    ],
)
def test_media_that_break_off_are_named(statement, content, name):
    if name is None:
        bind(f"CALL {statement}", {"c": content})
        return
    with pytest.raises(BadValueError, match=f"is {name}"):
        bind(f"CALL {statement}", {"c": content})


@pytest.mark.parametrize("content", [PNG[:8] + b"what is this? " * 9, JPEG[:3] + b"what is this? " * 9])
def test_what_cannot_be_followed_is_left_to_the_service(content):
    starting_video(content)


@pytest.mark.parametrize(
    ("statement", "head", "limit"),
    [
        ("CALL AnalyzeImage('?', :c)", PNG, 20 * MIB),
        ("CALL EditImage('pink', :c)", WEBP, 20 * MIB),
        ("CALL GenerateVideo('boat', Image_Content => :c)", JPEG, 20 * MIB),
        ("CALL AnalyzeFile('?', :c, 'a.txt')", b"text", 48 * MIB),
        ("CALL EditVideo(:c, 'snow')", MP4, 48 * MIB),
    ],
)
def test_the_largest_media_are_taken_and_one_byte_more_is_refused(statement, head, limit):
    largest = head.ljust(limit, b"\0")

    bind(statement, {"c": largest})
    with pytest.raises(BadValueError, match=f"is {limit + 1:,} bytes long; at most {limit:,} are allowed"):
        bind(statement, {"c": largest + b"\0"})


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a.png",
        "http://example.org:8080/a.png?b=c#d",
        "  https://example.org/a.png  ",
        "https://münchen.example/a.png",
        f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
    ],
)
def test_addresses_and_data_uris_are_taken(url):
    assert bind("CALL AnalyzeImageByUrl('?', :u)", {"u": url}).values["Image1_Url"] == url.strip()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("photo.png", "expected an address that begins with https:// or http://, got 'photo.png'"),
        ("/etc/passwd", "expected an address"),
        ("file:///etc/passwd", "expected an address"),
        ("ftp://example.org/a.png", "expected an address"),
        ("https://", "expected an address"),
        ("https:///a.png", "expected an address"),
        ("https://[::1", "expected an address"),
        ("https://example.org:x/", "expected an address"),
        ("javascript:alert(1)", "expected an address"),
        ("https://example.org/a b.png", "must not contain blanks"),
        ("https://example.org/a\nb.png", "must not contain blanks"),
        ("", "empty|expected an address"),
        ("data:image/png,abc", "data URI without base64"),
        ("data:image/png;base64,!!", "valid base64"),
        (f"data:image/gif;base64,{base64.b64encode(GIF).decode()}", "is a GIF; JPEG or PNG are accepted"),
    ],
)
def test_what_the_service_could_not_fetch_is_refused(url, reason):
    with pytest.raises(BadValueError, match=reason):
        bind("CALL AnalyzeImageByUrl('?', :u)", {"u": url})


def test_a_data_uri_keeps_to_the_size_of_an_image():
    large = base64.b64encode(PNG.ljust(20 * MIB + 1, b"\0")).decode()

    with pytest.raises(BadValueError, match="holds 20,971,521 bytes; at most 20,971,520 are allowed"):
        bind("CALL EditImageByUrl('pink', :u)", {"u": f"data:image/png;base64,{large}"})


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.1", "::1"])
def test_this_machine_is_known(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["example.org", "10.0.0.1", "169.254.169.254", "localhost.example.org", "127.0.0.1.nip.io"]
)
def test_other_machines_are_not_taken_for_this_one(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url", ["https://imgen.x.ai/a.jpeg", "http://127.0.0.1:8080/a", "http://[::1]/a", "http://localhost/a"]
)
def test_results_are_fetched_over_https_or_from_this_machine(url):
    request = download(url, Settings(max_media_bytes=99))

    assert (request.method, request.path, request.kind, request.max_bytes) == ("GET", url, "download", 99)
    assert not request.billed


@pytest.mark.parametrize(
    "url",
    [
        "http://imgen.x.ai/a.jpeg",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "ftp://x.ai/a",
        "//x.ai/a",
        "/relative",
        "",
        "https://",
        "https://x.ai/a b",
    ],
)
def test_results_are_fetched_from_nowhere_else(url):
    with pytest.raises(DataError):
        download(url, Settings())


def test_result_bytes_must_be_of_the_family_that_was_asked_for():
    assert result_bytes(WEBP, "image/") == WEBP
    for data, found in ((b"", "nothing"), (MP4, "MP4"), (b"<html>", "6 bytes of an unknown kind")):
        with pytest.raises(DataError, match=f"sent {found} where image was expected"):
            result_bytes(data, "image/")


def test_base64_with_a_head_or_without_is_decoded_and_other_text_refused():
    text = base64.b64encode(PNG).decode()

    assert decoded(text) == decoded(f"data:image/png;base64,{text}") == PNG
    for wrong in ("!!", "abc", "é"):
        with pytest.raises(DataError, match="not valid base64"):
            decoded(wrong)


def test_a_reader_takes_views_and_data_uris():
    read = media_reader(FILM)

    assert read(memoryview(MP4)) == MP4
    assert read(f"data:video/mp4;base64,{base64.b64encode(MP4).decode()}") == MP4
    with pytest.raises(UnfitValue, match="got text"):
        read("boat.mp4")
