"""Answers with the service's tools, on the wire to the sandbox: what is asked for comes back in columns and files."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

import grokcall

MONTH = {"type": "object", "properties": {"month": {"type": "string"}}}
FUNCTION = {"type": "function", "name": "churn", "parameters": MONTH}
SECRET = 's3cret/of-the-"docs"-server'


@pytest.fixture
def ask(on_sandbox: grokcall.Connection) -> Any:
    """Asks one question, with any parameters, and gives the columns that are named."""

    def asked(message: str | None, fields: list[str], **parameters: Any) -> dict[str, Any]:
        named = ", ".join(f"{name} => :{name}" for name in parameters)
        row = {"Message": message, **parameters}
        mapping = {name: grokcall.const(value) for name, value in row.items()}
        command = f"CALL GenerateResponse(:Message{', ' if named else ''}{named})"
        options = {"on_null_input": "error"}
        result = on_sandbox.lookup(command, [{"id": 1}], mapping=mapping, fields=fields, on_error="fail", **options)
        return result.rows.drop_columns(["id"]).to_pylist()[0]

    return asked


def test_a_web_search_gives_citations_and_sources(ask: Any) -> None:
    fields = ["Response_Result", "Response_Citations", "Response_Sources", "Response_ToolUsage"]
    row = ask("What is new in Python?", fields, WebSearch=True, WebSearchDomains=["python.org", "duckdb.org"])
    citations, answer = row["Response_Citations"], row["Response_Result"]
    assert [each["url"] for each in citations] == ["https://python.org/", "https://duckdb.org/"]
    assert [answer[each["start_index"] : each["end_index"]] for each in citations] == [
        "[[1]](https://python.org/)", "[[2]](https://duckdb.org/)",
    ]  # fmt: skip
    assert [(each["kind"], each["url"]) for each in row["Response_Sources"]] == [
        ("web", "https://python.org/"), ("web", "https://duckdb.org/"),
    ]  # fmt: skip
    assert json.loads(row["Response_ToolUsage"])["web_search_calls"] == 2  # a search, and a page that was opened


def test_domains_that_are_left_out_are_no_sources(ask: Any) -> None:
    row = ask("News?", ["Response_Sources"], WebSearch=True, WebSearchExcludedDomains="example.com")
    assert [each["url"] for each in row["Response_Sources"]] == ["https://example.org/"]


def test_a_search_of_posts_cites_them_and_goes_by_handles_and_days(ask: Any) -> None:
    row = ask(
        "What do people say?",
        ["Response_Citations", "Response_ToolCalls", "Response_Tools"],
        XSearch=True,
        XSearchHandles=["@xai"],
        XSearchFrom="2026-10-01",
        XSearchTo="2026-10-31",
        XSearchVideos=True,
    )
    (citation,) = row["Response_Citations"]
    assert citation["url"] == citation["title"]
    assert (citation["start_index"], citation["end_index"]) == (0, 0)
    assert {call["kind"] for call in row["Response_ToolCalls"]} == {"x_search"}
    first = json.loads(row["Response_ToolCalls"][0]["arguments"])
    assert "from:xai" in first["query"]
    assert first["from_date"] == "2026-10-01"
    assert json.loads(row["Response_Tools"])[0]["enable_video_understanding"] is True


def test_code_runs_at_the_service(ask: Any) -> None:
    row = ask("What is 12 * 12?", ["Response_Result", "Response_ToolCalls"], CodeInterpreter=True)
    (call,) = row["Response_ToolCalls"]
    assert (call["kind"], call["status"]) == ("code_interpreter", "completed")
    assert json.loads(call["output"]) == [{"type": "logs", "logs": "144"}]


def test_pictures_that_tools_make_are_bytes(ask: Any) -> None:
    row = ask("Draw a picture of a kite", ["Response_Pictures"], Tools=["image_generation"])
    (picture,) = row["Response_Pictures"]
    assert picture[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("name", ["view_image", "view_x_video"])
def test_the_service_takes_its_tools_by_name(ask: Any, name: str) -> None:
    row = ask("Hello", ["Response_Tools", "Response_ToolCalls"], Tools=[name])
    assert json.loads(row["Response_Tools"]) == [{"type": name}]
    assert row["Response_ToolCalls"] == []


def test_a_function_ends_with_its_call_pending_and_goes_on_with_its_output(ask: Any) -> None:
    fields = ["Response_Id", "Response_Result", "Response_ToolCalls", "Response_Output"]
    row = ask("Call churn for May", fields, Tools=[FUNCTION], ToolChoice="churn")
    (call,) = row["Response_ToolCalls"]
    assert (call["kind"], call["name"], call["status"]) == ("function", "churn", "pending")
    outputs = [{"call_id": call["id"], "output": {"churn": 0.07}}]

    stored = ask(None, fields, PreviousResponseId=row["Response_Id"], ToolOutputs=outputs)
    assert "0.07" in stored["Response_Result"]

    history = [{"role": "user", "content": "Call churn for May"}, *json.loads(row["Response_Output"])]
    replayed = ask(None, fields, History=history, ToolOutputs=outputs, Store=False)
    assert "0.07" in replayed["Response_Result"]


def test_several_functions_are_called_one_at_a_time_where_they_have_to_be(ask: Any) -> None:
    tools = [FUNCTION, {**FUNCTION, "name": "growth"}]
    row = ask("Call churn and growth", ["Response_ToolCalls"], Tools=tools)
    assert len(row["Response_ToolCalls"]) == 2
    row = ask("Call churn and growth", ["Response_ToolCalls"], Tools=tools, ParallelToolCalls=False)
    assert len(row["Response_ToolCalls"]) == 1


def test_what_was_said_before_is_gone_on_with(ask: Any) -> None:
    history = [{"role": "user", "content": "My name is Ada."}, {"role": "assistant", "content": "Hello Ada."}]
    row = ask("And?", ["Response_Raw", "Response_Output"], History=history, Store=False)
    assert any(item.get("encrypted_content") for item in json.loads(row["Response_Output"]))
    assert json.loads(row["Response_Raw"])["store"] is False


def test_files_and_images_come_along(ask: Any, tmp_path: Path) -> None:
    png = base64.b64encode(duckdb.sql("SELECT 1").explain().encode()).decode()
    with pytest.raises(grokcall.LookupFailedError, match="JPEG or PNG"):
        ask("What is on it?", ["Response_Result"], Images=[f"data:image/png;base64,{png}"])
    row = ask("Sum it up", ["Response_ToolUsage"], Files=["https://example.org/report.pdf"])
    assert json.loads(row["Response_ToolUsage"])["document_search_calls"] == 1


def test_plain_members_are_echoed(ask: Any) -> None:
    fields = ["Response_ServiceTier", "Response_SafetyIdentifier", "Response_Raw", "Response_Rounds"]
    row = ask("Hi", fields, ServiceTier="priority", SafetyIdentifier="user-7", PromptCacheKey="k")
    assert (row["Response_ServiceTier"], row["Response_SafetyIdentifier"]) == ("priority", "user-7")
    assert json.loads(row["Response_Raw"])["prompt_cache_key"] == "k"
    assert row["Response_Rounds"] == 1


def test_an_include_that_the_service_has_not_is_its_error(ask: Any) -> None:
    with pytest.raises(grokcall.LookupFailedError, match="Argument not supported: include"):
        ask("Hi", ["Response_Id"], Include=["inline_citations"])


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GROKCALL_TOOL_DOCS", SECRET)
    return SECRET


SERVERS = [{"label": "docs", "url": "https://mcp.example.org", "allowed_tools": ["find_page"],
            "authorization": "Bearer env:GROKCALL_TOOL_DOCS"}]  # fmt: skip


def test_an_mcp_server_is_called(ask: Any, secret: str) -> None:
    row = ask("Use find_page for holidays", ["Response_ToolCalls"], McpServers=SERVERS)
    (call,) = row["Response_ToolCalls"]
    assert (call["kind"], call["name"], call["server"], call["status"]) == ("mcp", "find_page", "docs", "completed")
    assert call["output"].startswith("docs has nothing")


def test_its_secret_is_sent_and_shown_nowhere(
    on_sandbox: grokcall.Connection, sandbox: Any, secret: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "grokcall")
    text = "CALL GenerateResponse('Use find_page', McpServers => :s)"
    explained = on_sandbox.execute(f"EXPLAIN {text}", {"s": SERVERS}).fetch_arrow_table().to_pylist()
    row = on_sandbox.execute(text, {"s": SERVERS}).fetch_arrow_table().to_pylist()[0]
    journal = tmp_path / "run.journal"
    fields = ["Response_Tools", "Response_Raw"]
    mapping = {"s": grokcall.const(json.dumps(SERVERS))}
    result = on_sandbox.lookup(text, [{"id": 1}], mapping=mapping, journal=journal, fields=fields)
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    shown = json.dumps([explained, row, result.rows.to_pylist()], default=str) + caplog.text
    for spelling in (secret, json.dumps(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3]):
        assert spelling not in shown
        assert spelling.encode() not in kept
    (echo,) = json.loads(row["Response_Tools"])
    assert echo["authorization"] == "Bearer env:GROKCALL_TOOL_DOCS"


@pytest.mark.parametrize("value", [None, "", "short", "with a\nline", "schlüssel-123"])
def test_a_secret_that_is_not_there_or_cannot_be_sent_is_told_before_anything_is_sent(
    on_sandbox: grokcall.Connection, sandbox: Any, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("GROKCALL_TOOL_DOCS", value)
    with pytest.raises(grokcall.MissingToolSecretError, match="GROKCALL_TOOL_DOCS") as raised:
        on_sandbox.execute("CALL GenerateResponse('x', McpServers => :s)", {"s": SERVERS})
    assert sandbox.ledger() == []
    assert not value or value not in str(raised.value).replace("GROKCALL_TOOL_DOCS", "")


def test_a_batch_holds_no_secrets(on_sandbox: grokcall.Connection, secret: str, tmp_path: Path) -> None:
    mapping = {"s": grokcall.const(json.dumps(SERVERS))}
    options = {"batch": True, "journal": tmp_path / "run.journal", "on_error": "fail"}
    with pytest.raises(grokcall.Error, match="leave batch out"):
        on_sandbox.lookup("CALL GenerateResponse('x', McpServers => :s)", [{"id": 1}], mapping=mapping, **options)
