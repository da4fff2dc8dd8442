"""The table of prices, and what the service says laid over it."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest

import grokcall
from grokcall_procedures.prices import PRICES, PRICES_DATED
from grokcall_procedures.rates import TextPrice


@pytest.mark.parametrize(
    ("name", "prices"),
    [
        ("grok-4.7", (20_000, 5_000, 60_000)),
        ("grok-4.5-latest", (20_000, 3_000, 60_000)),
        ("grok-4.3", (12_500, 2_000, 25_000)),
        ("grok-4.20-reasoning", (12_500, 2_000, 25_000)),
        ("grok-code-fast", (10_000, 2_000, 20_000)),
        ("grok-4-fast-reasoning", (12_500, 2_000, 25_000)),
        ("grok-3-mini-fast-beta", (12_500, 2_000, 25_000)),
        ("grok-3-latest", (12_500, 2_000, 25_000)),
        ("grok-4-latest", (12_500, 2_000, 25_000)),
    ],
)
def test_a_text_model_has_its_price_under_each_of_its_names(name: str, prices: tuple[int, int, int]) -> None:
    price = PRICES.text_model(name)
    assert price is not None
    assert (price.input, price.cached, price.output) == prices


@pytest.mark.parametrize("name", ["grok-latest", "grok-9", "grok-imagine-image", None])
def test_a_model_that_moves_or_is_unknown_has_no_price(name: object) -> None:
    assert PRICES.text_model(name) is None


def test_a_prompt_at_the_threshold_costs_the_higher_prices_for_all_of_its_tokens() -> None:
    price = TextPrice(10, 2, 30)
    assert (price.read(199_999), price.written(199_999)) == (10, 30)
    assert (price.read(200_000), price.written(200_000)) == (20, 60)


def test_stated_prices_for_long_contexts_count_instead_of_twice_the_ordinary_ones() -> None:
    price = TextPrice(10, 2, 30, threshold=100, long_input=15, long_cached=3, long_output=40)
    assert (price.read(100), price.written(100)) == (15, 40)


def test_tokens_of_images_cost_what_the_dearer_kind_of_token_costs() -> None:
    price = TextPrice(10, 2, 30, image=25)
    assert (price.read(5), price.read(5, images=True), price.read(200_000, images=True)) == (10, 25, 50)


@pytest.mark.parametrize(
    ("model", "quality", "size", "cents"),
    [
        ("grok-imagine-image-2.0", "low", "1.5k", (5, 5)),
        ("grok-imagine-image-2.0", "auto", "2k", (6, 8)),
        ("grok-imagine-image-2.0", None, "4k", (4, 8)),
        ("grok-imagine-image-quality-latest", None, "2k", (7, 7)),
        ("grok-imagine-image-pro", None, "2k", (7, 7)),
        ("grok-imagine-image-2026-03-02", "medium", "1k", (2, 2)),
    ],
)
def test_a_choice_left_to_the_service_may_cost_anything_it_can_choose(
    model: str, quality: object, size: str, cents: tuple[int, int]
) -> None:
    price = PRICES.image(model)
    assert price is not None
    assert price.made(quality, size) == tuple(cent * 100_000_000 for cent in cents)


def test_the_service_s_own_prices_lie_over_the_table() -> None:
    told = {
        "id": "grok-4.3",
        "aliases": ["grok-latest"],
        "prompt_text_token_price": 13_000,
        "completion_text_token_price": 26_000,
        "long_context_threshold": 128_000,
        "prompt_text_token_price_long_context": 30_000,
    }
    prices = PRICES.with_models([told, {"id": "grok-imagine-video"}, {"object": "nothing"}])
    price = prices.text_model("grok-latest")
    assert price == prices.text_model("grok-4.3") == prices.text_model("grok-4.3-latest")
    assert price == TextPrice(13_000, 13_000, 26_000, 1_000_000, None, 128_000, 30_000, None, None)
    assert prices.text_model("grok-4.7") == PRICES.text_model("grok-4.7")
    assert "/v1/models" in prices.source
    assert PRICES_DATED in PRICES.source


def test_entries_without_prices_change_nothing() -> None:
    assert PRICES.with_models([{"id": "grok-4.3"}, {"id": "grok-4.6", "prompt_text_token_price": True}]) is PRICES


def test_a_higher_price_of_an_image_raises_all_and_a_lower_one_none() -> None:
    dearer = PRICES.with_models([{"id": "grok-imagine-image-2.0", "image_price": 600_000_001}])
    cheaper = PRICES.with_models([{"id": "grok-imagine-image-2.0", "image_price": 1}])
    raised, kept = dearer.image("grok-imagine-image-2.0"), cheaper.image("grok-imagine-image-2.0")
    assert raised is not None
    assert raised.made("low", "1k") == (600_000_001, 600_000_001)
    assert raised.made("medium", "2k") == (1_200_000_002, 1_200_000_002)
    assert kept == PRICES.image("grok-imagine-image-2.0")


def test_the_result_of_list_models_lies_over_the_table(on_sandbox: grokcall.Connection) -> None:
    table = on_sandbox.execute("CALL ListModels()").fetch_arrow_table()
    prices = PRICES.with_models(table)
    listed = prices.text_model("grok-4.6")
    assert listed is not None
    assert (listed.input, listed.output, listed.context) == (20_000, 60_000, 500_000)
    assert (listed.long_input, listed.long_output, listed.threshold) == (40_000, 120_000, 200_000)
    assert prices.text_model("grok-latest") == prices.text_model("grok-4.7")


def test_rows_whose_entry_cannot_be_read_as_an_object_change_nothing() -> None:
    table = pa.table({"Model_Id": ["grok-4.3"], "Model_Raw": [json.dumps([1])]})
    assert PRICES.with_models(table) is PRICES
