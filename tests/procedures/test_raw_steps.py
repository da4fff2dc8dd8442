"""Raw requests: anything below the base URL, and nothing beside it."""

import json

import pytest
from stepping import bind, reply, run

from grokcall_parser import DataError
from grokcall_procedures import BadValueError, Kind
from grokcall_procedures.steps import Host


def request(arguments, values=None):
    return next(bind(f"CALL RawRequest({arguments})", values).steps())


def test_a_path_alone_is_fetched_and_its_reply_given_as_it_is():
    done = run("CALL RawRequest('/models')", [reply(b'{"data": []}')])

    (sent,) = done.requests
    assert (sent.method, sent.path, sent.body, sent.headers, sent.timeout) == ("GET", "/models", None, (), None)
    assert (sent.kind, sent.billed) == (Kind.METADATA, False)
    assert done.rows == [(200, '{"content-type":"application/json"}', "application/json", '{"data": []}', None)]


def test_a_body_makes_it_a_billed_post():
    sent = request("'/embeddings', NULL, :b", {"b": '{"model": "v1"}'})

    assert (sent.method, sent.body, sent.content_type) == ("POST", b'{"model": "v1"}', "application/json")
    assert (sent.kind, sent.billed) == (Kind.TEXT, True)
    assert request("'/x', Body => 'plain words'").content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "billed"),
    [("get", False), ("HEAD", False), ("Delete", False), ("post", True), ("PUT", True), ("patch", True)],
)
def test_every_method_but_three_is_taken_for_one_that_costs_money(method, billed):
    sent = request(f"'/x', '{method}'")

    assert (sent.method, sent.billed) == (method.upper(), billed)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("models", "/models"),
        ("/models", "/models"),
        ("v1/models", "/models"),
        ("/v1/models", "/models"),
        ("/v10/models", "/v10/models"),
        (" /models ", "/models"),
        ("/files?limit=5", "/files?limit=5"),
        ("/models/a%2Fb", "/models/a%2Fb"),
        ("/batches/b_1:cancel", "/batches/b_1:cancel"),
        ("/x?u=https://example.org/..", "/x?u=https://example.org/.."),
    ],
)
def test_a_path_stands_below_the_base_url(given, path):
    assert request(":p", {"p": given}).path == path


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("https://example.org/x", "is an address"),
        ("HTTP://example.org", "is an address"),
        ("file:///etc/passwd", "is an address"),
        ("//example.org/x", "is an address"),
        ("/../management", r"steps \. and \.\."),
        ("/models/..", r"steps \. and \.\."),
        ("/models/%2e%2e/x", r"steps \. and \.\."),
        ("/models%2F..%2Fx", r"steps \. and \.\."),
        ("./models", r"steps \. and \.\."),
        ("/a b", "blanks"),
        ("/a\r\nX: y", "blanks"),
        ("/a\\b", "backslashes"),
        ("/a#b", "#"),
        ("/v1", "names nothing"),
        ("/", "names nothing"),
        ("", "names nothing"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(given, reason):
    with pytest.raises(BadValueError, match=rf"RawRequest: parameter Path \(position 1\): .*{reason}"):
        request(":p", {"p": given})


def test_query_parameters_are_escaped_and_added():
    query = {"limit": 5, "filter": "a&b c", "tag": ["x", "y"], "none": None, "deep": True}

    assert request("'/files', Query => :q", {"q": query}).path == "/files?limit=5&filter=a%26b+c&tag=x&tag=y&deep=true"
    assert request("'/files?a=1', Query => :q", {"q": {"b": 2}}).path == "/files?a=1&b=2"
    assert request("'/files', Query => '{}'").path == "/files"


def test_headers_are_added_and_the_content_type_is_the_callers():
    sent = request("'/x', 'POST', 'a,b', Headers => :h", {"h": {"X-Test": 1, "content-TYPE": "text/csv"}})

    assert (sent.headers, sent.content_type) == ((("X-Test", "1"),), "text/csv")


@pytest.mark.parametrize(
    "name", ["Authorization", "AUTHORIZATION", "x-api-key", "Host", "Content-Length", "Connection"]
)
def test_the_key_and_the_connections_headers_cannot_be_set(name):
    with pytest.raises(BadValueError, match=f"Headers .* must not set {name}: the connection does") as caught:
        request("'/x', Headers => :h", {"h": {name: "Bearer secret-value"}})

    assert "secret-value" not in str(caught.value)


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nAuthorization: b"}, {"X Y": "a"}, {"X:": "a"}, {"": "a"}, {"X": "a\x00"}]
)
def test_headers_that_would_break_the_request_are_refused(headers):
    with pytest.raises(BadValueError, match="cannot be sent"):
        request("'/x', Headers => :h", {"h": headers})


