"""Questions about images and files: what is sent in which order, and that no file stays behind."""

import base64
import json

import pytest
from canned import ANSWER, JPEG, PNG
from stepping import QUICK, RefusedError, bind, drive, reply, run

from grokcall_parser import DataError
from grokcall_procedures import BadValueError, FailedReplyError, Kind, Settings
from grokcall_procedures.analysis import mime_of
from grokcall_procedures.responses import response_row

ROW = response_row(json.dumps(ANSWER).encode())
INLINE = Settings(file_transfer="inline")
FILES = "CALL AnalyzeFile('Compare them.', :c1, :n1, :c2, :n2, :c3, :n3)"
TWO = {"c1": b"a,b\n1,2\n", "n1": "may.csv", "c2": b"%PDF-1.7", "n2": "june.pdf", "c3": None, "n3": None}


def uri(data, mime):
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def stored(name):
    return {"id": f"file_{name}", "object": "file", "bytes": 8, "created_at": 1, "expires_at": 2, "filename": name}


GONE = {"id": "file_x", "object": "file", "deleted": True}


def test_images_follow_the_question_in_their_order_and_gaps_do_not_matter():
    done = run("CALL AnalyzeImage('Compare them.', :a, NULL, :c)", [ANSWER], {"a": PNG, "c": JPEG})

    assert done.path == ["POST /responses"]
    assert done.body() == {
        "model": "grok-4.3",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Compare them."},
                    {"type": "input_image", "image_url": uri(PNG, "image/png")},
                    {"type": "input_image", "image_url": uri(JPEG, "image/jpeg")},
                ],
            }
        ],
    }
    assert done.requests[0].billed
    assert [row[: len(ROW)] for row in done.rows] == [ROW]


def test_options_go_beside_the_images_and_the_tool_limit_only_with_tools():
    done = run("CALL AnalyzeImage('?', :a, Store => FALSE, MaxToolCalls => 2)", [ANSWER], {"a": PNG})

    assert set(done.body()) == {"model", "input", "store"}


def test_addresses_are_sent_as_they_are():
    urls = {"a": "https://example.org/a.png", "b": uri(PNG, "image/png")}
    done = run("CALL AnalyzeImageByUrl('?', :a, NULL, :b)", [ANSWER], urls)

    assert done.body()["input"][0]["content"][1:] == [
        {"type": "input_image", "image_url": url} for url in urls.values()
    ]
    assert [row[: len(ROW)] for row in done.rows] == [ROW]


def test_files_are_uploaded_asked_about_and_deleted():
    replies = [stored("1"), stored("2"), ANSWER, GONE, GONE]
    done = run(f"{FILES[:-1]}, MaxToolCalls => 4)", replies, TWO)

    assert done.path == [
        "POST /files",
        "POST /files",
        "POST /responses",
        "DELETE /files/file_1",
        "DELETE /files/file_2",
    ]
    assert [request.kind for request in done.requests] == [
        Kind.UPLOAD,
        Kind.UPLOAD,
        Kind.TEXT,
        Kind.METADATA,
        Kind.METADATA,
    ]
    assert [request.billed for request in done.requests] == [False, False, True, False, False]
    assert done.body(2) == {
        "model": "grok-4.3",
        "max_turns": 4,
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Compare them."},
                    {"type": "input_file", "file_id": "file_1"},
                    {"type": "input_file", "file_id": "file_2"},
                ],
            }
        ],
    }
    assert [row[: len(ROW)] for row in done.rows] == [ROW]


def test_an_upload_expires_by_itself_and_has_the_file_last():
    first, second, *_ = run(FILES, [stored("1"), stored("2"), ANSWER, GONE, GONE], TWO).requests

    text = first.body.encoded().decode()
    places = [
        text.index('name="expires_after"\r\n\r\n3600\r\n'),
        text.index('name="purpose"\r\n\r\nassistants\r\n'),
        text.index('name="file"; filename="may.csv"\r\nContent-Type: text/csv\r\n\r\na,b'),
    ]
    assert places == sorted(places)
    assert first.body_type.startswith("multipart/form-data; boundary=")
    assert b'filename="june.pdf"\r\nContent-Type: application/pdf' in second.body.encoded()


@pytest.mark.parametrize(
    ("replies", "path"),
    [
        ([RefusedError(413)], ["POST /files"]),
        ([stored("1"), RefusedError(400), GONE], ["POST /files", "POST /files", "DELETE /files/file_1"]),
        (
            [stored("1"), stored("2"), RefusedError(500), GONE, GONE],
            ["POST /files", "POST /files", "POST /responses", "DELETE /files/file_1", "DELETE /files/file_2"],
        ),
        (
            [stored("1"), stored("2"), RefusedError(500), RefusedError(404), RefusedError(503)],
            ["POST /files", "POST /files", "POST /responses", "DELETE /files/file_1", "DELETE /files/file_2"],
        ),
    ],
)
def test_files_are_deleted_when_the_call_fails_and_the_first_error_stays(replies, path):
    first_error = next(reply for reply in replies if isinstance(reply, Exception))
    done = run(FILES, replies, TWO)

    assert done.error is first_error
    assert done.path == path


