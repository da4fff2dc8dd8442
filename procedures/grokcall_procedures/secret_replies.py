"""Replies in which a secret stands that is shown once: nothing of one that cannot be read is shown."""

from __future__ import annotations

from grokcall_procedures.documents import document_of, stated_failure
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.steps import Reply


def secret_document(reply: Reply, what: str, remedy: str) -> dict[str, object]:
    """A reply with a secret in it as a JSON object.

    Args:
        reply: The reply.
        what: What may stand in it, with its article.
        remedy: What can be done where it cannot be read.

    Raises:
        FailedReplyError: It states a failure.
        MalformedReplyError: It cannot be read; nothing of it is shown.
    """
    try:
        document = document_of(reply.body)
    except MalformedReplyError:
        raise MalformedReplyError(
            f"the reply could not be read, and is not shown because {what} may stand in it; {remedy}"
        ) from None
    failure = stated_failure(document)
    if failure is not None:
        raise failure
    return document
