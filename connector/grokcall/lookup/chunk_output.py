"""What is given out for a chunk of the input: pairs of batches, several where its calls gave many rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import pyarrow as pa

from grokcall.core.outcome import Outcome
from grokcall.core.result_columns import CALL_SCHEMA, call_arrays
from grokcall.lookup.plan import LookupPlan
from grokcall.lookup.results import Pair
from grokcall.scheduling.chunks import Chunk

PART_ROWS = 8192
"""Result rows of one batch, at most, where a call gave more than one."""
PART_BYTES = 32 << 20
"""About how many bytes such a batch has, unless a few rows have more."""
LEAST_ROWS = 8
"""Rows that a batch may have whatever their size."""


class ChunkOutput(Iterator[Pair]):
    """Pairs of output rows and failed rows; the failed ones are in the first pair.

    A pair counts as given once it is made: whoever is interrupted before that asks for it again.

    Args:
        plan: The lookup's plan.
        chunk: Rows and what became of each. Rows that were not reached are given out nowhere.
        most: Result rows of one batch; None for as many as their size allows.
    """

    def __init__(self, plan: LookupPlan, chunk: Chunk[pa.RecordBatch], most: int | None = None) -> None:
        keeps_failed = plan.options.on_error == "ignore"
        known = [(index, outcome) for index, outcome in enumerate(chunk.outcomes) if outcome is not None]
        kept = [place for place in known if keeps_failed or place[1].error is None]
        self._plan = plan
        self._batch = chunk.context
        self._failed = [] if keeps_failed else [place for place in known if place[1].error is not None]
        self._indexes = [index for index, _ in kept]
        self._outcomes = [outcome for _, outcome in kept]
        self._cuts = plan.layout.cuts(self._outcomes, most or self._most(chunk))
        self._given = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Pair:
        if self._given == len(self._cuts):
            raise StopIteration
        pair = self._rows(self._given), self._errors([] if self._given else self._failed)
        self._given += 1
        return pair

    def _most(self, chunk: Chunk[pa.RecordBatch]) -> int:
        """How many result rows a batch may have: few where those of the input, which are repeated, are large."""
        results = sum(len(outcome.rows or ()) for outcome in self._outcomes)
        row_bytes = self._batch.nbytes + chunk.payload // max(results, 1)
        return min(PART_ROWS, max(LEAST_ROWS, PART_BYTES // max(row_bytes, 1)))

    def _rows(self, part: int) -> pa.RecordBatch:
        plan = self._plan
        places, columns = plan.layout.columns(self._outcomes, self._cuts[part])
        batch = taken(self._batch, [self._indexes[place] for place in places])
        if plan.options.adds_call_columns:
            columns += called(self._outcomes, places)
        return pa.RecordBatch.from_arrays([*map(batch.column, plan.passed), *columns], schema=plan.schema)

    def _errors(self, failed: Sequence[tuple[int, Outcome]]) -> pa.RecordBatch:
        batch = taken(self._batch, [index for index, _ in failed])
        kept = [batch.column(index) for index, name in enumerate(batch.schema.names) if name not in CALL_SCHEMA.names]
        return pa.RecordBatch.from_arrays(
            [*kept, *call_arrays([outcome for _, outcome in failed])], schema=self._plan.error_schema
        )


def taken(batch: pa.RecordBatch, indexes: list[int]) -> pa.RecordBatch:
    """The rows of these indexes, in their order; the batch itself where they are all of its rows."""
    if len(indexes) == batch.num_rows and indexes == list(range(batch.num_rows)):
        return batch
    return batch.take(pa.array(indexes, pa.int32()))


def called(outcomes: Sequence[Outcome], places: Sequence[int]) -> list[pa.Array[Any]]:
    """The ``Call_*`` columns of the outcomes of these indexes, in rising order; each is looked at once."""
    first, end = (places[0], places[-1] + 1) if places else (0, 0)
    arrays = call_arrays(outcomes[first:end])
    if len(places) == end - first and len(set(places)) == len(places):
        return arrays
    repeated = pa.array([place - first for place in places], pa.int32())
    return [array.take(repeated) for array in arrays]
