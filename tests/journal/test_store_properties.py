"""Whatever is done in whatever order, with reopening in between, the journal says what a dictionary would."""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import ContentRefusedError, ReadTimeoutError
from grokcall.journal import Journal

CALLS = st.tuples(st.sampled_from([bytes([n]) * 16 for n in range(4)]), st.integers(0, 2))
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text()
    | st.binary(max_size=40)
    | st.decimals()
    | st.floats()
)
ROWS = st.lists(VALUES, max_size=5).map(tuple)
COSTS = st.none() | st.integers(0, 10**12)


@dataclass
class Model:
    """One run as a dictionary would have it."""

    good: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)
    ticks: dict = field(default_factory=dict)
    attempts: int = 0
    open: set = field(default_factory=set)
    doubts: list = field(default_factory=list)
    memos: dict = field(default_factory=dict)
    state: str = "running"


def same(left: object, right: object) -> bool:
    return repr(left) == repr(right)


class JournalMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.journal = Journal(self.folder / "run.journal")
        self.models: dict[str, Model] = {}
        self.loop = asyncio.new_event_loop()
        self.begin("a")

    def teardown(self) -> None:
        self.journal.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    def wait(self, work: object) -> None:
        self.loop.run_until_complete(work)

    def leave(self) -> None:
        """What was under way when a run is left is in doubt."""
        for model in self.models.values():
            model.doubts += [(call, False) for call in sorted(model.open)]
            model.open.clear()

    @rule(name=st.sampled_from("ab"))
    def begin(self, name: str) -> None:
        self.leave()
        self.run = self.journal.begin(name, {"command": name})
        assert self.run.continued == (name in self.models)
        self.model = self.models.setdefault(name, Model())
        self.model.state = "running"

    @rule(name=st.sampled_from("ab"))
    def reopen(self, name: str) -> None:
        self.journal.close()
        self.journal = Journal(self.folder / "run.journal")
        assert self.journal.set_aside is None
        for model in self.models.values():
            model.state = "killed" if model.state == "running" else model.state
        self.begin(name)

    @rule(call=CALLS)
    def intend(self, call: tuple) -> None:
        self.run.intend(*call)
        self.model.open.add(call)

    @rule(calls=st.lists(st.tuples(CALLS, ROWS, COSTS), unique_by=lambda each: each[0], min_size=1, max_size=4))
    def record(self, calls: list) -> None:
        async def together() -> None:
            await asyncio.gather(
                *(
                    self.run.record(*call, Outcome(rows=[row], attempts=1, cost_ticks=ticks))
                    for call, row, ticks in calls
                )
            )

        self.wait(together())
        for call, row, ticks in calls:
            self.settle(call, ticks)
            self.model.failed.pop(call, None)
            self.model.good[call] = row
            self.model.memos.pop(call, None)

    @rule(call=CALLS, ticks=COSTS, retryable=st.booleans())
    def fail(self, call: tuple, ticks: int | None, retryable: bool) -> None:
        error = ReadTimeoutError("late") if retryable else ContentRefusedError("no", status=403)
        self.wait(self.run.record(*call, Outcome(CallStatus.ERROR, error=error, attempts=2, cost_ticks=ticks)))
        self.settle(call, ticks, attempts=2)
        if call not in self.model.good:
            self.model.failed[call] = str(error)
        if not retryable:
            self.model.memos.pop(call, None)

    def settle(self, call: tuple, ticks: int | None, attempts: int = 1) -> None:
        self.model.attempts += attempts
        if ticks is not None:
            self.model.ticks[call] = self.model.ticks.get(call, 0) + ticks
        self.model.open.discard(call)
        self.model.doubts = [(doubt, done or doubt == call) for doubt, done in self.model.doubts]

    @rule(call=CALLS, step=st.integers(0, 2), reply=st.binary(max_size=8))
    def remember(self, call: tuple, step: int, reply: bytes) -> None:
        self.wait(self.run.remember(*call, step, reply))
        self.model.memos.setdefault(call, {})[step] = reply
        self.model.open.discard(call)  # its start was answered, so it is not in doubt

    @rule(state=st.sampled_from(["finished", "stopped", "budget"]))
    def finish(self, state: str) -> None:
        self.run.finish(state, {"x": 1})
        self.model.state = state

    @precondition(lambda self: len(self.models) == 2)
    @rule()
    def prune_the_other(self) -> None:
        name = next(name for name, model in self.models.items() if model is not self.model)
        current = "b" if name == "a" else "a"
        self.reopen(current)
        self.journal.prune(keep=0)
        del self.models[name]

    @invariant()
    def calls_are_as_the_model_says(self) -> None:
        for number in range(4):
            for ordinal in range(3):
                call = bytes([number]) * 16, ordinal
                found, failed = self.run.recall(*call), self.run.recall_failed(*call)
                assert (found is not None) == (call in self.model.good)
                assert (failed is not None) == (call in self.model.failed)
                if found is not None:
                    assert same(found.rows, [self.model.good[call]])
                    assert found.saved_ticks == self.model.ticks.get(call)
                if failed is not None:
                    assert str(failed.error).startswith(self.model.failed[call])
                memos = self.model.memos.get(call, {})
                assert self.run.memo(*call) == [memos[step] for step in sorted(memos)]

    @invariant()
    def any_run_s_answer_is_found(self) -> None:
        for number in range(4):
            name = bytes([number]) * 16
            known = [row for model in self.models.values() for call, row in model.good.items() if call[0] == name]
            found = self.journal.recall_any(name)
            assert (found is not None) == bool(known)
            assert found is None or any(same(found.rows, [row]) for row in known)

    @invariant()
    def doubts_and_figures_are_as_the_model_says(self) -> None:
        listed = {info.description["command"]: info for info in self.journal.runs()}
        assert set(listed) == set(self.models)
        for name, model in self.models.items():
            info = listed[name]
            assert info.state == model.state
            assert (info.ok, info.failed, info.attempts) == (len(model.good), len(model.failed), model.attempts)
            assert info.cost_ticks == sum(model.ticks.values())
            assert info.in_doubt == len(model.doubts) + len(model.open)
        found = sorted(((doubt.fingerprint, doubt.ordinal), doubt.answered) for doubt in self.run.in_doubt())
        assert found == sorted(self.model.doubts + [(call, False) for call in self.model.open])


TestJournal = JournalMachine.TestCase
TestJournal.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