def test_files_are_deleted_when_the_answer_states_a_failure():
    done = run(FILES, [stored("1"), stored("2"), {"status": "failed", "error": "no"}, GONE, GONE], TWO)

    assert isinstance(done.error, FailedReplyError)
    assert done.path[-2:] == ["DELETE /files/file_1", "DELETE /files/file_2"]


def test_a_deletion_that_fails_does_not_hide_the_answer():
    done = run(FILES, [stored("1"), stored("2"), ANSWER, RefusedError(404), RefusedError(500)], TWO)

    assert done.error is None
    assert [row[: len(ROW)] for row in done.rows] == [ROW]


def test_a_run_that_is_closed_half_way_sends_nothing_more():
    steps = bind(FILES, TWO).steps()
    next(steps)
    steps.send(reply(stored("1")))

    steps.close()

    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize("answer", [{}, {"id": None}, {"id": 5}, {"id": ""}])
def test_an_upload_without_an_id_is_an_error(answer):
    done = run(FILES, [answer], TWO)

    assert isinstance(done.error, DataError)
    assert "no id" in str(done.error)


def test_an_id_is_escaped_in_the_path():
    done = run("CALL AnalyzeFile('?', :c, 'a.txt')", [{"id": "a/../b?c"}, ANSWER, GONE], {"c": b"x"})

    assert done.path[-1] == "DELETE /files/a%2F..%2Fb%3Fc"


def test_files_can_travel_inside_the_request_and_nothing_is_stored():
    done = run(FILES, [ANSWER], TWO, INLINE)

    assert done.path == ["POST /responses"]
    assert done.body()["input"][0]["content"][1:] == [
        {
            "type": "input_file",
            "file_data": base64.b64encode(TWO["c1"]).decode(),
            "filename": "may.csv",
            "mime_type": "text/csv",
        },
        {
            "type": "input_file",
            "file_data": base64.b64encode(TWO["c2"]).decode(),
            "filename": "june.pdf",
            "mime_type": "application/pdf",
        },
    ]
    assert [row[: len(ROW)] for row in done.rows] == [ROW]


def test_the_tool_limit_goes_with_files_however_they_travel():
    done = run("CALL AnalyzeFile('?', :c, 'a.txt', MaxToolCalls => 2)", [ANSWER], {"c": b"x"}, INLINE)

    assert done.body()["max_turns"] == 2


def test_files_that_a_request_cannot_carry_are_refused():
    large = b"x" * (20 * 1024 * 1024 // 4 * 3)

    bind("CALL AnalyzeFile('?', :c, 'a.txt')", {"c": large}, INLINE)
    bind("CALL AnalyzeFile('?', :c, 'a.txt')", {"c": large + b"x"}, QUICK)
    with pytest.raises(DataError, match=r"AnalyzeFile: the files make 20,971,524 bytes .* use file_transfer 'upload'"):
        bind("CALL AnalyzeFile('?', :c, 'a.txt')", {"c": large + b"x"}, INLINE)


@pytest.mark.parametrize(
    ("values", "parameter", "reason"),
    [
        ({"n2": None}, "File2_Name", "is needed because File2_Content is given"),
        ({"c2": None}, "File2_Content", "is needed because File2_Name is given"),
        ({"n3": "x.txt"}, "File3_Content", "is needed because File3_Name is given"),
        ({"n2": "MAY.csv"}, "File2_Name", "'MAY.csv' is the name of an earlier file"),
        ({"n2": "reports/may.csv"}, "File2_Name", "'may.csv' is the name of an earlier file"),
        ({"n1": ""}, "File1_Name", "is not the name of a file"),
        ({"n1": "reports/"}, "File1_Name", "is not the name of a file"),
        ({"n1": ".."}, "File1_Name", "is not the name of a file"),
    ],
)
def test_each_file_needs_a_name_of_its_own(values, parameter, reason):
    with pytest.raises(BadValueError, match=reason) as caught:
        bind(FILES, TWO | values)

    assert caught.value.parameter == parameter


@pytest.mark.parametrize(
    ("given", "kept"), [("/data/may.csv", "may.csv"), (r"C:\data\may.csv", "may.csv"), (" may.csv ", "may.csv")]
)
def test_directories_before_a_name_are_dropped(given, kept):
    assert bind("CALL AnalyzeFile('?', :c, :n)", {"c": b"x", "n": given}).values["File1_Name"] == kept


@pytest.mark.parametrize(
    ("name", "mime"),
    [
        ("a.csv", "text/csv"),
        ("a.MD", "text/markdown"),
        ("a.json", "application/json"),
        ("a.pdf", "application/pdf"),
        ("a.csv.gz", "application/octet-stream"),
        ("README", "application/octet-stream"),
    ],
)
def test_the_mime_type_of_a_file_follows_its_name(name, mime):
    assert mime_of(name) == mime


def test_a_gap_between_files_does_not_matter():
    third = TWO | {"c2": None, "n2": None, "c3": b"z", "n3": "z.bin"}
    done = run(FILES, [stored("1"), stored("3"), ANSWER, GONE, GONE], third)

    assert b'filename="z.bin"\r\nContent-Type: application/octet-stream' in done.requests[1].body.encoded()


def test_the_driver_itself_asks_for_every_reply():
    with pytest.raises(AssertionError, match="never asked for"):
        drive(bind("CALL GenerateResponse('hi')").steps(), [ANSWER, GONE])
