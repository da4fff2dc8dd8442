"""Searching the documents of collections."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from grokcall_sandbox.collections import Document, Library
from grokcall_sandbox.errors import invalid
from grokcall_sandbox.filters import read_filter
from grokcall_sandbox.prices import SEARCH_TICKS
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.text.ranking import scores

_MOST_COLLECTIONS = 10
_MOST_MATCHES = 1_000
_USUAL_MATCHES = 10


class Source(msgspec.Struct):
    """Where to search."""

    collection_ids: list[str]
    rag_pipeline: Literal["chroma_db", "es"] | None = None


class RetrievalMode(msgspec.Struct):
    """How to search; the sandbox looks for words in any case."""

    type: Literal["hybrid", "semantic", "keyword"]


class Grouping(msgspec.Struct):
    """What to group by; the sandbox takes note of it, no more."""

    keys: list[str]


class SearchRequest(msgspec.Struct):
    """The body of a search."""

    query: str
    source: Source
    filter: str | None = None
    group_by: Grouping | None = None
    instructions: str | None = None
    limit: int | None = None
    retrieval_mode: RetrievalMode | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a document that is indexed, and the collections among those searched that have it."""

    document: Document
    chunk_id: str
    text: str
    collection_ids: list[str]

    def as_dict(self, score: float) -> dict[str, object]:
        """The chunk as a search shows it."""
        return {
            "file_id": self.document.file_id,
            "chunk_id": self.chunk_id,
            "chunk_content": self.text,
            "score": round(score, 6),
            "collection_ids": self.collection_ids,
            "fields": self.document.fields,
        }


_DECODE = msgspec.json.Decoder(SearchRequest)


async def search(call: SandboxRequest) -> Reply:
    """POST /v1/documents/search: by BM25, over the documents that are indexed."""
    asked = call.decode(_DECODE)
    limit = _USUAL_MATCHES if asked.limit is None else asked.limit
    if not asked.query.strip():
        raise invalid("query must not be empty.")
    if not 1 <= len(asked.source.collection_ids) <= _MOST_COLLECTIONS:
        raise invalid(f"collection_ids must have between 1 and {_MOST_COLLECTIONS} ids.")
    if not 1 <= limit <= _MOST_MATCHES:
        raise invalid(f"limit must be between 1 and {_MOST_MATCHES}.")
    found = find_chunks(call.state.library, asked.query, asked.source.collection_ids, limit, asked.filter)
    return json_reply({"matches": [chunk.as_dict(score) for score, chunk in found]}, ticks=SEARCH_TICKS)


def find_chunks(
    library: Library, query: str, ids: Sequence[str], limit: int, filter_text: str | None = None
) -> list[tuple[float, Chunk]]:
    """The chunks that fit a question, each with its score, the best first.

    Raises:
        ApiError: 404 for a collection that there is not, 400 for a filter that cannot be read.
    """
    chunks = list(_chunks(library, ids, filter_text))
    ranked = sorted(
        zip(scores(query, [chunk.text for chunk in chunks]), chunks, strict=True),
        key=lambda each: (-each[0], each[1].chunk_id),
    )
    return [(score, chunk) for score, chunk in ranked[:limit] if score > 0]


def _chunks(library: Library, ids: Sequence[str], filter_text: str | None) -> Iterator[Chunk]:
    """Each chunk of the documents that are indexed and fit; those of a document of two collections come once."""
    fits = read_filter(filter_text)
    collections = [library.find(each) for each in dict.fromkeys(ids)]
    seen: set[str] = set()
    for collection in collections:
        for document in collection.documents.values():
            if document.file_id in seen or not document.is_searched or not fits(document.facts):
                continue
            seen.add(document.file_id)
            having = [each.id for each in collections if document.file_id in each.documents]
            for number, text in enumerate(document.chunks):
                yield Chunk(document, f"chunk_{document.file_id}_{number}", text, having)
