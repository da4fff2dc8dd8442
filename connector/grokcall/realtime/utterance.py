"""What somebody has said, as far as it was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from grokcall_procedures.nouns import objects_in


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word.

    Args:
        text: The word.
        start: When it begins, in seconds from the first sound that was sent.
        end: When it ends.
        speaker: Who says it, from 0; None where that was not asked for.
        confidence: How sure it is, from 0 to 1; None where that is not told.
    """

    text: str
    start: float | None = None
    end: float | None = None
    speaker: int | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said between two pauses; its ``str`` is its text.

    Args:
        text: What was said.
        start: When it begins, in seconds from the first sound that was sent.
        duration: How long it is, in seconds.
        words: Its words.
        channel: On which channel it was said, from 0; None where all are one.
        finished: Whether it is over. What is said of one that is not may change.
    """

    text: str
    start: float | None = None
    duration: float | None = None
    words: tuple[SpokenWord, ...] = ()
    channel: int | None = None
    finished: bool = True

    def __str__(self) -> str:
        return self.text

    def as_dict(self) -> dict[str, object]:
        """The same for JSON.

        >>> Utterance("good morning", 0.5, 1.25).as_dict()["text"]
        'good morning'
        """
        return asdict(self)


def utterance_in(document: Mapping[str, object]) -> Utterance:
    """The utterance that a ``transcript.partial`` tells of."""
    words = tuple(
        SpokenWord(
            str(word.get("text") or ""),
            number(word.get("start")),
            number(word.get("end")),
            whole(word.get("speaker")),
            number(word.get("confidence")),
        )
        for word in objects_in(document.get("words"))
    )
    return Utterance(
        str(document.get("text") or ""),
        number(document.get("start")),
        number(document.get("duration")),
        words,
        whole(document.get("channel_index")),
        document.get("is_final") is True and document.get("speech_final") is True,
    )


def number(value: object) -> float | None:
    """A number; None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(value: object) -> int | None:
    """A whole number; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
