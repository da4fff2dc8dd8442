"""Collections: their documents, and how far the indexing of each is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from mimetypes import guess_type
from typing import Any
from uuid import uuid4

from grokcall_sandbox.errors import ApiError, invalid, not_found
from grokcall_sandbox.team import clock
from grokcall_sandbox.text.chunks import MEASURES, USUAL_OVERLAP, USUAL_SIZE, cut

MODEL = "grok-embedding-small"
MAX_COLLECTIONS = 1_000
MAX_BYTES = 256 * 1024 * 1024
"""Of all documents together."""
_STAGES = ("PROCESSING", "CHUNKED", "EMBEDDING", "WRITING")
_NO_TEXT = "No text could be extracted from the document."


@dataclass(slots=True)
class Document:
    """A document of a collection; it is indexed once it was looked at so often.

    Attributes:
        file_id: The id of the file that it was made from.
        name: The file's name.
        data: The file's content.
        file_created_at: When the file was uploaded.
        file_expires_at: When it goes; None for never.
        fields: The document's fields.
        looks: How many looks there are until it is indexed.
        seen: How many there were.
    """

    file_id: str
    name: str
    data: bytes
    file_created_at: str
    file_expires_at: str | None
    fields: dict[str, str]
    looks: int
    seen: int = 0
    indexed_at: str | None = None
    chunks: list[str] = field(default_factory=list)

    @property
    def has_text(self) -> bool:
        """Whether there is anything to index in it."""
        return bool(self.data.strip()) and b"\0" not in self.data

    @property
    def status(self) -> str:
        """How far it is, in the service's word."""
        if self.seen < self.looks:
            return f"DOCUMENT_STATUS_{_STAGES[min(self.seen, len(_STAGES) - 1)]}"
        return "DOCUMENT_STATUS_PROCESSED" if self.has_text else "DOCUMENT_STATUS_FAILED"

    @property
    def is_searched(self) -> bool:
        """Whether searches find it."""
        return self.indexed_at is not None and self.seen >= self.looks

    def look(self, chunk_configuration: Mapping[str, Any]) -> None:
        """Brings the indexing on by one look."""
        self.seen += 1
        if self.seen >= self.looks and self.indexed_at is None and self.has_text:
            self.chunks = chunks_of(self, chunk_configuration)
            self.indexed_at = clock()

    def index_anew(self) -> None:
        """Has the indexing begin again."""
        self.seen, self.indexed_at, self.chunks = 0, None, []

    def as_dict(self) -> dict[str, object]:
        """The document as the management host shows it."""
        shown: dict[str, object] = {
            "file_metadata": {
                "file_id": self.file_id,
                "name": self.name,
                "size_bytes": str(len(self.data)),
                "content_type": guess_type(self.name)[0] or "application/octet-stream",
                "created_at": self.file_created_at,
                "expires_at": self.file_expires_at,
                "hash": sha256(self.data).hexdigest(),
                "upload_status": "Complete",
                "processing_status": "Complete" if self.seen >= self.looks else "Processing",
                "file_path": "",
            },
            "fields": self.fields,
            "status": self.status,
            "last_indexed_at": self.indexed_at,
            "chunk_count": len(self.chunks),
        }
        if self.status.endswith("FAILED"):
            shown["error_message"] = _NO_TEXT
        return shown

    @property
    def facts(self) -> dict[str, object]:
        """What a filter can ask of it."""
        return {
            **self.fields,
            **{f"fields.{name}": value for name, value in self.fields.items()},
            "file_id": self.file_id,
            "name": self.name,
            "size_bytes": len(self.data),
            "created_at": self.file_created_at,
            "status": self.status,
        }


@dataclass(slots=True)
class Collection:
    """A collection."""

    name: str
    description: str = ""
    model: str = MODEL
    metric: str = "HNSW_METRIC_COSINE"
    chunk_configuration: dict[str, Any] = field(default_factory=dict)
    fields: list[dict[str, Any]] = field(default_factory=list)
    id: str = field(default_factory=lambda: f"collection_{uuid4()}")
    created_at: str = field(default_factory=clock)
    documents: dict[str, Document] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        """The collection as the management host shows it."""
        return {
            "collection_id": self.id,
            "collection_name": self.name,
            "collection_description": self.description,
            "created_at": self.created_at,
            "documents_count": len(self.documents),
            "total_file_size": str(self.size),
            "index_configuration": {"model_name": self.model},
            "chunk_configuration": self.chunk_configuration,
            "field_definitions": self.fields,
            "metric_space": self.metric,
        }

    @property
    def size(self) -> int:
        """The bytes of its documents."""
        return sum(len(document.data) for document in self.documents.values())

    def document(self, file_id: str) -> Document:
        """A document; raises a 404 `ApiError` where there is none."""
        found = self.documents.get(file_id)
        if found is None:
            raise not_found(f"Document with file_id={file_id} not found in collection {self.id}.")
        return found

    def check_fields(self, fields: Mapping[str, str]) -> None:
        """Refuses fields that do not fit the definitions, with a 400 `ApiError`."""
        known = {definition["key"]: definition for definition in self.fields}
        unknown = next((name for name in fields if name not in known), None)
        if unknown is not None:
            raise invalid(f"Unknown field: {unknown}")
        for name, definition in known.items():
            if definition.get("required") and not fields.get(name):
                raise invalid(f"Missing required field: {name}")
            taken = {document.fields.get(name) for document in self.documents.values()}
            if definition.get("unique") and fields.get(name) is not None and fields[name] in taken:
                raise invalid(f"The value of the unique field {name} is already used.")


class Library:
    """The collections of the team. Touched from the server's event loop only."""

    def __init__(self) -> None:
        self._collections: dict[str, Collection] = {}

    def __iter__(self) -> Iterator[Collection]:
        return iter(list(self._collections.values()))

    def find(self, collection_id: str) -> Collection:
        """A collection; raises a 404 `ApiError` where there is none."""
        found = self._collections.get(collection_id)
        if found is None:
            raise not_found(f"Collection with id={collection_id} not found.")
        return found

    def add(self, collection: Collection) -> None:
        """Takes in a new collection."""
        if len(self._collections) >= MAX_COLLECTIONS:
            raise ApiError(429, f"At most {MAX_COLLECTIONS} collections are allowed.", "resource-exhausted")
        self._collections[collection.id] = collection

    def remove(self, collection: Collection) -> None:
        """Takes a collection away."""
        del self._collections[collection.id]

    def check_room(self, size: int) -> None:
        """Refuses a document for which there is no room, with a 429 `ApiError`."""
        if sum(collection.size for collection in self) + size > MAX_BYTES:
            raise ApiError(429, f"At most {MAX_BYTES} bytes of documents are kept.", "resource-exhausted")


def chunks_of(document: Document, configuration: Mapping[str, Any]) -> list[str]:
    """The chunks of a document, by what its collection says of them."""
    unit, size, overlap = "tokens", USUAL_SIZE, USUAL_OVERLAP
    for each in MEASURES:
        sizes = configuration.get(f"{each}_configuration")
        if sizes:
            unit, size = each, sizes.get(f"max_chunk_size_{each}", USUAL_SIZE)
            overlap = sizes.get(f"chunk_overlap_{each}", 0)
    found = cut(document.data.decode("utf-8", "replace"), unit, size, overlap)
    if configuration.get("strip_whitespace"):
        found = [chunk.strip() for chunk in found]
    if configuration.get("inject_name_into_chunks"):
        found = [f"{document.name}\n{chunk}" for chunk in found]
    return found
