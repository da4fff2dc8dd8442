"""Each call is a span of OpenTelemetry: what it says, below which span it stands, and what it never says."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from contextlib import suppress

import pytest
from calling import rounds_of
from opentelemetry import trace
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

import grokcall
from grokcall.sandbox import SANDBOX_KEY
from scripted_service import COST_TICKS, KEY, Answer, answered, refused

ASK = "CALL GenerateResponse(:q)"
SAID = "Why-is-it-said-in-confidence"
MINE = "mine"


class Faulty(SpanProcessor):
    """Breaks down at the end of each span once it is told to."""

    breaks = False

    def on_end(self, span):
        if self.breaks:
            raise RuntimeError("the processor broke down")


FAULTY = Faulty()


@pytest.fixture(scope="session")
def exporter():
    """What the provider of this process exports to; a process can set one provider only."""
    kept = InMemorySpanExporter()
    if not isinstance(trace.get_tracer_provider(), TracerProvider):  # a page may have set one
        trace.set_tracer_provider(TracerProvider())
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    provider.add_span_processor(FAULTY)
    return kept


@pytest.fixture
def spans(exporter):
    """Gives the finished spans of the test, but for the caller's own."""
    exporter.clear()
    return lambda: [span for span in exporter.get_finished_spans() if span.name != MINE]


@pytest.fixture
def mine(exporter):
    """Opens a span of the caller's."""
    return lambda: trace.get_tracer("caller").start_as_current_span(MINE)


@pytest.fixture
def traced(connecting, spans):
    """A connection to the scripted service whose calls are spans."""
    return connecting(traces=True)


@pytest.fixture
def traced_on_sandbox(sandbox, spans):
    with grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, traces=True, allow_files=True) as connection:
        yield connection


def requests_in(span):
    return [dict(event.attributes) for event in span.events if event.name == "grokcall.request"]


def tools_in(span):
    return [dict(event.attributes) for event in span.events if event.name == "grokcall.tool"]


def parents(spans):
    return {None if span.parent is None else span.parent.span_id for span in spans}


def exported(spans):
    return "".join(span.to_json() for span in spans)


def test_a_call_is_a_span_by_the_conventions(traced, service, spans):
    traced.execute(ASK, {"q": SAID})
    (span,) = spans()
    assert (span.name, span.kind, span.status.status_code) == ("chat grok-4.3", SpanKind.CLIENT, StatusCode.UNSET)
    told = dict(span.attributes)
    assert told == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "x_ai",
        "gen_ai.request.model": "grok-4.3",
        "gen_ai.response.model": "grok-4.3",
        "gen_ai.response.id": "resp-1",
        "gen_ai.response.finish_reasons": ("completed",),
        "gen_ai.output.type": "text",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 2,
        "server.address": "127.0.0.1",
        "server.port": service.port,
        "grokcall.procedure": "GenerateResponse",
        "grokcall.answer.source": "service",
        "grokcall.attempts": 1,
        "grokcall.cost.usd_ticks": COST_TICKS,
        "grokcall.request_id": f"req-{SAID.upper()[:20]}",
    }
    (sent,) = requests_in(span)
    assert (sent["http.request.method"], sent["url.path"]) == ("POST", "/v1/responses")
    assert (sent["http.response.status_code"], sent["grokcall.attempt"]) == (200, 1)
    assert sent["grokcall.waited_seconds"] >= 0
    assert sent["grokcall.seconds"] > 0


@pytest.mark.parametrize(
    ("statement", "name", "kind"),
    [
        ("CALL CreateChatCompletion('grok-4.3', 'hi')", "chat grok-4.3", "text"),
        ("CALL CreateMessage('hi', Model => 'grok-4.3')", "chat grok-4.3", "text"),
        ("CALL GenerateResponse('hi', OutputSchema => 'a VARCHAR')", "chat grok-4.3", "json"),
        ("CALL GenerateImage('a kite')", "generate_content grok-imagine-image", "image"),
        ("CALL GenerateAudio('hi', 'en')", "generate_content GenerateAudio", "speech"),
        ("CALL ListFiles()", "ListFiles", None),
    ],
)
def test_what_a_call_does_is_in_its_name(traced_on_sandbox, spans, statement, name, kind):
    traced_on_sandbox.execute(statement)
    (span,) = spans()
    assert (span.name, span.attributes.get("gen_ai.output.type")) == (name, kind)
    assert span.attributes.get("gen_ai.operation.name") == (name.split()[0] if " " in name else None)
    assert len(requests_in(span)) == 1


