"""The sliding window with random rows, delays, failures and limits: nothing lost, nothing twice, nothing out of order.

A runner of the test's own stands in for the engine, so that thousands of passes take no sockets and no time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import DataError, OperationalError
from grokcall.scheduling.admission import Gate
from grokcall.scheduling.chunks import Chunk
from grokcall.scheduling.row_scheduler import RowLimits, RowScheduler
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, BoundCall, Settings

PATIENCE = 60
"""Seconds after which a pass counts as stuck."""

BINDER = Binder(parse_call("CALL GenerateResponse(:Message)"), CATALOG["GenerateResponse"], Settings())


@dataclass
class Plan:
    """What one pass is made of: for each row how many turns of the loop its call takes, and how it goes."""

    chunks: list[list[tuple[int, str]]]
    workers: int
    limit: int
    read_ahead: int
    payload: int

    @property
    def rows(self) -> list[tuple[int, str]]:
        return [row for chunk in self.chunks for row in chunk]


ROW = st.tuples(st.integers(0, 6), st.sampled_from(["ok", "ok", "ok", "error", "unfit", "retry", "large"]))
PLAN = st.builds(
    Plan,
    chunks=st.lists(st.lists(ROW, min_size=0, max_size=7), max_size=8),
    workers=st.integers(1, 5),
    limit=st.integers(1, 5),
    read_ahead=st.integers(1, 12),
    payload=st.sampled_from([0, 50, 10**9]),
)


@dataclass
class Runner:
    """Runs calls as a plan says, and notes which ran and how many at a time."""

    plan: Plan
    gate: Gate
    ran: list[int] = field(default_factory=list)
    in_flight: int = 0
    peak: int = 0

    async def run(self, call: BoundCall) -> Outcome:
        number = int(str(call.values["Message"]))
        turns, kind = self.plan.rows[number]
        outcome = Outcome()
        async with self.gate.admitted():
            self.enter()
            try:
                self.ran.append(number)
                if kind == "retry":
                    self.in_flight -= 1
                    try:
                        async with self.gate.stepped_aside():
                            await pause(turns)
                    finally:
                        self.enter()
                await pause(turns)
                if kind == "error":
                    outcome.status, outcome.error = CallStatus.ERROR, OperationalError(f"row {number}")
                else:
                    outcome.rows = [(str(number) * (40 if kind == "large" else 1),)]
            finally:
                self.in_flight -= 1
        return outcome

    def enter(self) -> None:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)


async def pause(turns: int) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


@dataclass
class Pass:
    """One pass over a plan's rows."""

    plan: Plan
    fails_at_chunk: int | None = None
    fatal_row: int | None = None
    read: int = 0
    most_held: int = 0
    given: int = 0

    async def make(self) -> None:
        self.runner = Runner(self.plan, Gate(self.plan.limit))
        limits = RowLimits(self.plan.workers, self.plan.read_ahead, self.plan.payload)
        self.window: RowScheduler[int] = RowScheduler(self.runner, self.bind, self.chunks(), limits, self.settle)
        self.settled: list[int] = []
        self.window.start()

    def chunks(self) -> Iterator[Chunk[int]]:
        number = 0
        for index, rows in enumerate(self.plan.chunks):
            if index == self.fails_at_chunk:
                raise OperationalError("the source failed")
            self.read += len(rows)
            self.most_held = max(self.most_held, self.read - self.given)
            yield Chunk(index, [(number + place,) for place in range(len(rows))])
            number += len(rows)

    def bind(self, row: Any) -> BoundCall:
        number = row[0]
        if self.plan.rows[number][1] == "unfit":
            raise DataError(f"row {number} does not fit")
        return BINDER.bind_row([str(number)])

    def settle(self, outcome: Outcome, row: int) -> BaseException | None:
        self.settled.append(row)
        return OperationalError("enough") if row == self.fatal_row else None

    async def collect(self) -> tuple[list[tuple[int, list[Outcome | None]]], BaseException | None]:
        """The chunks that were given back, and what ended the pass."""
        given = []
        try:
            while (chunk := await self.window.next_chunk()) is not None:
                self.given += len(chunk.rows)
                given.append((chunk.context, chunk.outcomes))
        except OperationalError as error:
            return given, error
        return given, None


