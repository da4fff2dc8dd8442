"""Downloads, which may be sent on to another address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from grokcall.core.outcome import Outcome
from grokcall.errors import MediaError, ServiceError, is_retryable
from grokcall.http.redirects import is_redirect, next_address
from grokcall.http.transport import HttpResponse

MOST_REDIRECTS = 3


async def downloaded(url: str, ask: Callable[[str | None], Awaitable[HttpResponse]], outcome: Outcome) -> HttpResponse:
    """The reply to one try at a download, which may be sent on a few times.

    Args:
        url: Where it is.
        ask: Asks an address that it was sent on to; None for the first.
        outcome: Knows the request that made what is downloaded.

    Raises:
        MediaError: There is nothing at the address any more, or it leads too far.
        grokcall.Error: There is no reply, and another try may help.
    """
    sent_on: str | None = None
    for _ in range(MOST_REDIRECTS + 1):
        try:
            reply = await ask(sent_on)
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
        url = sent_on = next_address(url, reply)
    raise MediaError(f"{urlsplit(url).netloc} sent the download on more than {MOST_REDIRECTS} times")
