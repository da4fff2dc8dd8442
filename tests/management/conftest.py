"""A management host beside the service, which answers as it is documented until it is told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from scripted_management import MANAGEMENT_KEY, answer_api, manage

import grokcall
from scripted_service import Service


@pytest.fixture(autouse=True)
def bare(bare_environment: None) -> None:
    """No keys, options or proxies of the machine."""


@pytest.fixture
def management() -> Iterator[Service]:
    """The management host."""
    with Service(manage) as running:
        yield running


@pytest.fixture
def managing(connecting: Callable[..., grokcall.Connection], management: Service) -> Callable[..., grokcall.Connection]:
    """Makes connections to both hosts, each with its key."""

    def connect(**options: Any) -> grokcall.Connection:
        return connecting(**{"management_key": MANAGEMENT_KEY, "management_base_url": management.origin, **options})

    return connect


@pytest.fixture
def managed(managing: Callable[..., grokcall.Connection], service: Service) -> grokcall.Connection:
    """A connection to both hosts; the API key in use is another one than those of the tests."""
    service.script = answer_api
    return managing()
