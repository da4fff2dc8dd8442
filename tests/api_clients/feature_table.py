"""The table of clients and features, made of what the tests did.

A test says which features it shows (`@pytest.mark.feature("answer")`), its module whose client it is
(`pytestmark = pytest.mark.client("openai")`). Where the client itself cannot do what the service asks for, the test
shows that and says it in a word: `@pytest.mark.feature("image edits", own_failure="sends a form")`. What a client has
no way for stands in `CANNOT`; everything else of the table comes from the outcomes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

CLIENTS = ("openai", "AI SDK", "LiteLLM", "LangChain", "anthropic")
FEATURES = (
    "answer",
    "answer, streamed",
    "answer in a schema",
    "functions, there and back",
    "searches and citations",
    "other tools of the service",
    "images in an answer",
    "picture in",
    "file in",
    "stored answers",
    "sealed reasoning",
    "compaction",
    "chat",
    "chat, streamed",
    "chat in a schema",
    "chat with functions",
    "chat with a picture",
    "chat for later",
    "text completion",
    "message",
    "message, streamed",
    "message with tools",
    "message with a picture",
    "images",
    "image edits",
    "videos",
    "video edits and extensions",
    "speech",
    "transcription",
    "transcription, streamed",
    "realtime token",
    "realtime talk",
    "models",
    "files up",
    "files listed, read, deleted",
    "batches",
    "embeddings (no public model)",
    "usage and cost",
    "request id",
    "wrong key: 400",
    "blocked key: 403",
    "no credits: 429",
    "not found: 404",
    "rate limit: 429",
    "tried again by itself",
)

_TEXTS = FEATURES[: FEATURES.index("compaction") + 1]
_CHATS = FEATURES[FEATURES.index("chat") : FEATURES.index("text completion") + 1]
_MESSAGES = FEATURES[FEATURES.index("message") : FEATURES.index("message with a picture") + 1]
_MEDIA = FEATURES[FEATURES.index("images") : FEATURES.index("realtime talk") + 1]


def _because(why: str, *features: str) -> dict[str, str]:
    return dict.fromkeys(features, why)


CANNOT: dict[str, dict[str, str]] = {
    "openai": {
        **_because("has no messages of Anthropic's kind", *_MESSAGES),
        **_because("has no method for it", "chat for later", "video edits and extensions", "transcription, streamed"),
    },
    "AI SDK": {
        **_because("its version 5 left the older interfaces out", *_CHATS, *_MESSAGES),
        **_because("has no method for it", "compaction", "models", "files listed, read, deleted"),
        **_because("xAI's provider has no embeddings", "embeddings (no public model)"),
    },
    "LiteLLM": {
        **_because(
            "says itself that it cannot for xAI",
            "image edits",
            "videos",
            "video edits and extensions",
            "embeddings (no public model)",
        ),
        **_because("only through its own proxy server", "transcription, streamed", "realtime token", "realtime talk"),
    },
    "LangChain": {
        **_because("has chat models only", *_MEDIA, "models", "files up", "files listed, read, deleted", "batches"),
        **_because("has no messages of Anthropic's kind", *_MESSAGES),
        **_because("has no method for it", "compaction", "chat for later"),
    },
    "anthropic": {
        **_because("has messages only", *_TEXTS, *_CHATS, *_MEDIA, "embeddings (no public model)"),
    },
}
"""What a client has no way for, and why: its documentation or its code says so."""


@dataclass
class Cell:
    """What the tests of one feature with one client came to."""

    outcomes: list[str] = field(default_factory=list)
    own_failures: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> tuple[str, str]:
        """What stands in the table, and why."""
        if not self.outcomes or "skipped" in self.outcomes:
            return "not run", ""
        if "failed" in self.outcomes:
            return "FAILED", ""
        if self.own_failures:
            return "its own", "; ".join(dict.fromkeys(self.own_failures))
        return "ok", ""


class FeatureTable:
    """Collects which tests show what, hears how they end, and draws the table."""

    def __init__(self) -> None:
        self.cells: dict[tuple[str, str], Cell] = {}
        self._shown_by: dict[str, list[tuple[str, str]]] = {}

    def take(self, item: pytest.Item) -> None:
        """Takes up a test, if it shows features of a client."""
        told = item.get_closest_marker("client")
        for mark in item.iter_markers("feature"):
            if told is None or told.args[0] not in CLIENTS:
                raise pytest.UsageError(f"{item.nodeid} shows a feature, and its module names no client of {CLIENTS}")
            for name in mark.args:
                if name not in FEATURES:
                    raise pytest.UsageError(f"{item.nodeid} shows {name!r}, which is none of FEATURES")
                place = (name, told.args[0])
                cell = self.cells.setdefault(place, Cell())
                if why := mark.kwargs.get("own_failure"):
                    cell.own_failures.append(why)
                self._shown_by.setdefault(item.nodeid, []).append(place)

    @property
    def clients(self) -> list[str]:
        """The clients of which there are tests, in the order of the table."""
        return [client for client in CLIENTS if any(place[1] == client for place in self.cells)]

    def hear(self, report: pytest.TestReport) -> None:
        """Notes how a test ended."""
        if report.when == "call" or report.outcome != "passed":
            for place in self._shown_by.get(report.nodeid, ()):
                self.cells[place].outcomes.append(report.outcome)

    def lines(self) -> Iterable[str]:
        """The table, then what its numbers mean."""
        notes: dict[str, int] = {}
        width = max(map(len, FEATURES)) + 2
        yield "feature".ljust(width) + "".join(client.ljust(13) for client in CLIENTS).rstrip()
        for feature in FEATURES:
            row = feature.ljust(width)
            for client in CLIENTS:
                word, why = self._verdict(feature, client)
                if why:
                    word = f"{word} ({notes.setdefault(why, len(notes) + 1)})"
                row += word.ljust(13)
            yield row.rstrip()
        yield ""
        yield "its own: the client sends or reads it otherwise than the service; no: the client has no way for it"
        for why, number in notes.items():
            yield f"({number}) {why}"

    def _verdict(self, feature: str, client: str) -> tuple[str, str]:
        if cell := self.cells.get((feature, client)):
            return cell.verdict
        why = CANNOT[client].get(feature, "")
        return ("no", why) if why else ("no test", "")
