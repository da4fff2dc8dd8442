"""What may be handed in as a transport."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import httpx
import pytest

from bad_server import BadServer, exchange, request_to
from grokcall.config.options import Options
from grokcall.errors import InterfaceError
from grokcall.http.aiohttp_transport import AiohttpTransport
from grokcall.http.factory import FunctionTransport, as_transport
from grokcall.http.httpx_transport import HttpxTransport
from grokcall.http.transport import HttpRequest, HttpResponse, Transport

OPTIONS = Options()
REPLY = HttpResponse(200, {}, b'{"hi": 1}')


def mock(seen: list[httpx.Request]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201, headers={"X-Request-ID": "r-7"}, content=b"{}")

    return httpx.MockTransport(answer)


def test_the_option_decides_when_nothing_is_handed_in() -> None:
    assert isinstance(as_transport(None, OPTIONS), AiohttpTransport)
    assert isinstance(as_transport(None, Options(transport="httpx")), HttpxTransport)
    assert isinstance(as_transport("httpx", OPTIONS), HttpxTransport)
    assert isinstance(as_transport("aiohttp", Options(transport="httpx")), AiohttpTransport)


def test_a_transport_is_taken_as_it_is() -> None:
    transport = AiohttpTransport()
    assert as_transport(transport, OPTIONS) is transport
    assert isinstance(transport, Transport)


def test_a_function_answers_plain_or_async() -> None:
    async def later(request: HttpRequest) -> HttpResponse:
        await asyncio.sleep(0)
        return REPLY

    for function in (lambda request: REPLY, later):
        assert exchange(as_transport(function, OPTIONS), request_to("http://nowhere/x")) == [REPLY]


def test_what_a_function_raises_comes_through_and_what_it_returns_is_checked() -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        exchange(as_transport(fail, OPTIONS), request_to("http://nowhere/x"))
    with pytest.raises(InterfaceError, match=r"FunctionTransport.* gave str and not HttpResponse"):
        exchange(FunctionTransport(lambda request: "hi"), request_to("http://nowhere/x"))  # type: ignore[arg-type,return-value]


def test_a_transport_of_httpx_is_asked_and_closed() -> None:
    seen: list[httpx.Request] = []
    (reply,) = exchange(as_transport(mock(seen), OPTIONS), request_to("https://api.x.ai/v1/responses", body=b"[1]"))
    assert (reply.status, reply.headers["x-request-id"], reply.body) == (201, "r-7", b"{}")
    assert (seen[0].method, str(seen[0].url), seen[0].content) == ("POST", "https://api.x.ai/v1/responses", b"[1]")
    assert seen[0].headers["authorization"].startswith("Bearer ")


def test_a_client_of_httpx_is_used_as_it_is_and_left_open() -> None:
    seen: list[httpx.Request] = []

    async def main() -> bool:
        async with httpx.AsyncClient(transport=mock(seen), headers={"X-Gateway": "ours"}) as client:
            transport = as_transport(client, OPTIONS)
            await transport.send(request_to("https://api.x.ai/v1/responses"))
            await transport.close()
            return client.is_closed

    assert asyncio.run(main()) is False
    assert seen[0].headers["x-gateway"] == "ours"


@pytest.mark.parametrize("value", [5, object(), AiohttpTransport, "curl", {}])
def test_anything_else_is_refused_with_what_would_do(value: object) -> None:
    with pytest.raises(InterfaceError, match=r"'aiohttp'.* 'httpx'"):
        as_transport(value, OPTIONS)


def test_a_client_that_is_not_async_is_refused_with_the_remedy() -> None:
    with httpx.Client() as client, pytest.raises(InterfaceError, match=r"httpx\.AsyncClient"):
        as_transport(client, OPTIONS)


def test_the_options_reach_the_transport(server: BadServer) -> None:
    transport = as_transport(None, Options(concurrency=2))

    async def main() -> None:
        await asyncio.gather(*(transport.send(request_to(server.url("/answer"))) for _ in range(10)))
        await transport.close()

    asyncio.run(main())
    assert server.connections == 2


def test_httpx_is_not_loaded_for_who_does_not_use_it() -> None:
    program = (
        "import sys; from grokcall.config.options import load_options; from grokcall.http.factory import as_transport;"
        " as_transport(None, load_options()); sys.exit('httpx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=400).returncode == 0
