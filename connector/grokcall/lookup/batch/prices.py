"""What a batch costs: some families of models are a fifth cheaper in it, all others cost what they cost alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from grokcall_procedures.prices import PRICES, Prices
from grokcall_procedures.rates import TextPrice

CHEAPER = ("grok-4.3", "grok-4.20")
"""How the ids of the models begin that are cheaper in batches."""
SHARE = Fraction(4, 5)
"""What is left of their prices for tokens; fees for tools stay as they are."""


def batch_prices(prices: Prices = PRICES) -> Prices:
    """Prices as they are in a batch.

    >>> batch_prices().text_model("grok-4.3").output, batch_prices().text_model("grok-4.7").output
    (20000, 60000)
    """
    text = {name: cheaper(price) if name.startswith(CHEAPER) else price for name, price in prices.text.items()}
    return replace(prices, text=text, source=f"{prices.source}, in batches a fifth less for {' and '.join(CHEAPER)}")


def cheaper(price: TextPrice) -> TextPrice:
    """The prices of a model with the discount, rounded up to whole ticks."""
    ordinary = {"input": price.input, "cached": price.cached, "output": price.output}
    optional = {
        "image": price.image,
        "long_input": price.long_input,
        "long_cached": price.long_cached,
        "long_output": price.long_output,
    }
    given = {name: value for name, value in {**ordinary, **optional}.items() if value is not None}
    return replace(price, **{name: -(-value * SHARE.numerator // SHARE.denominator) for name, value in given.items()})
