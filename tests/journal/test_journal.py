"""What is recorded comes back, exactly; what failed is no answer; what never came back is in doubt."""

import asyncio
import json
import math
import threading
from datetime import timedelta
from decimal import Decimal

import pytest

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.redaction import SecretKey
from grokcall.core.result_columns import call_row
from grokcall.errors import (
    AuthenticationError,
    ContentRefusedError,
    InterfaceError,
    InternalError,
    NotReadyError,
    ReadTimeoutError,
    error_code,
    is_retryable,
    request_id_of,
)
from grokcall.journal import Journal, JournalError

A, B, C = (bytes([number]) * 16 for number in range(3))
ROW = (
    "text – ✓",
    "",
    None,
    True,
    False,
    2**63 - 1,
    -(2**63),
    0.1,
    -0.0,
    1e308,
    b"\x00\xff" * 3000,
    b"",
    Decimal("1.10"),
    "\ud800 half",
)


def good(*row, ticks=5):
    return Outcome(rows=[row], attempts=2, billed=True, request_id="r1", seconds=1.5, cost_ticks=ticks, warnings=("w",))


def bad(error, ticks=None):
    return Outcome(
        CallStatus.ERROR, error=error, attempts=3, billed=True, request_id=request_id_of(error), cost_ticks=ticks
    )


async def made(run, call, outcome, ordinal=0):
    run.intend(call, ordinal)
    await run.record(call, ordinal, outcome)


def test_a_recorded_row_comes_back_exactly_as_it_was(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, good(*ROW)))
        now = run.recall(A, 0)
    with Journal(path) as journal:
        run = journal.begin("a", {})
        later = run.recall(A, 0)
    for outcome in (now, later):
        assert outcome.rows == [ROW]
        assert [type(value) for value in outcome.rows[0]] == [type(value) for value in ROW]
        assert str(outcome.rows[0][12]) == "1.10"
        assert math.copysign(1, outcome.rows[0][8]) == -1
        assert (outcome.status, outcome.request_id, outcome.seconds) == (CallStatus.CACHED, "r1", 1.5)
        assert outcome.warnings == ("w",)


def test_a_recalled_call_cost_nothing_now_and_tells_what_it_saved(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, good("x", ticks=12)))
        outcome = run.recall(A, 0)
    assert (outcome.cost_ticks, outcome.attempts, outcome.billed) == (None, 0, False)
    assert (outcome.saved_ticks, outcome.saved_attempts) == (12, 2)


def test_equal_calls_are_told_apart_by_their_ordinals(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, good("first"), 0))
        wait(made(run, A, good("second"), 1))
        assert [run.recall(A, ordinal) and run.recall(A, ordinal).rows[0][0] for ordinal in range(3)] == [
            "first",
            "second",
            None,
        ]


def test_rows_of_a_procedure_that_gives_many_all_come_back(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, Outcome(rows=[("x",), ("y",)])))
        wait(made(run, B, Outcome(rows=[])))
        assert run.recall(A, 0).rows == [("x",), ("y",)]
        assert run.recall(B, 0).rows == []


def test_a_failure_is_never_an_answer(path, wait):
    error = ReadTimeoutError("api.x.ai did not answer within 600 s")
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, bad(error)))
        assert run.recall(A, 0) is None
        assert journal.recall_any(A) is None
        assert run.recall_failed(A, 0).status is CallStatus.ERROR
        assert run.recall_failed(B, 0) is None


def test_a_failure_comes_back_with_the_same_facts(path, wait):
    error = ContentRefusedError("The prompt was refused", status=403, code="policy", request_id="r9", cost_ticks=50)
    error.add_note("the reason is in the usage policy")
    first = bad(error, 50)
    with Journal(path) as journal:
        wait(made(journal.begin("a", {}), A, first))
    with Journal(path) as journal:
        found = journal.begin("a", {}).recall_failed(A, 0)
    before, after = call_row(first), call_row(found)
    assert after[:4] == before[:4]
    assert (error_code(found.error), is_retryable(found.error), request_id_of(found.error)) == (
        "content_policy",
        False,
        "r9",
    )
    assert (found.saved_ticks, found.saved_attempts, found.cost_ticks, found.attempts) == (50, 3, None, 0)


