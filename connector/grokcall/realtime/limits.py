"""The names of limits among the parameters of a session."""

from __future__ import annotations

from dataclasses import fields

from grokcall.budget.spending_limits import SpendingLimits

LIMITS: tuple[str, ...] = tuple(item.name for item in fields(SpendingLimits))
