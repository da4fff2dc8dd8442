"""What tests of talks share: the events of an answer, and a service that takes any settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scripted_sockets import Talk

from grokcall.realtime import TalkEvent, TalkEventKind

CREATED = {"type": "session.created", "session": {}}
UPDATED = {"type": "session.updated", "session": {}}


def turn(session: Iterable[TalkEvent]) -> list[TalkEvent]:
    """The events up to the end of an answer."""
    events = []
    for event in session:
        events.append(event)
        if event.kind is TalkEventKind.TURN_DONE:
            break
    return events


def text_of(events: list[TalkEvent]) -> str:
    return "".join(event.text for event in events if event.kind == "text")


async def begun(talk: Talk, *, updated: dict[str, Any] = UPDATED) -> None:
    await talk.send(**CREATED)
    await talk.send(type="conversation.created")
    await talk.until("session.update")
    await talk.send(**updated)