def test_a_retry_that_succeeds_replaces_the_failure_and_costs_add_up(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, bad(ReadTimeoutError("late"), ticks=7)))
        wait(made(run, A, good("at last", ticks=5)))
        assert run.recall_failed(A, 0) is None
        assert run.recall(A, 0).saved_ticks == 12
        assert run.recall(A, 0).saved_attempts == 5
        assert (journal.run().ok, journal.run().failed, journal.run().cost_ticks) == (1, 0, 12)


def test_a_failure_after_a_good_outcome_does_not_take_it_away(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, good("kept", ticks=5)))
        wait(made(run, A, bad(ReadTimeoutError("late"), ticks=7)))
        assert run.recall(A, 0).rows == [("kept",)]
        assert run.recall(A, 0).saved_ticks == 12


def test_a_doubt_about_a_call_that_had_an_answer_before_is_answered_too(path, wait):
    with Journal(path) as journal:
        wait(made(journal.begin("a", {}), A, good("x")))
        journal.begin("a", {}).intend(A, 0)
        run = journal.begin("a", {})
        wait(made(run, A, bad(ReadTimeoutError("late"))))
        assert [doubt.answered for doubt in run.in_doubt()] == [True]


def test_a_call_that_was_not_sent_is_not_recorded(path, wait):
    with Journal(path) as journal, pytest.raises(InternalError, match="only what was sent"):
        wait(journal.begin("a", {}).record(A, 0, Outcome(CallStatus.SKIPPED)))


def test_a_value_that_no_field_has_is_an_error_of_its_call_that_names_it_and_harms_nobody_else(path, wait):
    odd = good({1})

    async def two(run):
        await asyncio.gather(made(run, A, odd), made(run, B, good("x")))

    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(two(run))
        assert isinstance(odd.error, InternalError)
        assert "type set" in str(odd.error) == str(run.recall_failed(A, 0).error)
        assert run.recall(B, 0).rows == [("x",)]


def test_the_same_command_continues_its_run_and_another_begins_one(path):
    with Journal(path) as journal:
        first = journal.begin("a", {})
        first.finish("finished", {})
        other = journal.begin("b", {})
        again = journal.begin("a", {})
    assert (first.continued, other.continued, again.continued) == (False, False, True)
    assert first.run_id == again.run_id != other.run_id


def test_another_command_does_not_see_the_calls_unless_it_asks_for_any(path, wait):
    with Journal(path) as journal:
        wait(made(journal.begin("a", {}), A, good("x")))
        other = journal.begin("b", {})
        assert other.recall(A, 0) is None
        assert journal.recall_any(A).rows == [("x",)]
        assert journal.recall_any(B) is None
        wait(made(other, B, good("new")))
        assert journal.recall_any(B).rows == [("new",)]


