"""A far service leads nobody to this machine or into a private network, whatever its links look like."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

import grokcall
from grokcall.http.aiohttp_transport import AiohttpTransport
from grokcall.http.httpx_transport import HttpxTransport
from grokcall.http.transport import HttpRequest, HttpResponse, Transport
from scripted_service import Answer, Asked, Service

FILM = b"\0\0\0\x18ftypisom" + b"what only this machine may see"
KEY = "xai-x0123456789"


class Far:
    """A service that is elsewhere; what it links to is fetched over real sockets."""

    def __init__(self, link: str, inner: Transport) -> None:
        self.link = link
        self.inner = inner

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The API's replies; anything else from the network."""
        if request.url.startswith("https://api.x.ai"):
            starts = request.method == "POST"
            reply = {"request_id": "v1"} if starts else {"status": "done", "video": {"url": self.link}}
            return HttpResponse(200, {}, json.dumps(reply).encode())
        if request.url.startswith("https://cdn.example"):
            return HttpResponse(302, {"location": self.link}, b"")
        return await self.inner.send(request)

    async def close(self) -> None:
        """Closes the connections."""
        await self.inner.close()


@pytest.fixture
def secrets() -> Iterator[Service]:
    """A server on this machine that a far service must not reach through us."""
    with Service(lambda asked: Answer(FILM)) as service:
        yield service


def own_names() -> list[str]:
    """Names of this machine that lead to addresses of its own or a private network."""
    return ["localhost", "LOCALHOST.", "me.localhost", socket.gethostname()]


HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.8.9.10",
    "2130706433",
    "0x7f000001",
    "0x7F.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.01",
    "127.0.0.1.",
    "0.0.0.0",
    "0",
    "１２７.０.０.１",
    "127。0。0。1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fc00::1]",
    "[ff02::1]",
    "[::ffff:169.254.169.254]",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "metadata.google.internal",
    "printer.local",
    *own_names(),
]


@pytest.fixture(params=["aiohttp", "httpx"])
def inner(request: pytest.FixtureRequest) -> Transport:
    """Each transport."""
    made: Transport = AiohttpTransport() if request.param == "aiohttp" else HttpxTransport()
    return made


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", HOSTS)
def test_a_far_service_cannot_have_a_private_address_fetched(
    secrets: Service, inner: Transport, host: str, scheme: str
) -> None:
    link = f"{scheme}://{host}:{secrets.port}/v1/kv/secret?raw"
    options = {"api_key": KEY, "poll_interval": 0.01, "connect_timeout": 2, "max_attempts": 1}
    with (
        grokcall.connect(transport=Far(link, inner), **options) as connection,
        pytest.raises(grokcall.MediaError, match=r"private network|https only"),
    ):
        connection.execute("CALL GenerateVideo('x')")
    assert secrets.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "10.0.0.1"])
def test_a_redirect_of_a_download_leads_there_no_more_than_a_link(
    secrets: Service, inner: Transport, host: str
) -> None:
    far = Far("https://cdn.example/film.mp4", inner)
    replies = iter([f"http://{host}:{secrets.port}/secret", f"https://{host}:{secrets.port}/secret"])

    for location in replies:

        class Sending(Far):
            """Sends the download on."""

            async def send(self, request: HttpRequest) -> HttpResponse:
                if request.url.startswith("https://cdn.example"):
                    return HttpResponse(302, {"location": location}, b"")  # noqa: B023 - used up within the turn
                return await super().send(request)

        with (
            grokcall.connect(transport=Sending(far.link, inner), api_key=KEY, poll_interval=0.01) as connection,
            pytest.raises(grokcall.MediaError, match=r"private network|https only"),
        ):
            connection.execute("CALL GenerateVideo('x')")
    assert secrets.asked == []


def test_who_needs_private_media_allows_them_and_sends_no_key(secrets: Service, inner: Transport) -> None:
    far = Far(f"{secrets.origin}/film.mp4", inner)
    with grokcall.connect(transport=far, api_key=KEY, poll_interval=0.01, allow_private_media=True) as connection:
        assert connection.execute("CALL GenerateVideo('x')").fetchone()[0] == FILM
    (asked,) = secrets.asked
    assert not {"authorization", "cookie", "proxy-authorization"} & {name.lower() for name in asked.headers}
    assert KEY not in repr(asked)


def test_a_service_on_this_machine_links_to_this_machine() -> None:
    def script(asked: Asked) -> Answer:
        if asked.path == "/film.mp4":
            return Answer(FILM)
        starts = asked.method == "POST"
        film = {"status": "done", "video": {"url": f"http://127.0.0.1:{service.port}/film.mp4"}}
        return Answer(json.dumps({"request_id": "v1"} if starts else film).encode())

    with (
        Service(script) as service,
        grokcall.connect(base_url=service.base_url, api_key=KEY, poll_interval=0.01) as connection,
    ):
        assert connection.execute("CALL GenerateVideo('x')").fetchone()[0] == FILM
