"""Results of a batch as the outcomes of calls.

The service gives back what was asked of the Responses interface in the shape of a chat completion. It is brought into
the shape of a response first, so that the procedure's own steps read it, as they read every other answer. Fields that
a completion does not have stay NULL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any

import msgspec

from grokcall.core.outcome import Outcome
from grokcall.core.unread import fail
from grokcall.errors import InternalError, MalformedReplyError
from grokcall.http.service_errors import service_error
from grokcall_procedures import BoundCall, FailedReplyError, Reply, Row
from grokcall_procedures.answer_texts import content_text
from grokcall_procedures.documents import cost_of, json_text, stated_failure
from grokcall_procedures.lenient_json import read_json

Document = dict[str, Any]

GRPC_WORDS: Mapping[str, str] = {
    "3": "invalid-argument",
    "4": "deadline-exceeded",
    "5": "not-found",
    "7": "permission-denied",
    "8": "resource-exhausted",
    "9": "failed-precondition",
    "10": "aborted",
    "11": "out-of-range",
    "13": "internal",
    "14": "unavailable",
    "16": "unauthenticated",
}
"""Codes of errors inside results, where they come as numbers."""
INSIDE = ("batch_result", "response", "chat_get_completion", "responses", "body")
"""Members of results that lead to the answer."""
NO_PARTS = frozenset({"error", "usage", "batch_request", "request"})
"""Members that hold no answer."""
DEEPEST = 6
"""How deep answers and errors are looked for."""
BROKEN_OFF: Mapping[str, str] = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""Why an answer is incomplete, by the completion's word for its end."""


def outcome_of(call: BoundCall, result: Document, batch_id: str) -> Outcome:
    """What became of a call, from its result in a batch.

    Args:
        call: The call.
        result: The entry of the list of results.
        batch_id: The batch.
    """
    outcome = Outcome(warnings=call.warnings, attempts=1, billed=True)
    outcome.request_id = f"{batch_id}/{result.get('batch_request_id')}"
    told = result
    try:
        outcome.add_cost(cost_in_result(result))
        told = answer_of(result)
        outcome.rows = rows_of(call, told)
    except FailedReplyError as failed:
        # Its price is counted already.
        fail(outcome, service_error(failed.code, failed.message, cost_ticks=failed.cost_ticks), call.procedure)
    except Exception as error:
        outcome.reply = json_text(told).encode(errors="replace")
        fail(outcome, error, call.procedure)
    outcome.reply = None
    return outcome


def answer_of(result: Document) -> Document:
    """The answer in a result, whichever kind it is filed under, and however deep.

    Raises:
        grokcall.ServiceError: The request failed.
        MalformedReplyError: There is neither an answer nor an error.
    """
    parts = list(parts_of(result))
    answer = next((each for each in parts if each.get("choices") or "output" in each), None)
    if answer is not None:
        return answer
    errors = [told for part in parts if any(told := error_in(part))]
    if errors:
        code, message = next((told for told in errors if all(told)), errors[0])
        message = message or "The request failed in its batch."
        raise service_error(GRPC_WORDS.get(code or "", code), message, cost_ticks=cost_in_result(result))
    raise MalformedReplyError("the result of a batch has neither an answer nor an error")


