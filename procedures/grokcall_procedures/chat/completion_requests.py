"""Requests to ``POST /chat/completions``."""

from __future__ import annotations

import msgspec

from grokcall_procedures.bodies import Body, body_bytes
from grokcall_procedures.chat.conversations import given_messages
from grokcall_procedures.chat.tools import functions_of, nested, nested_choice
from grokcall_procedures.definition import BoundCall
from grokcall_procedures.steps import Kind, Request
from grokcall_procedures.streams.chat_fold import ChatFold

CONVERSATION_HEADER = "x-grok-conv-id"
"""The header whose value has the service look for a conversation where it has cached it."""


class CompletionBody(Body):
    """The body of ``POST /chat/completions``, in the members that the procedures set."""

    model: object
    messages: msgspec.Raw
    max_completion_tokens: object = None
    temperature: object = None
    top_p: object = None
    seed: object = None
    reasoning_effort: object = None
    response_format: msgspec.Raw | None = None
    tools: list[dict[str, object]] | None = None
    tool_choice: object = None
    service_tier: object = None
    deferred: bool | None = None


def completion_body(call: BoundCall) -> CompletionBody:
    """The body that asks for an answer to the call's messages."""
    get = call.values.get
    form = get("ResponseFormat")
    return CompletionBody(
        model=get("Model"),
        messages=given_messages(call.values),
        max_completion_tokens=get("MaxCompletionTokens"),
        temperature=get("Temperature"),
        top_p=get("TopP"),
        seed=get("Seed"),
        reasoning_effort=get("ReasoningEffort"),
        response_format=None if form is None else msgspec.Raw(str(form).encode()),
        tools=nested(functions_of(call.values, call.settings.toolbox)) or None,
        tool_choice=nested_choice(call.values),
        service_tier=get("ServiceTier"),
        deferred=True if call.is_deferred else None,
    )


def ask(call: BoundCall, body: CompletionBody, *, lasting: bool = False, further: bool = False) -> Request:
    """The request that sends ``body``.

    Args:
        call: Whose question it is.
        body: The question.
        lasting: Whether a journal keeps the reply as soon as it is there.
        further: Whether it is asked for beside an earlier one, so that it is reserved for by itself.
    """
    identity = call.values.get("ConversationId")
    return Request(
        "POST",
        "/chat/completions",
        body=body_bytes(body, call.values),
        kind=Kind.TEXT,
        billed=True,
        headers=() if identity is None else ((CONVERSATION_HEADER, str(identity)),),
        # What is begun for later is not begun twice, and says nothing that could come in pieces.
        fold=None if body.deferred else ChatFold,
        once=bool(body.deferred),
        lasting=lasting or bool(body.deferred),
        further=further,
    )
