"""LangChain's models: its own for xAI, which ask for chats, and OpenAI's, which ask for answers."""

import base64

import openai
import pytest
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from langchain_xai import ChatXAI
from other_tools import OTHER_TOOLS, searching

pytestmark = pytest.mark.client("LangChain")
TOOL = {"name": "get_stock", "description": "Stock", "parameters": {"type": "object", "properties": {}}}
NOTES = "data:text/plain;base64," + base64.b64encode(b"alpha\nbeta\n").decode()
PERSON = {
    "title": "Person",
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}


@pytest.fixture
def answers(settings):
    def make(**options):
        told = {"max_retries": 0, "timeout": 60, **settings, **options}
        return ChatOpenAI(model="grok-4.3", use_responses_api=True, **told)

    return make


def there_and_back(model):
    """What is said once a tool that was called has answered."""
    bound, question = model.bind_tools([TOOL]), HumanMessage("Please get_stock")
    called = bound.invoke([question])
    assert [call["name"] for call in called.tool_calls] == ["get_stock"]
    given = ToolMessage("there are 12 left", tool_call_id=called.tool_calls[0]["id"])
    return bound.invoke([question, called, given]).text


def seen(model, part):
    """What is said of a part of a message."""
    content = [{"type": "text", "text": "What is this?"}, part]
    return model.invoke([{"role": "user", "content": content}]).text


@pytest.fixture
def chat(settings):
    def make(model="grok-4.3"):
        return ChatXAI(
            model=model, xai_api_base=settings["base_url"], api_key=settings["api_key"], max_retries=0, timeout=400
        )

    return make


@pytest.mark.feature("chat", "chat, streamed")
def test_a_chat_answers_plain_and_streamed(chat):
    answer = chat().invoke("what is 6 times 7?")
    assert answer.content == "42"
    assert answer.usage_metadata["total_tokens"] > 0
    assert "".join(piece.content for piece in chat().stream("Say hello there")) == "hello there"


@pytest.mark.feature("chat with functions")
def test_a_bound_tool_is_called_and_answered(chat):
    assert "there are 12 left" in there_and_back(chat())


@pytest.mark.feature("chat in a schema")
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


@pytest.mark.feature("answer", "answer, streamed")
def test_an_answer_comes_plain_and_streamed(answers):
    assert answers().invoke("what is 6 times 7?").text == "42"
    assert "".join(piece.text for piece in answers().stream("Say hello there")) == "hello there"


@pytest.mark.feature("answer in a schema")
def test_an_answer_fits_its_schema(answers):
    assert answers().with_structured_output(PERSON, method="json_schema").invoke("Bob is 30.")["age"] == 30


@pytest.mark.feature("functions, there and back")
def test_what_a_function_gave_is_in_the_answer(answers):
    assert "there are 12 left" in there_and_back(answers())


@pytest.mark.feature("searches and citations")
@pytest.mark.parametrize("own", [True, False])
def test_what_a_search_found_is_cited(answers, chat, own):
    model = chat() if own else answers()
    message = model.bind_tools([{"type": "web_search"}]).invoke("What is new?")
    cited = [note for part in message.content if part["type"] == "text" for note in part["annotations"]]
    assert [note["url"] for note in cited] == ["https://example.com/"]


@pytest.mark.feature("other tools of the service")
@pytest.mark.parametrize(("tool", "item"), OTHER_TOOLS)
def test_the_calls_of_other_tools_are_told(answers, collection, tool, item):
    message = answers().bind_tools([searching(tool, collection)]).invoke("Compute 2 + 2 and ask the wiki.")
    assert item in [part["type"] for part in message.content]


@pytest.mark.feature("images in an answer")
def test_an_image_is_made_in_an_answer(answers):
    message = answers().bind_tools([{"type": "image_generation"}]).invoke("Draw a red kite")
    (made,) = [part for part in message.content if part["type"] == "image_generation_call"]
    assert base64.b64decode(made["result"]).startswith(b"\xff\xd8\xff")


@pytest.mark.feature("picture in")
def test_a_picture_is_described(answers, picture):
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}}
    assert "PNG of 320 x 200 pixels, mostly blue" in seen(answers(), part)


@pytest.mark.feature("chat with a picture")
def test_a_picture_of_a_chat_is_described(chat, picture):
    part = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}}
    assert "PNG of 320 x 200 pixels, mostly blue" in seen(chat(), part)


