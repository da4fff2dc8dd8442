"""The same lookup, written otherwise, is the same run: nothing is paid for twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import grokcall
from grokcall.journal import Journal
from scripted_service import KEY, Service

ASK = "CALL GenerateResponse(:body, Model => 'grok-4.3', MaxOutputTokens => 50)"


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment."""
    monkeypatch.setenv("XAI_API_KEY", KEY)


@pytest.mark.parametrize(
    ("source", "command", "maps"),
    [
        ("./t.csv", ASK, ()),
        ("{here}/t.csv", ASK, ()),
        ("sub/../t.csv", ASK, ()),
        ("link.csv", ASK, ()),
        ("hard/t.csv", ASK, ()),
        ("t.csv", ASK.lower().replace("'grok-4.3'", "'grok-4.3'"), ()),
        ("t.csv", f"  {ASK} ;", ()),
        ("t.csv", "EXEC GenerateResponse @MaxOutputTokens = 50, @Model = 'grok-4.3', @Message = :body", ()),
        ("t.csv", "{{call GenerateResponse(:BODY, MaxOutputTokens => 50)}}", ()),
        ("t.csv", ASK, ("body=body",)),
        ("t.csv", ASK, ("body=BODY",)),
        ("t.csv", ASK.replace(":body", ":text"), ("text=body",)),
        ("t.csv", ASK.replace(":body", "$body"), ()),
    ],
)
def test_a_lookup_that_is_written_otherwise_continues_the_same_run(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, command: str, maps: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("hard").symlink_to(tmp_path)
    Path("t.csv").write_text("body\none\ntwo\n")
    Path("link.csv").symlink_to("t.csv")
    mapped = [word for each in maps for word in ("--map", each)]
    with Service() as service:
        ending = ("-o", "o.csv", "--journal", "j", "--base-url", service.base_url)
        assert run("lookup", "t.csv", ASK, *ending).code == 0
        first = Path("o.csv").read_bytes()
        done = run(
            "lookup", source.format(here=tmp_path), command.format() if "{{" in command else command, *mapped, *ending
        )
        assert (done.code, len(service.asked)) == (0, 2), done.err
    assert Path("o.csv").read_bytes() == first
    with Journal("j", read_only=True) as journal:
        assert len(journal.runs()) == 1


@pytest.mark.parametrize(
    "command",
    [
        ASK.replace("50", "51"),
        ASK.replace(":body", ":other"),
        "CALL GenerateResponse(:body, Instructions => 'Body', MaxOutputTokens => 50)",
        "CALL GenerateResponse('x', :body, MaxOutputTokens => 50)",
    ],
)
def test_a_lookup_that_asks_something_else_is_another_run(run, tmp_path: Path, command: str) -> None:
    (tmp_path / "t.csv").write_text("body,other\none,1\n")
    with Service() as service:
        ending = ("-o", tmp_path / "o.csv", "--journal", tmp_path / "j", "--base-url", service.base_url)
        assert run("lookup", tmp_path / "t.csv", ASK, *ending).code == 0
        assert run("lookup", tmp_path / "t.csv", command, *ending).code == 0
        assert len(service.asked) == 2
    with Journal(tmp_path / "j", read_only=True) as journal:
        assert len(journal.runs()) == 2


def test_a_run_of_an_earlier_version_is_continued(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("body\none\n")
    with Service() as service, grokcall.connect(base_url=service.base_url, api_key="xai-0123456789") as connection:
        source = os.fspath(tmp_path / "t.csv")
        with Journal(tmp_path / "j") as journal:
            journal.begin("\x1f".join((ASK, "None", source, service.base_url)), {})
        connection.lookup(ASK, source, journal=tmp_path / "j")
    with Journal(tmp_path / "j", read_only=True) as journal:
        assert [run.sessions for run in journal.runs()] == [2]


def test_a_lookup_takes_the_rows_of_another_from_a_pipe(run, process, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("body\none\ntwo\n")
    with Service() as service:
        asked = ("--fields", "Response_Result", "-o", "-", "--base-url", service.base_url, "-q")
        key = {"XAI_API_KEY": KEY}
        first = process("lookup", tmp_path / "t.csv", "CALL GenerateResponse(:body)", *asked, **key)
        call = "CALL GenerateResponse(:Response_Result, Instructions => :Call_Status)"
        second = process("lookup", "-", call, "--prefix", "two_", *asked, stdin=first.raw, **key)
    assert second.code == 0, second.err
    names = list(second.rows[0])
    assert (len(names), names[:3]) == (len(set(names)), ["body", "Response_Result", "two_Response_Result"])
    assert [row["Call_Status"] for row in second.rows] == ["ok", "ok"]
