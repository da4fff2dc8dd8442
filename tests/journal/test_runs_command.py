"""``grokcall runs``: what people and programs see of a journal."""

import asyncio
import json

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from grokcall.cli.app import app
from grokcall.core.outcome import CallStatus, Outcome
from grokcall.errors import ReadTimeoutError
from grokcall.journal import Journal


@pytest.fixture
def ask(path):
    def invoke(*words):
        return CliRunner().invoke(app, ["runs", *words, "--journal", str(path)])

    return invoke


@pytest.fixture
def filled(path):
    async def fill(run):
        await run.record(
            b"a" * 16, 0, Outcome(rows=[(b"\x89PNG\r\n\x1a\n picture",)], attempts=1, cost_ticks=20_000_000)
        )
        await run.record(b"b" * 16, 0, Outcome(CallStatus.ERROR, error=ReadTimeoutError("late"), attempts=5))
        run.intend(b"c" * 16, 0)

    with Journal(path) as journal:
        first = journal.begin("a", {"procedure": "GenerateImage", "command": "CALL GenerateImage(:body)"})
        asyncio.run(fill(first))
        first.finish("interrupted", {"rows": 3})
        journal.begin("b", {"command": "CALL GenerateResponse(:body)"})
        return [run.run_id for run in journal.runs()]


def test_runs_are_listed_for_people(ask, filled):
    shown = ask("list").stdout
    assert filled[0] in shown
    assert "interrupted" in shown
    assert "0.002000" in shown
    assert "killed" in shown


def test_runs_are_listed_for_programs(ask, filled):
    first, second = json.loads(ask("list", "--json").stdout)
    assert (first["run"], first["state"], first["ok"], first["failed"], first["in_doubt"]) == (
        filled[0],
        "interrupted",
        1,
        1,
        1,
    )
    assert (first["cost_usd"], first["calls"], first["summary"]) == ("0.0020000000", 6, {"rows": 3})
    assert second["state"] == "killed"


def test_one_run_is_shown_with_what_may_have_been_billed(ask, filled):
    shown = " ".join(ask("show", filled[0]).stdout.split())
    assert "may have been billed" in shown
    assert "CALL GenerateImage(:body)" in shown
    assert json.loads(ask("show", "--json").stdout)["run"] == filled[1]


def test_a_run_is_exported_to_standard_output_and_to_a_file(ask, filled, tmp_path):
    lines = [json.loads(line) for line in ask("export", filled[0]).stdout.splitlines()]
    assert [line["Call_Status"] for line in lines] == ["ok", "error"]
    target = tmp_path / "calls.parquet"
    assert ask("export", filled[0], "-o", str(target)).exit_code == 0
    table = pq.read_table(target)
    assert table.num_rows == 2
    assert b"\x89PNG\r\n\x1a\n picture" in table.to_pylist()[0].values()


def test_a_run_without_a_known_procedure_is_exported_by_its_facts(ask, filled):
    assert ask("export", filled[1]).exit_code == 0


def test_runs_are_pruned(ask, filled):
    assert ask("prune").exit_code == 2
    assert json.loads(ask("prune", filled[0], "--json").stdout) == {"runs": [filled[0]], "files": 1, "bytes": 16}
    assert [run["run"] for run in json.loads(ask("list", "--json").stdout)] == filled[1:]
    assert ask("prune", "--older-than", "0").exit_code == 0
    assert json.loads(ask("list", "--json").stdout) == []


def test_what_is_wrong_is_said_in_a_line(ask, filled, path):
    answer = ask("show", "zzz")
    assert answer.exit_code == 2
    assert "no run begins with 'zzz'" in answer.stderr
    path.unlink()
    for words in (["list"], ["prune", "--keep", "1"]):
        answer = ask(*words)
        assert answer.exit_code == 2
        assert "there is no journal" in answer.stderr
    assert not path.exists()
