"""The tools of answers: what each parameter puts on the wire, and what is refused before anything is sent."""

from __future__ import annotations

import dataclasses
import datetime
import json
from typing import Any

import pytest
from canned import ANSWER
from stepping import QUICK, bind, run

from grokcall_parser import ArgumentsError
from grokcall_parser.errors import DataError
from grokcall_procedures import BadValueError, Settings
from grokcall_procedures.tools.mcp_servers import with_secrets

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


def sent(arguments: str, values: dict[str, object] | None = None, settings: Settings = QUICK) -> dict[str, Any]:
    """The body that a question with further arguments sends."""
    return run(f"CALL GenerateResponse('Q', {arguments})", [ANSWER], values, settings).body()


def tools(arguments: str, values: dict[str, object] | None = None) -> list[dict[str, Any]]:
    return sent(arguments, values)["tools"]


def warnings(arguments: str) -> tuple[str, ...]:
    return bind(f"CALL GenerateResponse('Q', {arguments})").warnings


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("WebSearch => TRUE", {"type": "web_search"}),
        (
            "WebSearch => TRUE, WebSearchDomains => ['python.org', 'duckdb.org']",
            {"type": "web_search", "filters": {"allowed_domains": ["python.org", "duckdb.org"]}},
        ),
        (
            "WebSearch => TRUE, WebSearchExcludedDomains => 'example.org', WebSearchImages => TRUE, "
            "WebSearchFindImages => FALSE",
            {
                "type": "web_search",
                "filters": {"excluded_domains": ["example.org"]},
                "enable_image_understanding": True,
                "enable_image_search": False,
            },
        ),
        ("XSearch => TRUE", {"type": "x_search"}),
        (
            "XSearch => TRUE, XSearchHandles => ['@xai', 'duckdb'], XSearchFrom => '2026-10-01', "
            "XSearchTo => '2026-10-31', XSearchImages => TRUE, XSearchVideos => TRUE",
            {
                "type": "x_search",
                "allowed_x_handles": ["xai", "duckdb"],
                "from_date": "2026-10-01",
                "to_date": "2026-10-31",
                "enable_image_understanding": True,
                "enable_video_understanding": True,
            },
        ),
        (
            "XSearch => TRUE, XSearchExcludedHandles => '@spam'",
            {"type": "x_search", "excluded_x_handles": ["spam"]},
        ),
        ("CodeInterpreter => TRUE", {"type": "code_interpreter"}),
        ("Collections => 'collection_7'", {"type": "file_search", "vector_store_ids": ["collection_7"]}),
        (
            "Collections => ['a', 'b'], MaxSearchResults => 3",
            {"type": "file_search", "vector_store_ids": ["a", "b"], "max_num_results": 3},
        ),
        (
            'McpServers => \'{"label": "docs", "url": "https://mcp.example.org/sse", "description": "Docs.", '
            '"allowed_tools": ["find"], "authorization": "env:GROKCALL_TOOL_DOCS", '
            '"headers": {"X-Team": "a", "X-Api-Key": "env:GROKCALL_TOOL_KEY"}}\'',
            {
                "type": "mcp",
                "server_label": "docs",
                "server_url": "https://mcp.example.org/sse",
                "server_description": "Docs.",
                "allowed_tools": ["find"],
                "authorization": "env:GROKCALL_TOOL_DOCS",
                "headers": {"X-Team": "a", "X-Api-Key": "env:GROKCALL_TOOL_KEY"},
            },
        ),
        ("Tools => ['view_image']", {"type": "view_image"}),
        (
            'Tools => \'[{"type": "brand_new", "depth": 3}]\'',
            {"type": "brand_new", "depth": 3},
        ),
    ],
)
def test_a_tool_goes_over_the_wire_as_the_api_has_it(arguments: str, expected: dict[str, Any]) -> None:
    assert tools(arguments) == [expected]


def test_tools_come_in_the_order_of_the_parameters_and_those_of_the_extra_body_last() -> None:
    offered = tools(
        "CodeInterpreter => TRUE, WebSearch => TRUE, Tools => ['view_image'], Collections => 'c', "
        'ExtraBody => \'{"tools": [{"type": "x_search"}], "user": "7"}\''
    )
    assert [tool["type"] for tool in offered] == [
        "web_search", "code_interpreter", "file_search", "view_image", "x_search",
    ]  # fmt: skip


