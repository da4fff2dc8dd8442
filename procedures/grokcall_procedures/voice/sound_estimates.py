"""What a transcript costs: its sound by the hour, as long as the head of the file says, or else as its size allows."""

from __future__ import annotations

import math

from grokcall_procedures.bounds import Estimate, media_estimate, unpriced
from grokcall_procedures.local_files import size_of
from grokcall_procedures.multipart import Parts
from grokcall_procedures.prices import Prices
from grokcall_procedures.voice.sound_lengths import likely_seconds, raw_seconds, seconds_of

HOUR = 3600
LIKELY_HOUR = 1.0
"""Hours that a sound at an address is reckoned with, of which nothing is known."""
UNKNOWN_LENGTH = "how long a sound at an address is, is not known before it is fetched"
SLACK = 0.1
"""Seconds by which a decoder may find a sound longer than its head says."""


def sound_estimate(form: Parts, prices: Prices) -> Estimate:
    """The estimate for ``POST /stt``."""
    if form.file is None:
        return unpriced(UNKNOWN_LENGTH, 0, math.ceil(LIKELY_HOUR * prices.sound_hour))
    content, fields = form.file.content, dict(form.fields)
    if "audio_format" in fields and fields.get("sample_rate", "0").isdigit() and int(fields["sample_rate"]):
        channels = int(fields.get("channels", "1"))
        low = high = raw_seconds(size_of(content), fields["audio_format"], int(fields["sample_rate"]), channels)
    else:
        told = seconds_of(content)
        low, high = likely_seconds(size_of(content)) if told is None else (told, told)
    return media_estimate(ticks(low, prices), ticks(high + SLACK, prices))


def ticks(seconds: float, prices: Prices) -> int:
    """The price of so many seconds."""
    return math.ceil(seconds * prices.sound_hour / HOUR)
