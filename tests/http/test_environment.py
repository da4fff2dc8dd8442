"""Proxies and certificates as the machine prescribes them, with a real proxy and a real authority."""

from __future__ import annotations

import asyncio
import base64
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

import grokcall
from bad_server import KEY, BadServer, ServerThread, exchange, http_reply, request_to
from grokcall import errors
from grokcall.http.aiohttp_transport import AiohttpTransport
from grokcall.http.environment import ClientCertificate, Proxies, tls_context
from grokcall.http.httpx_transport import HttpxTransport
from grokcall.http.transport import HttpResponse, Transport
from grokcall.http.websocket import Socket, SocketRequest

pytestmark = pytest.mark.filterwarnings("ignore:ssl.*:DeprecationWarning")


class ForwardProxy:
    """Answers plain requests itself and digs tunnels for the others."""

    def __init__(self, refuse_with: bytes = b"") -> None:
        self.heads: list[str] = []
        self.refuse_with = refuse_with

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        method, target, _ = head.split("\r\n")[0].split(" ")
        if self.refuse_with:
            writer.write(self.refuse_with)
        elif method == "CONNECT":
            host, _, port = target.rpartition(":")
            upstream_reader, upstream_writer = await asyncio.open_connection(host, int(port))
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(pump(reader, upstream_writer), pump(upstream_reader, writer))
        else:
            writer.write(http_reply(b'{"via": "proxy"}', extra="Connection: close\r\n"))
        await writer.drain()
        writer.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@pytest.fixture
def proxy(server_thread: ServerThread, monkeypatch: pytest.MonkeyPatch) -> ForwardProxy:
    forward = ForwardProxy()
    port = server_thread.listen(forward.serve)
    monkeypatch.setenv("HTTP_PROXY", f"http://user:pass@127.0.0.1:{port}")
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{port}")
    return forward


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the certificate of an authority (``ca.pem``) and of 127.0.0.1 with its key (``server.pem``)."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("authority")
    (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for command in (
        ["req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test authority",
         "-addext", "keyUsage=critical,keyCertSign"],
        ["req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
         "-out", "server.crt", "-days", "2", "-extfile", "extensions"],
    ):  # fmt: skip
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True, timeout=400)
    (folder / "server.pem").write_text((folder / "server.crt").read_text() + (folder / "server.key").read_text())
    return folder


@pytest.fixture
def tls_server(server_thread: ServerThread, authority: Path) -> BadServer:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    return server_thread.bad_server(context)


def test_a_plain_request_goes_through_the_proxy_with_its_credentials(
    transport: Transport, server: BadServer, proxy: ForwardProxy
) -> None:
    (reply,) = exchange(transport, request_to(server.url("/answer")))
    assert reply.body == b'{"via": "proxy"}'
    assert server.requests == []
    assert proxy.heads[0].startswith(f"POST {server.url('/answer')} HTTP/1.1")
    assert f"proxy-authorization: basic {base64.b64encode(b'user:pass').decode()}".lower() in proxy.heads[0].lower()


