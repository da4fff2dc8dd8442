"""The arguments that a model writes for a tool: what fits, and what the model is told of what does not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokcall_parser import parse_statement
from grokcall_parser.errors import DataError
from grokcall_procedures.own_tools import own_tool

TOOL = own_tool(
    parse_statement("""
    CREATE TOOL t(name VARCHAR, n INTEGER DEFAULT 10, big BIGINT DEFAULT NULL, heat DOUBLE DEFAULT 0.5,
        keep BOOLEAN DEFAULT TRUE, picture BLOB DEFAULT NULL, more JSON DEFAULT '{"a": 1}')
    AS SELECT $name, $n, $big, $heat, $keep, $picture, $more""")
)
TAKES = (
    "It takes name (text), n (a whole number, may be left out), big (a whole number, may be left out), heat (a number, "
    "may be left out), keep (true or false, may be left out), picture (bytes in base64, may be left out), more (any "
    "JSON, may be left out)"
)


def test_the_schema_has_types_defaults_and_what_is_required():
    schema = TOOL.declaration.parameters
    assert schema["properties"] == {
        "name": {"type": "string"},
        "n": {"type": "integer", "default": 10},
        "big": {"type": "integer"},
        "heat": {"type": "number", "default": 0.5},
        "keep": {"type": "boolean", "default": True},
        "picture": {"type": "string", "contentEncoding": "base64"},
        "more": {"type": ["object", "array", "string", "number", "boolean"], "default": {"a": 1}},
    }
    assert (schema["required"], schema["additionalProperties"]) == (["name"], False)


def test_what_is_left_out_or_null_has_its_default():
    expected = {"name": "", "n": 10, "big": None, "heat": 0.5, "keep": True, "picture": None, "more": '{"a": 1}'}
    assert TOOL.fit({"name": ""}) == expected
    assert TOOL.fit({"name": "", "n": None, "more": None, "keep": None}) == expected


@pytest.mark.parametrize(
    ("given", "fitted"),
    [
        ({"N": "7"}, {"n": 7}),
        ({"n": 7.0}, {"n": 7}),
        ({"heat": "1e3"}, {"heat": 1000.0}),
        ({"keep": "false"}, {"keep": False}),
        ({"picture": "/wA="}, {"picture": b"\xff\x00"}),
        ({"picture": "data:image/png;base64,/wA="}, {"picture": b"\xff\x00"}),
        ({"more": [1, {"b": None}]}, {"more": '[1, {"b": null}]'}),
        ({"more": '{"b": 2}'}, {"more": '{"b": 2}'}),
        ({"more": "text"}, {"more": '"text"'}),
    ],
)
def test_arguments_become_what_was_declared(given, fitted):
    found = TOOL.fit({"name": "x", **given})
    assert {name: found[name] for name in fitted} == fitted


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "t: name is missing."),
        ({"name": None}, "t: name is missing."),
        ({"namee": "x"}, "t: there is no argument 'namee'; did you mean name?; name is missing."),
        ({"name": "x", "n": 1.5}, "t: n: expected a whole number, got 1.5."),
        ({"name": "x", "n": 2**31}, "t: n: 2147483648 is out of range (-2147483648 to 2147483647)."),
        ({"name": {"a": 1}}, "t: name: expected text, got an object."),
        ({"name": "x", "keep": "perhaps"}, "t: keep: expected TRUE or FALSE, got 'perhaps'."),
        ({"name": "x", "NAME": "y"}, "t: name is given twice."),
        ({"name": "x", "picture": "no base64!"}, "t: picture: expected bytes in base64."),
        ({"name": "x", "more": "[1,"}, "t: more: not valid JSON"),
        ([], "t: the arguments must be a JSON object; It takes name"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would_do(given, told):
    with pytest.raises(DataError) as caught:
        TOOL.fit(given)
    assert str(caught.value).startswith(told)
    assert str(caught.value).endswith(TAKES)


def test_many_faults_are_told_together_and_not_without_end():
    with pytest.raises(DataError, match=r"; and 96 more\. It takes"):
        TOOL.fit({f"x{number}": 1 for number in range(100)})


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["name", "n", "big", "heat", "keep", "picture", "more"]) | st.text(), values))
def test_any_arguments_fit_or_are_refused_in_words(arguments):
    refused = None
    try:
        found = TOOL.fit(arguments)
    except DataError as error:
        refused = str(error)
    if refused is not None:
        assert refused.startswith("t: ")
        return
    assert list(found) == ["name", "n", "big", "heat", "keep", "picture", "more"]
    assert isinstance(found["n"], int)
    json.loads(found["more"])
