"""What replies have shown of the tokens that no limit bounds: hidden prompts, reasoning, answers without a limit.

The service's limit of an answer bounds the text that one sees. It never cuts reasoning, and the service puts a prompt
of its own before each request. So these have allowances, which start from the largest figures that were seen in
recorded traffic and move to what replies show (sections 3.7, 4.2 and 20.3 of the API reference).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

REASONING_TOKENS = {"low": 3_000, "medium": 6_000, "high": 12_000, "xhigh": 24_000}
"""What is reserved at first for the reasoning of one answer, by effort: 2.5 times the largest seen for low and medium
(1,109 and 2,330 tokens), the rest scaled."""
UNKNOWN_EFFORT = "high"
"""The effort of a model that takes none, for its allowance."""
VISIBLE_TOKENS = 2_000
"""What is reserved at first for the text of an answer without a limit."""
HIDDEN_TOKENS = {"grok-4.3": 300, "grok-4.5": 320, "grok-4.6": 2_300}
"""What is reserved for the service's own prompt, by model: 1.5 times the largest seen (197, 205 and 1,526 tokens)."""
UNKNOWN_HIDDEN = 4_096
LEAST = 500
"""The smallest allowance for reasoning, whatever replies have shown."""
SETTLED = 50
"""Replies of a class after which its allowance rests on them alone."""
BYTES_PER_TOKEN = 8
"""No text has fewer tokens than one for so many bytes; what a prompt has beyond them the service has added."""

NO_REASONING = re.compile(r"non-reasoning")
OFFERS_NO_REASONING = re.compile(r"grok-4\.3(?:-|$)")
"""Models that take the effort ``none``."""
THINKS_HARD = re.compile(r"grok-4\.[5-9]|grok-latest")
"""Models whose effort is high when a request names none."""


@dataclass(frozen=True, slots=True)
class TextClass:
    """Calls that reason alike.

    Args:
        model: The model's own id, not one of its other names.
        effort: The effort in force, named or not.
    """

    model: str
    effort: str

    @property
    def silent(self) -> bool:
        """Whether such calls should not reason at all.

        >>> TextClass("grok-4.3", "none").silent, TextClass("grok-4.3", "low").silent
        (True, False)
        """
        return bool(NO_REASONING.search(self.model)) or (
            self.effort == "none" and bool(OFFERS_NO_REASONING.match(self.model))
        )


@dataclass(frozen=True, slots=True)
class TextCall:
    """What a text call shows once its reply is there.

    Args:
        kind: Its class.
        text_bytes: Bytes of its texts, schemas included.
        plain: Whether it has no tools, files, images or earlier turns, so that its prompt shows what the service adds.
        limit: The most tokens of text in its answers together; None without a limit.
        answers: How many answers it asks for at once.
    """

    kind: TextClass
    text_bytes: int
    plain: bool
    limit: int | None
    answers: int = 1


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """What the reply to one request says of its tokens; None where it does not say.

    Args:
        read: Tokens of the prompt.
        written: Tokens of the answers, reasoning included.
        reasoning: Those of them that were reasoning.
    """

    read: int | None = None
    written: int | None = None
    reasoning: int | None = None


