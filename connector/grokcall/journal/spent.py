"""What the calls of a run have cost, as far as its journal knows."""

from __future__ import annotations

from dataclasses import dataclass

from grokcall.journal.reader import Records

SPENT = """
SELECT sum(calls), sum(high), sum(low), sum(tokens) FROM (
    SELECT ifnull(sum(tries), 0) AS calls, ifnull(sum(cost_ticks >> 32), 0) AS high,
        ifnull(sum(ifnull(cost_ticks & 0xffffffff, 0) + ifnull(bound_ticks, 0)), 0) AS low,
        ifnull(sum(ifnull(tokens, 0) + ifnull(bound_tokens, 0)), 0) AS tokens FROM calls WHERE run = :run
    UNION ALL SELECT count(*), 0, ifnull(sum(ticks), 0), ifnull(sum(tokens), 0) FROM intents WHERE run = :run
    UNION ALL SELECT count(*) FILTER (WHERE ticks > 0), 0, ifnull(sum(ticks), 0), ifnull(sum(tokens), 0) FROM memos
        WHERE run = :run
)
"""
UNKNOWN_TRIES = """
SELECT fingerprint, ordinal, sum(requests) FROM (
    SELECT fingerprint, ordinal, unpriced AS requests FROM calls
        WHERE run = :run AND unpriced > 0 AND bound_ticks IS NULL
    UNION ALL SELECT fingerprint, ordinal, 1 FROM intents WHERE run = :run AND ticks IS NULL
) GROUP BY fingerprint, ordinal
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of a run have cost so far; a request without a price counts with what was reserved for it.

    Args:
        calls: Calls that were or may have been billed, each try of them.
        ticks: What they cost.
        tokens: What they read and wrote, as far as their tries had a budget.
        unknown: Calls with requests of which neither the price nor a reserve is known, and how many each has.
    """

    calls: int
    ticks: int
    tokens: int
    unknown: tuple[tuple[tuple[bytes, int], int], ...]


def spent_by(records: Records, run: int) -> Spent:
    """What the calls of a run have cost so far, in all its processes; those in doubt are among them."""
    records.flush()
    ((calls, high, low, tokens),) = records.rows(SPENT, {"run": run})
    unknown = records.rows(UNKNOWN_TRIES, {"run": run})
    counts = tuple(((print_, ordinal), count) for print_, ordinal, count in unknown)
    return Spent(calls, (high << 32) + low, tokens, counts)
