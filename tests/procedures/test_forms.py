"""Forms go over the wire as browsers send them, the file last."""

from email.message import Message
from email.parser import BytesParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokcall_procedures.multipart import FilePart, boundary_for, candidate, encode_form


def parsed(body: bytes, content_type: str) -> list[Message]:
    message = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    parts = message.get_payload()
    assert isinstance(parts, list)
    return parts


def test_the_bytes_are_exactly_these():
    body, content_type = encode_form({"expires_after": "3600"}, FilePart("a.txt", b"hi\r\n", "text/plain"))

    boundary = content_type.removeprefix("multipart/form-data; boundary=")
    assert boundary.startswith("grokcall-")
    assert body.decode() == (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="expires_after"\r\n\r\n'
        "3600\r\n"
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        "Content-Type: text/plain\r\n\r\n"
        "hi\r\n\r\n"
        f"--{boundary}--\r\n"
    )


def test_the_file_is_the_last_part():
    parts = parsed(*encode_form({"a": "1", "b": "2"}, FilePart("f", b"x")))

    assert [part.get_param("name", header="content-disposition") for part in parts] == ["a", "b", "file"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("may.csv", "may.csv"),
        ('a"b.txt', "a%22b.txt"),
        ("a\r\nX-Header: b", "a%0D%0AX-Header: b"),
        ("größe 😀.txt", "größe 😀.txt"),
        ("100%.txt", "100%.txt"),
    ],
)
def test_file_names_are_escaped_as_browsers_do(name, written):
    body, _ = encode_form({}, FilePart(name, b""))

    assert f'filename="{written}"\r\n'.encode() in body


def test_the_same_form_gives_the_same_bytes_and_another_one_another_boundary():
    first = encode_form({"a": "1"}, FilePart("f", b"x"))

    assert encode_form({"a": "1"}, FilePart("f", b"x")) == first
    assert encode_form({"a": "1"}, FilePart("f", b"y"))[1] != first[1]


def test_a_boundary_that_occurs_in_the_data_is_passed_over():
    seed = b"seed"
    data = b"--" + candidate(seed, 0) + b"\r\n" + candidate(seed, 1)

    assert boundary_for([b"other", data], seed) == candidate(seed, 2)


@given(st.binary(max_size=200))
def test_any_content_comes_out_as_it_went_in(content):
    body, content_type = encode_form({}, FilePart("f.bin", content))
    boundary = content_type.partition("boundary=")[2].encode()

    assert body.count(boundary) == 2
    assert body.partition(b"\r\n\r\n")[2] == content + b"\r\n--" + boundary + b"--\r\n"
