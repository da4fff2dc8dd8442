"""What refusals that name no limit come from: too many requests, or chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from grokcall.scheduling.ratelimit.recent_requests import STEP, Recent

CAUTION = 0.95
"""Of the pace at which requests were accepted, how much is tried after a refusal."""

SIGNS = 5
"""Refusals to be expected in a trial, if they come by chance, so that their absence means something."""

A_FEW = 4
"""Answers a second that show that a service is none of those which allow one or two."""

NO_LOAD = 8
"""Requests a second from which nothing is guessed: neither a pace, nor that refusals come by chance."""

LEAST_TRIES, MOST_TRIES = 8, 200
"""Requests of a trial."""

MORE_TRIES, CLIMB = 48, 4.0
"""Requests of a trial at a faster pace, and how much faster it is each time."""

ALL_REFUSED = 16
"""Requests of a trial, all refused from the first, after which it is over."""

HOPELESS = 0.7
"""The share of refusals above which they do not come by chance but from a limit far below the pace."""

SAMPLE = 200
"""Requests from which the share of chance is measured before the pace is lifted."""

FEW = 32
"""Requests over which a share of refusals is judged, at least."""

SHORTEST_SPAN = 0.05
"""Seconds over which a pace is measured, at least."""

FASTEST, SLOWEST, QUICKENING, SETBACK = 0.25, 0.003, 1.3, 8
"""By how much of itself a guessed pace grows in a second, at first and at least; how that grows with each second
without a refusal, and by what it is divided after one."""


@dataclass(slots=True)
class Trial:
    """A number of requests at another pace than before, to see how many of them are refused.

    Args:
        first: The number of the first of them.
        tries: How many they are.
        before: The share that was refused before, at a faster pace; None where the pace goes up.
        refused: How many of them were refused.
    """

    first: int
    tries: int
    before: float | None
    refused: int = 0


class Suspicion:
    """Finds out what a service that refuses without naming a limit wants.

    After a refusal that is not explained yet, only as many requests a second are sent as were accepted. If next to none
    of them is refused, there is a limit: the pace stays, and grows carefully until something is refused again. If as
    many are refused as before, the refusals come by chance: they have nothing to do with the pace, which goes up again
    in a few steps, and that share of refusals is no reason to wait from then on.

    Args:
        recent: What was sent in the last minute.
    """

    def __init__(self, recent: Recent) -> None:
        self.pace: float = math.inf
        """Requests a second."""
        self.chance: float = 0.0
        """The share of requests that is refused at any pace."""
        self._recent = recent
        self._sample = 0
        """Requests from which the share was measured."""
        self._delay = 0.0
        """Seconds that a refusal takes to come."""
        self._growth = FASTEST
        self._is_new = True
        self._since = math.inf
        """Since when requests were sent without a pause."""
        self._suspected: float | None = None
        """When the pause began after which there is to be a trial."""
        self._trial: Trial | None = None
        self._usual = math.inf
        """The pace outside of trials."""

    @property
    def is_pending(self) -> bool:
        """Whether a trial is to begin after the pause."""
        return self._suspected is not None

    @property
    def may_be_slow(self) -> bool:
        """Whether the service may allow only a few requests a second, for all that is known."""
        return self._is_new or self._recent.most_answered(1.0) < A_FEW

    @property
    def is_limit(self) -> bool:
        """Whether a limit has been found."""
        return self.pace < math.inf and self._trial is None

    def explains(self, now: float, *, lone: bool) -> bool:
        """Whether what is refused at the moment is no reason for a pause.

        Args:
            now: The time.
            lone: Whether answers kept coming beside the last refusals.
        """
        if self._trial is not None:
            return lone
        if not self.chance:
            return False
        sent, refused = self._lately(now)
        doubt = 3 * math.sqrt(sent * self.chance * (1 - self.chance) * (1 + sent / self._sample))
        return refused <= sent * self.chance + doubt + 1

    def suspect(self, now: float) -> None:
        """Takes note of a pause that has begun with a refusal."""
        if self._trial is None and self._suspected is None:
            self._suspected = now
            self._is_new = False

    def begin(self, turn: int, now: float, *, lone: bool) -> None:
        """Begins the trial, after the pause.

        Args:
            turn: The number of the next request.
            now: The time.
            lone: Whether answers kept coming beside the refusals, so that no second is used up.
        """
        assert self._suspected is not None
        paused, self._suspected = self._suspected, None
        since = max(paused - 1.0, self._since) if lone else paused - 1.0
        sent, refused = self._recent.tally(since, paused)
        span = max(SHORTEST_SPAN, paused - since)
        self._since = now
        self._recent.begin_step()
        if sent == refused or (sent <= NO_LOAD and not lone):
            return
        if self.is_limit:
            self._growth = max(SLOWEST, self._growth / SETBACK)
        accepted = min(sent, (sent - refused) / (1 - self.chance))
        before = refused / sent
        tries = math.ceil(SIGNS / max(before - self.chance, SIGNS / MOST_TRIES))
        self._trial = Trial(turn, max(LEAST_TRIES, tries), before)
        self._usual, self.pace = self.pace, min(self.pace, CAUTION * accepted / span)

    def note(self, turn: int, sent: float, now: float, *, refused: bool) -> bool:
        """Takes note of an answer, or of a refusal without a limit; whether :attr:`pace` has changed.

        Args:
            turn: The request's number.
            sent: When it was sent.
            now: The time.
            refused: Whether it was refused.
        """
        self._since = min(self._since, sent)
        if refused:
            self._delay += 0.1 * (now - sent - self._delay)
        trial = self._trial
        if trial is None or turn < trial.first:
            return False
        so_far = turn - trial.first + 1
        trial.refused += refused and so_far <= trial.tries
        if so_far <= trial.tries and not (refused and so_far == trial.refused == ALL_REFUSED):
            return False  # refusals come sooner than answers: it is judged when later requests have ended
        self._trial = None
        self._conclude(trial, turn)
        return True

    def grow(self, seconds: float, now: float) -> None:
        """Lets a guessed pace grow that is made use of."""
        if self.is_limit and 2 * self._recent.tally(now - 1.0, now)[0] > self.pace:
            self.pace *= 1 + self._growth * min(1.0, seconds)
            self._growth = min(FASTEST, self._growth * QUICKENING)

    def _conclude(self, trial: Trial, turn: int) -> None:
        tried = min(trial.tries, turn - trial.first + 1)
        share = trial.refused / tried
        hopeless = HOPELESS + 2 * math.sqrt(HOPELESS * (1 - HOPELESS) / tried)
        if trial.before is None:
            doubt = 3 * math.sqrt(self.chance * (1 - self.chance) * (1 / tried + 1 / self._sample))
            if share > min(hopeless, self.chance + doubt):
                self.pace /= CLIMB
                return
            tries = self._sample + trial.tries
            self.chance += (share - self.chance) * trial.tries / tries
            self._sample = tries
        elif share > hopeless or self.pace < NO_LOAD:
            return  # the pace stays: the next refusals bring another pause and another trial
        else:
            is_chance = share - self.chance >= (trial.before - self.chance) / 2
            self.chance, self._sample = share, trial.tries
            if not is_chance:
                return
        if self._sample >= SAMPLE or self.pace >= self._usual:
            self.pace = self._usual
        else:
            self.pace *= CLIMB
            self._trial = Trial(turn + 1, MORE_TRIES, None)

    def _lately(self, now: float) -> tuple[int, int]:
        """How many requests were sent lately, and how many of them refused.

        Those whose refusal may still come do not count.
        """
        until = now - 2 * self._delay - STEP
        for seconds in (1.0, 5.0, 20.0):
            sent, refused = self._recent.tally(until - seconds, until)
            if sent >= FEW:
                return sent, refused
        return 0, 0
