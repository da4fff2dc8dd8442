"""How many tokens an answer took, whichever interface it came through."""

from __future__ import annotations

from grokcall_procedures.definition import Procedure
from grokcall_procedures.steps import Row

COUNTS = (
    ("Response_UsageTotalTokens",),
    ("Completion_UsageTotalTokens",),
    ("Message_UsageInputTokens", "Message_UsageOutputTokens"),
)
"""The fields that tell it together, for each interface."""


def tokens_used(procedure: Procedure, row: Row) -> int | None:
    """Tokens that a procedure's answer read and wrote; None where it does not say.

    >>> from grokcall_procedures import CATALOG
    >>> procedure = CATALOG["CreateMessage"]
    >>> tokens_used(procedure, tuple(range(len(procedure.fields))))
    17
    """
    for names in COUNTS:
        indexes = [procedure.places.get(name, -1) for name in names]
        if min(indexes) >= 0:
            counts = [value for index in indexes if isinstance(value := row[index], int)]
            return sum(counts) if len(counts) == len(names) else None
    return None