def test_a_procedure_of_one_s_own_is_told_as_what_it_calls(connecting, spans):
    connection = connecting(traces=True, trace_content=True)
    connection.execute(
        "CREATE PROCEDURE brief(body VARCHAR) AS CALL GenerateResponse(:body, Instructions => 'Be brief')"
    )
    connection.execute("CALL brief('why?')")
    (span,) = spans()
    assert (span.name, span.attributes["grokcall.procedure"]) == ("chat grok-4.3", "brief")
    assert span.attributes["gen_ai.usage.input_tokens"] == 10
    assert "why?" in span.attributes["gen_ai.input.messages"]
    assert "Be brief" in span.attributes["gen_ai.system_instructions"]


def test_an_answer_that_is_asked_for_again_is_a_call_of_the_same_row(traced, service, spans):
    cut = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    service.script = lambda asked: answered("x", **(cut if len(service.asked) < 2 else {}))
    traced.lookup("CALL GenerateResponse(:q, MaxOutputTokens => 20)", [{"q": "a"}], on_incomplete="retry")
    assert [span.attributes["grokcall.row"] for span in spans()] == [0, 0]
    assert [span.attributes["gen_ai.request.max_tokens"] for span in spans()] == [20, 40]


def test_an_embedding_has_its_own_operation_and_tokens(traced, service, spans):
    data = {"object": "list", "model": "v1", "data": [{"index": 0, "embedding": [0.5, 1.0]}]}
    service.script = lambda asked: Answer(
        json.dumps({**data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}).encode()
    )
    traced.execute("CALL CreateEmbedding('hi', 'v1')")
    (span,) = spans()
    assert (span.name, span.attributes["gen_ai.operation.name"]) == ("embeddings v1", "embeddings")
    assert span.attributes["gen_ai.usage.input_tokens"] == 3


def test_a_completion_s_tokens_have_its_reasoning(traced_on_sandbox, spans):
    statement = "CALL CreateChatCompletion('grok-4.3', 'hi')"
    row = traced_on_sandbox.execute(statement).fetch_arrow_table().to_pylist()[0]
    (span,) = spans()
    read, written = span.attributes["gen_ai.usage.input_tokens"], span.attributes["gen_ai.usage.output_tokens"]
    assert read + written == row["Completion_UsageTotalTokens"]


def test_the_parameters_of_a_request_are_told(traced, spans):
    traced.execute("CALL GenerateResponse('hi', Temperature => 0.5, TopP => 0.9, MaxOutputTokens => 70)")
    (span,) = spans()
    told = {name: value for name, value in span.attributes.items() if name.startswith("gen_ai.request.")}
    assert told == {
        "gen_ai.request.model": "grok-4.3",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.max_tokens": 70,
    }


WAYS = {
    "a call": lambda connection: connection.execute(ASK, {"q": "a"}),
    "a cursor": lambda connection: connection.cursor().execute(ASK, {"q": "a"}),
    "many sets": lambda connection: connection.cursor().executemany(ASK, [{"q": "a"}, {"q": "b"}]),
    "a query": lambda connection: connection.execute("SELECT Response_Result FROM GenerateResponse('a')"),
    "a query of rows": lambda connection: connection.execute(
        "SELECT r.Response_Result FROM (VALUES ('a'), ('b')) t(q), GenerateResponse(t.q) r"
    ),
    "a lookup": lambda connection: connection.lookup(ASK, [{"q": "a"}, {"q": "b"}]),
    "a stream": lambda connection: list(connection.stream(ASK, {"q": "a"})),
    "a conversation": lambda connection: connection.conversation().ask("a"),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_span_that_is_open_round_it_is_the_parent(traced, spans, mine, way):
    with mine() as outer:
        WAYS[way](traced)
    assert spans()
    assert parents(spans()) == {outer.get_span_context().span_id}
    assert outer.attributes == {}
    assert outer.events == (), "what belongs to calls is in their spans"


async def awaited(service, statement, mine):
    async with grokcall.aconnect(api_key=KEY, base_url=service.base_url, traces=True) as connection:

        async def one(number):
            with mine() as outer:
                await connection.execute(statement, {"q": f"question {number}"})
            return outer.get_span_context().span_id

        return await asyncio.gather(*(one(number) for number in range(4)))


@pytest.mark.parametrize("statement", [ASK, "SELECT Response_Result FROM GenerateResponse($q)"])
def test_each_task_that_awaits_has_its_own_span_as_the_parent(service, spans, mine, statement):
    outer = asyncio.run(awaited(service, statement, mine))
    assert Counter(span.parent.span_id for span in spans()) == Counter(outer)


def test_without_a_span_round_it_a_call_begins_a_trace(traced, spans):
    traced.execute(ASK, {"q": "a"})
    traced.execute(ASK, {"q": "b"})
    assert parents(spans()) == {None}
    assert len({span.context.trace_id for span in spans()}) == 2


def test_a_refused_call_is_an_error_with_the_word_and_the_status(traced, service, spans):
    service.script = lambda asked: refused(400, f"I do not like {SAID}")
    with pytest.raises(grokcall.InvalidRequestError):
        traced.execute(ASK, {"q": SAID})
    (span,) = spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "InvalidRequestError")
    assert span.attributes["error.type"] == grokcall.InvalidRequestError.error_code
    assert span.attributes["http.response.status_code"] == 400
    assert requests_in(span)[0]["error.type"] == grokcall.InvalidRequestError.error_code
    assert SAID not in exported(spans())


