"""Arguments find their parameters; what does not fit is told with its name, its place and a way out."""

import pickle
from decimal import Decimal

import pyarrow as pa
import pytest
from stepping import bind

from grokcall_parser import ArgumentsError, DataError, UnknownNameError, parse_call
from grokcall_procedures import CATALOG, BadValueError, Binder, ParameterType, Settings
from grokcall_procedures.definition import Parameter
from grokcall_procedures.values import range_text

STRICT = Settings(strict_enums=True)


def binder(text, settings=STRICT):
    call = parse_call(text)
    return Binder(call, CATALOG[call.procedure], settings)


def test_arguments_by_position_fill_the_parameters_in_order():
    call = bind("CALL GenerateResponse('hi', 'be brief', 'grok-4.5', NULL, 0.5)")

    assert call.values == {"Message": "hi", "Instructions": "be brief", "Model": "grok-4.5", "Temperature": 0.5}


def test_arguments_by_name_may_stand_in_any_order_and_case():
    call = bind("CALL generateresponse(store => FALSE, MESSAGE => 'hi')")

    assert call.values == {"Message": "hi", "Store": False, "Model": "grok-4.3"}


def test_position_and_name_mix():
    call = bind("CALL GenerateResponse(:text, Model => 'grok-4.5')", {"Text": "hi"})

    assert call.values == {"Message": "hi", "Model": "grok-4.5"}


def test_null_is_the_same_as_leaving_an_optional_argument_out():
    left_out = bind("CALL GenerateResponse('hi')")
    literal = bind("CALL GenerateResponse('hi', NULL, NULL)")
    given = bind("CALL GenerateResponse('hi', :i, :m)", {"i": None, "m": pa.scalar(None, pa.string())})

    assert left_out.values == literal.values == given.values == {"Message": "hi", "Model": "grok-4.3"}


def test_the_default_model_is_the_connections():
    settings = Settings(default_models={"text": "grok-4.7", "image": "grok-imagine-image-2.0"})

    assert bind("CALL GenerateResponse('hi')", settings=settings).values["Model"] == "grok-4.7"
    assert bind("CALL GenerateImage('a kite', NULL)", settings=settings).values["Model"] == "grok-imagine-image-2.0"


def test_question_marks_take_a_sequence_and_names_a_mapping_in_any_case():
    by_mark = binder("CALL GenerateResponse(?, Model => ?)").bind(["hi", "grok-4.5"])
    by_name = binder("CALL GenerateResponse(:Text, Model => :m)").bind({"@TEXT": "hi", "M": "grok-4.5", "other": 1})

    assert by_mark.values == by_name.values == {"Message": "hi", "Model": "grok-4.5"}


def test_a_marker_that_stands_twice_needs_one_value():
    once = binder("CALL GenerateResponse(:t, :t)")

    assert once.marker_names == ["t"]
    assert once.bind({"t": "x"}).values == {"Message": "x", "Instructions": "x", "Model": "grok-4.3"}


def test_one_binder_serves_many_rows_without_mixing_them():
    lookup = binder("CALL GenerateResponse(:Message, :Instructions, Temperature => 0)")

    first, second = lookup.bind_row(["a", "b"]), lookup.bind_row(["c", None])

    assert first.values == {"Temperature": 0.0, "Model": "grok-4.3", "Message": "a", "Instructions": "b"}
    assert second.values == {"Temperature": 0.0, "Model": "grok-4.3", "Message": "c"}


@pytest.mark.parametrize(
    ("text", "error", "message", "column"),
    [
        ("CALL GenerateResponse()", ArgumentsError, r"needs Message \(position 1, String\)", 6),
        ("CALL GenerateResponse('hi', Models => 'x')", UnknownNameError, "no parameter Models; did you mean Model", 29),
        ("CALL GenerateResponse('hi', Message => 'x')", ArgumentsError, "Message .position 1. is given twice", 29),
        (
            "CALL ListModels('x')",
            ArgumentsError,
            "takes no arguments by position, got 1; by name it takes Kind",
            17,
        ),
        ("CALL GetModel('x', 'y')", ArgumentsError, "takes at most 1 argument, got 2", 20),
        ("CALL GenerateImage('a', NULL, NULL, NULL, 'low')", ArgumentsError, "at most 4 .* by name .* Quality", 43),
        ("CALL AnalyzeImageByUrl('a', Image_Url => 'x')", UnknownNameError, "did you mean Image1_Url", 29),
        ("CALL GetAccount(TeamId => 't')", UnknownNameError, "GetAccount has no parameter TeamId; it takes none", 17),
    ],
)
def test_arguments_that_do_not_match_the_procedure_are_pointed_at(text, error, message, column):
    with pytest.raises(error, match=message) as caught:
        binder(text)

    assert caught.value.column == column
    assert caught.value.procedure == parse_call(text).procedure
    assert f"line 1, column {column}" in str(caught.value)


