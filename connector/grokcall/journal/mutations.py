"""What can be changed in a journal, each kind with its number in the tail and its statement for the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeAlias

Values: TypeAlias = Sequence[Any]
Change: TypeAlias = tuple[int, Values]
"""A kind and the values of its statement.

What is written for every row has its bytes in a bytearray, a number for a truth, and an empty text for none: these
sqlite3 takes as they are. For bytes, True and None it looks for adapters, which takes longer than to insert the row.
"""

UNKNOWN = -1
"""Stands for what nobody knows, where nothing is below 0."""

# The numbers stand in files: they are never given to anything else. 1, 3, 6 and 8 were those of layouts 1 and 2.
CLOSE_INTENT, ANSWER, FILE, REPLACE, FORGET, TAKE_BATCHED = 2, 4, 5, 7, 9, 10
INTEND, RECORD, ADD_COST, REMEMBER, COUNT_MEMO = range(11, 16)
OF_EARLIER_LAYOUTS: Mapping[int, tuple[int, Callable[[Values], Values]]] = {
    1: (INTEND, lambda values: (*values, UNKNOWN, UNKNOWN)),
    3: (RECORD, lambda values: (*values, 1, int(bool(values[5]) and values[7] is None), UNKNOWN, UNKNOWN, UNKNOWN)),
    6: (ADD_COST, lambda values: (*values[:4], 1, 0, 0, 0, UNKNOWN, UNKNOWN, values[4])),
    8: (REMEMBER, lambda values: (*values, 0, 0)),
}
"""The changes that a process of an earlier version may have left in a tail, and how they are written now."""

STATEMENTS = {
    INTEND: (
        "INSERT INTO intents (id, run, session, fingerprint, ordinal, at, ticks, tokens)"
        " VALUES (?, ?, ?, ?, ?, ?, nullif(?, -1), nullif(?, -1))"
    ),
    CLOSE_INTENT: "DELETE FROM intents WHERE id = ?",
    RECORD: (
        "INSERT INTO calls (id, run, session, fingerprint, ordinal, ok, error_code, cost_ticks, attempts, at,"
        " tries, unpriced, bound_ticks, bound_tokens, tokens)"
        " VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?, ?, ?, ?, nullif(?, -1), nullif(?, -1), nullif(?, -1))"
    ),
    ANSWER: "INSERT OR REPLACE INTO answers (id, answer) VALUES (?, ?)",
    FILE: "INSERT OR IGNORE INTO files (call, digest) VALUES (?, ?)",
    ADD_COST: (
        "UPDATE calls SET session = ?, attempts = attempts + ?, cost_ticks ="
        " CASE WHEN ? IS NULL THEN cost_ticks ELSE ifnull(cost_ticks, 0) + ? END, tries = tries + ?,"
        " unpriced = max(unpriced + ?, 0), bound_ticks = max(bound_ticks + ?, 0),"
        " bound_tokens = max(bound_tokens + ?, 0), tokens = CASE WHEN ? = -1 THEN tokens"
        " ELSE ifnull(tokens, 0) + ? END WHERE id = ?"
    ),
    REPLACE: "UPDATE calls SET ok = ?, error_code = nullif(?, ''), at = ? WHERE id = ?",
    REMEMBER: (
        "INSERT OR REPLACE INTO memos (run, fingerprint, ordinal, step, reply, ticks, tokens)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    ),
    COUNT_MEMO: "UPDATE memos SET ticks = 0, tokens = 0 WHERE run = ? AND fingerprint = ? AND ordinal = ?",
    FORGET: "DELETE FROM memos WHERE run = ? AND fingerprint = ? AND ordinal = ?",
    TAKE_BATCHED: "UPDATE batch_calls SET taken = 1 WHERE batch = ? AND fingerprint = ? AND ordinal = ?",
}
MANY = 256
"""Rows that one statement brings in where there are as many, and where SQLite takes so many values."""


@dataclass(slots=True)
class Group:
    """What one transaction will bring into the database."""

    number: int = 0
    """The number of the last entry."""
    count: int = 0
    intents: dict[int, Values] = field(default_factory=dict)
    calls: dict[int, Values] = field(default_factory=dict)
    """New calls by their ids."""
    answers: dict[int, Values] = field(default_factory=dict)
    closed: list[Values] = field(default_factory=list)
    in_order: list[Change] = field(default_factory=list)
    """What is rare, and has to be done in the order in which it came."""
    updated: set[int] = field(default_factory=set)
    """The ids of calls that are among those."""
    _new: dict[int, dict[int, Values]] = field(init=False)
    """New rows by the kinds that bring them."""

    def __post_init__(self) -> None:
        self._new = {INTEND: self.intents, RECORD: self.calls, ANSWER: self.answers}

    def take(self, number: int, changes: Iterable[Change]) -> int:
        """Adds the changes of an entry; gives the number of entries so far."""
        self.number = number
        self.count += 1
        for kind, values in changes:
            if kind in OF_EARLIER_LAYOUTS:
                kind, translated = OF_EARLIER_LAYOUTS[kind]
                values = translated(values)
            if kind in self._new:
                self._new[kind][values[0]] = values
            elif kind == CLOSE_INTENT:
                # One that came and went with this group need never be known to the database.
                if self.intents.pop(values[0], None) is None:
                    self.closed.append(values)
            else:
                self.in_order.append((kind, values))
                if kind in (ADD_COST, REPLACE):
                    self.updated.add(values[-1])
        return self.count

    def apply(self, connection: sqlite3.Connection) -> None:
        """Brings the group into the database; for use inside a transaction."""
        for kind, rows in self._new.items():
            insert(connection, STATEMENTS[kind], rows.values())
        connection.executemany(STATEMENTS[CLOSE_INTENT], self.closed)
        for kind, values in self.in_order:
            connection.execute(STATEMENTS[kind], values)
        connection.execute("UPDATE tail SET absorbed = ?", (self.number,))


def insert(connection: sqlite3.Connection, statement: str, rows: Collection[Values]) -> None:
    """Inserts rows, most of them many at a time.

    Python gives up its lock at every statement and has to win it back from a busy event loop: with a statement for
    each row that takes more CPU, in both threads, than SQLite's own work.
    """
    left = list(rows)
    head, _, marks = statement.partition(" VALUES ")
    many = min(MANY, connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER) // marks.count("?"))
    whole = len(left) - len(left) % many
    if whole:
        longer = f"{head} VALUES {', '.join([marks] * many)}"
        for start in range(0, whole, many):
            connection.execute(longer, tuple(chain.from_iterable(left[start : start + many])))
    connection.executemany(statement, left[whole:])
