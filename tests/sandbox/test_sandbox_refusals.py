"""Every rule the service is strict about, as a table: what is sent, the status, the words."""

import base64

import pytest

from grokcall.sandbox import Sandbox

TEXT = {"model": "grok-4.3", "input": "hi"}
CHAT = {"model": "grok-4.3", "messages": [{"role": "user", "content": "hi"}]}
PICTURE = {"model": "grok-imagine-image", "prompt": "a kite"}
VIDEO = {"model": "grok-imagine-video", "prompt": "a boat", "duration": 1}
SPEECH = {"text": "hi", "language": "en"}
URI = "data:image/png;base64,"
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}}


def _content(part):
    return [{"role": "user", "content": [part]}]


def _schema(schema):
    return {"format": {"type": "json_schema", "schema": schema}}


RESPONSES = [
    ({"input": 5}, 422, "Failed to deserialize the JSON body into the target type: input"),
    ({"store": "yes"}, 422, "store"),
    ({"max_output_tokens": "many"}, 422, "max_output_tokens"),
    ({"text": {"format": {"type": "yaml"}}}, 422, "text.format.type"),
    ({"text": {"format": {"type": "json_schema"}}}, 422, "schema"),
    ({"input": [{"role": "robot", "content": "hi"}]}, 422, "did not match any variant of untagged enum ModelInput"),
    ({"input": [{"type": "message", "role": "user"}]}, 422, "untagged enum ModelInput"),
    ({"input": _content({"type": "input_smell"})}, 422, "untagged enum ModelInput"),
    ({"input": [{"type": "function_call_output", "output": "x"}]}, 422, "untagged enum ModelInput"),
    ({"input": []}, 400, "input"),
    ({"model": None}, 400, "Model not found: latest"),
    ({"model": ""}, 400, "Model not found: latest"),
    ({"model": "grok-99"}, 400, "Model not found: grok-99"),
    ({"model": "grok-2"}, 400, "Model not found: grok-2"),
    ({"model": "grok-beta"}, 400, "Model not found: grok-beta"),
    ({"model": "grok-3-maxi"}, 400, "Model not found: grok-3-maxi"),
    ({"model": "grok-imagine-image"}, 404, "Model not found"),
    ({"model": "grok-imagine-video"}, 404, "Model not found"),
    ({"previous_response_id": "gone"}, 404, "Response with id=gone not found"),
    ({"instructions": "a", "previous_response_id": "b"}, 400, "instructions and previous_response_id together"),
    ({"temperature": 2.1}, 400, "temperature"),
    ({"temperature": -0.1}, 400, "temperature"),
    ({"top_p": 0}, 400, "top_p"),
    ({"top_p": 1.1}, 400, "top_p"),
    ({"max_output_tokens": 0}, 400, "max_output_tokens"),
    ({"presence_penalty": 0}, 400, "Model grok-4.3 does not support parameter presencePenalty."),
    ({"frequency_penalty": 0}, 400, "Model grok-4.3 does not support parameter frequencyPenalty."),
    ({"stop": ["x"]}, 400, "Model grok-4.3 does not support parameter stop."),
    ({"reasoning": {"effort": "huge"}}, 400, "Invalid reasoning effort."),
    *(
        (
            {"model": model, "reasoning": {"effort": "none"}},
            400,
            "This model does not support `reasoning_effort` value `none`.",
        )
        for model in ("grok-4.5", "grok-4.5-latest", "grok-4.6", "grok-4.7")
    ),
    ({"model": "grok-4.6", "reasoning": {"effort": "minimal"}}, 400, "Invalid reasoning effort."),
    (
        {"model": "grok-4.20", "reasoning": {"effort": "low"}},
        400,
        "Model grok-4.20-0309-reasoning does not support parameter reasoningEffort.",
    ),
    (
        {"model": "grok-code-fast-1", "reasoning": {"effort": "low"}},
        400,
        "Model grok-build-0.1 does not support parameter reasoningEffort.",
    ),
    ({"model": "grok-4.20-multi-agent", "max_output_tokens": 9}, 400, "maxOutputTokens"),
    ({"model": "grok-4.20-multi-agent", "tools": [FUNCTION]}, 400, "multi-agent"),
    ({"tools": [FUNCTION] * 129}, 400, "Too many tools"),
    ({"tools": [{"type": "oven"}]}, 422, "oven"),
    ({"tools": [{"type": "function", "name": "f"}]}, 422, "missing field `parameters`"),
    (
        {"tools": [{"type": "web_search", "external_web_access": True}]},
        400,
        "Argument not supported: external_web_access",
    ),
    ({"tools": [{"type": "web_search", "search_context_size": "low"}]}, 400, "search_context_size"),
    ({"tools": [{"type": "collections_search"}]}, 422, "missing field `vector_store_ids`"),
    ({"tools": [{"type": "collections_search", "vector_store_ids": ["a"], "filters": {}}]}, 400, "filters"),
    ({"tools": [{"type": "tool_search"}]}, 422, "tool_search"),
    ({"tools": [{"type": ["function"]}]}, 422, "unknown tool type"),
    ({"tools": [{"type": "code_interpreter", "container": {}}]}, 400, "Argument not supported: container"),
    ({"tools": [{"type": "web_search", "allowed_domains": ["a"], "excluded_domains": ["b"]}]}, 400, "together"),
    ({"tools": [{"type": "web_search", "allowed_domains": list("abcdef")}]}, 400, "At most 5"),
    ({"tools": [{"type": "x_search", "allowed_x_handles": list("abcdefghijklmnopqrstu")}]}, 400, "At most 20"),
    ({"tools": [{"type": "file_search", "vector_store_ids": ["a"], "filters": {}}]}, 400, "filters"),
    (
        {"tools": [{"type": "mcp", "server_url": "u", "server_label": "l", "require_approval": "never"}]},
        400,
        "require_app",
    ),
    ({"tool_choice": "required"}, 400, "tool_choice"),
    ({"tools": [FUNCTION], "tool_choice": {"type": "function", "name": "g"}}, 400, "tool_choice"),
    ({"tools": [FUNCTION], "tool_choice": "perhaps"}, 422, "tool_choice"),
    ({"service_tier": "golden"}, 400, "service_tier"),
    ({"input": "this is FORBIDDEN_CONTENT"}, 403, "Content violates usage guidelines. Team: "),
    ({"instructions": "FORBIDDEN_CONTENT"}, 403, "Failed check: SAFETY_CHECK_TYPE_"),
    (
        {"model": "grok-code-fast-1", "input": "word " * 300_000},
        400,
        "This model's maximum prompt length is 256000 but the request contains",
    ),
    ({"input": _content({"type": "input_image", "image_url": URI + "AAAA"})}, 400, "JPEG or PNG"),
    ({"input": [{"type": "compaction"}]}, 422, "untagged enum ModelInput"),
    ({"input": [{"type": "compaction", "encrypted_content": "gAAAAB"}]}, 400, "encrypted_content"),
    ({"input": [{"type": "compaction", "encrypted_content": "äöü"}]}, 400, "encrypted_content"),
    ({"input": _content({"type": "input_image", "image_url": URI + "!"})}, 400, "base64"),
    ({"input": _content({"type": "input_image", "image_url": "ftp://a/b.png"})}, 400, "URL"),
    ({"input": _content({"type": "input_image", "file_id": "file_1"})}, 400, "image_url"),
    ({"input": _content({"type": "input_file", "file_id": "file_1"})}, 404, "File with id=file_1 not found"),
    ({"input": _content({"type": "input_file"})}, 400, "Exactly one"),
    ({"input": _content({"type": "input_file", "file_data": "aGk="})}, 400, "filename"),
    ({"text": _schema({"enum": []})}, 400, "enum"),
    ({"text": _schema({"anyOf": []})}, 400, "anyOf"),
    ({"text": _schema({"type": "object", "properties": {"a": True}})}, 400, "#/properties/a"),
    ({"text": _schema({"type": "array", "items": [{"type": "string"}]})}, 400, "prefixItems"),
    ({"text": _schema({"type": "array", "contains": {}, "minContains": 2})}, 400, "minContains"),
    (
        {"text": _schema({"$ref": "#/$defs/a", "$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/a"}}}}})},
        400,
        "itself",
    ),
    ({"text": _schema({"$ref": "#/$defs/none"})}, 400, "leads nowhere"),
    ({"text": _schema({"type": "string", "pattern": "(?=a)a"})}, 400, "look-around"),
    ({"text": _schema({"type": "string", "pattern": "("})}, 400, "regular expression"),
    ({"text": _schema(5)}, 400, "object"),
    (
        {"text": _schema({"type": "array", "minItems": 10_001})},
        400,
        "#/minItems must be a whole number of at most",
    ),
    ({"text": _schema({"type": "number", "minimum": "a"})}, 400, "#/minimum must be a number"),
    ({"text": _schema({"type": "wood"})}, 400, "#/type must be one of the JSON types"),
    ({"text": _schema({"required": "a"})}, 400, "#/required must be a list of names"),
    ({"tools": [{"type": "file_search", "vector_store_ids": 5}]}, 422, "vector_store_ids"),
    ({"tools": [{"type": "function", "name": "f", "parameters": 5}]}, 422, "parameters"),
    ({"tools": [FUNCTION | {"parameters": {"enum": []}}], "tool_choice": "required"}, 400, "enum"),
]


