"""What is known of the models: their ids, and the parameters that some of them refuse.

The lists are those of October 2026. They are open: an id that is not listed is sent as it is.
"""

from __future__ import annotations

import re

TEXT_MODELS = (
    "grok-4.7",
    "grok-4.6",
    "grok-4.5",
    "grok-4.5-latest",
    "grok-4.3",
    "grok-4.3-latest",
    "grok-4.20",
    "grok-4.20-0309-reasoning",
    "grok-4.20-reasoning",
    "grok-4.20-reasoning-latest",
    "grok-4.20-0309-non-reasoning",
    "grok-4.20-non-reasoning",
    "grok-4.20-non-reasoning-latest",
    "grok-4.20-multi-agent-0309",
    "grok-4.20-multi-agent",
    "grok-4.20-multi-agent-latest",
    "grok-build-0.1",
    "grok-build-latest",
    "grok-code-fast-1",
    "grok-code-fast",
    "grok-latest",
)
IMAGE_MODELS = (
    "grok-imagine-image",
    "grok-imagine-image-2026-03-02",
    "grok-imagine-image-2.0",
    "grok-imagine-image-quality",
    "grok-imagine-image-quality-20260403",
    "grok-imagine-image-quality-latest",
    "grok-imagine-image-pro",
)
VIDEO_MODELS = (
    "grok-imagine-video",
    "grok-imagine-video-1.5",
    "grok-imagine-video-1.5-2026-05-30",
    "grok-imagine-video-1.5-preview",
    "grok-imagine-video-1.5-lite",
)
REASONING_EFFORTS = ("none", "low", "medium", "high", "xhigh")
"""From the least to the most."""

ALWAYS_REASONS = re.compile(r"grok-4\.(?:5(?:-latest)?|6|7|20-multi-agent(?:-0309|-latest)?)\Z", re.IGNORECASE)
"""Models that answer 400 to the effort ``none``; left out it would be high."""
REFUSES_EFFORT = re.compile(r"grok-4\.20(?!-multi-agent)|grok-(?:build|code)", re.IGNORECASE)
MULTI_AGENT = re.compile(r"grok-4\.20-multi-agent", re.IGNORECASE)


def refuses_effort(model: str) -> bool:
    """Whether the model answers 400 to any reasoning effort.

    >>> refuses_effort("grok-4.20-reasoning"), refuses_effort("grok-4.20-multi-agent"), refuses_effort("grok-4.3")
    (True, False, False)
    """
    return REFUSES_EFFORT.match(model) is not None


def accepted_effort(model: str, effort: str) -> str:
    """The effort to send where ``effort`` is wished: the same, or the lowest above it that the model accepts.

    A model or an effort that is not listed here is not judged.

    >>> accepted_effort("grok-4.6", "none"), accepted_effort("grok-4.3", "none"), accepted_effort("grok-9", "none")
    ('low', 'none', 'none')
    """
    return "low" if effort == "none" and ALWAYS_REASONS.match(model) else effort


def is_multi_agent(model: str) -> bool:
    """Whether the model runs several agents, and so takes no output limit."""
    return MULTI_AGENT.match(model) is not None


def takes_quality(model: str) -> bool:
    """Whether an image model may have a setting of quality; one that is not listed here may.

    >>> takes_quality("grok-imagine-image-2.0"), takes_quality("grok-imagine-image")
    (True, False)
    """
    return model not in IMAGE_MODELS or "2.0" in model