def test_a_call_that_a_budget_stops_is_an_error_without_a_request(connecting, service, spans):
    connection = connecting(traces=True, max_calls=0)
    with pytest.raises(grokcall.BudgetReachedError):
        connection.execute(ASK, {"q": "a"})
    (span,) = spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == grokcall.BudgetReachedError.error_code
    assert requests_in(span) == []
    assert service.asked == []


def test_each_try_of_a_request_is_an_event(traced, service, spans):
    service.script = lambda asked: refused(503, "Busy.") if len(service.asked) < 2 else answered("x")
    traced.execute(ASK, {"q": "a"})
    (span,) = spans()
    told = [(each["grokcall.attempt"], each["http.response.status_code"]) for each in requests_in(span)]
    assert told == [(1, 503), (2, 200)]
    first, second = requests_in(span)
    assert "error.type" in first
    assert "error.type" not in second
    assert second["grokcall.waited_seconds"] > first["grokcall.waited_seconds"]
    assert (span.attributes["grokcall.attempts"], span.status.status_code) == (2, StatusCode.UNSET)


def test_a_connection_that_is_cut_has_no_status(connecting, service, spans):
    service.script = lambda asked: Answer(cut=True)
    with pytest.raises(grokcall.Error):
        connecting(traces=True, max_attempts=1).execute(ASK, {"q": "a"})
    (span,) = spans()
    (sent,) = requests_in(span)
    assert "http.response.status_code" not in sent
    assert sent["error.type"] == span.attributes["error.type"]
    assert span.attributes["grokcall.unpriced"] == 1


def test_a_tool_is_a_span_and_an_event_of_its_call(traced, service, spans):
    @traced.tool
    def stock(article: str) -> str:
        """How many there are."""
        with trace.get_tracer("caller").start_as_current_span("reads the shelf"):
            return f"7 of {article}"

    service.script = rounds_of([("stock", {"article": SAID})], [("stock", {"article": "x" * 3})])
    traced.execute("CALL GenerateResponse('Is tea left?', Tools => ['stock'])")
    found = spans()
    (call,) = [span for span in found if span.name == "chat grok-4.3"]
    tools = [span for span in found if span.name == "execute_tool stock"]
    assert len(tools) == 2
    assert parents(tools) == {call.context.span_id}
    assert parents(span for span in found if span.name == "reads the shelf") == {tool.context.span_id for tool in tools}
    assert tools[0].attributes["gen_ai.operation.name"] == "execute_tool"
    told = [(each["gen_ai.tool.name"], each["grokcall.tool.status"]) for each in tools_in(call)]
    assert told == [("stock", "completed")] * 2
    assert all(each["grokcall.seconds"] >= 0 for each in tools_in(call))
    assert len(requests_in(call)) == 3
    assert SAID not in exported(found)