def test_a_switch_that_is_off_or_null_offers_nothing() -> None:
    body = sent("WebSearch => FALSE, XSearch => NULL, WebSearchDomains => NULL, Tools => NULL")
    assert body == {"model": "grok-4.3", "input": "Q"}


@pytest.mark.parametrize("domains", [["https://docs.python.org/3/", "python.org"], "python.org/docs"])
def test_an_address_is_cut_to_its_domain_with_a_warning(domains: object) -> None:
    call = bind("CALL GenerateResponse('Q', WebSearch => TRUE, WebSearchDomains => :d)", {"d": domains})
    (warning,) = call.warnings
    assert "only" in warning
    assert "python.org" in str(call.values["WebSearchDomains"])
    assert "/" not in str(call.values["WebSearchDomains"])


def test_days_may_be_dates_and_moments() -> None:
    values = {"a": datetime.date(2026, 10, 1), "b": datetime.datetime(2026, 10, 2, 12, 30)}
    (tool,) = tools("XSearch => TRUE, XSearchFrom => :a, XSearchTo => :b", values)
    assert (tool["from_date"], tool["to_date"]) == ("2026-10-01", "2026-10-02")


FUNCTION = '{"type": "function", "name": "churn", "parameters": {"type": "object", "properties": {}}}'
MCP = '{"label": "a", "url": "https://a.example"}'


