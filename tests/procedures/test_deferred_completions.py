"""CreateChatCompletion with Deferred: begun, looked for until it is there, read once, and paid for once."""

from __future__ import annotations

import json

import pytest
from stepping import bind, drive, reply

import grokcall
from grokcall.journal import Journal
from grokcall_procedures import Reply
from grokcall_procedures.steps import Kind
from scripted_service import COST_TICKS, Answer, Asked, refused

ASK = "CALL CreateChatCompletion('grok-4.3', :q, Deferred => TRUE)"
ROWS = [{"q": "2+2?"}]
DONE = {
    "id": "c1",
    "model": "grok-4.3",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "4"}, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 10,
        "completion_tokens": 2,
        "total_tokens": 12,
        "cost_in_usd_ticks": COST_TICKS,
    },
}
BEGUN = Answer(b'{"request_id": "r1"}')
COMPLETION = Answer(json.dumps(DONE).encode())
LATER = Answer(b"", 202)


def later(looks: int, asked: list[Asked]):
    """A service that begins, and has the completion at a look of this number."""

    def script(one: Asked) -> Answer:
        if one.method == "POST":
            return BEGUN
        seen = sum(each.method == "GET" for each in asked)
        return COMPLETION if seen == looks else LATER if seen < looks else refused(404, "it was read")

    return script


def test_it_is_begun_once_and_looked_for_until_it_is_there():
    done = drive(bind(ASK, {"q": "2+2?"}).steps(), [{"request_id": "r 1"}, Reply(202, {}, b""), reply(DONE)])
    assert done.path == ["POST /chat/completions", *["GET /chat/deferred-completion/r%201"] * 2]
    start, look = done.requests[:2]
    assert done.body()["deferred"] is True
    assert (start.billed, start.once, start.lasting, start.fold) == (True, True, True, None)
    assert (look.billed, look.once, look.lasting, look.kind) == (False, True, True, Kind.POLL)
    assert len(done.pauses) == 1
    assert done.rows[0][2] == "4"


@pytest.mark.parametrize("given", ["FALSE", "NULL"])
def test_without_it_nothing_is_deferred(given):
    call = bind(f"CALL CreateChatCompletion('grok-4.3', 'hi', Deferred => {given})")
    done = drive(call.steps(), [DONE])
    assert "deferred" not in done.body()


def test_a_service_that_answers_at_once_is_taken_at_its_word():
    assert drive(bind(ASK, {"q": "2+2?"}).steps(), [DONE]).rows[0][2] == "4"


def test_its_price_is_that_of_the_answer(service, connecting):
    service.script = later(3, service.asked)
    connection = connecting(poll_interval=0.01, max_cost="1", max_tokens=100_000)
    result = connection.lookup(ASK, ROWS, concurrency=1)
    assert result.rows["Completion_Content"].to_pylist() == ["4"]
    assert (result.summary.unpriced, result.summary.cost_usd * 10**10) == (0, COST_TICKS)
    assert (connection.budget.spent_ticks, connection.budget.tokens) == (COST_TICKS, 12)
    assert [asked.method for asked in service.asked] == ["POST", "GET", "GET", "GET"]


def test_a_look_that_fails_is_followed_by_another(service, connecting):
    whole = later(3, service.asked)
    service.script = lambda asked: refused(503) if len(service.asked) == 3 else whole(asked)
    cursor = connecting(poll_interval=0.01).execute(ASK, ROWS[0])
    assert cursor.fetchone()[2] == "4"


def test_one_that_takes_too_long_can_be_fetched_later(service, connecting):
    service.script = later(10_000, service.asked)
    with pytest.raises(grokcall.NotReadyError) as late:
        connecting(poll_interval=0.01, poll_timeout=0.05).execute(ASK, ROWS[0])
    assert late.value.statement == "CALL GetDeferredCompletion('r1')"


def test_one_that_was_begun_is_not_begun_again(service, connecting):
    service.script = lambda asked: refused(503)
    with pytest.raises(grokcall.Error):
        connecting().execute(ASK, ROWS[0])
    assert len(service.asked) == 1


@pytest.mark.parametrize("limited", [False, True])
def test_a_rerun_looks_on_for_what_was_begun_and_pays_once(service, connecting, tmp_path, limited):
    journal, limits = tmp_path / "run.journal", {"max_cost": "1", "max_tokens": 100_000} if limited else {}
    service.script = later(10_000, service.asked)
    first = connecting(poll_interval=0.01, poll_timeout=0.03).lookup(ASK, ROWS, journal=journal, **limits)
    assert first.errors["Call_ErrorCode"].to_pylist() == ["deferred_timeout"]
    service.asked.clear()
    service.script = later(2, service.asked)
    again = connecting(poll_interval=0.01).lookup(ASK, ROWS, journal=journal, **limits)
    assert again.rows["Completion_Content"].to_pylist() == ["4"]
    assert [asked.method for asked in service.asked] == ["GET", "GET"]
    with Journal(journal, read_only=True) as kept:
        assert (kept.run().ok, kept.run().cost_ticks) == (1, COST_TICKS)


