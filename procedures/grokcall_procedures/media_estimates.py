"""What an image, a video or audio costs: its list price, and the highest one where the request leaves a choice.

An image or video that moderation holds back is billed like any other, so there is nothing to take off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from grokcall_procedures.bounds import Estimate, media_estimate, unpriced
from grokcall_procedures.prices import Prices
from grokcall_procedures.rates import VideoPrice
from grokcall_procedures.readings import as_list, whole
from grokcall_procedures.text_estimates import NO_PRICE

DEFAULT_SIZE = "1k"
DEFAULT_SECONDS = 8
LONGEST_VIDEO = 15
DEFAULT_RESOLUTION = "480p"
LONGEST_EDIT = 9
"""Seconds of a video that can be edited: the service takes up to 8.7, here rounded up."""
EDITED = ("480p", "720p")
"""What the video that comes back from an edit can have."""
DEFAULT_EXTENSION = 6
LONGEST_EXTENSION = 10
LONGEST_EXTENDED = 31
"""Seconds of a video that can be extended, rounded up."""
FRAMES = ("image", "image_url", "input_reference", "last_frame")
AUDIO_PRICE = "what audio costs that goes into a video is not known"


def image_estimate(body: Mapping[str, object], prices: Prices) -> Estimate:
    """The estimate for ``POST /images/generations`` and ``/images/edits``."""
    price = prices.image(body.get("model"))
    if price is None:
        every = [ticks for known in prices.images.values() for ticks in known.images.values()]
        return unpriced(NO_PRICE, min(every), max(every))
    size = body.get("resolution") or DEFAULT_SIZE
    count = whole(body.get("n")) or 1
    sources = len(as_list(body.get("images"))) + (body.get("image") is not None)
    low, high = price.made(body.get("quality"), size)
    return media_estimate(count * low + sources * price.source, count * high + sources * price.source)


def video_estimate(path: str, body: Mapping[str, object], prices: Prices) -> Estimate:
    """The estimate for ``POST /videos/generations``, ``/videos/edits`` and ``/videos/extensions``."""
    price = prices.video(body.get("model"))
    if price is None:
        every = [ticks for known in prices.videos.values() for ticks in known.seconds.values()]
        return unpriced(NO_PRICE, min(every), max(every) * LONGEST_VIDEO)
    if path == "/videos/edits":
        return media_estimate(edited(price, 1, 1)[0], edited(price, LONGEST_EDIT, LONGEST_EDIT)[1])
    if path == "/videos/extensions":
        seconds = length(body, DEFAULT_EXTENSION, LONGEST_EXTENSION)
        return media_estimate(edited(price, seconds, 1)[0], edited(price, seconds, LONGEST_EXTENDED)[1])
    return generated(body, price)


def generated(body: Mapping[str, object], price: VideoPrice) -> Estimate:
    """The estimate for a video from words and images."""
    seconds = length(body, DEFAULT_SECONDS, LONGEST_VIDEO)
    frames = sum(body.get(name) is not None for name in FRAMES)
    frames += len(as_list(body.get("reference_images"))) + len(as_list(body.get("keyframes")))
    low, high = price.second(body.get("resolution") or DEFAULT_RESOLUTION)
    low, high = seconds * low + frames * price.image, seconds * high + frames * price.image
    return unpriced(AUDIO_PRICE, low, high) if body.get("reference_audios") else media_estimate(low, high)


def edited(price: VideoPrice, made: int, read: int) -> tuple[int, int]:
    """The least and the most for so many seconds that are made from so many that are read."""
    seconds = [price.second(resolution)[1] for resolution in EDITED]
    return made * min(seconds) + read * price.clip, made * max(seconds) + read * price.clip


def length(body: Mapping[str, object], default: int, longest: int) -> int:
    """The seconds that a body asks for, rounded up; the longest when that makes no sense."""
    asked = next((body[name] for name in ("duration", "seconds") if body.get(name) is not None), default)
    sensible = isinstance(asked, int | float) and not isinstance(asked, bool) and 0 < asked < math.inf
    return math.ceil(asked) if sensible and isinstance(asked, int | float) else longest


def speech_estimate(body: Mapping[str, object], prices: Prices) -> Estimate:
    """The estimate for ``POST /tts``, by characters; a replacement can make each of them as long as itself."""
    text, replaced = body.get("text"), body.get("replace")
    characters = len(text) if isinstance(text, str) else 0
    longest = max((len(str(new)) for new in replaced.values()), default=1) if isinstance(replaced, dict) else 1
    return media_estimate(characters * prices.character, characters * max(longest, 1) * prices.character)
