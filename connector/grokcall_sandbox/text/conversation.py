"""What was said so far, in the one form that all text endpoints are brought to."""

from dataclasses import dataclass, replace
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class Document:
    """An attached file. `data` is None when only its address is known, for the sandbox fetches none."""

    name: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Picture:
    """An attached image. `data` is None when only its address is known."""

    address: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: who said it (`user`, `assistant`, `system` or `tool`), what, and what was attached."""

    role: str
    text: str
    pictures: tuple[Picture, ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A part of a file that a search has found."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns up to and with the question, the system prompt, and what was found for the question."""

    turns: tuple[Turn, ...]
    instructions: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def question(self) -> str:
        """The text of the last user turn; empty when there is none."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == "user"), "")

    def asking(self, question: str) -> "Conversation":
        """The same conversation with another text of the last user turn."""
        last = max((place for place, turn in enumerate(self.turns) if turn.role == "user"), default=None)
        if last is None:
            return self
        turns = (*self.turns[:last], replace(self.turns[last], text=question), *self.turns[last + 1 :])
        return replace(self, turns=turns)

    @property
    def earlier(self) -> str:
        """The text of the user turn before the question; empty when there is none."""
        said = [turn.text for turn in self.turns if turn.role == "user"]
        return said[-2] if len(said) > 1 else ""

    @property
    def tool_output(self) -> str:
        """What functions gave back, a line each, when that is the last thing said; else empty."""
        given = takewhile(lambda turn: turn.role == "tool", reversed(self.turns))
        return "\n".join([turn.text for turn in given][::-1])

    @property
    def outputs(self) -> int:
        """How many functions gave something back since the question."""
        since = takewhile(lambda turn: turn.role != "user", reversed(self.turns))
        return sum(turn.role == "tool" for turn in since)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Every attached image, first one first."""
        return tuple(picture for turn in self.turns for picture in turn.pictures)

    @property
    def documents(self) -> tuple[Document, ...]:
        """Every attached file, first one first."""
        return tuple(document for turn in self.turns for document in turn.documents)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a rule says, and in a sentence how it came to it; `quoted` when no rule fitted and it quotes the message."""

    text: str
    why: str
    refused: bool = False
    quoted: bool = False
