"""A key is planted wherever one can be, and looked for wherever people read."""

from __future__ import annotations

import asyncio
import copy
import gc
import io
import logging
import pickle
import subprocess
import sys
import traceback

import pytest

from bad_server import KEY, BadServer, exchange, request_to
from grokcall import errors
from grokcall.config.api_key import find_key
from grokcall.core.redaction import RedactingFilter, SecretKey, get_logger, redact
from grokcall.http.service_errors import error_of
from grokcall.http.transport import HttpResponse, Transport

ODD_KEY = "sk-of-another-server-without-our-prefix"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"key={KEY}.", "key=[redacted]."),
        ("Incorrect API key provided: xa***yz. You can", "Incorrect API key provided: [redacted]. You can"),
        ("Authorization: Bearer abcdef", "Authorization: Bearer [redacted]"),
        ("{'authorization': 'bearer abcdef'}", "{'authorization': 'Bearer [redacted]'}"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic [redacted]"),
        ("No bearer token was given", "No bearer token was given"),
        ("http://user:secret@proxy:8080/x", "http://[redacted]@proxy:8080/x"),
        ("https://h/x?api_key=abc&n=1", "https://h/x?api_key=[redacted]&n=1"),
        ("https://h/x?X-Amz-Signature=abc&n=1", "https://h/x?X-Amz-Signature=[redacted]&n=1"),
        ("data:image/png;base64,iVBORw0KGgo= end", "data:image/png;base64,… (8 bytes) end"),
        (f"picture {'A' * 16460}== end", "picture … (12,345 bytes) end"),
        ("nothing to hide in grok-4.3 at https://api.x.ai/v1", "nothing to hide in grok-4.3 at https://api.x.ai/v1"),
        ("stars *** in **text**", "stars *** in **text**"),
    ],
)
def test_redaction_removes_secrets_and_bytes_and_nothing_else(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_redaction_removes_the_secrets_it_is_given_the_longest_first() -> None:
    assert redact("a pass-phrase-one-two and pass-phrase", "pass-phrase", "pass-phrase-one-two") == (
        "a [redacted] and [redacted]"
    )
    assert redact("a test", "test") == "a test"


def test_redaction_of_any_length_takes_little_time() -> None:
    for text in (
        "http://" * 50_000,
        "*" * 300_000,
        "xai-" * 80_000,
        "data:" * 60_000,
        "a" * 300_000,
        "bearer " * 40_000,
    ):
        redact(text)


def test_a_living_key_of_any_form_is_removed_and_a_dead_one_is_forgotten() -> None:
    key, twin = SecretKey(ODD_KEY), SecretKey(ODD_KEY)
    del twin
    gc.collect()
    assert redact(f"<{ODD_KEY}>") == "<[redacted]>"
    del key
    gc.collect()
    assert redact(f"<{ODD_KEY}>") == f"<{ODD_KEY}>"


def test_a_secret_key_shows_itself_to_nobody_but_who_asks() -> None:
    key = SecretKey(ODD_KEY)
    shown = [str(key), repr(key), f"{key}", f"{key!r:>40}", "%s" % key, repr([key]), repr(vars(type(key)))]  # noqa: UP031
    assert not any(ODD_KEY in each for each in shown)
    assert key.reveal() == ODD_KEY


def test_secret_keys_compare_by_value_and_stay_out_of_pickles() -> None:
    assert SecretKey("a") == SecretKey("a") != SecretKey("b")
    assert len({SecretKey("a"), SecretKey("a")}) == 1
    assert SecretKey("a") != "a"
    for operation in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not put into a pickle") as caught:
            operation(SecretKey(ODD_KEY))  # type: ignore[operator]
        assert ODD_KEY not in str(caught.value)


@pytest.fixture
def logged() -> io.StringIO:
    """What a handler that shows everything writes."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s %(headers)s", defaults={"headers": ""}))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream  # type: ignore[misc]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("name", ["grokcall", "grokcall.anything"])
def test_nothing_that_is_logged_shows_a_key(logged: io.StringIO, name: str) -> None:
    log, key = get_logger(name), SecretKey(ODD_KEY)
    log.warning("sent %s with %s", ODD_KEY, {"Authorization": f"Bearer {KEY}"})
    log.warning(f"sent {KEY}")
    log.warning("extra", extra={"headers": {"Authorization": f"Bearer {KEY}"}})
    log.warning("misfit %s %s", KEY)
    try:
        raise ValueError(f"bad {ODD_KEY} {KEY}")
    except ValueError:
        log.exception("it failed", stack_info=True)
    written = logged.getvalue()
    assert written.count("[redacted]") >= 6
    assert "ValueError: bad [redacted] [redacted]" in written
    assert KEY not in written
    assert key.reveal() not in written


def test_the_library_logs_nothing_unless_asked() -> None:
    # In a process of its own: what other tests asked for would still be there in this one.
    program = "from grokcall.core.redaction import get_logger; get_logger('grokcall.quiet').warning('a warning')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=400, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_asking_twice_for_a_logger_filters_once() -> None:
    get_logger("grokcall.twice")
    filters = get_logger("grokcall.twice").filters
    assert [type(each) for each in filters] == [RedactingFilter]


@pytest.mark.parametrize("path", ["/cut", "/garbage", "/half", "/hang", "/refused", "/large/100"])
def test_no_error_of_a_transport_shows_the_key(transport: Transport, server: BadServer, path: str) -> None:
    url = "http://127.0.0.1:9/x" if path == "/refused" else server.url(path)
    with pytest.raises(errors.Error) as caught:
        exchange(transport, request_to(url, read_timeout=0.2, connect_timeout=0.2, max_bytes=50))
    assert_hidden(caught.value)


def test_no_refusal_shows_the_key() -> None:
    reply = HttpResponse(400, {"x-request-id": KEY}, f'{{"code":"{KEY}","error":"Bad key {KEY}"}}'.encode())
    error = error_of(reply)
    assert error is not None
    assert_hidden(error)


def test_no_repr_shows_the_key() -> None:
    assert KEY not in repr(request_to("http://127.0.0.1/x"))
    assert KEY not in repr(find_key(KEY))


def assert_hidden(error: BaseException) -> None:
    printed = "".join(traceback.format_exception(error))
    for text in (printed, str(error), repr(error), str(vars(error)), repr(error.__context__), repr(error.__cause__)):
        assert KEY not in text
    assert KEY.encode() not in pickle.dumps(error)


def test_a_failed_exchange_keeps_no_exception_that_holds_the_request(transport: Transport, server: BadServer) -> None:
    with pytest.raises(errors.ConnectionCutError) as caught:
        asyncio.run(transport.send(request_to(server.url("/garbage"))))
    assert caught.value.__context__ is None
    asyncio.run(transport.close())
