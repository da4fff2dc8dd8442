"""Images that come as links: what was paid for is fetched again, not made again."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import grokcall
from scripted_service import Answer, Asked, Service

Connecting = Callable[..., grokcall.Connection]
JPEG = b"\xff\xd8\xff" + bytes(100)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
PRICE = Decimal("0.02")
STATEMENTS = [
    "CALL GenerateImage(:body)",
    "CALL EditImage(:body, :picture)",
    "CALL EditImageByUrl(:body, 'https://example.org/a.png')",
]


class Store:
    """A service that gives links, and the store of files to which they lead."""

    def __init__(self, service: Service) -> None:
        self.away: list[int] = []
        """The statuses of the next downloads."""
        self.always: int | None = None
        self.service = service
        service.script = self

    def __call__(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            usage = {"cost_in_usd_ticks": 200_000_000}
            document = {"data": [{"url": f"{self.service.origin}/p.jpg"}], "usage": usage}
            return Answer(json.dumps(document).encode())
        status = self.away.pop(0) if self.away else self.always
        return Answer(status=status) if status else Answer(JPEG)

    @property
    def made(self) -> int:
        """How many images were made, and billed."""
        return sum(asked.method == "POST" for asked in self.service.asked)


def rows(count: int) -> list[dict[str, object]]:
    return [{"body": f"row {number}", "picture": PNG} for number in range(count)]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("away", [500, 503, 429, 404])
def test_an_image_that_could_not_be_fetched_is_fetched_by_the_next_run_and_not_paid_for_again(
    service: Service, connecting: Connecting, tmp_path: Path, statement: str, away: int
) -> None:
    store, connection = Store(service), connecting(max_attempts=1)
    store.always = away
    first = connection.lookup(statement, rows(3), journal=tmp_path / "j")
    assert first.errors["Call_CostUsd"].to_pylist() == [PRICE] * 3
    store.always = None
    second = connection.lookup(statement, rows(3), journal=tmp_path / "j", max_cost=str(5 * PRICE))
    assert second.rows["ResultImage_Content"].to_pylist() == [JPEG] * 3
    assert (second.summary.cost_usd, second.summary.earlier_usd) == (0, 3 * PRICE)
    third = connection.lookup(statement, rows(3), journal=tmp_path / "j")
    assert third.summary.cached == 3
    assert store.made == 3


def test_a_download_is_tried_again_within_a_run_without_a_second_image(
    service: Service, connecting: Connecting
) -> None:
    store = Store(service)
    store.away = [503, 500]
    assert connecting().execute("CALL GenerateImage('a kite')").fetchone() == (JPEG,)
    assert store.made == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_link_that_has_expired_says_so_and_only_retry_failed_pays_for_another_image(
    service: Service, connecting: Connecting, tmp_path: Path, status: int
) -> None:
    store, connection, journal = Store(service), connecting(), tmp_path / "j"
    store.always = status
    for _ in range(2):
        (message,) = connection.lookup(STATEMENTS[0], rows(1), journal=journal).errors["Call_ErrorMessage"].to_pylist()
        assert f"has expired (HTTP {status}" in message
        assert "was made and paid for" in message
    assert store.made == 1
    store.always = None
    again = connection.lookup(STATEMENTS[0], rows(1), journal=journal, retry_failed=True)
    assert again.rows.num_rows == 1
    assert (store.made, again.summary.cost_usd, again.summary.earlier_usd) == (2, PRICE, PRICE)
