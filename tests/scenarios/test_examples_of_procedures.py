"""Every procedure has a page, and an example that runs on the sandbox by CALL, in a query and by the command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from examples_of_procedures import Things, example_of

import grokcall
from grokcall.cli import main
from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY, Sandbox
from grokcall_procedures import CATALOG, Procedure

PAGES = Path(__file__).parents[2] / "docs" / "procedures"
every_procedure = pytest.mark.parametrize("procedure", CATALOG.values(), ids=lambda each: each.name)
NO_MODEL = "CreateEmbedding"
"""The service has no public model for it, and neither has the sandbox: its example ends in the words that say so."""
NO_MODEL_TOLD = "embedding-model does not exist"


@pytest.fixture
def both(sandbox: Sandbox) -> Iterator[grokcall.Connection]:
    """A connection to both hosts of the sandbox, which may change things."""
    with grokcall.connect(
        api_key=SANDBOX_KEY,
        management_key=MANAGEMENT_KEY,
        base_url=sandbox.base_url,
        management_base_url=sandbox.management_base_url,
        poll_interval=0.01,
        allow_changes=True,
    ) as connection:
        yield connection


@pytest.fixture
def things(both: grokcall.Connection, sandbox: Sandbox, tmp_path: Path) -> Iterator[Things]:
    """What makes the things that examples name."""
    with ExitStack() as stack:
        yield Things(both, sandbox.base_url, tmp_path, stack)


def columns_of(procedure: Procedure) -> list[str]:
    """The columns of the example's result."""
    declared = [each.name for each in procedure.fields]
    return ["item", "qty", *declared] if procedure.name == "GenerateRows" else declared


@every_procedure
def test_it_has_a_page_with_its_example(procedure: Procedure):
    assert f"```sql\n{procedure.example}\n```" in (PAGES / f"{procedure.name}.md").read_text("utf-8")


@every_procedure
def test_its_example_runs_by_call(both: grokcall.Connection, things: Things, procedure: Procedure):
    text, values = example_of(procedure, things)
    if procedure.name == NO_MODEL:
        with pytest.raises(grokcall.NotFoundError, match=NO_MODEL_TOLD):
            both.execute(text, values)
        return
    table = both.execute(text, values).fetch_arrow_table()
    assert table.num_rows >= (0 if procedure.many else 1)
    assert table.schema.names == columns_of(procedure)


@every_procedure
def test_its_example_runs_in_a_query(both: grokcall.Connection, things: Things, procedure: Procedure):
    text, values = example_of(procedure, things)
    # Names that are words of SQL, such as From, stand in double quotes in a query, as docs/citations.md says.
    query = "SELECT * FROM " + re.sub(r"\b(\w+) =>", r'"\1" :=', text.removeprefix("CALL "))
    if procedure.has_secret:
        with pytest.raises(grokcall.NotSupportedError, match="shows a secret once"):
            both.execute(query, values)
    elif procedure.name == NO_MODEL:
        with pytest.raises(grokcall.Error, match=NO_MODEL_TOLD):
            both.execute(query, values)
    else:
        assert both.execute(query, values).fetch_arrow_table().schema.names == columns_of(procedure)


@every_procedure
def test_its_example_runs_by_the_command(things, sandbox, procedure, tmp_path, monkeypatch, capfd):
    text, values = example_of(procedure, things)
    surroundings = {
        "XAI_BASE_URL": sandbox.base_url,
        "XAI_API_KEY": SANDBOX_KEY,
        "GROKCALL_MANAGEMENT_BASE_URL": sandbox.management_base_url,
        "XAI_MANAGEMENT_API_KEY": MANAGEMENT_KEY,
        "GROKCALL_POLL_INTERVAL": "0.05",
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    command = ["call", text, "--yes", "--format", "jsonl"]
    for name, value in values.items():
        (tmp_path / name).write_bytes(value)
        command += ["-p", f"{name}=@{name}"]
    if procedure.has_secret:
        command += ["--secret-file", "secret"]
    capfd.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(command)
    out, err = capfd.readouterr()
    if procedure.name == NO_MODEL:
        assert NO_MODEL_TOLD in err
        return
    assert ended.value.code in (0, None), err
    assert len(out.splitlines()) >= (0 if procedure.many else 1)