@dataclass(slots=True)
class Allowance:
    """Tokens to reserve for something that no limit bounds.

    Args:
        start: Before any reply was seen.
        largest: The most that a reply has shown.
        replies: How many were seen.

    >>> allowance = Allowance(3_000)
    >>> allowance.learn(4_000)
    >>> allowance.tokens
    6000
    """

    start: int
    largest: int = 0
    replies: int = 0

    @property
    def tokens(self) -> int:
        """The allowance: above the largest at once, and down to 1.5 times it over the first 50 replies."""
        target = max(LEAST, -(-3 * self.largest // 2))
        if target >= self.start and self.replies:
            return target
        return self.start - (self.start - target) * min(self.replies, SETTLED) // SETTLED

    def learn(self, tokens: int) -> None:
        """Takes in one more reply."""
        self.largest = max(self.largest, tokens)
        self.replies += 1


class LearnedTokens:
    """The allowances of a connection; threads may share it.

    >>> learned = LearnedTokens()
    >>> learned.reasoning(TextClass("grok-4.3", "low")), learned.reasoning(TextClass("grok-4.3", "none"))
    (3000, 0)
    """

    def __init__(self) -> None:
        self.largest_reasoning: int = 0
        """The most tokens of reasoning that one answer took."""
        self.unexpected: set[TextClass] = set()
        """Classes that should not reason and did."""
        self._reasoning: dict[TextClass, Allowance] = {}
        self._visible: dict[TextClass, Allowance] = {}
        self._hidden: dict[str, int] = {}
        self._lock = threading.Lock()

    def silent(self, kind: TextClass) -> bool:
        """Whether calls of a class do not reason, as far as is known."""
        return kind.silent and kind not in self.unexpected

    def reasoning(self, kind: TextClass) -> int:
        """Tokens to reserve for the reasoning of one answer; 0 where none is expected."""
        if self.silent(kind):
            return 0
        found = self._reasoning.get(kind)
        return found.tokens if found is not None else first_reasoning(kind)

    def reasoned_beyond(self, kind: TextClass, tokens: int) -> bool:
        """Whether an answer of a class took more tokens of reasoning than so many."""
        found = self._reasoning.get(kind)
        return found is not None and found.largest > tokens

    def visible(self, kind: TextClass) -> int:
        """Tokens to reserve for the text of an answer without a limit."""
        found = self._visible.get(kind)
        return found.tokens if found is not None else VISIBLE_TOKENS

    def hidden(self, model: str) -> int:
        """Tokens to reserve for what the service adds to a prompt."""
        return max(self._hidden.get(model, 0), HIDDEN_TOKENS.get(model, UNKNOWN_HIDDEN))

    def learn(self, call: TextCall, usage: TokenUsage) -> bool:
        """Takes in what a reply says.

        Args:
            call: What was asked.
            usage: The reply's usage; of several answers together.

        Returns:
            Whether an allowance rose, so that what is reserved for calls in flight has to rise as well.
        """
        with self._lock:
            before = self._allowances(call)
            self._learn_reasoning(call, usage)
            if usage.written is not None and call.limit is None and call.answers == 1:
                text = max(usage.written - (usage.reasoning or 0), 0)
                self._visible.setdefault(call.kind, Allowance(VISIBLE_TOKENS)).learn(text)
            if usage.read is not None and call.plain:
                added = usage.read - call.text_bytes // BYTES_PER_TOKEN
                self._hidden[call.kind.model] = max(self._hidden.get(call.kind.model, 0), added)
            return any(now > then for now, then in zip(self._allowances(call), before, strict=True))

    def _learn_reasoning(self, call: TextCall, usage: TokenUsage) -> None:
        tokens = usage.reasoning
        if tokens is None and usage.written is not None and call.limit is not None:
            tokens = max(usage.written - call.limit, 0)  # an interface that does not tell it: text keeps its limit
        if tokens is None:
            return
        self.largest_reasoning = max(self.largest_reasoning, tokens)
        if call.kind.silent:
            if not tokens and call.kind not in self.unexpected:
                return
            self.unexpected.add(call.kind)
        # Of several answers only the sum is told: any one of them may have taken nearly all of it.
        self._reasoning.setdefault(call.kind, Allowance(first_reasoning(call.kind))).learn(tokens)

    def _allowances(self, call: TextCall) -> tuple[int, int, int]:
        return self.reasoning(call.kind), self.visible(call.kind), self.hidden(call.kind.model)


def first_reasoning(kind: TextClass) -> int:
    """What is reserved for the reasoning of one answer before any reply of its class was seen."""
    effort = "low" if kind.silent else kind.effort
    return REASONING_TOKENS.get(effort, REASONING_TOKENS[UNKNOWN_EFFORT])


def effort_in_force(model: str, effort: str | None) -> str:
    """The effort at which a model reasons, for a request that names one or none.

    >>> effort_in_force("grok-4.3", None), effort_in_force("grok-4.6", None), effort_in_force("grok-4.3", "none")
    ('low', 'high', 'none')
    """
    if effort is not None:
        return effort
    if THINKS_HARD.match(model):
        return "high"
    return "low" if model.startswith("grok-4.3") else UNKNOWN_EFFORT
