"""What every test starts from: surroundings without surprises, a service that obeys, and the sandbox."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

import grokcall
from scripted_service import KEY, Service

if TYPE_CHECKING:
    from grokcall.sandbox import Sandbox

# Under python -O nothing is asserted but what pytest rewrites: tests by itself, and what they share when it is told so.
SHARED = {path.stem for path in Path(__file__).parent.rglob("*.py")} - {"conftest", "__init__"}
pytest.register_assert_rewrite(*(name for name in SHARED - sys.modules.keys() if not name.startswith("test_")))

# How fast the machine is says nothing of what is tested.
settings.register_profile("at any pace", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("at any pace")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-client", action="store_true", help="fail where a client has no environment, not skip")


@pytest.fixture(scope="session")
def without_environment(pytestconfig: pytest.Config) -> Callable[[str], NoReturn]:
    """Skips the tests of a client that was not installed, or has them fail where every client is to be tested."""

    def missing(client: str) -> NoReturn:
        reason = f"{client} has no environment here; make test-clients makes it"
        if pytestconfig.getoption("every_client"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)

    return missing


@pytest.fixture(scope="session", autouse=True)
def clean_surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No keys, proxies, certificates, options, profiles or width of the machine on which the tests run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.upper().startswith(("XAI_", "GROKCALL_", "SSL_CERT")) or name.upper().endswith("_PROXY"):
                patch.delenv(name)
        patch.delenv("COLUMNS", raising=False)  # set where several processes share the tests
        home = tmp_path_factory.mktemp("home")
        for name in ("HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(home))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        # A job in the background may have been told to ignore interrupts, and hands that on to what it starts.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        yield


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No proxies, keys, certificates or options of the machine on which the tests run, for one test."""
    for name in list(os.environ):
        if name.upper().startswith(("XAI_", "GROKCALL_", "SSL_CERT")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture
def service() -> Iterator[Service]:
    """A service that answers each prompt in capitals until it is told otherwise (``service.script = …``)."""
    with Service() as running:
        yield running


Connecting = Callable[..., grokcall.Connection]


@pytest.fixture
def connecting(service: Service) -> Iterator[Connecting]:
    """Makes connections to the service, with any options, which are closed at the end of the test."""
    with ExitStack() as stack:

        def connect(**options: Any) -> grokcall.Connection:
            given = {"api_key": KEY, "base_url": service.base_url, **options}
            return stack.enter_context(grokcall.connect(**given))

        yield connect


@pytest.fixture
def connection(connecting: Connecting) -> grokcall.Connection:
    """A connection to the service."""
    return connecting()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests."""
    from grokcall.sandbox import Sandbox

    with Sandbox(video_seconds=0.05) as running:
        yield running


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox with an empty ledger."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def on_sandbox(sandbox: Sandbox) -> Iterator[grokcall.Connection]:
    """A connection to the sandbox."""
    from grokcall.sandbox import SANDBOX_KEY

    with grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, poll_interval=0.05) as open_connection:
        yield open_connection
