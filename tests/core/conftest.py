"""Every test here has bare surroundings."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def bare(bare_environment: None) -> None:
    """No keys, options or proxies of the machine."""
