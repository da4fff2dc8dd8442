"""A service whose answers tell what was said before, so that one can see what a turn goes on from."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count

from scripted_service import Answer, Asked, answered, refused, text_of


class Remembering:
    """A script: each answer has an id of its own, and is the texts of its conversation so far, joined by ``>``.

    Args:
        fails: Tells by its text whether a question is refused.
        keeps: Whether it keeps answers.
    """

    def __init__(self, fails: Callable[[str], bool] = lambda text: False, *, keeps: bool = True) -> None:
        self.fails = fails
        self.keeps = keeps
        self.said: dict[str, list[str]] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        """The answer to a question."""
        body, question = asked.json, text_of(asked.json["input"])
        previous = body.get("previous_response_id")
        if previous is not None and previous not in self.said:
            return refused(404, f"Response with id={previous} not found.")
        texts = [text_of([item]) for item in body["input"]] if isinstance(body["input"], list) else [question]
        users = [text for text in texts if text and not text.startswith("answer:")]
        if self.fails(users[-1]):
            return refused(400, "This question is refused.")
        said = [*self.said.get(previous, []), *users]
        with self._lock:
            identity = f"resp_{next(self._numbers)}"
        stored = self.keeps and body.get("store") is not False
        if stored:
            self.said[identity] = said
        return answered("answer: " + " > ".join(said), id=identity, store=stored)
