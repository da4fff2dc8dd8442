"""The remaining endpoints: chat, messages, files, models, account, and the server itself."""

import ast
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import wave
from pathlib import Path

import httpx
import pytest

import grokcall_sandbox
from grokcall.sandbox import SANDBOX_KEY, Sandbox, create_app

USER = [{"role": "user", "content": "2+2?"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_stock",
        "parameters": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
    },
}


def test_a_chat_completion_has_its_own_usage_names(http):
    reply = http.post("/chat/completions", json={"model": "grok-4.3", "messages": USER}).json()
    usage = reply["usage"]
    reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    written = usage["completion_tokens"] + reasoning
    expected = (usage["prompt_tokens"] - cached) * 12_500 + cached * 2_000 + written * 25_000
    assert usage["cost_in_usd_ticks"] == expected
    assert reply["choices"][0]["message"]["reasoning_content"]


def test_a_chat_completion_follows_a_schema(http):
    schema = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": True}}
    reply = http.post("/chat/completions", json={"model": "grok-4.3", "messages": USER, "response_format": wanted})
    assert json.loads(reply.json()["choices"][0]["message"]["content"]) == {"answer": 4}


def test_a_chat_completion_calls_a_tool(http):
    body = {"model": "grok-4.3", "messages": USER, "tools": [TOOL], "tool_choice": "required"}
    choice = http.post("/chat/completions", json=body).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "get_stock"
    assert "sku" in json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"role": "tool", "content": "7"}, "missing field `tool_call_id`"),
        ({"role": "tool", "tool_call_id": "c2", "content": "7"}, "call_id c2"),
    ],
)
def test_the_message_of_a_tool_answers_a_call(http, message, told):
    called = {"id": "c1", "type": "function", "function": {"name": "get_stock", "arguments": "{}"}}
    said = {"role": "assistant", "content": "", "reasoning_content": "So.", "tool_calls": [called]}
    body = {"model": "grok-4.3", "messages": [*USER, said, message], "tools": [TOOL]}
    refused = http.post("/chat/completions", json=body)
    assert (refused.status_code, told in refused.text) == (422, True)
    body["messages"][-1] = {"role": "tool", "tool_call_id": "c1", "content": "7 pieces"}
    answer = http.post("/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    assert answer == "The function gave back: 7 pieces"


@pytest.mark.parametrize(("tier", "told"), [("priority", "priority"), ("default", "default"), (None, "default")])
def test_a_chat_completion_tells_its_service_tier(http, tier, told):
    body = {"model": "grok-4.3", "messages": USER, "service_tier": tier, "seed": 7}
    assert http.post("/chat/completions", json=body, headers={"x-grok-conv-id": "c"}).json()["service_tier"] == told


def test_a_message_stops_at_the_first_of_its_sequences(http):
    body = {"model": "grok-4.3", "max_tokens": 100, "messages": [{"role": "user", "content": "Say one two three"}]}
    reply = http.post("/messages", json={**body, "top_k": 4, "stop_sequences": ["three", " two"]}).json()
    assert (reply["stop_reason"], reply["stop_sequence"]) == ("stop_sequence", " two")
    assert reply["content"][-1]["text"] == "one"


def test_a_non_reasoning_model_stops_at_a_mark(http):
    messages = [{"role": "user", "content": "Say one two three"}]
    body = {"model": "grok-4.20-non-reasoning", "messages": messages, "stop": ["two"]}
    assert http.post("/chat/completions", json=body).json()["choices"][0]["message"]["content"] == "one "


def test_a_deferred_completion_can_be_read_once(http):
    body = {"model": "grok-4.3", "messages": USER, "deferred": True}
    request_id = http.post("/chat/completions", json=body).json()["request_id"]
    pending = http.get(f"/chat/deferred-completion/{request_id}")
    assert (pending.status_code, pending.content) == (202, b"")
    time.sleep(0.06)
    ready = http.get(f"/chat/deferred-completion/{request_id}")
    assert ready.json()["choices"][0]["message"]["content"] == "4"
    assert http.get(f"/chat/deferred-completion/{request_id}").status_code == 404


def test_a_message_has_the_other_shape(http):
    reply = http.post("/messages", json={"model": "grok-4.3", "max_tokens": 100, "messages": USER}).json()
    assert (reply["type"], reply["role"], reply["stop_reason"]) == ("message", "assistant", "end_turn")
    assert [block["type"] for block in reply["content"]] == ["thinking", "text"]
    assert reply["content"][1]["text"] == "4"
    assert set(reply["usage"]) == {
        "input_tokens",
        "output_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
    }


def test_a_message_can_be_streamed_and_use_a_tool(http):
    body = {"model": "grok-4.3", "max_tokens": 1, "messages": USER}
    streamed = http.post("/messages", json={**body, "max_tokens": 100, "stream": True}).text
    kinds = [line.removeprefix("event: ") for line in streamed.splitlines() if line.startswith("event: ")]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    tool = {"name": "get_stock", "input_schema": {"type": "object", "properties": {"sku": {"type": "string"}}}}
    used = http.post("/messages", json={**body, "tools": [tool], "tool_choice": {"type": "any"}}).json()
    assert used["stop_reason"] == "tool_use"
    assert used["content"][-1]["name"] == "get_stock"


def test_an_upload_keeps_the_order_of_its_fields(http):
    fields = [("expires_after", (None, "3600")), ("purpose", (None, "assistants")), ("file", ("a b.txt", b"x\r\ny"))]
    kept = http.post("/files", files=fields).json()
    assert set(kept) == {"id", "object", "bytes", "created_at", "expires_at", "filename", "purpose"}
    assert (kept["bytes"], kept["filename"], kept["purpose"]) == (4, "a b.txt", "")
    assert kept["expires_at"] == kept["created_at"] + 3600
    assert http.get(f"/files/{kept['id']}/content").content == b"x\r\ny"
    late = http.post("/files", files=[fields[2], fields[1]])
    assert late.status_code == 400
    assert "purpose must come before file" in late.json()["error"]


@pytest.mark.parametrize("life", ["10", "9999999", "soon"])
def test_an_expiry_out_of_range_is_refused(http, life):
    assert http.post("/files", files=[("expires_after", (None, life)), ("file", ("a", b"x"))]).status_code == 400


def test_an_upload_must_be_a_form_with_a_file(http):
    assert http.post("/files", json={}).status_code == 415
    assert http.post("/files", files=[("purpose", (None, "x"))]).status_code == 400
    broken = {"Content-Type": "multipart/form-data; boundary=abc"}
    assert http.post("/files", content=b"nothing", headers=broken).status_code == 400


def test_a_file_over_48_mib_is_too_large(http):
    limit = 48 * 1024 * 1024
    assert http.post("/files", files={"file": ("big", bytes(limit))}).status_code == 200
    assert http.post("/files", files={"file": ("big", bytes(limit + 1))}).status_code == 413
    assert http.post("/files", files={"file": ("big", bytes(limit + 2**20))}).status_code == 413


def test_names_of_files_survive_umlauts(http):
    kept = http.post("/files", files={"file": ("Prüfung „1“.txt", b"x")}).json()
    assert kept["filename"] == "Prüfung „1“.txt"


def test_files_are_listed_in_order_and_pages(http):
    for name, size in (("b.txt", 3), ("a.txt", 1), ("c.txt", 2)):
        http.post("/files", files={"file": (name, bytes(size))})

    def names(query):
        return [file["filename"] for file in http.get(f"/files?{query}").json()["data"]]

    assert names("sort_by=filename&order=asc") == ["a.txt", "b.txt", "c.txt"]
    assert names("sort_by=size&order=desc") == ["b.txt", "c.txt", "a.txt"]
    token = http.get("/files?sort_by=filename&order=asc&limit=2").json()["pagination_token"]
    assert names(f"sort_by=filename&order=asc&limit=2&pagination_token={token}") == ["c.txt"]


def test_model_listings_show_prices_and_efforts(http):
    models = {model["id"]: model for model in http.get("/models").json()["data"]}
    grok = models["grok-4.3"]
    assert (grok["prompt_text_token_price"], grok["completion_text_token_price"]) == (12_500, 25_000)
    assert grok["capabilities"]["default_reasoning_effort"] == "low"
    assert "capabilities" not in models["grok-4.20-0309-reasoning"]
    assert models["grok-imagine-image"]["image_price"] == 200_000_000
    for path, model in (
        ("language-models", "grok-4.3"),
        ("image-generation-models", "grok-imagine-image"),
        ("video-generation-models", "grok-imagine-video"),
    ):
        listed = http.get(f"/{path}").json()["models"]
        assert model in [entry["id"] for entry in listed]
        assert http.get(f"/{path}/{model}").json() in listed
    assert http.get("/embedding-models").json() == {"models": []}


def test_the_account_is_shown_without_the_key(http):
    key = http.get("/api-key").json()
    assert SANDBOX_KEY not in json.dumps(key)
    assert (key["api_key_blocked"], key["team_blocked"]) == (False, False)
    assert http.get("/me").json()["zdr_status"] == "no_zdr"


def test_tokens_give_the_text_back(http, ask):
    text = "Grüße an 3 Freunde, und: alles Gute!"
    tokens = http.post("/tokenize-text", json={"text": text, "model": "grok-4.3"}).json()["token_ids"]
    assert b"".join(bytes(token["token_bytes"]) for token in tokens).decode() == text
    assert ask(text)["usage"]["input_tokens"] == 190 + len(tokens)


def test_latency_holds_back_posts_only():
    with Sandbox(latency=3.0) as slow, httpx.Client(headers={"Authorization": "Bearer k"}) as client:
        started = time.monotonic()
        client.get(f"{slow.base_url}/models")
        assert time.monotonic() - started < 3.0
        started = time.monotonic()
        client.post(f"{slow.base_url}/responses", json={"model": "grok-4.3", "input": "hi"})
        assert time.monotonic() - started >= 3.0


def test_a_pending_video_shows_growing_progress():
    with Sandbox(video_seconds=0.4) as slow, httpx.Client(headers={"Authorization": "Bearer k"}) as client:
        body = {"model": "grok-imagine-video", "prompt": "boat", "duration": 1, "aspect_ratio": "1:1"}
        request_id = client.post(f"{slow.base_url}/videos/generations", json=body).json()["request_id"]
        seen = []
        while (reply := client.get(f"{slow.base_url}/videos/{request_id}")).status_code == 202:
            assert reply.json()["status"] == "pending"
            seen.append(reply.json()["progress"])
            time.sleep(0.05)
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert 1 <= seen[0] < seen[-1] <= 99


def test_the_ledger_can_be_read_after_the_server_stopped():
    with Sandbox() as sandbox, httpx.Client(headers={"Authorization": "Bearer k"}) as client:
        client.post(f"{sandbox.base_url}/responses", json={"model": "grok-4.3", "input": "hi"})
    assert len(sandbox.ledger()) == 1
    sandbox.reset()
    assert sandbox.ledger() == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{sandbox.base_url}/models")


def test_two_engines_with_different_seeds_draw_differently():
    body = {"model": "grok-imagine-image", "prompt": "kite", "response_format": "b64_json"}
    drawn = []
    for seed in (0, 0, 1):
        with Sandbox(seed=seed) as sandbox:
            reply = httpx.post(
                f"{sandbox.base_url}/images/generations", json=body, headers={"Authorization": "Bearer k"}
            )
            drawn.append(reply.json()["data"][0]["b64_json"])
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_taken_port_is_an_error(sandbox):
    port = int(sandbox.base_url.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(OSError, match="in use"):
        Sandbox(port=port).__enter__()


def test_the_app_can_be_served_by_others():
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app())) as client:
            return await client.get("http://engine/v1/models", headers={"Authorization": "Bearer k"})

    assert asyncio.run(ask()).status_code == 200


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_serving_prints_nothing_and_ends_at_a_signal(stop):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = f"from grokcall.sandbox import Sandbox; Sandbox(port={port}).serve()"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(200):
            try:
                ready = httpx.get(f"http://127.0.0.1:{port}/sandbox/ledger").json()
                break
            except httpx.ConnectError:
                time.sleep(0.05)
        assert ready == {"entries": [], "total_ticks": 0}
        process.send_signal(stop)
        output, _ = process.communicate(timeout=240)
    finally:
        process.kill()
        process.communicate()
    assert output == b""
    assert process.returncode == 0


