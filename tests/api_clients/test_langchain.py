"""LangChain's models for xAI."""

import openai
import pytest
from langchain_xai import ChatXAI

PERSON = {
    "title": "Person",
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


@pytest.fixture
def chat(settings):
    def make(model="grok-4.3"):
        return ChatXAI(
            model=model, xai_api_base=settings["base_url"], api_key=settings["api_key"], max_retries=0, timeout=60
        )

    return make


def test_a_chat_answers_plain_and_streamed(chat):
    answer = chat().invoke("what is 6 times 7?")
    assert answer.content == "42"
    assert answer.usage_metadata["total_tokens"] > 0
    assert "".join(piece.content for piece in chat().stream("Say hello there")) == "hello there"


def test_a_bound_tool_is_called(chat):
    tool = {"name": "get_stock", "description": "Stock", "parameters": {"type": "object", "properties": {}}}
    called = chat().bind_tools([tool]).invoke("Please get_stock")
    assert [call["name"] for call in called.tool_calls] == ["get_stock"]


def test_a_structured_answer_fits_its_schema(chat):
    answer = chat().with_structured_output(PERSON, method="json_schema").invoke("Bob is 30.")
    assert set(answer) == {"name", "age"}
    assert answer["age"] == 30


@pytest.mark.parametrize(
    "asked",
    [
        "Return a JSON object with keys name and age. Bob is 30.",
        "Give JSON with the keys `name` and `age`. Bob is 30 and likes tea.",
    ],
)
def test_an_answer_in_json_mode_has_the_keys_that_the_prompt_names(chat, asked):
    answer = chat().with_structured_output(PERSON, method="json_mode").invoke(asked)
    assert set(answer) == {"name", "age"}
    assert (answer["name"], int(answer["age"])) == ("Bob", 30)


@pytest.mark.parametrize("mode", ["auto", "on", "off"])
def test_live_search_is_gone(chat, mode):
    # The client has dropped the field; who still wants it has to send it past the client.
    searching = chat().bind(extra_body={"search_parameters": {"mode": mode}})
    with pytest.raises(openai.APIStatusError) as caught:
        searching.invoke("hi")
    assert caught.value.status_code == 410
    assert caught.value.response.json()["error"].startswith("Live search is deprecated.")


def test_an_unknown_model_is_a_bad_request(chat):
    with pytest.raises(openai.BadRequestError) as caught:
        chat("grok-99").invoke("hi")
    assert caught.value.response.json() == {"code": "invalid-argument", "error": "Model not found: grok-99"}
