"""What the text procedures send, and what they make of the answers."""

import hashlib
import json

import pytest
from canned import ANSWER
from stepping import QUICK, RefusedError, bind, run

from grokcall_parser import DataError
from grokcall_procedures import BadValueError, FailedReplyError, Kind, Settings
from grokcall_procedures.models import REASONING_EFFORTS
from grokcall_procedures.responses import response_row


def answer(text, status="completed", **members):
    output = [{"type": "message", "content": [{"type": "output_text", "text": text}]}] if text is not None else []
    return {**ANSWER, "status": status, "output": output, **members}


def sent(statement, values=None, settings=QUICK):
    return run(statement, [ANSWER], values, settings).body()


def test_a_plain_question_sends_the_model_and_the_input_and_nothing_else():
    done = run("CALL GenerateResponse('Which colour is a ripe banana?')", [ANSWER])

    (request,) = done.requests
    assert request.body == b'{"model":"grok-4.3","input":"Which colour is a ripe banana?"}'
    assert (request.method, request.path, request.content_type) == ("POST", "/responses", "application/json")
    assert (request.kind, request.billed, request.headers) == (Kind.TEXT, True, ())
    assert done.rows == [(*response_row(json.dumps(ANSWER).encode()), json.dumps(ANSWER), None)]
    assert done.rows[0][0] == "Yellow"


def test_every_option_has_its_place_in_the_body():
    statement = "CALL GenerateResponse('hi', :i, 'grok-4.5', NULL, 0.5, 0.9, 100, 3, FALSE, 'high')"

    assert sent(statement, {"i": "be brief"}) == {
        "model": "grok-4.5",
        "input": "hi",
        "instructions": "be brief",
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 100,
        "store": False,
        "reasoning": {"effort": "high"},
    }


def test_a_conversation_goes_on_by_the_earlier_id():
    body = sent("CALL GenerateResponse('And when unripe?', PreviousResponseId => 'abc')")

    assert body == {"model": "grok-4.3", "input": "And when unripe?", "previous_response_id": "abc"}


def test_instructions_and_an_earlier_id_do_not_go_together():
    with pytest.raises(BadValueError, match="cannot be given together with PreviousResponseId"):
        bind("CALL GenerateResponse('hi', 'be brief', NULL, 'abc')")


@pytest.mark.parametrize(
    "model",
    [
        "grok-4.20",
        "grok-4.20-reasoning",
        "grok-4.20-0309-non-reasoning",
        "GROK-4.20-reasoning-latest",
        "grok-build-0.1",
        "grok-code-fast-1",
    ],
)
def test_an_effort_that_the_model_would_refuse_is_left_out_with_a_warning(model):
    call = bind("CALL GenerateResponse('hi', Model => :m, ReasoningEffort => 'low')", {"m": model})

    assert "takes no reasoning effort: ReasoningEffort 'low' was left out" in call.warnings[-1]
    assert "reasoning" not in sent("CALL GenerateResponse('hi', Model => :m, ReasoningEffort => 'low')", {"m": model})


@pytest.mark.parametrize("model", ["grok-4.3", "grok-4.7", "grok-4.20-multi-agent", "grok-99"])
def test_an_effort_is_sent_to_every_other_model(model):
    body = sent("CALL GenerateResponse('hi', Model => :m, ReasoningEffort => 'low')", {"m": model})

    assert body["reasoning"] == {"effort": "low"}


MODELS = {
    "grok-4.3": "none low medium high xhigh",
    "grok-4.3-latest": "none low medium high xhigh",
    "grok-4.5": "low medium high xhigh",
    "grok-4.5-latest": "low medium high xhigh",
    "grok-4.6": "low medium high xhigh",
    "GROK-4.6": "low medium high xhigh",
    "grok-4.7": "low medium high xhigh",
    "grok-4.20-multi-agent": "low medium high xhigh",
    "grok-4.20-multi-agent-0309": "low medium high xhigh",
    "grok-4.20-multi-agent-latest": "low medium high xhigh",
    "grok-4.20": "",
    "grok-4.20-0309-reasoning": "",
    "grok-4.20-non-reasoning-latest": "",
    "grok-build-0.1": "",
    "grok-code-fast": "",
    "grok-4.65": "none low medium high xhigh",  # as good as unknown
    "grok-5": "none low medium high xhigh",
    "my-server/llama": "none low medium high xhigh",
}


