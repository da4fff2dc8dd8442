"""Ranking texts by how well they fit a question: BM25 over the stems of their telling words."""

import math
from collections import Counter
from collections.abc import Sequence

from grokcall_sandbox.text.words import STOPWORDS, stem, words_of

_K1, _B = 1.2, 0.75


def terms_of(text: str) -> list[str]:
    """The stems of a text's telling words, in order; one that is there twice counts twice."""
    return [stem(word) for word in words_of(text) if word not in STOPWORDS]


def scores(question: str, texts: Sequence[str]) -> list[float]:
    """The score of each text for a question; 0 for one that shares no word with it."""
    asked = set(terms_of(question))
    counted = [Counter(terms_of(text)) for text in texts]
    lengths = [sum(counts.values()) for counts in counted]
    average = sum(lengths) / len(lengths) if any(lengths) else 1.0
    having = {term: sum(term in counts for counts in counted) for term in asked}
    weights = {term: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for term, n in having.items()}

    def score(counts: Counter[str], length: int) -> float:
        damped = _K1 * (1 - _B + _B * length / average)
        return sum(weights[term] * counts[term] * (_K1 + 1) / (counts[term] + damped) for term in asked)

    return [score(counts, length) for counts, length in zip(counted, lengths, strict=True)]