def test_a_value_written_in_the_statement_is_pointed_at():
    with pytest.raises(BadValueError) as caught:
        binder("CALL GenerateResponse('hi', Temperature => 2.5)")

    assert str(caught.value) == (
        "GenerateResponse: parameter Temperature (position 5): must be 0 to 2, got 2.5\n"
        "  CALL GenerateResponse('hi', Temperature => 2.5)\n"
        "                                             ^^^ line 1, column 44"
    )


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (
            "CALL GenerateResponse('hi', Instructions => 'brief', PreviousResponseId => 'r1')",
            "                                            ^^^^^^^ line 1, column 45",
        ),
        (
            "CALL SearchWeb('x', 5, ['a.org'], ['b.org'])",
            "                                  ^^^^^^^^^ line 1, column 35",
        ),
    ],
)
def test_values_that_do_not_go_together_are_pointed_at_where_they_are_written(text, pointer):
    with pytest.raises(BadValueError, match="cannot be given together with") as caught:
        binder(text).bind()

    assert str(caught.value).splitlines()[1:] == [f"  {text}", f"  {pointer}"]


def test_values_of_markers_and_what_may_be_secret_are_not_pointed_at():
    with pytest.raises(BadValueError, match="cannot be given together with") as caught:
        bind("CALL GenerateResponse('hi', :i, PreviousResponseId => 'r1')", {"i": "brief"})
    assert caught.value.pointer == ""
    with pytest.raises(BadValueError, match="no such tool") as caught:
        binder("CALL GenerateResponse('hi', Tools => ['tickets'])").bind()
    assert caught.value.pointer == ""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("CALL GenerateResponse('hi', Colour => 'x')", UnknownNameError),
        (f"CALL GenerateResponse('hi'{', NULL' * 10})", ArgumentsError),
    ],
)
def test_of_many_parameters_the_first_are_named_and_the_rest_counted(text, error):
    with pytest.raises(error, match=r"and \d+ more \(DESCRIBE PROCEDURE GenerateResponse\)"):
        binder(text)


@pytest.mark.parametrize("value", [None, pa.scalar(None)])
def test_null_for_a_required_parameter_is_refused(value):
    with pytest.raises(BadValueError, match=r"parameter Message \(position 1\): is required and must not be NULL"):
        bind("CALL GenerateResponse(:m)", {"m": value})
    with pytest.raises(BadValueError, match="must not be NULL"):
        bind("CALL GenerateResponse(NULL)")


@pytest.mark.parametrize(
    ("argument", "value", "reason"),
    [
        ("Temperature", -0.1, "must be 0 to 2"),
        ("Temperature", Decimal("2.01"), "must be 0 to 2"),
        ("TopP", 0, "must be greater than 0 and at most 1, got 0"),
        ("TopP", 1.5, "must be greater than 0 and at most 1"),
        ("MaxOutputTokens", 0, "must be at least 1"),
        ("MaxOutputTokens", 2**31, "out of range"),
        ("MaxToolCalls", "many", "expected a whole number"),
        ("Store", "perhaps", "expected TRUE or FALSE"),
        ("ExtraBody", "[1]", "must be a JSON object"),
        ("ExtraBody", '{"stream": true}', "sends the answer in pieces"),
    ],
)
def test_values_out_of_range_are_refused_before_anything_is_sent(argument, value, reason):
    with pytest.raises(BadValueError, match=reason) as caught:
        bind(f"CALL GenerateResponse('hi', {argument} => :value)", {"value": value})

    assert (caught.value.procedure, caught.value.parameter) == ("GenerateResponse", argument)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CALL SetSpendingLimit(-5)", "must be 0 to 1000000000, got -5"),
        ("CALL SetSpendingLimit('200 USD')", "expected a number, got '200 USD'"),
        ("CALL UploadFile(X'00', 'a', 1)", "must be 3600 to 2592000, got 1"),
        ("CALL GenerateResponse('hi', Temperature => 7)", "must be 0 to 2, got 7\n"),
        ("CALL GetModel(['a', 'b'])", "expected text, got a list"),
        (
            "CALL EditImage('x', 'https://a.org/a.png')",
            "expected bytes, got the address 'https://a.org/a.png'; pass what",
        ),
        ("CALL UploadFile('https://a.org/a.png', 'a')", "expected a file, got the address 'https://a.org/a.png'; pass"),
        ("CALL CreateBatch(' ')", r"parameter Name \(position 1\): is empty; write an id"),
        ("CALL CompactConversation('[]')", "is empty; write a list of input items such as"),
        ("CALL CompactConversation('Hello.')", "is a list of JSON objects; entry 1 is none: 'Hello.'"),
        (
            "CALL CreateMessage('[{\"role\"')",
            r"not valid JSON \(it ends before a bracket or a quotation mark is closed\)",
        ),
        ("CALL ListInvoices(Since => 'May')", "is no month like 2026-11: 'May'"),
        ("CALL ListAuditEvents('May')", "is no date and time: 'May'; write '2026-11-30' or '2026-11-30T12:00:00Z'"),
        ("CALL RawRequest('/models', Query => 'a=1')", 'it is a JSON object, such as {"name": "value"}'),
        ("CALL GenerateAudio('x', 'en', Replace => 'a=1')", 'it is a JSON object such as {"SQL": "sequel"}'),
    ],
)
def test_what_would_do_is_told_with_what_was_given(text, reason):
    with pytest.raises(BadValueError, match=reason):
        binder(text).bind()


