"""Where the samples run: on the sandbox, or on the real service once ``XAI_API_KEY`` is set.

Your own program needs none of this: it says ``grokcall.connect()`` and finds the key in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY, Sandbox

TICKETS = Path(str(files("grokcall") / "data" / "tickets.csv"))
"""60 support tickets: id, created_at, customer, channel, subject, body, order_value."""
OPENINGS = Path(__file__).with_name("data") / "openings.csv"
"""The openings of 20 novels: title, author, year, opening."""


@contextmanager
def service() -> Iterator[None]:
    """Makes ``grokcall.connect()`` reach a service that needs no key and no network, unless there is a real key."""
    if os.environ.get("XAI_API_KEY"):
        yield
        return
    with Sandbox() as sandbox:
        settings = {
            "XAI_BASE_URL": sandbox.base_url,
            "XAI_API_KEY": SANDBOX_KEY,
            "XAI_MANAGEMENT_BASE_URL": sandbox.management_base_url,
            "XAI_MANAGEMENT_API_KEY": MANAGEMENT_KEY,
            "XAI_POLL_INTERVAL": "0.1",
        }
        os.environ.update(settings)
        try:
            yield
        finally:
            for name in settings:
                del os.environ[name]