@pytest.mark.parametrize("effort", REASONING_EFFORTS)
@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_sent_an_effort_that_it_accepts(model, effort):
    statement = "CALL GenerateResponse('hi', Model => :m, ReasoningEffort => :e)"
    values = {"m": model, "e": effort}
    accepted = MODELS[model].split()
    wanted = effort if effort in accepted else next(iter(accepted), None)
    assert sent(statement, values).get("reasoning") == (None if wanted is None else {"effort": wanted})
    told = [warning for warning in bind(statement, values).warnings if "ReasoningEffort" in warning]
    assert len(told) == (wanted != effort)
    assert all(f"'{effort}'" in warning for warning in told)


def test_no_effort_is_made_up_where_none_was_asked_for():
    assert "reasoning" not in sent("CALL GenerateResponse('hi', Model => 'grok-4.6')")


def test_a_limit_is_refused_where_leaving_it_out_would_cost_money():
    with pytest.raises(BadValueError, match=r"MaxOutputTokens \(position 7\): grok-4.20-multi-agent takes none"):
        bind("CALL GenerateResponse('hi', Model => 'grok-4.20-multi-agent', MaxOutputTokens => 5)")


def test_top_p_of_zero_is_refused():
    with pytest.raises(BadValueError, match="greater than 0"):
        bind("CALL GenerateResponse('hi', TopP => 0)")


TOOLS = '{"tools": [{"type": "web_search"}]}'


@pytest.mark.parametrize(
    ("field", "expected"),
    [("max_turns", {"max_turns": 3}), ("max_tool_calls", {"max_tool_calls": 3}), ("omit", {})],
)
def test_the_tool_limit_has_the_name_that_the_connection_chose_and_goes_with_tools_only(field, expected):
    settings = Settings(tool_limit_field=field)
    plain = sent("CALL GenerateResponse('hi', MaxToolCalls => 3)", settings=settings)
    tools = sent("CALL GenerateResponse('hi', MaxToolCalls => 3, ExtraBody => :x)", {"x": TOOLS}, settings)

    assert plain == {"model": "grok-4.3", "input": "hi"}
    assert tools == {"model": "grok-4.3", "input": "hi", "tools": [{"type": "web_search"}], **expected}


def test_extra_members_win_over_the_parameters():
    body = sent(
        "CALL GenerateResponse('hi', Temperature => 1, ExtraBody => :x)", {"x": {"temperature": 0, "user": "7"}}
    )

    assert body == {"model": "grok-4.3", "input": "hi", "temperature": 0, "user": "7"}


def test_text_of_any_language_is_sent_as_utf_8():
    (request,) = run("CALL GenerateResponse(:m)", [ANSWER], {"m": "süß 😀 \ud800"}).requests

    assert "süß 😀 \ufffd".encode() in request.body


def test_an_error_of_the_service_ends_the_call_as_it_is():
    refused = RefusedError(429)

    assert run("CALL GenerateResponse('hi')", [refused]).error is refused


def test_a_failure_inside_a_success_is_an_error_of_the_call():
    done = run("CALL GenerateResponse('hi')", [{"code": "internal", "error": "Broken."}])

    assert isinstance(done.error, FailedReplyError)
    assert (done.error.code, done.error.message) == ("internal", "Broken.")


CLASSIFY = "CALL ClassifyText(:text, :categories, AllowMultiple => :several)"


def classify(reply, categories=("delivery", "billing"), several=False):
    return run(CLASSIFY, [reply], {"text": "It never came.", "categories": list(categories), "several": several})


