"""Outcomes as a journal keeps them, whatever they hold."""

from __future__ import annotations

from dataclasses import replace

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.unread import unexpected
from grokcall.errors import Error, ServiceError, is_retryable, is_systemic
from grokcall.journal.codec import Packed, packed


def packed_whatever(outcome: Outcome, *, plain: bool) -> Packed:
    """An outcome as bytes; one that holds what no journal can keep becomes an error, and its row keeps what it has."""
    try:
        return packed(outcome, plain=plain)
    except Exception as error:
        outcome.status, outcome.error = CallStatus.ERROR, error if isinstance(error, Error) else unexpected(error)
        return packed(replace(outcome, rows=None), plain=True)


def is_settled(outcome: Outcome) -> bool:
    """Whether what the service began for a call is over: it gave its result, or was refused for good.

    A video that is not ready in time, a connection that was cut or a link that had expired leave it to be had still.
    """
    error = outcome.error
    if error is None:
        return True
    return isinstance(error, ServiceError) and not is_retryable(error) and not is_systemic(error)
