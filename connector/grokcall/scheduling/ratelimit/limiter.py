"""The limiters of a connection, one for each model, and which request takes which."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from grokcall.scheduling.ratelimit.configured import Caps
from grokcall.scheduling.ratelimit.model_limiter import ModelLimiter
from grokcall_procedures import Kind, Request

PACED = frozenset({Kind.TEXT, Kind.IMAGE, Kind.AUDIO, Kind.VIDEO})
"""Kinds of requests for which the service limits models; the others have no model and cost nothing."""

MOST_MODELS = 256
"""Models that have limiters of their own; what comes after that shares one."""

_MODEL_FIRST = b'{"model":"'
_MODEL = re.compile(rb'"model"\s*:\s*"([^"\\]{1,200})"')
_NEAR = 4_096
"""Bytes at the beginning of a body in which a model is looked for."""


class Limiter:
    """Finds the limiter of a request. The service limits each model by itself.

    Args:
        caps: The user's own limits, for each model.
        now: The clock, in seconds; that of the event loop.
    """

    def __init__(self, caps: Caps, now: Callable[[], float] = time.monotonic) -> None:
        self.models: dict[str, ModelLimiter] = {}
        """By model; by path where a request has none."""
        self._caps = caps
        self._now = now

    def for_request(self, request: Request) -> ModelLimiter | None:
        """The limiter that ``request`` has to take; None for one that none of these limits concerns."""
        if request.kind not in PACED:
            return None
        name = model_of(request.plain_body) or request.path.partition("?")[0]
        limiter = self.models.get(name)
        if limiter is None:
            if len(self.models) >= MOST_MODELS:
                name = "other models"
            limiter = self.models.setdefault(name, ModelLimiter(name, self._caps, self._now))
        return limiter


def model_of(body: bytes | None) -> str:
    """The model that a request names; empty when it names none.

    >>> model_of(b'{"model":"grok-4.3","input":"hi"}')
    'grok-4.3'
    """
    if not body:
        return ""
    if body.startswith(_MODEL_FIRST):
        start = len(_MODEL_FIRST)
        return body[start : body.find(b'"', start)].decode("utf-8", "replace")[:200]
    found = _MODEL.search(body, 0, _NEAR)
    return found[1].decode("utf-8", "replace") if found else ""
