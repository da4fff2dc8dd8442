"""ListPrices: what the service charges, a price a row: what it says of its models, laid over our table."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.effects import Effect
from grokcall_procedures.model_listing import models_in
from grokcall_procedures.prices import PRICES, PRICES_DATED, Entry, Prices, text_price, ticks_in
from grokcall_procedures.rates import ImagePrice, TextPrice, VideoPrice, usd
from grokcall_procedures.steps import Kind, Reply, Request, Row, Steps, reply_of
from grokcall_procedures.timestamps import to_timestamp
from grokcall_procedures.types import ParameterType, UnfitValue

_STRING = ParameterType.STRING
MILLION, THOUSAND = 1_000_000, 1_000
SERVICE, BUILT_IN = "service", "built in"
LONG = "long context"
READ, CACHED, WRITTEN, SEEN = (
    "million tokens in",
    "million tokens cached",
    "million tokens out",
    "million image tokens in",
)
PICTURE, PICTURE_IN, SECOND, SECOND_IN = "picture", "picture in", "second", "second in"
CHARACTERS, HOUR, MINUTE, TEXT, CALLS = "million characters", "hour", "minute", "text", "1k calls"
SOCKET = "over a socket"
TALK = "talk"

PRICE_FIELDS = (
    ResultField(
        "Price_Model", _STRING, "", "The model; NULL for speech, transcripts and tools, which cost the same for all."
    ),
    ResultField(
        "Price_Unit",
        _STRING,
        "",
        f"What is paid for: {READ}, {CACHED} or {WRITTEN.rpartition(' ')[2]}, {PICTURE}, {SECOND}, {CHARACTERS}, "
        f"{HOUR} of sound that is written down, {MINUTE} of a talk and {TEXT} that is written in it, {CALLS}; `in` is "
        "what is handed over.",
    ),
    ResultField("Price_Usd", ParameterType.DECIMAL, "", "The price of a unit in USD."),
    ResultField(
        "Price_Condition",
        _STRING,
        "",
        f"When it holds: `{LONG}`, a quality and a size, `speech` or `transcript`, also `{SOCKET}`, `{TALK}`, the "
        "name of a tool; NULL where it always does.",
    ),
    ResultField("Price_Source", _STRING, "", f"Who says so: `{SERVICE}`, or `{BUILT_IN}` for our table."),
    ResultField("Price_AsOf", ParameterType.TIMESTAMP, "", "When that was said; NULL where the service gives no time."),
)


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a unit.

    Args:
        model: The model; None where it is the same for all.
        unit: What is paid for.
        ticks: What a unit costs.
        condition: When it holds; None for always.
    """

    model: str | None
    unit: str
    ticks: int
    condition: str | None = None


def list_prices(call: BoundCall) -> Steps:
    """Every price, or those of one model."""
    reply = reply_of((yield Request("GET", "/models", kind=Kind.METADATA)))
    entries = models_in(reply)
    prices = PRICES.with_models(entries)
    wanted = call.values.get("Model")
    told = told_prices(entries)
    dates = {SERVICE: time_of(reply), BUILT_IN: to_timestamp(PRICES_DATED)}
    rows: list[Row] = []
    for price in all_prices(prices) if wanted is None else prices_of(prices, str(wanted)):
        source = SERVICE if price in told else BUILT_IN
        rows.append((price.model, price.unit, usd(price.ticks), price.condition, source, dates[source]))
    return rows


def time_of(reply: Reply) -> datetime.datetime | None:
    """When the service gave a reply; None where it does not say."""
    try:
        return to_timestamp(parsedate_to_datetime(reply.headers.get("date", "")))
    except (ValueError, UnfitValue):
        return None


def told_prices(entries: Iterable[Entry]) -> frozenset[Price]:
    """The prices that the service itself says."""
    told: set[Price] = set()
    for entry in entries:
        name = entry.get("id")
        if not isinstance(name, str):
            continue
        price, picture = text_price(entry, None), ticks_in(entry, "image_price")
        if price is not None:
            tells_long = price.long_input is not None  # otherwise it is reckoned
            told.update(each for each in text_prices(name, price) if tells_long or each.condition is None)
        known = PRICES.image(name)
        if picture is not None and known is not None:
            lowest = min(known.images.values())
            told.update(
                Price(name, PICTURE, picture, size_of(key)) for key, each in known.images.items() if each == lowest
            )
    return frozenset(told)


