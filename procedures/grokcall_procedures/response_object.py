"""The API's response object as typed structs: the members that have a column, and nothing else."""

from __future__ import annotations

from typing import Annotated

import msgspec

from grokcall_procedures.types import MOST_TICKS

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Ticks = Annotated[int, msgspec.Meta(ge=0, le=MOST_TICKS)]


class Part(msgspec.Struct):
    """A piece of content: output text, a refusal, or a summary."""

    type: str = ""
    text: str | None = None
    refusal: str | None = None


class Item(msgspec.Struct):
    """One entry of ``output``; members of other kinds of entries are passed over."""

    type: str = ""
    phase: str | None = None
    content: list[Part] | None = None
    summary: list[Part] | None = None


class CachedTokens(msgspec.Struct):
    """``usage.input_tokens_details``."""

    cached_tokens: Int32 | None = None


class ReasoningTokens(msgspec.Struct):
    """``usage.output_tokens_details``."""

    reasoning_tokens: Int32 | None = None


class Usage(msgspec.Struct):
    """``usage``, with the names of the older replies as a fallback."""

    input_tokens: Int32 | None = None
    prompt_tokens: Int32 | None = None
    input_tokens_details: CachedTokens | None = None
    output_tokens: Int32 | None = None
    completion_tokens: Int32 | None = None
    output_tokens_details: ReasoningTokens | None = None
    total_tokens: Int32 | None = None
    num_sources_used: Int32 | None = None
    num_server_side_tools_used: Int32 | None = None
    cost_in_usd_ticks: Ticks | None = None


class TextFormat(msgspec.Struct):
    """``text.format``."""

    type: str | None = None


class TextSettings(msgspec.Struct):
    """``text``."""

    format: TextFormat | None = None
    verbosity: str | None = None


class Reasoning(msgspec.Struct):
    """``reasoning``."""

    effort: str | None = None
    summary: str | None = None


NULL = msgspec.Raw(b"null")


class ResponseObject(msgspec.Struct):
    """The members of a response object that have a column. Free-form ones stay raw."""

    id: str | None = None
    object: str | None = None
    created_at: Int64 | None = None
    completed_at: Int64 | None = None
    status: str | None = None
    error: msgspec.Raw = NULL
    incomplete_details: msgspec.Raw = NULL
    model: str | None = None
    output: list[Item] | None = None
    max_output_tokens: Int32 | None = None
    max_tool_calls: Int32 | None = None
    parallel_tool_calls: bool | None = None
    previous_response_id: str | None = None
    reasoning: Reasoning | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    temperature: float | None = None
    text: TextSettings | None = None
    tool_choice: msgspec.Raw = NULL
    tools: msgspec.Raw = NULL
    top_p: float | None = None
    truncation: str | None = None
    usage: Usage | None = None
