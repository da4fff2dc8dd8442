"""A network with nobody else in it, in which each address there is leads to one server; run as a program.

``unshare --net --mount --map-root-user python lonely_network.py FOLDER`` reads what to ask from ``asked.json`` in the
folder, which also has ``ca.pem`` and ``server.pem``, and writes what came of it as JSON to standard output.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import grokcall

KEY = "xai-x0123456789"
FILM = b"\0\0\0\x18ftypisom" + b"what the far service has made"
SECRET = b"\0\0\0\x18ftypisom" + b"what only this network may see"
FAR, NEAR_FAR, FAR_SIX = "203.0.113.5", "203.0.113.6", "2a00:1450::5"
PUBLIC = {FAR, NEAR_FAR, FAR_SIX}
TLS_PORTS, PLAIN_PORTS = (443, 8443), (80, 8080)
NAMES = {
    "far.example": [FAR],
    "cdn.example": [NEAR_FAR],
    "inside.example": ["10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "both.example": [NEAR_FAR, "10.0.0.1"],
    "six.example": ["fd00::1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "nobody.example": ["0.0.0.0"],
    "printer.local": ["192.168.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
}
TURNING = "turning.example"
"""A name that leads to a public address when it is first asked for, and to a private one ever after."""


class Network:
    """What is reached, and what a link says just now."""

    link: ClassVar[str] = ""
    reached: ClassVar[list[str]] = []
    """The addresses that anybody connected to."""
    keys: ClassVar[list[str]] = []
    """The addresses that a key was sent to."""
    turned: ClassVar[int] = 0


class Handler(BaseHTTPRequestHandler):
    """The API at its own address, films at public ones, and a secret anywhere else."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        """Speaks TLS where that is spoken."""
        context: ssl.SSLContext | None = self.server.context  # type: ignore[attr-defined]
        if context is not None:
            self.request = context.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_POST(self) -> None:
        """Begins a film."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer(json.dumps({"request_id": "v1"}).encode())

    def do_GET(self) -> None:
        """What stands at an address."""
        here = shown(self.connection.getsockname()[0])
        if KEY in str(self.headers):
            Network.keys.append(here)
        if here not in PUBLIC:
            self.answer(SECRET)
        elif self.path == "/v1/videos/v1":
            self.answer(json.dumps({"status": "done", "video": {"url": Network.link}}).encode())
        elif self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("location", unquote(self.path.removeprefix("/to/"), "latin-1"))
            self.send_header("content-length", "0")
            self.end_headers()
        else:
            self.answer(FILM)

    def answer(self, body: bytes) -> None:
        """A reply; other servers than the API's keep no connection, so that names are looked up each time."""
        self.send_response(200)
        if body in (FILM, SECRET):
            self.send_header("connection", "close")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


class Server(socketserver.ThreadingTCPServer):
    """Listens on a port of all addresses of both families, and notes each that is connected to."""

    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, context: ssl.SSLContext | None) -> None:
        self.context = context
        super().__init__(("::", port), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_bind(self) -> None:
        """Listens for the older family too."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()

    def get_request(self) -> Any:
        """A connection, whatever comes of it."""
        connection, address = super().get_request()
        Network.reached.append(shown(connection.getsockname()[0]))
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing: a client that does not like a certificate hangs up."""


def shown(address: str) -> str:
    """An address without a scope, those of the older family in their own form."""
    bare = ipaddress.ip_address(address.partition("%")[0])
    return str(getattr(bare, "ipv4_mapped", None) or bare)


def answer_names(server: socket.socket) -> None:
    """Answers questions for the addresses of names."""
    while True:
        question, client = server.recvfrom(2048)
        labels, place = [], 12
        while length := question[place]:
            labels.append(question[place + 1 : place + 1 + length].decode("latin-1").lower())
            place += length + 1
        name, kind = ".".join(labels), struct.unpack("!H", question[place + 1 : place + 3])[0]
        wanted = {1: 4, 28: 6}.get(kind)
        found = [each for each in map(ipaddress.ip_address, addresses_of(name, kind)) if each.version == wanted]
        records = b"".join(struct.pack("!HHHIH", 0xC00C, kind, 1, 0, len(each.packed)) + each.packed for each in found)
        known = name in NAMES or name == TURNING
        head = question[:2] + struct.pack("!HHHHH", 0x8580 | (0 if known else 3), 1, len(found), 0, 0)
        server.sendto(head + question[12 : place + 5] + records, client)


def addresses_of(name: str, kind: int) -> list[str]:
    """The addresses of a name."""
    if name != TURNING:
        return NAMES.get(name, [])
    Network.turned += kind == 1
    return [NEAR_FAR if Network.turned <= 1 else "10.0.0.1"]


def build(folder: Path) -> None:
    """Makes the network: every address is here, and names are asked of this program."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:1 attempts:1\n")
    (folder / "nsswitch.conf").write_text("hosts: files dns\n")
    (folder / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    for command in (
        "ip link set lo up",
        "ip -4 route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
        *(f"mount --bind {folder}/{name} /etc/{name}" for name in ("resolv.conf", "nsswitch.conf", "hosts")),
    ):
        subprocess.run(command.split(), check=True, capture_output=True, timeout=400)
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.53", 53))
    threading.Thread(target=answer_names, args=[names], daemon=True).start()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    for port in (*TLS_PORTS, *PLAIN_PORTS):
        Server(port, context if port in TLS_PORTS else None)


def follow(connection: grokcall.Connection, link: str, *, redirected: bool) -> dict[str, Any]:
    """What comes of a film whose link this is, at once or after a redirect of a public server."""
    Network.link = f"https://cdn.example/to/{quote(link, safe='')}" if redirected else link
    Network.reached, Network.keys, Network.turned = [], [], 0
    told, film = "", b""
    try:
        film = connection.execute("CALL GenerateVideo('x')").fetchone()[0]
    except grokcall.Error as error:
        told = f"{type(error).__name__}: {error}"
    return {
        "told": told,
        "film": {FILM: "far", SECRET: "private"}.get(film, ""),
        "private": [address for address in Network.reached if address not in PUBLIC],
        "keys": [address for address in Network.keys if address != FAR],
    }


def main() -> None:
    """Asks everything."""
    folder = Path(sys.argv[1])
    try:
        build(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        print(json.dumps({"impossible": f"{error} {getattr(error, 'stderr', b'') or b''!r}"}))
        return
    came = []
    for asked in json.loads((folder / "asked.json").read_text()):
        options = {"base_url": "https://far.example/v1", "ca_file": folder / "ca.pem", **asked["options"]}
        with grokcall.connect(
            api_key=KEY, poll_interval=0.01, connect_timeout=5, max_attempts=1, **options
        ) as connection:
            came.append([follow(connection, **link) for link in asked["links"]])
    print(json.dumps({"came": came}))


if __name__ == "__main__":
    main()