@pytest.mark.parametrize(("change", "status", "words"), RESPONSES, ids=lambda value: str(value)[:60])
def test_responses_refuse(http, sandbox, change, status, words):
    reply = http.post("/responses", json={**TEXT, **change})
    assert reply.status_code == status, reply.text
    assert words in reply.text
    assert set(reply.json()) == ({"error"} if status == 422 else {"code", "error"})
    assert sandbox.ledger() == []


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/chat/completions", {**CHAT, "presence_penalty": 0}, 400, "presencePenalty"),
        ("/chat/completions", {**CHAT, "frequency_penalty": 0}, 400, "frequencyPenalty"),
        ("/chat/completions", {**CHAT, "stop": "x"}, 400, "stop"),
        (
            "/chat/completions",
            {**CHAT, "model": "grok-4.20-non-reasoning", "presence_penalty": 0},
            400,
            "presencePenalty",
        ),
        ("/chat/completions", {**CHAT, "reasoning_effort": "huge"}, 400, "Invalid reasoning effort."),
        ("/chat/completions", {**CHAT, "model": "grok-4.20", "reasoning_effort": "low"}, 400, "reasoningEffort"),
        ("/chat/completions", {**CHAT, "model": "grok-4.20-multi-agent"}, 400, "Responses"),
        ("/chat/completions", {**CHAT, "messages": []}, 400, "messages"),
        ("/chat/completions", {**CHAT, "model": "grok-99"}, 400, "Model not found: grok-99"),
        ("/messages", {**CHAT, "max_tokens": 9, "model": "grok-99"}, 400, "Model not found: grok-99"),
        (
            "/chat/completions",
            {**CHAT, "model": "grok-4.6", "reasoning_effort": "none"},
            400,
            "This model does not support `reasoning_effort` value `none`.",
        ),
        ("/chat/completions", {"model": "grok-4.3"}, 422, "missing required field `messages`"),
        ("/chat/completions", {**CHAT, "logit_bias": {"1": 2}}, 400, "logit_bias"),
        ("/chat/completions", {**CHAT, "tools": [{"type": "web_search"}]}, 422, "tools"),
        ("/chat/completions", {**CHAT, "response_format": {"type": "json_schema"}}, 422, "json_schema"),
        ("/messages", CHAT, 422, "max_tokens"),
        ("/messages", {**CHAT, "max_tokens": 0}, 400, "max_tokens"),
        ("/images/generations", {**PICTURE, "prompt": 3}, 422, "prompt"),
        ("/images/generations", {**PICTURE, "prompt": " "}, 400, "prompt"),
        ("/images/generations", {**PICTURE, "model": "grok-4.3"}, 400, "Model not found: grok-4.3"),
        ("/images/edits", {**PICTURE, "model": "grok-2-image"}, 400, "Model not found: grok-2-image"),
        ("/videos/generations", {**VIDEO, "model": "grok-imagine-image"}, 400, "Model not found: grok-imagine-image"),
        ("/images/generations", {**PICTURE, "n": 0}, 400, "n"),
        ("/images/generations", {**PICTURE, "n": 11}, 400, "n"),
        ("/images/generations", {**PICTURE, "aspect_ratio": "7:3"}, 400, "aspect_ratio"),
        ("/images/generations", {**PICTURE, "resolution": "9k"}, 400, "resolution"),
        ("/images/generations", {**PICTURE, "quality": "best"}, 400, "quality"),
        ("/images/generations", {**PICTURE, "size": "1024x1024"}, 400, "Argument not supported: size"),
        ("/images/generations", {**PICTURE, "response_format": "gif"}, 422, "response_format"),
        ("/images/edits", PICTURE, 400, "Exactly one of image and images"),
        ("/images/edits", {**PICTURE, "image": {"url": URI}, "images": [{"url": URI}]}, 400, "Exactly one"),
        ("/images/edits", {**PICTURE, "images": []}, 400, "Between 1 and 5"),
        ("/images/edits", {**PICTURE, "images": [{"url": URI}] * 6}, 400, "Between 1 and 5"),
        ("/images/edits", {**PICTURE, "image": {}}, 400, "url and file_id"),
        ("/images/edits", {**PICTURE, "image": {"file_id": "file_1"}}, 404, "file_1"),
        ("/images/edits", {**PICTURE, "image": {"url": URI + "AAAA"}}, 400, "image"),
        (
            "/images/edits",
            {**PICTURE, "image": {"url": "https://example.org/a.png"}},
            400,
            "Fetching image failed with HTTP status 404 Not Found",
        ),
        (
            "/images/edits",
            {**PICTURE, "image": {"url": "data:image/png;base64," + base64.b64encode(bytes(20 * 2**20 + 1)).decode()}},
            400,
            "20 MiB",
        ),
        ("/videos/generations", {"model": "grok-imagine-video"}, 400, "prompt"),
        ("/videos/generations", {**VIDEO, "duration": 16}, 400, "Duration 16s exceeds the maximum allowed"),
        ("/videos/generations", {**VIDEO, "duration": 0}, 400, "duration"),
        ("/videos/generations", {**VIDEO, "duration": 1.5}, 422, "duration"),
        ("/videos/generations", {**VIDEO, "resolution": "1080p"}, 400, "resolution"),
        ("/videos/generations", {**VIDEO, "resolution": "4k"}, 400, "resolution"),
        ("/videos/generations", {**VIDEO, "aspect_ratio": "auto"}, 400, "aspect_ratio"),
        ("/videos/edits", {"prompt": "snow"}, 422, "video"),
        (
            "/videos/edits",
            {"prompt": "snow", "video": {"url": "https://example.org/a.mp4"}},
            400,
            "Fetching video failed",
        ),
        ("/videos/edits", {"prompt": "snow", "video": {"url": "x"}, "duration": 3}, 400, "duration"),
        ("/videos/extensions", {"prompt": "snow", "video": {"url": "x"}, "duration": 11}, 400, "duration"),
        ("/tts", {"text": "hi"}, 400, "language"),
        ("/tts", {"language": "en"}, 422, "text"),
        ("/tts", {**SPEECH, "text": "x" * 15_001}, 400, "15000"),
        ("/tts", {**SPEECH, "language": "tlh"}, 400, "language"),
        ("/tts", {**SPEECH, "voice_id": "nobody"}, 404, "nobody"),
        ("/tts", {**SPEECH, "speed": 2}, 400, "speed must be between"),
        ("/tts", {**SPEECH, "output_format": {"codec": "flac"}}, 400, "codec"),
        ("/tts", {**SPEECH, "output_format": {"sample_rate": 11_025}}, 400, "sample_rate"),
        ("/tts", {**SPEECH, "output_format": {"bit_rate": 1}}, 400, "bit_rate"),
        ("/tts", {**SPEECH, "replace": {"": "x"}}, 400, "replace"),
        ("/embeddings", {"model": "v1", "input": ["a"]}, 404, "The model v1 does not exist"),
        ("/tokenize-text", {"model": "nope", "text": "a"}, 400, "Model not found: nope"),
        ("/completions", {"model": "grok-4.6", "prompt": "hi"}, 400, "not available on completions"),
        ("/completions", {"model": "grok-4.20-multi-agent", "prompt": "hi"}, 400, "not available on completions"),
        ("/completions", {"model": "nope", "prompt": "hi"}, 400, "Model not found: nope"),
        ("/completions", {"model": "grok-4.3"}, 422, "prompt"),
        ("/completions", {"model": "grok-4.3", "prompt": [1, 2]}, 422, "prompt"),
        ("/completions", {"model": "grok-4.3", "prompt": []}, 400, "prompt"),
        ("/completions", {"model": "grok-4.3", "prompt": "hi", "max_tokens": 0}, 400, "at least 1"),
        ("/responses/compact", {"model": "grok-4.3", "input": []}, 400, "input"),
        ("/responses/compact", {"model": "nope", "input": "hi"}, 400, "Model not found: nope"),
        ("/responses/compact", {"input": "hi"}, 400, "Model not found: latest"),
        ("/responses/compact", {"model": "grok-4.3", "input": 5}, 422, "input"),
        ("/responses/compact", {"model": "grok-4.3", "previous_response_id": "gone"}, 404, "Response with id=gone"),
        ("/realtime/client_secrets", {"expires_after": {"seconds": 3601}}, 400, "expires_after"),
        ("/realtime/client_secrets", {"expires_after": {"seconds": 0}}, 400, "expires_after"),
        ("/realtime/client_secrets", {"expires_after": {"seconds": "soon"}}, 422, "expires_after"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_endpoints_refuse(http, sandbox, path, body, status, words):
    reply = http.post(path, json=body)
    assert reply.status_code == status, reply.text
    assert words in reply.text
    assert sandbox.ledger() == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/responses/none", 404),
        ("DELETE", "/responses/none", 404),
        ("GET", "/responses/none/input_items", 404),
        ("GET", "/chat/deferred-completion/none", 404),
        ("GET", "/videos/none", 404),
        ("GET", "/files/none", 404),
        ("DELETE", "/files/none", 404),
        ("GET", "/files/none/content", 404),
        ("GET", "/files?limit=0", 400),
        ("GET", "/files?order=up", 400),
        ("GET", "/models/none", 404),
        ("GET", "/language-models/grok-imagine-image", 404),
        ("GET", "/tts/voices/none", 404),
        ("GET", "/nowhere", 404),
        ("POST", "/nowhere", 404),
        ("PUT", "/responses", 405),
        ("GET", "/responses", 405),
    ],
)
def test_what_is_not_there_is_refused(http, method, path, status):
    assert http.request(method, path).status_code == status


