"""What the service charges: a dated table of its list prices, which what it says of its models can be laid over.

All prices are whole ticks, as the API counts money: 10,000,000,000 ticks are 1 USD, so 20,000 ticks for each token are
2 USD for a million tokens.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

import pyarrow as pa

from grokcall_procedures.documents import decode_json
from grokcall_procedures.rates import LONG_CONTEXT, TICKS_PER_USD, ImagePrice, TextPrice, VideoPrice

PRICES_DATED = "2026-10-01"
"""The day of the list prices in the table."""
LISTED = "/v1/models"
"""The word for prices that the service itself told."""
USUAL_TALK = "grok-voice-latest"
"""The model of talks that the service takes where none is named."""


Entry: TypeAlias = Mapping[str, object]
"""What the service says of one model."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Every price that is known.

    Args:
        text: Text models by id.
        images: Models that make images by id.
        videos: Models that make videos by id.
        aliases: Ids by each of their other names.
        character: Ticks for a spoken character.
        sound_hour: Ticks for an hour of sound that is written down.
        streamed_hour: The same of sound that comes over a socket.
        talks: Ticks for a minute of a talk by model.
        talk_text: Ticks for a text that is written in a talk.
        search: Ticks for a search of collections.
        tool_fees: Ticks for a call of each of the service's own tools.
        source: Where the prices come from, for people.
    """

    text: Mapping[str, TextPrice]
    images: Mapping[str, ImagePrice]
    videos: Mapping[str, VideoPrice]
    aliases: Mapping[str, str] = field(repr=False)
    character: int
    sound_hour: int
    streamed_hour: int
    talks: Mapping[str, int]
    talk_text: int
    search: int
    tool_fees: Mapping[str, int]
    source: str

    def text_model(self, name: object) -> TextPrice | None:
        """The prices of a text model by its id or another name; None when they are not known.

        >>> PRICES.text_model("grok-4.3-latest").input, PRICES.text_model("grok-9")
        (12500, None)
        """
        return self.text.get(self.text_id(name))

    def text_id(self, name: object) -> str:
        """The id of the text model that answers to a name: its own, or that of its successor.

        >>> PRICES.text_id("grok-4.3-latest"), PRICES.text_id("grok-4"), PRICES.text_id("grok-9")
        ('grok-4.3', 'grok-4.3', 'grok-9')
        """
        return self._id(name, TEXT_SUCCESSORS)

    def image(self, name: object) -> ImagePrice | None:
        """The prices of a model that makes images; None when they are not known."""
        return self.images.get(self._id(name))

    def video(self, name: object) -> VideoPrice | None:
        """The prices of a model that makes videos; None when they are not known."""
        return self.videos.get(self._id(name))

    def talk_minute(self, model: str | None) -> int:
        """Ticks for a minute of a talk with a model; those of :data:`USUAL_TALK` for one that is not known.

        >>> PRICES.talk_minute(None), PRICES.talk_minute("grok-voice-think-fast-1.0")
        (800000000, 500000000)
        """
        return self.talks.get(model or USUAL_TALK, self.talks[USUAL_TALK])

    def with_models(self, models: pa.Table | Iterable[Entry]) -> Prices:
        """These prices with what the service says of its models laid over them.

        Args:
            models: The result of ``CALL ListModels()``, or the entries of ``GET /v1/models``. Entries without prices
                change nothing. Of a model that makes images the service tells one price only; when that is above
                the table's lowest, all its prices rise in proportion, and they never fall.

        >>> told = {"id": "grok-4.3", "prompt_text_token_price": 13000, "completion_text_token_price": 26000}
        >>> PRICES.with_models([told]).text_model("grok-4.3").output
        26000
        """
        rows = models.to_pylist() if isinstance(models, pa.Table) else models
        text, images, aliases = dict(self.text), dict(self.images), dict(self.aliases)
        changed = False
        for entry in map(entry_of, rows):
            name = entry.get("id")
            if not isinstance(name, str):
                continue
            told, known = text_price(entry, text.get(self._id(name))), images.get(self._id(name))
            if told is not None:
                text[name] = told
            elif known is not None and (price := ticks_in(entry, "image_price")) is not None:
                images[name] = raised(known, price)
            else:
                continue
            changed = True
            others = entry.get("aliases")
            aliases |= {alias: name for alias in (others if isinstance(others, list) else []) if isinstance(alias, str)}
        if not changed:
            return self
        return replace(
            self, text=text, images=images, aliases=aliases, source=f"{LISTED}, else the table of {PRICES_DATED}"
        )

    def _id(self, name: object, successors: tuple[tuple[re.Pattern[str], str], ...] = ()) -> str:
        text = str(name)
        if text in self.text or text in self.images or text in self.videos:
            return text
        found = self.aliases.get(text)
        return found or next((model for pattern, model in successors if pattern.match(text)), text)


def entry_of(row: Entry) -> Entry:
    """The service's own entry for a model, out of a row of ListModels or as it is."""
    raw = row.get("Model_Raw")
    if not isinstance(raw, str):
        return row
    entry = decode_json(raw)
    return entry if isinstance(entry, dict) else {}


