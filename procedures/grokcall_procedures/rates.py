"""What a unit of work costs: a token, an image, a second of video. All prices are whole ticks of 1e-10 USD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

TICKS_PER_USD = 10_000_000_000
"""The API counts money in ticks of 1e-10 USD."""

LONG_CONTEXT = 200_000
"""Tokens of a prompt from which a text model's higher prices apply, to all of its tokens."""


@dataclass(frozen=True, slots=True)
class TextPrice:
    """The prices of a text model.

    Args:
        input: Ticks for a token that is read.
        cached: Ticks for a token that is read from the cache.
        output: Ticks for a token that is written, reasoning included.
        context: The most tokens that the model holds; None where it is not known.
        image: Ticks for a token of an image; None for ``input``.
        threshold: Tokens of a prompt from which the prices for long contexts apply.
        long_input, long_cached, long_output: Those prices; None for twice the ordinary ones.
    """

    input: int
    cached: int
    output: int
    context: int | None = None
    image: int | None = None
    threshold: int = LONG_CONTEXT
    long_input: int | None = None
    long_cached: int | None = None
    long_output: int | None = None

    def read(self, tokens: int, *, images: bool = False) -> int:
        """The most that one token of a prompt of so many tokens can cost: as if nothing came from the cache.

        Args:
            tokens: How long the whole prompt is.
            images: Whether some of the tokens may be those of images.

        >>> price = TextPrice(input=10, cached=2, output=30)
        >>> price.read(199_999), price.read(200_000)
        (10, 20)
        """
        image = (self.image or 0) if images else 0
        ordinary = max(self.input, self.cached, image)
        if tokens < self.threshold:
            return ordinary
        long_input = 2 * self.input if self.long_input is None else self.long_input
        long_cached = 2 * self.cached if self.long_cached is None else self.long_cached
        return max(ordinary, long_input, long_cached, 2 * image)

    def written(self, prompt_tokens: int) -> int:
        """What one written token costs after a prompt of so many tokens."""
        if prompt_tokens < self.threshold:
            return self.output
        return 2 * self.output if self.long_output is None else max(self.output, self.long_output)


@dataclass(frozen=True, slots=True)
class ImagePrice:
    """The prices of a model that makes images.

    Args:
        images: Ticks for an image by quality and resolution; a model without qualities has them under ``""``.
        source: Ticks for each image that goes in.
    """

    images: Mapping[tuple[str, str], int]
    source: int

    def made(self, quality: object, resolution: object) -> tuple[int, int]:
        """The least and the most that an image can cost; what is not listed may be any of the listed ones.

        >>> ImagePrice({("low", "1k"): 4, ("medium", "1k"): 6}, source=1).made("auto", "1k")
        (4, 6)
        """
        sized = {key: price for key, price in self.images.items() if key[1] == resolution} or self.images
        fitting = [price for key, price in sized.items() if key[0] == quality] or list(sized.values())
        return min(fitting), max(fitting)


@dataclass(frozen=True, slots=True)
class VideoPrice:
    """The prices of a model that makes videos.

    Args:
        seconds: Ticks for a second by resolution.
        image: Ticks for each image that goes in.
        clip: Ticks for each second of a video that goes in.
    """

    seconds: Mapping[str, int]
    image: int
    clip: int

    def second(self, resolution: object) -> tuple[int, int]:
        """The least and the most that a second can cost; a resolution that is not listed may be any of them."""
        listed = self.seconds.get(str(resolution))
        return (listed, listed) if listed is not None else (min(self.seconds.values()), max(self.seconds.values()))


def usd(ticks: int) -> Decimal:
    """Ticks as USD, exact.

    >>> usd(2_306_000)
    Decimal('0.0002306000')
    """
    return Decimal(ticks).scaleb(-10)