def test_an_unknown_route_is_named_as_the_service_names_it(http):
    assert "No handler found on route." in http.get("/nowhere").json()["error"]


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic abc", "xai-sandbox"])
def test_a_missing_or_malformed_key_is_unauthorized(http, header):
    headers = {"Authorization": header} if header is not None else {}
    request = http.build_request("POST", "/responses", json=TEXT)
    del request.headers["authorization"]
    request.headers.update(headers)
    assert http.send(request).status_code == 401


def test_a_wrong_key_has_the_recorded_shape_and_no_request_id(http):
    reply = http.post("/responses", json=TEXT, headers={"Authorization": "Bearer xai-wrong"})
    assert reply.status_code == 400
    assert reply.json() == {
        "code": "invalid-argument",
        "error": "Incorrect API key provided. You can obtain an API key from https://console.x.ai.",
    }
    assert "x-request-id" not in reply.headers


def test_json_endpoints_take_nothing_but_json(http):
    form = {"prompt": (None, "hat"), "image": ("a.png", b"x", "image/png")}
    assert http.post("/images/edits", files=form).status_code == 415
    assert http.post("/responses", content=b"{", headers={"Content-Type": "application/json"}).status_code == 422
    assert http.post("/responses", content=b"{}", headers={"Content-Type": "application/json"}).status_code == 422


