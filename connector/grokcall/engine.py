"""The asynchronous engine: it drives the steps of calls over a transport.

A ladder of short methods, each with one worry: a call is admitted and recorded (`run`), its steps are driven
(`_drive`), a request is tried again where that can help (`_send`), and goes over the wire, when the limits let
it (`_round_trip`; downloads by `_download`, which may be sent on).
"""

from __future__ import annotations

import asyncio
import copy
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from grokcall.admission import Gate
from grokcall.credentials import Key
from grokcall.errors import AuthenticationError, Error, MediaError, OperationalError, ServiceError, request_id_of
from grokcall.options import Options
from grokcall.outcomes import CallStatus, Outcome
from grokcall.redaction import get_logger, redact
from grokcall.replies import error_of, service_error
from grokcall.retries import RetryPolicy
from grokcall.transport import MAX_REPLY_BYTES, HttpReply, HttpRequest, Transport
from grokcall_procedures import BoundCall, FailedReplyError, Kind, Pause, Reply, Request, Row, Steps
from grokcall_procedures.addresses import is_loopback

logger: logging.Logger = get_logger("grokcall.engine")

MOST_REDIRECTS = 3
COST = re.compile(rb'"cost_in_usd_ticks"\s*:\s*(\d+)')
LINK_IS_GONE = (403, 404, 410)
"""What a store of files answers once an address of limited life is over."""
BINARY_KINDS = (Kind.DOWNLOAD, Kind.AUDIO)


class Starting(Protocol):
    """Decides when a call may ask the service for what costs money."""

    def __call__(self) -> None:
        """Told that a request which costs money is about to go; raises where it must not."""
        ...

    def may_wait(self, seconds: float) -> bool:
        """Whether a request may still be sent in so many seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a call that was started earlier, and how more of it is remembered.

    Args:
        replies: The replies to its billed starts, in order.
        remember: Keeps a reply, by its number from 0.
    """

    replies: list[bytes]
    remember: Callable[[int, bytes], Awaitable[None]]


