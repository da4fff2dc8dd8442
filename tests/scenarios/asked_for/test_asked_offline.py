"""Everything can be tried, tested and shown without a key and without a network, over the code that talks to xAI."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from commanding import ANSWER_ONLY, ASK, numbered, rows_of, run, sums, tickets

import grokcall
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from scripted_service import KEY

NOWHERE = "http://127.0.0.1:9/v1"


def test_a_whole_table_is_answered_without_a_key_or_a_network(tmp_path):
    source, out = tickets(tmp_path, sums(20)), tmp_path / "answers.csv"
    unreachable = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    done = run(None, "lookup", source, ASK, "-o", out, *ANSWER_ONLY, "--sandbox", **unreachable)
    assert done.code == 0, done.err
    assert [row["Response_Result"] for row in rows_of(out)] == [2 * number for number in range(20)]


def test_the_same_question_gets_the_same_answer_on_every_day():
    answers = set()
    for _ in range(2):
        with (
            Sandbox() as sandbox,
            grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url) as connection,
        ):
            answers.add(connection.execute("CALL GenerateResponse('Tell me of the sea')").fetchone()[0])
            answers.add(connection.execute("CALL GenerateResponse('Tell me of the sea')").fetchone()[0])
    assert len(answers) == 1


def test_what_was_recorded_once_is_played_back_without_the_service(service, connecting, tmp_path):
    rows, journal = numbered(["one", "two"]), tmp_path / "recorded.journal"
    connection = connecting()
    recorded = connection.lookup(ASK, rows, journal=journal)
    connection.close()
    service.close()
    with grokcall.connect(api_key="xai-none-of-this-matters", base_url=service.base_url) as connection:
        played = connection.lookup(ASK, rows, journal=journal)
    assert played.rows.equals(recorded.rows)
    assert played.summary.cached == 2


def test_a_test_of_one_s_own_answers_with_a_function():
    def canned(request: grokcall.HttpRequest) -> grokcall.HttpResponse:
        asked = json.loads(request.body)["input"]
        output = [{"type": "message", "content": [{"type": "output_text", "text": asked[::-1]}]}]
        body = json.dumps({"id": "1", "status": "completed", "output": output}).encode()
        return grokcall.HttpResponse(200, {"content-type": "application/json"}, body)

    with grokcall.connect(transport=canned, api_key=KEY, base_url=NOWHERE) as connection:
        result = connection.lookup(ASK, numbered(["abc", "xyz"]))
    assert result.rows["Response_Result"].to_pylist() == ["cba", "zyx"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "SHOW PROCEDURES",
        "DESCRIBE PROCEDURE GenerateResponse",
        "EXPLAIN CALL GenerateResponse('hi')",
        "EXPLAIN COST CALL GenerateResponse('hi', MaxOutputTokens => 10)",
    ],
)
def test_looking_around_needs_no_key_and_sends_nothing(service, statement):
    with grokcall.connect(base_url=service.base_url) as connection:
        assert connection.execute(statement).fetchall()
        assert connection.cursor().adbc_execute_schema("CALL GenerateResponse(:q)").names[0] == "Response_Result"
    assert service.asked == []


def test_installing_and_loading_need_no_key():
    lines = "import grokcall, grokcall.actions, grokcall.sandbox; grokcall.connect().cursor(); print('loaded')"
    done = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, encoding="utf-8", timeout=400, check=False
    )
    assert (done.stdout, done.stderr) == ("loaded\n", "")


def test_without_a_key_the_first_call_says_every_place_where_one_may_stand(service):
    with (
        grokcall.connect(base_url=service.base_url) as connection,
        pytest.raises(grokcall.MissingKeyError) as missing,
    ):
        connection.execute("CALL GenerateResponse('hi')")
    assert all(place in str(missing.value) for place in ("XAI_API_KEY", "XAI_API_KEY_FILE", "keyring", "config.toml"))
    assert service.asked == []
