"""A traceback that lists local variables, as pytest -l, rich and error reporters do, shows no key and no password."""

from __future__ import annotations

import asyncio
import base64
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

import grokcall
from grokcall.http.transport import HttpRequest, HttpResponse
from scripted_service import KEY, Answer, Service, answered, refused

PASSWORD = "PlantedProxyPassword"
SECRETS = (KEY, PASSWORD, base64.b64encode(f"user:{PASSWORD}".encode()).decode()[:-4])
ASK = "CALL GenerateResponse('x')"
REFUSALS = {
    "wrong key": refused(401, f"Incorrect API key provided: {KEY}"),
    "forbidden": refused(403, "no"),
    "bad request": refused(400, f"Bearer {KEY}"),
    "gone": refused(404, "no such model"),
    "too many": refused(429, "slow down", retry_after="400"),
    "broken": refused(500, KEY),
    "no JSON": Answer(KEY.encode()),
    "a page": Answer(f"<html><title>{KEY}</title></html>".encode(), 502),
    "a redirect": Answer(b"", 302, {"location": f"https://elsewhere.example/{KEY}"}),
    "cut": Answer(cut=True),
    "late": Answer(delay=5.0),
    "failed": answered("x", status="failed", error={"code": "server_error", "message": KEY}),
    "packed": Answer(b"no gzip", headers={"content-encoding": "gzip"}),
}


def listed(error: BaseException) -> str:
    """The traceback of an error with local variables, those of our frames: a test knows its secrets."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    each: traceback.TracebackException | None = told
    while each is not None:
        for frame in each.stack:
            if Path(frame.filename) == Path(__file__):
                frame.locals = None
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "".join(told.format())


def assert_kept(error: BaseException) -> None:
    """Asserts that no secret is in the traceback."""
    text = listed(error)
    assert [secret for secret in SECRETS if secret in text] == [], [
        line for line in text.splitlines() if any(secret in line for secret in SECRETS)
    ]


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets a proxy with a password."""

    def sets(place: str) -> None:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://user:{PASSWORD}@{place}")

    return sets


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.parametrize("name", REFUSALS)
def test_a_call_that_fails_shows_no_secret_in_local_variables(
    name: str, transport: str, proxied: Callable[[str], None]
) -> None:
    with Service(lambda asked: REFUSALS[name]) as service:
        proxied(f"127.0.0.1:{service.port}")  # the service is the proxy as well: it answers whatever it is asked
        options = {"base_url": "http://service.example/v1", "allow_http": True, "timeout": 1, "max_attempts": 1}
        with (
            grokcall.connect(api_key=KEY, transport=transport, **options) as connection,
            pytest.raises(grokcall.Error) as caught,
        ):
            connection.execute(ASK)
        assert_kept(caught.value)
        assert service.asked[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.parametrize("base_url", ["https://nobody.invalid/v1", "http://nobody.invalid/v1"])
def test_a_proxy_that_is_not_there_is_named_without_its_password(
    transport: str, base_url: str, proxied: Callable[[str], None]
) -> None:
    proxied("127.0.0.1:9")
    variable = f"{base_url.partition(':')[0]}_proxy"
    with (
        grokcall.connect(
            api_key=KEY, base_url=base_url, allow_http=True, transport=transport, max_attempts=1
        ) as connection,
        pytest.raises(
            grokcall.Error, match=rf"nobody\.invalid by way of the proxy 127\.0\.0\.1:9 \({variable}\)"
        ) as caught,
    ):
        connection.execute(ASK)
    assert_kept(caught.value)


def test_a_proxy_of_a_kind_that_cannot_be_used_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"socks5://user:{PASSWORD}@127.0.0.1:9")
    with (
        grokcall.connect(api_key=KEY, base_url="https://nobody.invalid/v1", max_attempts=1) as connection,
        pytest.raises(grokcall.Error) as caught,
    ):
        connection.execute(ASK)
    assert_kept(caught.value)


def wrong_option() -> None:
    grokcall.connect(api_key=KEY, concurrency=0)


def unknown_option() -> None:
    grokcall.connect(api_key=KEY, nothing=1)


def no_such_profile() -> None:
    grokcall.connect(api_key=KEY, profile="nobody")


def key_with_a_blank() -> None:
    with grokcall.connect(api_key=f"{KEY} {KEY}") as connection:
        connection.execute(ASK)


def key_from_a_function_with_a_line_break() -> None:
    with grokcall.connect(api_key=lambda: f"{KEY}\n{KEY}") as connection:
        connection.execute(ASK)


def wrong_statement() -> None:
    with grokcall.connect(api_key=KEY) as connection:
        connection.execute("CALL GenerateResponse(")


def transport_that_raises() -> None:
    async def raising(request: HttpRequest) -> HttpResponse:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        raise OSError("it broke")

    with grokcall.connect(api_key=KEY, transport=raising, max_attempts=1) as connection:
        connection.execute(ASK)


def transport_that_gives_nothing() -> None:
    with grokcall.connect(api_key=KEY, transport=lambda request: None, max_attempts=1) as connection:
        connection.execute(ASK)


def cancelled() -> None:
    async def waits() -> None:
        with (
            Service(lambda asked: Answer(delay=5.0)) as service,
            grokcall.connect(api_key=KEY, base_url=service.base_url) as connection,
        ):
            await asyncio.wait_for(connection.acall(ASK), 0.3)

    asyncio.run(waits())


def wrong_budget() -> None:
    with grokcall.connect(api_key=KEY) as connection:
        connection.lookup(ASK, [{"a": 1}], max_cost="no money")


FAILURES = [
    wrong_option,
    unknown_option,
    no_such_profile,
    key_with_a_blank,
    key_from_a_function_with_a_line_break,
    wrong_statement,
    transport_that_raises,
    transport_that_gives_nothing,
    cancelled,
    wrong_budget,
]


@pytest.mark.parametrize("failing", FAILURES, ids=lambda each: each.__name__)
def test_an_error_of_any_kind_shows_no_key_in_local_variables(
    failing: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configuration = tmp_path / "config.toml"
    configuration.write_text(f'[default]\napi_key = "{KEY}"\n[profiles.work]\napi_key = "{KEY}"\n')
    configuration.chmod(0o600)
    monkeypatch.setenv("GROKCALL_CONFIG", str(configuration))
    monkeypatch.setenv("XAI_API_KEY", KEY)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        failing()
    assert_kept(caught.value)


@pytest.mark.parametrize("key", [KEY, "0f8fad5b-d9cb-469f-a165-70867728950e", "a/gateway+key=with.marks"])
def test_a_key_that_is_echoed_is_kept_nowhere(tmp_path: Path, key: str) -> None:
    def echoing(asked: object) -> Answer:
        answer = answered(f"you are {key}")
        return Answer(answer.body, 200, {"x-request-id": key, "x-echo": key})

    with (
        Service(echoing) as service,
        grokcall.connect(api_key=key, base_url=service.base_url) as connection,
    ):
        command = "CALL GenerateResponse(:q)"
        result = connection.lookup(command, [{"q": "a"}, {"q": "b"}], journal=tmp_path / "j", call_columns=True)
    assert key not in repr(result.rows.to_pylist())
    assert result.rows.column("Response_Result").to_pylist() == ["you are [redacted]"] * 2
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes(), path
