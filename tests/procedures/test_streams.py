"""A reply that comes in pieces gives the row that the whole reply gives, wherever its bytes are cut off."""

from __future__ import annotations

import json
import pprint
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from canned import ANSWER, JPEG
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stepping import bind, drive

from grokcall.sandbox import SANDBOX_KEY, Sandbox
from grokcall_procedures import CATALOG, BoundCall, FailedReplyError, Fold, Piece, PieceKind, Reply, streams
from grokcall_procedures.streams.bytes_fold import BytesFold
from grokcall_procedures.streams.chat_fold import ChatFold
from grokcall_procedures.streams.events import EventReader
from grokcall_procedures.streams.messages_fold import MessagesFold
from grokcall_procedures.streams.responses_fold import ResponsesFold

STOCK = {"name": "get_stock", "parameters": {"type": "object", "properties": {"sku": {"type": "string"}}}}
FUNCTION = {"tools": [{"type": "function", **STOCK}], "tool_choice": "required"}
CHAT_FUNCTION = {"tools": [{"type": "function", "function": STOCK}], "tool_choice": "required"}
TOOL = {
    "tools": [{"name": "get_stock", "input_schema": STOCK["parameters"]}],
    "tool_choice": {"type": "any"},
}
CASES = {
    "plain": ("CALL GenerateResponse('Say good morning, Zoë — twice', Model => 'grok-4.3')", None),
    "effort": ("CALL GenerateResponse('Say hello', 'Be short.', 'grok-4.3', ReasoningEffort => 'high')", None),
    "another model": ("CALL GenerateResponse('What is 6 * 7?', Model => 'grok-4.6')", None),
    "cut short": ("CALL GenerateResponse('Write a story about the sea', MaxOutputTokens => 3)", None),
    "functions": ("CALL GenerateResponse('How many of A1 are there?', ExtraBody => :x)", FUNCTION),
    "web search": (
        "CALL GenerateResponse('Search the web for python', ExtraBody => :x)",
        {"tools": [{"type": "web_search"}]},
    ),
    "x search": ("CALL GenerateResponse('Search X for python', ExtraBody => :x)", {"tools": [{"type": "x_search"}]}),
    "a schema": ("CALL GenerateResponse('Two cats in Rome', OutputSchema => 'city VARCHAR, n INTEGER')", None),
    "chat": ("CALL CreateChatCompletion('grok-4.3', 'Say good morning, Zoë')", None),
    "chat with functions": (
        "CALL CreateChatCompletion('grok-4.3', 'How many of A1?', AdditionalFields => :x)",
        CHAT_FUNCTION,
    ),
    "chat in a form": (
        "CALL CreateChatCompletion('grok-4.3', 'Two cats in Rome', Seed => 7, ResponseFormat => :x)",
        {"type": "json_schema", "schema": {"type": "object", "properties": {"city": {"type": "string"}}}},
    ),
    "chat with several functions": (
        "CALL CreateChatCompletion('grok-4.3', 'Ask get_stock and get_price for A1.', Tools => :x)",
        [{"type": "function", **STOCK}, {"type": "function", **STOCK, "name": "get_price"}],
    ),
    "chat with choices": ("CALL CreateChatCompletion('grok-4.3', 'Say hello', AdditionalFields => :x)", {"n": 2}),
    "message": ("CALL CreateMessage('Say good morning, Zoë', 'grok-4.3')", None),
    "message that stops": ("CALL CreateMessage('Say one two three', StopSequences => :x)", [" two"]),
    "message with tools": ("CALL CreateMessage('How many of A1?', 'grok-4.3', AdditionalFields => :x)", TOOL),
    "sound": ("CALL GenerateAudio('Good morning', 'en')", None),
}
USES_A_TOOL = (
    "functions",
    "web search",
    "x search",
    "chat with functions",
    "chat with several functions",
    "message with tools",
)
IDENTITY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|'created': \d+|\b1\d{9}\b")


