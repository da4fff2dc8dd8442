"""Replies that are received in pieces, and folded into the reply that would have come whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeAlias, get_args

from grokcall.core.option_facts import Receive
from grokcall.errors import Error, InterfaceError, MalformedReplyError, ReplyTooLargeError, ServiceError, StreamCutError
from grokcall.http.error_rules import status_of_code
from grokcall.http.service_errors import clean, request_id_in, service_error
from grokcall.http.transport import HttpRequest, HttpResponse, HttpStream, StreamingTransport, Transport
from grokcall_procedures import FailedReplyError, Fold, Piece, PieceKind

BEGUN = Piece(PieceKind.STATUS, "begun")
"""Told before the pieces of each request."""
DRAIN_SECONDS = 0.25
"""For how long the end of a connection is waited for after the last event, so that it can be used again."""
_UNTOLD = frozenset({"content-encoding", "content-length", "content-type", "transfer-encoding"})
"""What the head of a reply in pieces says of those, and not of the whole."""

Tell: TypeAlias = Callable[[Piece], None]


@dataclass(frozen=True, slots=True)
class Receiving:
    """How replies are received.

    Args:
        streamed: Whether they are asked for in pieces where they can be.
        tell: Told of each piece, on the loop; None for nobody.
    """

    streamed: bool = False
    tell: Tell | None = None


def receiving(word: str | None) -> Receiving | None:
    """How a word has replies received, ``whole`` or ``stream``; None for None.

    Raises:
        InterfaceError: It is neither.
    """
    if word is None:
        return None
    if word not in get_args(Receive):
        raise InterfaceError(f"receive must be one of {', '.join(get_args(Receive))}, not {word!r}")
    return Receiving(streamed=word == "stream")


class Teller:
    """Tells of pieces, without the key, and knows whether any of an answer was among them."""

    def __init__(self, tell: Tell | None, secret: str) -> None:
        self._tell = tell
        self.secret: str = secret
        self.has_told: bool = False

    def __call__(self, pieces: Iterable[Piece]) -> None:
        """Tells of pieces."""
        for piece in pieces:
            self.has_told |= piece.kind is not PieceKind.STATUS
            if self._tell is not None:
                self._tell(self._clean(piece))

    def _clean(self, piece: Piece) -> Piece:
        if not self.secret or self.secret not in piece.text:
            return piece
        return replace(piece, text=piece.text.replace(self.secret, "[redacted]"), detail={})


async def received(
    transport: Transport, request: HttpRequest, fold: Fold, tell: Tell | None, secret: str = ""
) -> HttpResponse:
    """The reply to a request as it would have come whole.

    Args:
        transport: Where the request goes. One that gives no pieces is asked for the whole, which is told in one.
        request: What asks for the whole.
        fold: Makes the whole of the pieces.
        tell: Told of each piece.
        secret: The key, which no piece shows.

    Raises:
        StreamCutError: It came in part.
        ServiceError: The service said in the midst of it that it failed.
        grokcall.Error: What a transport raises before anything has come.
    """
    teller = Teller(tell, secret)
    teller([BEGUN])
    if not isinstance(transport, StreamingTransport):
        return _told_whole(await transport.send(request), fold, teller)
    async with transport.open(
        replace(request, body=fold.asked(request.body if isinstance(request.body, bytes) else b"{}"))
    ) as opened:
        if opened.status >= 300 or not fold.reads(opened.headers.get("content-type", "")):
            body = b"".join([chunk async for chunk in opened.chunks])
            return _told_whole(HttpResponse(opened.status, opened.headers, body), fold, teller)
        await _feed(fold, opened, teller)
        if isinstance(fold.failure, FailedReplyError):
            raise _refusal(fold.failure, opened, after_pieces=teller.has_told)
        if isinstance(fold.failure, MalformedReplyError):
            fold.failure.request_id = request_id_in(opened.headers)
            raise fold.failure
        if not fold.is_whole:
            raise _cut(fold, "the stream ended without its last event", secret)
        with suppress(Error, TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in opened.chunks:
                    pass
    headers = {name: value for name, value in opened.headers.items() if name not in _UNTOLD}
    kind = opened.headers.get("content-type", "")
    headers["content-type"] = "application/json" if isinstance(fold.partial, str) else kind
    return HttpResponse(opened.status, headers, fold.body())


async def _feed(fold: Fold, opened: HttpStream, teller: Teller) -> None:
    """Has the fold take in what comes.

    Raises:
        StreamCutError: The connection was cut, or fell silent, and the reply is not whole.
    """
    try:
        async for chunk in opened.chunks:
            teller(fold.feed(chunk))
            if fold.is_done:
                return
    except (ReplyTooLargeError, MalformedReplyError):
        raise
    except Error as error:
        teller(fold.end(orderly=False))
        if fold.is_whole or fold.failure is not None:
            return
        cut = _cut(fold, str(error), teller.secret)
    else:
        teller(fold.end(orderly=True))
        return
    raise cut


def _told_whole(reply: HttpResponse, fold: Fold, teller: Teller) -> HttpResponse:
    if reply.status < 300:
        teller(fold.whole(reply.body))
    return reply


def _cut(fold: Fold, why: str, secret: str) -> StreamCutError:
    partial = fold.partial
    if isinstance(partial, str):
        partial = partial.replace(secret, "[redacted]") if secret else partial
        came = f"{len(partial):,} characters"
    else:
        came = f"{len(partial):,} bytes"
    identity = fold.response_id
    return StreamCutError(
        f"The answer was cut off after {came}: {why}; it may have been billed, and is not asked for again",
        partial=partial,
        response_id=None if identity is None else clean(identity)[:200],
        is_stored=fold.is_stored,
    )


def _refusal(failure: FailedReplyError, opened: HttpStream, *, after_pieces: bool) -> ServiceError:
    """The error for a failure inside a stream: as one of its status where nothing of an answer had come.

    Afterwards it is an error inside an answer, which may have been billed, and is not asked for again.
    """
    error = service_error(
        failure.code,
        failure.message,
        status=200 if after_pieces else status_of_code(failure.code) or 200,
        request_id=request_id_in(opened.headers),
        cost_ticks=failure.cost_ticks,
    )
    if after_pieces:
        error.retryable = False
        error.add_note("A part of the answer had come: it may have been billed.")
    return error
