"""What is asked and answered, for spans that are to show it: messages as the conventions for GenAI have them.

Every text is redacted like those of a journal, and bytes are left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from grokcall.core.outcome import Outcome
from grokcall.core.redaction import redact
from grokcall.execution.tracing.attributes import Attributes, operation_of, source_of
from grokcall_procedures import BoundCall, ToolUse
from grokcall_procedures.client_tools import ToolOutput

MESSAGES = "Messages"
INSTRUCTIONS = "Instructions"
ASKED = (MESSAGES, "Message", "Text", "Query", "Input")
"""The parameters that hold what is asked; where there is none of them, a picture or film has its instructions."""
LONGEST_KIND = 40


def of_question(call: BoundCall) -> Attributes:
    """What a call asks a model: its messages and its instructions."""
    values, operation = call.values, operation_of(call.procedure)
    if operation is None:
        return {}
    is_chat = operation == "chat"
    name = next((each for each in (*ASKED, *(() if is_chat else (INSTRUCTIONS,))) if each in values), "")
    messages = messages_in(values.get(name), listed=name == MESSAGES)
    told: Attributes = {"gen_ai.input.messages": written(messages)} if messages else {}
    system = values.get("System") or (values.get(INSTRUCTIONS) if is_chat else None)
    if isinstance(system, str) and system:
        told["gen_ai.system_instructions"] = written(parts_of(system))
    return told


def of_answer(call: BoundCall, outcome: Outcome) -> Attributes:
    """What a model answered, where that is a text; nothing of an answer that was there already."""
    procedure, places = call.procedure, call.procedure.places
    if procedure.many or not outcome.rows or procedure.main not in places or source_of(outcome) != "service":
        return {}
    answer = outcome.rows[0][places[procedure.main]]
    if not isinstance(answer, str) or operation_of(procedure) is None:
        return {}
    return {"gen_ai.output.messages": written([{"role": "assistant", "parts": parts_of(answer)}])}


def of_use(use: ToolUse) -> Attributes:
    """What a tool is asked."""
    return {"gen_ai.tool.call.arguments": redact(use.arguments)}


def of_output(output: ToolOutput) -> Attributes:
    """What a tool gave, or why it gave nothing."""
    gave = output.output if output.error is None else output.error
    return {"gen_ai.tool.call.result": redact(gave) if isinstance(gave, str) else written(parts_of(gave))}


def messages_in(value: object, *, listed: bool) -> list[dict[str, object]]:
    """Messages, from a text or, where they may be listed, from a list of them in either interface's form."""
    if listed and isinstance(value, str):
        try:
            told = json.loads(value)
        except (ValueError, RecursionError):
            told = None
        value = told if isinstance(told, list) else value
    if isinstance(value, str):
        return [{"role": "user", "parts": parts_of(value)}]
    found = [each for each in value if isinstance(each, Mapping)] if isinstance(value, list | tuple) else []
    return [{"role": str(each.get("role", "user")), "parts": parts_of(each.get("content"))} for each in found]


def parts_of(content: object) -> list[dict[str, str]]:
    """The parts of a message: its texts, and the kinds of what else is in it."""
    parts = content if isinstance(content, list | tuple) else [content]
    found: list[dict[str, str]] = []
    for part in parts:
        text = part.get("text") if isinstance(part, Mapping) else part
        if isinstance(text, str):
            found.append({"type": "text", "content": redact(text)})
        elif isinstance(part, Mapping):
            found.append({"type": str(part.get("type", "part"))[:LONGEST_KIND]})
    return found


def written(value: object) -> str:
    """A value as JSON text; whatever is text in it has been redacted, for afterwards the JSON could break."""
    return json.dumps(value, ensure_ascii=False)
