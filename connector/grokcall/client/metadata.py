"""What the service tells of itself for nothing: the prices of its models, and how many tokens a text has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from grokcall.client.call_runner import CallRunner
from grokcall.errors import MalformedReplyError
from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, BoundCall, Row
from grokcall_procedures.estimates import tokenize
from grokcall_procedures.prices import PRICES, Prices

LIST_MODELS = "CALL ListModels()"


async def listed_prices(runner: CallRunner) -> Prices:
    """The prices that the service tells, laid over the dated table. Sends one request, which is free.

    Raises:
        grokcall.Error: The service could not be reached or refused.
    """
    procedure = CATALOG["ListModels"]
    call = Binder(parse_call(LIST_MODELS), procedure, runner.api.options.settings()).bind()
    names = [column.name for column in procedure.row_fields]
    return PRICES.with_models([dict(zip(names, row, strict=True)) for row in await rows_of(runner, call)])


async def counted_tokens(runner: CallRunner, calls: Sequence[BoundCall]) -> list[int]:
    """How many tokens the texts of each call have, as the service counts them; it has no price for that.

    Raises:
        grokcall.Error: The service could not be reached, refused, or does not count tokens.
    """
    return await asyncio.gather(*(token_count(runner, call) for call in calls))


async def token_count(runner: CallRunner, call: BoundCall) -> int:
    """How many tokens the texts of a call have; 0 where it sends none to a model."""
    ((count,),) = await runner.follow(tokenize(call))
    if not isinstance(count, int):
        raise MalformedReplyError("the service counted no tokens")
    return count


async def rows_of(runner: CallRunner, call: BoundCall) -> list[Row]:
    """The rows of a call, or its error raised."""
    outcome = await runner.run(call)
    if outcome.error is not None:
        raise outcome.error
    return outcome.rows or []
