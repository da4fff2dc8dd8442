"""Structured answers validate against their schema, whatever it is, and are filled from the text."""

import json
from datetime import timedelta

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokcall_sandbox.text.conversation import Conversation, Turn
from grokcall_sandbox.text.schema import conforms, read_schema
from grokcall_sandbox.text.structured import answer_structured

TEXT = "Order A-17 from Ada Lovelace (ada@example.org) of 2024-05-06: 3 chairs for 129.90 EUR never came. Terrible!"


def _answer(schema, text=TEXT):
    return answer_structured(Conversation((Turn("user", text),)), read_schema(json.dumps(schema).encode()))[0]


def _validate(value, schema):
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(json.loads(json.dumps(value)))


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "null"},
        {"const": {"a": [1, None]}},
        {"enum": [1, "two", None, False]},
        {"type": ["null", "integer"]},
        {"type": "string", "minLength": 30, "maxLength": 40},
        {"type": "string", "maxLength": 0},
        {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
        {"type": "number", "minimum": 10, "maximum": 20, "multipleOf": 2.5},
        {"type": "integer", "multipleOf": 7, "minimum": 100},
        {"type": "array", "items": {"type": "string"}, "minItems": 5, "maxItems": 5, "uniqueItems": True},
        {"type": "array", "items": {"type": "integer"}, "minItems": 4, "uniqueItems": True},
        {"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "maxItems": 0},
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        {"type": "array", "contains": {"const": 4}, "minItems": 2},
        {"anyOf": [{"type": "null"}, {"type": "string", "minLength": 3}]},
        {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 0.5, "maximum": 0.6}]},
        {"oneOf": [{"type": "number"}, {"type": "integer"}, {"type": "string"}]},
        {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}]},
        {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 4}]},
        {
            "$ref": "#/$defs/p",
            "$defs": {"p": {"type": "object", "properties": {"q": {"$ref": "#/$defs/r"}}}, "r": {"enum": ["x"]}},
        },
        {"type": "object", "required": ["free"], "additionalProperties": {"type": "integer"}},
        {"type": "object", "minProperties": 2, "additionalProperties": {"type": "boolean"}},
        {"type": "object", "properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"], "maxProperties": 2},
        *(
            {"type": "string", "format": name}
            for name in ("date", "time", "date-time", "email", "uuid", "ipv4", "ipv6", "uri")
        ),
        *(
            {"type": "array", "items": {"type": "string", "format": name}, "minItems": 4, "uniqueItems": True}
            for name in ("date", "email", "uuid", "ipv4")
        ),
        *(
            {"type": "string", "pattern": pattern}
            for pattern in (
                r"^[A-Z]{2}-\d{4}$",
                r"\d+",
                r"^(foo|bar)+$",
                r"^[^a-z]{3}$",
                r"^\w+@\w+\.com$",
                r"^.{12}$",
                r"a?b*c",
            )
        ),
        {"type": "string", "pattern": "^[ab]*$", "minLength": 12, "maxLength": 14},
    ],
    ids=lambda schema: json.dumps(schema)[:70],
)
def test_an_answer_validates(schema):
    value = _answer(schema)
    _validate(value, schema)
    assert conforms(value, schema, schema)


def test_an_answer_is_filled_from_the_text():
    schema = {
        "type": "object",
        "properties": {
            "category": {"type": "string", "enum": ["praise", "complaint"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "reasoning": {"type": "string"},
            "summary": {"type": "string"},
            "sentiment": {"enum": ["negative", "neutral", "positive"]},
            "is_complaint": {"type": "boolean"},
            "email": {"type": "string", "format": "email"},
            "order_date": {"type": "string"},
            "order_id": {"type": "string", "pattern": r"[A-Z]-\d+"},
            "customer_name": {"type": "string"},
            "chairs": {"type": "integer"},
            "language": {"type": "string"},
        },
    }
    value = _answer(schema)
    assert value.pop("confidence") <= 1
    assert "complaint" in value.pop("reasoning")
    assert value.pop("summary") in TEXT
    assert value == {
        "category": "complaint",
        "sentiment": "negative",
        "is_complaint": True,
        "email": "ada@example.org",
        "order_date": "2024-05-06",
        "order_id": "A-17",
        "customer_name": "Ada Lovelace",
        "chairs": 3,
        "language": "en",
    }


def test_several_labels_may_fit():
    schema = {"type": "array", "items": {"enum": ["billing", "shipping", "sports"]}}
    assert _answer(schema, "The parcel came late and my card was charged twice") == ["billing", "shipping"]


def test_a_sum_fills_a_number():
    schema = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
    assert _answer(schema, "what is 17*23+4") == {"answer": 395}


def _strings():
    lengths = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted)
    bounded = lengths.map(lambda pair: {"type": "string", "minLength": pair[0], "maxLength": pair[1]})
    formats = st.sampled_from(["date", "time", "date-time", "email", "uuid", "ipv4", "ipv6", "uri"])
    return st.one_of(bounded, formats.map(lambda name: {"type": "string", "format": name}), st.just({"type": "string"}))


def _numbers():
    bounds = st.tuples(st.integers(-1000, 1000), st.integers(0, 50))
    return st.tuples(st.sampled_from(["integer", "number"]), bounds).map(
        lambda drawn: {"type": drawn[0], "minimum": drawn[1][0], "maximum": drawn[1][0] + drawn[1][1]}
    )


LEAVES = st.one_of(
    _strings(),
    _numbers(),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"const": "fixed"}, {"type": ["string", "null"]}]),
    st.lists(st.sampled_from(["good", "bad", "late", "other"]), min_size=1, unique=True).map(
        lambda names: {"enum": names}
    ),
)
NAMES = st.sampled_from(["summary", "score", "label", "tags", "is_urgent", "date", "total_price", "name", "x"])


def _objects(inner):
    def build(drawn):
        properties, keep = drawn
        required = [name for name, kept in zip(properties, keep, strict=False) if kept]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    return st.tuples(st.dictionaries(NAMES, inner, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5)).map(
        build
    )


def _arrays(inner):
    counts = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(sorted)
    return st.tuples(inner, counts).map(
        lambda drawn: {"type": "array", "items": drawn[0], "minItems": drawn[1][0], "maxItems": drawn[1][1]}
    )


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        _objects(inner),
        _arrays(inner),
        st.lists(inner, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches}),
        inner.map(lambda schema: {"allOf": [schema]}),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=timedelta(seconds=2))
@given(SCHEMAS, st.text(max_size=80))
def test_any_supported_schema_gets_a_valid_answer(schema, text):
    _validate(_answer(schema, text), schema)


def test_a_definition_can_be_answered_over_http(say):
    schema = {
        "$ref": "#/$defs/point",
        "$defs": {"point": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
    }
    value = json.loads(say("Where is x 4.5 exactly?", text={"format": {"type": "json_schema", "schema": schema}}))
    assert value == {"x": 4.5}


def test_the_echo_shows_type_and_schema_only(ask):
    wanted = {"type": "json_schema", "name": "n", "strict": True, "schema": {"type": "object", "properties": {}}}
    assert ask("hi", text={"format": wanted})["text"] == {"format": {"type": "json_schema", "schema": wanted["schema"]}}
