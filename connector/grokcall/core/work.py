"""What is run once, and waited for in one of two ways."""

from __future__ import annotations

from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Work(Protocol[T_co]):
    """Something that is run once: by a thread that waits for it, or by a task that awaits it."""

    def outcome(self) -> T_co:
        """What comes of it; an interrupt of the thread has it stopped."""
        ...

    async def aoutcome(self) -> T_co:
        """The same, awaited from any event loop; a cancel of the task has it stopped."""
        ...

    def cancel(self, patience: float) -> None:
        """Has it stopped from another thread or task, with a :class:`grokcall.StoppedError` for whoever waits.

        Args:
            patience: Seconds that answers of calls in flight are waited for, since they may have been paid for.
        """
        ...