@pytest.mark.parametrize(("argument", "value"), [("Temperature", 0), ("Temperature", 2), ("TopP", 1), ("TopP", 0.001)])
def test_the_ends_of_a_range_belong_to_it(argument, value):
    assert bind(f"CALL GenerateResponse('hi', {argument} => ?)", [value]).values[argument] == value


def test_a_required_text_must_not_be_empty_but_may_be_blank():
    with pytest.raises(BadValueError, match="must not be empty"):
        bind("CALL GenerateResponse('')")
    assert bind("CALL GenerateResponse(' ')").values["Message"] == " "


def test_an_enum_value_is_taken_in_any_case_and_sent_as_it_is_listed():
    assert bind("CALL GenerateResponse('hi', ReasoningEffort => 'HIGH')").values["ReasoningEffort"] == "high"


def test_an_enum_value_that_is_not_listed_warns_and_is_sent():
    call = bind("CALL GenerateResponse('hi', Model => 'grok-4.33')")

    assert call.values["Model"] == "grok-4.33"
    assert call.warnings == ("GenerateResponse: Model 'grok-4.33' is not a listed value; did you mean grok-4.3?",)
    assert bind("CALL GenerateResponse('hi', Model => :m)", {"m": "grok-4.33"}).warnings == call.warnings


def test_strict_enums_refuse_what_is_not_listed():
    with pytest.raises(BadValueError, match=r"'grok-4.33' is not one of its values; did you mean grok-4.3\?"):
        bind("CALL GenerateResponse('hi', Model => 'grok-4.33')", settings=STRICT)
    with pytest.raises(BadValueError, match="known: none, low, medium, high, xhigh"):
        bind("CALL GenerateResponse('hi', ReasoningEffort => ?)", ["zz"], settings=STRICT)


def test_strict_arity_asks_for_the_declared_count():
    strict = Settings(strict_arity=True)
    nulls = ", ".join(["NULL"] * 9)

    with pytest.raises(ArgumentsError, match=r"takes exactly 10 arguments here \(strict_arity\), got 1"):
        bind("CALL GenerateResponse('hi')", settings=strict)
    assert bind(f"CALL GenerateResponse('hi', {nulls})", settings=strict).values["Message"] == "hi"
    extra = bind(f"""CALL GenerateResponse('hi', {nulls}, ExtraBody => '{{"user": "7"}}')""", settings=strict)
    assert extra.values["ExtraBody"] == '{"user": "7"}'


@pytest.mark.parametrize(
    ("text", "values", "message"),
    [
        ("CALL GenerateResponse(:Message)", {"Messages": "x"}, "no value for :Message; did you mean Messages"),
        ("CALL GenerateResponse(:Message)", {}, "no value for :Message; pass {'Message': …}"),
        ("CALL GenerateResponse(:Message)", None, "no value for :Message"),
        ("CALL GenerateResponse(:Message)", ["x"], "named markers .:Message.: pass a mapping"),
        ("CALL GenerateResponse(?)", {"Message": "x"}, "question marks: pass a sequence"),
        ("CALL GenerateResponse(?)", [], "has 1 question mark, got 0 values"),
        ("CALL GenerateResponse(?, ?)", ["a", "b", "c"], "has 2 question marks, got 3 values"),
        ("CALL GenerateResponse(?)", "x", "must be a mapping or a sequence"),
        ("CALL GenerateResponse('x')", [1], "has 0 question marks, got 1 value"),
    ],
)
def test_values_that_do_not_match_the_markers_are_refused(text, values, message):
    with pytest.raises(ArgumentsError, match=message):
        bind(text, values)


def test_a_rule_names_the_parameter_and_its_place():
    with pytest.raises(BadValueError) as caught:
        bind("CALL GenerateResponse('hi', 'be brief', PreviousResponseId => 'abc')")

    assert str(caught.value).startswith("GenerateResponse: parameter Instructions (position 2): cannot be given")
    assert isinstance(caught.value, DataError)


def test_a_bad_value_survives_a_trip_to_another_process():
    with pytest.raises(BadValueError) as caught:
        bind("CALL GenerateResponse('hi', Temperature => 9)")

    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.position) == (str(caught.value), 5)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, "any number"),
        ({"low": 1}, "at least 1"),
        ({"high": 5}, "at most 5"),
        ({"low": 0, "high": 2}, "0 to 2"),
        ({"low": 0, "low_excluded": True}, "greater than 0"),
        ({"low": 0, "high": 1, "low_excluded": True}, "greater than 0 and at most 1"),
    ],
)
def test_a_range_is_told_in_words(limits, words):
    assert range_text(Parameter("P", ParameterType.DOUBLE, "A number.", **limits)) == words
