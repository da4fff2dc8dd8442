"""What the page shows of the projects for other programs stands in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text("utf-8")
FILES = [
    ROOT / "samples" / name
    for name in ("dbt/profiles.yml", "dbt/models/schema.yml", "dbt/models/answered_tickets.sql", "airflow/tickets.py")
]
SHOWN = re.findall(r"^```(?:yaml|jinja)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
SHOWN += re.findall(r"^```text\n(SQLExecuteQueryOperator.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def lines(text: str) -> str:
    """A text without its indentation."""
    return "\n".join(line.strip() for line in text.splitlines())


@pytest.mark.parametrize("shown", SHOWN, ids=lambda text: text.split()[0])
def test_what_the_page_shows_of_a_project_is_in_it(shown: str):
    assert any(lines(shown).strip() in lines(path.read_text("utf-8")) for path in FILES)


def test_the_page_shows_something_of_each_project():
    assert len(SHOWN) == 4


def test_every_extra_of_a_client_has_its_row():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    extras = re.findall(
        r"^(\w+) = \[", project.partition("[project.optional-dependencies]")[2].partition("\n[")[0], re.M
    )
    assert {"sqlalchemy", "pandas", "polars", "jupyter", "dbt", "airflow", "dagster"} <= set(extras)
    listed = re.findall(r"`grokcall\[(\w+)\]` \|", PAGE)
    assert set(listed) == set(extras) - {"sandbox", "xlsx", "keyring", "all"}
