"""Summaries made of the text's own most telling sentences."""

import re
from collections import Counter

from grokcall_sandbox.text.conversation import Answer, Conversation
from grokcall_sandbox.text.words import NUMBER_WORDS, STOPWORDS, limit_words, mentions, sentences_of, words_of

_ASKED = re.compile(r"\bsummar(?:y|i[sz]e\w*|ies)\b|\btl;?\s?dr\b|\bin a nutshell\b", re.IGNORECASE)
_COUNT = r"(\d{1,6}|" + "|".join(NUMBER_WORDS) + ")"
_WORD_LIMIT = re.compile(
    _COUNT + r"[\s-]*(?:words?\b|wörter)|max[_\s-]*words\W{1,4}(\d{1,6})|words?\s*(?:≤|<=|:)\s*(\d{1,6})", re.IGNORECASE
)
_SENTENCE_LIMIT = re.compile(_COUNT + r"\s+(?:\w+\s+)?sentences?\b", re.IGNORECASE)
_HINTS = ("summar", "tldr", "tl;dr", "tl dr", "tl; dr", "nutshell")
_MAX_SENTENCES = 400


def asks_for_summary(text: str) -> bool:
    """True for a text that asks to sum something up."""
    return mentions(text, _HINTS) and _ASKED.search(text) is not None


def word_limit(text: str) -> int | None:
    """The number of words an answer may have, if the text states one."""
    found = _WORD_LIMIT.search(text) if mentions(text, ("word", "wörter")) else None
    return _count(next(group for group in found.groups() if group)) if found else None


def sentence_limit(text: str) -> int | None:
    """The number of sentences an answer may have, if the text states one."""
    found = _SENTENCE_LIMIT.search(text) if mentions(text, ("sentence",)) else None
    return _count(found.group(1)) if found else None


def summarise(text: str, words: int | None = None, sentences: int | None = None) -> str:
    """The most telling sentences of `text`, in their order.

    Args:
        text: What to sum up.
        words: The most words the summary may have; by default about a third of the text's.
        sentences: The most sentences; by default three.
    """
    said = sentences_of(text)[:_MAX_SENTENCES]
    if not said:
        return ""
    room = words if words is not None else max(12, len(text.split()) // 3)
    chosen: list[int] = []
    for index in _by_weight(said):
        length = len(said[index].split())
        if length <= room and len(chosen) < (sentences or 3):
            chosen.append(index)
            room -= length
    if chosen:
        return " ".join(said[index] for index in sorted(chosen))
    best = said[_by_weight(said)[0]]
    return limit_words(best, words) if words is not None else best


def answer_summary(conversation: Conversation) -> Answer | None:
    """A summary, if the instructions or the question ask for one."""
    asked_above = asks_for_summary(conversation.instructions)
    question = conversation.question
    if not asked_above and not asks_for_summary(question):
        return None
    limits = conversation.instructions + "\n" + question[:400]
    text = (asked_above and question) or text_to_summarise(conversation)
    return Answer(
        summarise(text, word_limit(limits), sentence_limit(limits)),
        f"Asked for a summary: kept the sentences of {len(text.split())} words that share most words with the rest.",
    )


def text_to_summarise(conversation: Conversation) -> str:
    """The text that a request for a summary means: what stands beside the request, else files, else earlier turns."""
    beside = _beside_request(conversation.question)
    if len(beside.split()) >= 5:
        return beside
    files = "\n".join(
        document.data.decode("utf-8", "replace") for document in conversation.documents if document.data is not None
    )
    others = [turn.text for turn in conversation.turns[:-1] if turn.text]
    return files or (max(others, key=len) if others else "") or beside or conversation.question


def _beside_request(question: str) -> str:
    found = _ASKED.search(question)
    if found is None:
        return question
    after = re.search(r"[:\n]\s*", question[found.end() :])
    if after is not None:
        rest = question[found.end() + after.end() :].strip()
        if rest:
            return rest
    before = question[: found.start()].strip()
    if len(before.split()) >= 5:
        return before
    return " ".join(sentence for sentence in sentences_of(question) if not _ASKED.search(sentence))


def _by_weight(said: list[str]) -> list[int]:
    split = [[word for word in words_of(sentence) if word not in STOPWORDS] for sentence in said]
    counts = Counter(word for words in split for word in words)
    weights = [
        (sum(counts[word] for word in words) / (len(words) + 3) + (0.5 if index == 0 else 0.0))
        for index, words in enumerate(split)
    ]
    return sorted(range(len(said)), key=lambda index: (-weights[index], index))


def _count(number: str) -> int:
    return NUMBER_WORDS.get(number.lower()) or int(number)
