"""Journals in folders of their own, and outcomes to put into them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

Running = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal can be made."""
    return tmp_path / "run.journal"


@pytest.fixture
def wait() -> Running:
    """Runs what has to be awaited."""
    return asyncio.run