class Engine:
    """Runs calls.

    Args:
        transport: Where requests go.
        options: The connection's options.
        key: Gives the key when a request needs it, so that what sends nothing needs none.
        renew: Whether there is another key than the refused one that it is given.
        gate: Admits calls and records their ends.
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
        self.policy: RetryPolicy = RetryPolicy(max_attempts=options.max_attempts)
        self._key, self._renew = key, renew
        self._sleep = sleep
        self._timeouts = {kind: options.read_timeout(kind) for kind in Kind}

    def narrowed(self, concurrency: int) -> Engine:
        """This engine for a lookup with a limit of its own; the connection's limit holds for it as well."""
        if concurrency >= self.gate.concurrency:
            return self
        narrower = copy.copy(self)
        narrower.gate = Gate(concurrency, self.gate)
        return narrower

    async def run(self, call: BoundCall, memory: Memory | None = None, start: Starting | None = None) -> Outcome:
        """What became of ``call``. Errors of the service and of values are in the outcome; only a cancel is raised.

        With a ``memory`` the replies to billed starts of longer work are kept, and those that are known are not asked
        for again. ``start`` is told whenever a request that costs money is about to go; its error keeps it.
        """
        outcome = Outcome(warnings=call.warnings)
        await self.gate.admit(call)
        started = time.perf_counter()
        try:
            outcome.rows = await self._drive(call.steps(), outcome, memory, start)
        except Error as error:
            error.args = tuple(redact(each) if isinstance(each, str) else each for each in error.args)
            outcome.status, outcome.error = CallStatus.ERROR, error
            outcome.request_id = request_id_of(error) or outcome.request_id
        finally:
            outcome.seconds = time.perf_counter() - started
            self.gate.record(call, outcome)
            self.gate.sent.discard(asyncio.current_task())
        return outcome

    async def _drive(self, steps: Steps, outcome: Outcome, memory: Memory | None, start: Starting | None) -> list[Row]:
        """The rows that the steps return, once each of their requests was sent and each reply given back."""
        starts = 0
        try:
            step = next(steps)
            while True:
                try:
                    reply: Reply | None = None
                    if isinstance(step, Pause):
                        await self._sleep(step.seconds)
                    elif memory is not None and step.kind is Kind.VIDEO:
                        reply = await self._begun(step, outcome, memory, starts, start)
                        starts += 1
                    else:
                        reply = await self._send(step, outcome, start)
                except Error as error:
                    step = steps.throw(error)
                else:
                    step = steps.send(reply)
        except StopIteration as finished:
            rows: list[Row] = finished.value
            return rows
        except FailedReplyError as failed:
            refusal = service_error(failed.code, failed.message, cost_ticks=failed.cost_ticks)
        finally:
            steps.close()
        # Outside the handler, so that the raw words of the service, which may repeat a key, do not come along.
        raise refusal

    async def _begun(
        self, request: Request, outcome: Outcome, memory: Memory, number: int, start: Starting | None
    ) -> Reply:
        """The reply to a start of longer work: the remembered one, or a new one that is remembered."""
        if number < len(memory.replies):
            outcome.billed = True  # the start was, and what it cost is told when the work is done
            return Reply(200, {}, memory.replies[number])
        reply = await self._send(request, outcome, start)
        await memory.remember(number, reply.body)
        return reply

    async def _send(self, request: Request, outcome: Outcome, start: Starting | None) -> Reply:
        """The reply to ``request``, after as many tries as the policy allows."""
        attempt = 0
        while True:
            attempt += 1
            if request.kind not in (Kind.POLL, Kind.DOWNLOAD):
                outcome.attempts += 1
            outcome.billed |= request.billed
            try:
                if request.kind is Kind.DOWNLOAD:
                    reply = await self._download(request, outcome)
                else:
                    reply = await self._round_trip(request, self._url(request), outcome, start)
                return Reply(reply.status, reply.headers, reply.body)
            except Error as error:
                outcome.add_cost(getattr(error, "cost_ticks", None))
                wait = self.policy.wait_before_retry(error, request, attempt)
                if wait is None or (start is not None and not start.may_wait(wait)):
                    raise
                logger.info("%s %s: %s; trying again in %.1f s", request.method, request.path, error, wait)
                self.gate.sent.discard(asyncio.current_task())
                async with self.gate.stepped_aside():
                    await self._sleep(wait)

    async def _download(self, request: Request, outcome: Outcome) -> HttpReply:
        """One try at a download, which may be sent on to another address a few times."""
        url = self._url(request)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                reply = await self._round_trip(request, url, outcome)
            except ServiceError as refusal:
                if refusal.status not in LINK_IS_GONE:
                    raise
                host = urlsplit(url).netloc
                raise MediaError(
                    f"the link to the result has expired (HTTP {refusal.status} from {host}); "
                    "the result was made and paid for",
                    request_id=outcome.request_id,
                ) from None
            if not is_redirect(reply):
                return reply
            url = urljoin(url, reply.headers.get("location", ""))
        raise MediaError(f"{urlsplit(url).netloc} sent the download on more than {MOST_REDIRECTS} times")

    async def _round_trip(
        self, request: Request, url: str, outcome: Outcome, start: Starting | None = None, *, renewed: bool = False
    ) -> HttpReply:
        """One request and its reply, when the limits let it go; sent once more where the key had to be renewed."""
        passage = await self.gate.pace(request)
        key: Key | None = None
        reply: HttpReply | None = None
        failure: BaseException | None = None
        try:
            if request.billed:
                if start is not None:
                    start()
                self.gate.sent.add(asyncio.current_task())
            key = self._key() if request.path.startswith("/") else None
            reply = await self.transport.send(self._on_the_wire(request, url, key))
            failure = error_of(reply)
        except BaseException as error:
            failure = error
            raise
        finally:
            self.gate.observe(passage, reply, failure)
        headers = reply.headers
        outcome.request_id = headers.get("x-request-id") or headers.get("x-trace-id") or outcome.request_id
        logger.debug("%s %s: HTTP %d, request %s", request.method, request.path, reply.status, outcome.request_id)
        may_renew = isinstance(failure, AuthenticationError) and not renewed
        if may_renew and await asyncio.to_thread(self._renew, key):  # the function may have to ask somebody else
            return await self._round_trip(request, url, outcome, start, renewed=True)
        if failure is not None:
            raise failure
        if is_redirect(reply) and request.kind is not Kind.DOWNLOAD:
            raise OperationalError(f"{url} answered with a redirect (status {reply.status}); check base_url")
        if outcome.billed and request.kind not in BINARY_KINDS:
            outcome.add_cost(cost_of(reply.body))
        return reply

    def _on_the_wire(self, request: Request, url: str, key: Key | None) -> HttpRequest:
        return HttpRequest(
            request.method,
            url,
            self._headers_for(request, url, key),
            request.body,
            self.options.connect_timeout,
            request.timeout if request.timeout is not None else self._timeouts[request.kind],
            request.max_bytes or MAX_REPLY_BYTES,
        )

    def _url(self, request: Request) -> str:
        return self.options.base_url + request.path if request.path.startswith("/") else request.path

    def _headers_for(self, request: Request, url: str, key: Key | None) -> Mapping[str, str]:
        """The headers of a request; the key goes to the service's own address only."""
        if key is None:
            refuse_unsafe_download(url)
            return {"User-Agent": self.options.user_agent}
        ours = {"Authorization": f"Bearer {key.value.reveal()}", "User-Agent": self.options.user_agent}
        headers = {**dict(request.headers), **ours, "Content-Type": request.content_type}
        if request.body is None:
            del headers["Content-Type"]
        return headers

    async def close(self) -> None:
        """Closes the transport."""
        with suppress(Error):
            await self.transport.close()


def is_redirect(reply: HttpReply) -> bool:
    """Whether a reply names another address to ask."""
    return 300 <= reply.status < 400


def cost_of(body: bytes) -> int | None:
    """What a reply says it cost, in ticks.

    The text of an answer cannot be mistaken for it: inside a JSON string the quotation marks are escaped.
    """
    at = body.rfind(b'"cost_in_usd_ticks"')
    found = COST.match(body, at) if at >= 0 else None
    return int(found[1]) if found else None


def refuse_unsafe_download(url: str) -> None:
    """Refuses an address that media must not be fetched from.

    Raises:
        MediaError: The address is neither https nor on this machine.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise MediaError(f"media is fetched over https only, not from {parts.scheme}://{parts.netloc}")
