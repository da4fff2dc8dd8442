"""Models by their kind, and the prices of all that the service charges for."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from stepping import Run, run

from grokcall_procedures import CATALOG, Reply
from grokcall_procedures.prices import PRICES_DATED

LISTED = {
    "id": "grok-4.3",
    "aliases": ["grok-4.3-latest"],
    "prompt_text_token_price": 13_000,
    "cached_prompt_text_token_price": 2_000,
    "completion_text_token_price": 26_000,
    "prompt_text_token_price_long_context": 27_000,
    "completion_text_token_price_long_context": 53_000,
}
DATED = {"date": "Mon, 02 Nov 2026 10:00:00 GMT"}


def listing(*entries: object, **headers: str) -> Reply:
    """A list of models."""
    return Reply(200, headers, json.dumps({"data": entries}).encode())


def price_rows(done: Run) -> list[dict[str, object]]:
    """The prices as mappings by what follows the noun."""
    assert done.rows is not None, done.error
    names = [column.name.partition("_")[2] for column in CATALOG["ListPrices"].fields]
    return [dict(zip(names, row, strict=True)) for row in done.rows]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("all", "/models"),
        ("text", "/language-models"),
        ("image", "/image-generation-models"),
        ("video", "/video-generation-models"),
        ("embedding", "/embedding-models"),
    ],
)
def test_models_are_listed_by_kind(kind, path):
    done = run(f"CALL ListModels(Kind => '{kind}')", [{"models": [{"id": "m", "version": "1.0"}]}])
    assert done.path == [f"GET {path}"]
    assert done.rows is not None
    names = [column.name for column in CATALOG["ListModels"].row_fields]
    row = dict(zip(names, done.rows[0], strict=True))
    assert (row["Model_Id"], row["Model_Version"]) == ("m", "1.0")
    assert row["Model_Kind"] == (None if kind == "all" else kind)


def test_a_list_of_one_kind_tells_more_of_its_models():
    entry = {
        "id": "painter",
        "output_modalities": ["image"],
        "input_modalities": ["text", "image"],
        "max_prompt_length": 8000,
        "fingerprint": "fp_1",
        "pricing": [{"quality": "low"}],
    }
    done = run("CALL GetModel('painter')", [entry])
    assert done.rows is not None
    row = dict(zip([column.name for column in CATALOG["GetModel"].row_fields], done.rows[0], strict=True))
    assert row["Model_Kind"] == "image"
    assert (row["Model_InputModalities"], row["Model_MaxPromptLength"]) == (["text", "image"], 8000)
    assert json.loads(str(row["Model_Pricing"])) == entry["pricing"]


def test_what_the_service_says_of_its_prices_is_laid_over_the_table():
    rows = price_rows(run("CALL ListPrices('grok-4.3-latest')", [listing(LISTED, **DATED)]))
    assert [(row["Model"], row["Unit"], row["Usd"], row["Condition"]) for row in rows] == [
        ("grok-4.3", "million tokens in", Decimal("1.3"), None),
        ("grok-4.3", "million tokens cached", Decimal("0.2"), None),
        ("grok-4.3", "million tokens out", Decimal("2.6"), None),
        ("grok-4.3", "million tokens in", Decimal("2.7"), "long context"),
        ("grok-4.3", "million tokens cached", Decimal("0.4"), "long context"),
        ("grok-4.3", "million tokens out", Decimal("5.3"), "long context"),
    ]
    assert {row["Source"] for row in rows} == {"service"}
    assert {str(row["AsOf"]) for row in rows} == {"2026-11-02 10:00:00+00:00"}


def test_what_the_service_does_not_say_is_from_the_table_with_its_date():
    rows = price_rows(run("CALL ListPrices()", [listing({**LISTED, "id": "grok-9", "aliases": []})]))
    sources = {row["Model"]: row["Source"] for row in rows}
    assert (sources["grok-9"], sources["grok-4.3"], sources["grok-imagine-video"]) == (
        "service",
        "built in",
        "built in",
    )
    assert {str(row["AsOf"])[:10] for row in rows if row["Source"] == "built in"} == {PRICES_DATED}
    assert {row["AsOf"] for row in rows if row["Source"] == "service"} == {None}
    fees = {row["Condition"]: row["Usd"] for row in rows if row["Unit"] == "1k calls"}
    assert (fees["web_search"], fees["file_search"]) == (Decimal(5), Decimal("2.5"))
    assert [row["Usd"] for row in rows if row["Condition"] == "speech"] == [Decimal(15)]


def test_sound_and_talks_are_priced_as_sessions_over_sockets_count_them():
    rows = price_rows(run("CALL ListPrices()", [listing()]))
    prices = {(row["Model"], row["Unit"], row["Condition"]): row["Usd"] for row in rows}
    assert prices[None, "million characters", "speech over a socket"] == Decimal(15)
    assert prices[None, "hour", "transcript"] == Decimal("0.1")
    assert prices[None, "hour", "transcript over a socket"] == Decimal("0.2")
    assert prices[None, "1k calls", "search of collections"] == Decimal("2.5")
    talks = price_rows(run("CALL ListPrices('grok-voice-latest')", [listing()]))
    assert [(row["Model"], row["Unit"], row["Usd"], row["Condition"], row["Source"]) for row in talks] == [
        ("grok-voice-latest", "minute", Decimal("0.08"), "talk", "built in"),
        ("grok-voice-latest", "text", Decimal("0.004"), "talk", "built in"),
    ]
    assert prices["grok-voice-think-fast-1.0", "minute", "talk"] == Decimal("0.05")
    assert {unit for model, unit, _ in prices if model is not None and "voice" in model} == {"minute", "text"}
    keys = [(row["Model"], row["Unit"], row["Condition"]) for row in rows]
    assert len(keys) == len(set(keys))


def test_images_and_films_are_priced_by_what_is_made():
    asked = [listing({"id": "grok-imagine-image-2.0", "image_price": 400_000_000})]
    pictures = price_rows(run("CALL ListPrices('grok-imagine-image-2.0')", asked))
    assert [(row["Unit"], row["Usd"], row["Condition"], row["Source"]) for row in pictures[:2]] == [
        ("picture", Decimal("0.04"), "low, 1k", "service"),
        ("picture", Decimal("0.05"), "low, 1.5k", "built in"),
    ]
    assert pictures[-1]["Unit"] == "picture in"
    films = price_rows(run("CALL ListPrices('grok-imagine-video')", [listing()]))
    assert ("second", "720p", Decimal("0.07")) in [(row["Unit"], row["Condition"], row["Usd"]) for row in films]


def test_a_model_without_a_price_has_no_rows():
    assert run("CALL ListPrices('nobody-knows')", [listing(LISTED)]).rows == []
