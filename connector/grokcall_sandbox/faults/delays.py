"""Faults that take time: replies that come late, and replies that come slowly."""

import math
from dataclasses import replace
from random import Random

from grokcall_sandbox.faults.fault import Fault
from grokcall_sandbox.faults.options import Given
from grokcall_sandbox.replies import Reply, hold_back
from grokcall_sandbox.request import SandboxRequest

_SHAPES = ({"seconds"}, {"low", "high"}, {"median", "sigma"}, {"mean"})


class Latency(Fault):
    """Every reply is held back, for a time of the distribution that the options tell.

    Raises:
        ValueError: Options of more than one distribution were given, or `low` exceeds `high`.
    """

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        named = {name for shape in _SHAPES for name in shape if given.has(name)}
        if not any(named <= shape for shape in _SHAPES):
            raise ValueError(f"the options {', '.join(sorted(named))} of latency belong to different distributions")
        if given.number("low") > given.number("high", 1.0):
            raise ValueError("the option low of latency must not exceed high")
        self._given = given

    def seconds(self, dice: Random) -> float:
        """How long a reply is held back."""
        given = self._given
        if dice.random() < given.number("slow"):
            return given.number("slow_seconds")
        return min(self._usual(dice), given.number("most"))

    def _usual(self, dice: Random) -> float:
        given = self._given
        if given.has("seconds"):
            return given.number("seconds")
        if given.has("low") or given.has("high"):
            low = given.number("low")
            return low + (given.number("high", 1.0) - low) * dice.random()
        if given.has("mean"):
            return dice.expovariate(1.0) * given.number("mean")
        return given.number("median", 0.05) * math.exp(given.number("sigma", 1.0) * dice.gauss(0.0, 1.0))

    async def before_answering(self, _call: SandboxRequest, reply: Reply, dice: Random, /) -> Reply:
        """Wait."""
        return await hold_back(reply, self.seconds(dice))


class SlowBody(Fault):
    """The reply's head comes at once, its body dribbles."""

    def __init__(self, given: Given) -> None:
        super().__init__(given)
        self._seconds = given.number("seconds")

    async def before_answering(self, _call: SandboxRequest, reply: Reply, _dice: Random, /) -> Reply:
        """Spread the body over its time."""
        return replace(reply, delivery=replace(reply.delivery, seconds=self._seconds))