@pytest.mark.parametrize("exempt", ["127.0.0.1", "example.com,127.0.0.1", "*"])
def test_what_no_proxy_names_goes_directly(
    transport: Transport, server: BadServer, proxy: ForwardProxy, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    monkeypatch.setenv("NO_PROXY", exempt)
    exchange(transport, request_to(server.url("/answer")))
    assert (len(server.requests), proxy.heads) == (1, [])


@pytest.mark.parametrize("kind", [AiohttpTransport, HttpxTransport])
def test_proxies_of_the_environment_can_be_ignored(kind: type, server: BadServer, proxy: ForwardProxy) -> None:
    exchange(kind(trust_env_proxies=False), request_to(server.url("/answer")))
    assert (len(server.requests), proxy.heads) == (1, [])


@pytest.mark.parametrize("kind", [AiohttpTransport, HttpxTransport])
def test_a_tls_request_goes_through_a_tunnel_that_never_sees_the_key(
    kind: type, tls_server: BadServer, proxy: ForwardProxy, authority: Path
) -> None:
    transport = kind(ca_file=authority / "ca.pem")
    (reply,) = exchange(transport, request_to(tls_server.url("/answer"), body=b"through"))
    assert b"through" in reply.body
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT 127.0.0.1:{tls_server.port} ")
    assert "bearer" not in head.lower()


def upgraded(transport: AiohttpTransport, url: str) -> HttpResponse:
    """What a server that knows no sockets says to who would open one."""

    async def opened() -> Socket | HttpResponse:
        try:
            return await transport.connect(SocketRequest(url, {"Authorization": f"Bearer {KEY}"}))
        finally:
            await transport.close()

    answer = asyncio.run(opened())
    assert isinstance(answer, HttpResponse)
    return answer


def test_a_socket_trusts_the_same_authorities_and_goes_through_the_same_tunnel(
    tls_server: BadServer, proxy: ForwardProxy, authority: Path
) -> None:
    url = f"wss{tls_server.url('/answer').removeprefix('https')}"
    assert upgraded(AiohttpTransport(ca_file=authority / "ca.pem"), url).status == 200
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT 127.0.0.1:{tls_server.port} ")
    assert "bearer" not in head.lower()
    with pytest.raises(errors.NotSentError, match="ca_file"):
        upgraded(AiohttpTransport(trust_env_proxies=False), url)


def test_a_tunnel_that_the_proxy_refuses_was_not_sent(
    transport: Transport, server_thread: ServerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = ForwardProxy(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:pass@127.0.0.1:{server_thread.listen(forward.serve)}")
    with pytest.raises(errors.NotSentError, match="407") as caught:
        exchange(transport, request_to("https://127.0.0.1:9/x"))
    assert "pass" not in str(caught.value)


def test_a_proxy_that_is_not_there_was_not_sent(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with pytest.raises(errors.NotSentError):
        exchange(transport, request_to("http://127.0.0.1:10/x"))


def test_a_certificate_of_nobody_known_is_refused_at_once_and_for_good(
    transport: Transport, tls_server: BadServer
) -> None:
    with pytest.raises(errors.NotSentError, match="ca_file") as caught:
        exchange(transport, request_to(tls_server.url("/answer")))
    assert (caught.value.retryable, caught.value.systemic) == (False, True)
    assert tls_server.requests == []


@pytest.mark.parametrize("kind", [AiohttpTransport, HttpxTransport])
def test_a_further_authority_can_be_named(kind: type, tls_server: BadServer, authority: Path) -> None:
    (reply,) = exchange(kind(ca_file=authority / "ca.pem"), request_to(tls_server.url("/answer")))
    assert reply.status == 200


def test_the_authorities_of_the_environment_are_trusted(
    transport: Transport, tls_server: BadServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    (reply,) = exchange(transport, request_to(tls_server.url("/answer")))
    assert reply.status == 200


def test_a_certificate_for_another_name_is_refused(
    transport: Transport, tls_server: BadServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    with pytest.raises(errors.NotSentError) as caught:
        exchange(transport, request_to(tls_server.url("/answer").replace("127.0.0.1", "localhost")))
    assert not caught.value.retryable


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for path in (tmp_path / "empty.pem", tmp_path / "nowhere.pem"):
        with pytest.raises(errors.InterfaceError, match="ca_file") as caught:
            tls_context(path)
        assert str(path) in str(caught.value)


@pytest.fixture
def strict_server(server_thread: ServerThread, authority: Path) -> BadServer:
    """One that asks who calls, and takes the certificate of 127.0.0.1 for an answer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem")
    context.load_verify_locations(authority / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return server_thread.bad_server(context)


@pytest.mark.parametrize("kind", [AiohttpTransport, HttpxTransport])
@pytest.mark.parametrize("files", [("server.pem", None), ("server.crt", "server.key")])
def test_a_certificate_is_shown_to_a_service_that_asks_for_one(kind, files, strict_server, authority) -> None:
    certificate, key = files
    own = ClientCertificate(authority / certificate, None if key is None else authority / key)
    (reply,) = exchange(kind(ca_file=authority / "ca.pem", own=own), request_to(strict_server.url("/answer")))
    assert reply.status == 200


@pytest.mark.parametrize("kind", [AiohttpTransport, HttpxTransport])
def test_without_one_such_a_service_answers_nobody(kind, strict_server, authority) -> None:
    with pytest.raises(errors.TransportError):
        exchange(kind(ca_file=authority / "ca.pem"), request_to(strict_server.url("/answer")))
    assert strict_server.requests == []


def test_a_certificate_that_cannot_be_shown_is_named_with_the_remedy(authority: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    command = ["ec", "-in", "server.key", "-aes256", "-passout", "pass:secret", "-out", str(locked)]
    subprocess.run(["openssl", *command], cwd=authority, check=True, capture_output=True, timeout=400)
    for own in (
        ClientCertificate(tmp_path / "nowhere.pem"),
        ClientCertificate(authority / "server.crt"),
        ClientCertificate(authority / "server.crt", authority / "ca.key"),
        ClientCertificate(authority / "server.crt", locked),
    ):
        with pytest.raises(errors.InterfaceError, match="The option client_certificate") as caught:
            tls_context(None, own)
        assert "no passphrase" in str(caught.value)


def test_a_connection_shows_the_certificate_that_its_options_name(strict_server, authority, bare_environment) -> None:
    given = {"client_certificate": authority / "server.crt", "client_key": authority / "server.key"}
    address = strict_server.url("/answer").removesuffix("/answer")
    with grokcall.connect(api_key="xai-key", base_url=address, ca_file=authority / "ca.pem", **given) as connection:
        assert connection.execute("CALL RawRequest('/answer')").fetchone()[0] == 200
    with pytest.raises(errors.InterfaceError, match="client_key"):
        grokcall.connect(client_key=authority / "server.key")


def test_proxies_may_be_written_without_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.example:3128")
    assert Proxies().proxy_for("https://api.x.ai/v1") == "http://proxy.example:3128"
    assert Proxies(trusted=False).proxy_for("https://api.x.ai/v1") is None


def test_a_proxy_of_another_kind_is_refused_with_the_remedy(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:pass@127.0.0.1:9")
    with pytest.raises(errors.InterfaceError, match=r"proxy.*httpx\[socks\]") as caught:
        exchange(transport, request_to("https://127.0.0.1:10/x"))
    assert "user:pass" not in str(caught.value)
