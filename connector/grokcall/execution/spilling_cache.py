"""What the calls of a registration were answered: in memory as far as it is little, on the disk from there on.

DuckDB may evaluate a call more than once: a view is used twice, a relation is shown and then fetched, a PIVOT reads its
input for the columns and again for the rows. Whatever it does, an answer that was paid for is found here.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

from grokcall.core.outcome import Outcome
from grokcall.errors import InternalError
from grokcall.execution.answer_cache import repeated
from grokcall.journal.codec import Packed, is_plain, packed, recalled, unpacked

IN_MEMORY = 32 * 1024 * 1024
"""Bytes of answers that stay in memory, about; more than these are moved to the disk, half of them at a time."""
TABLES = """
CREATE TABLE answers (fingerprint BLOB PRIMARY KEY, answer BLOB) WITHOUT ROWID;
CREATE TABLE media (digest BLOB PRIMARY KEY, content BLOB);
"""


class SpillingAnswerCache:
    """Answers by fingerprint, for as long as it lives.

    Args:
        in_memory: Bytes of answers that stay in memory, about.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        # Packed: the collector would walk the values of every row again and again.
        self._recent: dict[bytes, Packed] = {}
        self._unpacked: dict[bytes, Outcome] = {}
        self._held = 0
        self._disk: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def get(self, key: bytes) -> Outcome | None:
        """The answer for one more equal call; None when there is none."""
        with self._lock:
            recent = self._recent.get(key)
            if recent is not None:
                return outcome_of(recent.answer, recent.files.__getitem__)
            known = self._unpacked.get(key)
            return repeated(known) if known is not None else self._on_disk(key)

    def add(self, key: bytes, outcome: Outcome) -> None:
        """Keeps an answer that was paid for; what is free, such as the list of models, is asked for anew."""
        if not outcome.billed:
            return
        try:
            made = packed(outcome, plain=is_plain(outcome))
        except InternalError:
            self._unpacked[key] = outcome  # of a type that cannot be written
            return
        with self._lock:
            self._recent[key] = made
            self._held += weight(made)
            if self._held > self._in_memory:
                self._move_half()

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._recent.clear()
            self._unpacked.clear()
            self._held = 0
            if self._disk is not None:
                self._disk.close()
                self._disk = None

    def _on_disk(self, key: bytes) -> Outcome | None:
        if self._disk is None:
            return None
        row = self._disk.execute("SELECT answer FROM answers WHERE fingerprint = ?", (key,)).fetchone()
        return None if row is None else outcome_of(row[0], self._media)

    def _media(self, digest: bytes) -> bytes:
        assert self._disk is not None
        content: bytes = self._disk.execute("SELECT content FROM media WHERE digest = ?", (digest,)).fetchone()[0]
        return content

    def _move_half(self) -> None:
        """Moves the older half to the disk."""
        if self._disk is None:
            # A file without a name: SQLite puts it among the temporary files and removes it at the end.
            self._disk = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            self._disk.executescript(TABLES)
        moved = {key: self._recent.pop(key) for key in list(self._recent)[: (len(self._recent) + 1) // 2]}
        self._held -= sum(map(weight, moved.values()))
        media = [item for made in moved.values() for item in made.files.items()]
        self._disk.execute("BEGIN")
        self._disk.executemany(
            "INSERT OR REPLACE INTO answers VALUES (?, ?)", [(key, made.answer) for key, made in moved.items()]
        )
        self._disk.executemany("INSERT OR REPLACE INTO media VALUES (?, ?)", media)
        self._disk.execute("COMMIT")


def weight(made: Packed) -> int:
    """How many bytes an answer holds, about."""
    return len(made.answer) + sum(map(len, made.files.values()))


def outcome_of(answer: bytes | bytearray, load: Callable[[bytes], bytes]) -> Outcome:
    """A packed answer as the outcome of one more equal call."""
    return recalled(unpacked(answer, load), ok=True, cost_ticks=None, attempts=0)