def test_fields_that_are_ignored_are_taken(ask):
    ignored = {"truncation": "auto", "background": False, "metadata": {"a": 1}, "seed": 4, "top_k": 3, "wild": [1]}
    assert set(ask("Say hello", **ignored)["metadata"]) == {"system_fingerprint"}


def test_moderated_media_are_refused_and_billed(http, sandbox):
    reply = http.post("/images/generations", json={**PICTURE, "prompt": "FORBIDDEN_CONTENT"})
    assert reply.status_code == 400
    assert reply.json() == {
        "code": "imagine:content-moderated",
        "error": "Generated image rejected by content moderation.",
        "usage": {"cost_in_usd_ticks": 200_000_000},
    }
    assert [entry["ticks"] for entry in sandbox.ledger()] == [200_000_000]


def test_a_request_to_be_refused_gets_a_refusal(ask):
    message = ask("REFUSE_PLEASE")["output"][-1]
    assert message["content"] == [{"type": "refusal", "refusal": "I can't help with that."}]


@pytest.mark.parametrize("path", ["/responses", "/responses/compact"])
@pytest.mark.parametrize("change", [{"input": 5}, {"input": [{"role": "robot", "content": "hi"}]}, {"model": 4}])
def test_a_body_that_does_not_fit_is_refused_in_json_where_responses_are_made(http, path, change):
    reply = http.post(path, json={**TEXT, **change})
    assert (reply.status_code, reply.headers["content-type"]) == (422, "application/json")
    assert set(reply.json()) == {"error"}
    assert reply.json()["error"].startswith("Failed to deserialize the JSON body into the target type: ")