def parts_of(value: object, depth: int = 0) -> Iterator[Document]:
    """The objects in a result, outer ones first; not those inside an answer, and not those of an error."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            value = read_json(value)
    if not isinstance(value, dict) or depth > DEEPEST:
        return
    yield value
    if value.get("choices") or "output" in value:
        return
    for name in (*INSIDE, *(each for each in value if each not in INSIDE)):
        if name not in NO_PARTS:
            yield from parts_of(value.get(name), depth + 1)


def error_in(part: Document) -> tuple[str | None, str]:
    """The code and the words of an error in an object, each empty where there is none."""
    error = part.get("error")
    inner: Document = error if isinstance(error, dict) else {}
    codes = (inner.get("code"), part.get("code"), inner.get("type")) if error else (part.get("code"),)
    code = next((str(each) for each in codes if isinstance(each, str | int) and each not in ("", 0)), None)
    ours = (part.get("error_message"), part.get("message") if code else None)
    words = (error, inner.get("message"), inner.get("error"), inner.get("detail"), *ours)
    message = next((each for each in words if isinstance(each, str) and each.strip()), "")
    if not message and inner:
        message = json_text(inner) if any(inner.values()) and not code else ""
    return code, message


def cost_in_result(result: Document) -> int | None:
    """What a result says it cost, wherever that stands."""
    return next((ticks for part in parts_of(result) if (ticks := cost_of(part)) is not None), None)


def rows_of(call: BoundCall, answer: Document) -> list[Row]:
    """The rows that the call's own steps make of an answer.

    Raises:
        grokcall.Error: The answer states a failure, or is not what was asked for.
    """
    once = replace(call, settings=replace(call.settings, schema_attempts=1))
    with closing(once.steps()) as steps:
        asked = next(steps)
        if "choices" in answer:
            refuse_silence(answer)
        elif answer.get("status") in (None, "completed") and not answer.get("error") and is_silent(answer["output"]):
            raise MalformedReplyError("the result of a batch is a response without an answer")
        wants_response = getattr(asked, "path", "") == "/responses"
        shaped = as_response(answer) if wants_response and "choices" in answer else answer
        try:
            steps.send(Reply(200, {}, msgspec.json.encode(shaped)))
        except StopIteration as finished:
            rows: list[Row] = finished.value
            return rows
    raise InternalError(f"{call.procedure.name} asks for more after its answer, so it cannot go through a batch")


def refuse_silence(completion: Document) -> None:
    """Refuses a completion that was not cut short and has no message, or one that says nothing and calls nothing.

    Raises:
        FailedReplyError: It states a failure.
        MalformedReplyError: It does not.
    """
    choices = completion.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return
    message = choice.get("message")
    said: Document = message if isinstance(message, dict) else {}
    content = content_text(said.get("content"))
    if content.text is None and not (content.refusal or said.get("refusal") or said.get("tool_calls")):
        failure = stated_failure(completion) or stated_failure(choice)
        if failure is not None:
            raise failure
        if str(choice.get("finish_reason")) not in BROKEN_OFF:
            raise MalformedReplyError("the result of a batch is a completion without an answer")


def is_silent(output: object) -> bool:
    """Whether the output of a response holds neither a message nor a call of a tool."""
    entries = [each for each in output if isinstance(each, dict)] if isinstance(output, list) else []
    spoken = [each for each in entries if each.get("type") != "reasoning"]
    return not any(each.get("content") or each.get("type") not in (None, "message") for each in spoken)


def as_response(completion: Document) -> Document:
    """The response that says what a chat completion says; of several choices the first.

    Raises:
        MalformedReplyError: It has no choice.
    """
    choices = completion.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        if completion.get("error"):
            return completion
        raise MalformedReplyError("the result of a batch is a completion without a choice")
    message = choice.get("message")
    ended = BROKEN_OFF.get(str(choice.get("finish_reason")))
    return {
        "id": completion.get("id"),
        "object": completion.get("object"),
        "created_at": completion.get("created"),
        "status": "incomplete" if ended else "completed",
        "incomplete_details": {"reason": ended} if ended else None,
        "error": completion.get("error"),
        "model": completion.get("model"),
        "service_tier": completion.get("service_tier"),
        "output": output_of(message if isinstance(message, dict) else {}),
        "usage": usage_of(completion.get("usage")),
    }


def output_of(message: Document) -> list[Document]:
    """A completion's message as the entries of a response's ``output``."""
    entries: list[Document] = []
    if thoughts := message.get("reasoning_content"):
        entries.append({"type": "reasoning", "summary": [{"type": "summary_text", "text": thoughts}]})
    content = content_text(message.get("content"))
    said, refusal = content.text, message.get("refusal") or content.refusal
    part: Document | None = None
    if isinstance(said, str) and (said or not (refusal or message.get("tool_calls"))):
        part = {"type": "output_text", "text": said}
    elif isinstance(refusal, str):
        part = {"type": "refusal", "refusal": refusal}
    return [*entries, {"type": "message", "role": "assistant", "content": [part]}] if part else entries


def usage_of(usage: object) -> Document | None:
    """A completion's usage as a response has it: there the tokens of reasoning count as written."""
    if not isinstance(usage, dict):
        return None
    read, total = usage.get("prompt_tokens"), usage.get("total_tokens")
    reasoning = detail(usage, "completion_tokens_details", "reasoning_tokens")
    written = usage.get("completion_tokens")
    if isinstance(total, int) and isinstance(read, int):
        written = total - read
    elif isinstance(written, int) and isinstance(reasoning, int):
        written += reasoning
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": detail(usage, "prompt_tokens_details", "cached_tokens")},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": total,
        "num_sources_used": usage.get("num_sources_used"),
        "num_server_side_tools_used": usage.get("num_server_side_tools_used"),
        "cost_in_usd_ticks": usage.get("cost_in_usd_ticks"),
    }


def detail(usage: Document, group: str, name: str) -> object:
    """A number in one of the groups of a usage; None where it is missing."""
    found = usage.get(group)
    return found.get(name) if isinstance(found, dict) else None
