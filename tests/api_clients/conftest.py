"""Clients of the API, pointed at the sandbox, in an environment of their own; ``make test-clients`` makes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from grokcall.sandbox import SANDBOX_KEY, Sandbox
from installed import COMMAND

if find_spec("litellm") is None:  # another environment, which has none of these clients: they have a word of their own
    collect_ignore_glob = ["test_*.py"]

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # it asks the network for prices when it is imported otherwise

_PROGRAMS = Path(__file__).with_name("ai_sdk")
_PACKAGES = Path(sys.prefix).parent / "ai-sdk"


@pytest.fixture
def settings(sandbox: Sandbox) -> dict[str, str]:
    """Where the sandbox is and a key for it, as most clients call them."""
    return {"base_url": sandbox.base_url, "api_key": SANDBOX_KEY}


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The base URL of a sandbox that is a process of its own."""
    command = [COMMAND, "sandbox", "--port", "0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().rstrip("\n")
        process.terminate()


@pytest.fixture
def node(served: str, without_environment: Callable[[str], object]) -> Callable[[str], dict[str, Any]]:
    """Runs a JavaScript program beside this file, and reads the JSON that it prints."""
    program = Path(sys.executable).with_name("node")
    if not program.exists() or not (_PACKAGES / "node_modules").exists():
        without_environment("the AI SDK")

    def run(name: str) -> dict[str, Any]:
        # A program from standard input finds its packages where it is run.
        done = subprocess.run(
            [program, "--input-type=module"],
            input=(_PROGRAMS / f"{name}.mjs").read_text(encoding="utf-8"),
            cwd=_PACKAGES,
            env={**os.environ, "XAI_BASE_URL": served, "XAI_API_KEY": SANDBOX_KEY},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        printed: dict[str, Any] = json.loads(done.stdout)
        return printed

    return run
