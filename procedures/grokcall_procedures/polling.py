"""Waiting for a video: looks at the request until the film is there, has failed, or takes too long, then fetches it."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import quote

from grokcall_procedures.addresses import download
from grokcall_procedures.documents import cost_of, document_of, moderated, stated_failure, value_at
from grokcall_procedures.media import result_bytes
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import (
    FailedReplyError,
    Kind,
    MalformedReplyError,
    NotReadyError,
    Pause,
    Reply,
    Request,
    Step,
    Steps,
)
from grokcall_procedures.text import reply_of

ACCEPTED = 202
"""The status of a reply that says nothing but that work goes on."""
GRACE = 30.0
"""Seconds after the start in which the service may not know its own request yet and answer 400."""


@dataclass(slots=True)
class Watch:
    """How long has been waited: the time that passed or the pauses that were asked for, whichever is more."""

    started: float
    paused: float = 0.0

    @property
    def waited(self) -> float:
        """Seconds."""
        return max(time.monotonic() - self.started, self.paused)


def request_id_of(reply: Reply) -> str:
    """The id of the video that was started.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: The reply names no id.
    """
    document = document_of(reply.body)
    request_id = document.get("request_id")
    if not isinstance(request_id, str) or not request_id:
        raise stated_failure(document) or MalformedReplyError("the service started a video but named no id for it")
    return request_id


def await_video(request_id: str, settings: Settings, *, fresh: bool) -> Steps:
    """Waits for a video and gives its bytes as the only row.

    Args:
        request_id: The id that the start of the video gave.
        settings: How often to look, when to give up, and how large the film may be.
        fresh: Whether it was started just now: then the first look can wait, and an early 400 is no verdict.

    Raises:
        FailedReplyError: The service could not make it, holds it back, or has dropped it.
        NotReadyError: It takes longer than ``poll_timeout``.
    """
    try:
        url = yield from poll(request_id, settings, fresh=fresh)
        film = yield download(url, settings)
        return [(result_bytes(reply_of(film).body, "video/mp4"),)]
    except (FailedReplyError, NotReadyError):
        raise
    except Exception as error:
        error.add_note(fetch_hint(request_id))
        raise


def fetch_hint(request_id: str) -> str:
    """How to get at a video that was paid for."""
    return f"CALL GetVideo('{request_id}') fetches the video without paying again"


def poll(request_id: str, settings: Settings, *, fresh: bool) -> Generator[Step, Reply | None, str]:
    """Looks at a video until it is ready; gives the address of the film."""
    watch = Watch(time.monotonic())
    if fresh:
        yield from pause(watch, settings)
    while True:
        try:
            reply = yield Request("GET", f"/videos/{quote(request_id, safe='')}", kind=Kind.POLL)
        except Exception as error:
            if is_gone(error):
                raise gone(request_id) from error
            if not (fresh and watch.waited <= GRACE and may_pass(error)):
                raise
        else:
            url = film_address(reply_of(reply))
            if url is not None:
                return url
        if watch.waited >= settings.poll_timeout:
            late = f"the video {request_id} is not ready after {settings.poll_timeout:g} seconds"
            raise NotReadyError(f"{late}; {fetch_hint(request_id)}", request_id)
        yield from pause(watch, settings)


def pause(watch: Watch, settings: Settings) -> Generator[Step, Reply | None, None]:
    """The wait between two looks; never beyond the time to give up."""
    seconds = min(settings.poll_interval, max(settings.poll_timeout - watch.waited, 0.0))
    watch.paused += seconds
    yield Pause(seconds)


def may_pass(error: Exception) -> bool:
    """Whether an error may be gone a moment later: a 400 that is no word of moderation."""
    told = f"{getattr(error, 'code', '')} {error}".lower()
    return getattr(error, "status", None) == 400 and "moderat" not in told


def is_gone(error: Exception) -> bool:
    """Whether the service says that it does not know the video; an address that has no API at all is another thing."""
    return getattr(error, "status", None) == 404 and not getattr(error, "systemic", False)


def gone(request_id: str) -> FailedReplyError:
    """What is said of a video that the service has dropped."""
    return FailedReplyError(
        "not-found",
        f"the service no longer has the video {request_id}, which it keeps for a limited time: "
        "what it cost is spent, and to have it means to start it anew",
    )


def film_address(reply: Reply) -> str | None:
    """The address of the film; None while it is being made, for which the service has many words and none.

    Raises:
        FailedReplyError: The service could not make it, holds it back, or has dropped it.
        MalformedReplyError: The reply cannot be read.
    """
    if not reply.body.strip() or (reply.status == ACCEPTED and not reply.body.lstrip().startswith(b"{")):
        return None
    document = document_of(reply.body)
    status = str(document.get("status") or "").lower()
    if status == "failed" or document.get("error"):
        raise stated_failure(document) or FailedReplyError(
            None, "the video failed without saying why", cost_ticks=cost_of(document)
        )
    if status == "expired":
        message = "the video was not fetched before it expired: what it cost is spent; start it again"
        raise FailedReplyError("expired", message, cost_ticks=cost_of(document))
    url = value_at(document, "video.url")
    if value_at(document, "video.respect_moderation") is False or (status in ("done", "") and url == ""):
        raise moderated("video", document)
    if isinstance(url, str) and url:
        return url
    if status == "done":
        raise MalformedReplyError("the service says that the video is done but not where it is")
    return None
