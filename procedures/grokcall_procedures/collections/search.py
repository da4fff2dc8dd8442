"""SearchCollection: the chunks of documents that fit a question, best first."""

from __future__ import annotations

from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.documents import decode_json, document_of, encode_json, stated_failure, unreadable
from grokcall_procedures.lists import TEXTS
from grokcall_procedures.nouns import noun, objects_in
from grokcall_procedures.steps import Kind, Request, Steps, reply_of
from grokcall_procedures.tools.lists import read_texts
from grokcall_procedures.tools.parameters import MOST_COLLECTIONS
from grokcall_procedures.types import ParameterType, UnfitValue, to_json

_STRING, _JSON = ParameterType.STRING, ParameterType.JSON
PATH = "/documents/search"
USUAL_ROWS = 10
SEARCH_SECONDS = 120.0

MATCH = noun(
    "Match",
    ("Content", _STRING, "The text of the chunk.", "chunk_content"),
    ("Score", ParameterType.DOUBLE, "How well it fits; more is better."),
    ("FileId", _STRING, "The id of the document's file."),
    ("ChunkId", _STRING, "The id of the chunk."),
    ("Page", ParameterType.INT32, "The page that it is from, where there are pages.", "page_number"),
    ("CollectionIds", TEXTS, "The collections that the document is in."),
    ("Fields", _JSON, "The document's fields."),
)


def read_collections(value: object) -> str:
    """Ids of collections as a JSON list.

    Raises:
        UnfitValue: There are none, or too many.
    """
    text = read_texts(value)
    count = len(decode_json(text))
    if count > MOST_COLLECTIONS:
        raise UnfitValue(f"has {count} ids; at most {MOST_COLLECTIONS} collections are searched at once")
    return text


def read_grouping(value: object) -> str:
    """What matches are grouped by, as the service has it: an object with ``keys``, of a list of fields or of one.

    >>> read_grouping("author"), read_grouping(["author", "year"])
    ('{"keys":["author"]}', '{"keys":["author","year"]}')
    """
    is_object = isinstance(value, dict) or (isinstance(value, str) and value.strip().startswith("{"))
    if not is_object:
        return encode_json({"keys": decode_json(read_texts(value))}).decode()
    text = to_json(value)
    keys = decode_json(text).get("keys")
    if not isinstance(keys, list) or not keys:
        raise UnfitValue('is an object without keys; write {"keys": ["author"]}, or the names of fields')
    return text


def search_collection(call: BoundCall) -> Steps:
    """The chunks that were found, one a row."""
    values = call.values
    body: dict[str, object] = {
        "query": values["Query"],
        "source": {"collection_ids": decode_json(str(values["Collections"]))},
        "limit": values.get("MaxRows", USUAL_ROWS),
    }
    if "RetrievalMode" in values:
        body["retrieval_mode"] = {"type": values["RetrievalMode"]}
    if "Filter" in values:
        body["filter"] = values["Filter"]
    if "GroupBy" in values:
        body["group_by"] = decode_json(str(values["GroupBy"]))
    if "Instructions" in values:
        body["instructions"] = values["Instructions"]
    request = Request("POST", PATH, encode_json(body), kind=Kind.METADATA, billed=True, timeout=SEARCH_SECONDS)
    reply = reply_of((yield request))
    document = document_of(reply.body)
    matches = document.get("matches")
    if not isinstance(matches, list):
        raise stated_failure(document) or unreadable(reply.body, "it has no list of matches")
    most = values.get("MaxRows", USUAL_ROWS)
    assert isinstance(most, int)
    return [MATCH.row(match) for match in list(objects_in(matches))[:most]]


SEARCH_COLLECTION = Procedure(
    name="SearchCollection",
    summary="Searches the documents of collections and gives the chunks that fit, best first.",
    parameters=(
        Parameter("Query", _STRING, "What is searched for: words, or a question.", required=True),
        Parameter(
            "Collections",
            _JSON,
            f"A list of 1 to {MOST_COLLECTIONS} ids of collections, or one.",
            required=True,
            reader=read_collections,
        ),
        Parameter(
            "MaxRows", ParameterType.INT32, f"The most rows to give; {USUAL_ROWS} when it is NULL.", low=1
        ),  # by position, other than in lists, of which all is wanted as a rule
        Parameter(
            "RetrievalMode",
            ParameterType.ENUM,
            "Whether words are looked for (`keyword`), what they mean (`semantic`), or both.",
            values=("hybrid", "semantic", "keyword"),
        ),
        Parameter(
            "Filter", _STRING, 'Which documents, by their fields, for example `author = "Ada"`.', named_only=True
        ),
        Parameter(
            "GroupBy", _JSON, "A list of fields to group matches by, or one.", named_only=True, reader=read_grouping
        ),
        Parameter("Instructions", _STRING, "What the search is for, in words.", named_only=True),
    ),
    fields=MATCH.fields,
    steps=search_collection,
    many=True,
    main="Match_Content",
    reference="POST /v1/documents/search",
    example="CALL SearchCollection('Are returns free?', 'collection_7', 3)",
    notes=(
        "The rows come in the service's order, the best first. Nothing found is no row; a collection that is not there "
        "is an error.",
        "It asks the API with the API key, and costs $2.50 for a thousand searches, whatever they find.",
        "The same collections are searched by a model with `GenerateResponse(…, Collections => …)`.",
    ),
)

PROCEDURES = (SEARCH_COLLECTION,)
