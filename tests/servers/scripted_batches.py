"""A batch interface over real sockets that answers at once, and whose every word can be changed by a test."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from scripted_service import Answer, Asked, refused

Document = dict[str, Any]
PATH = re.compile(r"/v1/batches/(?P<id>[^/?]+)(?P<rest>/requests|/results)?(?:\?(?P<query>.*))?$")
PAGE = b"<!doctype html><html><head><title>502 Bad Gateway</title></head><body>Sorry.</body></html>"


def reply(document: object) -> Answer:
    return Answer(json.dumps(document).encode())


def completion(text: object, **members: Any) -> Document:
    message = {"role": "assistant", "content": text, "refusal": None}
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12, "cost_in_usd_ticks": 1_000_000}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": usage, **members}


def good(name: str, text: str) -> Document:
    return {"batch_request_id": name, "batch_result": {"response": {"chat_get_completion": completion(text.upper())}}}


class ScriptedBatches:
    """A script for the service.

    Attributes:
        status: Changes what is told of a batch; given its number from 1 and the batch object.
        results: Changes the results of a batch; given its number and the entries.
        instead: Answers a request in place of the script, or gives None.
        looks: How often a batch was looked at that has requests.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.requests: list[dict[str, str]] = []
        self.adds: list[list[str]] = []
        self.looks = 0
        self.page = 1000
        self.status: Callable[[int, Document], Document] = lambda number, batch: batch
        self.results: Callable[[int, list[Document]], list[Document]] = lambda number, entries: entries
        self.instead: Callable[[Asked], Answer | None] = lambda asked: None

    @property
    def sent(self) -> list[str]:
        """The texts that batches have taken."""
        return [text for taken in self.requests for text in taken.values()]

    def __call__(self, asked: Asked) -> Answer:
        answer = self.instead(asked)
        if answer is not None:
            return answer
        if asked.path.partition("?")[0] == "/v1/batches":
            if asked.method == "POST":
                self.names.append(asked.json["name"])
                self.requests.append({})
                return reply(self.shown(len(self.names)))
            return reply({"batches": [self.shown(number + 1) for number in range(len(self.names))]})
        found = PATH.match(asked.path)
        assert found is not None, asked.path
        number = int(found["id"].removeprefix("batch_"))
        taken = self.requests[number - 1]
        if asked.method == "POST":
            return self.add(taken, asked.json["batch_requests"])
        if found["rest"] == "/requests":
            return self.paged("batch_request_metadata", [{"batch_request_id": name} for name in taken], found)
        if found["rest"] == "/results":
            entries = [good(name, text) for name, text in taken.items()]
            return self.paged("results", self.results(number, entries), found)
        self.looks += bool(taken)
        return reply(self.shown(number))

    def add(self, taken: dict[str, str], items: list[Document]) -> Answer:
        ids = [item["batch_request_id"] for item in items]
        self.adds.append(ids)
        if not taken.keys().isdisjoint(ids):
            return refused(400, "batch_request_id must be unique", "invalid-argument")
        taken.update((item["batch_request_id"], item["batch_request"]["responses"]["input"]) for item in items)
        return Answer(b"null")

    def paged(self, member: str, entries: list[Document], found: re.Match[str]) -> Answer:
        token = re.search(r"pagination_token=(\d+)", found["query"] or "")
        first = int(token[1]) if token else 0
        more = str(first + self.page) if first + self.page < len(entries) else None
        return reply({member: entries[first : first + self.page], "pagination_token": more})

    def shown(self, number: int) -> Document:
        count = len(self.requests[number - 1])
        state = {"num_requests": count, "num_pending": 0, "num_success": count, "num_error": 0, "num_cancelled": 0}
        told = {"batch_id": f"batch_{number}", "name": self.names[number - 1], "state": state}
        return self.status(number, {**told, "cancel_time": None, "cancel_by_xai_message": None})
