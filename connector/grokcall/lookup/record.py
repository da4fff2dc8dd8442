"""What is on record of a lookup: its run of the journal, from its opening to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from grokcall.core.daemon_threads import in_daemon_thread
from grokcall.errors import JournalError
from grokcall.execution.consent import Consent
from grokcall.execution.run_session import RunSession
from grokcall.execution.summary import Summary
from grokcall.journal.run import RunState
from grokcall.journal.run_list import declared_columns
from grokcall.lookup.costs import LookupCosts
from grokcall.lookup.identities import former_identity, lookup_identity
from grokcall.lookup.plan import LookupPlan
from grokcall.lookup.temporary_journals import MARK, is_needed


class LookupRecord:
    """The run of a lookup in its journal; without a journal it only holds what equal calls share.

    Args:
        plan: The lookup's plan.
        input_name: What its input is called.
        costs: What it may spend.
        consent: What its calls may leave behind.

    Attributes:
        earlier_ticks: What earlier tries have cost.
        left_at_service: Calls of earlier tries that were still in batches when it was opened.
    """

    def __init__(self, plan: LookupPlan, input_name: str, costs: LookupCosts, consent: Consent) -> None:
        self._plan = plan
        self._input_name = input_name
        self._costs = costs
        self._consent = consent
        self._session: RunSession | None = None
        self.earlier_ticks: int = 0
        self.left_at_service: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it was opened."""
        return self._session is not None

    @property
    def session(self) -> RunSession:
        """What its calls share, once it was opened."""
        assert self._session is not None
        return self._session

    @property
    def continued(self) -> bool:
        """Whether an earlier try was continued."""
        run = self._session.run if self._session is not None else None
        return run is not None and run.continued

    @property
    def in_doubt(self) -> int:
        """How many calls were sent and have no outcome."""
        run = self._session.run if self._session is not None else None
        return len(run.in_doubt()) if run is not None else 0

    @property
    def at_service(self) -> int:
        """How many calls are in batches whose answers have not been taken."""
        return calls_at_service(self._session) if self._session is not None else 0

    async def open(
        self, service: str, tell: Callable[[str], None], too_late: Callable[[], None], *, temporary: bool
    ) -> None:
        """Opens the journal aside from the loop, on which other calls are under way.

        Args:
            service: What the journal calls the service.
            tell: Told what can be done better.
            too_late: Told that it came to be open although this was cancelled.
            temporary: Whether the journal is to go once every row has its answer; noted down in it.
        """
        opening = in_daemon_thread(lambda: self._brought_forward(service, tell, temporary))

        def opened(done: asyncio.Future[tuple[RunSession, int, int]]) -> None:
            if done.exception() is None:
                self._session, self.earlier_ticks, self.left_at_service = done.result()
                too_late()

        try:
            self._session, self.earlier_ticks, self.left_at_service = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(opened)
            raise

    def discard(self, *, whole: bool) -> bool:
        """Has the journal go when it is closed, unless it is needed; gives whether it goes.

        Args:
            whole: Whether every row has its answer.
        """
        session = self._session
        if session is None or session.journal is None or session.run is None:
            return False
        with suppress(JournalError):
            session.journal.dispensable = not is_needed(session.journal, session.run, whole=whole)
        return session.journal.dispensable

    def close(self, state: RunState, summary: Summary) -> None:
        """Writes down how the run ended, and lets the journal go; harmless when repeated."""
        if self._session is not None:
            self._session.close(state, summary.as_dict())

    def _brought_forward(
        self, service: str, tell: Callable[[str], None], temporary: bool
    ) -> tuple[RunSession, int, int]:
        """The session, what earlier tries cost, and how many of their calls are still in batches."""
        session = self._opened(service, tell, temporary)
        try:
            ticks = session.bring_forward(self._plan.binder.procedure, self._costs.own_budget).ticks
            return session, ticks, calls_at_service(session)
        except BaseException:
            session.close("failed", {})
            raise

    def _opened(self, service: str, tell: Callable[[str], None], temporary: bool) -> RunSession:
        options, procedure = self._plan.options, self._plan.binder.procedure
        return RunSession(
            options.journal,
            lookup_identity(self._plan, self._input_name, service),
            {
                "command": self._plan.binder.call.text,
                "procedure": procedure.name,
                "input": self._input_name,
                **declared_columns(procedure),
                **(MARK if temporary else {}),
            },
            self._costs.budget,
            dedupe=options.shares_calls,
            reuse=options.reuse,
            retry_failed=options.retry_failed,
            allowances=self._costs.allowances,
            prices=self._costs.prices,
            former=former_identity(self._plan, self._input_name, service),
            tell=tell,
            consent=self._consent,
        )


def calls_at_service(session: RunSession) -> int:
    """How many calls of a run are in batches whose answers have not been taken; read from the journal."""
    open_batches = [] if session.run is None else session.run.batches.open()
    return sum(batch.calls - batch.taken for batch in open_batches if batch.state != "late")


def aside(work: Callable[[], None]) -> asyncio.Future[None]:
    """Does what closes a lookup aside from the loop, which ends no sooner than it is done."""
    loop = asyncio.get_running_loop()
    try:
        return loop.run_in_executor(None, work)
    except RuntimeError:  # no thread is started any more, so nobody is disturbed either
        work()
        done = loop.create_future()
        done.set_result(None)
        return done