@pytest.mark.parametrize(
    ("arguments", "parameter", "words"),
    [
        ("WebSearchDomains => 'python.org'", "WebSearchDomains", "WebSearch => TRUE"),
        ("WebSearch => FALSE, WebSearchImages => TRUE", "WebSearchImages", "WebSearch => TRUE"),
        ("WebSearchFindImages => FALSE", "WebSearchFindImages", "WebSearch => TRUE"),
        ("WebSearch => TRUE, XSearchFrom => '2026-10-01'", "XSearchFrom", "XSearch => TRUE"),
        ("XSearchVideos => TRUE", "XSearchVideos", "XSearch => TRUE"),
        ("MaxSearchResults => 5", "MaxSearchResults", "add Collections"),
        ("WebSearch => TRUE, WebSearchDomains => ['a','b','c','d','e','f']", "WebSearchDomains", "at most 5"),
        ("WebSearch => TRUE, WebSearchDomains => 'https:///x'", "WebSearchDomains", "without a domain"),
        ("WebSearch => TRUE, WebSearchDomains => []", "WebSearchDomains", "is empty"),
        ("WebSearch => TRUE, WebSearchDomains => [1]", "WebSearchDomains", "list of texts"),
        (
            "WebSearch => TRUE, WebSearchDomains => 'a', WebSearchExcludedDomains => 'b'",
            "WebSearchExcludedDomains",
            "together with WebSearchDomains",
        ),
        (
            "XSearch => TRUE, XSearchHandles => 'a', XSearchExcludedHandles => 'b'",
            "XSearchExcludedHandles",
            "together with XSearchHandles",
        ),
        ("XSearch => TRUE, XSearchHandles => '@'", "XSearchHandles", "empty handle"),
        ("XSearch => TRUE, XSearchFrom => 'yesterday'", "XSearchFrom", "such as '2026-10-01'"),
        ("XSearch => TRUE, XSearchFrom => '2026-10-02', XSearchTo => '2026-10-01'", "XSearchTo", "before XSearchFrom"),
        ("Collections => 'a', MaxSearchResults => 51", "MaxSearchResults", "1 to 50"),
        (f"Collections => '{json.dumps(list('abcdefghijk'))}'", "Collections", "at most 10"),
        ("Tools => ['web_serch']", "Tools", "web_search"),
        ("Tools => ['file_search']", "Tools", "use Collections"),
        ("Tools => ['mcp']", "Tools", "use McpServers"),
        ('Tools => \'[{"name": "x"}]\'', "Tools", '"type"'),
        ('Tools => \'[{"type": "function"}]\'', "Tools", '"name"'),
        ('Tools => \'[{"type": "function", "name": "f"}]\'', "Tools", '"parameters"'),
        (
            'Tools => \'[{"type": "function", "name": "browse_page", "parameters": {}}]\'',
            "Tools",
            "service's own tools answer to",
        ),
        (f"Tools => '[{FUNCTION}, {FUNCTION}]'", "Tools", "'churn' twice"),
        ("Tools => [1]", "Tools", "entry 1 is neither"),
        ("WebSearch => TRUE, Tools => ['web_search']", "Tools", "WebSearch is there"),
        (
            'WebSearch => TRUE, ExtraBody => \'{"tools": [{"type": "web_search"}]}\'',
            "ExtraBody",
            "WebSearch or Tools names as well",
        ),
        (
            'Tools => [\'code_execution\'], ExtraBody => \'{"tools": [{"type": "code_interpreter"}]}\'',
            "ExtraBody",
            "CodeInterpreter or Tools",
        ),
        (
            f"Tools => '[{FUNCTION}]', ExtraBody => '{{\"tools\": [{FUNCTION}]}}'",
            "Tools",
            "'churn' twice",
        ),
        (f"Model => 'grok-4.20-multi-agent', Tools => '[{FUNCTION}]'", "Tools", "takes none"),
        ("ToolChoice => 'required'", "ToolChoice", "offers none"),
        ("WebSearch => TRUE, ToolChoice => 'requird'", "ToolChoice", "auto, none, required"),
        ("WebSearch => TRUE, ToolChoice => 'web_search'", "ToolChoice", "cannot be forced"),
        (f"McpServers => '[{MCP}, {MCP}]'", "McpServers", "'a' twice"),
        ('McpServers => \'{"label": "a", "url": "http://a.example"}\'', "McpServers", "https address"),
        ('McpServers => \'{"label": "a", "url": "https://u:hush-hush@a.example"}\'', "McpServers", "authorization"),
        ('McpServers => \'{"url": "https://a.example"}\'', "McpServers", "'label'"),
        ('McpServers => \'{"label": "a", "url": "https://a.example", "tokn": 1}\'', "McpServers", "tokn"),
        (
            'McpServers => \'{"label": "a", "url": "https://a.example", "allowed_tools": "find"}\'',
            "McpServers",
            "list of names",
        ),
        (
            'McpServers => \'{"label": "a", "url": "https://a.example", "headers": {"X": 1}}\'',
            "McpServers",
            "object of texts",
        ),
        ('ToolOutputs => \'[{"call_id": "c", "output": "1"}]\'', "ToolOutputs", "PreviousResponseId or History"),
        ("PreviousResponseId => 'r', ToolOutputs => '[{\"output\": \"1\"}]'", "ToolOutputs", '"call_id"'),
        ("PreviousResponseId => 'r', ToolOutputs => '[{\"call_id\": \"c\"}]'", "ToolOutputs", '"output"'),
        ("PreviousResponseId => 'r', ToolOutputs => []", "ToolOutputs", "is empty"),
        (
            "PreviousResponseId => 'r', "
            'ToolOutputs => \'[{"call_id": "c", "output": 1}, {"call_id": "c", "output": 2}]\'',
            "ToolOutputs",
            "two outputs",
        ),
        (
            'History => \'[{"role": "user", "content": "x"}]\', ToolOutputs => \'[{"call_id": "c", "output": 1}]\'',
            "ToolOutputs",
            "no such call",
        ),
        ('History => \'[{"content": "x"}]\'', "History", "item 1"),
        ("History => 'not JSON'", "History", "list of JSON objects"),
        ("Files => 'http://example.org/a.pdf'", "Files", "no https address"),
        ("Files => 'data:text/plain;base64,AAAA'", "Files", "no https address"),
        ("Images => 'ftp://example.org/a.png'", "Images", "data URI"),
        ("Images => 'photo one.png'", "Images", "no id of a file"),
    ],
)
def test_what_cannot_be_is_refused_with_its_parameter_and_the_remedy(
    arguments: str, parameter: str, words: str
) -> None:
    with pytest.raises(BadValueError) as raised:
        sent(arguments)
    assert raised.value.parameter == parameter
    assert words in str(raised.value)


@pytest.mark.parametrize(
    "server",
    [
        {"authorization": "hush-hush-hush"},
        {"authorization": "env:XAI_API_KEY"},
        {"authorization": "Bearer hush-hush-hush"},
        {"headers": {"Authorization": "hush-hush-hush"}},
        {"headers": {"X-Api-Key": "hush-hush-hush"}},
        {"headers": {"X-Team": "env:HOME"}},
    ],
)
@pytest.mark.parametrize("parameter", ["McpServers", "Tools"])
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(server: dict[str, Any], parameter: str) -> None:
    whole = {"label": "a", "url": "https://a.example", **server}
    tool = {"type": "mcp", "server_label": "a", "server_url": "https://a.example", **server}
    given = json.dumps([whole if parameter == "McpServers" else tool])
    with pytest.raises(BadValueError, match="env:GROKCALL_TOOL_NAME") as raised:
        sent(f"{parameter} => '{given}'")
    assert "hush" not in str(raised.value)


