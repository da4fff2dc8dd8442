"""Calls to estimate, from statements."""

from __future__ import annotations

from grokcall_parser import parse_call
from grokcall_procedures import CATALOG, Binder, BoundCall, Settings

SETTINGS = Settings(poll_interval=0.05)


def bind(text: str, settings: Settings = SETTINGS, **values: object) -> BoundCall:
    """A statement and its values as a call."""
    call = parse_call(text)
    return Binder(call, CATALOG.find(call.procedure), settings).bind(values or None)
