"""The team that the management host is asked about, and requests to that host."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias

from grokcall_procedures.documents import document_of, encode_json, stated_failure
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.nouns import in_path
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host, Kind, Reply, Request, Step, reply_of

Asking: TypeAlias = Generator[Step, Reply | None, dict[str, object]]
"""Steps that come to an object."""

WHOSE = Request(
    "GET",
    "/auth/management-keys/validation",
    kind=Kind.METADATA,
    host=Host.MANAGEMENT,
    held=True,
    stand_in=b'{"teamId":"your-team"}',
)
"""Asks whose the management key is."""


def team_of(settings: Settings) -> Generator[Step, Reply | None, str]:
    """The team as a part of a path: that of the connection, else that of the management key, which is asked for once.

    Raises:
        MalformedReplyError: The service does not say it.
    """
    if settings.team_id is not None:
        return in_path(settings.team_id)
    document = document_of(reply_of((yield WHOSE)).body)
    team = document.get("teamId")
    if not team and document.get("scope") == "SCOPE_TEAM":
        team = document.get("scopeId")
    if not isinstance(team, str) or not team:
        raise stated_failure(document) or MalformedReplyError(
            "the service does not say of which team the management key is; give the option team_id (XAI_TEAM_ID)"
        )
    return in_path(team)


def asked(method: str, path: str, body: object = None) -> Asking:
    """The object that the management host answers with; an answer without a word is an empty one.

    Args:
        method: The HTTP method.
        path: The path below its address.
        body: What is sent as JSON; None for nothing.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: It is no JSON object.
    """
    sent = None if body is None else encode_json(body)
    reply = reply_of((yield Request(method, path, sent, kind=Kind.METADATA, host=Host.MANAGEMENT)))
    if reply.body.strip() in (b"", b"null"):
        return {}
    document = document_of(reply.body)
    failure = stated_failure(document)
    if failure is not None:
        raise failure
    return document
