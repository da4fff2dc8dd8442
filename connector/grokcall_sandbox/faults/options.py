"""The options of profiles: declared in a table, read from text, given to faults by name."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Value = float | str | bool | None
_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a profile.

    Attributes:
        name: What stands before the equals sign.
        kind: What stands behind it: a number, a count (a whole number), a word of `choices`, or a flag (yes or no).
        default: What applies when it is not given; None for nothing.
        summary: What it does.
        least: The smallest number allowed.
        most: The largest number allowed.
        choices: The words allowed.
    """

    name: str
    kind: Literal["number", "count", "word", "flag"]
    default: Value
    summary: str
    least: float = 0.0
    most: float = 1.0
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What may be given, in words."""
        match self.kind:
            case "word":
                return ", ".join(self.choices)
            case "flag":
                return "yes or no"
            case "count":
                return f"a whole number from {self.least:g} to {self.most:,.0f}"
            case "number":
                return f"a number from {self.least:g} to {self.most:,g}"

    def read(self, text: str) -> Value:
        """The value that a text means.

        Raises:
            ValueError: It is not what this option takes.
        """
        match self.kind:
            case "word" if text in self.choices:
                return text
            case "flag" if text.lower() in _YES + _NO:
                return text.lower() in _YES
            case "number" | "count":
                return self._read_number(text)
        raise ValueError(f"must be {self.allowed}")

    def _read_number(self, text: str) -> float:
        try:
            number = float(int(text)) if self.kind == "count" else float(text)
        except ValueError:
            number = math.nan
        if not self.least <= number <= self.most:
            raise ValueError(f"must be {self.allowed}")
        return number


class Given:
    """The values of a fault's options, the defaults of those that were not given among them."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def number(self, name: str, otherwise: float = 0.0) -> float:
        """A number; `otherwise` when the option has none."""
        value = self._values.get(name)
        return otherwise if value is None else float(value)

    def count(self, name: str, otherwise: int = 0) -> int:
        """A whole number; `otherwise` when the option has none."""
        return int(self.number(name, otherwise))

    def word(self, name: str, otherwise: str = "") -> str:
        """A word; `otherwise` when the option has none."""
        value = self._values.get(name)
        return otherwise if value is None else str(value)

    def flag(self, name: str) -> bool:
        """A yes or a no."""
        return bool(self._values.get(name))

    @property
    def retry_after(self) -> tuple[tuple[bytes, bytes], ...]:
        """The header that the option `retry_after` asks for; none when it has no value."""
        return ((b"retry-after", b"%d" % self.count("retry_after")),) if self.has("retry_after") else ()

    def has(self, name: str) -> bool:
        """True when the option has a value."""
        return self._values.get(name) is not None


def nearest(name: str, known: list[str]) -> str:
    """The known name that is most like `name`, as a question; empty when none is like it."""
    found = get_close_matches(name, known, 1, 0.5)
    return f" did you mean {found[0]!r}?" if found else ""
