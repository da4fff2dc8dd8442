"""Filters of lists and searches, as AIP-160 writes them: comparisons, with AND, OR, NOT and brackets."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from grokcall_sandbox.errors import ApiError, invalid

Facts = Mapping[str, object]
Condition = Callable[[Facts], bool]

_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<sign><=|>=|!=|[=<>:()])|(?P<word>[^\s=<>:()!"]+))')
_SIGNS = ("=", "!=", "<", "<=", ">", ">=", ":")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    is_quoted: bool = False


def read_filter(text: str | None) -> Condition:
    """The condition that a filter states; an empty one lets everything through.

    Args:
        text: Such as `collection_name:"SEC" AND documents_count:>10`. `:` asks for a part of a text.

    Raises:
        ApiError: 400 for what is no filter.
    """
    if text is None or not text.strip():
        return lambda _facts: True
    reader = _Reader(text)
    condition = reader.either(0)
    if reader.token is not None:
        raise reader.wrong()
    return condition


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[_Token] = []
        place = 0
        while text[place:].strip():
            found = _TOKEN.match(text, place)
            if found is None:
                raise self.wrong()
            quoted = found["text"]
            self._tokens.append(_Token(quoted[1:-1].replace('\\"', '"'), True) if quoted else _Token(found[0].strip()))
            place = found.end()
        self._place = 0

    @property
    def token(self) -> _Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def wrong(self) -> ApiError:
        return invalid(f"Invalid filter: {self._text}")

    def take(self, *words: str) -> str | None:
        token = self.token
        if token is None or token.is_quoted or token.text not in words:
            return None
        self._place += 1
        return token.text

    def value(self) -> str:
        token = self.token
        if token is None or (not token.is_quoted and token.text in (*_SIGNS, "(", ")", "AND", "OR", "NOT")):
            raise self.wrong()
        self._place += 1
        return token.text

    def either(self, depth: int) -> Condition:
        found = [self.both(depth)]
        while self.take("OR"):
            found.append(self.both(depth))
        return lambda facts: any(each(facts) for each in found)

    def both(self, depth: int) -> Condition:
        found = [self.one(depth)]
        while self.take("AND"):
            found.append(self.one(depth))
        return lambda facts: all(each(facts) for each in found)

    def one(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise self.wrong()
        if self.take("NOT"):
            inner = self.one(depth + 1)
            return lambda facts: not inner(facts)
        if self.take("("):
            inner = self.either(depth + 1)
            if not self.take(")"):
                raise self.wrong()
            return inner
        name = self.value()
        sign = self.take(*_SIGNS)
        if sign is None:
            raise self.wrong()
        if sign == ":":  # `documents_count:>10` is written as well
            sign = self.take(*_SIGNS[:-1]) or sign
        wanted = self.value()
        return lambda facts: _holds(facts.get(name), sign, wanted)


def _holds(value: object, sign: str, wanted: str) -> bool:
    if wanted == "null" and sign in ("=", "!="):
        return (value is None) == (sign == "=")
    if value is None:
        return sign == "!="
    if sign == ":":
        return wanted.lower() in str(value).lower()
    if isinstance(value, int | float):
        try:
            return _compared(float(value), sign, float(wanted))
        except ValueError:
            return False
    return _compared(str(value), sign, wanted)


def _compared(value: float | str, sign: str, wanted: float | str) -> bool:
    match sign:
        case "=":
            return value == wanted
        case "!=":
            return value != wanted
        case "<":
            return value < wanted  # type: ignore[operator]
        case "<=":
            return value <= wanted  # type: ignore[operator]
        case ">":
            return value > wanted  # type: ignore[operator]
        case _:
            return value >= wanted  # type: ignore[operator]
