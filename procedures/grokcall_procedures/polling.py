"""Waiting for a video: looks until it is there, has failed or takes too long, then fetches it."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from grokcall_procedures.addresses import download
from grokcall_procedures.definition import ResultField
from grokcall_procedures.documents import cost_of, document_of, moderated, stated_failure, value_at
from grokcall_procedures.errors import FailedReplyError, MalformedReplyError, NotReadyError
from grokcall_procedures.media import result_bytes
from grokcall_procedures.media_fields import media_fields, media_row
from grokcall_procedures.media_storage import storage_trouble
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import DownloadTo, Kind, Notice, Pause, Reply, Request, Row, Step, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

ACCEPTED = 202
"""The status of a reply that says nothing but that work goes on."""
GRACE = 30.0
"""Seconds after the start in which the service may not know its own request yet and answer 400 or 404."""
REFUSALS = frozenset({400, 404, 405, 410, 422})
"""Statuses that can be a word about the video; others speak of the key, the pace or the way to the service."""
UNDER_WAY = frozenset(
    {"pending", "queued", "processing", "in_progress", "running", "submitted", "accepted", "started", "generating"}
)
DONE = frozenset({"done", "completed", "complete", "succeeded", "success", "ready", "finished"})
FAILED = frozenset(
    {"failed", "failure", "error", "errored", "cancelled", "canceled", "rejected", "aborted", "blocked", "moderated"}
)

FURTHER_FIELDS = (
    *media_fields("ResultVideo", "video"),
    ResultField("ResultVideo_RequestId", ParameterType.STRING, "", "The id with which GetVideo fetches it again."),
    ResultField("ResultVideo_Duration", ParameterType.DOUBLE, "video.duration", "Its length in seconds."),
    ResultField("ResultVideo_Path", ParameterType.STRING, "", "The file that was written; NULL without To."),
)
"""What there is to tell of a video beside its content."""


@dataclass(slots=True)
class Watch:
    """How long has been waited, and what was heard last.

    Args:
        started: When it began, on the monotonic clock.
        paused: Seconds of pauses that were asked for.
        refused: How many looks in a row the service has refused.
        word: The last word on the video; empty where that is only that it is under way.
    """

    started: float
    paused: float = 0.0
    refused: int = 0
    word: str = ""

    @property
    def waited(self) -> float:
        """Seconds: the time that passed or the pauses that were asked for, whichever is more."""
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


def await_video(
    request_id: str,
    settings: Settings,
    *,
    fresh: bool,
    model: object = None,
    uploaded: bool = False,
    left: bool = False,
    to: DownloadTo | None = None,
) -> Steps:
    """Waits for a video and gives the only row: its bytes, and what there is to tell of it.

    Args:
        request_id: The id that the start of the video gave.
        settings: How often to look, when to give up, and how large the video may be.
        fresh: Whether it was started just now: then the first look can wait, and an early 400 or 404 is no verdict.
        model: The model that was asked for, where that is known.
        uploaded: Whether the service puts the video elsewhere; then it is not fetched.
        left: Whether it is left where it is, because nobody wants its bytes.
        to: The file that it is written to; None to hold it in the row.

    Raises:
        FailedReplyError: The service could not make it, holds it back, or has dropped it.
        NotReadyError: It takes longer than ``poll_timeout``, or no look at it went well in that time.
    """
    try:
        document = yield from poll(request_id, settings, fresh=fresh, uploaded=uploaded)
        told = value_at(document, "video")
        trouble = storage_trouble(told) if isinstance(told, dict) else None
        if trouble is not None:
            yield Notice(trouble)
        content = None
        if not uploaded and (to is not None or not left):
            video = reply_of((yield download(str(value_at(document, "video.url")), settings, to)))
            content = result_bytes(video.body, "video/mp4") if to is None else None
        path = None if to is None or uploaded else to.path
        return [(content, *video_row(request_id, content, document, model, path))]
    except (FailedReplyError, NotReadyError):
        raise
    except Exception as error:
        error.add_note(fetch_hint(request_id))
        raise


def is_video(head: bytes) -> None:
    """Refuses a file that does not begin as a video does.

    Raises:
        MalformedReplyError: It does not.
    """
    result_bytes(head, "video/mp4")


def video_row(
    request_id: str, content: bytes | None, document: Mapping[str, object], model: object, path: str | None
) -> Row:
    """What there is to tell of a video beside its content, in the order of ``FURTHER_FIELDS``."""
    told = value_at(document, "video")
    seconds = value_at(document, "video.duration")
    return (
        *media_row(told if isinstance(told, dict) else {}, content, document, model),
        request_id,
        float(seconds) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None,
        path,
    )


def fetch_hint(request_id: str) -> str:
    """How to get at a video that was paid for."""
    return f"{fetching(request_id)} fetches the video without paying again"


def fetching(request_id: str) -> str:
    """The statement that fetches a video."""
    return f"CALL GetVideo('{request_id}')"


def poll(
    request_id: str, settings: Settings, *, fresh: bool, uploaded: bool
) -> Generator[Step, Reply | None, Mapping[str, object]]:
    """Looks at a video until it is ready; gives the reply that has the address of the video.

    A look that goes wrong says nothing of the video, which was paid for: it is looked at again.
    """
    watch = Watch(time.monotonic())
    if fresh:
        yield from pause(watch, settings)
    while True:
        try:
            reply = yield Request("GET", f"/videos/{quote(request_id, safe='')}", kind=Kind.POLL)
            document = ready_video(reply_of(reply), watch, uploaded=uploaded)
        except FailedReplyError:
            raise
        except Exception as error:
            if not passes(error, watch, fresh=fresh):
                if is_gone(error):
                    raise gone(request_id) from error
                raise
            watch.word = f"the last look failed: {error}"
        else:
            if document is not None:
                return document
            watch.refused = 0
        if watch.waited >= settings.poll_timeout:
            late = f"the video {request_id} is not ready after {settings.poll_timeout:g} seconds"
            told = f" ({watch.word})" if watch.word else ""
            raise NotReadyError(f"{late}{told}; {fetch_hint(request_id)}", request_id, statement=fetching(request_id))
        yield from pause(watch, settings)


def pause(watch: Watch, settings: Settings) -> Generator[Step, Reply | None, None]:
    """The wait between two looks; never beyond the time to give up."""
    seconds = min(settings.poll_interval, max(settings.poll_timeout - watch.waited, 0.0))
    watch.paused += seconds
    yield Pause(seconds)


def passes(error: Exception, watch: Watch, *, fresh: bool) -> bool:
    """Whether a look may go better a moment later, however this one ended.

    A refusal is a verdict on a video that was just started only when it comes twice in a row, and not too early; one
    for its content is a verdict in any case.
    """
    if isinstance(error, MalformedReplyError):
        return True
    status, told = getattr(error, "status", None), f"{getattr(error, 'code', '')} {error}".lower()
    if "moderat" in told or getattr(error, "error_code", "") == "content_policy":
        return False
    if status in REFUSALS:
        watch.refused += 1
        return fresh and (watch.refused == 1 or watch.waited <= GRACE)
    if getattr(error, "systemic", False):
        return False
    return bool(getattr(error, "retryable", False)) or (status is not None and status >= 400)


def is_gone(error: Exception) -> bool:
    """Whether the service says that it does not know the video; an address that has no API at all is another thing."""
    return getattr(error, "status", None) in (404, 410) and not getattr(error, "systemic", False)


def gone(request_id: str) -> FailedReplyError:
    """What is said of a video that the service has dropped."""
    return FailedReplyError(
        "not-found",
        f"the service no longer has the video {request_id}, which it keeps for a limited time: "
        "what it cost is spent, and to have it means to start it anew",
    )


def ready_video(reply: Reply, watch: Watch, *, uploaded: bool) -> Mapping[str, object] | None:
    """A reply with the address of the video; None while it is made, for which the service has many words and none.

    The status decides. What stands beside a status that says that work goes on is no failure.

    Raises:
        FailedReplyError: The service could not make it, holds it back, or has dropped it.
        MalformedReplyError: The reply cannot be read.
    """
    if not reply.body.strip() or (reply.status == ACCEPTED and not reply.body.lstrip().startswith(b"{")):
        return None
    document = document_of(reply.body)
    status, failure = status_in(document), told_failure(document)
    watch.word = f"the service last said {status!r}" if status and status not in UNDER_WAY else ""
    if status in UNDER_WAY:
        return None
    if status == "expired":
        message = "the video was not fetched before it expired: what it cost is spent; start it again"
        raise FailedReplyError("expired", message, cost_ticks=cost_of(document))
    url = value_at(document, "video.url")
    if status in FAILED or (failure is not None and not (status in DONE and url)):
        raise failure or FailedReplyError(
            None, f"the service ended the video as {status!r}, without saying why", cost_ticks=cost_of(document)
        )
    no_address = status in (*DONE, "") and url == "" and not uploaded
    if value_at(document, "video.respect_moderation") is False or no_address:
        raise moderated("video", document)
    if (isinstance(url, str) and url) or (uploaded and status in DONE):
        return document
    if status in DONE:
        raise MalformedReplyError("the service says that the video is done but not where it is")
    return None


def status_in(document: Mapping[str, object]) -> str:
    """The word for how far a video is, in small letters; empty where there is none.

    >>> status_in({"status": "In Progress"}), status_in({"status": "VIDEO_STATUS_DONE"})
    ('in_progress', 'done')
    """
    word = str(document.get("status") or document.get("state") or "").strip().lower()
    return word.replace("-", "_").replace(" ", "_").rpartition("status_")[2]


def told_failure(document: Mapping[str, object]) -> FailedReplyError | None:
    """The failure that a reply states; None for an error that says nothing.

    >>> told_failure({"error": {"code": "", "message": None}})
    >>> told_failure({"error": {"code": "internal_error"}}).code
    'internal_error'
    """
    error = document.get("error")
    said = error.values() if isinstance(error, dict) else (error,)
    return stated_failure(document) if any(each.strip() if isinstance(each, str) else each for each in said) else None