def check_what_came(made: Pass, given: list[tuple[int, list[Outcome | None]]]) -> None:
    """Chunks are in order and complete in number; each row has the outcome that its plan says, or none."""
    assert [index for index, _ in given] == list(range(len(given)))
    number = 0
    for index, outcomes in given:
        assert len(outcomes) == len(made.plan.chunks[index])
        for outcome in outcomes:
            kind = made.plan.rows[number][1]
            if outcome is not None:
                assert (outcome.error is not None) is (kind in ("error", "unfit"))
                if outcome.rows:
                    assert outcome.rows[0][0].startswith(str(number))
            number += 1
    assert len(made.runner.ran) == len(set(made.runner.ran))
    assert len(made.settled) == len(set(made.settled))
    assert made.runner.peak <= made.plan.limit
    assert made.runner.in_flight == 0
    assert made.runner.gate.on_vacancy == set()


@settings(max_examples=300, deadline=None)
@given(PLAN)
def test_every_row_comes_once_and_in_order(plan):
    async def main():
        made = Pass(plan)
        await made.make()
        return made, await asyncio.wait_for(made.collect(), PATIENCE)

    made, (given, error) = asyncio.run(main())
    assert error is None
    assert len(given) == len(plan.chunks)
    check_what_came(made, given)
    assert None not in [outcome for _, outcomes in given for outcome in outcomes]
    assert sorted(made.settled) == list(range(len(plan.rows)))
    largest = max(map(len, plan.chunks), default=0)
    assert made.most_held <= plan.read_ahead - 1 + largest


@settings(max_examples=200, deadline=None)
@given(PLAN, st.integers(0, 8))
@example(Plan([[]], workers=2, limit=1, read_ahead=1, payload=0), 0)
def test_a_failing_source_keeps_what_was_answered_before(plan, at):
    async def main():
        made = Pass(plan, fails_at_chunk=at)
        await made.make()
        return made, await asyncio.wait_for(made.collect(), PATIENCE)

    made, (given, error) = asyncio.run(main())
    assert (str(error) if error else None) == ("the source failed" if at < len(plan.chunks) else None)
    check_what_came(made, given)
    answered = [row for row, outcome in enumerate(o for _, outcomes in given for o in outcomes) if outcome is not None]
    assert answered == sorted(made.settled)


@settings(max_examples=200, deadline=None)
@given(PLAN, st.integers(0, 40))
@example(Plan([[(0, "retry")]], workers=1, limit=1, read_ahead=1, payload=0), 0)
def test_a_row_that_ends_the_pass_loses_no_other(plan, fatal):
    async def main():
        made = Pass(plan, fatal_row=fatal)
        await made.make()
        return made, await asyncio.wait_for(made.collect(), PATIENCE)

    made, (given, error) = asyncio.run(main())
    assert (str(error) if error else None) == ("enough" if fatal < len(plan.rows) else None)
    check_what_came(made, given)
    answered = [row for row, outcome in enumerate(o for _, outcomes in given for o in outcomes) if outcome is not None]
    assert answered == sorted(made.settled)


@settings(max_examples=200, deadline=None)
@given(PLAN, st.integers(0, 60))
def test_stopping_at_any_moment_gives_what_has_ended(plan, turns):
    async def main():
        made = Pass(plan)
        await made.make()
        await pause(turns)
        await asyncio.wait_for(made.window.stop(OperationalError("stopped")), PATIENCE)
        return made, await asyncio.wait_for(made.collect(), PATIENCE)

    made, (given, error) = asyncio.run(main())
    assert str(error) in ("stopped", "None")
    check_what_came(made, given)
    answered = [row for row, outcome in enumerate(o for _, outcomes in given for o in outcomes) if outcome is not None]
    assert answered == sorted(made.settled)