def test_a_tool_that_fails_is_an_error_and_what_it_calls_is_below_it(traced, service, spans):
    @traced.tool
    def lookout(place: str) -> str:
        """Looks."""
        traced.execute(ASK, {"q": "inside"})
        raise ValueError(f"nothing at {place}")

    scripted = rounds_of([("lookout", {"place": SAID})])
    service.script = lambda asked: answered("seen") if asked.json["input"] == "inside" else scripted(asked)
    traced.lookup("CALL GenerateResponse(:q, Tools => ['lookout'])", [{"q": "Is it there?"}])
    inner, tool, outer = spans()
    assert (inner.name, tool.name, outer.name) == ("chat grok-4.3", "execute_tool lookout", "chat grok-4.3")
    assert (inner.parent.span_id, tool.parent.span_id) == (tool.context.span_id, outer.context.span_id)
    assert (tool.status.status_code, tool.attributes["error.type"]) == (StatusCode.ERROR, "tool")
    assert tools_in(outer)[0]["grokcall.tool.status"] == "failed"
    assert (outer.attributes["grokcall.row"], "grokcall.row" in inner.attributes) == (0, False)
    assert (len(requests_in(inner)), len(requests_in(outer))) == (1, 2)
    assert SAID not in exported(spans())


def test_a_tool_of_the_service_is_an_event(traced_on_sandbox, spans):
    traced_on_sandbox.execute("CALL GenerateResponse('What is new in Python?', WebSearch => TRUE)")
    (span,) = spans()
    assert {each["gen_ai.tool.type"] for each in tools_in(span)} == {"web_search"}


def test_a_procedure_as_a_tool_is_an_event(traced, service, spans):
    service.script = rounds_of([("ListModels", {})])
    traced.execute("CALL GenerateResponse('Which are there?', Tools => ['ListModels'])")
    (span,) = spans()
    assert [each["gen_ai.tool.name"] for each in tools_in(span)] == ["ListModels"]
    assert "/v1/models" in {each["url.path"] for each in requests_in(span)}


def test_rows_have_their_numbers_and_say_where_their_answers_are_from(traced, spans, mine, tmp_path):
    rows = [{"q": f"question {number % 20}"} for number in range(30)]
    journal = tmp_path / "run.journal"
    with mine() as outer:
        traced.lookup(ASK, rows, journal=journal)
    found = spans()
    assert sorted(span.attributes["grokcall.row"] for span in found) == list(range(30))
    sources = Counter(span.attributes["grokcall.answer.source"] for span in found)
    assert sources["service"] == 20
    assert sources["shared"] + sources["journal"] == 10, "an equal row shares the call, or finds it on record"
    assert parents(found) == {outer.get_span_context().span_id}
    costs = {"gen_ai.usage.input_tokens", "grokcall.cost.usd_ticks"}
    for span in found:
        assert costs & set(span.attributes) == (
            costs if span.attributes["grokcall.answer.source"] == "service" else set()
        )

    traced.lookup(ASK, rows, journal=journal)
    again = spans()[30:]
    assert {span.attributes["grokcall.answer.source"] for span in again} == {"journal"}
    assert not any(requests_in(span) or "gen_ai.usage.input_tokens" in span.attributes for span in again)


def test_rows_that_begin_while_another_waits_for_a_second_try_are_below_the_same_span(connecting, service, spans, mine):
    refusals = iter(range(3))
    service.script = lambda asked: refused(503, "Busy.") if next(refusals, None) is not None else answered("x")
    with mine() as outer:
        connecting(traces=True, concurrency=2).lookup(ASK, [{"q": str(number)} for number in range(12)])
    assert len(spans()) == 12
    assert parents(spans()) == {outer.get_span_context().span_id}


def test_a_stream_that_is_left_early_ends_its_span_as_an_error(traced, service, spans):
    service.script = lambda asked: answered("at last", delay=60)
    with traced.stream(ASK, {"q": "Tell a story"}) as stream:
        assert next(stream).text == "begun"
    (span,) = spans()
    assert (span.status.status_code, span.attributes["error.type"]) == (StatusCode.ERROR, "CancelledError")


LETS_IT_SLIP = [
    refused(400, f"Incorrect API key provided: {KEY}."),
    refused(403, f"The key {KEY} is blocked."),
    refused(429, f"Too many requests for team of {KEY}", retry_after="400"),
    Answer(f"<html><title>{KEY}</title></html>".encode(), 502),
    Answer(b"{}", 400, {"x-request-id": KEY}),
    answered("x", status="failed", error={"code": "server_error", "message": f"broke on {KEY}"}),
    answered(f"The key is {KEY}.", id=KEY, model=KEY),
    answered("x", output=[{"type": "web_search_call", "id": "a", "action": {"type": KEY}, "status": KEY}]),
]


