"""The models and voices the sandbox serves, with the service's prices in ticks (10,000,000,000 ticks = 1 US dollar)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from grokcall_sandbox.errors import not_found, unknown_model, unlisted_model

OWNER = "grokcall-sandbox"
CREATED = 1_777_000_000
LONG_CONTEXT = 200_000
MAX_PICTURE_PROMPT = 8_000

_ALL_EFFORTS = ("low", "medium", "high", "xhigh")


@dataclass(frozen=True, slots=True)
class TextModel:
    """A model that writes text. Prices are ticks per token; `efforts` is empty where the field is refused.

    `hidden_tokens` are those of the service's own system prompt, which every call pays for; `seals` is True for a model
    that gives its reasoning encrypted whether that is asked for or not.
    """

    id: str
    context: int
    input_price: int
    cached_price: int
    output_price: int
    aliases: tuple[str, ...] = ()
    efforts: tuple[str, ...] = ()
    default_effort: str | None = None
    reasons: bool = True
    agents: bool = False
    hidden_tokens: int = 190
    seals: bool = False


@dataclass(frozen=True, slots=True)
class PictureModel:
    """A model that makes images. Prices are ticks per image by (quality, resolution); "" is any quality."""

    id: str
    prices: dict[tuple[str, str], int]
    source_price: int
    aliases: tuple[str, ...] = ()

    def price(self, quality: str, resolution: str) -> int:
        """Ticks for one image."""
        level = "low" if quality == "low" else "medium"
        return self.prices.get((level, resolution)) or self.prices["", resolution]


@dataclass(frozen=True, slots=True)
class VideoModel:
    """A model that makes videos. Prices are ticks per second by resolution."""

    id: str
    prices: dict[str, int]
    picture_price: int
    clip_price: int
    aliases: tuple[str, ...] = ()
    max_duration: int = 15


TEXT_MODELS = (
    TextModel(
        "grok-4.7",
        500_000,
        20_000,
        5_000,
        60_000,
        ("grok-latest",),
        _ALL_EFFORTS,
        "high",
        hidden_tokens=1_526,
        seals=True,
    ),
    TextModel("grok-4.6", 500_000, 20_000, 5_000, 60_000, (), _ALL_EFFORTS, "high", hidden_tokens=1_526),
    TextModel(
        "grok-4.5",
        500_000,
        20_000,
        3_000,
        60_000,
        ("grok-4.5-latest", "grok-build-latest"),
        _ALL_EFFORTS,
        "high",
        hidden_tokens=205,
    ),
    TextModel("grok-4.3", 1_000_000, 12_500, 2_000, 25_000, ("grok-4.3-latest",), ("none", *_ALL_EFFORTS), "low"),
    TextModel(
        "grok-4.20-0309-reasoning",
        1_000_000,
        12_500,
        2_000,
        25_000,
        ("grok-4.20", "grok-4.20-reasoning", "grok-4.20-reasoning-latest"),
    ),
    TextModel(
        "grok-4.20-0309-non-reasoning",
        1_000_000,
        12_500,
        2_000,
        25_000,
        ("grok-4.20-non-reasoning", "grok-4.20-non-reasoning-latest"),
        reasons=False,
    ),
    TextModel(
        "grok-4.20-multi-agent-0309",
        1_000_000,
        12_500,
        2_000,
        25_000,
        ("grok-4.20-multi-agent", "grok-4.20-multi-agent-latest"),
        _ALL_EFFORTS,
        "low",
        agents=True,
    ),
    TextModel("grok-build-0.1", 256_000, 10_000, 2_000, 20_000, ("grok-code-fast-1", "grok-code-fast")),
)

PICTURE_MODELS = (
    PictureModel(
        "grok-imagine-image-2.0",
        {
            ("low", "1k"): 400_000_000,
            ("low", "1.5k"): 500_000_000,
            ("low", "2k"): 600_000_000,
            ("medium", "1k"): 600_000_000,
            ("medium", "1.5k"): 700_000_000,
            ("medium", "2k"): 800_000_000,
        },
        100_000_000,
    ),
    PictureModel(
        "grok-imagine-image",
        {("", "1k"): 200_000_000, ("", "1.5k"): 200_000_000, ("", "2k"): 200_000_000},
        20_000_000,
        ("grok-imagine-image-2026-03-02",),
    ),
    PictureModel(
        "grok-imagine-image-quality",
        {("", "1k"): 500_000_000, ("", "1.5k"): 600_000_000, ("", "2k"): 700_000_000},
        100_000_000,
        ("grok-imagine-image-quality-20260403", "grok-imagine-image-quality-latest", "grok-imagine-image-pro"),
    ),
)

VIDEO_MODELS = (
    VideoModel("grok-imagine-video", {"480p": 500_000_000, "720p": 700_000_000}, 20_000_000, 100_000_000),
    VideoModel(
        "grok-imagine-video-1.5",
        {"480p": 800_000_000, "720p": 1_400_000_000, "1080p": 2_500_000_000},
        100_000_000,
        100_000_000,
        ("grok-imagine-video-1.5-2026-05-30", "grok-imagine-video-1.5-preview"),
    ),
    VideoModel(
        "grok-imagine-video-1.5-lite",
        {"480p": 200_000_000, "720p": 300_000_000, "1080p": 1_400_000_000},
        100_000_000,
        100_000_000,
    ),
)

VOICES = [
    "eve",
    "ara",
    "leo",
    "rex",
    "sal",
    "carina",
    "zagan",
    "helix",
    "orion",
    "luna",
    "iris",
    "altair",
    "zenith",
    "perseus",
    "helios",
    "lux",
    "kepler",
    "rigel",
    "cosmo",
    "celeste",
    "ursa",
    "sirius",
    "lumen",
    "castor",
    "naksh",
    "atlas",
]

# Ids that were withdrawn and are served by a successor.
_REDIRECTED = re.compile(
    r"grok-3(-mini)?(-fast)?(-beta|-latest)?$|grok-4(-latest)?$|grok-4-0709$|grok-4-fast(-|$)|grok-4-1-fast(-|$)"
)
# What serves a request without a model. Text has no such default: it is then asked of a model that is not there.
_DEFAULT_TEXT, _DEFAULT_PICTURE, _DEFAULT_VIDEO = "latest", "grok-imagine-image", "grok-imagine-video"

_TEXT = {name: model for model in TEXT_MODELS for name in (model.id, *model.aliases)}
_PICTURE = {name: model for model in PICTURE_MODELS for name in (model.id, *model.aliases)}
_VIDEO = {name: model for model in VIDEO_MODELS for name in (model.id, *model.aliases)}


@lru_cache(maxsize=256)
def _text_model(name: str) -> TextModel | None:
    return _TEXT["grok-4.3"] if _REDIRECTED.match(name) else _TEXT.get(name)


def find_text_model(name: str | None) -> TextModel:
    """The text model that serves `name`, which may be an id, an alias or a withdrawn id.

    Raises:
        ApiError: 400 for an unknown name and without one, 404 for a model that makes media.
    """
    name = name or _DEFAULT_TEXT
    model = _text_model(name)
    if model is None:
        raise not_found("Model not found") if name in _PICTURE or name in _VIDEO else unknown_model(name)
    return model


def find_picture_model(name: str | None) -> PictureModel:
    """The image model that serves `name`, or a request without one; raises a 400 `ApiError` for an unknown one."""
    name = name or _DEFAULT_PICTURE
    model = _PICTURE.get(name)
    if model is None:
        raise unknown_model(name)
    return model


def find_video_model(name: str | None) -> VideoModel:
    """The video model that serves `name`, or a request without one; raises like `find_picture_model`."""
    name = name or _DEFAULT_VIDEO
    model = _VIDEO.get(name)
    if model is None:
        raise unknown_model(name)
    return model


def find_any_model(name: str) -> TextModel | PictureModel | VideoModel:
    """The model of that id or alias, of whatever kind; raises a 404 `ApiError` for none."""
    model = _TEXT.get(name) or _PICTURE.get(name) or _VIDEO.get(name)
    if model is None:
        raise unlisted_model(name)
    return model
