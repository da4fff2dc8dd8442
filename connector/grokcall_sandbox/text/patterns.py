"""A text that matches a regular expression: taken from what was said where possible, else built."""

import importlib
import re
from functools import lru_cache
from typing import Any

_MAX_REPEATS = 8
_CATEGORY = {
    "CATEGORY_DIGIT": "0",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_WORD": " ",
    "CATEGORY_NOT_SPACE": "a",
}
_CANDIDATES = "a0A _-.x:/1!"


def matching_text(pattern: str, said: str, shortest: int = 0, longest: int | None = None) -> str:
    """A text that matches all of `pattern` and is `shortest` to `longest` characters long, as far as one is found.

    Args:
        pattern: A regular expression without look-around and back-references.
        said: Words of it are taken when they match.
        shortest: The fewest characters.
        longest: The most characters; None for any number.
    """
    top = longest if longest is not None else 10_000
    whole = re.compile(pattern)
    for word in said[:4_000].split():
        for taken in (word, word.strip(".,;:!?\"'()")):
            if shortest <= len(taken) <= top and whole.fullmatch(taken):
                return taken
    built = ""
    for extra in range(max(shortest, _MAX_REPEATS) + 1):
        candidate = _build(_parsed(pattern), extra)
        if candidate is not None and re.search(pattern, candidate):
            if shortest <= len(candidate) <= top:
                return candidate
            built = built or candidate
    if len(built) < shortest and re.search(pattern, built.ljust(shortest, "a")):
        return built.ljust(shortest, "a")
    return built


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Any:
    # The standard library's own reader of expressions; it has no public name.
    return importlib.import_module("re._parser").parse(pattern)


def _build(parts: Any, extra: int) -> str | None:
    pieces = [_piece(str(kind), value, extra) for kind, value in parts]
    return None if None in pieces else "".join(piece for piece in pieces if piece)


def _piece(kind: str, value: Any, extra: int) -> str | None:
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return next(character for character in _CANDIDATES if ord(character) != value)
        case "ANY":
            return "a"
        case "AT":
            return ""
        case "IN":
            return _member(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = value
            built = _build(inner, 0)
            return None if built is None else built * min(int(most), least + extra, least + 10_000)
        case "SUBPATTERN":
            return _build(value[3], extra)
        case "BRANCH":
            return next((built for branch in value[1] if (built := _build(branch, extra)) is not None), None)
    return None


def _member(parts: Any) -> str | None:
    kinds = [(str(kind), value) for kind, value in parts]
    if kinds[0][0] == "NEGATE":
        return next((character for character in _CANDIDATES if not _in_set(character, kinds[1:])), None)
    kind, value = kinds[0]
    if kind == "LITERAL":
        return chr(value)
    if kind == "RANGE":
        return chr(value[0])
    return _CATEGORY.get(str(value))


def _in_set(character: str, kinds: list[tuple[str, Any]]) -> bool:
    code = ord(character)
    return any(
        (kind == "LITERAL" and value == code)
        or (kind == "RANGE" and value[0] <= code <= value[1])
        or (kind == "CATEGORY" and _in_category(character, str(value)))
        for kind, value in kinds
    )


def _in_category(character: str, name: str) -> bool:
    inside = {
        "DIGIT": character.isdigit(),
        "WORD": character.isalnum() or character == "_",
        "SPACE": character.isspace(),
    }[name.rsplit("_", 1)[-1]]
    return inside != ("_NOT_" in name)