def test_a_call_without_an_outcome_is_in_doubt_until_a_later_process_answers_it(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        run.intend(A, 0)
        wait(made(run, B, good("x")))
        assert [doubt.fingerprint for doubt in run.in_doubt()] == [A]
        run.finish("interrupted", {})
    with Journal(path) as journal:
        run = journal.begin("a", {})
        (doubt,) = run.in_doubt()
        assert (doubt.fingerprint, doubt.ordinal, doubt.answered) == (A, 0, False)
        wait(made(run, A, good("again")))
        # It may have been paid for twice, so it stays on the list, as answered.
        (doubt,) = run.in_doubt()
        assert doubt.answered
        assert journal.run().in_doubt == 1


def test_replies_of_billed_starts_are_kept_until_the_call_is_settled(path, wait):
    async def start(run):
        run.intend(A, 0)
        await run.remember(A, 0, 0, b'{"request_id": "v1"}')
        await run.remember(A, 0, 1, b"second")

    with Journal(path) as journal:
        wait(start(journal.begin("a", {})))
    with Journal(path) as journal:
        run = journal.begin("a", {})
        assert run.memo(A, 0) == [b'{"request_id": "v1"}', b"second"]
        assert run.memo(A, 1) == run.memo(B, 0) == []
        for error in (
            ReadTimeoutError("late"),
            NotReadyError("not ready", "v1"),
            AuthenticationError("key", status=401),
        ):
            wait(made(run, A, bad(error)))
            assert len(run.memo(A, 0)) == 2
        wait(made(run, A, good(b"film")))
        assert run.memo(A, 0) == []


def test_a_start_that_the_service_gave_up_is_not_gone_on_with(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(run.remember(A, 0, 0, b"v1"))
        wait(made(run, A, bad(ContentRefusedError("held back", status=200))))
        assert run.memo(A, 0) == []


def test_runs_are_listed_with_their_figures(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {"command": "CALL GenerateResponse(:body)", "rows": 3})
        wait(made(run, A, good("x", ticks=5)))
        wait(made(run, B, bad(ReadTimeoutError("late"))))
        wait(made(run, C, Outcome(rows=[("unpriced",)], attempts=1)))
        assert journal.run().state == "running"
        run.finish("stopped", {"ok": 2, "cost_usd": Decimal("0.5")})
        (listed,) = journal.runs()
    assert (listed.state, listed.ok, listed.failed, listed.attempts) == ("stopped", 2, 1, 6)
    assert (listed.cost_ticks, listed.unpriced, listed.sessions) == (5, 1, 1)
    assert listed.description == {"command": "CALL GenerateResponse(:body)", "rows": 3}
    assert listed.summary == {"ok": 2, "cost_usd": "0.5"}
    assert listed.ended >= listed.started


def test_a_run_is_found_by_the_beginning_of_its_name(path):
    with Journal(path) as journal:
        with pytest.raises(InterfaceError, match="holds no runs"):
            journal.run()
        first, second = journal.begin("a", {}), journal.begin("b", {})
        assert journal.run().run_id == second.run_id
        assert (
            journal.run(first.run_id[:-1] if first.run_id[:-1] != second.run_id[:-1] else first.run_id).run_id
            == first.run_id
        )
        with pytest.raises(InterfaceError, match="no run begins with 'zzz'"):
            journal.run("zzz")
        with pytest.raises(InterfaceError, match="several runs begin with '2'"):
            journal.run("2")


def test_a_run_ends_in_one_of_the_known_ways(path):
    with Journal(path) as journal, pytest.raises(InterfaceError, match="budget"):
        journal.begin("a", {}).finish("done", {})


def test_an_export_has_each_call_with_its_facts_and_fields(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {"procedure": "GenerateImage"})
        wait(made(run, A, good(b"picture")))
        wait(made(run, B, bad(ReadTimeoutError("late"))))
        rows = list(journal.export(run.run_id))
    assert [row["Call_Fingerprint"] for row in rows] == [A.hex(), B.hex()]
    assert [row["Call_Status"] for row in rows] == ["ok", "error"]
    assert rows[0]["Call_CostUsd"] == Decimal("0.0000000005")
    assert b"picture" in rows[0].values()
    assert rows[1]["Call_ErrorMessage"] == "late"
    assert list(rows[0]) == list(rows[1])


def test_pruning_removes_runs_and_the_media_that_only_they_use(path, wait):
    with Journal(path) as journal:
        for name, content in (("a", b"shared"), ("b", b"shared"), ("a", b"alone")):
            wait(made(journal.begin(name, {}), content.ljust(16), good(content * 1000)))
    with Journal(path) as journal:
        names = [run.run_id for run in journal.runs()]
        with pytest.raises(InterfaceError, match="say which"):
            journal.prune()
        gone = journal.prune(keep=1)
        assert gone.run_ids == (names[0],)
        assert (gone.files, gone.bytes) == (1, 5000)
        assert [run.run_id for run in journal.runs()] == names[1:]
        assert journal.begin("b", {}).recall(b"shared".ljust(16), 0).rows == [(b"shared" * 1000,)]
        assert journal.recall_any(b"alone".ljust(16)) is None
        assert journal.prune(older_than=timedelta(0)).run_ids == ()  # the only one left is under way
    assert len(list(path.with_name("run.journal.media").rglob("*"))) == 2


@pytest.mark.parametrize("read_only", [False, True])
def test_media_that_stand_beside_a_link_are_found_through_it(path, wait, read_only):
    with Journal(path) as journal:
        wait(made(journal.begin("a", {}), A, good(b"picture" * 1000)))
    link = path.with_name("link.journal")
    link.symlink_to(path.name)
    path.with_name("run.journal.media").rename(path.with_name("link.journal.media"))
    with Journal(link, read_only=read_only) as journal:
        assert journal.recall_any(A).rows == [(b"picture" * 1000,)]
        if read_only:
            return
        wait(made(journal.begin("b", {}), B, good(b"another" * 1000)))
        assert journal.prune(older_than=timedelta(0)).bytes == 7000
    assert not [each for each in path.with_name("link.journal.media").rglob("*") if each.is_file()]
    with Journal(path, read_only=True) as journal:
        assert journal.recall_any(B).rows == [(b"another" * 1000,)]


def test_equal_media_are_one_file(path, wait):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, good(b"same")))
        wait(made(run, B, good(b"same")))
    assert sum(each.is_file() for each in path.with_name("run.journal.media").rglob("*")) == 1