@pytest.mark.parametrize("change", [{"messages": 5}, {"messages": [{"role": "robot", "content": "hi"}]}, {"model": 4}])
def test_a_body_that_does_not_fit_is_refused_in_text_on_chat_completions(http, change):
    reply = http.post("/chat/completions", json={**CHAT, **change})
    assert (reply.status_code, reply.headers["content-type"]) == (422, "text/plain; charset=utf-8")
    assert reply.text.startswith("Failed to deserialize the JSON body into the target type: ")


@pytest.mark.parametrize(
    ("field", "value", "instead"),
    [
        ("response_format", {"type": "json_object"}, "text.format"),
        ("response_format", "anything", "text.format"),
        ("max_tokens", 10, "max_output_tokens"),
        ("max_completion_tokens", 10, "max_output_tokens"),
    ],
)
def test_fields_of_chat_completions_are_refused_on_responses_without_a_code(http, field, value, instead):
    reply = http.post("/responses", json={**TEXT, field: value})
    assert reply.status_code == 400
    assert set(reply.json()) == {"error"}
    said = f"'{field}' is not supported on /v1/responses — use '{instead}' on /v1/responses"
    assert reply.json()["error"].startswith(said)
    assert http.post("/responses", json={**TEXT, field: None}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"search_parameters": {"mode": "auto"}},
        {"search_parameters": {"mode": "off"}},
        {"search_parameters": {}},
        {"web_search_options": {}},
        {"web_search_options": {"search_context_size": "low"}},
    ],
)
def test_live_search_is_gone_in_every_mode(http, sandbox, change):
    reply = http.post("/chat/completions", json={**CHAT, **change})
    assert reply.status_code == 410
    assert reply.json()["code"] == "Gone"
    assert reply.json()["error"].startswith("Live search is deprecated. Please switch to the Agent Tools API: ")
    assert sandbox.ledger() == []
    nulls = dict.fromkeys(change)
    assert http.post("/chat/completions", json={**CHAT, **nulls}).status_code == 200


