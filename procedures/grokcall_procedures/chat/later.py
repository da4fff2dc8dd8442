"""Completions that are begun now and fetched later: looking for one until it is there."""

from __future__ import annotations

from collections.abc import Callable, Generator

from grokcall_procedures.chat.completion_messages import choice_of
from grokcall_procedures.documents import document_of, stated_failure
from grokcall_procedures.errors import MalformedReplyError, NotReadyError
from grokcall_procedures.nouns import in_path
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Reply, Request, Step, reply_of
from grokcall_procedures.waiting import wait_for

ACCEPTED = 202
"""The status of a reply that says that the completion is not there yet."""
LONGEST_PAUSE = 30.0
"""Seconds between two looks at most."""


def request_id_in(body: bytes) -> str:
    """The id of a completion that was begun.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: It names no id.
    """
    document = document_of(body)
    request_id = document.get("request_id")
    if not isinstance(request_id, str) or not request_id:
        raise stated_failure(document) or MalformedReplyError("the service began and named no request_id")
    return request_id


def look_for(request_id: str, kind: Kind = Kind.METADATA) -> Request:
    """A look whether a completion is there. The service gives it once, so a journal keeps it before it is read."""
    return Request("GET", f"/chat/deferred-completion/{in_path(request_id)}", kind=kind, once=True, lasting=True)


def body_in(reply: Reply) -> bytes | None:
    """The completion in a reply; None while it is not there."""
    return None if reply.status == ACCEPTED or not reply.body.strip() else reply.body


def no_failure(_error: Exception, _waited: float) -> bool:
    """Has no look that failed be followed by another."""
    return False


def passing_failure(error: Exception, _waited: float) -> bool:
    """Whether another look may go better: what was begun is paid for, and a look costs nothing."""
    return bool(getattr(error, "retryable", False)) and not getattr(error, "systemic", False)


def fetched(
    look: Request, request_id: str, settings: Settings, passes: Callable[[Exception, float], bool] = no_failure
) -> Generator[Step, Reply | None, bytes]:
    """Looks for a completion until it is there.

    Args:
        look: The request that looks.
        request_id: What is looked for.
        settings: How often to look, and when to give up.
        passes: Whether a look that failed is followed by another all the same.

    Raises:
        NotReadyError: It takes longer than ``poll_timeout``.
    """
    return (
        yield from wait_for(
            look,
            body_in,
            every=settings.poll_interval,
            longest=LONGEST_PAUSE,
            within=settings.poll_timeout,
            late=lambda seconds: late(request_id, seconds),
            note=f"the completion {request_id}",
            passes=passes,
        )
    )


def begun_and_fetched(request: Request, settings: Settings) -> Generator[Step, Reply | None, bytes]:
    """Begins with a completion, and waits until it is there; no connection is held open meanwhile.

    Raises:
        FailedReplyError: The service would not begin.
        NotReadyError: It takes longer than ``poll_timeout``.
    """
    body = reply_of((yield request)).body
    if choice_of(document_of(body)) is not None:
        return body  # a server that knows no deferral has answered at once
    request_id = request_id_in(body)
    try:
        # Its reply tells what the start has cost, as that of a look at a video does.
        return (yield from fetched(look_for(request_id, Kind.POLL), request_id, settings, passing_failure))
    except NotReadyError:
        raise
    except Exception as error:
        error.add_note(f"{fetching(request_id)} fetches the completion without paying again, if it was not read yet")
        raise


def fetching(request_id: str) -> str:
    """The statement that fetches a completion."""
    return f"CALL GetDeferredCompletion('{request_id}')"


def late(request_id: str, seconds: float) -> NotReadyError:
    """The error for a completion that takes too long."""
    return NotReadyError(
        f"the completion {request_id} is not ready after {seconds:g} seconds; {fetching(request_id)} fetches it "
        "without paying again, within 24 hours",
        request_id,
        statement=fetching(request_id),
        error_code="deferred_timeout",
    )