def test_without_its_packages_the_import_says_what_to_install():
    program = "import sys; sys.modules['starlette'] = None; import grokcall.sandbox"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "pip install 'grokcall[sandbox]'" in run.stderr.splitlines()[-1]
    assert "ImportError" in run.stderr.splitlines()[-1]


def test_the_sandbox_imports_nothing_else_of_the_package():
    modules = list(Path(grokcall_sandbox.__file__).parent.rglob("*.py"))
    assert len(modules) > 30
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = [name for name in names if name.startswith("grokcall")]
            assert all(name.startswith("grokcall_sandbox") for name in ours), module


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the program")
def test_an_installed_espeak_is_fed_by_standard_input(http, tmp_path, monkeypatch):
    """The stand-in writes down its arguments and gives a WAV of one second, as the program would."""
    sound, noted = tmp_path / "sound.wav", tmp_path / "arguments"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes(bytes(2 * 22_050))
    program = tmp_path / "espeak-ng"
    program.write_text(f'#!/bin/sh\necho "$@" > "{noted}"\ncat >> "{noted}"\ncat "{sound}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    output = {"codec": "pcm", "sample_rate": 8_000}
    reply = http.post("/tts", json={"text": "--help me", "language": "de", "output_format": output})
    assert len(reply.content) == pytest.approx(2 * 8_000, rel=0.01)
    arguments, text = noted.read_text().split("\n", 1)
    assert "--stdin" in arguments
    assert "-v de" in arguments
    assert "help" not in arguments
    assert text == "--help me"