def test_instructions_beside_an_earlier_response_have_a_code_of_their_own(http, ask):
    earlier = ask("My dog is called Rex.")["id"]
    reply = http.post("/responses", json={**TEXT, "instructions": "Be brief", "previous_response_id": earlier})
    assert reply.status_code == 400
    assert reply.json() == {
        "code": "400",
        "error": "Argument not supported: instructions and previous_response_id together",
    }


CALLED = {"type": "function_call", "call_id": "call-1-0", "name": "f", "arguments": "{}"}
GIVEN = {"type": "function_call_output", "call_id": "call-1-0", "output": "5"}


@pytest.mark.parametrize(
    "items", [[GIVEN], [{**CALLED, "call_id": "call-2-0"}, GIVEN], [CALLED, GIVEN, {**GIVEN, "call_id": "x"}]]
)
def test_an_output_for_a_call_that_was_never_made_is_refused(http, sandbox, items):
    reply = http.post("/responses", json={**TEXT, "input": items})
    assert reply.status_code == 422
    assert "call_id" in reply.json()["error"]
    assert sandbox.ledger() == []


def test_an_output_belongs_to_a_call_in_the_input_or_in_what_was_said_before(ask, http):
    assert ask([CALLED, GIVEN], tools=[FUNCTION])["status"] == "completed"
    first = ask("Please f", tools=[FUNCTION], tool_choice="required")
    call = next(item for item in first["output"] if item["type"] == "function_call")
    output = {**GIVEN, "call_id": call["call_id"]}
    second = ask([output], previous_response_id=first["id"])
    assert ask([output], previous_response_id=second["id"])["status"] == "completed"
    elsewhere = ask("Say hello")["id"]
    refused = http.post("/responses", json={**TEXT, "input": [output], "previous_response_id": elsewhere})
    assert refused.status_code == 422


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (7, 100), (100, 7)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_below_8_pixels_a_side_is_refused(http, sandbox, picture, size, kind):
    uri = f"data:image/{kind.lower()};base64," + base64.b64encode(picture("red", size, kind)).decode()
    for path, part in (
        ("/responses", {"type": "input_image", "image_url": uri}),
        ("/chat/completions", {"type": "image_url", "image_url": {"url": uri}}),
    ):
        body = {"model": "grok-4.3", "input" if path == "/responses" else "messages": _content(part)}
        reply = http.post(path, json=body)
        assert reply.status_code == 400
        assert f"{size[0]} x {size[1]} pixels" in reply.json()["error"]
    assert sandbox.ledger() == []


