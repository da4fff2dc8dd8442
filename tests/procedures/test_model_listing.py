"""What the service says of its models, as columns."""

import json

import pytest
from stepping import RefusedError, run

from grokcall_parser import DataError
from grokcall_procedures import CATALOG, FailedReplyError, Kind

GROK = {
    "id": "grok-4.3",
    "object": "model",
    "created": 1777000000,
    "owned_by": "xai",
    "aliases": ["grok-4.3-latest"],
    "context_length": 1000000,
    "prompt_text_token_price": 12500,
    "cached_prompt_text_token_price": 2000,
    "completion_text_token_price": 25000,
    "prompt_image_token_price": 12500,
    "long_context_threshold": 200000,
    "capabilities": {
        "reasoning_effort": ["none", "low", "medium", "high", "xhigh"],
        "default_reasoning_effort": "low",
    },
}
MINIMAL = {"id": "grok-imagine-image", "object": "model", "created": 1, "owned_by": "xai", "image_price": 200000000}


def columns(row):
    names = CATALOG["GetModel"].schema.names
    return dict(zip(names, row[: len(names)], strict=True))


def test_models_are_listed_one_a_row():
    done = run("CALL ListModels()", [{"object": "list", "data": [GROK, "odd", MINIMAL]}])

    (request,) = done.requests
    assert (request.method, request.path, request.body, request.kind) == ("GET", "/models", None, Kind.METADATA)
    assert not request.billed
    first, second = map(columns, done.rows)
    assert json.loads(first.pop("Model_Raw")) == GROK
    assert first == {
        "Model_Id": "grok-4.3",
        "Model_Object": "model",
        "Model_OwnedBy": "xai",
        "Model_Created": 1777000000,
        "Model_Aliases": '["grok-4.3-latest"]',
        "Model_ContextLength": 1000000,
        "Model_PromptTextTokenPrice": 12500,
        "Model_CachedPromptTextTokenPrice": 2000,
        "Model_CompletionTextTokenPrice": 25000,
        "Model_PromptImageTokenPrice": 12500,
        "Model_ImagePrice": None,
        "Model_LongContextThreshold": 200000,
        "Model_ReasoningEfforts": '["none","low","medium","high","xhigh"]',
        "Model_DefaultReasoningEffort": "low",
    }
    assert (second["Model_Id"], second["Model_ImagePrice"], second["Model_Aliases"]) == (
        "grok-imagine-image",
        200000000,
        None,
    )


def test_an_account_without_models_gives_no_row():
    assert run("CALL ListModels()", [{"data": []}]).rows == []


def test_one_model_is_asked_for_by_its_escaped_id():
    done = run("CALL GetModel('../x y')", [GROK])

    assert done.path == ["GET /models/..%2Fx%20y"]
    assert columns(done.rows[0])["Model_Id"] == "grok-4.3"


def test_members_of_a_strange_type_are_null():
    row = columns(
        run("CALL GetModel('x')", [{"id": "x", "created": "soon", "capabilities": [], "image_price": []}]).rows[0]
    )

    assert (row["Model_Created"], row["Model_ReasoningEfforts"], row["Model_ImagePrice"]) == (None, None, None)


@pytest.mark.parametrize("statement", ["CALL ListModels()", "CALL GetModel('x')"])
@pytest.mark.parametrize("answer", [{}, [], b"<html>"])
def test_what_is_no_model_is_an_error(statement, answer):
    assert isinstance(run(statement, [answer]).error, DataError)


@pytest.mark.parametrize("statement", ["CALL ListModels()", "CALL GetModel('x')"])
def test_errors_of_the_service_end_the_call(statement):
    refused = RefusedError(404)

    assert run(statement, [refused]).error is refused
    assert isinstance(run(statement, [{"error": "no"}]).error, FailedReplyError)
