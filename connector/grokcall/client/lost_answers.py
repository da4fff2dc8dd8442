"""Answers that were lost: they are counted, and fetched where the service has kept one that was cut off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from grokcall.core.outcome import Outcome
from grokcall.errors import (
    Error,
    MalformedReplyError,
    NotFoundError,
    NotSentError,
    RateLimitedError,
    StreamCutError,
)
from grokcall.http.retry import may_have_been_billed
from grokcall.http.transport import HttpResponse
from grokcall_procedures import Kind, Piece, PieceKind, Request
from grokcall_procedures.documents import document_of
from grokcall_procedures.streams.responses_fold import ResponsesFold

LOOKS = (2.0, 10.0)
"""Seconds before each look whether the service has the whole answer."""
ENDED = ("completed", "incomplete")
"""The status of an answer of which no more is to come."""


def note_loss(outcome: Outcome, failure: Exception) -> None:
    """Takes note of a request that may have been billed, if no reply says what it cost."""
    if getattr(failure, "cost_ticks", None) is None and may_have_been_billed(failure):
        outcome.add_lost()


async def kept_answer(
    cut: StreamCutError,
    look: Callable[[Request], Awaitable[HttpResponse]],
    wait: Callable[[float], Awaitable[None]],
    outcome: Outcome,
) -> HttpResponse | None:
    """The whole answer as the service has kept it; None where it has none.

    Args:
        cut: How it was cut off.
        look: Asks the service.
        wait: Waits before a look.
        outcome: Of the call; it counts an answer that was lost no longer when it is found.
    """
    if cut.response_id is None or not cut.is_stored:
        return None
    request = Request("GET", f"/responses/{quote(cut.response_id, safe='')}", kind=Kind.POLL)
    for seconds in LOOKS:
        await wait(seconds)
        try:
            reply = await look(request)
            status = document_of(reply.body).get("status")
        except (Error, MalformedReplyError):
            continue
        if status in ENDED:
            outcome.lost -= 1
            return reply
    return None


def rest_of(cut: StreamCutError, body: bytes) -> list[Piece]:
    """What the whole answer has beyond the pieces that came."""
    texts = [piece.text for piece in ResponsesFold().whole(body) if piece.kind is PieceKind.TEXT]
    text, partial = "".join(texts), cut.partial
    if not isinstance(partial, str) or not text.startswith(partial) or text == partial:
        return []
    return [Piece(PieceKind.TEXT, text[len(partial) :])]


def is_gone_already(request: Request, error: Error, before: Error | None) -> bool:
    """Whether what was to be removed is gone because an earlier try, of which no answer came, has removed it."""
    may_be_done = before is not None and not isinstance(before, NotSentError | RateLimitedError)
    return request.method == "DELETE" and isinstance(error, NotFoundError) and may_be_done
