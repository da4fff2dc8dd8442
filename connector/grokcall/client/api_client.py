"""The client of the service's API: one request at a time, with its key, its pace and further tries.

A ladder of short methods: a request is tried again where that can help (`send`), and goes over the wire when the limits
let it (`_round_trip`). It knows no procedure.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from grokcall.client.downloads import downloaded
from grokcall.client.endpoints import AnyAccess, Endpoints
from grokcall.client.exchanging import exchanged, unfetched
from grokcall.client.held_replies import HeldReplies
from grokcall.client.lost_answers import is_gone_already, kept_answer, note_loss, rest_of
from grokcall.client.receiving import Receiving
from grokcall.client.restrictions import Restrictions
from grokcall.client.send_guarding import SendGuarding
from grokcall.client.tool_secrets import ToolSecrets
from grokcall.config.options import Options
from grokcall.core.call_events import FIRST, Attempt, CallEvents, SentRequest
from grokcall.core.outcome import Outcome
from grokcall.core.redaction import get_logger
from grokcall.errors import (
    AuthenticationError,
    CallStoppedError,
    Error,
    MediaError,
    StreamCutError,
)
from grokcall.http.media_links import refuse_unsafe_download
from grokcall.http.redirects import is_redirect, redirected
from grokcall.http.retry import RetryPolicy, may_have_been_billed
from grokcall.http.service_errors import error_of, request_id_in, without_key
from grokcall.http.transport import MAX_REPLY_BYTES, HttpRequest, HttpResponse, Transport
from grokcall.scheduling.admission import Gate
from grokcall_procedures import Host, Kind, Reply, Request
from grokcall_procedures.documents import cost_in

logger: logging.Logger = get_logger("grokcall.client.api_client")

BINARY_KINDS = (Kind.DOWNLOAD, Kind.AUDIO)


class ApiClient:
    """Sends requests to the service.

    Args:
        transport: Where requests go.
        options: The connection's options.
        endpoints: The hosts that requests go to; each has its key when a request needs it, and its gate.
        sleep: How to wait; tests hand in one that does not.
        events: Told of each request; None for nobody.
    """

    def __init__(
        self,
        transport: Transport,
        options: Options,
        endpoints: Endpoints,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        events: CallEvents | None = None,
    ) -> None:
        self.transport = transport
        self.options = options
        self.gate: Gate = endpoints.api.gate
        self.policy: RetryPolicy = RetryPolicy(options.max_attempts, options.retry_billed)
        self.sleep = sleep
        self.receiving: Receiving = Receiving(options.receive == "stream")
        """How its replies are received."""
        self.endpoints: Endpoints = endpoints
        """The hosts that requests go to."""
        self._events = events
        self._held = HeldReplies()
        self._restrictions = Restrictions(options.region)
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
        async with self.admitted(request.host):
            return await self.send(request, Outcome())

    @asynccontextmanager
    async def admitted(self, host: Host = Host.API) -> AsyncIterator[None]:
        """Waits for a place for a call, which is had for the block; calls of the management host wait for two."""
        if host is Host.API:
            async with self.gate.admitted():
                yield
        else:
            # Its own first: who holds a place of the connection's waits for nothing else.
            async with self.endpoints.management.gate.admitted(), self.gate.admitted():
                yield

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
        if request.held:
            return await self._held.reply(request, lambda: self._sent(request, outcome, start))
        return await self._sent(request, outcome, start)

    async def _sent(self, request: Request, outcome: Outcome, start: SendGuarding | None) -> Reply:
        self._restrictions.check(request)
        attempt = FIRST
        failure: Error | None = None
        while True:
            try:
                if request.kind is Kind.DOWNLOAD:
                    reply = await self._download(request, outcome, attempt)
                else:
                    reply = await self._round_trip(request, outcome, start, attempt=attempt)
                self._restrictions.note(request, reply.body)
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
                wait = self.policy.wait_before_retry(error, request, attempt.number)
                if wait is None or (start is not None and not start.may_wait(wait)):
                    raise
                counts_again = request.billed and may_have_been_billed(error)
                if counts_again and start is not None and not start.may_resend():
                    raise
                logger.info("%s %s: %s; trying again in %.1f s", request.method, request.path, error, wait)
                self.gate.in_flight.mark_answered()
                if not await self.gate.wait_aside(request, self.sleep(wait)):
                    raise
                attempt = Attempt(attempt.number + 1, wait)

    async def _kept_answer(
        self, cut: StreamCutError, request: Request, outcome: Outcome, start: SendGuarding | None
    ) -> HttpResponse | None:
        """The whole answer of a stream that was cut, if the service has kept it."""

        async def wait(seconds: float) -> None:
            async with self.gate.stepped_aside():
                await self.sleep(seconds)

        async def look(looked_for: Request) -> HttpResponse:
            return await self._round_trip(looked_for, outcome)

        kept = await kept_answer(cut, look, wait, outcome)
        if kept is not None:
            outcome.reply = kept.body
            if start is not None:
                start.answered(request, kept.body)
            for piece in rest_of(cut, kept.body):
                if self.receiving.tell is not None:
                    self.receiving.tell(piece)
        return kept

    async def _download(self, request: Request, outcome: Outcome, attempt: Attempt) -> HttpResponse:
        def ask(sent_on: str | None) -> Awaitable[HttpResponse]:
            return self._round_trip(request, outcome, sent_on=sent_on, attempt=attempt)

        return await downloaded(self.endpoints.url(request), ask, outcome)

    async def _round_trip(
        self,
        request: Request,
        outcome: Outcome,
        start: SendGuarding | None = None,
        *,
        sent_on: str | None = None,
        renewed: bool = False,
        attempt: Attempt = FIRST,
    ) -> HttpResponse:
        """One request and its reply, when the limits let it go; sent once more where the key had to be renewed."""
        asked = 0.0 if self._events is None else time.monotonic()
        permit = await self.gate.pace(request)
        began = math.inf
        access: AnyAccess | None = None
        reply: HttpResponse | None = None
        failure: BaseException | None = None
        billable = False
        try:
            if sent_on is None and request.path.startswith("/"):
                access = self.endpoints.access(request.host)
            on_the_wire = self._on_the_wire(request, access, sent_on or request.path)
            if request.billed:
                if start is not None:
                    start()
                self.gate.in_flight.mark_sent()
                billable = True
            outcome.attempts += request.kind not in (Kind.POLL, Kind.DOWNLOAD)
            outcome.billed |= request.billed
            began = time.monotonic()
            secret = "" if access is None else access.secret
            answer = await exchanged(self.transport, request, on_the_wire, self.receiving, secret)
            reply = without_key(self._tool_secrets.without(answer, request), secret)
            failure = unfetched(error_of(reply), request)
            if access is not None:
                access.name_key(failure)
        except BaseException as error:
            failure = error
            raise
        finally:
            self.gate.observe(permit, reply, failure)
            if self._events is not None and began < math.inf:
                told = request.method, on_the_wire.url, attempt.number, attempt.waited + began - asked
                status = None if reply is None else reply.status
                self._events.sent(SentRequest(*told, time.monotonic() - began, status, failure))
            if billable and isinstance(failure, Exception) and not isinstance(failure, MediaError):
                note_loss(outcome, failure)
            is_refused_key = isinstance(failure, AuthenticationError) and not renewed
            if not is_refused_key:
                self.gate.judge(request, failure, began)
        outcome.request_id = request_id_in(reply.headers) or outcome.request_id
        logger.debug("%s %s: HTTP %d, request %s", request.method, request.path, reply.status, outcome.request_id)
        if is_refused_key:
            if access is not None and await asyncio.to_thread(access.renew):  # it may have to ask somebody else
                return await self._round_trip(request, outcome, start, renewed=True, attempt=attempt)
            self.gate.judge(request, failure, began)
        if failure is not None:
            raise failure
        if is_redirect(reply) and request.kind is not Kind.DOWNLOAD:
            raise redirected(on_the_wire.url, reply)
        is_look = request.kind is Kind.POLL
        if request.billed or (is_look and request.lasting):
            outcome.reply = reply.body
        if request.billed or (is_look and (outcome.billed or request.lasting)):  # what is read once tells nothing anew
            is_binary = request.kind in BINARY_KINDS and "json" not in reply.headers.get("content-type", "")
            ticks = None if is_binary else cost_in(reply.body)
            outcome.add_price(ticks, of_start=request.billed)
        if start is not None and billable:
            start.answered(request, reply.body)
        elif start is not None and is_look:
            start.told_later(reply.body)
        return reply

    def _on_the_wire(self, request: Request, access: AnyAccess | None, link: str) -> HttpRequest:
        """What is sent: to a host of the service with its key, or without any key to a ``link``."""
        agent = self.options.user_agent
        url, headers = link, {"User-Agent": agent}
        if access is not None:
            url, headers = access.url(request), access.headers(request, agent)
        return HttpRequest(
            request.method,
            url,
            headers,
            self._tool_secrets.body_of(request),
            self.options.connect_timeout,
            request.timeout if request.timeout is not None else self._timeouts[request.kind],
            request.max_bytes or MAX_REPLY_BYTES,
            public_only=access is None and refuse_unsafe_download(url, self.options),
            idle_timeout=self.options.idle_timeout,
        )

    async def close(self) -> None:
        """Closes the transport."""
        with suppress(Error):
            await self.transport.close()
