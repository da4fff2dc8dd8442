"""What the service refuses to a team of which it keeps nothing is refused here once that was heard, and not before."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import Answer


@pytest.fixture(params=["zdr"])
def told(service, request) -> None:
    """A service that tells of its team, and would make anything."""
    service.script = lambda asked: (
        Answer(json.dumps({"zdr_status": request.param}).encode()) if asked.path == "/v1/me" else Answer(b"{}")
    )


def paths(service):
    return [asked.path for asked in service.asked]


@pytest.mark.parametrize(
    ("statement", "remedy"),
    [
        ("CALL GenerateVideo('a boat')", "puts|give UploadUrl"),
        ("CALL EditVideoByUrl('https://example.org/a.mp4', 'snow')", "ExtraBody => .*upload_url"),
        ("CALL ExtendVideoByUrl('https://example.org/a.mp4', 'on')", "ExtraBody"),
        ("CALL GenerateVideo('a', StoreAs => 'b.mp4', UploadUrl => 'https://example.org/put')", "leave StoreAs out"),
        ("CALL GenerateImage('a kite', StoreAs => 'kite.jpg')", "leave StoreAs out, and give UploadUrl"),
        ("CALL UploadFile(X'00', 'a.bin')", "takes no files; .*file_transfer='inline'"),
        ("CALL AnalyzeFile('what?', X'00', 'a.bin')", "takes no files"),
    ],
)
def test_what_such_a_team_cannot_have_is_refused_before_it_is_sent(connection, service, told, statement, remedy):
    connection.execute("CALL GetAccount()")
    with pytest.raises(grokcall.NotSupportedError, match=f"zero data retention.*({remedy})"):
        connection.execute(statement)
    assert paths(service) == ["/v1/me"]


@pytest.mark.parametrize("told", ["no_zdr", "pii_scrubbing"], indirect=True)
def test_a_team_that_has_its_data_kept_is_refused_nothing(connection, service, told):
    connection.execute("CALL GetAccount()")
    with pytest.raises(grokcall.MalformedReplyError):
        connection.execute("CALL GenerateVideo('a boat')")
    assert paths(service) == ["/v1/me", "/v1/videos/generations"]


def test_nothing_is_asked_and_nothing_refused_where_the_account_was_not_seen(connection, service, told):
    with pytest.raises(grokcall.MalformedReplyError):
        connection.execute("CALL GenerateVideo('a boat')")
    assert paths(service) == ["/v1/videos/generations"]


def test_text_and_images_in_the_reply_go_on(connection, service, told):
    connection.execute("CALL RawRequest('/me')")
    for statement in ("CALL GenerateImage('a kite')", "CALL GenerateImage('a', UploadUrl => 'https://example.org/p')"):
        with pytest.raises(grokcall.MalformedReplyError):
            connection.execute(statement)
    assert paths(service)[1:] == ["/v1/images/generations"] * 2
    with pytest.raises(grokcall.NotSupportedError, match="zero data retention"):
        connection.execute("CALL GenerateVideo('a boat')")


def test_the_rows_of_a_lookup_tell_of_it_each(connection, service, told):
    connection.execute("CALL GetAccount()")
    rows = [{"d": "one"}, {"d": "two"}]
    errors = connection.lookup("CALL GenerateVideo(:d)", rows).errors.to_pylist()
    assert all("UploadUrl" in row["Call_ErrorMessage"] for row in errors)
    assert len(errors) == 2
    assert paths(service) == ["/v1/me"]


@pytest.fixture(scope="module")
def forgetful() -> Iterator[Sandbox]:
    """The sandbox of such a team."""
    with Sandbox(video_seconds=0.05, refusals=["data_retention"]) as running:
        yield running


@pytest.fixture
def there(forgetful) -> Iterator[grokcall.Connection]:
    forgetful.reset()
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=forgetful.base_url, poll_interval=0.05) as connection:
        yield connection


def test_the_sandbox_refuses_what_the_service_refuses_such_a_team(there):
    with pytest.raises(grokcall.InvalidRequestError, match=r"must provide output\.upload_url"):
        there.execute("CALL GenerateVideo('a boat', Duration => 1)")
    for statement in ("CALL UploadFile(X'00', 'a.bin')", "CALL GenerateImage('a kite', StoreAs => 'kite.jpg')"):
        with pytest.raises(grokcall.PermissionDeniedError, match="Zero Data Retention"):
            there.execute(statement)


def test_a_video_of_such_a_team_is_put_to_its_address(there, service):
    service.script = lambda _asked: Answer(b"")
    assert there.execute("CALL GetAccount()").fetch_arrow_table()["Account_ZeroDataRetention"].to_pylist() == ["zdr"]
    target = f"{service.origin}/put"
    film = "CALL GenerateVideo('a boat', Duration => 1, UploadUrl => :u)"
    assert there.execute(film, {"u": target}).fetchone() == (None,)
    output = json.dumps({"output": {"upload_url": target}})
    change = "CALL EditVideo(:v, 'snow', ExtraBody => :o)"
    assert there.execute(change, {"v": service.asked[0].body, "o": output}).fetchone() == (None,)
    assert [asked.method for asked in service.asked] == ["PUT", "PUT"]