def test_an_image_of_8_pixels_a_side_is_taken(ask, picture):
    uri = URI + base64.b64encode(picture("red", (8, 8))).decode()
    assert ask(_content({"type": "input_image", "image_url": uri}))["status"] == "completed"


SEARCH = {"type": "web_search", "user_location": {"type": "approximate", "country": "DE"}}


def test_what_some_say_is_refused_is_taken(ask):
    answer = ask("Say hello", background=True, tools=[SEARCH])
    assert answer["background"] is False
    assert [tool["user_location"] for tool in answer["tools"]] == [SEARCH["user_location"]]


@pytest.mark.parametrize(
    ("name", "change"), [("background", {"background": True}), ("user_location", {"tools": [SEARCH]})]
)
def test_what_some_say_is_refused_can_be_refused(faulty, name, change):
    engine = faulty(None, refusals=[name])
    refused = engine.ask(**change)
    assert refused.status_code == 400
    assert refused.json()["error"] == f"Argument not supported: {name}"
    assert engine.ask(background=False, tools=[{"type": "web_search"}]).status_code == 200
    others = {"background": True, "tools": [SEARCH]}
    taken = {key: value for key, value in others.items() if key not in change}
    assert engine.ask(**taken).status_code == 200


def test_a_refusal_that_is_not_known_is_named():
    told = "there is no refusal 'foreground'; there are background, custom_voices, data_retention, user_location"
    with pytest.raises(ValueError, match=told):
        Sandbox(refusals=["foreground"])


