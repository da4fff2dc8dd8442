"""What the pages show is run: Python, commands and statements."""

from __future__ import annotations

import doctest
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from page_blocks import Block, blocks

from grokcall.cli.demonstration import STATEMENT
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from grokcall.tables import open_table
from grokcall_parser import Call, Explain, parse_statement, split_statements
from grokcall_procedures import CATALOG, Binder, Settings

TICKETS = Path(sys.modules["grokcall"].__file__ or "").parent / "data" / "tickets.csv"


@pytest.fixture
def surroundings(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the tickets in it, and the sandbox in place of the service."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"XAI_BASE_URL": sandbox.base_url, "XAI_API_KEY": SANDBOX_KEY, "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    commands = sysconfig.get_path("scripts")
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "tickets.csv").write_bytes(TICKETS.read_bytes())
    return tmp_path


def named(languages: list[Block]) -> dict[str, object]:
    return {"argvalues": languages, "ids": [block.name for block in languages]}


@pytest.mark.parametrize("block", **named(blocks("python")))
def test_python_on_a_page_runs_as_it_stands(block: Block, surroundings: Path, capsys: pytest.CaptureFixture[str]):
    exec(compile(block.text, block.name, "exec", dont_inherit=True, optimize=0), {"__name__": "__main__"})


@pytest.mark.parametrize("block", **named(blocks("pycon")))
def test_a_dialogue_on_a_page_is_what_python_answers(block: Block, surroundings: Path):
    dialogue = doctest.DocTestParser().get_doctest(block.text, {}, block.name, str(block.page), block.line)
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(dialogue, out=told.append)
    assert result.attempted > 0
    assert result.failed == 0, "".join(told)


COMMANDS = [block for block in blocks("sh") if block.text.startswith("grokcall ")]


@pytest.mark.parametrize("block", **named(COMMANDS))
def test_commands_on_a_page_end_without_an_error(block: Block, surroundings: Path):
    run = subprocess.run(
        ["sh", "-eu", "-c", block.text], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=400
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("block", **named(blocks("sql")))
def test_statements_on_a_page_fit_their_procedures(block: Block):
    texts = split_statements(block.text)
    assert texts
    for text in texts:
        statement = parse_statement(text)
        call = statement.call if isinstance(statement, Explain) else statement
        if isinstance(call, Call):
            Binder(call, CATALOG.find(call.procedure), Settings(), columns_later=True)


def test_the_demonstration_s_statement_fits_the_tickets_that_are_shipped():
    with open_table(TICKETS) as tickets:
        assert tickets.schema.names == ["id", "created_at", "customer", "channel", "subject", "body", "order_value"]
        rows = tickets.read_all().to_pylist()
    assert len(rows) == 60
    assert all(row["body"].strip() for row in rows)
    assert any("\n" in row["body"] for row in rows)
    assert any('"' in row["body"] for row in rows)
    assert ":body" in STATEMENT
