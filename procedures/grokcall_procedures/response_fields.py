"""The 34 columns of a text answer: the vendor's names in its order, and where each stands in a response object."""

from __future__ import annotations

from grokcall_procedures.definition import ResultField
from grokcall_procedures.types import ParameterType


def _fields(*rows: tuple[str, ParameterType, str, str]) -> tuple[ResultField, ...]:
    return tuple(ResultField(f"Response_{name}", kind, path, doc) for name, kind, path, doc in rows)


_STRING, _INT32, _INT64 = ParameterType.STRING, ParameterType.INT32, ParameterType.INT64
_DOUBLE, _BOOLEAN, _JSON = ParameterType.DOUBLE, ParameterType.BOOLEAN, ParameterType.JSON

RESPONSE_FIELDS = _fields(
    ("Result", _STRING, "output[message].content[output_text].text", "The answer; a refusal's text if it refused."),
    ("Reasoning", _STRING, "output[reasoning].summary[].text", "The summary of the model's reasoning."),
    ("Id", _STRING, "id", "The response's id, for PreviousResponseId."),
    ("Status", _STRING, "status", "completed, incomplete or in_progress."),
    ("Error", _JSON, "error", "What went wrong, as JSON text; NULL on success."),
    ("Object", _STRING, "object", "Always `response`."),
    ("CreatedAt", _INT64, "created_at", "When it was created, in Unix seconds."),
    ("CompletedAt", _INT64, "completed_at", "When it was completed, in Unix seconds."),
    (
        "IncompleteDetails",
        _JSON,
        "incomplete_details",
        'Why it is incomplete, as JSON text; {"reason":"refusal"} where the model refused to answer.',
    ),
    ("Temperature", _DOUBLE, "temperature", "The temperature that was used."),
    ("TopP", _DOUBLE, "top_p", "The nucleus sampling limit that was used."),
    ("MaxOutputTokens", _INT32, "max_output_tokens", "The output limit that was asked for."),
    ("MaxTollCalls", _INT32, "max_tool_calls", "The tool limit, in the vendor's spelling; so far always NULL."),
    ("PreviousResponseId", _STRING, "previous_response_id", "The response that this one continues."),
    ("Store", _BOOLEAN, "store", "Whether the service keeps it."),
    ("Model", _STRING, "model", "The model that answered, which may differ from the one asked for."),
    ("TextFormatType", _STRING, "text.format.type", "text, json_object or json_schema."),
    ("TextVerbosity", _STRING, "text.verbosity", "Not a setting of this API: practically always NULL."),
    ("ReasoningEffort", _STRING, "reasoning.effort", "The effort that was used."),
    ("ReasoningSummary", _STRING, "reasoning.summary", "The setting for summaries, not the text."),
    ("Truncation", _STRING, "truncation", "Always `disabled`."),
    ("SafetyIdentifier", _STRING, "safety_identifier", "The caller's identifier of an end user."),
    ("ParallelToolCalls", _BOOLEAN, "parallel_tool_calls", "Whether tools may run at the same time."),
    ("ToolChoice", _STRING, "tool_choice", "The tool choice; JSON text when it names a function."),
    ("Tools", _JSON, "tools", "The tools that were offered, as JSON text."),
    ("ServiceTier", _STRING, "service_tier", "default or priority."),
    ("UsageInputTokens", _INT32, "usage.input_tokens", "Tokens read, with the service's own system prompt."),
    (
        "UsageInputTokensDetailsCachedTokens",
        _INT32,
        "usage.input_tokens_details.cached_tokens",
        "How many of them came from the cache.",
    ),
    ("UsageOutputTokens", _INT32, "usage.output_tokens", "Tokens written, reasoning included."),
    ("UsageTotalTokens", _INT32, "usage.total_tokens", "Tokens read and written."),
    ("UsageNumSourcesUsed", _INT32, "usage.num_sources_used", "A counter of the former live search."),
    (
        "UsageNumServerSideToolsUsed",
        _INT32,
        "usage.num_server_side_tools_used",
        "How often tools of the service ran.",
    ),
    ("UsageCostInUsdTicks", _INT64, "usage.cost_in_usd_ticks", "The price in ticks; 10,000,000,000 ticks are 1 USD."),
    (
        "UsageOutputTokensDetailsReasoningTokens",
        _INT32,
        "usage.output_tokens_details.reasoning_tokens",
        "How many of the tokens written were reasoning.",
    ),
)
"""The vendor's 34 fields in its order; every text procedure ends with them."""
