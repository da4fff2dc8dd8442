"""What is known of a batch that is being filled: what it has, and whether its list of that can be believed.

Lists and counts lag behind what was added: what they do not show yet is neither added again nor struck.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from grokcall.client.batch_api import BatchRequest, BatchService, request_id
from grokcall.errors import OperationalError, ServiceError
from grokcall.journal.batches import Key

MOST_LOOKS = 5
"""How often a list that lags behind its count is read."""
SETTLING = 10.0
"""Seconds after something was added in which lists and counts may not know of it yet."""
ALREADY_THERE = re.compile(r"already|duplicate|unique|\bexists\b", re.IGNORECASE)
"""What the service says of requests that a batch has."""


@dataclass(slots=True)
class Filling:
    """What is known of a batch that is being filled.

    Args:
        batch_id: What the service calls it.
        added: The ids of the requests that it took from this process.
        settled: When a list that lacks something is believed, on the monotonic clock.
        in_doubt: Whether it may have requests of which nobody here knows that it took them.
        is_over: Whether it takes no more.
    """

    batch_id: str
    added: set[str] = field(default_factory=set)
    settled: float = -math.inf
    in_doubt: bool = False
    is_over: bool = False

    def took(self, part: Sequence[BatchRequest]) -> None:
        """Takes note of requests that it took."""
        self.added.update(request_id(item.key) for item in part)
        self.settled = time.monotonic() + SETTLING

    def doubt(self) -> None:
        """Takes note of requests that it may have taken."""
        self.in_doubt = True
        self.settled = time.monotonic() + SETTLING

    def is_sure(self, present: set[str]) -> bool:
        """Whether a list shows all that there is: it has what was added last, or has had the time to."""
        return time.monotonic() >= self.settled or (bool(self.added) and not self.in_doubt and self.added <= present)

    async def lacking(self, service: BatchService, keys: Sequence[Key], pause: float) -> list[Key]:
        """The calls that the batch does not have, once its list can be believed.

        Args:
            service: The batch interface.
            keys: The calls.
            pause: Seconds between two looks.

        Raises:
            OperationalError: It does not come up to its count, so that adding more could be adding twice.
        """
        looks = 0
        while True:
            counted = (await service.retrieve(self.batch_id)).requests or 0
            present = await service.requests(self.batch_id)
            lacking = [key for key in keys if request_id(key) not in present]
            if not lacking or (len(present) >= counted and self.is_sure(present)):
                return lacking
            looks += 1
            if looks >= MOST_LOOKS and time.monotonic() >= self.settled:
                raise OperationalError(
                    f"the service counts {counted:,} requests in the batch {self.batch_id} and lists "
                    f"{len(present):,}; run the same command again later"
                )
            await asyncio.sleep(pause)


def says_already_there(error: ServiceError) -> bool:
    """Whether requests are refused because the batch has them.

    >>> says_already_there(grokcall.InvalidRequestError("Duplicate batch_request_id", status=400))
    True
    """
    told = f"{error.code or ''} {error.message}"
    return error.status in (200, 400, 409, 422) and ALREADY_THERE.search(told) is not None