@pytest.mark.feature("file in")
@pytest.mark.parametrize("own", [True, False])
def test_a_file_is_read(answers, chat, own):
    part = {"type": "file", "file": {"filename": "notes.txt", "file_data": NOTES}}
    assert "File notes.txt has 2 lines" in seen(chat() if own else answers(), part)


@pytest.mark.feature("stored answers")
def test_a_follow_up_knows_what_was_said(answers):
    first = answers().invoke("My dog is called Rex.")
    second = answers().invoke("Nice weather.", previous_response_id=first.response_metadata["id"])
    assert "My dog is called Rex." in second.text


@pytest.mark.feature("sealed reasoning")
def test_sealed_reasoning_comes_and_is_taken_back(answers):
    model = answers(store=False, include=["reasoning.encrypted_content"])
    first = model.invoke("My dog is called Rex.")
    assert all(part["encrypted_content"] for part in first.content if part["type"] == "reasoning")
    question = HumanMessage("My dog is called Rex.")
    assert "My dog is called Rex." in model.invoke([question, first, HumanMessage("Nice weather.")]).text


@pytest.mark.feature("text completion", own_failure="sends parameters that current models refuse")
def test_its_text_completion_is_refused(settings):
    model = OpenAI(model="grok-4.3", max_retries=0, **settings)
    with pytest.raises(openai.BadRequestError) as caught:
        model.invoke("what is 6 times 7?")
    assert "presencePenalty" in caught.value.response.text


@pytest.mark.feature("embeddings (no public model)")
def test_a_model_for_embeddings_is_not_found(settings):
    model = OpenAIEmbeddings(model="v1", check_embedding_ctx_length=False, **settings)
    with pytest.raises(openai.NotFoundError):
        model.embed_query("hi")


@pytest.mark.feature("usage and cost")
def test_the_price_of_a_chat_is_that_of_the_ledger(chat, sandbox):
    message = chat().invoke("2+2?")
    (entry,) = sandbox.ledger()
    assert message.response_metadata["token_usage"]["cost_in_usd_ticks"] == entry["ticks"]


@pytest.mark.feature("request id")
def test_the_id_of_a_request_is_among_the_headers(answers, sandbox):
    message = answers(include_response_headers=True).invoke("2+2?")
    assert message.response_metadata["headers"]["x-request-id"] == sandbox.ledger()[0]["request_id"]


@pytest.mark.parametrize(
    ("key", "error", "words"),
    [
        pytest.param(
            "xai-wrong",
            openai.BadRequestError,
            "Incorrect API key provided",
            marks=pytest.mark.feature("wrong key: 400"),
        ),
        pytest.param(
            "xai-blocked", openai.PermissionDeniedError, "denied", marks=pytest.mark.feature("blocked key: 403")
        ),
        pytest.param(
            "xai-broke",
            openai.RateLimitError,
            "used all available credits",
            marks=pytest.mark.feature("no credits: 429"),
        ),
    ],
)
def test_a_telling_key_is_refused(settings, key, error, words):
    model = ChatXAI(model="grok-4.3", xai_api_base=settings["base_url"], api_key=key, max_retries=0)
    with pytest.raises(error) as caught:
        model.invoke("hi")
    assert words in caught.value.response.text


@pytest.mark.feature("not found: 404")
def test_an_answer_that_is_not_there_is_not_found(answers):
    with pytest.raises(openai.NotFoundError):
        answers().invoke("hi", previous_response_id="0b6f3c1e-1111-4222-8333-9c0ffee00001")


@pytest.mark.feature("rate limit: 429", "tried again by itself")
def test_a_rate_limit_is_told_apart_and_waited_for(striking, settings):
    told = {"model": "grok-4.3", "xai_api_base": striking("storm:every=2,length=1").base_url}
    hasty = ChatXAI(api_key=settings["api_key"], max_retries=0, **told)
    assert hasty.invoke("2+2?").content == "4"
    with pytest.raises(openai.RateLimitError):
        hasty.invoke("2+2?")
    patient = ChatXAI(api_key=settings["api_key"], max_retries=2, **told)
    assert [patient.invoke("2+2?").content for _ in range(2)] == ["4", "4"]