def test_equal_media_can_be_saved_at_the_same_moment(path, wait):
    async def all_at_once(run):
        await asyncio.gather(*(made(run, A, good(b"same" * 1000), ordinal) for ordinal in range(100)))

    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(all_at_once(run))
        assert all(run.recall(A, ordinal).rows == [(b"same" * 1000,)] for ordinal in range(100))
    assert not list(path.parent.rglob("*.part"))


def test_a_call_whose_media_were_lost_or_changed_is_made_again(path, wait, caplog):
    with Journal(path) as journal:
        run = journal.begin("a", {})
        wait(made(run, A, good(b"first")))
        wait(made(run, B, good(b"second")))
        for file in path.with_name("run.journal.media").rglob("*"):
            if file.is_file():
                file.write_bytes(b"other") if file.read_bytes() == b"first" else file.unlink()
        with caplog.at_level("WARNING"):
            assert run.recall(A, 0) is None
            assert run.recall(B, 0) is None
        assert "no longer holds" in caplog.text
        assert "cannot be read back" in caplog.text
        assert [row["Call_Status"] for row in journal.export()] == ["lost", "lost"]
        wait(made(run, A, good(b"first")))
        assert run.recall(A, 0).rows == [(b"first",)]


def test_no_key_and_no_prompt_stands_in_the_file(path, wait):
    key = SecretKey("xai-PLANTED0123456789")
    with Journal(path) as journal:
        run = journal.begin("secret prompt", {"command": f"CALL GenerateResponse(:body) {key.reveal()}"})
        wait(made(run, A, bad(AuthenticationError(f"Incorrect API key provided: {key.reveal()}", status=401))))
        assert journal.run().description["command"].endswith("[redacted]")
    stored = path.read_bytes()
    assert b"CALL GenerateResponse" in stored
    assert b"PLANTED" not in stored
    assert b"secret prompt" not in stored


def test_many_calls_at_once_are_all_kept(path, wait):
    async def all_at_once(run):
        await asyncio.gather(*(made(run, number.to_bytes(16, "big"), good(number)) for number in range(3000)))

    with Journal(path) as journal:
        wait(all_at_once(journal.begin("a", {})))
    with Journal(path) as journal:
        run = journal.begin("a", {})
        assert [run.recall(number.to_bytes(16, "big"), 0).rows[0][0] for number in range(3000)] == list(range(3000))
        assert run.in_doubt() == []


def test_runs_of_several_threads_share_a_journal(path, wait):
    def work(run, first):
        async def calls():
            await asyncio.gather(
                *(made(run, number.to_bytes(16, "big"), good(number)) for number in range(first, first + 200))
            )

        wait(calls())

    with Journal(path) as journal:
        runs = [journal.begin(str(number), {}) for number in range(4)]
        threads = [threading.Thread(target=work, args=(run, 200 * at)) for at, run in enumerate(runs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [run.ok for run in journal.runs()] == [200] * 4


def test_a_cancelled_call_is_in_doubt_and_its_record_still_counts(path, wait):
    async def cancelled(run):
        run.intend(A, 0)
        task = asyncio.ensure_future(run.record(A, 0, good("x")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        run.intend(B, 0)

    with Journal(path) as journal:
        wait(cancelled(journal.begin("a", {})))
    with Journal(path) as journal:
        run = journal.begin("a", {})
        assert run.recall(A, 0).rows == [("x",)]
        assert [doubt.fingerprint for doubt in run.in_doubt()] == [B]


def test_a_closed_journal_says_so(path, wait):
    journal = Journal(path)
    run = journal.begin("a", {})
    journal.close()
    journal.close()
    with pytest.raises(JournalError, match="is closed"):
        run.intend(A, 0)


def test_facts_of_a_run_can_be_written_as_json(path):
    with Journal(path) as journal:
        journal.begin("a", {"procedure": "GenerateImage"})
        assert json.loads(json.dumps(journal.run().as_dict()))["description"] == {"procedure": "GenerateImage"}
