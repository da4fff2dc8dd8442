"""The fair semaphore: no more tasks go on than may, no place is lost, and those who wait take turns by their owners."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from grokcall.scheduling.admission import Gate
from grokcall.scheduling.fair_semaphore import FairSemaphore


async def waiting(semaphore: FairSemaphore, owner: str, order: list[str]) -> None:
    await semaphore.acquire(owner)
    order.append(owner)


def test_owners_take_turns_and_each_is_served_in_its_order():
    async def run() -> list[str]:
        semaphore, order = FairSemaphore(1), []
        await semaphore.acquire("first")
        tasks = [asyncio.create_task(waiting(semaphore, owner, order)) for owner in "aaaabac"]
        for _ in tasks:
            await asyncio.sleep(0)
            semaphore.release()
        await asyncio.gather(*tasks)
        return order

    assert "".join(asyncio.run(run())) == "abcaaaa"


def test_a_lookup_with_few_calls_does_not_wait_for_all_of_one_with_many():
    async def run() -> list[str]:
        gate = Gate(1)
        wide, narrow = Gate(50, gate), Gate(50, gate)
        order: list[str] = []

        async def call(own: Gate, name: str) -> None:
            async with own.admitted():
                order.append(name)
                await asyncio.sleep(0)

        many = [asyncio.create_task(call(wide, "many")) for _ in range(50)]
        await asyncio.sleep(0)
        await asyncio.gather(asyncio.create_task(call(narrow, "few")), *many)
        return order

    assert asyncio.run(run()).index("few") < 10


def test_who_is_alone_waits_for_nobody():
    async def run() -> None:
        semaphore = FairSemaphore(2)
        for _ in range(5):
            await semaphore.acquire("a")
            assert not semaphore.locked()
            semaphore.release()

    asyncio.run(run())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take"), st.sampled_from("abc")),
        st.tuples(st.just("give"), st.integers(0, 20)),
        st.tuples(st.just("cancel"), st.integers(0, 20)),
        st.tuples(st.just("cancel at once"), st.integers(0, 20)),
    ),
    max_size=40,
)


@given(st.integers(1, 4), STEPS)
def test_whatever_is_taken_given_back_and_cancelled_the_places_stay_as_many(count, steps):
    async def run() -> None:
        semaphore = FairSemaphore(count)
        tasks: list[asyncio.Task[None]] = []
        held = 0

        async def had(owner: str) -> None:
            nonlocal held
            await semaphore.acquire(owner)
            held += 1

        async def settled() -> None:
            for _ in range(4):
                await asyncio.sleep(0)
            assert held <= count
            pending = sum(not task.done() for task in tasks)
            assert (held == count) or not pending  # nobody waits while a place is free

        for kind, value in steps:
            if kind == "take":
                tasks.append(asyncio.create_task(had(str(value))))
            elif kind == "give" and held:
                held -= 1
                semaphore.release()
            elif kind == "cancel" and tasks:
                tasks[int(value) % len(tasks)].cancel()
            elif kind == "cancel at once" and tasks and held:
                held -= 1
                semaphore.release()  # whoever gets it is cancelled before it knows
                tasks[int(value) % len(tasks)].cancel()
            await settled()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(held):
            semaphore.release()
        for _ in range(count):
            assert not semaphore.locked()
            await semaphore.acquire("a")
        assert semaphore.locked()

    asyncio.run(run())
