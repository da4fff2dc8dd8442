"""The folder with that database, and with secrets beside it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from shop_database import MAKE, SECRET


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Path:
    """The folder with ``shop.duckdb`` and ``secret.csv``."""
    folder = tmp_path_factory.mktemp("shop")
    with duckdb.connect(str(folder / "shop.duckdb")) as database:
        database.execute(MAKE)
    (folder / "secret.csv").write_text(f"a\n{SECRET}\n")
    (folder / "secret.json").write_text(f'[{{"a": "{SECRET}"}}]')
    with duckdb.connect(str(folder / "other.duckdb")) as database:
        database.execute(f"CREATE TABLE sales AS SELECT '{SECRET}' AS secret")
    return folder
