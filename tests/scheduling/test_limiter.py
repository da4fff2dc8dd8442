"""All requests together, against a service that keeps limits, in virtual time."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import now, run, stall

from enforcing_service import TOKENS, Service, client, most_in, request
from grokcall_procedures import Kind


async def share(service: Service, rows: int, pace: float, concurrency: int = 64, **caps: float) -> tuple[float, float]:
    """How much of the pace was reached, and how many of the requests were refused."""
    asking = client(service, concurrency, **caps)
    began = now()
    await asking.ask_all(request() for _ in range(rows))
    assert asking.failed == 0
    assert asking.answered["grok-4.3"] == rows
    return rows / (now() - began) / pace, len(service.refused) / len(service.arrived)


@pytest.mark.parametrize("announce", [True, False])
@pytest.mark.parametrize("per_second", [5, 30, 400])
def test_a_limit_a_second_is_reached_and_hardly_ever_exceeded(per_second, announce):
    service = Service(per_second=per_second, announce=announce)
    reached, refused = run(share(service, 30 * per_second, per_second))
    assert reached > 0.94
    assert refused < (0.1 if per_second == 5 else 0.01)


@pytest.mark.parametrize("latency", [0.01, 2.0])
def test_slow_and_fast_services_are_used_alike(latency):
    reached, refused = run(share(Service(per_second=30, announce=True, latency=latency), 3000, 30, concurrency=128))
    assert reached > 0.94
    assert refused < 0.01


def test_a_limit_of_tokens_a_minute_is_kept_from_the_start_where_it_is_announced():
    service = Service(tokens_per_minute=60_000, announce=True)
    reached, refused = run(share(service, 500, 60_000 / 60 / TOKENS))
    assert reached > 0.93
    assert refused < 0.01


def test_a_minute_that_was_used_up_unawares_is_waited_for_once():
    """600 go in the first seconds; then one pause until they have left the window, and an even pace."""
    service = Service(per_minute=600, latency=0.1)
    run(share(service, 1800, 10))
    assert len(service.refused) < 80
    first = service.refused[0]
    assert not [moment for moment in service.arrived if first + 1 < moment < first + 50]
    assert not [moment for moment in service.refused if moment > first + 1]


@pytest.mark.parametrize(
    ("caps", "window", "most"),
    [
        ({"requests_per_second": 10}, 1.0, 10),
        ({"requests_per_second": 0.5}, 4.0, 2),
        ({"requests_per_minute": 60}, 60.0, 60),
    ],
)
def test_the_users_own_limit_is_never_exceeded(caps, window, most):
    service = Service()
    reached, refused = run(share(service, 200, most / window, **caps))
    assert most_in(window, service.arrived) <= most
    assert reached > 0.95
    assert refused == 0


def test_the_users_own_limit_of_tokens_is_kept():
    service = Service()
    reached, _ = run(share(service, 300, 100, tokens_per_minute=60_000 * TOKENS / 600))
    assert 0.9 < reached * 100 * TOKENS * 60 / 60_000 < 1.1


def test_the_users_own_limit_counts_and_not_the_announced_one():
    reached, _ = run(share(Service(per_second=1000, per_minute=60_000, announce=True), 500, 50, requests_per_second=50))
    assert reached > 0.94


def test_a_lower_limit_that_a_refusal_names_counts_even_so():
    service = Service(per_second=20)
    reached, refused = run(share(service, 1000, 20, requests_per_second=200))
    assert reached > 0.9
    assert refused < 0.1


def test_headers_that_nobody_counts_do_not_slow_anything_down():
    class Fixed(Service):
        def headers(self) -> dict[str, str]:
            return {"x-ratelimit-limit-requests": "480", "x-ratelimit-remaining-requests": "479"}

    reached, _ = run(share(Fixed(latency=0.05), 5000, 64 / 0.05))
    assert reached > 0.9


def test_after_a_refusal_all_wait_once_and_together():
    async def main() -> Service:
        service = Service(per_second=20, states=False)
        asking = client(service)
        await asking.ask_all(request() for _ in range(60))
        return service

    service = run(main())
    first = service.refused[0]
    in_pause = [moment for moment in service.arrived if first + 0.003 < moment < first + 1.0]
    assert in_pause == []


def test_the_pause_is_as_long_as_the_service_asks():
    async def main() -> Service:
        service = Service(per_second=20, retry_after=7, states=False)
        await client(service).ask_all(request() for _ in range(60))
        return service

    service = run(main())
    first = service.refused[0]
    assert not [moment for moment in service.arrived if first + 0.01 < moment < first + 7.0]


def test_models_have_limits_of_their_own():
    async def main() -> tuple[float, float]:
        service = Service(per_second=5)
        asking = client(service)
        slow = asyncio.create_task(asking.ask_all(request("slow") for _ in range(200)))  # noqa: RUF006
        await asyncio.sleep(5)
        free = client(Service(), 64)
        free.gate = asking.gate  # the same connection, a model without a limit
        began = now()
        await free.ask_all(request("fast") for _ in range(1000))
        taken = now() - began
        await slow
        return taken, now()

    taken, _ = run(main())
    assert taken < 5


def test_two_lookups_share_a_limit():
    async def main() -> Service:
        service = Service(per_second=50, announce=True)
        asking = client(service)
        await asyncio.gather(*(asking.ask_all(request() for _ in range(500)) for _ in range(2)))
        return service

    service = run(main())
    assert len(service.refused) <= 10
    assert len(service.arrived) / (service.arrived[-1] - service.arrived[0]) < 52


def test_two_programs_with_one_account_come_to_share_it():
    async def main() -> tuple[Service, int]:
        service = Service(per_second=100, announce=True)
        two = [client(service), client(service)]
        await asyncio.gather(*(each.ask_all(request() for _ in range(2000)) for each in two))
        return service, sum(each.failed for each in two)

    service, failed = run(main())
    assert failed == 0
    assert len(service.refused) / len(service.arrived) < 0.05
    assert 4000 / (service.arrived[-1] - service.arrived[0]) > 60


def test_requests_go_in_the_order_in_which_they_came():
    async def main() -> list[int]:
        asking = client(Service(), 20, requests_per_second=50)
        order: list[int] = []

        async def ask(number: int) -> None:
            async with asking.gate.admitted():
                permit = await asking.gate.pace(request())
                order.append(number)
                asking.gate.observe(permit, None, asyncio.CancelledError())

        await asyncio.gather(*(ask(number) for number in range(20)))
        return order

    assert run(main()) == list(range(20))


@pytest.mark.parametrize("kind", [Kind.POLL, Kind.DOWNLOAD, Kind.UPLOAD, Kind.METADATA])
def test_what_is_no_work_of_a_model_is_not_paced(kind):
    async def main() -> float:
        asking = client(Service(), 64, requests_per_minute=1)
        began = now()
        for _ in range(100):
            assert await asking.gate.pace(request(kind=kind)) is None
        return now() - began

    assert run(main()) == 0


def test_who_gives_up_waiting_leaves_its_share_to_others():
    async def main() -> float:
        service = Service(latency=0.01)
        asking = client(service, 256, requests_per_second=10)
        waiting = [asyncio.create_task(asking.ask(request())) for _ in range(200)]
        await asyncio.sleep(0.35)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        began = now()
        await asking.ask_all(request() for _ in range(10))
        assert asking.gate.limiter.models["grok-4.3"].under_way == 0
        return now() - began

    assert run(main()) < 1.2


def test_a_stall_of_the_loop_is_not_made_up_for_by_a_burst():
    async def main() -> Service:
        service = Service(per_second=100, announce=True)
        asking = client(service)
        working = asyncio.create_task(asking.ask_all(request() for _ in range(1500)))  # noqa: RUF006
        for _ in range(10):
            await asyncio.sleep(0.7)
            stall(0.4)
        await working
        return service

    service = run(main())
    settled = [moment for moment in service.arrived if moment > service.arrived[0] + 2]
    assert most_in(1.0, settled) <= 100
    assert most_in(0.05, settled) <= 33
    assert len(service.refused) <= 3


@settings(max_examples=40, deadline=None)
@given(
    per_second=st.integers(1, 50),
    latency=st.floats(0.005, 3),
    concurrency=st.integers(1, 100),
    announce=st.booleans(),
    states=st.booleans(),
    cancelled=st.sets(st.integers(0, 79)),
)
def test_nothing_starves_and_every_place_comes_back(per_second, latency, concurrency, announce, states, cancelled):
    async def main() -> None:
        service = Service(per_second=per_second, latency=latency, announce=announce, states=states)
        asking = client(service, concurrency)
        tasks = [asyncio.create_task(asking.ask(request(f"model {n % 2}"), tries=30)) for n in range(80)]
        await asyncio.sleep(0.4)
        for number in cancelled:
            tasks[number].cancel()
        await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 3_600)
        assert asking.failed == 0
        for limiter in asking.gate.limiter.models.values():
            assert limiter.under_way == 0
        async with AsyncExitStack() as places:
            for _ in range(concurrency):
                await asyncio.wait_for(places.enter_async_context(asking.gate.admitted()), 1)

    run(main())
