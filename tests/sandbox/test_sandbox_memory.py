"""What requests leave behind is bounded."""

import pytest

from grokcall.sandbox import Sandbox
from grokcall_sandbox.billing_log import BillingLog, Entry
from grokcall_sandbox.bounded_store import BoundedStore


def test_a_shelf_drops_what_was_not_used_for_longest():
    shelf: BoundedStore[int] = BoundedStore(max_items=3, max_bytes=100)
    for number in range(3):
        shelf.put(str(number), number, 1)
    shelf.get("0")
    shelf.put("3", 3, 1)
    assert [shelf.get(str(number)) for number in range(4)] == [0, None, 2, 3]


def test_a_shelf_keeps_to_its_bytes():
    shelf: BoundedStore[int] = BoundedStore(max_items=100, max_bytes=10)
    for number in range(20):
        shelf.put(str(number), number, 4)
        assert shelf.bytes_kept <= 10
    assert list(shelf) == [18, 19]


def test_replacing_and_taking_give_their_room_back():
    shelf: BoundedStore[int] = BoundedStore(max_items=2, max_bytes=10)
    shelf.put("a", 1, 6)
    shelf.put("a", 2, 3)
    assert (len(shelf), shelf.bytes_kept) == (1, 3)
    assert shelf.take("a") == 2
    assert (len(shelf), shelf.bytes_kept, shelf.take("a")) == (0, 0, None)


def test_responses_beyond_the_limit_are_forgotten(ask, http):
    first = ask("x" * 5_000_000)["id"]
    for number in range(14):
        ask(f"{number}" + "y" * 5_000_000)
    assert http.get(f"/responses/{first}").status_code == 404


def test_the_total_outlives_forgotten_entries():
    ledger = BillingLog(max_entries=10)
    for _ in range(15):
        ledger.add(Entry(0.0, "/v1/responses", "m", b"", 2, "r"))
    assert len(ledger.entries()) == 10
    assert ledger.total_ticks == 30


@pytest.mark.parametrize("options", [{"latency": -1}, {"video_seconds": -0.1}, {"batch_seconds": -0.1}])
def test_negative_times_are_refused(options):
    with pytest.raises(ValueError, match="must not be negative"):
        Sandbox(**options)