@dataclass(frozen=True)
class Case:
    """A call, its whole reply, and the same in pieces."""

    call: BoundCall
    whole: bytes
    stream: bytes
    content_type: str

    def fold(self) -> Fold:
        request = next(self.call.steps())
        fold: Fold = request.fold()
        fold.asked(request.body)
        return fold

    def row(self, body: bytes) -> str:
        """The row, but for what differs whenever the same is asked for again."""
        done = drive(self.call.steps(), [Reply(200, {"content-type": "audio/mpeg"}, body)])
        assert done.error is None, done.error
        assert done.rows is not None
        procedure, values = self.call.procedure, done.rows[0]
        row = {field.name: values[procedure.places[field.name]] for field in procedure.fields}
        for field in procedure.further_fields:
            if field.derive is not None:
                row[field.name] = field.derive(*(values[procedure.places[name]] for name in field.derived_from))
        for name in row:
            if name.endswith("_Raw"):
                row[name] = {**json.loads(str(row[name])), "service_tier": "which no chunk tells"}
        return IDENTITY.sub("…", pprint.pformat(row))


@pytest.fixture(scope="module")
def cases(clean_surroundings: None) -> Iterator[Callable[[str], Case]]:
    made: dict[str, Case] = {}
    headers = {"Authorization": f"Bearer {SANDBOX_KEY}", "Content-Type": "application/json"}
    with Sandbox() as sandbox, httpx.Client(headers=headers, timeout=400) as http:

        def case(name: str) -> Case:
            if name not in made:
                text, extra = CASES[name]
                call = bind(text, None if extra is None else {"x": json.dumps(extra)})
                request = next(call.steps())
                url = sandbox.base_url + request.path
                streamed = http.post(url, content=request.fold().asked(request.body))
                assert streamed.status_code == 200, streamed.text
                whole = http.post(url, content=request.body).content
                made[name] = Case(call, whole, streamed.content, streamed.headers["content-type"])
            return made[name]

        yield case


def fed(fold: Fold, chunks: list[bytes]) -> list[Piece]:
    pieces = [piece for chunk in chunks for piece in fold.feed(chunk)]
    return [*pieces, *fold.end(orderly=True)]


def text_in(pieces: list[Piece], kind: PieceKind) -> str:
    return "".join(str(piece) for piece in pieces if piece.kind is kind)


@pytest.mark.parametrize("name", CASES)
def test_streamed_and_whole_replies_give_equal_rows(cases, name):
    case = cases(name)
    fold = case.fold()
    assert fold.reads(case.content_type)
    pieces = fed(fold, [case.stream])
    assert fold.is_whole
    assert case.row(fold.body()) == case.row(case.whole)
    whole = case.fold().whole(case.whole)
    for kind in (PieceKind.TEXT, PieceKind.REASONING):
        assert text_in(pieces, kind) == text_in(whole, kind)
    assert fold.partial == (case.whole if name == "sound" else text_in(pieces, PieceKind.TEXT))
    told = [piece.detail["name"] for piece in pieces if piece.kind is PieceKind.TOOL_CALL]
    assert told == [piece.detail["name"] for piece in whole if piece.kind is PieceKind.TOOL_CALL]
    assert bool(told) == (name in USES_A_TOOL)


@pytest.mark.parametrize("name", ["functions", "chat", "chat with functions", "message", "message with tools", "sound"])
def test_a_cut_between_any_two_bytes_changes_nothing(cases, name):
    case = cases(name)
    stream = case.stream if name != "sound" else case.stream[:400]
    expected_fold = case.fold()
    expected = fed(expected_fold, [stream])
    for place in range(0, len(stream) + 1, 1 if len(stream) < 8_000 else 7):
        fold = case.fold()
        pieces = fed(fold, [stream[:place], stream[place:]])
        assert fold.body() == expected_fold.body()
        if name != "sound":
            assert pieces == expected


@pytest.mark.parametrize("name", CASES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_split_any_line_ending_and_any_comments_change_nothing(cases, name, data):
    case = cases(name)
    stream = case.stream
    if name != "sound":
        ending = data.draw(st.sampled_from([b"\n", b"\r\n", b"\r"]), "line ending")
        stream = stream.replace(b"\n\n", b"\n\n: keepalive\n\n").replace(b"\n", ending)
        stream = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf", b": hello" + 2 * ending]), "beginning") + stream
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=40), "cuts"))
    chunks = [stream[start:end] for start, end in zip([0, *places], [*places, len(stream)], strict=True)]
    fold = case.fold()
    pieces = fed(fold, chunks)
    assert fold.is_whole
    assert case.row(fold.body()) == case.row(case.whole)
    assert text_in(pieces, PieceKind.TEXT) == text_in(case.fold().whole(case.whole), PieceKind.TEXT)


