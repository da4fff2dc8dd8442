"""The oldest DuckDB that is supported: ``make test-oldest`` has it, and an older one is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from grokcall.duckdb import OLDEST

SECONDS = 110


def test_the_oldest_duckdb_is_the_one_that_may_be_installed():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert "duckdb>={}.{}".format(*OLDEST) in project["dependencies"]


@pytest.mark.timeout(2 * SECONDS + 20)
def test_an_older_duckdb_is_refused_with_the_reason(tmp_path: Path):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    command += ["--target", str(tmp_path), "duckdb==1.4.4"]
    installing = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=SECONDS)
    if installing.returncode != 0:
        pytest.skip(f"DuckDB 1.4.4 cannot be installed here: {installing.stderr.strip()[-300:]}")
    run = subprocess.run(
        [sys.executable, "-c", "import duckdb, grokcall.duckdb; grokcall.duckdb.register(duckdb.connect())"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    assert run.returncode == 1
    assert "NotSupportedError: DuckDB 1.4.4 is too old" in run.stderr
    assert "install duckdb>=2.0" in run.stderr
