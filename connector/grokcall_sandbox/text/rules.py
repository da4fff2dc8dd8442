"""The rules in the order they are tried, and the plain reply when none fits."""

import re
from collections.abc import Callable

from grokcall_sandbox.text.arithmetic import answer_sum
from grokcall_sandbox.text.attachments import answer_attachments, main_colour
from grokcall_sandbox.text.classification import answer_category
from grokcall_sandbox.text.conversation import Answer, Conversation
from grokcall_sandbox.text.ranking import scores
from grokcall_sandbox.text.summary import answer_summary, word_limit
from grokcall_sandbox.text.words import limit_words, mentions, mood_of, subject_of

REFUSE_MARK = "REFUSE_PLEASE"
"""A question with this in it is answered by a refusal, so that callers can try what they do with one."""

_YES_NO = re.compile(r"\byes[ /]*(?:or|/)[ /]*no\b", re.IGNORECASE)
_ONE_WORD = re.compile(r"\b(?:one|single|1)[ -]word\b", re.IGNORECASE)
_SAY = re.compile(
    r"^\s*(?:please\s+)?(?:say|repeat|reply(?: with)?|answer with|respond with|output|echo)"
    r"(?:\s+(?:only|exactly|just|the words?|after me))*\s*:?\s*[\"'“‘]?(?P<words>[^\n]{1,200}?)[\"'”’]?[.!]?\s*$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_QUOTED = 300


def answer_conversation(conversation: Conversation) -> Answer:
    """The answer of the first rule that fits, shortened as the request asks."""
    question = conversation.question
    if REFUSE_MARK in question:
        return Answer("I can't help with that.", "The request asks to be refused.", refused=True)
    for rule in _RULES:
        answer = rule(conversation)
        if answer is not None:
            break
    else:
        answer = _plain(conversation)
    return _shorten(answer, conversation)


def _repeat(conversation: Conversation) -> Answer | None:
    found = _SAY.match(conversation.question)
    return Answer(found.group("words").strip(), "Asked to say something; said it.") if found else None


def _tool_report(conversation: Conversation) -> Answer | None:
    output = conversation.tool_output
    return (
        Answer(f"The function gave back: {output[:2_000]}", "Reported what the function gave back.") if output else None
    )


def _tell_findings(conversation: Conversation) -> Answer | None:
    """The sentence of each file that was found which fits the question best."""
    findings = conversation.findings
    if not findings:
        return None
    told = [f"{each.name} says: “{_quote(_best_sentence(each.text, conversation.question))}”" for each in findings]
    return Answer(" ".join(told), f"Searched the collections and found {len(findings)} files.")


def _best_sentence(text: str, question: str) -> str:
    sentences = [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]
    ranked = scores(question, sentences)
    return sentences[max(range(len(sentences)), key=lambda place: (ranked[place], -place))] if sentences else ""


def _yes_or_no(conversation: Conversation) -> Answer | None:
    question = conversation.question
    asking = f"{conversation.instructions}\n{question}"
    if not mentions(asking, ("yes",)) or not _YES_NO.search(asking):
        return None
    mood = mood_of(_YES_NO.sub("", question))
    return Answer("No" if mood < 0 else "Yes", f"Weighed friendly against unfriendly words: {mood:+d}.")


def _one_word(conversation: Conversation) -> Answer | None:
    asking = f"{conversation.instructions}\n{conversation.question[:400]}"
    if not mentions(asking, ("word",)) or not _ONE_WORD.search(asking):
        return None
    colour = main_colour(conversation.pictures[0]) if conversation.pictures else None
    if colour:
        return Answer(colour.capitalize(), "Took the main colour of the image.")
    subject = subject_of(_ONE_WORD.sub("", conversation.question)) or "unknown"
    return Answer(subject.capitalize(), "Took what the question seems to be about.")


def _plain(conversation: Conversation) -> Answer:
    asked = _quote(conversation.question)
    if not conversation.earlier:
        return Answer(f"The sandbox read your message: “{asked}”", "No rule fits the message; quoted it.", quoted=True)
    return Answer(
        f"Earlier you wrote: “{_quote(conversation.earlier)}” Now you ask: “{asked}”",
        "No rule fits the message; quoted it with the one before.",
        quoted=True,
    )


def _quote(text: str) -> str:
    text = " ".join(text[: 2 * _QUOTED].split())
    return text if len(text) <= _QUOTED else text[:_QUOTED].rstrip() + "…"


def _shorten(answer: Answer, conversation: Conversation) -> Answer:
    limit = word_limit(conversation.instructions) or word_limit(conversation.question[:400])
    if limit is None or len(answer.text.split()) <= limit:
        return answer
    return Answer(limit_words(answer.text, limit), f"{answer.why} Cut to {limit} words.", quoted=answer.quoted)


_RULES: tuple[Callable[[Conversation], Answer | None], ...] = (
    _tool_report,
    answer_category,
    answer_summary,
    answer_sum,
    _yes_or_no,
    _one_word,
    answer_attachments,
    _repeat,
    _tell_findings,
)