@pytest.mark.parametrize("name", CASES)
def test_byte_by_byte_is_as_good_as_all_at_once(cases, name):
    """Cut at every place at once."""
    case = cases(name)
    stream = case.stream if name != "sound" else case.stream[:4_000]
    expected, fold = case.fold(), case.fold()
    fed(expected, [stream])
    pieces = fed(fold, [stream[place : place + 1] for place in range(len(stream))])
    assert fold.is_whole
    if name == "sound":
        assert fold.body() == stream
    else:
        assert case.row(fold.body()) == case.row(expected.body()) == case.row(case.whole)
        assert text_in(pieces, PieceKind.TEXT) == text_in(case.fold().whole(case.whole), PieceKind.TEXT)


def test_every_fold_is_among_the_cases(cases):
    folds = {type(cases(name).fold()) for name in CASES}
    assert folds == {BytesFold, ChatFold, MessagesFold, ResponsesFold}
    modules = {path.stem for path in Path(streams.__path__[0]).glob("*_fold.py")}
    assert modules - {"event_fold"} == {fold.__module__.rpartition(".")[2] for fold in folds}


@pytest.mark.parametrize("name", [name for name in CASES if name != "sound"])
def test_what_ends_before_its_last_event_is_not_whole(cases, name):
    case = cases(name)
    frames = case.stream.split(b"\n\n")[:-1]
    ends = {"chat": 2, "message": 1}.get(name.split()[0], 0)  # what says that it has ended, and the usage after it
    for kept in range(len(frames) - ends):
        fold = case.fold()
        fed(fold, [frame + b"\n\n" for frame in frames[:kept]])
        assert not fold.is_whole


@pytest.mark.parametrize("ending", [b"", b"\n", b"\n\n", b"\n\ndata: [DONE]\n\n", b"\r\n\r\ndata: [DONE]\r\n\r\n"])
def test_the_last_event_is_read_with_or_without_an_empty_line_and_a_word_after_it(cases, ending):
    case = cases("plain")
    fold = case.fold()
    fed(fold, [case.stream.rstrip(b"\n") + ending])
    assert fold.is_whole
    assert case.row(fold.body()) == case.row(case.whole)


def test_a_word_of_the_end_without_the_last_event_is_no_whole_answer():
    fold = ResponsesFold()
    fold.asked(b'{"model":"grok-4.3","input":"hi"}')
    fed(fold, [frame({"type": "response.created", "response": {"id": "r-1"}}), b"data: [DONE]\n\n"])
    assert fold.is_done
    assert not fold.is_whole
    assert (fold.response_id, fold.is_stored) == ("r-1", True)


def frame(*documents: dict[str, object]) -> bytes:
    return b"".join(b"data: " + json.dumps(document).encode() + b"\n\n" for document in documents)


def test_data_of_several_lines_is_joined_by_line_breaks():
    reader = EventReader()
    (event,) = reader.feed(b'event: x\ndata: {\ndata:  "a": 1\ndata\ndata: }\nid: 7\nretry: 3\n\n')
    assert (event.name, event.data) == ("x", b'{\n "a": 1\n\n}')


def test_an_event_is_known_by_its_name_where_its_data_does_not_say_its_type():
    fold = ResponsesFold()
    pieces = fold.feed(b'event: response.output_text.delta\ndata: {"item_id": "m", "delta": "Yes"}\n\n')
    assert [(piece.kind, str(piece)) for piece in pieces] == [("text", "Yes")]


@pytest.mark.parametrize(
    ("asked", "model", "effort"),
    [("high", "grok-4.3", "high"), (None, "grok-4.3", "low"), (None, "grok-4.6", "high"), (None, "grok-9", None)],
)
def test_the_settings_of_the_reasoning_that_streams_leave_out_are_filled_in(asked, model, effort):
    fold = ResponsesFold()
    fold.asked(
        json.dumps({"model": model, "input": "hi", **({"reasoning": {"effort": asked}} if asked else {})}).encode()
    )
    response = {**ANSWER, "model": model, "reasoning": {"effort": None, "summary": None}}
    fold.feed(frame({"type": "response.completed", "response": response}))
    assert json.loads(fold.body())["reasoning"] == {"effort": effort, "summary": "detailed" if effort else None}


