"""GetResponse, DeleteResponse, ListResponseInput and CompactConversation: answers that the service keeps."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from grokcall_procedures.answers import answer_row
from grokcall_procedures.definition import BoundCall, Parameter, Procedure
from grokcall_procedures.documents import as_text
from grokcall_procedures.effects import Effect
from grokcall_procedures.nouns import DELETED, noun, objects_in, read_id
from grokcall_procedures.outputs.further_fields import FURTHER_FIELDS
from grokcall_procedures.paging import MAX_ROWS, Pages, rows_of
from grokcall_procedures.resources import looking_at, path_with, removing
from grokcall_procedures.responses import RESPONSE_FIELDS
from grokcall_procedures.steps import Kind, Request, Row, Steps
from grokcall_procedures.text import MODEL, reply_of
from grokcall_procedures.tools.lists import read_items
from grokcall_procedures.types import ParameterType

_STRING, _INT32, _JSON = ParameterType.STRING, ParameterType.INT32, ParameterType.JSON

RESPONSE_PATH = "/responses/{ResponseId}"
RESPONSE_ID = Parameter("ResponseId", _STRING, "The `Response_Id` of the answer.", required=True, reader=read_id)
ITEM = noun(
    "Item",
    ("Id", _STRING, "Its id."),
    ("Type", _STRING, "What it is: a message, the use of a tool, its output."),
    ("Role", _STRING, "Who said it: system, user, assistant or tool."),
    ("Text", _STRING, "Its text; NULL where it has none."),
)
COMPACTION = noun(
    "Compaction",
    ("Id", _STRING, "Its id."),
    ("Output", _JSON, "What stands for the conversation from now on, as a JSON list of items."),
    ("DroppedMessages", _INT32, "How many messages it leaves out.", "usage.dropped_message_count"),
    ("InputTokens", _INT32, "Tokens read.", "usage.input_tokens"),
    ("OutputTokens", _INT32, "Tokens written.", "usage.output_tokens"),
    ("TotalTokens", _INT32, "Tokens read and written.", "usage.total_tokens"),
    (
        "CostInUsdTicks",
        ParameterType.INT64,
        "The price in ticks; 10,000,000,000 ticks are 1 USD.",
        "usage.cost_in_usd_ticks",
    ),
)


def list_response_input(call: BoundCall) -> Steps:
    """What an answer was asked with, one item a row."""
    path = f"{path_with(RESPONSE_PATH, call.values)}/input_items"
    query = {"limit": 100, "order": call.values.get("Order", "asc")}
    pages = Pages(path, query, "data", call.values.get(MAX_ROWS.name), last_item, "after")
    return (yield from rows_of(pages, item_row))


def last_item(page: Mapping[str, object]) -> str | None:
    """The item after which the next page begins; None at the end."""
    last = page.get("last_id")
    return as_text(last) if page.get("has_more") and last else None


def item_row(item: Mapping[str, object]) -> Row:
    """The columns of an item."""
    said = text_in(item.get("content"))
    spoken = said if said is not None else item.get("output") or item.get("arguments")
    return ITEM.row(item, text=None if spoken is None else as_text(spoken))


def text_in(content: object) -> str | None:
    """The text of a content: itself, or that of its parts, whether they were read or written."""
    if isinstance(content, str):
        return content
    texts = [part["text"] for part in objects_in(content) if isinstance(part.get("text"), str)]
    return "".join(map(str, texts)) if texts else None


def compact_conversation(call: BoundCall) -> Steps:
    """A conversation in fewer tokens."""
    history = msgspec.Raw(str(call.values["History"]).encode("utf-8"))
    body = msgspec.json.encode({"model": call.values["Model"], "input": history})
    reply = reply_of((yield Request("POST", "/responses/compact", body=body, kind=Kind.TEXT, billed=True)))
    return [COMPACTION.row_of(reply)]


GET_RESPONSE = Procedure(
    name="GetResponse",
    effect=Effect.READ,
    summary="Fetches an answer that the service keeps; it costs nothing.",
    parameters=(RESPONSE_ID,),
    fields=RESPONSE_FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=looking_at(RESPONSE_PATH, lambda reply: answer_row([reply.body])),
    main="Response_Result",
    reference="GET /v1/responses/{id}",
    example="CALL GetResponse('0b6f4a2e')",
    notes=("Answers are kept for 30 days, unless they were asked for with `Store => FALSE`.",),
)

DELETE_RESPONSE = Procedure(
    name="DeleteResponse",
    effect=Effect.REMOVE,
    summary="Removes an answer that the service keeps.",
    parameters=(RESPONSE_ID,),
    fields=DELETED.fields,
    steps=removing(RESPONSE_PATH),
    reference="DELETE /v1/responses/{id}",
    example="CALL DeleteResponse('0b6f4a2e')",
)

LIST_RESPONSE_INPUT = Procedure(
    name="ListResponseInput",
    effect=Effect.READ,
    summary="Lists what an answer was asked with; it costs nothing.",
    parameters=(
        RESPONSE_ID,
        Parameter(
            "Order",
            ParameterType.ENUM,
            "The first item first (asc, also when NULL), or the last.",
            values=("asc", "desc"),
        ),
        MAX_ROWS,
    ),
    fields=ITEM.fields,
    steps=list_response_input,
    many=True,
    reference="GET /v1/responses/{id}/input_items",
    example="CALL ListResponseInput('0b6f4a2e')",
)

COMPACT_CONVERSATION = Procedure(
    name="CompactConversation",
    summary="Puts a long conversation into fewer tokens, to go on with.",
    parameters=(
        Parameter(
            "History", _JSON, "The conversation, as a JSON list of input items.", required=True, reader=read_items
        ),
        MODEL,
    ),
    fields=COMPACTION.fields,
    steps=compact_conversation,
    model_kind="text",
    main="Compaction_Output",
    reference="POST /v1/responses/compact",
    example="""CALL CompactConversation('[{"role": "user", "content": "Hello."}]')""",
)

PROCEDURES = (GET_RESPONSE, DELETE_RESPONSE, LIST_RESPONSE_INPUT, COMPACT_CONVERSATION)