def test_a_search_of_collections_is_a_search_of_files(ask, make):
    ids = [make()["collection_id"]]
    tools = [{"type": kind, "vector_store_ids": ids} for kind in ("file_search", "collections_search")]
    used = [ask("What is in it?", tools=[tool])["usage"]["server_side_tool_usage_details"] for tool in tools]
    assert used[0] == used[1]
    assert used[1]["file_search_calls"] == 1


@pytest.mark.parametrize("name", ["collection_none", 5, ["collection_none"]])
def test_a_search_of_a_collection_that_there_is_not_is_not_found(http, sandbox, make, name):
    tool = {"type": "file_search", "vector_store_ids": [make()["collection_id"], name]}
    reply = http.post("/responses", json={"model": "grok-4.3", "input": "What is in it?", "tools": [tool]})
    assert (reply.status_code, "not found" in reply.json()["error"]) == (404, True)
    assert sandbox.ledger() == []


def test_images_and_videos_are_made_without_a_model(http, sandbox, picture):
    uri = URI + base64.b64encode(picture("red", (40, 40))).decode()
    assert http.post("/images/generations", json={"prompt": "a kite"}).status_code == 200
    assert http.post("/images/edits", json={"prompt": "blue", "image": {"url": uri}}).status_code == 200
    assert http.post("/videos/generations", json={"prompt": "a boat", "duration": 1}).status_code == 200
    models = [entry["model"] for entry in sandbox.ledger()]
    assert models == ["grok-imagine-image", "grok-imagine-image", "grok-imagine-video"]


def test_requests_for_media_without_a_model_are_limited_like_those_with_it(faulty):
    engine = faulty("ratelimit:rpm=1")
    body = {"prompt": "a kite"}
    statuses = [engine.http.post("/images/generations", json=body).status_code for _ in range(2)]
    assert statuses == [200, 429]


WITHDRAWN = [
    f"grok-3{small}{quick}{form}"
    for small in ("", "-mini")
    for quick in ("", "-fast")
    for form in ("", "-beta", "-latest")
] + ["grok-4", "grok-4-latest", "grok-4-0709", "grok-4-fast-reasoning", "grok-4-fast", "grok-4-1-fast-non-reasoning"]


@pytest.mark.parametrize("model", WITHDRAWN)
def test_a_withdrawn_model_is_served_by_its_successor(ask, model):
    assert ask("2+2?", model=model)["model"] == "grok-4.3"


def test_the_pro_images_cost_what_those_of_quality_do(http, sandbox):
    for model in ("grok-imagine-image-pro", "grok-imagine-image-quality"):
        for resolution in ("1k", "2k"):
            body = {"model": model, "prompt": "a kite", "resolution": resolution}
            assert http.post("/images/generations", json=body).status_code == 200
    pro_1k, pro_2k, quality_1k, quality_2k = (entry["ticks"] for entry in sandbox.ledger())
    assert (pro_1k, pro_2k) == (quality_1k, quality_2k) == (500_000_000, 700_000_000)