def test_functions_beside_text_are_kept_though_the_last_event_has_no_items():
    call = {"type": "function_call", "id": "fc", "call_id": "c", "name": "get_stock", "arguments": '{"sku":"A1"}'}
    message = {**ANSWER["output"][1], "id": "m"}
    fold = ResponsesFold()
    pieces = fed(
        fold,
        [
            frame(
                {"type": "response.created", "response": {**ANSWER, "status": "in_progress", "output": []}},
                {"type": "response.output_text.delta", "item_id": "m", "output_index": 1, "delta": "Yellow"},
                {"type": "response.output_item.done", "output_index": 0, "item": call},
                {"type": "response.output_item.done", "output_index": 1, "item": message},
                {"type": "response.done", "response": {**ANSWER, "output": []}},
            )
        ],
    )
    assert json.loads(fold.body())["output"] == [call, message]
    assert [(piece.kind.value, str(piece)) for piece in pieces if piece.kind is not PieceKind.STATUS] == [
        ("text", "Yellow"),
        ("tool_call", 'get_stock {"sku":"A1"}'),
    ]


def test_reasoning_of_either_kind_counts_and_its_parts_are_told_apart():
    fold = ResponsesFold()
    pieces = fold.feed(
        frame(
            {"type": "response.reasoning_text.delta", "item_id": "r", "content_index": 0, "delta": "First"},
            {"type": "response.reasoning_text.done", "item_id": "r", "content_index": 0, "text": "First"},
            {"type": "response.reasoning_summary_text.delta", "item_id": "s", "summary_index": 0, "delta": "Then"},
        )
    )
    assert [str(piece) for piece in pieces if piece.kind is PieceKind.REASONING] == ["First", "\n", "Then"]


@pytest.mark.parametrize(
    ("fold", "event", "code"),
    [
        (ResponsesFold, {"type": "error", "code": "overloaded", "message": "Busy", "param": None}, "overloaded"),
        (ResponsesFold, {"type": "error", "error": {"code": "server_error", "message": "Busy"}}, "server_error"),
        (
            ResponsesFold,
            {"type": "response.failed", "response": {"id": "r", "error": {"code": "timeout", "message": "Busy"}}},
            "timeout",
        ),
        (ChatFold, {"error": {"code": "rate_limit_exceeded", "message": "Busy"}}, "rate_limit_exceeded"),
        (ChatFold, {"code": "unavailable", "error": "Busy"}, "unavailable"),
        (MessagesFold, {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}, "overloaded_error"),
    ],
)
def test_a_failure_inside_a_stream_is_told_after_what_came_before_it(fold, event, code):
    made = fold()
    made.feed(frame(event))
    assert made.is_done
    assert isinstance(made.failure, FailedReplyError)
    assert (made.failure.code, made.failure.message) == (code, "Busy")
    assert not made.is_whole


def test_what_came_with_the_failure_is_not_lost():
    fold = ResponsesFold()
    delta = {"type": "response.output_text.delta", "item_id": "m", "delta": "Yes"}
    pieces = fold.feed(frame(delta, {"type": "error", "message": "Busy"}, delta))
    assert [str(piece) for piece in pieces] == ["Yes"]
    assert fold.partial == "Yes"
    assert fold.failure is not None


def test_a_broken_event_is_passed_over_only_where_the_last_one_has_the_whole():
    whole = ResponsesFold()
    whole.feed(b"data: {broken\n\n" + frame({"type": "response.completed", "response": ANSWER}))
    assert whole.is_whole
    for fold in (ChatFold(), MessagesFold()):
        fold.feed(b"data: {broken\n\n")
        assert "no JSON" in str(fold.failure)


def test_arguments_of_a_function_that_come_in_parts_are_joined():
    fold = ChatFold()
    pieces = fed(
        fold,
        [
            frame(
                chunk({"role": "assistant", "tool_calls": [call_part("get", '{"sku"', "c-1")]}),
                chunk({"tool_calls": [call_part(None, ':"A1"}')]}),
                chunk({}, "tool_calls"),
            )
        ],
    )
    (made,) = json.loads(fold.body())["choices"][0]["message"]["tool_calls"]
    assert made == {"id": "c-1", "type": "function", "function": {"name": "get", "arguments": '{"sku":"A1"}'}}
    assert [str(piece) for piece in pieces] == ['get {"sku":"A1"}']


