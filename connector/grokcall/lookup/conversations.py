"""Conversations of a lookup: rows with the same value in a column are the turns of one, in the order of the input."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import pyarrow as pa

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import ConversationBrokenError, InterfaceError, NotSupportedError, ProgrammingError
from grokcall.lookup.plan import LookupPlan
from grokcall.scheduling.chunks import Chunk, Values
from grokcall_procedures import Binder, BoundCall, Catalog
from grokcall_procedures.conversations import PREVIOUS, Chain, answered, continued, converses
from grokcall_procedures.types import UnfitValue

EARLIER_TURN = Chain(response_id="resp_earlier")
"""Stands for what was said before in calls that are only priced."""


class Conversations:
    """The conversations of a lookup, which tell what each turn goes on from.

    The last answer's id is held for each conversation until the lookup ends; where the service keeps no answers, all
    that was said.

    Args:
        plan: The lookup's plan.
    """

    def __init__(self, plan: LookupPlan) -> None:
        self._plan = plan
        self._chains: dict[Hashable, Chain] = {}
        self._broken: set[Hashable] = set()

    def key(self, row: Values) -> Hashable:
        """The conversation of a row; None for a row that is none's."""
        return key_of(row)

    def bind(self, row: Values) -> BoundCall | Outcome:
        """The call of a turn, which goes on from those before it."""
        key = key_of(row)
        if key in self._broken:
            return Outcome(CallStatus.SKIPPED, error=ConversationBrokenError(key))
        called = self._plan.bind(row)
        if key is None or not isinstance(called, BoundCall):
            return called
        return gone_on(called, self._chains.get(key, Chain()))

    def ended(self, row: Values, called: BoundCall | Outcome, outcome: Outcome) -> None:
        """Takes in the answer of a turn; one without an answer breaks its conversation."""
        key = key_of(row)
        if key is None or (outcome.status is CallStatus.SKIPPED and outcome.error is None):
            return
        if outcome.error is not None or not outcome.rows or not isinstance(called, BoundCall):
            self._broken.add(key)
            self._chains.pop(key, None)
            return
        self._chains[key] = answered(self._chains.get(key, Chain()), called, outcome.rows[0], keeps_items=False)


class ExpectedTurns:
    """The calls of a lookup with conversations as a dry run prices them: later turns read what was said before.

    Args:
        plan: The lookup's plan.
    """

    def __init__(self, plan: LookupPlan) -> None:
        self._plan = plan
        self._begun: set[Hashable] = set()

    def chunks(self, batches: Iterator[pa.RecordBatch]) -> Iterator[Chunk[pa.RecordBatch]]:
        """The input in chunks of rows."""
        return self._plan.chunks(batches)

    def bind(self, row: Values) -> BoundCall | Outcome:
        """The call for a row."""
        called, key = self._plan.bind(row), key_of(row)
        if key is None or not isinstance(called, BoundCall):
            return called
        is_later = key in self._begun
        self._begun.add(key)
        return gone_on(called, EARLIER_TURN if is_later else Chain())


def key_of(row: Values) -> Hashable:
    """The conversation of a row, which its plan has put behind the values of the markers."""
    key = row[-1]
    assert isinstance(key, Hashable)
    return key


def gone_on(call: BoundCall, chain: Chain) -> BoundCall:
    """A call as the next turn.

    Raises:
        ProgrammingError: It cannot go on from what was said.
    """
    try:
        return continued(call, chain)
    except UnfitValue as error:
        raise ProgrammingError(f"{call.procedure.name}: {error}") from None


def check_conversations(binder: Binder, catalog: Catalog) -> None:
    """Refuses a lookup whose calls cannot be turns.

    Raises:
        NotSupportedError: Its procedure does not go on from earlier answers.
        InterfaceError: The statement itself says what a call goes on from.
    """
    procedure = binder.procedure
    if not converses(procedure):
        names = ", ".join(sorted(each.name for each in catalog.values() if converses(each)))
        raise NotSupportedError(
            f"{procedure.name} does not go on from earlier answers, so its rows are no conversation; those that do are "
            f"{names}"
        )
    given = {*binder.constants, *(binding.parameter.name for binding in binder.bindings)}
    if PREVIOUS in given:
        raise InterfaceError(
            f"a lookup with conversations goes on by itself; leave {PREVIOUS} out, or the option conversation"
        )
