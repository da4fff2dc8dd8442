"""What the journal knows of a call: its answer, its failure, or what it began."""

from __future__ import annotations

from collections.abc import Callable

from grokcall.client.resume_state import ResumeState
from grokcall.core.outcome import Outcome
from grokcall.errors import MediaError, RecordedError, is_retryable, is_systemic
from grokcall.execution.prior_attempts import CallKey
from grokcall.execution.run_context import RunContext
from grokcall.journal.codec import RecalledOutcome
from grokcall_procedures import BoundCall
from grokcall_procedures.documents import cost_in
from grokcall_procedures.estimates import Reserve
from grokcall_procedures.usage import token_usage

VIDEO_KINDS = frozenset({"video", "video_edit"})
"""The models of procedures whose result has a new link whenever it is looked for."""


def is_on_record(books: RunContext, key: bytes, ordinal: int) -> bool:
    """Whether the journal may have something of a call; told without waiting for a disk."""
    run = books.run
    if run is None:
        return False
    if run.knows(key, ordinal) or (books.reuse is not None and books.reuse.may_know(key)):
        return True
    return books.other_runs is not None and books.other_runs.may_have(key)


def recalled(books: RunContext, key: bytes, ordinal: int) -> Outcome | None:
    """What the journal knows of a call: its answer, or a failure that another try would not mend."""
    run = books.run
    if run is None:
        return None
    is_known = run.knows(key, ordinal)
    found = run.recall(key, ordinal) if is_known else None
    if found is None and books.reuse is not None:
        found = books.reuse.recall_any(key)
    elif not is_known and books.other_runs is not None:
        books.other_runs.look_for(key)
    if found is not None or not is_known or books.retry_failed:
        return found
    failed = run.recall_failed(key, ordinal)
    # To look again for a video that was begun costs nothing, whatever the last look failed with.
    return failed if failed is not None and is_final(failed.error) and not run.memo(key, ordinal) else None


def memory_of(
    books: RunContext, call: BoundCall, place: CallKey, failed: RecalledOutcome | None, need: Callable[[], Reserve]
) -> ResumeState | None:
    """What the journal keeps of a call's billed starts, so that what was paid for is fetched again, not begun again.

    Args:
        books: The lookup's.
        call: The call.
        place: Where the journal has it.
        failed: What it failed with, where it was begun.
        need: Gives what a start counts with whose reply does not tell its price, for as long as that is not on record.
    """
    run = books.run
    if run is None:
        return None

    async def remember(step: int, reply: bytes, is_billed: bool) -> None:
        kept = Reserve() if not is_billed else told_by(reply) or need()
        await run.remember(*place, step, reply, kept)

    async def forget() -> None:
        run.forget(*place)

    replies = run.memo(*place)
    if books.retry_failed and failed is not None and is_lost(call, failed):
        replies = []
    return ResumeState(replies, remember, forget, is_priced=failed is not None and failed.saved_ticks is not None)


def told_by(reply: bytes) -> Reserve | None:
    """What a reply says that it took; None where it tells no price."""
    ticks = cost_in(reply)
    if ticks is None:
        return None
    usage = token_usage(reply)
    return Reserve(ticks, (usage.read or 0) + (usage.written or 0))


def is_lost(call: BoundCall, outcome: Outcome) -> bool:
    """Whether what a call began can be had no more; for a video the service gives a new link."""
    return isinstance(outcome.error, RecordedError) and (
        outcome.error.error_code == MediaError.error_code and call.procedure.model_kind not in VIDEO_KINDS
    )


def is_final(error: Exception | None) -> bool:
    """Whether the same call would fail in the same way: neither time nor another key or account can mend it."""
    return error is not None and not is_retryable(error) and not is_systemic(error)
