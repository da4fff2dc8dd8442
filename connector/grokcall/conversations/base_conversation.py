"""What conversations that block and conversations that await have in common: everything but the waiting."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any, Self

import pyarrow as pa

from grokcall.budget.budget import Budget
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.client.receiving import Receiving, Tell
from grokcall.conversations.answer import Answer
from grokcall.conversations.saved import Saved, State, read, written
from grokcall.conversations.turn import Turn, turns_table
from grokcall.core.outcome import Outcome
from grokcall.errors import InterfaceError, NotFoundError, ProgrammingError
from grokcall.execution.call_stream import OnOver
from grokcall.execution.executor import CallExecutor
from grokcall.execution.runtime import Runtime
from grokcall.execution.streamed_calls import StreamedCall
from grokcall_parser import parse_call
from grokcall_parser.suggestions import hint
from grokcall_procedures import BoundCall, Procedure
from grokcall_procedures.conversations import INSTRUCTIONS, PREVIOUS, Chain, answered, continued
from grokcall_procedures.documents import decode_json, encode_json
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.types import UnfitValue

PROCEDURE = "GenerateResponse"
MESSAGE = "Message"
COMPACT = "CALL CompactConversation(:History, :Model)"
DELETE = "CALL DeleteResponse(:ResponseId)"
UNLIMITED = dict.fromkeys(("max_cost", "max_calls", "max_tokens", "max_duration"))


class BaseConversation:
    """What both kinds of conversations have in common.

    Args:
        runtime: What its calls run on.
        limits: What all of its turns together may spend.
        state: What it begins with.
        budget: What is left of the limits; None for all of them.
    """

    def __init__(self, runtime: Runtime, limits: SpendingLimits, state: State, budget: Budget | None = None) -> None:
        runtime.check_open()
        self._runtime = runtime
        self._limits = limits
        self._assumed: SpendingLimits = replace(limits, **UNLIMITED)
        self._budget: Budget = budget or limits.budget("conversation", runtime.budget) or runtime.budget
        self._state = state
        self._under_way = threading.Lock()
        self._state.parameters = self._named(state.parameters)
        self._bound("?", {})  # a wrong parameter is told at once

    def __repr__(self) -> str:
        count = len(self._state.turns)
        return f"<grokcall.{type(self).__name__} of {count} turn{'' if count == 1 else 's'}>"

    @property
    def id(self) -> str | None:
        """The id of the last answer, by which the service goes on; None where nothing is kept there."""
        return self._state.chain.response_id

    @property
    def parameters(self) -> Mapping[str, object]:
        """What every question is asked with."""
        return dict(self._state.parameters)

    @property
    def turns(self) -> pa.Table:
        """What was asked and answered: ``turn``, ``role``, ``text``, ``response_id``, ``tokens`` and ``usd``."""
        return turns_table(self._state.turns)

    @property
    def budget(self) -> Budget:
        """What may be spent on it, and what was."""
        return self._budget

    def dump(self, path: str | PathLike[str] | None = None) -> str:
        """The conversation as JSON text, which ``connection.conversation(load=…)`` takes up again.

        It has all that was said, and no key.

        Args:
            path: A file that gets it as well, readable by its owner only.

        Raises:
            DataError: It cannot be written.
        """
        return written(self._state, path)

    def replay(self) -> None:
        """Has the next question send all that was said again: for when the service has lost its answers.

        It keeps them for 30 days. This sends nothing itself.

        Raises:
            ProgrammingError: What was said is not known here, as where the conversation began with the id of an answer.
        """
        try:
            self._state.chain = self._state.chain.replayed
        except UnfitValue as error:
            raise ProgrammingError(f"the conversation cannot be replayed: {error}") from None

    def fork(self) -> Self:
        """A conversation with the same turns, which goes its own way from here; it shares the limits of this one."""
        return type(self)(self._runtime, self._limits, self._state.copy(), self._budget)

    def _begin(self) -> None:
        """Takes note that a turn is under way.

        Raises:
            InterfaceError: One is already.
        """
        if not self._under_way.acquire(blocking=False):
            raise InterfaceError("a turn of this conversation is under way; wait for its answer, or fork() it")

    def _end(self) -> None:
        self._under_way.release()

    def _named(self, given: Mapping[str, object]) -> dict[str, object]:
        """Parameters by their exact names.

        Raises:
            InterfaceError: There is none of a name.
        """
        known = self._procedure.by_name
        stray = next((name for name in given if name.lower() not in known or name.lower() == MESSAGE.lower()), None)
        if stray is not None:
            names = [each.name for each in self._procedure.parameters]
            raise InterfaceError(f"a conversation takes no {stray!r}; {hint(stray, names)}")
        return {known[name.lower()].name: value for name, value in given.items()}

    @property
    def _procedure(self) -> Procedure:
        return self._runtime.catalog[PROCEDURE]

    def _bound(self, message: str | None, given: Mapping[str, object]) -> BoundCall:
        """The call of a question, whose values are checked beside those that it goes on from."""
        earlier = self._state.chain.values
        values: dict[str, object] = {**self._state.parameters, **self._named(given), **earlier}
        if PREVIOUS in earlier:
            values.pop(INSTRUCTIONS, None)
        named = "".join(f", {name} => :{name}" for name in values)
        values[MESSAGE] = message
        return self._call(f"CALL {PROCEDURE}(:{MESSAGE}{named})", values)

    def _question(self, message: str | None, given: Mapping[str, object]) -> BoundCall:
        """The call of the next question."""
        try:
            return continued(self._bound(message, given), self._state.chain)
        except UnfitValue as error:
            raise ProgrammingError(f"the conversation cannot go on: {error}; replay() sends all of it again") from None

    def _call(self, statement: str, values: Mapping[str, object]) -> BoundCall:
        return self._runtime.binder(parse_call(statement), values).bind(values)

    def _executor(self, how: Receiving | None = None) -> CallExecutor:
        return self._runtime.executor(self._assumed, how, budget=self._budget)

    def _opened(self, message: str | None, given: Mapping[str, object]) -> tuple[StreamedCall, OnOver]:
        """The call of the next question, whose answer comes in pieces, and what has to hear of its end."""
        self._begin()
        try:
            call = self._question(message, given)
            return StreamedCall(call, self._streaming), lambda outcome: self._over(call, outcome)
        except BaseException:
            self._end()
            raise

    def _streaming(self, tell: Tell) -> CallExecutor:
        return self._executor(Receiving(streamed=True, tell=tell))

    def _over(self, call: BoundCall, outcome: Outcome | None) -> None:
        try:
            if outcome is not None and outcome.error is None:
                self._taken(call, outcome)
        finally:
            self._end()

    def _taken(self, call: BoundCall, outcome: Outcome) -> Answer:
        """The answer to a question, which is a turn from now on.

        Raises:
            grokcall.Error: There is none.
        """
        answer = answer_of(call, outcome)
        row = (outcome.rows or [()])[0]
        self._state.chain = answered(self._state.chain, call, row)
        self._state.turns.append(Turn.of(call, outcome))
        return answer

    def _compaction(self) -> BoundCall:
        """The call that puts what was said into fewer tokens."""
        items = self._state.chain.items
        if not items:
            raise ProgrammingError("nothing that was said is known here, so it cannot be compacted")
        history = encode_json(list(self._state.chain.replayed.items or ())).decode()
        return self._call(COMPACT, {"History": history, "Model": self._state.parameters.get("Model")})

    def _compacted(self, call: BoundCall, outcome: Outcome) -> Answer:
        """Takes what stands for all that was said from now on."""
        answer = answer_of(call, outcome)
        given = decode_json(str(answer.Compaction_Output or "[]"))
        chain = self._state.chain
        self._state.chain = Chain(None, tuple(objects_in(given)), chain.instructions)
        return answer

    def _stored(self) -> Sequence[BoundCall]:
        """The calls that remove the answers which the service may keep."""
        ids = dict.fromkeys(each for turn in self._state.turns for each in turn.response_ids)
        return [self._call(DELETE, {"ResponseId": each}) for each in ids]

    def _deleted(self, outcomes: Sequence[Outcome]) -> int:
        """Takes note that the service keeps no answer any more; gives how many it did.

        Raises:
            grokcall.Error: One could not be removed.
        """
        failed = [outcome.error for outcome in outcomes if outcome.error is not None]
        other = next((error for error in failed if not isinstance(error, NotFoundError)), None)
        if other is not None:
            raise other
        if self._state.chain.items is not None:
            self._state.chain = self._state.chain.replayed
        return len(outcomes) - len(failed)


def answer_of(call: BoundCall, outcome: Outcome) -> Answer:
    """The answer of an outcome.

    Raises:
        grokcall.Error: There is none.
    """
    if outcome.error is not None:
        raise outcome.error
    return Answer(call.procedure, outcome)


def begun_state(load: Saved | None, parameters: Mapping[str, Any]) -> tuple[State, SpendingLimits]:
    """What a conversation begins with, and its limits.

    Args:
        load: One that was kept; None for a new one.
        parameters: Parameters of the questions, which go before those that were kept, and limits.

    Raises:
        InterfaceError: What was kept is no conversation, or a limit cannot have its value.
    """
    state = State() if load is None else read(load)
    limits, chosen = SpendingLimits.taken_from(parameters, "a conversation")
    state.parameters = {**state.parameters, **chosen}
    return state, limits
