"""The sandbox as a server: in a thread for tests and programs, or on its own for the command line."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Collection
from types import FrameType, TracebackType
from typing import Self

import uvicorn

from grokcall_sandbox.faults.fault import Profile
from grokcall_sandbox.hosts import Hosts
from grokcall_sandbox.profiles import open_profile
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.wire import OpenProtocol

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


class _QuietServer(uvicorn.Server):
    """A server that takes a signal to stop as a wish, and does not raise it again once it has stopped."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        self.force_exit = self.should_exit
        self.should_exit = True


class Sandbox:
    """A local server that speaks xAI's API.

    Args:
        port: Where to listen; 0 takes a free port.
        host: The address to listen at.
        seed: Gives other images for the same requests; answers depend on nothing else.
        latency: Seconds before each POST is answered.
        video_seconds: Seconds that a video stays pending.
        profile: Faults to bring in, such as `"server-errors:share=0.1+latency:median=0.05"`; None for none. See
            `grokcall_sandbox.PROFILES` for those there are.
        batch_seconds: Seconds until the last of the requests that were added to a batch together is done.
        refusals: What to refuse that the service takes from some and is said to have refused to others: `background`
            (`background: true`), `custom_voices` (to make and to list them), `user_location` (of the web search), and
            `data_retention`: files, and videos without an address to put them to, as for a team that has nothing kept.
        management_port: Where the management host listens; 0 takes a free port.
        index_looks: Looks at a document of a collection until it is indexed.

    Raises:
        ValueError: A profile, an option of it or a refusal is not known, or a number is out of range.
        OSError: The port is taken.

    Example:
        >>> with Sandbox() as sandbox:  # doctest: +SKIP
        ...     sandbox.base_url
        'http://127.0.0.1:43121/v1'
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        seed: int = 0,
        latency: float = 0.0,
        video_seconds: float = 0.2,
        profile: str | None = None,
        batch_seconds: float = 0.2,
        refusals: Collection[str] = (),
        management_port: int = 0,
        index_looks: int = 2,
    ) -> None:
        def make_profile() -> Profile:
            return open_profile(profile, seed)

        self._state = SandboxState(
            seed, latency, video_seconds, make_profile, batch_seconds, frozenset(refusals), index_looks
        )
        self._host = host
        self._port = port
        self._management_port = management_port
        self._sockets: list[socket.socket] = []
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def base_url(self) -> str:
        """What clients take as their base URL; the port is known once the server listens."""
        return f"http://{self._shown_host}:{self._port}/v1"

    @property
    def management_base_url(self) -> str:
        """The same for the management host, which takes `grokcall_sandbox.MANAGEMENT_KEY`."""
        return f"http://{self._shown_host}:{self._management_port}"

    @property
    def _shown_host(self) -> str:
        return f"[{self._host}]" if ":" in self._host else self._host

    def ledger(self) -> list[dict[str, object]]:
        """What was billed, oldest first; also to be had after the server stopped."""
        return self._state.ledger.entries()

    def stats(self) -> dict[str, object]:
        """How many requests came and how they were answered, as `GET /sandbox/stats` shows it."""
        return self._state.traffic.as_dict()

    def finish_batches(self) -> None:
        """Have the pending requests of all batches done now, whatever `batch_seconds` says."""
        if self._loop is not None and self._loop.is_running():
            asyncio.run_coroutine_threadsafe(self._finish_batches(), self._loop).result(_STOP_SECONDS)

    async def _finish_batches(self) -> None:
        for batch in self._state.batches:
            batch.hurried.set()

    def reset(self) -> None:
        """Forget the ledger, the counts, stored responses, files, media and batches."""
        if self._loop is None or not self._loop.is_running():
            self._state.reset()
            return
        asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result(_STOP_SECONDS)

    async def _reset(self) -> None:
        self._state.reset()

    def serve(self, announce: Callable[[str], None] | None = None) -> None:
        """Serve until SIGINT or SIGTERM.

        Args:
            announce: Called once with the base URL, when whoever it tells can connect.
        """
        server = self._open()
        try:
            if announce is not None:
                announce(self.base_url)
            asyncio.run(server.serve(self._listening()))
        finally:
            self._close()

    def __enter__(self) -> Self:
        server = self._open()
        self._thread = threading.Thread(target=self._run, args=(server,), name="grokcall-sandbox", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._close()
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._close()

    def _open(self) -> uvicorn.Server:
        for port in (self._port, self._management_port):
            try:
                self._sockets.append(_listen(self._host, port))
            except OSError:
                self._close()
                raise
        self._port, self._management_port = (each.getsockname()[1] for each in self._sockets)
        config = uvicorn.Config(
            Hosts(self._state, self._management_port),
            http=OpenProtocol,
            log_config=None,  # theirs needs a standard output
            log_level="critical",
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=2,
            ws="wsproto",
        )
        self._server = _QuietServer(config)
        return self._server

    def _run(self, server: uvicorn.Server) -> None:
        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await server.serve(self._listening())

        asyncio.run(serve())

    def _listening(self) -> list[socket.socket]:
        if not self._sockets:
            raise RuntimeError("the sandbox is not open")
        return self._sockets

    def _close(self) -> None:
        self._state.close()
        while self._sockets:
            self._sockets.pop().close()


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's delay off only for sockets that say they are TCP;
    # with it every reply would wait 40 ms for an acknowledgement.
    listening = socket.socket(
        socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening
