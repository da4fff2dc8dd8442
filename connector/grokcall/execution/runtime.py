"""What the calls of one connection run on: options, a key, a transport, an event loop, procedures and a budget."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from grokcall.budget.budget import Budget
from grokcall.budget.spending_limits import UNLIMITED, SpendingLimits
from grokcall.catalog.catalog import open_catalog
from grokcall.client.api_client import ApiClient
from grokcall.client.call_runner import CallRunner
from grokcall.client.endpoints import Endpoints
from grokcall.client.receiving import Receiving
from grokcall.config.api_key import KeySource, SecretKey
from grokcall.config.key_places import API_KEY, MANAGEMENT_KEY, ApiKey, ManagementKey
from grokcall.config.options import Options
from grokcall.core.at_exit import close_at_exit
from grokcall.core.forks import abandon, follow_forks
from grokcall.core.unknown_names import explained
from grokcall.errors import InterfaceError, NotSupportedError, UnknownNameError
from grokcall.execution.consent import Consent
from grokcall.execution.executor import CallExecutor
from grokcall.execution.run_context import BUDGET_ALLOWANCES, RunContext, fresh
from grokcall.execution.single_calls import SingleCall
from grokcall.execution.statement_calls import StatementCall
from grokcall.execution.streamed_calls import StreamedCall
from grokcall.execution.tracing.traced_executor import TracedExecutor
from grokcall.execution.tracing.tracing import Tracing
from grokcall.http.factory import as_transport, as_transport_anew
from grokcall.scheduling.admission import Gate
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall.scheduling.ratelimit.configured import caps_of
from grokcall.scheduling.ratelimit.limiter import Limiter
from grokcall.tools.running import ToolRunner
from grokcall.tools.toolbox import Toolbox
from grokcall_parser import Call, parse_call
from grokcall_procedures import Binder, BoundCall, Catalog, Procedure, Settings
from grokcall_procedures.definition import DEFERRED
from grokcall_procedures.estimates import Allowances, estimate

Parameters = Mapping[str, object] | Sequence[object] | None
KeyLike = str | SecretKey | Callable[[], str] | None


class Runtime:
    """What the calls of one connection run on; threads may share it.

    In the child of a fork it begins anew, with a loop and sockets of its own; what was spent by then counts there as
    well.

    Args:
        options: The options of the connection.
        api_key: The key, a secret that holds it, or a function that gives it; None to look for it.
        management_key: The key of the management host in the same way; None to look for it once it is needed.
        transport: Where requests go, as :func:`grokcall.connect` takes it.
    """

    def __init__(
        self,
        options: Options,
        *,
        api_key: KeyLike = None,
        management_key: KeyLike = None,
        transport: object = None,
    ) -> None:
        self.options = options
        self.catalog: Catalog = open_catalog(options.catalog)
        """The procedures; user-defined ones are kept where the option ``catalog`` says."""
        self.toolbox: Toolbox = Toolbox(options, lambda: self.catalog, lambda: self.settings)
        """The tools that models may call."""
        self.settings: Settings = replace(options.settings(), toolbox=self.toolbox, bound=self._bound)
        self._tracing = Tracing(options) if options.traces else None
        self.loop: BackgroundLoop = BackgroundLoop()
        limits = SpendingLimits.among(options)
        self.allowances: Allowances = self.usual(fresh(BUDGET_ALLOWANCES))
        self.budget: Budget = limits.budget("connection") or Budget(name="connection")
        self._given_transport = transport
        self._transport = as_transport(transport, options)
        self._keys = KeySource(API_KEY, api_key, profile=options.profile)
        self._management_keys = KeySource(MANAGEMENT_KEY, management_key, profile=options.profile)
        self._lock = threading.Lock()
        self._runner: CallRunner | None = None
        self._closed = False
        follow_forks(self)

    def __repr__(self) -> str:
        return (
            f"<grokcall.Connection to {self.options.base_url}{' (closed)' if getattr(self, '_closed', True) else ''}>"
        )

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    @property
    def in_use(self) -> bool:
        """Whether a call was made through it and it was not closed."""
        return self._runner is not None and not self._closed

    def check_open(self) -> None:
        """Raises InterfaceError when it is closed."""
        if self._closed:
            raise InterfaceError("the connection is closed")

    def key(self) -> ApiKey:
        """The API key and where it was found.

        Raises:
            grokcall.MissingKeyError: There is none; the message names every place that was looked at.
        """
        return self._keys.key()

    def management_key(self) -> ManagementKey:
        """The key of the management host and where it was found.

        Raises:
            grokcall.MissingManagementKeyError: There is none.
        """
        return self._management_keys.key()

    def binder(
        self,
        call: Call,
        known: Parameters = None,
        *,
        columns_later: bool = False,
        of_lookup: bool = False,
        fields: Sequence[str] | None = None,
    ) -> Binder:
        """The statement joined with its procedure.

        Args:
            call: The statement.
            known: Values of markers that are the same for every row, from which the result's columns may follow.
            columns_later: Whether the columns are not needed yet, only the parameters.
            of_lookup: Whether it is made for each row of a table.
            fields: The result fields that are wanted; None for all.

        Raises:
            grokcall.StatementError: The procedure is unknown, or the arguments do not fit it.
        """
        try:
            procedure = self.catalog.find(call.procedure, call.text, call.span)
        except UnknownNameError as error:
            raise explained(error, call) from None
        settings = self.settings_for(procedure, fields, of_lookup=of_lookup)
        return Binder(call, procedure, settings, known, columns_later=columns_later)

    def settings_for(
        self, procedure: Procedure, fields: Sequence[str] | None = None, *, of_lookup: bool = False
    ) -> Settings:
        """What the calls of a procedure are made with.

        Args:
            procedure: What is called.
            fields: The result fields that are wanted; None for all.
            of_lookup: Whether it is made for each row of a table.
        """
        wants_content = procedure.brings_content(fields)
        return replace(self.settings, shares_prompts=of_lookup, wants_content=wants_content)

    def _bound(self, statement: str) -> BoundCall:
        """A CALL that is a value of another one."""
        return self.binder(parse_call(statement)).bind()

    def usual(self, allowances: Allowances) -> Allowances:
        """What is taken for granted, as the options say it."""
        priced = replace(allowances, surcharge_percent=self.options.surcharge_percent)
        return SpendingLimits.among(self.options).allowances(priced)

    def runner(self) -> CallRunner:
        """The runner of calls, made at the first of them."""
        self.check_open()
        with self._lock:
            if self._runner is None:
                close_at_exit(self.close)
                gate = Gate(self.options.concurrency, limiter=Limiter(caps_of(self.options)))
                endpoints = Endpoints.of(self.options, self._keys, self._management_keys, gate)
                client = ApiClient(self._transport, self.options, endpoints, events=self._tracing)
                self._runner = CallRunner(client, ToolRunner(self.toolbox, self._tracing))
            return self._runner

    def consent(self, changes: bool = False, *, kept: bool = False) -> Consent:
        """What the calls of a lookup or a query may leave behind at the service.

        Args:
            changes: Whether they may change and remove things whatever the connection's own option says.
            kept: Whether their results are kept, in a journal or for other queries.
        """
        return Consent(self.options.read_only, changes or self.options.allow_changes, secrets=not kept)

    def executor(
        self,
        limits: SpendingLimits = UNLIMITED,
        how: Receiving | None = None,
        consent: Consent | None = None,
        budget: Budget | None = None,
    ) -> CallExecutor:
        """Runs the calls of one statement within its limits and the connection's.

        Args:
            limits: The limits of the statement.
            how: How their replies are received; None for what the connection's option says.
            consent: What they may leave behind; None for what one CALL may.
            budget: What the limits are within; None for the connection's.
        """
        budget, allowances = limits.budget("statement", budget or self.budget), limits.allowances(self.allowances)
        allowed = consent or self.consent(changes=True)
        context = RunContext(dedupe=False, budget=budget, allowances=allowances, consent=allowed)
        runner = self.runner() if how is None else self.runner().received(how)
        return self.executing(runner, self.options.base_url, context)

    def executing(self, runner: CallRunner, service: str, books: RunContext) -> CallExecutor:
        """Runs the calls of one run and keeps its books; with the option ``traces`` each of them is a span.

        Args:
            runner: Makes the calls.
            service: What a journal calls the service.
            books: What the run keeps books of.
        """
        if self._tracing is None:
            return CallExecutor(runner, service, books)
        return TracedExecutor(runner, service, books, self._tracing)

    def call(
        self,
        statement: Call,
        parameters: Parameters = None,
        limits: SpendingLimits = UNLIMITED,
        how: Receiving | None = None,
    ) -> StatementCall:
        """A CALL with its parameters, ready to be run.

        Raises:
            grokcall.StatementError: The procedure is unknown, or the arguments do not fit it.
        """
        binder = self.binder(statement, parameters)
        call = binder.bind(parameters)  # a wrong one needs no executor
        return StatementCall(binder, SingleCall(self.executor(limits, how), call), self.loop)

    def stream(self, statement: Call, parameters: Parameters, limits: SpendingLimits) -> StreamedCall:
        """A CALL whose answer comes in pieces, ready to be run.

        Raises:
            NotSupportedError: The answers of the procedure, or this one of it, come whole only.
            grokcall.StatementError: The procedure is unknown, or the arguments do not fit it.
        """
        binder = self.binder(statement, parameters)
        if not binder.procedure.streams:
            names = ", ".join(sorted(each.name for each in self.catalog.values() if each.streams))
            raise NotSupportedError(
                f"{binder.procedure.name} gives its answer whole; those that give it in pieces are {names}"
            )
        call = binder.bind(parameters)
        if call.is_deferred:
            raise NotSupportedError(
                f"{binder.procedure.name} is called with {DEFERRED}, and an answer that is made for later comes whole; "
                "leave one of them out"
            )
        return StreamedCall(call, lambda tell: self.executor(limits, Receiving(streamed=True, tell=tell)))

    def guarantee(self, statement: Call, parameters: Parameters, limits: SpendingLimits) -> str | None:
        """What the limits promise for a CALL, in a sentence; None where there is no limit."""
        budget = limits.budget("statement", self.budget)
        if budget is None or not budget.limited:
            return None
        call = self.binder(statement).bind(parameters)
        told = estimate(call, allowances=limits.allowances(self.allowances))
        return budget.guarantee(told, resends=self.runner().api.policy.billed_attempts)

    def leave_to_parent(self) -> None:
        """Begins anew in the child of a fork; called there by itself."""
        abandon(self._runner, self._transport)
        self._lock = threading.Lock()
        self._runner = None
        self._transport = as_transport_anew(self._given_transport, self.options)
        self.allowances = self.usual(fresh(BUDGET_ALLOWANCES))
        self.budget.leave_to_parent()

    def close(self) -> None:
        """Ends calls that run and closes the sockets; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        self.loop.close(self._runner.api.close if self._runner is not None else None)


class HasRuntime(Protocol):
    """What has a runtime, as a :class:`grokcall.Connection` has."""

    @property
    def runtime(self) -> Runtime:
        """What its calls run on."""
        ...