@pytest.mark.parametrize("again", ["", None])
def test_calls_that_come_in_parts_without_an_index_are_told_apart_by_their_ids(again):
    parts = [
        {"id": "c-1", "type": "function", "function": {"name": "get", "arguments": ""}},
        {"id": again, "function": {"name": again, "arguments": '{"sku"'}},
        {"function": {"arguments": ':"A1"}'}},
        {"id": "c-2", "type": "function", "function": {"name": "get", "arguments": "{}"}},
        {"type": "function", "function": {"name": "other", "arguments": "{"}},
        {"function": {"name": again, "arguments": "}"}},
    ]
    fold = ChatFold()
    fed(fold, [frame(*(chunk({"tool_calls": [part]}) for part in parts), chunk({}, "tool_calls"))])
    made = json.loads(fold.body())["choices"][0]["message"]["tool_calls"]
    assert [(call.get("id"), call["function"]) for call in made] == [
        ("c-1", {"name": "get", "arguments": '{"sku":"A1"}'}),
        ("c-2", {"name": "get", "arguments": "{}"}),
        (None, {"name": "other", "arguments": "{}"}),
    ]


def chunk(delta: dict[str, object], reason: str | None = None) -> dict[str, object]:
    return {"id": "c", "model": "grok-4.3", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def call_part(name: str | None, arguments: str, identity: str | None = None) -> dict[str, object]:
    head = {} if identity is None else {"id": identity, "type": "function"}
    return {"index": 0, **head, "function": {"name": name, "arguments": arguments}}


def test_a_chat_is_asked_for_its_usage_and_other_members_stay_as_they_are():
    body = b'{"model":"grok-4.3","messages":[],"temperature":0.10,"stream_options":{"x":1}}'
    assert ChatFold().asked(body) == (
        b'{"model":"grok-4.3","messages":[],"temperature":0.10,"stream_options":{"x":1,"include_usage":true},'
        b'"stream":true}'
    )


def test_citations_and_stages_of_tools_are_pieces():
    fold = ResponsesFold()
    source = {"type": "url_citation", "url": "https://python.org", "title": "1", "start_index": 0, "end_index": 3}
    pieces = fold.feed(
        frame(
            {"type": "response.web_search_call.searching", "item_id": "w"},
            {"type": "response.output_text.annotation.added", "item_id": "m", "annotation": source},
        )
    )
    assert [(piece.kind.value, str(piece)) for piece in pieces] == [
        ("status", "web_search_call.searching"),
        ("citation", "https://python.org"),
    ]
    assert pieces[1].as_dict()["start_index"] == 0


def test_sound_is_whole_only_where_the_connection_says_so():
    fold = BytesFold()
    fold.feed(b"ID3")
    fold.end(orderly=False)
    assert (fold.is_whole, fold.partial) == (False, b"ID3")


def test_a_document_in_the_place_of_sound_is_no_sound():
    assert not BytesFold().reads("application/json")
    assert BytesFold().reads("audio/mpeg")
    assert BytesFold().whole(b'{"error": "no"}') == []


def test_every_procedure_that_streams_has_a_fold_and_no_other_says_so():
    values = {
        "Messages": "hi", "Message": "hi", "Model": "grok-4.3", "Text": "hi", "Language": "en",
        "Image1_Content": JPEG, "Image1_Url": "https://example.org/a.png",
        "File1_Content": b"a,b", "File1_Name": "a.csv", "FileId": "file_1",
    }  # fmt: skip
    for name, procedure in CATALOG.items():
        if not procedure.streams:
            continue
        needed = [each.name for each in procedure.parameters if each.required]
        arguments = ", ".join(f"{each} => :{each}" for each in needed)
        call = bind(f"CALL {name}({arguments})", {each: values[each] for each in needed})
        steps = call.steps()
        step = next(steps)
        while not step.billed and step.fold is None:  # a file is brought by what costs nothing
            step = steps.send(type("R", (), {"body": b'{"id": "file_1"}', "status": 200, "headers": {}})())
        assert step.fold is not None, name