def test_broken_json_of_servers_is_told_without_the_text_around_it() -> None:
    with pytest.raises(BadValueError, match="not valid JSON") as raised:
        sent("""McpServers => '[{"authorization": "hush-hush-hush", }]'""")
    assert "hush" not in str(raised.value)


def test_secrets_are_put_into_mcp_servers_and_nowhere_else() -> None:
    server = '{"label": "a", "url": "https://a.example", "authorization": "Bearer env:GROKCALL_TOOL_A"}'
    done = run(
        "CALL GenerateResponse('say env:GROKCALL_TOOL_A', "
        f'McpServers => \'{server}\', Tools => \'[{{"type": "odd", "authorization": "env:GROKCALL_TOOL_A"}}]\')',
        [ANSWER],
    )
    assert done.requests[0].tool_secrets == ("GROKCALL_TOOL_A",)
    filled = with_secrets(done.body()["tools"], {"GROKCALL_TOOL_A": "hush"})
    assert [tool.get("authorization") for tool in filled] == ["Bearer hush", "env:GROKCALL_TOOL_A"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("WebSearch => TRUE, ToolChoice => 'required'", "required"),
        (f"Tools => '[{FUNCTION}]', ToolChoice => 'churn'", {"type": "function", "name": "churn"}),
        (f"ExtraBody => '{{\"tools\": [{FUNCTION}]}}', ToolChoice => 'churn'", {"type": "function", "name": "churn"}),
    ],
)
def test_a_choice_is_a_word_or_a_function(arguments: str, expected: object) -> None:
    assert sent(arguments)["tool_choice"] == expected


def test_what_is_not_known_to_work_is_warned_of() -> None:
    assert "XSearch alone" in warnings("XSearch => TRUE, ToolChoice => 'required'")[0]
    assert warnings("XSearch => TRUE, WebSearch => TRUE, ToolChoice => 'required'") == ()
    assert "code interpreter" in warnings("CodeInterpreter => TRUE, OutputSchema => 'a INT'")[0]
    eleven = json.dumps([f"h{number}" for number in range(11)])
    assert "more than 10 handles" in warnings(f"XSearch => TRUE, XSearchHandles => '{eleven}'")[0]


def test_plain_members_go_under_their_names() -> None:
    body = sent(
        "ParallelToolCalls => FALSE, ServiceTier => 'priority', PromptCacheKey => 'k', SafetyIdentifier => 'u', "
        "Include => ['web_search_call.action.sources']"
    )
    assert body["parallel_tool_calls"] is False
    assert body["service_tier"] == "priority"
    assert body["prompt_cache_key"] == "k"
    assert body["safety_identifier"] == "u"
    assert body["include"] == ["web_search_call.action.sources"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("Store => FALSE, WebSearch => TRUE", ["reasoning.encrypted_content"]),
        ("Store => FALSE, Include => 'no_inline_citations', WebSearch => TRUE",
         ["no_inline_citations", "reasoning.encrypted_content"]),
        ("Store => FALSE, WebSearch => TRUE, Include => 'reasoning.encrypted_content'",
         ["reasoning.encrypted_content"]),
        ('Store => FALSE, History => \'[{"role": "user", "content": "x"}]\'', ["reasoning.encrypted_content"]),
        ("Store => FALSE", None),
        ("WebSearch => TRUE", None),
    ],
)  # fmt: skip
def test_reasoning_comes_along_where_nothing_else_could_be_gone_on_with(arguments: str, expected: object) -> None:
    assert sent(arguments).get("include") == expected


def test_the_tool_limit_goes_with_tools_and_with_files() -> None:
    assert sent("MaxToolCalls => 3, WebSearch => TRUE")["max_turns"] == 3
    assert sent("MaxToolCalls => 3, Files => 'file_1'")["max_turns"] == 3
    assert "max_turns" not in sent("MaxToolCalls => 3")