@pytest.mark.parametrize("parameter", ["Query", "Headers", "FormData"])
def test_objects_must_be_objects(parameter):
    with pytest.raises(BadValueError, match=f"{parameter} .* must be a JSON object"):
        request(f"'/x', {parameter} => '[1]'")


def test_a_form_has_its_fields_and_its_file_last():
    values = {"f": {"purpose": "assistants", "n": 1}, "d": b"hi"}
    sent = request("'/files', FormData => :f, FileData => :d, FileName => 'a.txt'", values)

    assert (sent.method, sent.billed) == ("POST", True)
    assert sent.content_type.startswith("multipart/form-data; boundary=")
    body = sent.body.encoded()
    assert body.index(b'name="purpose"') < body.index(b'name="n"\r\n\r\n1') < body.index(b"a.txt")
    assert b'filename="file"' in request("'/files', FileData => ?", [b"hi"]).body.encoded()


def test_the_file_of_a_form_stands_in_the_field_that_the_call_names():
    values = {"f": {"name": "tables"}, "d": b"hi"}
    sent = request(
        "'/skills', FormData => :f, FileData => :d, FileName => 'tables/SKILL.md', FileField => 'files'", values
    )
    assert b'name="files"; filename="tables/SKILL.md"' in sent.body.encoded()
    assert b'name="file"; filename="file"' in request("'/files', FileData => ?", [b"hi"]).body.encoded()


def test_a_form_keeps_its_own_content_type():
    sent = request("'/files', FileData => :d, Headers => :h", {"d": b"x", "h": {"Content-Type": "text/plain"}})

    assert sent.content_type.startswith("multipart/form-data")
    assert sent.headers == ()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("'/x', Body => 'a', FormData => '{}'", "cannot be given together with FormData"),
        ("'/x', Body => 'a', FileData => X'00'", "cannot be given together with FileData"),
        ("'/x', FileName => 'a'", "FileName .*names a file that is not given"),
        ("'/x', FileField => 'a'", "FileField .*names a file that is not given"),
        ("'/x', 'GET POST'", "is not a method"),
        ("'/x', Timeout => 0", "must be greater than 0 and at most 3600"),
        ("'/x', Timeout => 3601", "must be greater than 0 and at most 3600"),
    ],
)
def test_values_that_do_not_go_together_are_refused(arguments, reason):
    with pytest.raises(BadValueError, match=reason):
        request(arguments)


def test_a_timeout_is_the_requests_own():
    assert request("'/x', Timeout => 5").timeout == 5.0


@pytest.mark.parametrize(
    ("response_type", "content_type", "body", "text", "content"),
    [
        (None, "application/json; charset=utf-8", b"[1]", "[1]", None),
        (None, "text/plain", b"hi", "hi", None),
        (None, "audio/mpeg", b"\xff\xfb", None, b"\xff\xfb"),
        (None, "", b"hi", "hi", None),
        (None, "application/json", b"", None, None),
        ("json", "application/octet-stream", b"[1]", "[1]", None),
        ("json", "application/json", b"", None, None),
        ("TEXT", "audio/mpeg", b"\xff", "\ufffd", None),
        ("binary", "application/json", b"[1]", None, b"[1]"),
    ],
)
def test_a_reply_is_read_as_asked_or_by_its_content_type(response_type, content_type, body, text, content):
    done = run("CALL RawRequest('/x', ResponseType => ?)", [reply(body, content_type=content_type)], [response_type])

    assert done.rows[0][3:] == (text, content)


def test_a_reply_that_is_not_json_is_an_error_where_json_was_asked_for():
    done = run("CALL RawRequest('/x', ResponseType => 'json')", [reply(b"<html>", content_type="text/html")])

    assert isinstance(done.error, DataError)
    assert "is not JSON but text/html; ask for text" in str(done.error)


def test_status_and_headers_are_columns():
    done = run("CALL RawRequest('/x')", [reply(b"", status=204)])

    assert done.rows[0][0] == 204
    assert json.loads(done.rows[0][1]) == {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("arguments", "path", "once"),
    [
        ("'/v1/collections', Host => 'management'", "/v1/collections", False),
        ("'auth/management-keys/validation', Host => 'MANAGEMENT'", "/auth/management-keys/validation", False),
        ("'/v1/collections', Body => '{}', Host => 'management'", "/v1/collections", True),
        ("'/v1/collections/c', 'DELETE', Host => 'management'", "/v1/collections/c", False),
    ],
)
def test_the_management_host_has_paths_of_its_own_and_takes_no_money(arguments, path, once):
    sent = request(arguments)

    assert (sent.host, sent.path) == (Host.MANAGEMENT, path)
    assert (sent.kind, sent.billed, sent.once) == (Kind.METADATA, False, once)


def test_there_is_no_third_host():
    with pytest.raises(BadValueError, match=r"Host .* is api or management, not 'example.org'"):
        request("'/x', Host => 'example.org'")
