"""Clients of the API, pointed at the sandbox, in an environment of their own; ``make test-clients`` makes it."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
from feature_table import FeatureTable
from PIL import Image

from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY, Sandbox

if find_spec("litellm") is None:  # another environment, which has OpenAI's client alone: they have a word of their own
    collect_ignore = [path.name for path in Path(__file__).parent.glob("test_*.py") if path.stem != "test_openai"]

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it asks the network for prices when it is imported otherwise

_PROGRAMS = Path(__file__).with_name("ai_sdk")
_PACKAGES = Path(sys.prefix).parent / "ai-sdk"


_TABLE = pytest.StashKey[FeatureTable]()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    table = config.stash.setdefault(_TABLE, FeatureTable())
    for item in items:
        table.take(item)
    config.pluginmanager.register(_Hearing(table))


class _Hearing:
    """Hands what pytest tells to the table."""

    def __init__(self, table: FeatureTable) -> None:
        self._table = table

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._table.hear(report)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    table = config.stash.get(_TABLE, None)
    if table is not None and len(table.clients) > 1:
        terminalreporter.section("clients and features")
        for line in table.lines():
            terminalreporter.write_line(line)


@pytest.fixture
def feature_table(pytestconfig: pytest.Config) -> FeatureTable:
    """The table of this run."""
    return pytestconfig.stash[_TABLE]


@pytest.fixture
def settings(sandbox: Sandbox) -> dict[str, str]:
    """Where the sandbox is and a key for it, as most clients call them."""
    return {"base_url": sandbox.base_url, "api_key": SANDBOX_KEY}


@pytest.fixture
def striking() -> Iterator[Callable[[str], Sandbox]]:
    """Starts sandboxes with a profile of faults."""
    with ExitStack() as stack:
        yield lambda profile: stack.enter_context(Sandbox(profile=profile))


@pytest.fixture
def picture() -> str:
    """A blue picture, in base64."""
    held = io.BytesIO()
    Image.new("RGB", (320, 200), "blue").save(held, "PNG")
    return base64.b64encode(held.getvalue()).decode()


@pytest.fixture(scope="session")
def printed() -> dict[tuple[str, str], dict[str, Any]]:
    """What programs have printed so far, each of which is run once for all tests of it."""
    return {}


def made_collection(sandbox: Sandbox) -> str:
    """The id of a collection that the sandbox has made."""
    headers = {"Authorization": f"Bearer {MANAGEMENT_KEY}"}
    made = httpx.post(
        f"{sandbox.management_base_url}/v1/collections", headers=headers, json={"collection_name": "handbook"}
    )
    return str(made.json()["collection_id"])


@pytest.fixture
def collection(sandbox: Sandbox) -> str:
    """The id of a collection."""
    return made_collection(sandbox)


@pytest.fixture(scope="session")
def served() -> Iterator[Sandbox]:
    """A sandbox for programs of Node.js."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def node(
    served: Sandbox,
    printed: dict[tuple[str, str], dict[str, Any]],
    picture: str,
    without_environment: Callable[[str], object],
) -> Callable[..., dict[str, Any]]:
    """Runs a JavaScript program beside this file, and reads the JSON that it prints."""
    program = Path(sys.executable).with_name("node")
    if not program.exists() or not (_PACKAGES / "node_modules").exists():
        without_environment("the AI SDK")

    def run(name: str, base_url: str = served.base_url) -> dict[str, Any]:
        if (name, base_url) in printed:
            return printed[name, base_url]
        # A program from standard input finds its packages where it is run.
        done = subprocess.run(
            [program, "--input-type=module"],
            input=(_PROGRAMS / f"{name}.mjs").read_text(encoding="utf-8"),
            cwd=_PACKAGES,
            env={
                **os.environ,
                "XAI_BASE_URL": base_url,
                "XAI_API_KEY": SANDBOX_KEY,
                "PICTURE": picture,
                "COLLECTION": made_collection(served),
            },
            capture_output=True,
            encoding="utf-8",
            timeout=400,
        )
        assert (done.returncode, done.stderr) == (0, "")
        told: dict[str, Any] = json.loads(done.stdout)
        printed[name, base_url] = told
        return told

    return run