def test_what_can_be_read_once_is_kept_before_it_is_read(service, connecting, tmp_path):
    """The second round fails; the reply of the first, which the service has no more, is in the journal."""
    journal, tools = tmp_path / "run.journal", []
    calls = [{"id": "k1", "type": "function", "function": {"name": "stock", "arguments": "{}"}}]
    calling = {**DONE, "choices": [{"message": {"content": "", "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    read: set[str] = set()
    fails = [True]

    def script(asked: Asked) -> Answer:
        if asked.method == "POST":
            is_second = any(message["role"] == "tool" for message in asked.json["messages"])
            if is_second and fails:
                fails.clear()
                return refused(503)
            return Answer(json.dumps({"request_id": "second" if is_second else "first"}).encode())
        name = asked.path.rpartition("/")[2]
        if name in read:
            return refused(404, "it was read")
        read.add(name)
        return Answer(json.dumps(DONE if name == "second" else calling).encode())

    def opened() -> grokcall.Connection:
        connection = connecting(poll_interval=0.01)
        connection.tool(lambda: tools.append(1) or 7, name="stock")
        return connection

    service.script = script
    ask = "CALL CreateChatCompletion('grok-4.3', :q, Deferred => TRUE, Tools => ['stock'])"
    assert opened().lookup(ask, ROWS, journal=journal).summary.failed == 1
    with Journal(journal, read_only=True) as kept:
        assert kept.run().cost_ticks == COST_TICKS
    again = opened().lookup(ask, ROWS, journal=journal, fields=["Completion_Content", "Completion_Rounds"])
    assert again.rows.to_pylist() == [{"q": "2+2?", "Completion_Content": "4", "Completion_Rounds": 2}]
    posts = [asked for asked in service.asked if asked.method == "POST"]
    assert (len(posts), tools) == (3, [1])
    with Journal(journal, read_only=True) as kept:
        assert kept.run().cost_ticks == 2 * COST_TICKS


def test_a_round_that_takes_too_long_is_looked_for_in_the_rerun_with_its_price(service, connecting, tmp_path):
    journal = tmp_path / "run.journal"
    calls = [{"id": "k1", "type": "function", "function": {"name": "stock", "arguments": "{}"}}]
    calling = {**DONE, "choices": [{"message": {"content": "", "tool_calls": calls}, "finish_reason": "tool_calls"}]}
    is_slow = [True]

    def script(asked: Asked) -> Answer:
        if asked.method == "POST":
            is_second = any(message["role"] == "tool" for message in asked.json["messages"])
            return Answer(json.dumps({"request_id": "second" if is_second else "first"}).encode())
        if asked.path.endswith("/first"):
            return Answer(json.dumps(calling).encode())
        return LATER if is_slow else COMPLETION

    def opened(**options: float) -> grokcall.Connection:
        connection = connecting(poll_interval=0.01, **options)
        connection.tool(lambda: 7, name="stock")
        return connection

    service.script = script
    ask = "CALL CreateChatCompletion('grok-4.3', :q, Deferred => TRUE, Tools => ['stock'])"
    first = opened(poll_timeout=0.03).lookup(ask, ROWS, journal=journal, max_cost="1")
    assert first.errors["Call_ErrorCode"].to_pylist() == ["deferred_timeout"]
    is_slow.clear()
    again = opened().lookup(ask, ROWS, journal=journal, max_cost="1")
    assert again.rows["Completion_CostInUsdTicks"].to_pylist() == [2 * COST_TICKS]
    assert len([asked for asked in service.asked if asked.method == "POST"]) == 2
    assert again.summary.budget.spent_ticks == 2 * COST_TICKS
    with Journal(journal, read_only=True) as kept:
        assert kept.run().cost_ticks == 2 * COST_TICKS


def test_an_answer_that_is_gone_is_begun_anew_only_where_failures_are_tried_again(service, connecting, tmp_path):
    journal, gone = tmp_path / "run.journal", [True]

    def script(asked: Asked) -> Answer:
        if asked.method == "POST":
            return BEGUN
        return refused(404, "it was read") if gone else COMPLETION

    service.script = script
    connection = connecting(poll_interval=0.01)
    for _ in range(2):
        result = connection.lookup(ASK, ROWS, journal=journal)
        assert result.errors["Call_ErrorCode"].to_pylist() == ["not_found"]
    assert len([asked for asked in service.asked if asked.method == "POST"]) == 1
    gone.clear()
    result = connection.lookup(ASK, ROWS, journal=journal, retry_failed=True)
    assert result.rows["Completion_Content"].to_pylist() == ["4"]


def test_it_is_told_in_explain_what_follows(connection, service):
    (row,) = connection.execute("EXPLAIN CALL CreateChatCompletion(NULL, 'hi', Deferred => TRUE)").fetchall()
    assert row[5] == "then looked for until it is there, every 5 s at first, for up to 600 s"
    assert json.loads(row[4])["deferred"] is True
    assert service.asked == []


def test_it_comes_whole(connection, service):
    with pytest.raises(grokcall.NotSupportedError, match="Deferred, and an answer that is made for later comes whole"):
        list(connection.stream(ASK, ROWS[0]))
    assert service.asked == []


def test_a_stream_of_another_row_may_be_received_in_pieces_beside_it(service, connecting):
    service.script = later(1, service.asked)
    cursor = connecting(poll_interval=0.01).cursor(receive="stream")
    cursor.execute(ASK, ROWS[0])
    assert cursor.fetchone()[2] == "4"
    assert "stream" not in service.asked[0].json


@pytest.mark.parametrize("given", ["TRUE", ":d"])
def test_a_batch_does_not_take_it(connection, service, tmp_path, given):
    command = f"CALL CreateChatCompletion('grok-4.3', :q, Deferred => {given})"
    with pytest.raises(grokcall.Error, match="a batch makes its answers for later anyhow"):
        connection.lookup(
            command, [{"q": "hi", "d": True}], batch=True, journal=tmp_path / "b.journal", on_error="fail"
        )
    assert service.asked == []


def test_the_sandbox_makes_it_for_later(on_sandbox, sandbox):
    row = on_sandbox.execute(ASK, ROWS[0]).fetchone()
    assert row[2] == "4"
    (entry,) = [entry for entry in sandbox.ledger() if entry["ticks"]]
    assert entry["ticks"] == row[11]
