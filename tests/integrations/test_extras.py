"""Clients' libraries are imported by who uses them, and missed with the command that installs them."""

from __future__ import annotations

import subprocess
import sys

import pytest

CLIENTS = {
    "grokcall.sqlalchemy": ("sqlalchemy", "sqlalchemy"),
    "grokcall.dagster": ("dagster", "dagster"),
    "grokcall.airflow.hook": ("airflow", "airflow"),
    "grokcall.dbt": ("dbt", "dbt"),
}


def printed(program: str) -> str:
    """What a program prints in a process of its own, where nothing is imported yet."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", timeout=400, check=True
    ).stdout


def test_grokcall_itself_imports_no_client():
    loaded = printed("import sys, grokcall, grokcall.cli.app, grokcall.duckdb, grokcall.airflow; print(*sys.modules)")
    assert not {"sqlalchemy", "dagster", "airflow", "dbt", "pandas", "polars", "IPython"} & set(loaded.split())


@pytest.mark.parametrize("module", CLIENTS)
def test_a_library_that_is_missing_is_named_with_its_extra(module: str):
    library, extra = CLIENTS[module]
    told = printed(  # None stands for a package that cannot be found
        f"import sys; sys.modules[{library!r}] = None\n"
        f"try: import {module}\n"
        "except ImportError as error: print(error, error.name)"
    )
    assert f"needs the package '{library}" in told
    assert f"pip install 'grokcall[{extra}]' {library}" in told


def test_airflow_finds_the_provider_without_importing_itself():
    """Airflow loads it while it reads its configuration; an import of Airflow there would go round in a circle."""
    program = (
        "import sys; sys.modules['airflow'] = None\n"
        "from importlib.metadata import entry_points\n"
        "(found,) = entry_points(group='apache_airflow_provider', name='provider_info')\n"
        "print(found.load()()['connection-types'][0]['hook-class-name'])"
    )
    assert printed(program).strip() == "grokcall.airflow.hook.GrokcallHook"
