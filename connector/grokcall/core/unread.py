"""Calls that fail after they were paid for: what came stays beside the error, whatever the error is."""

from __future__ import annotations

import logging

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.redaction import get_logger, redact
from grokcall.errors import Error, InternalError, MalformedReplyError, request_id_of
from grokcall_procedures import Procedure

logger: logging.Logger = get_logger("grokcall.core.unread")

LONGEST_REASON = 500
"""Characters that are told of an exception which is not ours."""


def fail(outcome: Outcome, exception: Exception, procedure: Procedure) -> None:
    """Ends an outcome with an error, without secrets.

    Where a reply could not be read, the row keeps what came of it, in the column for the answer's or the reply's text;
    where the procedure has no such column, or a call of it has any number of rows, the error has it as ``reply``, and
    the journal with it.
    """
    error = exception if isinstance(exception, Error) else unexpected(exception)
    error.args = tuple(redact(each) if isinstance(each, str) else each for each in error.args)
    outcome.status, outcome.error, outcome.rows = CallStatus.ERROR, error, None
    outcome.request_id = request_id_of(error) or outcome.request_id
    if isinstance(error, MalformedReplyError | InternalError):
        row = None if procedure.many else getattr(error, "row", None)
        if row is None and outcome.reply is not None:
            text = redact(outcome.reply.decode("utf-8", "replace"))
            row = None if procedure.many else procedure.unread_row(text)
            if row is None:
                error.reply = text  # type: ignore[union-attr]
        outcome.rows = [row] if row is not None else None


def unexpected(exception: Exception) -> InternalError:
    """The error for an exception that is not ours, which names it.

    It does not chain the exception, whose arguments may hold the key.
    """
    logger.debug("a call failed", exc_info=exception)
    reason = redact(" ".join(str(exception).split()))[:LONGEST_REASON]
    return InternalError(f"the call failed with {type(exception).__name__}: {reason or 'no reason given'}")
