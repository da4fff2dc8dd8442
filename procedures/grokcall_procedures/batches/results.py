"""ListBatchResults: the answers of a batch, whatever they are answers to."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from grokcall_procedures.addresses import download
from grokcall_procedures.batches.batch import BATCH_ID
from grokcall_procedures.chat.completion_rows import completion_row
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import as_text, column_value, encode_json, json_text, value_at
from grokcall_procedures.effects import Effect
from grokcall_procedures.errors import FailedReplyError, MalformedReplyError
from grokcall_procedures.nouns import in_path, objects_in
from grokcall_procedures.paging import MAX_ROWS, Pages
from grokcall_procedures.responses import response_row
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Reply, Rows, Step, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

_STRING, _INT32, _INT64 = ParameterType.STRING, ParameterType.INT32, ParameterType.INT64
LARGEST_PAGE = 1000
LINKS = ("url", "video.url", "image.url")
"""Where the address of a medium can stand."""

RESULT_FIELDS = tuple(
    ResultField(f"BatchResult_{name}", kind, path, doc)
    for name, kind, path, doc in (
        ("Id", _STRING, "batch_request_id", "The request's own id."),
        ("Status", _STRING, "status", "`succeeded` or `failed`."),
        ("Result", _STRING, "result", "The answer's text, or the address of the image or video."),
        ("Kind", _STRING, "kind", "What it is: `chat_get_completion`, `image_generation` and so on."),
        ("ResponseId", _STRING, "answer.id", "The answer's id."),
        ("Model", _STRING, "answer.model", "The model that answered."),
        ("FinishReason", _STRING, "finish", "Why the answer ended."),
        ("ToolCalls", ParameterType.JSON, "tool_calls", "The functions that the model wants called, as a JSON list."),
        ("InputTokens", _INT32, "tokens.input", "Tokens read."),
        ("CachedTokens", _INT32, "tokens.cached", "How many came from the cache."),
        ("OutputTokens", _INT32, "tokens.output", "Tokens written."),
        ("ReasoningTokens", _INT32, "tokens.reasoning", "Tokens of reasoning."),
        ("TotalTokens", _INT32, "answer.usage.total_tokens", "Tokens read and written."),
        ("CostInUsdTicks", _INT64, "answer.usage.cost_in_usd_ticks", "The price in ticks, where it is told."),
        ("ErrorCode", _STRING, "failure.code", "What went wrong, in the service's word."),
        ("ErrorMessage", _STRING, "failure.message", "The same in a sentence."),
        ("Content", ParameterType.BINARY, "", "The image or video, where Media is TRUE."),
        ("Raw", ParameterType.JSON, "", "The whole entry, as JSON text."),
    )
)


def list_batch_results(call: BoundCall) -> Steps:
    """The results of a batch, one a row."""
    path = f"/batches/{in_path(call.values['BatchId'])}/results"
    pages = Pages(path, {"limit": LARGEST_PAGE}, "results", call.values.get(MAX_ROWS.name))
    while not pages.is_over:
        for entry in (yield from pages.next()):
            read = read_result(entry)
            content = None
            if call.values.get("Media") and read["is_media"] and isinstance(read["result"], str):
                content = yield from fetched(str(read["result"]), call.settings)
            told = (column_value(read, column) for column in RESULT_FIELDS[:-2])
            yield Rows([(*told, content, json_text(entry))])
    return []


def fetched(address: str, settings: Settings) -> Generator[Step, Reply | None, bytes]:
    """The bytes at an address."""
    return reply_of((yield download(address, settings))).body


def read_result(entry: Mapping[str, object]) -> dict[str, object]:
    """An entry with what its columns need, whichever endpoint answered."""
    response = value_at(entry, "batch_result.response")
    kind, answer = next(
        ((name, value) for name, value in response.items() if isinstance(value, dict))
        if isinstance(response, dict)
        else iter(()),
        (None, {}),
    )
    failure = failure_of(entry)
    text = text_of(answer)
    link = None if text is not None else link_in(answer)
    return {
        "batch_request_id": entry.get("batch_request_id"),
        "status": "failed" if failure or kind is None else "succeeded",
        "kind": kind,
        "answer": answer,
        "result": text if text is not None else link,
        "is_media": link is not None,
        "finish": value_at(first_in(answer, "choices"), "finish_reason") or answer.get("status"),
        "tool_calls": value_at(first_in(answer, "choices"), "message.tool_calls"),
        "tokens": tokens_in(answer),
        "failure": failure,
    }


def failure_of(entry: Mapping[str, object]) -> dict[str, object] | None:
    """What went wrong, as a code and a sentence; None where nothing did."""
    error, told = value_at(entry, "batch_result.error"), entry.get("error_message")
    if isinstance(error, dict):
        message = error.get("message") or told
        return {"code": error.get("code"), "message": None if message is None else as_text(message)}
    said = error or told
    return {"code": None, "message": as_text(said)} if said else None


def text_of(answer: Mapping[str, object]) -> str | None:
    """The text of an answer of either interface; None for an image or a video."""
    try:
        if isinstance(answer.get("choices"), list):
            content = completion_row(answer)[2]
        elif isinstance(answer.get("output"), list):
            content = response_row(encode_json(answer))[0]
        else:
            return None
    except (FailedReplyError, MalformedReplyError):
        return None
    return None if content is None else str(content)


def link_in(answer: Mapping[str, object]) -> str | None:
    """The address of the image or video in an answer."""
    for place in (answer, first_in(answer, "data")):
        for path in LINKS:
            value = value_at(place, path)
            if isinstance(value, str) and value:
                return value
    return None


def first_in(answer: Mapping[str, object], member: str) -> dict[str, object]:
    """The first object of a list in an answer; an empty one where there is none."""
    return next(objects_in(answer.get(member)), {})


def tokens_in(answer: Mapping[str, object]) -> dict[str, object]:
    """The tokens of an answer, by either interface's names for them."""
    usage = answer.get("usage")
    prompt = value_at(usage, "prompt_tokens_details.cached_tokens")
    reasoning = value_at(usage, "completion_tokens_details.reasoning_tokens")
    return {
        "input": first_value(value_at(usage, "input_tokens"), value_at(usage, "prompt_tokens")),
        "output": first_value(value_at(usage, "output_tokens"), value_at(usage, "completion_tokens")),
        "cached": first_value(value_at(usage, "input_tokens_details.cached_tokens"), prompt),
        "reasoning": first_value(value_at(usage, "output_tokens_details.reasoning_tokens"), reasoning),
    }


def first_value(*values: object) -> object:
    """The first that is not None."""
    return next((value for value in values if value is not None), None)


LIST_BATCH_RESULTS = Procedure(
    name="ListBatchResults",
    effect=Effect.READ,
    summary="Lists the answers of a batch; they were billed when they were made.",
    parameters=(
        BATCH_ID,
        Parameter(
            "Media",
            ParameterType.BOOLEAN,
            "Whether images and videos are downloaded; their addresses work for an hour.",
            named_only=True,
        ),
        MAX_ROWS,
    ),
    fields=RESULT_FIELDS,
    steps=list_batch_results,
    many=True,
    reference="GET /v1/batches/{id}/results",
    example="CALL ListBatchResults('batch_51ab')",
)

PROCEDURES = (LIST_BATCH_RESULTS,)
