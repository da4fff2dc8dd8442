"""What a call leaves behind, from which follows what may be sent again, shared, kept, and what needs consent."""

from __future__ import annotations

import enum


class Effect(enum.StrEnum):
    """What a call leaves behind at the service."""

    READ = "read"
    """Nothing, and it costs nothing: it may be sent again at any time, and is asked anew each time."""
    ASK = "ask"
    """Nothing that matters, but its answer costs money: it is kept, and not paid for twice."""
    MAKE = "make"
    """Something new that stays: a file, a batch, a voice."""
    CHANGE = "change"
    """Something that was there is another afterwards."""
    REMOVE = "remove"
    """Something that was there is gone."""

    @property
    def leaves_all_as_it_is(self) -> bool:
        """Whether nothing at the service is made, changed or removed."""
        return self in (Effect.READ, Effect.ASK)

    @property
    def needs_consent(self) -> bool:
        """Whether many such calls, made by a lookup or a query, must have been allowed."""
        return self in (Effect.CHANGE, Effect.REMOVE)

    @property
    def told(self) -> str:
        """What it means, in words for a page.

        >>> Effect.REMOVE.told
        'removes something at the service'
        """
        return TOLD[self]


TOLD = {
    Effect.READ: "costs nothing and changes nothing",
    Effect.ASK: "costs money and changes nothing",
    Effect.MAKE: "makes something that stays at the service",
    Effect.CHANGE: "changes something at the service",
    Effect.REMOVE: "removes something at the service",
}
