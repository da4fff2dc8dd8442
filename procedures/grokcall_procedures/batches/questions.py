"""Calls as requests of a batch: the very bodies that they would send alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grokcall_procedures.definition import BoundCall
from grokcall_procedures.steps import Request
from grokcall_procedures.tool_rounds import own_tools
from grokcall_procedures.types import UnfitValue

KINDS: Mapping[str, str] = {
    "/chat/completions": "chat_get_completion",
    "/responses": "responses",
    "/images/generations": "image_generation",
    "/images/edits": "image_edit",
    "/videos/generations": "video_generation",
    "/videos/extensions": "video_extension",
}
"""How batches call the endpoints that they know."""


@dataclass(frozen=True, slots=True)
class Question:
    """The first request of a call, as a batch takes it.

    Args:
        path: Where it would go alone.
        kind: What a batch calls that.
        body: Its body, a JSON object.
    """

    path: str
    kind: str
    body: bytes


def question_of(call: BoundCall) -> Question:
    """A call as a request of a batch.

    Raises:
        UnfitValue: Its first request is none that batches take, or it needs this machine while it runs.
    """
    name = call.procedure.name
    if call.is_deferred:
        raise UnfitValue(f"{name} with Deferred is made for later, and so is a batch; leave Deferred out")
    if own_tools(call):
        raise UnfitValue(f"a tool that {name} offers runs here, round by round, which a batch cannot do")
    step = call.first_step()
    if not isinstance(step, Request) or step.path not in KINDS or not isinstance(step.body, bytes):
        raise UnfitValue(f"{name} cannot go through a batch: it does not begin with a request that batches take")
    if step.tool_secrets:
        raise UnfitValue(
            f"a tool of {name} names a secret (env:{step.tool_secrets[0]}), which a batch would have to keep for up to "
            "a day"
        )
    if step.headers:
        raise UnfitValue(
            f"{name} sends the header {step.headers[0][0]}, and a batch takes bodies only; leave out what it is for"
        )
    return Question(step.path, KINDS[step.path], step.body)