def ticks_in(entry: Entry, member: str) -> int | None:
    """A price in an entry; None when there is none that makes sense."""
    value = entry.get(member)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def text_price(entry: Entry, known: TextPrice | None) -> TextPrice | None:
    """The prices of a text model that an entry tells; None unless it tells what is read and what is written costs."""
    read, written = ticks_in(entry, "prompt_text_token_price"), ticks_in(entry, "completion_text_token_price")
    if read is None or written is None:
        return None
    cached = ticks_in(entry, "cached_prompt_text_token_price")
    return TextPrice(
        input=read,
        cached=read if cached is None else cached,
        output=written,
        context=ticks_in(entry, "context_length") or (known.context if known else None),
        image=ticks_in(entry, "prompt_image_token_price"),
        threshold=ticks_in(entry, "long_context_threshold") or LONG_CONTEXT,
        long_input=ticks_in(entry, "prompt_text_token_price_long_context"),
        long_cached=ticks_in(entry, "cached_prompt_text_token_price_long_context"),
        long_output=ticks_in(entry, "completion_text_token_price_long_context"),
    )


def raised(known: ImagePrice, told: int) -> ImagePrice:
    """The prices with the lowest raised to ``told`` and the others in proportion, rounded up."""
    lowest = min(known.images.values())
    if told <= lowest:
        return known
    return replace(known, images={key: -(-price * told // lowest) for key, price in known.images.items()})


TEXT_SUCCESSORS = (
    (
        re.compile(
            r"grok-3(?:-mini)?(?:-fast)?(?:-beta|-latest)?$|grok-4(?:-latest|-0709)?$"
            r"|grok-4-fast(?:-|$)|grok-4-1-fast(?:-|$)"
        ),
        "grok-4.3",
    ),
)
"""Withdrawn ids and the model that answers in their place, at its own price."""

_MILLION_CONTEXT = TextPrice(12_500, 2_000, 25_000, 1_000_000)
_CENT = TICKS_PER_USD // 100
_IMAGE_SIZES = ("1k", "1.5k", "2k")


def _priced(**qualities: tuple[int, int, int]) -> Mapping[tuple[str, str], int]:
    """Prices in cents for each size, by quality."""
    return MappingProxyType(
        {
            (quality.strip("_"), size): cents * _CENT
            for quality, prices in qualities.items()
            for size, cents in zip(_IMAGE_SIZES, prices, strict=True)
        }
    )


PRICES = Prices(
    text=MappingProxyType(
        {
            "grok-4.7": TextPrice(20_000, 5_000, 60_000, 500_000),
            "grok-4.6": TextPrice(20_000, 5_000, 60_000, 500_000),
            "grok-4.5": TextPrice(20_000, 3_000, 60_000, 500_000),
            "grok-4.3": _MILLION_CONTEXT,
            "grok-4.20-0309-reasoning": _MILLION_CONTEXT,
            "grok-4.20-0309-non-reasoning": _MILLION_CONTEXT,
            "grok-4.20-multi-agent-0309": _MILLION_CONTEXT,
            "grok-build-0.1": TextPrice(10_000, 2_000, 20_000, 256_000),
        }
    ),
    images=MappingProxyType(
        {
            "grok-imagine-image-2.0": ImagePrice(_priced(low=(4, 5, 6), medium=(6, 7, 8)), _CENT),
            "grok-imagine-image": ImagePrice(_priced(_=(2, 2, 2)), _CENT // 5),
            "grok-imagine-image-quality": ImagePrice(_priced(_=(5, 6, 7)), _CENT),
        }
    ),
    videos=MappingProxyType(
        {
            "grok-imagine-video": VideoPrice({"480p": 5 * _CENT, "720p": 7 * _CENT}, _CENT // 5, _CENT),
            "grok-imagine-video-1.5": VideoPrice(
                {"480p": 8 * _CENT, "720p": 14 * _CENT, "1080p": 25 * _CENT}, _CENT, _CENT
            ),
            "grok-imagine-video-1.5-lite": VideoPrice(
                {"480p": 2 * _CENT, "720p": 3 * _CENT, "1080p": 14 * _CENT}, _CENT, _CENT
            ),
        }
    ),
    aliases=MappingProxyType(
        {
            "grok-4.5-latest": "grok-4.5",
            "grok-build-latest": "grok-4.5",
            "grok-4.3-latest": "grok-4.3",
            "grok-4.20": "grok-4.20-0309-reasoning",
            "grok-4.20-reasoning": "grok-4.20-0309-reasoning",
            "grok-4.20-reasoning-latest": "grok-4.20-0309-reasoning",
            "grok-4.20-non-reasoning": "grok-4.20-0309-non-reasoning",
            "grok-4.20-non-reasoning-latest": "grok-4.20-0309-non-reasoning",
            "grok-4.20-multi-agent": "grok-4.20-multi-agent-0309",
            "grok-4.20-multi-agent-latest": "grok-4.20-multi-agent-0309",
            "grok-code-fast-1": "grok-build-0.1",
            "grok-code-fast": "grok-build-0.1",
            "grok-imagine-image-2026-03-02": "grok-imagine-image",
            "grok-imagine-image-quality-20260403": "grok-imagine-image-quality",
            "grok-imagine-image-quality-latest": "grok-imagine-image-quality",
            "grok-imagine-image-pro": "grok-imagine-image-quality",
            "grok-imagine-video-1.5-2026-05-30": "grok-imagine-video-1.5",
            "grok-imagine-video-1.5-preview": "grok-imagine-video-1.5",
        }
    ),
    character=150_000,
    sound_hour=10 * _CENT,
    streamed_hour=20 * _CENT,
    talks=MappingProxyType(
        {
            USUAL_TALK: 8 * _CENT,
            "grok-voice-3.0": 8 * _CENT,
            "grok-voice-2.0": 8 * _CENT,
            "grok-voice-think-fast-2.0": 8 * _CENT,
            "grok-voice-think-fast-1.0": 5 * _CENT,
        }
    ),
    talk_text=_CENT * 2 // 5,
    search=_CENT // 4,
    tool_fees=MappingProxyType(
        {
            "attachment_search": _CENT // 2,
            "web_search": _CENT // 2,
            "x_search": _CENT // 2,
            "code_interpreter": _CENT // 2,
            "code_execution": _CENT // 2,
            "file_search": _CENT // 4,
            "collections_search": _CENT // 4,
        }
    ),
    source=f"the table of {PRICES_DATED}",
)
"""The list prices of October 2026. ``grok-latest`` is not in it: it moves from model to model."""
