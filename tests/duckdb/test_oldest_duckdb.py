"""The shapes of queries on the oldest DuckDB that is supported; the other tests run on the one that is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grokcall.duckdb import OLDEST

SHAPES = Path(__file__).with_name("test_query_shapes.py")
OTHERS = [SHAPES.with_name(name) for name in ("test_limit_pushdown.py", "test_typed_columns_in_queries.py")]
RELEASE = "{}.{}.0".format(*OLDEST)
SECONDS = 600


def installed(version: str, folder: Path) -> str | None:
    """Installs a DuckDB into a folder of its own; gives why that was not possible."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--disable-pip-version-check"]
    run = subprocess.run(
        [*command, "--target", str(folder), f"duckdb=={version}"],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )
    return None if run.returncode == 0 else run.stderr.strip()[-300:]


def in_a_process(code: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs Python with the DuckDB of ``folder``."""
    surroundings = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *code],
        env=surroundings,
        cwd=SHAPES.parents[2],
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
    )


@pytest.mark.timeout(3 * SECONDS + 20)
def test_every_shape_asks_as_often_on_the_oldest_duckdb(tmp_path: Path):
    missing = installed(RELEASE, tmp_path)
    if missing is not None:
        pytest.skip(f"DuckDB {RELEASE} cannot be installed here: {missing}")
    seen = in_a_process(["-c", "import duckdb; print(duckdb.__version__)"], tmp_path)
    assert seen.stdout.strip() == RELEASE
    for files in ([SHAPES], OTHERS):
        run = in_a_process(["-m", "pytest", *map(str, files)], tmp_path)
        assert run.returncode == 0, run.stdout[-4000:]
        assert " passed" in run.stdout


@pytest.mark.timeout(2 * SECONDS + 20)
def test_an_older_duckdb_is_refused_with_the_reason(tmp_path: Path):
    missing = installed("1.4.4", tmp_path)
    if missing is not None:
        pytest.skip(f"DuckDB 1.4.4 cannot be installed here: {missing}")
    code = "import duckdb, grokcall.duckdb; grokcall.duckdb.register(duckdb.connect())"
    run = in_a_process(["-c", code], tmp_path)
    assert run.returncode == 1
    assert "NotSupportedError: DuckDB 1.4.4 calls a function for rows that WHERE leaves out" in run.stderr
    assert "install duckdb>=1.5" in run.stderr
