"""Dagster materializes an asset in this process, with the resource."""

from __future__ import annotations

import pytest
from dagster import EnvVar, MaterializeResult, asset, materialize

import grokcall
from grokcall.dagster import GrokcallResource, lookup_metadata
from grokcall.execution.summary import Summary
from scripted_service import KEY

TICKETS = [{"id": 1, "body": "the parcel never came"}, {"id": 2, "body": "thank you"}]


@asset
def answered_tickets(grok: GrokcallResource) -> MaterializeResult:
    """An answer for each ticket."""
    with grok.get_connection() as connection:
        result = connection.lookup("CALL GenerateResponse(:body)", TICKETS)
    return MaterializeResult(metadata=lookup_metadata(result.summary))


def test_an_asset_asks_and_its_metadata_says_what_that_took(service, monkeypatch, capfd):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    grok = GrokcallResource(api_key=EnvVar("XAI_API_KEY"), base_url=service.base_url, options={"timeout": 30})
    run = materialize([answered_tickets], resources={"grok": grok})
    assert run.success
    (event,) = run.asset_materializations_for_node("answered_tickets")
    told = {name: entry.value for name, entry in event.metadata.items()}
    assert (told["rows"], told["ok"], told["failed"], told["calls"]) == (2, 2, 0, 2)
    assert told["cost_usd"] == pytest.approx(2 * 2_306_000 / 1e10)
    assert sorted(asked.text for asked in service.asked) == ["thank you", "the parcel never came"]
    assert {asked.headers["authorization"] for asked in service.asked} == {f"Bearer {KEY}"}
    shown = capfd.readouterr()
    assert "answered_tickets" in shown.err
    assert KEY not in shown.err + shown.out


def test_the_key_is_looked_for_where_connect_looks_when_none_is_given(service, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    with GrokcallResource(base_url=service.base_url).get_connection() as connection:
        assert connection.execute("CALL GenerateResponse('hi')").fetchone()[0] == "HI"


@pytest.mark.parametrize(
    ("options", "told"), [({"time_out": 3}, "did you mean timeout"), ({"api_key": KEY}, "api_key")]
)
def test_an_option_that_there_is_not_is_refused_by_name(options, told):
    with pytest.raises(grokcall.InterfaceError, match=told) as caught:
        GrokcallResource(options=options).get_connection()
    assert KEY not in str(caught.value)


def test_the_resource_shows_its_key_to_nobody():
    resource = GrokcallResource(api_key=KEY)
    assert KEY not in f"{resource!r} {resource}"


def test_metadata_are_numbers_that_can_be_drawn():
    told = lookup_metadata(Summary(ok=2, failed=1, calls=4, cost_ticks=5_000_000_000, seconds=1.23456))
    assert (told["rows"], told["failed"], told["cost_usd"], told["seconds"]) == (3, 1, 0.5, 1.235)
    assert all(isinstance(value, int | float) for value in told.values())


def test_an_option_may_be_an_environment_variable(monkeypatch, service):
    monkeypatch.setenv("MOST_USD", "2.5")
    given = {"max_cost": EnvVar("MOST_USD"), "timeout": 30}
    made = GrokcallResource(api_key=KEY, base_url=service.base_url, options=given)
    found: list[object] = []

    @asset
    def limits(grok: GrokcallResource) -> None:
        with grok.get_connection() as connection:
            found.append(connection.options.max_cost)

    assert materialize([limits], resources={"grok": made}).success
    with made.get_connection() as connection:
        found.append(connection.options.max_cost)
    assert list(map(str, found)) == ["2.5", "2.5"]
    monkeypatch.delenv("MOST_USD")
    with pytest.raises(grokcall.InterfaceError, match="MOST_USD, which is not set"):
        made.get_connection()
