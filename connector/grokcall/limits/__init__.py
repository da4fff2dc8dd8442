"""How fast and how many at a time: what the service allows, learned from its replies and kept by all calls together."""

from __future__ import annotations

from grokcall.limits.caps import Caps, caps_of
from grokcall.limits.lane import Lane, Passage
from grokcall.limits.limiter import Limiter

__all__ = ["Caps", "Lane", "Limiter", "Passage", "caps_of"]