def test_a_classification_asks_for_an_answer_within_the_categories():
    given = '{"reasoning": "A parcel.", "category": "delivery", "confidence": 0.9}'
    done = classify(answer(given), [{"name": "delivery", "description": "parcels"}, "billing"])

    body = done.body()
    schema = body["text"]["format"]["schema"]
    assert body["input"] == "It never came."
    assert "- delivery: parcels\n- billing" in body["instructions"]
    assert body["text"]["format"] | {"schema": None} == {
        "type": "json_schema",
        "name": "classification",
        "strict": True,
        "schema": None,
    }
    assert schema["properties"]["category"] == {"type": "string", "enum": ["delivery", "billing"]}
    assert schema["required"] == list(schema["properties"])
    assert schema["additionalProperties"] is False
    assert done.rows[0][:4] == ("delivery", '["delivery"]', 0.9, "A parcel.")
    assert done.rows[0][4:] == response_row(json.dumps(answer(given)).encode())


def test_a_classification_can_give_several_categories():
    done = classify(answer('{"reasoning": "", "categories": ["billing", "delivery"], "confidence": 1}'), several=True)

    assert done.body()["text"]["format"]["schema"]["properties"]["categories"]["items"]["enum"] == [
        "delivery",
        "billing",
    ]
    assert done.rows[0][:4] == ("billing", '["billing", "delivery"]', 1.0, None)


def test_a_classification_that_the_model_refuses_keeps_its_words():
    done = classify(answer("I cannot help with that."))

    assert done.rows[0][:4] == (None, None, None, "I cannot help with that.")


@pytest.mark.parametrize(
    "text",
    [
        '```json\n{"category": "billing"}\n```',
        '~~~\n{"category": "billing"}\n~~~',
        '```JSON5 {"category": "billing"}```',
        '\ufeff  ```json\r\n{"category": "billing"}\r\n```\n',
        '```{.json}\n{"category": "billing"}\n```',
        '```json\n{"category": "billing"}',
        '{"category": "billing"}<|eos|>',
        '{"category": "Billing"}',
        '{"category": " \\"BILLING\\". "}',
        '{"Category": "billing", "confidence": "0.5"}',
        '{"category": ["billing"]}',
        '{"categories": "billing", "confidence": NaN}',
        '{"category": "billing", "reasoning": "raw\nline"}',
        '["billing"]',
        '"billing"',
        "billing",
        "**Billing**",
        "```\nbilling\n```",
    ],
)
def test_a_category_is_found_however_it_is_wrapped(text):
    assert classify(answer(text)).rows[0][0] == "billing"


def test_names_that_differ_in_case_alone_are_told_apart():
    for name in ("Bug", "bug", "BUG"):
        assert classify(answer(json.dumps({"category": name})), ("Bug", "bug", "BUG")).rows[0][0] == name


def test_a_category_that_is_named_twice_stands_once():
    done = classify(answer('{"categories": ["Billing", "billing", "delivery"]}'), several=True)

    assert done.rows[0][1] == '["billing", "delivery"]'


@pytest.mark.parametrize("text", [None, '{"reasoning": "cut'])
@pytest.mark.parametrize(
    "statement", ["CALL ClassifyText('It never came.', ['delivery', 'billing'])", "CALL SummarizeText('Long.')"]
)
def test_an_answer_that_had_to_be_json_and_is_cut_short_is_an_error_that_keeps_its_row(statement, text):
    error = run(statement, [answer(text, "incomplete")]).error

    assert (error.error_code, error.row[-34], error.row[-31]) == ("incomplete", text, "incomplete")


@pytest.mark.parametrize(
    "text", ['{"category": "praise"}', '{"reasoning": "none"}', '{"category": 5}', "[1]", "{", "null", "", "Praise."]
)
def test_a_classification_that_does_not_obey_is_an_error_that_keeps_its_row(text):
    error = classify(answer(text)).error

    assert isinstance(error, DataError)
    assert error.row[:5] == (None, None, None, None, text)


@pytest.mark.parametrize(
    ("categories", "names"),
    [
        ("a, b", ["a", "b"]),
        ("a\nb\n", ["a", "b"]),
        ('["a", "b"]', ["a", "b"]),
        (["a", {"label": "b"}], ["a", "b"]),
        ({"a": "first", "b": None}, ["a", "b"]),
        ((1, 2), ["1", "2"]),
    ],
)
def test_categories_come_in_many_forms(categories, names):
    call = bind(CLASSIFY, {"text": "x", "categories": categories, "several": None})

    assert [entry["name"] for entry in json.loads(call.values["Categories"])] == names


