"""The client of the service's API: one request at a time, with its key, its pace and further tries.

A ladder of short methods: a request is tried again where that can help (`send`), and goes over the wire when the limits
let it (`_round_trip`; downloads by `_download`, which may be sent on). It knows no procedure.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

from grokcall.client.exchanging import exchanged, unfetched
from grokcall.client.lost_answers import is_gone_already, kept_answer, note_loss, rest_of
from grokcall.client.receiving import Receiving
from grokcall.client.tool_secrets import ToolSecrets
from grokcall.config.api_key import Key
from grokcall.config.options import Options
from grokcall.core.outcome import Outcome
from grokcall.core.redaction import HiddenText, get_logger
from grokcall.errors import (
    AuthenticationError,
    CallStoppedError,
    Error,
    MediaError,
    ServiceError,
    StreamCutError,
    is_retryable,
)
from grokcall.http.media_links import refuse_unsafe_download
from grokcall.http.redirects import is_redirect, next_address, redirected
from grokcall.http.retry import RetryPolicy, may_have_been_billed
from grokcall.http.service_errors import error_of, request_id_in, without_key
from grokcall.http.transport import MAX_REPLY_BYTES, HttpRequest, HttpResponse, Transport
from grokcall.scheduling.admission import Gate
from grokcall_procedures import Kind, Reply, Request
from grokcall_procedures.documents import cost_in

logger: logging.Logger = get_logger("grokcall.client.api_client")

MOST_REDIRECTS = 3
BINARY_KINDS = (Kind.DOWNLOAD, Kind.AUDIO)


class SendGuarding(Protocol):
    """Decides when a call may ask the service for what costs money, and is told what that took."""

    def __call__(self) -> None:
        """Told that a request which costs money is about to go; raises where it must not."""
        ...

    def may_wait(self, seconds: float) -> bool:
        """Whether a request may still be sent in so many seconds."""
        ...

    def may_resend(self) -> bool:
        """Whether a request that may have been billed may be sent once more; it counts beside the first."""
        ...

    def answered(self, request: Request, reply: bytes) -> None:
        """Told of the reply to a request that costs money."""
        ...


class ApiClient:
    """Sends requests to the service.

    Args:
        transport: Where requests go.
        options: The connection's options.
        key: Gives the key when a request needs it, so that what sends nothing needs none.
        renew: Whether there is another key than the refused one that it is given.
        gate: Paces the requests.
        sleep: How to wait; tests hand in one that does not.
    """

    def __init__(
        self,
        transport: Transport,
        options: Options,
        key: Callable[[], Key],
        renew: Callable[[Key | None], bool],
        gate: Gate,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.transport = transport
        self.options = options
        self.gate = gate
        self.policy: RetryPolicy = RetryPolicy(options.max_attempts, options.retry_billed)
        self.sleep = sleep
        self.receiving: Receiving = Receiving(options.receive == "stream")
        """How its replies are received."""
        self._key, self._renew = key, renew
        self._tool_secrets = ToolSecrets()
        self._timeouts = {kind: options.read_timeout(kind) for kind in Kind}

    def narrowed(self, concurrency: int) -> ApiClient:
        """This client for a lookup with a limit of its own; the connection's limit holds for it as well."""
        if concurrency >= self.gate.concurrency:
            return self
        narrower = copy.copy(self)
        narrower.gate = Gate(concurrency, self.gate)
        return narrower

    def received(self, how: Receiving) -> ApiClient:
        """This client for calls whose replies are received in a way of their own."""
        other = copy.copy(self)
        other.receiving = how
        return other

    async def fetch(self, request: Request) -> Reply:
        """The reply to a request that belongs to no call.

        Raises:
            grokcall.Error: There is none, or it is a refusal.
        """
        async with self.gate.admitted():
            return await self.send(request, Outcome())

    async def send(self, request: Request, outcome: Outcome, start: SendGuarding | None = None) -> Reply:
        """The reply to a request of an admitted call, after as many tries as the policy allows.

        Args:
            request: What to send.
            outcome: Counts what it took.
            start: Told when a request that costs money is about to go; its error keeps it.

        Raises:
            grokcall.Error: There is no reply, or it is a refusal.
            CallStoppedError: The pass of the call is over.
        """
        attempt = 0
        failure: Error | None = None
        while True:
            attempt += 1
            try:
                if request.kind is Kind.DOWNLOAD:
                    reply = await self._download(request, outcome)
                else:
                    reply = await self._round_trip(request, self._url(request), outcome, start)
                return Reply(reply.status, reply.headers, reply.body)
            except CallStoppedError as stopped:
                raise (failure or stopped) from None
            except StreamCutError as cut:
                kept = await self._kept_answer(cut, request, outcome, start)
                if kept is None:
                    raise
                return Reply(kept.status, kept.headers, kept.body)
            except Error as error:
                if is_gone_already(request, error, failure):
                    return Reply(204, {}, b"")
                failure = error
                outcome.add_cost(getattr(error, "cost_ticks", None))
                wait = self.policy.wait_before_retry(error, request, attempt)
                if wait is None or (start is not None and not start.may_wait(wait)):
                    raise
                counts_again = request.billed and may_have_been_billed(error)
                if counts_again and start is not None and not start.may_resend():
                    raise
                logger.info("%s %s: %s; trying again in %.1f s", request.method, request.path, error, wait)
                self.gate.in_flight.mark_answered()
                if not await self.gate.wait_aside(request, self.sleep(wait)):
                    raise

    async def _kept_answer(
        self, cut: StreamCutError, request: Request, outcome: Outcome, start: SendGuarding | None
    ) -> HttpResponse | None:
        """The whole answer of a stream that was cut, if the service has kept it."""

        async def wait(seconds: float) -> None:
            async with self.gate.stepped_aside():
                await self.sleep(seconds)

        async def look(looked_for: Request) -> HttpResponse:
            return await self._round_trip(looked_for, self._url(looked_for), outcome)

        kept = await kept_answer(cut, look, wait, outcome)
        if kept is not None:
            outcome.reply = kept.body
            if start is not None:
                start.answered(request, kept.body)
            for piece in rest_of(cut, kept.body):
                if self.receiving.tell is not None:
                    self.receiving.tell(piece)
        return kept

    async def _download(self, request: Request, outcome: Outcome) -> HttpResponse:
        """One try at a download, which may be sent on to another address a few times."""
        url = self._url(request)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                reply = await self._round_trip(request, url, outcome)
            except ServiceError as refusal:
                if is_retryable(refusal):
                    raise
                raise MediaError(
                    f"the link to the result has expired (HTTP {refusal.status} from {urlsplit(url).netloc}); "
                    "the result was made and paid for",
                    request_id=outcome.request_id,
                ) from None
            if not is_redirect(reply):
                return reply
            url = next_address(url, reply)
        raise MediaError(f"{urlsplit(url).netloc} sent the download on more than {MOST_REDIRECTS} times")

    async def _round_trip(
        self, request: Request, url: str, outcome: Outcome, start: SendGuarding | None = None, *, renewed: bool = False
    ) -> HttpResponse:
        """One request and its reply, when the limits let it go; sent once more where the key had to be renewed."""
        permit = await self.gate.pace(request)
        began = math.inf
        key: Key | None = None
        reply: HttpResponse | None = None
        failure: BaseException | None = None
        billable = False
        try:
            key = self._key() if request.path.startswith("/") else None
            on_the_wire = self._on_the_wire(request, url, key)
            if request.billed:
                if start is not None:
                    start()
                self.gate.in_flight.mark_sent()
                billable = True
            outcome.attempts += request.kind not in (Kind.POLL, Kind.DOWNLOAD)
            outcome.billed |= request.billed
            began = time.monotonic()
            secret = "" if key is None else key.value.reveal()
            answer = await exchanged(self.transport, request, on_the_wire, self.receiving, secret)
            reply = without_key(self._tool_secrets.without(answer, request), secret)
            failure = unfetched(error_of(reply), request)
        except BaseException as error:
            failure = error
            raise
        finally:
            self.gate.observe(permit, reply, failure)
            if billable and isinstance(failure, Exception) and not isinstance(failure, MediaError):
                note_loss(outcome, failure)
            is_refused_key = isinstance(failure, AuthenticationError) and not renewed
            if not is_refused_key:
                self.gate.judge(request, failure, began)
        outcome.request_id = request_id_in(reply.headers) or outcome.request_id
        logger.debug("%s %s: HTTP %d, request %s", request.method, request.path, reply.status, outcome.request_id)
        if is_refused_key:
            if await asyncio.to_thread(self._renew, key):  # the function may have to ask somebody else
                return await self._round_trip(request, url, outcome, start, renewed=True)
            self.gate.judge(request, failure, began)
        if failure is not None:
            raise failure
        if is_redirect(reply) and request.kind is not Kind.DOWNLOAD:
            raise redirected(url, reply)
        if request.billed:
            outcome.reply = reply.body
        if outcome.billed and request.kind is not Kind.DOWNLOAD:
            is_binary = request.kind in BINARY_KINDS and "json" not in reply.headers.get("content-type", "")
            ticks = None if is_binary else cost_in(reply.body)
            outcome.add_price(ticks, of_start=request.billed)
        if billable and start is not None:
            start.answered(request, reply.body)
        return reply

    def _on_the_wire(self, request: Request, url: str, key: Key | None) -> HttpRequest:
        return HttpRequest(
            request.method,
            url,
            self._headers_for(request, key),
            self._tool_secrets.body_of(request),
            self.options.connect_timeout,
            request.timeout if request.timeout is not None else self._timeouts[request.kind],
            request.max_bytes or MAX_REPLY_BYTES,
            public_only=key is None and refuse_unsafe_download(url, self.options),
            idle_timeout=self.options.idle_timeout,
        )

    def _url(self, request: Request) -> str:
        return self.options.base_url + request.path if request.path.startswith("/") else request.path

    def _headers_for(self, request: Request, key: Key | None) -> Mapping[str, str]:
        """The headers of a request; the key goes to the service's own address only."""
        if key is None:
            return {"User-Agent": self.options.user_agent}
        ours = {"Authorization": HiddenText(f"Bearer {key.value.reveal()}"), "User-Agent": self.options.user_agent}
        headers = {**dict(request.headers), **ours, "Content-Type": request.body_type}
        if request.body is None:
            del headers["Content-Type"]
        return headers

    async def close(self) -> None:
        """Closes the transport."""
        with suppress(Error):
            await self.transport.close()
