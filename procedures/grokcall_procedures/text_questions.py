"""A request to a text model, taken apart for its estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grokcall_procedures.bounds import Allowances
from grokcall_procedures.documents import encode_json
from grokcall_procedures.learned_tokens import TextCall, TextClass, effort_in_force
from grokcall_procedures.prices import Prices
from grokcall_procedures.readings import Reading, answer_limit, effort_of, read_body, tools_of, whole

UNREAD = ("prompt_cache_key", "safety_identifier")
"""Members of a body that no model reads."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a text model, taken apart."""

    path: str
    body: Mapping[str, object]
    size: int
    """Bytes of the body, but for what no model reads."""
    reading: Reading
    tools: list[str]
    answers: int
    limit: int | None
    """The most tokens of text in each answer, asked for or assumed; None without a limit."""
    kind: TextClass
    exact_tokens: int | None
    """Tokens of the texts as the service counts them; None where nobody asked."""

    @property
    def shown(self) -> TextCall:
        """What its reply will show."""
        plain = not (self.tools or self.reading.files or self.reading.images or self.reading.earlier)
        limit = None if self.limit is None else self.limit * self.answers
        return TextCall(self.kind, self.reading.text_bytes + self.reading.formal_bytes, plain, limit, self.answers)


def taken_apart(
    path: str,
    body: Mapping[str, object],
    size: int,
    prices: Prices,
    allowances: Allowances,
    uploads: Mapping[str, bytes],
    exact_tokens: int | None,
    earlier_tokens: int | None,
) -> Question:
    """A request to one of the text endpoints, taken apart."""
    reading = read_body(body, uploads)
    if earlier_tokens is not None:
        reading.earlier, reading.earlier_tokens = False, earlier_tokens
    model = prices.text_id(body.get("model"))
    return Question(
        path,
        body,
        size - unread_bytes(body),
        reading,
        tools_of(body, reading),
        whole(body.get("n")) or 1,
        answer_limit(path, body) or allowances.assumed_output_tokens,
        TextClass(model, effort_in_force(model, effort_of(body))),
        exact_tokens,
    )


def needs_context(reading: Reading) -> bool:
    """Whether only the model's context bounds what it reads."""
    return reading.earlier or None in reading.files


def unread_bytes(body: Mapping[str, object]) -> int:
    """Bytes of the members of a body that are no part of the prompt, with their names and punctuation.

    >>> unread_bytes({"model": "m", "prompt_cache_key": "k"}) == len('"prompt_cache_key":"k",')
    True
    """
    return sum(len(name) + 4 + len(encode_json(body[name])) for name in UNREAD if name in body)
