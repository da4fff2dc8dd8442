"""Which calls of a run have their outcome: a map of numbers that takes sixteen bytes a call.

An index in the database would do as well, but its leaves are hit at random: for each call a page would have to be
written anew, which costs more than everything else that a journal does.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

RECENT = 1 << 16
"""Entries that are kept in a dictionary before they join the sorted arrays."""


def key_of(fingerprint: bytes, ordinal: int) -> int:
    """A number of 64 bits for a call, good within this process; the same for two calls only by a rare accident."""
    return hash((fingerprint, ordinal))


class CallIndex:
    """A map from 64-bit numbers to 64-bit numbers; what is set last counts.

    One thread at a time may change it; any may read it meanwhile.
    """

    def __init__(self) -> None:
        self._recent: dict[int, int] = {}
        self._sorted: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] = np.empty(0, np.int64), np.empty(0, np.int64)

    def get(self, key: int) -> int | None:
        """The value of ``key``; None when it has none."""
        value = self._recent.get(key)
        keys, values = self._sorted
        if value is not None or not len(keys):
            return value
        place = int(keys.searchsorted(np.int64(key)))
        if place < len(keys) and keys[place] == key:
            return int(values[place])
        return None

    def set(self, key: int, value: int) -> None:
        """Gives ``key`` a value."""
        self._recent[key] = value
        if len(self._recent) >= RECENT:
            self._merge()

    def update(self, entries: Mapping[int, int]) -> None:
        """Gives many keys their values."""
        self._recent.update(entries)
        if len(self._recent) >= RECENT:
            self._merge()

    def _merge(self) -> None:
        count = len(self._recent)
        keys = np.concatenate([self._sorted[0], np.fromiter(self._recent.keys(), np.int64, count)])
        values = np.concatenate([self._sorted[1], np.fromiter(self._recent.values(), np.int64, count)])
        order = np.argsort(keys, kind="stable")
        keys, values = keys[order], values[order]
        last = np.append(keys[1:] != keys[:-1], True)
        self._sorted = keys[last], values[last]  # before the others go, for whoever reads finds them here or there
        self._recent = {}
