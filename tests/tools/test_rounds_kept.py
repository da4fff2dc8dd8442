"""Rounds with tools and a journal: a rerun goes on at the round that was missing, and runs no tool again."""

from __future__ import annotations

from pathlib import Path

import pytest
from calling import calls, rounds_of

import grokcall
from grokcall.journal import Journal
from scripted_service import COST_TICKS, Answer, Asked, answered, refused

ASK = "CALL GenerateResponse(:q, Tools => ['stock'])"
ROWS = [{"q": "Is tea left?"}]
FIVE = [[("stock", {"article": f"tea {number}"})] for number in range(4)]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "run.journal"


def with_stock(connection: grokcall.Connection, seen: list[str], **about: object) -> grokcall.Connection:
    @connection.tool(**about)
    def stock(article: str) -> int:
        """How many pieces there are."""
        seen.append(article)
        return 7

    return connection


@pytest.mark.parametrize("broken", [1, 2, 3, 4])
def test_a_rerun_goes_on_at_the_round_that_was_missing(service, connecting, journal, broken):
    whole, seen = rounds_of(*FIVE), []

    def script(asked: Asked) -> Answer:
        return refused(503) if len(service.asked) == broken + 1 else whole(asked)

    service.script = script
    first = with_stock(connecting(max_attempts=1), seen).lookup(ASK, ROWS, journal=journal)
    assert (first.summary.failed, len(service.asked), len(seen)) == (1, broken + 1, broken)
    service.script = whole
    again = with_stock(connecting(), seen).lookup(ASK, ROWS, journal=journal)
    assert again.rows["Response_Result"].to_pylist() == ["done: 7"]
    assert again.rows["Response_UsageCostInUsdTicks"].to_pylist() == [5 * COST_TICKS]
    assert len(service.asked) == 5 + 1, "each round was asked for once, and the one that failed once more"
    assert seen == [f"tea {number}" for number in range(4)], "no tool ran twice"
    with Journal(journal, read_only=True) as kept:
        run = kept.run()
        assert (run.ok, run.in_doubt) == (1, 0)
        assert run.cost_ticks == 5 * COST_TICKS
    calm = with_stock(connecting(), seen).lookup(ASK, ROWS, journal=journal)
    assert calm.rows["Response_Result"].to_pylist() == ["done: 7"]
    assert len(service.asked) == 6


def test_a_tool_that_failed_the_call_runs_again_in_the_rerun_alone(service, connecting, journal):
    service.script, works = rounds_of(*FIVE[:2]), []

    def opened() -> grokcall.Connection:
        connection = connecting(on_tool_error="fail")

        @connection.tool
        def stock(article: str) -> int:
            if not works and article == "tea 1":
                raise LookupError("not now")
            return 7

        return connection

    failed = opened().lookup(ASK, ROWS, journal=journal)
    assert failed.summary.failed == 1
    works.append(True)
    again = opened().lookup(ASK, ROWS, journal=journal)
    assert again.rows["Response_Result"].to_pylist() == ["done: 7"]
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    ("change", "again"),
    [({}, False), ({"version": "2"}, True), ({"name": "stock"}, False)],
)
def test_answers_of_other_tools_are_other_answers(service, connecting, journal, change, again):
    service.script, seen = rounds_of(FIVE[0]), []
    with_stock(connecting(), seen).lookup(ASK, ROWS, journal=journal)
    with_stock(connecting(), seen, **change).lookup(ASK, ROWS, journal=journal)
    assert len(service.asked) == (4 if again else 2)


@pytest.mark.parametrize(("pure", "asked"), [(True, 2), (False, 4)])
def test_answers_of_other_runs_are_taken_only_where_every_tool_is_pure(service, connecting, journal, pure, asked):
    service.script, seen = rounds_of(FIVE[0]), []
    for name, bodies in (("a", ["tea"]), ("b", ["tea", "rum"])):
        service.asked.clear()
        path = journal.with_name(f"{name}.csv")
        path.write_text("q\n" + "".join(f"{body}\n" for body in bodies))
        with_stock(connecting(), seen, pure=pure).lookup(ASK, str(path), journal=journal, reuse=True)
    assert len(service.asked) == asked


def test_equal_rows_share_their_rounds(service, connecting):
    service.script, seen = rounds_of(FIVE[0]), []
    result = with_stock(connecting(), seen).lookup(ASK, ROWS * 5)
    assert result.rows["Response_Result"].to_pylist() == ["done: 7"] * 5
    assert (len(service.asked), seen) == (2, ["tea 0"])


def test_each_round_needs_room_in_the_budget(service, connecting):
    service.script, seen = rounds_of(*FIVE), []
    connection = with_stock(connecting(max_tokens=20_000, assumed_reasoning_tokens=8_000), seen)
    heavy = {"input_tokens": 3_000, "output_tokens": 6_000, "total_tokens": 9_000, "cost_in_usd_ticks": COST_TICKS}
    service.script = lambda asked: calls(("stock", {"article": str(len(service.asked))}), usage=heavy)
    with pytest.raises(grokcall.BudgetReachedError) as reached:
        connection.execute(ASK, ROWS[0])
    assert reached.value.reason == "max_tokens"
    assert connection.budget.tokens <= 20_000
    assert len(service.asked) == 2
    assert connection.budget.in_flight == 0


def test_calls_in_flight_get_room_before_new_ones_begin(service, connecting):
    seen: list[str] = []
    one = rounds_of(FIVE[0])
    service.script = one
    connection = with_stock(connecting(max_cost="0.05", concurrency=8), seen)
    rows = [{"q": f"Is tea {number} left?"} for number in range(40)]
    result = connection.lookup(ASK, rows)
    assert result.summary.failed == 0, "no row was paid for in vain"
    assert connection.budget.spent_usd <= connection.budget.max_ticks / 10**10
    begun = {asked.text for asked in service.asked if "previous_response_id" not in asked.json}
    assert len(service.asked) == 2 * len(begun)