def test_files_and_images_come_after_the_message() -> None:
    body = sent("Files => ['file_1', 'https://example.org/a.pdf'], Images => ['https://example.org/a.png', 'file_2']")
    (message,) = body["input"]
    assert message["role"] == "user"
    assert message["content"] == [
        {"type": "input_text", "text": "Q"},
        {"type": "input_file", "file_id": "file_1"},
        {"type": "input_file", "file_url": "https://example.org/a.pdf"},
        {"type": "input_image", "image_url": "https://example.org/a.png"},
        {"type": "input_image", "file_id": "file_2"},
    ]


def test_further_images_come_after_the_procedure_s_own() -> None:
    text = "CALL AnalyzeImage('Q', :i, Images => 'https://example.org/b.png', WebSearch => TRUE)"
    body = run(text, [ANSWER], {"i": PNG}).body()
    kinds = [part["type"] for part in body["input"][0]["content"]]
    assert kinds == ["input_text", "input_image", "input_image"]
    assert body["input"][0]["content"][2]["image_url"] == "https://example.org/b.png"
    assert body["tools"] == [{"type": "web_search"}]


def test_history_comes_first_and_lists_in_it_are_put_in_their_place() -> None:
    earlier = json.dumps([{"type": "reasoning", "encrypted_content": "x"}, {"type": "message", "content": []}])
    history = [{"role": "user", "content": "before"}, json.loads(earlier), {"role": "user", "content": "then"}]
    call = bind("CALL GenerateResponse('now', History => :h)", {"h": history})
    body = run("CALL GenerateResponse('now', History => :h)", [ANSWER], {"h": history}).body()
    assert body["input"] == [
        {"role": "user", "content": "before"},
        {"type": "reasoning", "encrypted_content": "x"},
        {"role": "user", "content": "then"},
        {"role": "user", "content": [{"type": "input_text", "text": "now"}]},
    ]
    assert call.warnings == ("GenerateResponse: History: a message without content was left out",)


OUTPUTS = '[{"call_id": "c1", "output": "7"}, {"call_id": "c2", "output": {"n": 1}}]'


def test_outputs_of_tools_go_with_no_message() -> None:
    body = run(f"CALL GenerateResponse(NULL, PreviousResponseId => 'r', ToolOutputs => '{OUTPUTS}')", [ANSWER]).body()
    assert body["input"] == [
        {"type": "function_call_output", "call_id": "c1", "output": "7"},
        {"type": "function_call_output", "call_id": "c2", "output": '{"n":1}'},
    ]


def test_outputs_follow_the_calls_in_a_history_and_pictures_stay_parts() -> None:
    history = [{"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}]
    picture = [{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]
    values = {"h": history, "o": [{"call_id": "c1", "output": picture}]}
    body = run("CALL GenerateResponse('and?', History => :h, ToolOutputs => :o)", [ANSWER], values).body()
    assert [item.get("type", item.get("role")) for item in body["input"]] == [
        "function_call", "function_call_output", "user",
    ]  # fmt: skip
    assert body["input"][1]["output"] == picture


def test_the_message_may_be_left_out_beside_outputs_only() -> None:
    text = f"PreviousResponseId => 'r', ToolOutputs => '{OUTPUTS}'"
    assert len(run(f"CALL GenerateResponse({text})", [ANSWER]).body()["input"]) == 2
    with pytest.raises(ArgumentsError, match="needs Message"):
        bind("CALL GenerateResponse(PreviousResponseId => 'r')")
    for values in ({"m": None, "o": None}, {"m": None, "o": float("nan")}):
        with pytest.raises((BadValueError, DataError), match="Message"):
            bind("CALL GenerateResponse(:m, PreviousResponseId => 'r', ToolOutputs => :o)", values)


def test_a_prompt_cache_key_of_a_lookup_is_that_of_model_and_instructions() -> None:
    many = dataclasses.replace(QUICK, shares_prompts=True)
    plain = sent("'Be brief.'", settings=many)["prompt_cache_key"]
    assert len(plain) == 32
    assert sent("'Be brief.', 'grok-4.3'", settings=many)["prompt_cache_key"] == plain
    assert sent("'Be long.'", settings=many)["prompt_cache_key"] != plain
    assert sent("'Be brief.', 'grok-4.6'", settings=many)["prompt_cache_key"] != plain
    assert sent("'Be brief.', PromptCacheKey => 'mine'", settings=many)["prompt_cache_key"] == "mine"
    assert "prompt_cache_key" not in sent("'Be brief.'")