def all_prices(prices: Prices) -> Iterator[Price]:
    """Every price, models first."""
    for names in (prices.text, prices.images, prices.videos, prices.talks):
        for name in names:
            yield from prices_of(prices, name)
    yield Price(None, CHARACTERS, prices.character * MILLION, "speech")
    yield Price(None, CHARACTERS, prices.character * MILLION, f"speech {SOCKET}")
    yield Price(None, HOUR, prices.sound_hour, "transcript")
    yield Price(None, HOUR, prices.streamed_hour, f"transcript {SOCKET}")
    yield Price(None, CALLS, prices.search * THOUSAND, "search of collections")
    for tool, ticks in prices.tool_fees.items():
        yield Price(None, CALLS, ticks * THOUSAND, tool)


def prices_of(prices: Prices, model: str) -> Iterator[Price]:
    """The prices of one model, by its id or another name; none of one that is not known."""
    text, image, video = prices.text_model(model), prices.image(model), prices.video(model)
    if text is not None:
        yield from text_prices(prices.text_id(model), text)
    if image is not None:
        yield from image_prices(id_of(prices.images, image), image)
    if video is not None:
        yield from video_prices(id_of(prices.videos, video), video)
    if model in prices.talks:
        yield Price(model, MINUTE, prices.talk_minute(model), TALK)
        yield Price(model, TEXT, prices.talk_text, TALK)


def id_of(models: Mapping[str, object], price: object) -> str:
    """The id under which a price stands."""
    return next(name for name, each in models.items() if each is price)


def text_prices(name: str, price: TextPrice) -> Iterator[Price]:
    """The prices of a text model, the ordinary ones first."""
    ordinary: dict[str, int] = {READ: price.input, CACHED: price.cached, WRITTEN: price.output}
    if price.image is not None and price.image != price.input:
        ordinary[SEEN] = price.image
    long = {READ: price.long_input, CACHED: price.long_cached, WRITTEN: price.long_output}
    for unit, ticks in ordinary.items():
        yield Price(name, unit, ticks * MILLION)
    if price.context is not None and price.context < price.threshold:
        return
    for unit, ticks in ordinary.items():
        told = long.get(unit)
        yield Price(name, unit, (2 * ticks if told is None else told) * MILLION, LONG)


def image_prices(name: str, price: ImagePrice) -> Iterator[Price]:
    """The prices of a model that makes images."""
    for key, ticks in price.images.items():
        yield Price(name, PICTURE, ticks, size_of(key))
    yield Price(name, PICTURE_IN, price.source)


def size_of(key: tuple[str, str]) -> str:
    """A quality and a size in words.

    >>> size_of(("low", "1k")), size_of(("", "2k"))
    ('low, 1k', '2k')
    """
    return ", ".join(filter(None, key))


def video_prices(name: str, price: VideoPrice) -> Iterator[Price]:
    """The prices of a model that makes videos."""
    for resolution, ticks in price.seconds.items():
        yield Price(name, SECOND, ticks, resolution)
    yield Price(name, PICTURE_IN, price.image)
    yield Price(name, SECOND_IN, price.clip)


LIST_PRICES = Procedure(
    name="ListPrices",
    effect=Effect.READ,
    summary="Lists what the service charges, a price a row; it costs nothing.",
    parameters=(
        Parameter("Model", _STRING, "A model by its id or another name: only its prices are listed. All when NULL."),
    ),
    fields=PRICE_FIELDS,
    steps=list_prices,
    many=True,
    reference="GET /v1/models",
    example="CALL ListPrices('grok-4.3')",
    notes=(
        "What the service says of its models comes first; what it does not say, such as films, sound, talks and the "
        f"fees of tools, is from the table that estimates go by, dated {PRICES_DATED}. Budgets reckon with the same "
        "prices where `--prices service` has them looked up.",
        "Prices are those of the default tier; `ServiceTier => 'priority'` doubles the price of tokens.",
    ),
)

PROCEDURES = (LIST_PRICES,)
