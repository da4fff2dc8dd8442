"""What the calls of a procedure cost, in a few words: the list price of a unit for the default model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from grokcall_procedures.definition import Procedure
from grokcall_procedures.effects import Effect
from grokcall_procedures.media_estimates import DEFAULT_RESOLUTION, DEFAULT_SIZE
from grokcall_procedures.prices import PRICES, Prices
from grokcall_procedures.rates import usd
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Host

MILLION, THOUSAND = 1_000_000, 1_000
FREE = "free"
"""What is said of procedures that only look, change or remove something."""
COSTLESS = (Effect.READ, Effect.CHANGE, Effect.REMOVE)
ANY = "by the request"
"""What is said where no unit has a price, as where the request is the caller's own."""
UNKNOWN = "by the model"
"""What is said where the price of the default model is not known."""


def price_words(procedure: Procedure, settings: Settings, prices: Prices = PRICES) -> str:
    """The price of what a call reads or makes, in USD.

    Args:
        procedure: The procedure.
        settings: Has the default models.
        prices: What things cost.

    >>> from grokcall_procedures import CATALOG, Settings
    >>> price_words(CATALOG["GenerateResponse"], Settings()), price_words(CATALOG["ListModels"], Settings())
    ('1.25 / 2.5 per 1M tokens', 'free')
    """
    if procedure.effect in COSTLESS and procedure.effect_of is None:
        return FREE
    if procedure.host is Host.MANAGEMENT:
        return FREE
    kind = procedure.model_kind
    if kind is not None:
        return WORDS[kind](prices, settings.default_models.get(kind)) or UNKNOWN
    if "/tts" in procedure.reference:
        return f"{amount(prices.character * MILLION)} per 1M characters"
    if "/stt" in procedure.reference:
        return f"{amount(prices.sound_hour)} an hour"
    if "/documents/search" in procedure.reference:
        return f"{amount(prices.search * THOUSAND)} per 1k searches"
    return ANY


def text_words(prices: Prices, model: object) -> str | None:
    """What tokens cost, read and written."""
    price = prices.text_model(model)
    if price is None:
        return None
    return f"{amount(price.input * MILLION)} / {amount(price.output * MILLION)} per 1M tokens"


def image_words(prices: Prices, model: object) -> str | None:
    """What an image costs."""
    price = prices.image(model)
    return None if price is None else f"{span(price.made(None, DEFAULT_SIZE))} an image"


def edit_words(prices: Prices, model: object) -> str | None:
    """What an image costs that is made from others."""
    price = prices.image(model)
    if price is None:
        return None
    return f"{span(price.made(None, DEFAULT_SIZE))} an image, {amount(price.source)} a source"


def video_words(prices: Prices, model: object) -> str | None:
    """What a second of a video costs."""
    price = prices.video(model)
    return None if price is None else f"{span(price.second(DEFAULT_RESOLUTION))} a second"


def video_edit_words(prices: Prices, model: object) -> str | None:
    """What a second of a video costs that is made from another."""
    price = prices.video(model)
    if price is None:
        return None
    return f"{span(price.second(DEFAULT_RESOLUTION))} a second, {amount(price.clip)} a second read"


WORDS: Mapping[str, Callable[[Prices, object], str | None]] = {
    "text": text_words,
    "image": image_words,
    "image_edit": edit_words,
    "video": video_words,
    "video_edit": video_edit_words,
}
"""The words by the kind of model."""


def span(ticks: tuple[int, int]) -> str:
    """The least and the most as USD; one number where they are the same."""
    low, high = map(amount, ticks)
    return low if low == high else f"{low}-{high}"


def amount(ticks: int) -> str:
    """Ticks as USD, without zeros at the end."""
    return f"{usd(ticks).normalize():f}"
