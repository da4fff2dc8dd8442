"""Waiting until a document is indexed."""

from __future__ import annotations

import functools
from collections.abc import Generator

from grokcall_procedures.collections.document import EMPTY, document_in, document_path, status_of
from grokcall_procedures.documents import as_text, value_at
from grokcall_procedures.errors import FailedReplyError, NotReadyError
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Kind, Reply, Request, Step
from grokcall_procedures.waiting import wait_for

LONGEST_PAUSE = 10.0
GRACE = 30.0
"""Seconds after the start in which the service may not know the document yet."""
DONE = frozenset({"processed", "completed", "indexed"})
FAILED = frozenset({"failed", "error"})
NOT_FOUND = 404

Document = dict[str, object]


def await_indexed(
    collection_id: str, file_id: str, settings: Settings, name: str = ""
) -> Generator[Step, Reply | None, Document]:
    """The document once it is indexed.

    Args:
        collection_id: The collection.
        file_id: The document's file.
        settings: How often to look, and when to give up.
        name: What the document is called, where that is known.

    Raises:
        FailedReplyError: The service could not index it.
        NotReadyError: It takes longer than ``poll_timeout``.
    """
    words: list[str] = []

    def indexed(reply: Reply) -> Document | None:
        document = document_in(reply)
        word = status_of(document)
        words[:] = [word] if word else []
        if word in FAILED:
            raise failed(collection_id, file_id, document)
        return document if word in DONE else None

    return (
        yield from wait_for(
            Request("GET", document_path(collection_id, file_id), kind=Kind.POLL, host=Host.MANAGEMENT),
            indexed,
            every=settings.poll_interval,
            longest=max(LONGEST_PAUSE, settings.poll_interval),
            within=settings.poll_timeout,
            late=functools.partial(late, collection_id, file_id, words),
            note=lambda: ": ".join([f"indexing {name or file_id}", *words]),
            passes=passes,
        )
    )


def passes(error: Exception, waited: float) -> bool:
    """Whether a look that ended so says nothing of the document, so that there is another."""
    if getattr(error, "status", None) == NOT_FOUND:
        return waited <= GRACE and not getattr(error, "systemic", False)
    return bool(getattr(error, "retryable", False))


def failed(collection_id: str, file_id: str, document: Document) -> FailedReplyError:
    """The error for a document that the service could not index."""
    name = value_at(document, "file_metadata.name") or file_id
    told = as_text(document.get("error_message") or "it does not say why").rstrip(". ")
    place = arguments(collection_id, file_id)
    return FailedReplyError(
        "indexing_failed",
        f"the service could not index the document {name}: {told}. It is in the collection still: CALL "
        f"ReindexCollectionDocument({place}) tries it again, RemoveCollectionDocument({place}) takes it out",
    )


def late(collection_id: str, file_id: str, words: list[str], seconds: float) -> NotReadyError:
    """The error for a document whose indexing takes too long."""
    statement = f"CALL GetCollectionDocument({arguments(collection_id, file_id)})"
    told = f" (the service last said {words[0]!r})" if words else ""
    return NotReadyError(
        f"the document {file_id} is not indexed after {seconds:g} seconds{told}; it goes on at the service, and "
        f"{statement} tells how far it is",
        file_id,
        statement=statement,
        error_code="indexing_timeout",
    )


def arguments(*ids: str) -> str:
    """Ids as the arguments of a statement.

    >>> arguments("a", "b'c")
    "'a', 'b''c'"
    """
    return ", ".join("'" + each.replace("'", "''") + "'" for each in ids)


def says_nothing(reply: Reply) -> bool:
    """Whether a reply only says that something was done."""
    return reply.body.strip() in EMPTY