@pytest.mark.parametrize("answer", LETS_IT_SLIP)
def test_no_span_shows_the_key(connecting, service, spans, answer):
    connection = connecting(traces=True, trace_content=True, max_attempts=1)

    @connection.tool
    def leak(key: str) -> str:
        """Leaks."""
        raise ValueError(f"no {key}")

    service.script = lambda asked: answer
    ask = "CALL GenerateResponse(:q, Model => :m, Instructions => :q)"
    with suppress(grokcall.Error):  # some end the lookup
        connection.lookup(ask, [{"q": f"My key {KEY}", "m": KEY}])
    with suppress(grokcall.Error):
        connection.execute(f"CALL RawRequest('/files?token={KEY}')")
    service.script = rounds_of([("leak", {"key": KEY})])
    connection.execute("CALL GenerateResponse('hi', Tools => ['leak'])")
    assert len(spans()) == 4
    assert KEY not in exported(spans())


def test_what_is_asked_and_answered_is_there_when_it_is_asked_for_alone(connecting, service, spans):
    service.script = lambda asked: answered(f"said {SAID}")
    asked = {"q": SAID, "i": f"Be brief, {SAID}; Bearer abcdefgh12345678"}
    statement = "CALL GenerateResponse(:q, Instructions => :i)"
    connecting(traces=True).execute(statement, asked)
    assert SAID not in exported(spans())
    connecting(traces=True, trace_content=True).execute(statement, asked)
    told = spans()[1].attributes
    text = '"parts": [{"type": "text", "content": '
    assert told["gen_ai.input.messages"] == f'[{{"role": "user", {text}"{SAID}"}}]}}]'
    assert told["gen_ai.output.messages"] == f'[{{"role": "assistant", {text}"said {SAID}"}}]}}]'
    assert f"Be brief, {SAID}" in told["gen_ai.system_instructions"]
    assert "abcdefgh12345678" not in exported(spans())


def test_messages_are_told_in_their_roles(sandbox, spans):
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
    ]
    given = {"api_key": SANDBOX_KEY, "base_url": sandbox.base_url, "traces": True, "trace_content": True}
    with grokcall.connect(**given) as connection:
        connection.execute("CALL CreateChatCompletion('grok-4.3', :m)", {"m": messages})
        connection.execute("CALL GenerateImage('a kite')")
    chat, image = spans()
    assert chat.attributes["gen_ai.input.messages"] == (
        '[{"role": "system", "parts": [{"type": "text", "content": "Be kind."}]}, '
        '{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]'
    )
    assert '"content": "a kite"' in image.attributes["gen_ai.input.messages"]
    assert "gen_ai.output.messages" not in image.attributes, "pictures are not told"


def test_content_of_tools_is_there_when_it_is_asked_for(connecting, service, spans):
    connection = connecting(traces=True, trace_content=True)
    connection.tool(lambda article: f"7 of {article}", name="stock")
    service.script = rounds_of([("stock", {"article": "tea"})])
    connection.execute("CALL GenerateResponse('Is tea left?', Tools => ['stock'])")
    tool = next(span for span in spans() if span.name.startswith("execute_tool"))
    assert tool.attributes["gen_ai.tool.call.arguments"] == '{"article": "tea"}'
    assert tool.attributes["gen_ai.tool.call.result"] == "7 of tea"


def test_a_processor_that_breaks_down_takes_no_answer_away(traced, spans, monkeypatch, caplog):
    monkeypatch.setattr(FAULTY, "breaks", True)
    assert traced.execute(ASK, {"q": "a"}).fetchone()[0] == "A"
    assert "a span could not be written: the processor broke down" in caplog.text


def test_without_the_option_there_are_no_spans(connection, spans):
    connection.execute(ASK, {"q": "a"})
    connection.lookup(ASK, [{"q": "a"}])
    assert spans() == []


def printed(program, *arguments):
    """What a program prints in a process of its own, where nothing is imported yet."""
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=400, check=True).stdout


def test_without_the_option_nothing_of_opentelemetry_is_imported(service):
    program = (
        "import sys, grokcall\n"
        "with grokcall.connect(api_key='x', base_url=sys.argv[1]) as connection:\n"
        "    connection.lookup('CALL GenerateResponse(:q)', [{'q': 'a'}])\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    assert printed(program, service.base_url).strip() == "[]"


def test_the_package_that_is_missing_is_named_with_its_extra():
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"  # None stands for a package that cannot be found
        "import grokcall\n"
        "try: grokcall.connect(api_key='x', traces=True)\n"
        "except grokcall.NotSupportedError as error: print(error)"
    )
    assert printed(program).strip() == (
        "the option traces needs the package 'opentelemetry-api': pip install 'grokcall[otel]'"
    )
