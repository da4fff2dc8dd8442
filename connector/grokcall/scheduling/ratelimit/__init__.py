"""How fast and how many at a time: what the service allows, learned from its replies and kept by all calls together."""

from __future__ import annotations

from grokcall.scheduling.ratelimit.configured import Caps, caps_of
from grokcall.scheduling.ratelimit.limiter import Limiter
from grokcall.scheduling.ratelimit.model_limiter import ModelLimiter, Permit

__all__ = ["Caps", "Limiter", "ModelLimiter", "Permit", "caps_of"]
