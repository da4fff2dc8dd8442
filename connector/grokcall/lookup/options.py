"""How a lookup treats its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.core.declarations import Declaration, declarations, described
from grokcall.errors import InterfaceError
from grokcall.lookup.declared_options import DeclaredLookupOptions

DECLARED: Mapping[str, Declaration] = declarations(DeclaredLookupOptions)
"""What is known of each option."""
CHOICES: Mapping[str, tuple[str, ...]] = {name: each.choices for name, each in DECLARED.items() if each.choices}
"""The options that are one of a few words."""


@described
@dataclass(frozen=True, slots=True)
class LookupOptions(DeclaredLookupOptions):
    """How a lookup treats its rows.

    Raises:
        InterfaceError: An option has a value that it cannot have, or two of them do not go together.

    >>> LookupOptions(on_error="ignore").adds_call_columns
    True
    """

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value not in choices and (value is not None or DECLARED[name].default is not None):
                raise InterfaceError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        if isinstance(self.fields, str):
            raise InterfaceError(f"fields must be a list of names, not the text {self.fields!r}")
        for name in ("concurrency", "read_ahead"):
            least, value = DECLARED[name].about.least, getattr(self, name)
            if value is not None and least is not None and value < least:
                raise InterfaceError(f"{name} must be at least {least}, not {value}")
        if self.journal is None and (self.reuse or self.retry_failed):
            raise InterfaceError("reuse and retry_failed go by a journal; name its file with journal (--journal FILE)")
        if not self.keep_empty and self.many != "expand":
            raise InterfaceError(
                "keep_empty=False (--drop-empty) goes with many='expand' (--many expand); with many='nest' the list of "
                "a row without results is empty"
            )
        SpendingLimits.among(self)
        self._check_batch()
        if self.conversation is not None and self.batch:
            raise InterfaceError(
                "the turns of a conversation wait for each other, and the calls of a batch go at once: take "
                "conversation (--conversation) or batch (--batch)"
            )

    def _check_batch(self) -> None:
        if self.batch and self.journal is None:
            raise InterfaceError(
                "a batch needs a journal, by which it is found again and its answers are kept; name a file with "
                "journal (--journal FILE)"
            )
        if self.batch and self.receive == "stream":
            raise InterfaceError(
                "receive='stream' has answers come in pieces, and those of a batch come whole: take one"
            )
        if self.batch and self.on_incomplete == "retry":
            raise InterfaceError("on_incomplete='retry' asks again at once, which a batch cannot: take another")
        if not self.wait and not self.batch:
            raise InterfaceError("wait=False (--no-wait) goes with batch (--batch); other calls are answered at once")

    @property
    def shares_calls(self) -> bool:
        """Whether equal calls share one request; those of conversations do not."""
        return self.dedupe and self.conversation is None

    @property
    def spending(self) -> SpendingLimits:
        """The limits of the budget."""
        return SpendingLimits.among(self)

    @property
    def keeps_columns(self) -> bool:
        """Whether the columns of the input stay as they are, beside those that are added."""
        return not self.columns and self.call_columns != "replace"

    @property
    def adds_call_columns(self) -> bool:
        """Whether ``rows`` gets the ``Call_*`` columns."""
        return self.on_error == "ignore" if self.call_columns is None else bool(self.call_columns)
