"""How fast and how many at a time: what the service allows, learned from its replies and kept by all calls together."""

from __future__ import annotations

from grokcall.scheduling.ratelimit.configured import Caps, caps_of
from grokcall.scheduling.ratelimit.limiter import Limiter
from grokcall.scheduling.ratelimit.model_limiter import Lane, Passage

__all__ = ["Caps", "Lane", "Limiter", "Passage", "caps_of"]
