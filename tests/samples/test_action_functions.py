"""The named actions are the procedures, argument by argument."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args, get_type_hints

import pytest

import grokcall
from grokcall.dataflow import actions
from grokcall.dataflow.action_calls import SchemaLike
from grokcall_procedures import CATALOG, BadValueError, Parameter, ParameterType, Procedure

PYTHON_TYPES = {
    ParameterType.STRING: str,
    ParameterType.ENUM: str,
    ParameterType.INT32: int,
    ParameterType.DOUBLE: float,
    ParameterType.BOOLEAN: bool,
    ParameterType.BINARY: bytes,
    ParameterType.JSON: actions.Json,
}


def spelled(name: str) -> str:
    """A name as Python spells it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def procedure_of(action: str) -> Procedure:
    return next(CATALOG[name] for name in CATALOG if spelled(name) == action)


def taken_type(parameter: Parameter) -> Any:
    """What a parameter takes in Python: a type as well, where the columns follow from it."""
    return SchemaLike if parameter.decides_columns else python_type(parameter)


def python_type(parameter: Parameter) -> object:
    if parameter.values and all(value.isdigit() for value in parameter.values):
        return int | str
    return PYTHON_TYPES[parameter.type]


def test_there_are_the_vendor_s_thirteen():
    vendor = [spelled(name) for name in CATALOG if CATALOG[name].vendor]
    assert sorted([*vendor, "classify_text", "summarize_text"]) == actions.__all__
    assert len(actions.__all__) == 13


@pytest.mark.parametrize("action", actions.__all__)
def test_an_action_has_its_procedure_s_parameters_in_their_order(action: str):
    connection, *given = inspect.signature(getattr(actions, action)).parameters.values()
    hints = get_type_hints(getattr(actions, action))
    assert hints[connection.name] is grokcall.Connection
    assert [item.name for item in given] == [spelled(item.name) for item in procedure_of(action).parameters]
    for item, parameter in zip(given, procedure_of(action).parameters, strict=True):
        if parameter.required:
            assert item.kind is item.POSITIONAL_OR_KEYWORD
            assert item.default is item.empty
            assert hints[item.name] == python_type(parameter)
        else:
            assert item.kind is item.KEYWORD_ONLY
            assert item.default is None
            assert set(get_args(hints[item.name])) == {*(get_args(taken_type(parameter) | None))}


def test_an_action_gives_what_the_execute_command_action_gives(on_sandbox: grokcall.Connection):
    rows = actions.classify_text(on_sandbox, "The parcel never came", ["delivery", "billing"], temperature=0)
    command = "CALL ClassifyText(:Text, ['delivery', 'billing'], Temperature => 0)"
    (expected,) = grokcall.ExecuteCommand(on_sandbox, command).run({"Text": "The parcel never came"})
    (row,) = rows
    assert list(row) == list(expected)
    assert row["Result_Category"] == expected["Result_Category"] == "delivery"
    assert row["Response_Temperature"] == 0


def test_what_is_left_out_of_an_action_is_not_sent(on_sandbox: grokcall.Connection):
    (row,) = actions.generate_response(on_sandbox, "What is 6 * 7?", instructions=None, max_output_tokens=50)
    assert row["Response_Result"] == "42"
    assert row["Response_MaxOutputTokens"] == 50


def test_an_action_without_a_required_value_is_refused_before_it_is_sent(on_sandbox: grokcall.Connection, sandbox):
    with pytest.raises(BadValueError, match=r"parameter Message \(position 1\)"):
        actions.generate_response(on_sandbox, None)  # type: ignore[arg-type]
    assert sandbox.ledger() == []


def test_media_actions_give_bytes(on_sandbox: grokcall.Connection):
    (row,) = actions.generate_audio(on_sandbox, "Good morning", "en", output_codec="wav", output_sample_rate=16000)
    sound = row["ResultAudio_Content"]
    assert isinstance(sound, bytes)
    assert (sound[:4], int.from_bytes(sound[24:28], "little")) == (b"RIFF", 16000)
