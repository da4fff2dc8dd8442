"""The batch interface of the service: its few requests, with the client's further tries.

What is read is read leniently: a member that is missing counts as absent, and one that nobody knows is passed over.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import msgspec

from grokcall.client.api_client import ApiClient
from grokcall.client.batch_status import BatchStatus, Document, status_of
from grokcall.core.redaction import get_logger
from grokcall.errors import InvalidRequestError, MalformedReplyError, NotFoundError, RateLimitedError, is_retryable
from grokcall.journal.batches import Key
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_procedures import Kind, Reply, Request
from grokcall_procedures.lenient_json import read_json

PAGE = 1000
"""Results and requests that are asked for at once; the service's highest."""
LIST_PAGE = 100
"""Batches that are asked for at once."""
MOST_PAGES = 10_000
"""Pages of one list; a list that has more has no end."""

MOST_RESTARTS = 10
"""How often a list is read from its beginning because the word for its next page has expired."""
LONGEST_HOLD = 3600.0
"""Seconds for which a request waits that the service holds back for its pace; a batch is in no hurry."""
LONGEST_PAUSE = 60.0
"""The most seconds between two looks at a batch; the first ones come at the connection's poll_interval."""

logger: logging.Logger = get_logger("grokcall.lookup.batch")


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One request of a batch.

    Args:
        key: Which call of the run it makes.
        kind: How batches call its endpoint.
        body: The body for that endpoint, JSON.
    """

    key: Key
    kind: str
    body: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """About how many bytes it takes in a call that adds requests."""
        return len(self.body) + ENVELOPE_BYTES


ENVELOPE_BYTES = 160
"""What stands around a body: the id, the kind, and punctuation."""


def request_id(key: Key) -> str:
    """What a request is called in its batch.

    >>> request_id((bytes(16), 0)), request_id((bytes(16), 2))[-4:]
    ('00000000000000000000000000000000', '00-2')
    """
    fingerprint, ordinal = key
    return f"{fingerprint.hex()}-{ordinal}" if ordinal else fingerprint.hex()


def key_of(name: object) -> Key | None:
    """The call that a request's id stands for; None for an id that is none of ours."""
    print_, _, ordinal = str(name).partition("-")
    try:
        return bytes.fromhex(print_), int(ordinal or 0)
    except ValueError:
        return None


class BatchService:
    """The batch endpoints.

    Args:
        api: Sends the requests.
        loop: Where it does; what is here may be awaited from any other loop.
    """

    def __init__(self, api: ApiClient, loop: BackgroundLoop) -> None:
        self._api = api
        self._loop = loop
        self._pause = max(api.options.poll_interval, 0.01)

    async def create(self, name: str) -> BatchStatus:
        """Makes a batch. It is not tried again when its reply was lost: look for the name first.

        Raises:
            grokcall.Error: It was not made, or nobody knows.
        """
        body = msgspec.json.encode({"name": name})
        return status_of(await self._asked(Request("POST", "/batches", body=body, kind=Kind.METADATA)))

    async def find(self, name: str) -> BatchStatus | None:
        """The batch of that name; of several the one with the most requests. None when there is none."""
        found = [status async for status in self._batches() if status.name == name]
        return max(found, key=lambda status: status.requests or 0, default=None)

    async def retrieve(self, batch_id: str) -> BatchStatus:
        """How far a batch is.

        Raises:
            grokcall.NotFoundError: It is not there any more.
        """
        return status_of(await self._asked(Request("GET", path_of(batch_id), kind=Kind.POLL)))

    async def add(self, batch_id: str, requests: Sequence[BatchRequest]) -> None:
        """Adds requests, all or none. They count as billed, so they are not sent again when the reply was lost."""
        items = [
            {"batch_request_id": request_id(item.key), "batch_request": {item.kind: msgspec.Raw(item.body)}}
            for item in requests
        ]
        body = msgspec.json.encode({"batch_requests": items})
        await self._asked(
            Request("POST", f"{path_of(batch_id)}/requests", body=body, kind=Kind.UPLOAD, billed=True), empty=True
        )

    async def requests(self, batch_id: str) -> set[str]:
        """The ids of the requests that a batch has."""
        pages = self._pages(f"{path_of(batch_id)}/requests", PAGE, "batch_request_metadata")
        return {str(entry.get("batch_request_id")) async for entry in pages}

    async def results(self, batch_id: str) -> AsyncIterator[Document]:
        """The results that a batch has so far, a page at a time."""
        async for entry in self._pages(f"{path_of(batch_id)}/results", PAGE, "results"):
            yield entry

    async def _batches(self) -> AsyncIterator[BatchStatus]:
        async for entry in self._pages("/batches", LIST_PAGE, "batches"):
            if entry.get("batch_id") or entry.get("id"):
                yield status_of(entry)

    async def _pages(self, path: str, limit: int, member: str) -> AsyncIterator[Document]:
        """The entries of a list, over all of its pages; some come twice where it had to be begun anew."""
        token, seen, restarts = "", set[str](), 0
        for _ in range(MOST_PAGES):
            query = urlencode({"limit": limit, **({"pagination_token": token} if token else {})})
            try:
                page = await self._asked(Request("GET", f"{path}?{query}", kind=Kind.UPLOAD))
            except (InvalidRequestError, NotFoundError):
                restarts += 1
                if not token or restarts > MOST_RESTARTS:
                    raise
                token, seen = "", set()
                continue
            for entry in page.get(member) or ():
                if isinstance(entry, dict):
                    yield entry
            token = str(page.get("pagination_token") or "")
            if not token or token in seen:
                return
            seen.add(token)
        raise MalformedReplyError(f"the service's list {path} has more than {MOST_PAGES:,} pages")

    async def _asked(self, request: Request, *, empty: bool = False) -> Document:
        """The reply to a request as a JSON object; ``empty`` for one that need not be any."""
        body = (await self._in_its_time(request)).body
        if empty:
            return {}
        try:
            document = read_json(body)
        except (ValueError, RecursionError) as error:
            raise MalformedReplyError(f"the service's reply about batches is no JSON: {error}") from None
        if not isinstance(document, dict):
            raise MalformedReplyError("the service's reply about batches is no JSON object")
        return document

    async def _in_its_time(self, request: Request) -> Reply:
        """The reply to a request, once the service's limits let it through."""
        held, pause = 0.0, self._pause
        while True:
            try:
                return await self._loop.arun(self._api.fetch(request))
            except RateLimitedError as error:
                wait = max(error.retry_after or 0.0, pause)
                held += wait
                if held > LONGEST_HOLD or not is_retryable(error):
                    raise
                logger.info("%s %s: %s; trying again in %.1f s", request.method, request.path, error, wait)
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)


def path_of(batch_id: str) -> str:
    """Where a batch stands."""
    return f"/batches/{quote(batch_id, safe='')}"
