"""The tests' own helpers can be imported, and a service of scripted batches can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from batching import ASK

import grokcall
from scripted_batches import ScriptedBatches
from scripted_service import KEY, Service


@pytest.fixture
def batched(service: Service) -> ScriptedBatches:
    """Batches that are done as soon as they have their requests."""
    service.script = made = ScriptedBatches()
    return made


@pytest.fixture
def ask(service: Service, tmp_path: Path) -> Iterator[Any]:
    """Asks for the answers to some texts, in a batch, with a journal."""
    options = {"api_key": KEY, "base_url": service.base_url, "poll_interval": 0.02, "max_attempts": 1}
    with grokcall.connect(**options) as connection:

        def asked(*texts: str, command: str = ASK, **given: Any) -> list[dict[str, Any]]:
            rows = [{"body": text} for text in texts]
            told = {"batch": True, "journal": tmp_path / "j", "fields": ["Response_Result"], "on_error": "ignore"}
            return connection.lookup(command, rows, call_columns=True, **{**told, **given}).rows.to_pylist()

        yield asked
