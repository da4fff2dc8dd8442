"""What help, DESCRIBE and the documentation pages are made of."""

import re

import pytest

from grokcall_parser import UnknownNameError, parse_call
from grokcall_procedures import CATALOG, Binder, ParameterType, Settings

PROCEDURES = [CATALOG[name] for name in CATALOG]
NAMES = [procedure.name for procedure in PROCEDURES]


@pytest.mark.parametrize("procedure", PROCEDURES, ids=NAMES)
def test_the_example_parses_and_binds(procedure):
    call = parse_call(procedure.example)

    assert call.procedure == procedure.name
    Binder(call, procedure, Settings(strict_enums=True))


@pytest.mark.parametrize("procedure", PROCEDURES, ids=NAMES)
def test_everything_is_told_in_sentences(procedure):
    texts = [procedure.summary, *procedure.notes]
    texts += [parameter.doc for parameter in procedure.parameters]
    texts += [column.doc for column in procedure.fields]

    wrong = [text for text in texts if not re.fullmatch(r"(?s)[A-Za-z`].*[.:]", text) or "  " in text]
    assert wrong == []
    assert procedure.reference


@pytest.mark.parametrize("procedure", PROCEDURES, ids=NAMES)
def test_names_are_unique_and_named_only_parameters_come_last(procedure):
    names = [parameter.name.lower() for parameter in procedure.parameters]
    by_position = [not parameter.named_only for parameter in procedure.parameters]

    assert len(set(names)) == len(names)
    assert by_position == sorted(by_position, reverse=True)
    assert not any(parameter.required and parameter.named_only for parameter in procedure.parameters)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=NAMES)
def test_only_enums_list_values_and_every_listed_value_is_accepted(procedure):
    for parameter in procedure.parameters:
        assert bool(parameter.values) == (parameter.type is ParameterType.ENUM), parameter.name
        if parameter.reader:
            assert [parameter.reader(value) for value in parameter.values] == list(parameter.values)


@pytest.mark.parametrize("procedure", PROCEDURES, ids=NAMES)
def test_a_procedure_with_a_model_has_a_parameter_for_it(procedure):
    if procedure.model_kind is not None:
        assert Settings().default_models[procedure.model_kind] in procedure.by_name["model"].values


def test_procedures_are_found_without_regard_to_case():
    assert CATALOG.find("GENERATERESPONSE") is CATALOG["GenerateResponse"]
    assert "generateresponse" in CATALOG


def test_a_wrong_name_gets_the_nearest_one():
    call = parse_call("CALL GenerateRespons('hi')")

    with pytest.raises(UnknownNameError, match="did you mean GenerateResponse") as caught:
        CATALOG.find(call.procedure, call.text, call.span)

    assert caught.value.column == 6
