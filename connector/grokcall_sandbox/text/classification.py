"""Classification by the words a text shares with the categories."""

import re
from dataclasses import dataclass

from grokcall_sandbox.text.conversation import Answer, Conversation
from grokcall_sandbox.text.words import mentions, related_stems, stems_of

_LIST = re.compile(
    r"(?:\b(?:categor(?:y|ies)|labels?|classes|class|options|topics)\b[^:\n\[]{0,60}[:\[]"
    r"|\b(?:as|into|with|choose|pick|exactly|only|is)\s+one of\b(?: the following| these)?(?: [a-z]+:)?:?"
    r"|\bone of\b(?: the following| these)?(?: [a-z]+)?:"
    r"|\bclassify\b[^:\n]{0,80}?\b(?:as|into)\b(?: one of)?:?)"
    r"\s*(?P<list>(?:\s*[-*•]\s*[^\n]+\n?)+|[^\n.;:]+)",
    re.IGNORECASE,
)
_HINTS = ("classif", "categor", "label", "one of")
_SEPARATOR = re.compile(r"\s*(?:,|\||/|\n|;|\bor\b|\band\b)\s*", re.IGNORECASE)
_REQUEST = re.compile(r"^\s*(?:please\s+)?(?:classify|categori[sz]e|label)\b[^:\n]{0,80}:\s*", re.IGNORECASE)
_EDGES = " \t\n\"'`“”‘’[](){}*-•.:"
_CATCH_ALL = frozenset(("other", "others", "unknown", "none", "neutral", "misc", "miscellaneous", "general", "unclear"))


@dataclass(frozen=True, slots=True)
class Choice:
    """The category that fits, how surely (0…1), and the words that spoke for it."""

    category: str
    confidence: float
    shared: tuple[str, ...]


def choose_category(text: str, categories: list[str]) -> Choice:
    """The category whose words, or words of the same matter, the text has most of.

    A tie goes to the category named first; a text that fits none goes to one like `other`, if there is one.

    Args:
        text: What to classify.
        categories: At least one category; a colon in one starts its description.
    """
    stems = stems_of(text)
    shared = [stems & _evidence(category) for category in categories]
    scores = [
        len(common) + 2 * (category.split(":")[0].strip().lower() in text.lower())
        for common, category in zip(shared, categories, strict=True)
    ]
    best = max(range(len(scores)), key=lambda index: (scores[index], -index))
    if scores[best] == 0:
        best = next((i for i, name in enumerate(categories) if name.strip().lower() in _CATCH_ALL), 0)
    confidence = round((scores[best] + 1) / (sum(scores) + len(scores)), 2)
    return Choice(categories[best], confidence, tuple(sorted(shared[best])))


def fitting_categories(text: str, categories: list[str]) -> list[str]:
    """Every category with a word in common with the text, the best first; at least one."""
    stems = stems_of(text)
    fitting = [name for name in categories if stems & _evidence(name)]
    best = choose_category(text, categories).category
    return [best, *(name for name in fitting if name != best)]


def listed_categories(text: str) -> list[str]:
    """The categories a request lists, such as in `one of: complaint, praise or other`; none when it lists none."""
    found = _LIST.search(text)
    if found is None:
        return []
    names = [part.strip(_EDGES) for part in _SEPARATOR.split(found.group("list"))]
    names = [name for name in dict.fromkeys(names) if name and len(name) <= 60]
    return names if len(names) >= 2 else []


def answer_category(conversation: Conversation) -> Answer | None:
    """The best of the categories that the instructions or the question list, if either asks for one."""
    asking = f"{conversation.instructions}\n{conversation.question}"
    if not mentions(asking, _HINTS):
        return None
    categories = listed_categories(conversation.instructions) or listed_categories(conversation.question)
    if not categories:
        return None
    choice = choose_category(text_to_classify(conversation.question), categories)
    return Answer(choice.category, explain_choice(choice, len(categories)))


def explain_choice(choice: Choice, count: int) -> str:
    """A sentence on how a category was chosen from `count`."""
    if not choice.shared:
        return f"None of the {count} categories shares a word with the text; took {choice.category!r}."
    return f"Of {count} categories {choice.category!r} shares most words with the text: {', '.join(choice.shared)}."


def text_to_classify(question: str) -> str:
    """The question without the request to classify and the list of categories in it."""
    found = _LIST.search(question)
    if found is None:
        return _REQUEST.sub("", question) or question
    rest = (question[: found.start()] + "\n" + question[found.end() :]).strip(_EDGES)
    return rest or question


def _evidence(category: str) -> frozenset[str]:
    name, _, description = category.partition(":")
    return related_stems(name) | stems_of(description) if description else related_stems(name)