@pytest.mark.parametrize(
    ("categories", "reason"),
    [
        ("", "names no category"),
        ([], "names no category"),
        (["a", "a"], "names the category 'a' twice"),
        ("[a", "begins with \\[ and is not valid JSON"),
        ([None], "neither a name nor an object"),
        ([{"description": "x"}], "neither a name nor an object"),
        (5, "expected a list of names"),
        ([str(number) for number in range(501)], "501 categories; at most 500"),
    ],
)
def test_categories_that_make_no_sense_are_refused(categories, reason):
    with pytest.raises(BadValueError, match=rf"Categories \(position 2\): .*{reason}"):
        bind(CLASSIFY, {"text": "x", "categories": categories, "several": None})


def test_a_summary_keeps_to_the_wishes_and_ends_with_the_response_fields():
    done = run(
        "CALL SummarizeText('Long.', 40, 'French', 'bullets', 'Mind the dates.')", [answer('{"summary": "- Court."}')]
    )

    told = done.body()["instructions"].splitlines()
    assert told[1:] == [
        "Use at most 40 words.",
        "Write in French.",
        "Write a list of short points, each on a line of its own beginning with '- '.",
        "Mind the dates.",
    ]
    assert done.body()["text"]["format"]["schema"]["required"] == ["summary"]
    assert done.rows[0][:2] == ("- Court.", '{"summary": "- Court."}')


def test_a_refused_summary_keeps_its_row():
    assert run("CALL SummarizeText('Long.')", [answer("I cannot.")]).rows[0][:2] == (None, "I cannot.")


@pytest.mark.parametrize("text", ['```json\n{"summary": "Short."}\n```', '{"summary": "Short."}<|eos|>'])
def test_a_summary_is_found_however_it_is_wrapped(text):
    assert run("CALL SummarizeText('Long.')", [answer(text)]).rows[0][0] == "Short."


@pytest.mark.parametrize(
    ("statement", "takes_it"),
    [
        ("CALL GenerateResponse('Hi')", True),
        ("CALL AnalyzeImageByUrl('Hi', 'https://example.org/a.png')", True),
        ("CALL ClassifyText('Hi', ['delivery'])", True),
        ("CALL SummarizeText('Hi')", True),
        ("CALL CreateMessage('Hi')", False),
        ("CALL RawRequest('/responses', Body => '{}')", False),
    ],
)
def test_the_rule_of_a_connection_for_storing_reaches_what_has_store(statement, takes_it):
    for rule in (None, True, False):
        body = json.loads(next(bind(statement, settings=Settings(store=rule)).steps()).body)
        assert body.get("store") is (rule if takes_it else None)


def test_a_call_that_says_whether_to_store_wins_over_the_connection():
    call = bind("CALL GenerateResponse('Hi', Store => TRUE)", settings=Settings(store=False))

    assert call.values["Store"] is True


# If one of these fails, what we ask has changed: raise the PROMPT_VERSION of its module, then put the new hash here.
PROMPTS = [
    ("CALL ClassifyText('t', ['a', 'b'], 'i')", 1, "d0c94dcbab1ad721"),
    ("CALL ClassifyText('t', ['a', 'b'], AllowMultiple => TRUE)", 1, "74ce67b4afbdc3a6"),
    ("CALL SummarizeText('t', 40, 'French', 'bullets', 'i')", 1, "435ab15966294b6b"),
]


@pytest.mark.parametrize(("statement", "version", "known"), PROMPTS)
def test_the_version_of_a_prompt_is_raised_with_its_words(statement, version, known):
    call = bind(statement)
    body = json.loads(next(call.steps()).body)
    asked = json.dumps([body["instructions"], body["text"]], sort_keys=True)

    assert (call.procedure.prompt_version, hashlib.sha256(asked.encode()).hexdigest()[:16]) == (version, known)


def test_a_summary_that_does_not_obey_is_an_error():
    assert isinstance(run("CALL SummarizeText('Long.')", [answer('{"text": 1}')]).error, DataError)
