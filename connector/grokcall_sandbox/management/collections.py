"""The collections of the team: make, list, show, change, remove."""

from typing import Any, Literal

import msgspec

from grokcall_sandbox.collections import MODEL, Collection
from grokcall_sandbox.errors import invalid
from grokcall_sandbox.filters import read_filter
from grokcall_sandbox.management.endpoint import page_of
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.text.chunks import MEASURES

_METRICS = ("HNSW_METRIC_UNKNOWN", "HNSW_METRIC_COSINE", "HNSW_METRIC_EUCLIDEAN", "HNSW_METRIC_INNER_PRODUCT")
ORDERS = ("ORDERING_ASCENDING", "ORDERING_DESCENDING")
_SORT_KEYS = {
    "COLLECTIONS_SORT_BY_NAME": lambda each: (each.name, each.id),
    "COLLECTIONS_SORT_BY_AGE": lambda each: (each.created_at, each.id),
}


class FieldDefinition(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A field that documents have."""

    key: str
    required: bool = False
    unique: bool = False
    inject_into_chunk: bool = False
    description: str = ""


class FieldUpdate(msgspec.Struct, forbid_unknown_fields=True):
    """A field to add or to take away."""

    field_definition: FieldDefinition
    operation: Literal["FIELD_DEFINITION_ADD", "FIELD_DEFINITION_DELETE"]


class IndexConfiguration(msgspec.Struct, forbid_unknown_fields=True):
    """What makes vectors of chunks."""

    model_name: str


class NewCollection(msgspec.Struct, forbid_unknown_fields=True):
    """The body of making a collection."""

    collection_name: str
    collection_description: str = ""
    index_configuration: IndexConfiguration | None = None
    chunk_configuration: dict[str, Any] = {}
    field_definitions: list[FieldDefinition] = []
    metric_space: str = _METRICS[1]


class CollectionChange(msgspec.Struct, forbid_unknown_fields=True):
    """The body of changing a collection."""

    collection_name: str | None = None
    collection_description: str | None = None
    chunk_configuration: dict[str, Any] | None = None
    field_definition_updates: list[FieldUpdate] = []


_NEW = msgspec.json.Decoder(NewCollection)
_CHANGE = msgspec.json.Decoder(CollectionChange)


async def create(call: SandboxRequest) -> Reply:
    """POST /v1/collections."""
    asked = call.decode(_NEW)
    check_name(asked.collection_name)
    check_chunks(asked.chunk_configuration)
    if asked.metric_space not in _METRICS:
        raise invalid(f"Invalid metric_space: {asked.metric_space}. Supported: {', '.join(_METRICS)}.")
    index = asked.index_configuration
    collection = Collection(
        asked.collection_name,
        asked.collection_description,
        MODEL if index is None else index.model_name,
        asked.metric_space,
        asked.chunk_configuration,
        [msgspec.to_builtins(each) for each in asked.field_definitions],
    )
    call.state.library.add(collection)
    call.state.team.note(f"The collection {collection.name} was created.")
    return json_reply(collection.as_dict())


async def list_collections(call: SandboxRequest) -> Reply:
    """GET /v1/collections."""
    fits = read_filter(call.query.get("filter"))
    found = [each for each in ordered(call, list(call.state.library), _SORT_KEYS) if fits(facts_of(each))]
    page, token = page_of(call, [each.as_dict() for each in found], "pagination_token", "limit")
    return json_reply({"collections": page, "pagination_token": token})


async def show(call: SandboxRequest) -> Reply:
    """GET /v1/collections/{id}."""
    return json_reply(find(call).as_dict())


async def update(call: SandboxRequest) -> Reply:
    """PUT /v1/collections/{id}."""
    collection, change = find(call), call.decode(_CHANGE)
    if change.collection_name is not None:
        check_name(change.collection_name)
        collection.name = change.collection_name
    if change.collection_description is not None:
        collection.description = change.collection_description
    if change.chunk_configuration is not None:
        check_chunks(change.chunk_configuration)
        collection.chunk_configuration = change.chunk_configuration
    for each in change.field_definition_updates:
        key = each.field_definition.key
        others = [definition for definition in collection.fields if definition["key"] != key]
        if each.operation == "FIELD_DEFINITION_DELETE":
            if len(others) == len(collection.fields):
                raise invalid(f"There is no field {key}.")
            collection.fields = others
        else:
            collection.fields = [*others, msgspec.to_builtins(each.field_definition)]
    call.state.team.note(f"The collection {collection.name} was changed.")
    return json_reply(collection.as_dict())


async def delete(call: SandboxRequest) -> Reply:
    """DELETE /v1/collections/{id}."""
    collection = find(call)
    call.state.library.remove(collection)
    call.state.team.note(f"The collection {collection.name} was deleted.")
    return json_reply({})


def find(call: SandboxRequest) -> Collection:
    """The collection in the path; raises a 404 `ApiError` where there is none."""
    return call.state.library.find(call.parameters["id"])


def facts_of(collection: Collection) -> dict[str, object]:
    """What a filter can ask of a collection."""
    return {**collection.as_dict(), "total_file_size": collection.size}


def ordered(call: SandboxRequest, entries: list[Any], keys: dict[str, Any]) -> list[Any]:
    """The entries in the order that is asked for; as they were made where none is.

    Args:
        call: The request.
        entries: What is listed.
        keys: How each `sort_by` compares entries.

    Raises:
        ApiError: 400 for an order that there is not.
    """
    order, sort_by = call.query.get("order", ORDERS[0]), call.query.get("sort_by")
    if order not in ORDERS:
        raise invalid(f"Invalid order: {order}. Supported: {', '.join(ORDERS)}.")
    if sort_by is not None and sort_by not in keys:
        raise invalid(f"Invalid sort_by: {sort_by}. Supported: {', '.join(keys)}.")
    found = entries if sort_by is None else sorted(entries, key=keys[sort_by])
    return found if order == ORDERS[0] else found[::-1]


def check_name(name: str) -> None:
    """Refuses an empty name with a 400 `ApiError`."""
    if not name.strip():
        raise invalid("collection_name must not be empty.")


def check_chunks(configuration: dict[str, Any]) -> None:
    """Refuses chunks that cannot be with a 400 `ApiError`."""
    known = {f"{unit}_configuration": unit for unit in MEASURES}
    for name, value in configuration.items():
        if name in ("strip_whitespace", "inject_name_into_chunks"):
            if not isinstance(value, bool):
                raise invalid(f"Invalid chunk_configuration: {name} must be a boolean.")
        elif name not in known or not isinstance(value, dict):
            raise invalid(f"Invalid chunk_configuration: {name}.")
        else:
            unit = known[name]
            size, overlap = value.get(f"max_chunk_size_{unit}"), value.get(f"chunk_overlap_{unit}", 0)
            if not isinstance(size, int) or not isinstance(overlap, int) or not 0 <= overlap < size:
                raise invalid(f"Invalid chunk_configuration: the overlap must be less than the size of {name}.")
