"""What lasts of a call: after a stop what its billed starts began, and its rounds, are not paid for again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from grokcall.core.outcome import Outcome
from grokcall_procedures import Kind, Reply, Request
from grokcall_procedures.documents import cost_in


@dataclass(frozen=True, slots=True)
class ResumeState:
    """What is remembered of a call that was started earlier, and how more of it is remembered.

    Args:
        replies: The replies to its billed starts, and what its tools gave, in order.
        remember: Keeps one, by its number from 0; and whether it counts with a price, its own or what was reserved.
        forget: Keeps none of them any more.
        is_priced: Whether what these starts cost is on record, so that no reply tells it anew.
    """

    replies: list[bytes]
    remember: Callable[[int, bytes, bool], Awaitable[None]]
    forget: Callable[[], Awaitable[None]]
    is_priced: bool = False


class Starts:
    """The billed starts of one call: those that are remembered are not sent again, and new ones are remembered.

    A reply is remembered when the steps go on to look for, or to fetch, what was paid for. One that is the answer
    itself is not: it is on record as such. What can be read once is remembered as well; where it tells the price, its
    start counts with none any more.

    Args:
        memory: What is remembered of the call; None where nothing is.
    """

    __slots__ = ("_memory", "_new", "_number", "_unpriced")

    def __init__(self, memory: ResumeState | None) -> None:
        self._memory = memory
        self._number = 0
        self._new: list[tuple[bytes, bool]] = []
        """Replies, and whether each is one that a look gave."""
        self._unpriced: tuple[int, bytes] | None = None
        """The last start whose reply tells no price, by its number."""

    def recalled(self, step: Request, outcome: Outcome) -> Reply | None:
        """The reply to the next start, if it is remembered."""
        memory = self._memory
        if memory is None or self._number >= len(memory.replies):
            return None
        body, number = memory.replies[self._number], self._number
        self._number += 1
        if memory.is_priced or cost_in(body) is not None:  # a price that a reply tells is kept with it
            if step.billed or is_look(step):
                outcome.add_cost(0)
        elif step.billed:
            outcome.billed = True  # the start was; a reply that tells what it cost has nobody counted yet
            self._unpriced = number, body
        return Reply(200, {}, body)

    def recalled_outputs(self) -> Reply | None:
        """What the next tools gave, if it is remembered."""
        memory = self._memory
        if memory is None or self._number >= len(memory.replies):
            return None
        self._number += 1
        return Reply(200, {}, memory.replies[self._number - 1])

    async def gave(self, outputs: Reply) -> None:
        """Remembers what tools gave: they are not run again."""
        if self._memory is not None:
            await self.goes_on()
            await self._memory.remember(self._number, outputs.body, False)
            self._number += 1

    def took(self, step: Request, reply: Reply) -> None:
        """Takes note of the reply to a start, or to a look that cannot be repeated."""
        if self._memory is not None:
            self._new.append((reply.body, is_look(step)))

    async def undone(self) -> None:
        """Remembers no start of the call any more, because what they began is removed: a rerun begins anew."""
        self._new, self._unpriced = [], None
        if self._memory is not None and self._number:
            self._number = 0
            self._memory.replies.clear()
            await self._memory.forget()

    async def goes_on(self) -> None:
        """Remembers the new replies, because what they began is not had yet."""
        new, self._new = self._new, []
        for body, of_look in new:
            assert self._memory is not None
            is_told = cost_in(body) is not None
            await self._memory.remember(self._number, body, is_told or not of_look)
            if of_look and is_told and self._unpriced is not None:
                await self._memory.remember(*self._unpriced, False)  # its price stands with the look
            if is_told:
                self._unpriced = None
            elif not of_look:
                self._unpriced = self._number, body
            self._number += 1


def is_look(step: Request) -> bool:
    """Whether a request looks for what was begun, and can be answered once only."""
    return step.lasting and step.kind is Kind.POLL
