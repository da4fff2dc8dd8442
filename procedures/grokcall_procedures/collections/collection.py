"""CreateCollection, ListCollections, GetCollection, UpdateCollection and DeleteCollection."""

from __future__ import annotations

from grokcall_procedures.collections.chunks import (
    CHUNK_OVERLAP,
    CHUNK_SIZE,
    CHUNK_UNIT,
    INJECT_NAME,
    STRIP_WHITESPACE,
    configuration_of,
    read_configuration,
    sizes_go_together,
)
from grokcall_procedures.collections.field_definitions import read_definitions, read_updates
from grokcall_procedures.collections.lists import ORDER, ORDER_NOTE, listed, sort_by, word_of
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.effects import Effect
from grokcall_procedures.nouns import DELETED, noun, read_id
from grokcall_procedures.paging import MAX_ROWS, rows_of
from grokcall_procedures.resources import looking_at, path_with, removing
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Kind, Notice, Request, Steps, reply_of
from grokcall_procedures.types import ParameterType, UnfitValue

_STRING, _INT64, _JSON = ParameterType.STRING, ParameterType.INT64, ParameterType.JSON
PATH = "/v1/collections"
SORTED_BY = {"name": "COLLECTIONS_SORT_BY_NAME", "age": "COLLECTIONS_SORT_BY_AGE"}
METRICS = {
    "cosine": "HNSW_METRIC_COSINE",
    "euclidean": "HNSW_METRIC_EUCLIDEAN",
    "inner_product": "HNSW_METRIC_INNER_PRODUCT",
}

COLLECTION = noun(
    "Collection",
    ("Id", _STRING, "The collection's id.", "collection_id"),
    ("Name", _STRING, "Its name.", "collection_name"),
    ("Description", _STRING, "What it is for.", "collection_description"),
    ("CreatedAt", ParameterType.TIMESTAMP, "When it was made."),
    ("DocumentsCount", _INT64, "How many documents it has."),
    ("TotalFileSize", _INT64, "How many bytes they have."),
    ("Model", _STRING, "The model that makes vectors of their chunks.", "index_configuration.model_name"),
    ("ChunkConfiguration", _JSON, "How they are cut into chunks."),
    ("Fields", _JSON, "The fields that are declared for them.", "field_definitions"),
)
COLLECTION_PATH = f"{PATH}/{{CollectionId}}"
COLLECTION_ID = Parameter("CollectionId", _STRING, "The collection's id.", required=True, reader=read_id)
FIELDS_DOC = (
    "in SQL (`'author VARCHAR NOT NULL'`) or as a list of objects "
    '`{"key": "author", "required": true, "unique": false, "inject": true, "description": "…"}`; '
    "`inject` puts a field into each chunk."
)


def create_collection(call: BoundCall) -> Steps:
    """Makes a collection without documents."""
    values = call.values
    body: dict[str, object] = {"collection_name": values["Name"]}
    if "Description" in values:
        body["collection_description"] = values["Description"]
    if "Model" in values:
        body["index_configuration"] = {"model_name": values["Model"]}
    chunks = configuration_of(values)
    if chunks:
        body["chunk_configuration"] = chunks
    if "Fields" in values:
        body["field_definitions"] = decode_json(str(values["Fields"]))
    if "Metric" in values:
        body["metric_space"] = word_of(values, "Metric", METRICS)
    request = Request("POST", PATH, encode_json(body), kind=Kind.METADATA, once=True, host=Host.MANAGEMENT)
    try:
        reply = yield request
    except Exception as error:
        error.add_note("ListCollections tells whether the collection was made all the same")
        raise
    return [COLLECTION.row_of(reply_of(reply))]


def list_collections(call: BoundCall) -> Steps:
    """The collections, one a row."""
    return (yield from rows_of(listed(call, PATH, "collections", SORTED_BY), COLLECTION.row))


def update_collection(call: BoundCall) -> Steps:
    """Changes what is given of a collection."""
    values = call.values
    body: dict[str, object] = {}
    if "Name" in values:
        body["collection_name"] = values["Name"]
    if "Description" in values:
        body["collection_description"] = values["Description"]
    if "ChunkConfiguration" in values:
        body["chunk_configuration"] = decode_json(str(values["ChunkConfiguration"]))
    if "Fields" in values:
        body["field_definition_updates"] = decode_json(str(values["Fields"]))
    path = path_with(COLLECTION_PATH, values)
    request = Request("PUT", path, encode_json(body), kind=Kind.METADATA, host=Host.MANAGEMENT)
    return [COLLECTION.row_of(reply_of((yield request)))]


