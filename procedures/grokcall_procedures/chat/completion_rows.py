"""The columns of a chat completion: those of its last reply, and what there is to tell of all its rounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from grokcall_procedures.answer_texts import content_text
from grokcall_procedures.chat.completion_messages import answer_of, choice_of, output
from grokcall_procedures.definition import ResultField
from grokcall_procedures.documents import column_value, document_of, encode_json, json_text, stated_failure
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.outputs.further_fields import replies_of, rounds
from grokcall_procedures.steps import Row
from grokcall_procedures.types import ParameterType

_STRING, _INT32, _INT64, _JSON = ParameterType.STRING, ParameterType.INT32, ParameterType.INT64, ParameterType.JSON


def _fields(*rows: tuple[str, ParameterType, str, str]) -> tuple[ResultField, ...]:
    return tuple(ResultField(f"Completion_{name}", kind, path, doc) for name, kind, path, doc in rows)


COMPLETION_FIELDS = _fields(
    ("Id", _STRING, "id", "The completion's id."),
    ("Model", _STRING, "model", "The model that answered."),
    ("Content", _STRING, "choice.message.content", "The answer; a refusal's text if it refused."),
    ("Reasoning", _STRING, "choice.message.reasoning_content", "The model's reasoning, where it is told."),
    ("FinishReason", _STRING, "choice.finish_reason", "stop, length, tool_calls or content_filter."),
    ("ToolCalls", _JSON, "choice.message.tool_calls", "The functions that the model wants called, as a JSON list."),
    ("UsagePromptTokens", _INT32, "usage.prompt_tokens", "Tokens read."),
    ("UsageCachedTokens", _INT32, "usage.prompt_tokens_details.cached_tokens", "How many came from the cache."),
    ("UsageCompletionTokens", _INT32, "usage.completion_tokens", "Tokens written, without reasoning."),
    ("UsageReasoningTokens", _INT32, "usage.completion_tokens_details.reasoning_tokens", "Tokens of reasoning."),
    ("UsageTotalTokens", _INT32, "usage.total_tokens", "Tokens read and written."),
    ("CostInUsdTicks", _INT64, "usage.cost_in_usd_ticks", "The price in ticks; 10,000,000,000 ticks are 1 USD."),
    ("Raw", _JSON, "", "The whole reply, as JSON text."),
)
SUMMED = tuple(index for index, column in enumerate(COMPLETION_FIELDS) if column.path.startswith("usage."))
"""What is told for all rounds together."""
RAW, EARLIER = "Completion_Raw", "Completion_EarlierRounds"
FURTHER_FIELDS = (
    ResultField(
        "Completion_Rounds", _INT32, "", "The billed requests that the call took.", rounds, derived_from=(RAW, EARLIER)
    ),
    ResultField(
        "Completion_Output",
        _JSON,
        "choice.message",
        "The messages that came of the call: what the model said in each round, what its tools gave, and the answer, "
        "as a JSON list. After those that were sent they go back in as Messages.",
        output,
        derived_from=(RAW, EARLIER),
    ),
    ResultField(
        "Completion_IncompleteDetails",
        _JSON,
        "",
        'Why the rounds ended although the model wants more: `{"reason":"max_rounds"}`, or `repeated_tool_call`; NULL '
        "where they did not.",
    ),
    ResultField(
        EARLIER,
        _JSON,
        "",
        "The replies before the last one, as a JSON list, where the call took several; otherwise NULL.",
    ),
)


def completion_row(document: Mapping[str, object]) -> Row:
    """The columns of a chat completion; of several choices the first.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: There is no choice.
    """
    choice = choice_of(document)
    if choice is None:
        raise stated_failure(document) or MalformedReplyError("the service sent a completion without a choice")
    message = answer_of(document)
    said = content_text(message.get("content"))
    refusal = message.get("refusal")
    content = said.text if said.text is not None else refusal if isinstance(refusal, str) else said.refusal
    thoughts = content_text(message.get("reasoning_content")).text
    read = {
        **document,
        "choice": {**choice, "message": {**message, "content": content, "reasoning_content": thoughts}},
    }
    return (*(column_value(read, column) for column in COMPLETION_FIELDS[:-1]), json_text(document))


def rounds_row(bodies: Sequence[bytes], ended: str | None = None) -> Row:
    """The columns of a completion that took several replies: those of the last one, with the usage of all.

    Args:
        bodies: The replies, the last one last.
        ended: Why they ended early; None where they did not.

    Raises:
        FailedReplyError: The last reply states a failure.
        MalformedReplyError: It has no choice.
    """
    rows = [completion_row(document_of(body)) for body in bodies]
    last = rows[-1]
    told = tuple(total(row[index] for row in rows) if index in SUMMED else last[index] for index in range(len(last)))
    details = None if ended is None else encode_json({"reason": ended}).decode()
    return (*told, details, replies_of(bodies)[1])


def total(values: Iterable[object]) -> int | None:
    """The sum of the numbers among some values; None where there is none."""
    numbers = [value for value in values if isinstance(value, int)]
    return sum(numbers) if numbers else None