def test_rounds_are_not_begun_once_the_time_is_over(service, connecting):
    seen: list[str] = []
    service.script = rounds_of(FIVE[0])
    connection = connecting(max_duration=0.2)

    @connection.tool
    def stock(article: str) -> int:
        import time

        time.sleep(0.4)
        return 7

    with pytest.raises(grokcall.BudgetReachedError) as reached:
        connection.execute(ASK, ROWS[0])
    assert reached.value.reason == "max_duration"
    assert (len(service.asked), seen) == (1, [])


def test_an_estimate_tells_of_one_round_and_of_all(service, connecting):
    connection = with_stock(connecting(), [])
    low, high = [], []
    for more in ("", ", MaxRounds => 1", ", MaxRounds => 20"):
        told = connection.execute(f"EXPLAIN COST CALL GenerateResponse('hi', Tools => ['stock']{more})")
        (row,) = told.fetch_arrow_table().to_pylist()
        low.append(row["LowUsd"])
        high.append(row["HighUsd"])
    explained = connection.execute("EXPLAIN CALL GenerateResponse('hi', Tools => ['stock'])").fetchall()
    assert [row[5] for row in explained] == ["asked again with what its tools give, up to 8 times in all"]
    assert len(set(low)) == 1
    assert high[0] == 8 * high[1]
    assert high[2] == 20 * high[1]
    assert service.asked == []


def test_a_procedure_is_a_tool_whose_calls_count_with_those_of_the_row(service, connecting, journal):
    connection = connecting()
    loop = rounds_of([("GenerateResponse", {"Message": "hey"}), ("GetResponse", {"ResponseId": "resp_9"})])

    def script(asked: Asked) -> Answer:
        if asked.method == "GET":
            return answered("kept")
        return answered("HEY") if asked.json["input"] == "hey" else loop(asked)

    service.script = script
    ask = "CALL GenerateResponse(:q, Tools => ['GenerateResponse', 'GetResponse'])"
    result = connection.lookup(ask, ROWS, journal=journal, fields=["Response_Result", "Response_ToolCalls"])
    told, called = result.rows["Response_Result"][0].as_py(), result.rows["Response_ToolCalls"][0].as_py()
    assert '"Response_Result": "HEY"' in told
    assert '"Response_Result": "kept"' in told
    assert [each["name"] for each in called] == ["GenerateResponse", "GetResponse"]
    billed = [asked for asked in service.asked if asked.method == "POST"]
    assert len(billed) == 3
    with Journal(journal, read_only=True) as kept:
        assert kept.run().cost_ticks == 3 * COST_TICKS


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("DeleteFile", "removes something at the service; a model may call it only with the option tools_may_change"),
        ("CreateBatch", "a model may call it only with the option tools_may_change"),
        ("ListApiKeys", "asks the management host; a model may call it only with the option tools_may_change"),
        ("CreateApiKey", "shows a secret, and no model is shown one"),
        ("EditImage", "needs Image1_Content: a model cannot give it"),
    ],
)
def test_a_procedure_that_a_model_may_not_call_is_refused_before_anything_is_sent(service, connection, name, told):
    with pytest.raises(grokcall.BadValueError, match=told):
        connection.execute(f"CALL GenerateResponse('hi', Tools => ['{name}'])")
    assert service.asked == []


def test_a_model_may_change_things_where_it_was_allowed(service, connecting):
    connection = connecting(tools_may_change=True)
    loop = rounds_of([("DeleteFile", {"FileId": "file_1"})])
    service.script = lambda asked: Answer(b'{"deleted": true}') if asked.method == "DELETE" else loop(asked)
    (text,) = connection.execute(
        "SELECT Response_Result FROM GenerateResponse('hi', Tools := ['DeleteFile'])"
    ).fetchone()
    assert "true" in text
    read_only = connecting(tools_may_change=True, read_only=True)
    with pytest.raises(grokcall.BadValueError, match="only reads"):
        read_only.execute("CALL GenerateResponse('hi', Tools => ['DeleteFile'])")


def test_no_file_of_this_machine_is_sent_for_a_model(service, connecting, tmp_path):
    secret = tmp_path / "secret.wav"
    secret.write_bytes(b"RIFF0000WAVE")
    connection = connecting(allow_files=True, tools_may_change=True)
    assert "UploadFile" in connection.catalog
    with pytest.raises(grokcall.BadValueError, match="needs Content: a model cannot give it"):
        connection.execute("CALL GenerateResponse('hi', Tools => ['UploadFile'])")


def test_a_step_loads_its_tools_by_name(service, monkeypatch):
    import pickle

    import pyarrow as pa

    from scripted_service import KEY

    monkeypatch.setenv("XAI_API_KEY", KEY)
    step = grokcall.Lookup(
        "CALL GenerateResponse(:q, Tools => ['shorten'])",
        tools=["calling:shorten"],
        base_url=service.base_url,
        fields=["Response_Result"],
    )
    service.script = rounds_of([("shorten", {"text": "long text"})])
    with pickle.loads(pickle.dumps(step)) as travelled:
        batch = travelled(pa.RecordBatch.from_pylist(ROWS))
    assert batch.column("Response_Result").to_pylist() == ["done: long"]
    with pytest.raises(grokcall.InterfaceError, match="calling has no missing"):
        grokcall.Lookup("CALL GenerateResponse(:q)", tools=["calling:missing"])
