"""Requests to ``POST /responses``: the body of a call's question, with its options and its tools."""

from __future__ import annotations

from grokcall_procedures.bodies import Body, body_bytes, extra_members
from grokcall_procedures.definition import BoundCall
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Request
from grokcall_procedures.streams.responses_fold import ResponsesFold
from grokcall_procedures.tools.mcp_servers import secrets_named
from grokcall_procedures.tools.members import include, prompt_cache_key, tool_choice
from grokcall_procedures.tools.offered import extra_tools, tools_of


class Effort(Body):
    """``reasoning`` of a request."""

    effort: object = None


class ResponsesBody(Body):
    """The body of ``POST /responses``, in the members that the procedures set."""

    model: object
    input: object
    instructions: object = None
    previous_response_id: object = None
    temperature: object = None
    top_p: object = None
    max_output_tokens: object = None
    max_turns: object = None
    max_tool_calls: object = None
    store: object = None
    reasoning: Effort | None = None
    text: dict[str, object] | None = None
    tools: list[dict[str, object]] | None = None
    tool_choice: object = None
    parallel_tool_calls: object = None
    include: list[str] | None = None
    service_tier: object = None
    prompt_cache_key: object = None
    safety_identifier: object = None


def responses_body(call: BoundCall, content: object, *, tools_run: bool = False) -> ResponsesBody:
    """The body that asks for a response to ``content``.

    Args:
        call: Where the options come from.
        content: The ``input``: a string, or a list of messages.
        tools_run: Whether the service runs tools of its own for this request even if none is named.
    """
    get = call.values.get
    effort = get("ReasoningEffort")
    tools = tools_of(call.values, call.settings.toolbox)
    body = ResponsesBody(
        model=get("Model"),
        input=content,
        instructions=get("Instructions"),
        previous_response_id=get("PreviousResponseId"),
        temperature=get("Temperature"),
        top_p=get("TopP"),
        max_output_tokens=get("MaxOutputTokens"),
        store=get("Store"),
        reasoning=Effort(effort) if effort is not None else None,
        tools=tools or None,
        tool_choice=tool_choice(call.values),
        parallel_tool_calls=get("ParallelToolCalls"),
        include=include(call.values, tools or extra_tools(call.values)),
        service_tier=get("ServiceTier"),
        prompt_cache_key=prompt_cache_key(call),
        safety_identifier=get("SafetyIdentifier"),
    )
    limit = get("MaxToolCalls")
    if limit is not None and (tools_run or tools or "Files" in call.values or names_tools(call)):
        limit_tools(body, limit, call.settings)
    return body


def names_tools(call: BoundCall) -> bool:
    """Whether the call's ExtraBody offers tools."""
    return bool(extra_members(call.values).get("tools"))


def limit_tools(body: ResponsesBody, limit: object, settings: Settings) -> None:
    """Puts MaxToolCalls under the wire name that the connection chose."""
    if settings.tool_limit_field == "max_turns":
        body.max_turns = limit
    elif settings.tool_limit_field == "max_tool_calls":
        body.max_tool_calls = limit


def ask(call: BoundCall, body: ResponsesBody) -> Request:
    """The request that sends ``body``."""
    secrets = secrets_named([*(body.tools or ()), *extra_tools(call.values)])
    sent = body_bytes(body, call.values)
    return Request(
        "POST",
        "/responses",
        body=sent,
        kind=Kind.TEXT,
        billed=True,
        fold=ResponsesFold,
        tool_secrets=secrets,
        earlier_tokens=call.earlier_tokens,
    )
