"""A region has an address of its own, serves text alone, and adds to the price of tokens."""

from __future__ import annotations

import pickle

import pytest

import grokcall
from grokcall import errors
from scripted_service import KEY, answered


@pytest.fixture
def sent() -> list[grokcall.HttpRequest]:
    """What has been sent."""
    return []


@pytest.fixture
def regional(bare_environment, sent):
    """A connection to a region, over a transport that answers everything."""

    def send(request: grokcall.HttpRequest) -> grokcall.HttpResponse:
        sent.append(request)
        return grokcall.HttpResponse(200, {"content-type": "application/json"}, answered("yes").body)

    with grokcall.connect(api_key=KEY, region="us", transport=send) as connection:
        yield connection


def test_requests_go_to_the_address_of_the_region(regional, sent):
    regional.execute("CALL GenerateResponse('hi', Model => 'grok-4.6')")
    assert [request.url for request in sent] == ["https://us.api.x.ai/v1/responses"]


@pytest.mark.parametrize(
    "call",
    [
        "CALL GenerateImage('a kite')",
        "CALL GenerateAudio('hi', 'en')",
        "CALL GenerateVideo('a kite')",
        "CALL ListFiles()",
        "CALL UploadFile(:content, 'a.txt')",
        "CALL SearchCollection('hi', 'collection_1')",
        "CALL ListVoices()",
        "CALL CreateRealtimeToken()",
        "CALL AnalyzeFile('hi', :content, 'a.txt')",
        "CALL RawRequest('/files?limit=1')",
    ],
)
def test_what_no_region_serves_is_refused_before_anything_is_sent(regional, sent, call):
    with pytest.raises(errors.NotSupportedError, match=r"the region us serves text alone, and not (GET|POST) /"):
        regional.execute(call, {"content": b"hi"} if ":content" in call else None)
    assert sent == []


def test_tokens_cost_a_tenth_more(regional, bare_environment):
    explain = "EXPLAIN COST CALL GenerateResponse('hi', Model => 'grok-4.6', MaxOutputTokens => 1000)"

    def dearest(connection):
        return connection.execute(explain).fetch_arrow_table()["HighUsd"][0].as_py()

    with grokcall.connect(api_key=KEY) as anywhere:
        assert float(dearest(regional) / dearest(anywhere)) == pytest.approx(1.1, rel=0.01)


def test_the_management_host_is_that_of_the_service(regional, sent, monkeypatch):
    monkeypatch.setenv("XAI_MANAGEMENT_API_KEY", KEY + "management")
    with pytest.raises(errors.Error):
        regional.execute("CALL GetBalance()").fetchall()
    assert all(request.url.startswith("https://management-api.x.ai/") for request in sent)
    assert sent


def test_an_address_beside_a_region_is_refused(bare_environment):
    with pytest.raises(errors.InterfaceError, match=r"region cannot be .us.*it has an address of its own"):
        grokcall.connect(region="us", base_url="https://example.org/v1")


def test_there_is_no_other_region(bare_environment):
    with pytest.raises(errors.InterfaceError, match="region"):
        grokcall.connect(region="mars")


def test_a_region_may_come_from_the_environment_and_travels(bare_environment, monkeypatch):
    monkeypatch.setenv("GROKCALL_REGION", "us")
    options = grokcall.connect().options
    assert pickle.loads(pickle.dumps(options)).base_url == "https://us.api.x.ai/v1"
