"""What a search found: each address once that a reply reports, those that its answer cites first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from grokcall_procedures.outputs.citations import Citation, citations
from grokcall_procedures.outputs.sentences import sentences_at
from grokcall_procedures.outputs.sources import sources

ONLY_A_NUMBER = re.compile(r"\[*\d+\]*")
"""A title that is none: the number of the citation."""
POST = re.compile(
    r"https?://(?:[\w-]+\.)?(?:x|twitter)\.com/(\w{1,15})(?:/status(?:es)?/\d+)?/?(?:[?#].*)?", re.IGNORECASE
)
NO_AUTHORS = frozenset({"i", "home", "search", "explore", "hashtag", "intent", "share"})
"""What stands in an address on X where others have their author."""


@dataclass(slots=True)
class Found:
    """An address that was found.

    Args:
        url: The address, as it was reported first.
        title: Its title; None where there is none.
        cited: Whether the answer cites it.
        places: Where in the answer it does.
    """

    url: str
    title: str | None = None
    cited: bool = False
    places: list[int] = field(default_factory=list)

    def text(self, answer: str) -> str | None:
        """The sentences of the answer that cite it."""
        return sentences_at(answer, self.places) if self.cited else None


def found_in(raw: str | None, earlier: str | None, answer: str) -> list[Found]:
    """What a reply reports, each address once: what the answer cites in its order, then what was looked at besides.

    Args:
        raw: The last reply.
        earlier: Those before it.
        answer: The text of the answer.
    """
    found: dict[str, Found] = {}
    for citation in citations(raw, earlier, answer) or ():
        url = citation["url"]
        if url is not None:
            each = found.setdefault(key_of(url), Found(url, cited=True))
            each.title = each.title or title_of(citation["title"], url)
            each.places += places_of(citation, answer)
    for source in sources(raw, earlier) or ():
        url = source["url"]
        if url is not None:
            each = found.setdefault(key_of(url), Found(url))
            each.title = each.title or title_of(source["title"], url)
    return list(found.values())


def key_of(url: str) -> str:
    """What two spellings of one address have in common."""
    return url.strip().rstrip("/")


def title_of(title: str | None, url: str) -> str | None:
    """A title; None for a number alone and for the address itself.

    >>> title_of("1", "https://a.example/"), title_of("The news", "https://a.example/")
    (None, 'The news')
    """
    if title is None or ONLY_A_NUMBER.fullmatch(title.strip()) or key_of(title) == key_of(url):
        return None
    return title


def places_of(citation: Citation, answer: str) -> list[int]:
    """Where in an answer a citation stands: at its span, or wherever the answer has its address."""
    start, end, url = citation["start_index"], citation["end_index"], citation["url"]
    if start is not None and end is not None and 0 <= start < end <= len(answer):
        return [start]
    return [match.start() for match in re.finditer(re.escape(key_of(url)) + r"(?![\w-])", answer)]


def author_of(url: str) -> str | None:
    """Whose post an address on X is of; None where it does not tell.

    >>> author_of("https://x.com/xai/status/19"), author_of("https://x.com/i/status/19")
    ('xai', None)
    """
    match = POST.fullmatch(url.strip())
    return match[1] if match is not None and match[1].lower() not in NO_AUTHORS else None
