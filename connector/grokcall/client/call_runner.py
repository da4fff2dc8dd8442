"""The runner of calls: it drives the steps of a call over the API client, and says what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable

from grokcall.client.api_client import ApiClient
from grokcall.client.receiving import Receiving
from grokcall.client.resume_state import ResumeState, Starts
from grokcall.client.send_guarding import SendGuarding
from grokcall.client.tool_using import ToolUsing
from grokcall.core.outcome import Outcome
from grokcall.core.unread import fail, unexpected
from grokcall.errors import CallStoppedError, Error, InternalError, MediaError, NotFoundError
from grokcall.http.service_errors import service_error
from grokcall.scheduling.admission import Gate
from grokcall_procedures import (
    BoundCall,
    FailedReplyError,
    Host,
    Kind,
    Notice,
    Pause,
    Reply,
    Request,
    Row,
    Rows,
    Steps,
    Use,
)
from grokcall_procedures.errors import UnsafeAddressError

UNDER_WAY = 202
"""The status of a reply that tells nothing but that work goes on."""
FETCHING = (Kind.POLL, Kind.DOWNLOAD)
"""What is asked for after a billed start whose reply is not yet the result."""


class CallRunner:
    """Runs calls.

    Args:
        api: Sends their requests.
        use: Runs the tools that models call; None where there are none.
        tell: Told what is waited for, before each pause that says it; must be quick.
    """

    def __init__(self, api: ApiClient, use: ToolUsing | None = None, tell: Callable[[str], None] | None = None) -> None:
        self.api = api
        self._use = use
        self._tell = tell
        self.gate: Gate = api.gate

    def narrowed(self, concurrency: int) -> CallRunner:
        """This runner for a lookup with a limit of its own; the connection's limit holds for it as well."""
        return CallRunner(self.api.narrowed(concurrency), self._use, self._tell)

    def received(self, how: Receiving) -> CallRunner:
        """This runner for calls whose replies are received in a way of their own."""
        return CallRunner(self.api.received(how), self._use, self._tell)

    def telling(self, tell: Callable[[str], None]) -> CallRunner:
        """This runner for calls of which somebody is told what they wait for."""
        return CallRunner(self.api, self._use, tell)

    async def run(
        self, call: BoundCall, memory: ResumeState | None = None, start: SendGuarding | None = None
    ) -> Outcome:
        """What became of ``call``. Whatever it fails with is in the outcome; only a cancel is raised.

        With a ``memory`` the replies to billed starts of longer work are kept, and those that are known are not asked
        for again. ``start`` is told whenever a request that costs money is about to go; its error keeps it.
        """
        outcome = Outcome(warnings=call.warnings)
        host = call.host
        async with self.api.admitted(host):
            started = time.perf_counter()
            try:
                if host is not Host.API:
                    self.api.endpoints.access(host)  # without a key for it nothing is sent, to no host
                outcome.rows = await self._drive(call.steps(), outcome, memory, start)
            except CallStoppedError:
                raise
            except Exception as error:
                fail(outcome, error, call.procedure)
            finally:
                outcome.reply = None
                outcome.seconds = time.perf_counter() - started
                self.gate.in_flight.mark_answered()
        return outcome

    async def _sent(self, request: Request, outcome: Outcome, start: SendGuarding | None, starts: Starts) -> Reply:
        """The reply to a request that is no start; what it undoes is remembered no more, whoever has undone it."""
        try:
            reply = await self.api.send(request, outcome, start)
        except NotFoundError:
            if request.undoes:
                await starts.undone()
            raise
        if request.undoes:
            await starts.undone()
        return reply

    async def follow(self, steps: Steps) -> list[Row]:
        """The rows that some steps return which belong to no call and cost nothing.

        Raises:
            grokcall.Error: The service could not be reached or refused.
        """
        async with self.gate.admitted():
            return await self._drive(steps, Outcome())

    async def _drive(
        self,
        steps: Steps,
        outcome: Outcome,
        memory: ResumeState | None = None,
        start: SendGuarding | None = None,
    ) -> list[Row]:
        """The rows that the steps return, once each of their requests was sent and each reply given back."""
        starts = Starts(memory)
        rows: list[Row] = []
        try:
            step = next(steps)
            while True:
                reply: Reply | None = None
                problem: Exception | None = None
                try:
                    if isinstance(step, Pause):
                        await starts.goes_on()
                        if step.note and self._tell is not None:
                            self._tell(step.note)
                        await self.api.sleep(step.seconds)
                    elif isinstance(step, Rows):
                        rows += step.rows
                    elif isinstance(step, Notice):
                        outcome.warnings = (*outcome.warnings, step.text)
                    elif isinstance(step, Use):
                        reply = starts.recalled_outputs()
                        if reply is None:
                            reply = await self._used(step)
                            await starts.gave(reply)
                    elif step.billed or step.lasting:
                        reply = starts.recalled(step, outcome)
                        if reply is None:
                            if step.further and start is not None:
                                await start.ask_further(step)
                            reply = await self.api.send(step, outcome, start)
                            if reply.status != UNDER_WAY:
                                starts.took(step, reply)
                            if step.lasting and reply.status != UNDER_WAY:
                                await starts.goes_on()
                    else:
                        if step.kind in FETCHING:
                            await starts.goes_on()
                        reply = await self._sent(step, outcome, start, starts)
                except (Error, CallStoppedError) as error:
                    problem = error
                except Exception as error:
                    problem = unexpected(error)
                step = steps.throw(problem) if problem is not None else steps.send(reply)
        except StopIteration as finished:
            left: list[Row] = finished.value
            return rows + left if rows else left
        except FailedReplyError as failed:
            refusal: Error = service_error(failed.code, failed.message, cost_ticks=failed.cost_ticks)
        except UnsafeAddressError as unsafe:
            refusal = MediaError(str(unsafe))
            for note in getattr(unsafe, "__notes__", ()):
                refusal.add_note(note)
        finally:
            steps.close()
        # Outside the handler, so that the raw words of the service, which may repeat a key, do not come along.
        raise refusal

    async def _used(self, step: Use) -> Reply:
        """What tools give. They may take long, and may make calls themselves, so the place is given up meanwhile."""
        if self._use is None:
            raise InternalError("there is nothing that runs tools")
        async with self.gate.stepped_aside():
            return Reply(200, {}, await self._use(step.uses, self.api.receiving.tell))