def something_changes(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses a call that changes nothing."""
    if set(values) == {"CollectionId"}:
        told = "alone changes nothing; give Name, Description, ChunkConfiguration or Fields as well"
        raise UnfitValue(told, "CollectionId")
    return ()


def delete_collection(call: BoundCall) -> Steps:
    """Removes a collection; the files of its documents stay."""
    rows = yield from removing(COLLECTION_PATH, Host.MANAGEMENT)(call)
    yield Notice("the files of the collection's documents stay, and cost as before; DeleteFile removes them")
    return rows


CREATE_COLLECTION = Procedure(
    name="CreateCollection",
    effect=Effect.MAKE,
    host=Host.MANAGEMENT,
    summary="Makes a collection, whose documents can be searched.",
    parameters=(
        Parameter("Name", _STRING, "Its name.", required=True, reader=read_id),
        Parameter("Description", _STRING, "What it is for."),
        Parameter("Model", _STRING, "The model that makes vectors of chunks; the service's own when NULL."),
        CHUNK_SIZE,
        CHUNK_OVERLAP,
        CHUNK_UNIT,
        Parameter("Fields", _JSON, f"The fields that documents have, {FIELDS_DOC}", reader=read_definitions),
        Parameter(
            "Metric", _STRING, "How near vectors are: `cosine`, `euclidean` or `inner_product`.", named_only=True
        ),
        STRIP_WHITESPACE,
        INJECT_NAME,
    ),
    fields=COLLECTION.fields,
    steps=create_collection,
    rules=(sizes_go_together,),
    main="Collection_Id",
    reference="POST /v1/collections",
    example="CALL CreateCollection('handbook', Fields => 'author VARCHAR NOT NULL')",
    notes=("It is sent once: if the answer gets lost, ListCollections tells whether the collection is there.",),
)

LIST_COLLECTIONS = Procedure(
    name="ListCollections",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Lists the collections; it costs nothing.",
    parameters=(
        Parameter("Filter", _STRING, 'Which collections, for example `collection_name:"SEC" AND documents_count:>10`.'),
        sort_by(SORTED_BY),
        ORDER,
        MAX_ROWS,
    ),
    fields=COLLECTION.fields,
    steps=list_collections,
    many=True,
    reference="GET /v1/collections",
    example="CALL ListCollections(SortBy => 'name', MaxRows => 10)",
    notes=(ORDER_NOTE,),
)

GET_COLLECTION = Procedure(
    name="GetCollection",
    effect=Effect.READ,
    host=Host.MANAGEMENT,
    summary="Tells about one collection; it costs nothing.",
    parameters=(COLLECTION_ID,),
    fields=COLLECTION.fields,
    steps=looking_at(COLLECTION_PATH, COLLECTION.row_of, Host.MANAGEMENT),
    reference="GET /v1/collections/{id}",
    example="CALL GetCollection('collection_7')",
)

UPDATE_COLLECTION = Procedure(
    name="UpdateCollection",
    effect=Effect.CHANGE,
    host=Host.MANAGEMENT,
    summary="Changes a collection: its name, its description, its chunks or its fields.",
    parameters=(
        COLLECTION_ID,
        Parameter("Name", _STRING, "Its new name.", reader=read_id),
        Parameter("Description", _STRING, "What it is for now."),
        Parameter(
            "ChunkConfiguration",
            _JSON,
            "How documents are cut from now on, as the column `Collection_ChunkConfiguration` has it.",
            named_only=True,
            reader=read_configuration,
        ),
        Parameter(
            "Fields",
            _JSON,
            f'Fields to add, {FIELDS_DOC} One with `"operation": "delete"` is taken away.',
            named_only=True,
            reader=read_updates,
        ),
    ),
    fields=COLLECTION.fields,
    steps=update_collection,
    rules=(something_changes,),
    reference="PUT /v1/collections/{id}",
    example="CALL UpdateCollection('collection_7', 'Handbook of 2027')",
    notes=("What is not given stays as it is.",),
)

DELETE_COLLECTION = Procedure(
    name="DeleteCollection",
    effect=Effect.REMOVE,
    host=Host.MANAGEMENT,
    summary="Removes a collection; the files of its documents stay.",
    parameters=(COLLECTION_ID,),
    fields=DELETED.fields,
    steps=delete_collection,
    reference="DELETE /v1/collections/{id}",
    example="CALL DeleteCollection('collection_7')",
    notes=("DeleteFile removes the files, which cost as long as they stay.",),
)

PROCEDURES = (CREATE_COLLECTION, LIST_COLLECTIONS, GET_COLLECTION, UPDATE_COLLECTION, DELETE_COLLECTION)
