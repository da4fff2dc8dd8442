"""Whatever the service does: no row lost, none doubled, none out of order, and every tick accounted for."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from paying import ASK, billed, connected, question, ticks_of

import grokcall
from grokcall.sandbox import PROFILES, Sandbox

TEXT_PROFILES = {
    "latency": "latency:low=0.001,high=0.01",
    "ratelimit": "ratelimit:rps=200",
    "storm": "storm:every=60,length=1",
    "server-errors": "server-errors:share=0.25",
    "cut-before": "cut-before:share=0.2",
    "cut-after": "cut-after:share=0.2",
    "gateway-timeout": "gateway-timeout:share=0.2",
    "slow-body": "slow-body:share=0.3,seconds=0.02",
    "truncated": "truncated:share=0.2",
    "malformed": "malformed:share=0.2",
    "wrong-type": "wrong-type:share=0.2",
    "moderation": "moderation:share=0.2",
    "refusal": "refusal:share=0.2",
    "misfit": "misfit:share=0.2",
    "incomplete": "incomplete:share=0.2",
    "reasoning": "reasoning:tokens=300,sigma=1",
    "credits": "credits:after=25",
    "stream-cut": "stream-cut:share=0.2",
    "stream-error": "stream-error:share=0.2",
    "stream-silence": "stream-silence:share=0.2,seconds=0.02",
    "stream-lines": "stream-lines:share=0.5,split=7",
    "stream-unended": "stream-unended:share=0.2",
    "several": "server-errors:share=0.03+cut-after:share=0.1+malformed:share=0.1+moderation:share=0.1",
}
UNREADABLE = {"connection_cut", "stream_cut", "read_timeout", "malformed_reply", "server"}
"""Errors after which a call may have been billed although its reply did not say so."""
SHOWN = {
    "server-errors": "server",
    "cut-before": "connection_cut",
    "cut-after": "connection_cut",
    "gateway-timeout": "server",
    "truncated": "connection_cut",
    "malformed": "malformed_reply",
    "wrong-type": "malformed_reply",
    "moderation": "content_policy",
    "incomplete": "incomplete",
    "stream-cut": "stream_cut",
    "stream-error": "server",
    "stream-unended": "stream_cut",
    "credits": "credits_exhausted",
}
"""The error or the status by which a profile shows."""
SPOKEN = set(TEXT_PROFILES) - {"refusal", "incomplete"}
"""Profiles under which an answer that comes is the right one."""

UNSTORED = "CALL GenerateResponse(:body, Store => false)"

bodies = st.lists(st.integers(0, 40).map(question) | st.none(), min_size=8, max_size=40)


class Lookups(RuleBasedStateMachine):
    """Lookups one after another through one connection, some continued from a journal."""

    name: str
    ask = ASK
    sandbox: Sandbox
    connection: grokcall.Connection
    met: Counter[str | None]
    """How often each error and each status of an answer was met, over all examples."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox.reset()
        self.folder = tempfile.TemporaryDirectory()
        self.unreadable = 0
        self.journaled: tuple[list[dict[str, object]], dict[str, object]] | None = None
        self.good: set[int] = set()
        """The rows of the last lookup with a journal that were answered."""

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(texts=bodies, dedupe=st.booleans(), ignore=st.booleans(), concurrency=st.sampled_from([1, 4, 32]))
    def look_up(self, texts, dedupe, ignore, concurrency):
        options = {"dedupe": dedupe, "on_error": "ignore" if ignore else "redirect", "concurrency": concurrency}
        self.done(self.rows_of(texts), options)

    @rule(texts=bodies, dedupe=st.booleans())
    def look_up_with_a_journal(self, texts, dedupe):
        number = len(list(Path(self.folder.name).iterdir()))
        options = {"dedupe": dedupe, "journal": Path(self.folder.name) / f"{number}.journal"}
        self.journaled = self.rows_of(texts), options
        self.good = self.done(*self.journaled)

    @precondition(lambda self: self.journaled is not None)
    @rule()
    def continue_from_the_journal(self):
        rows, options = self.journaled
        before, good = len(self.sandbox.ledger()), self.good
        self.good = self.done(rows, options)
        assert self.good >= good, "an answer that was paid for is gone"
        left = [row["body"] for row in rows if row["id"] not in good and row["body"] is not None]
        most = len(set(left)) if options["dedupe"] else len(left)
        assert len(self.sandbox.ledger()) - before <= most, "what had been answered was paid for again"

    @invariant()
    def the_ledger_is_accounted_for(self):
        entries = self.sandbox.ledger()
        assert sum(not entry["answered"] for entry in entries) <= self.unreadable

    def rows_of(self, texts):
        return [{"id": number, "body": text} for number, text in enumerate(texts)]

    def done(self, rows, options):
        """Looks up some rows, holds what comes to the promises, and tells which rows were answered."""
        before = len(self.sandbox.ledger())
        table = pa.Table.from_pylist(rows, pa.schema([("id", pa.int64()), ("body", pa.string())]))
        stopped = False
        try:
            result = self.connection.lookup(self.ask, table, call_columns=True, **options)
        except grokcall.Error as error:
            if error.error_code != "credits_exhausted":
                raise
            result, stopped = error.result, True
        kept, failed = result.rows.to_pylist(), result.errors.to_pylist()
        numbers = [row["id"] for row in kept], [row["id"] for row in failed]
        assert [sorted(each) for each in numbers] == list(numbers), "rows are out of order"
        came = Counter(numbers[0]) + Counter(numbers[1])
        assert set(came.values()) <= {1}, "a row came twice"
        assert stopped or len(came) == len(rows), "a row is lost"
        assert all(row["body"] == rows[row["id"]]["body"] for row in kept + failed)
        errors = [row for row in kept + failed if row["Call_Status"] == "error"]
        if options.get("on_error") == "ignore":
            assert not failed
        else:
            assert errors == failed
        self.check_answers(kept, rows)
        self.check_money(self.sandbox.ledger()[before:], result, errors)
        self.met.update(row["Call_ErrorCode"] for row in errors)
        self.met.update(row.get("Response_Status") for row in kept)
        return {row["id"] for row in kept if row["Call_Status"] in ("ok", "cached")}

    def check_answers(self, kept, rows):
        for row in kept:
            if self.name in SPOKEN and row["Call_Status"] != "error":
                asked = row["body"].removeprefix("What is ").removesuffix("?").split(" + ")
                assert row["Response_Result"] == str(sum(map(int, asked))), "an answer stands beside another row"

    def check_money(self, entries, result, errors):
        """Each billed request is the price of one row, or it is one whose reply nobody could read."""
        rows = result.rows.select(result.errors.schema.names).to_pylist() + result.errors.to_pylist()
        priced = {row["Call_RequestId"]: row for row in rows if row["Call_CostUsd"] is not None}
        unread = [entry for entry in entries if entry["request_id"] not in priced]
        unreadable = sum(row["Call_ErrorCode"] in UNREADABLE for row in errors)
        assert len(unread) <= unreadable
        assert ticks_of(result.rows, result.errors) == billed(entries) - billed(unread)
        assert all(entry["answered"] for entry in entries if entry["request_id"] in priced)
        assert result.summary.cost_ticks == ticks_of(result.rows, result.errors)
        if self.name not in ("malformed", "wrong-type", "several"):
            assert not any(entry["answered"] for entry in unread), "a reply said its price and it was not written down"
        self.unreadable += unreadable


def test_every_profile_is_driven():
    of_calls = {name for name in PROFILES if not name.startswith("socket-")}
    assert set(TEXT_PROFILES) | {"expired-links"} == of_calls | {"several"}


@pytest.mark.parametrize("profile", TEXT_PROFILES)
def test_no_row_and_no_tick_goes_astray(profile):
    met: Counter[str | None] = Counter()
    streams = profile.startswith("stream-")
    options = {"max_attempts": 2, "receive": "stream" if streams else "whole"}
    if profile == "stream-error":
        options["max_attempts"] = 1  # an event before the first word is tried again, as its status would be
    with Sandbox(profile=TEXT_PROFILES[profile]) as sandbox, connected(sandbox, **options) as connection:
        known = {"name": profile, "sandbox": sandbox, "connection": connection, "met": met}
        if streams:
            known["ask"] = UNSTORED  # so that a cut answer is not looked for
        machine = type("Driven", (Lookups,), known)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=5,
                stateful_step_count=5,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert met["completed"] > 50
    assert met[SHOWN.get(profile, "completed")] > 0, "the profile never struck"


@pytest.mark.parametrize(
    ("profile", "ask", "code"),
    [
        ("expired-links:share=0.5", "CALL GenerateVideo(:body, Duration => 1)", "media"),
        ("moderation:share=0.5,on=media", "CALL GenerateImage(:body)", "content_policy"),
        ("cut-after:share=0.5,on=media", "CALL GenerateImage(:body)", "connection_cut"),
    ],
)
def test_media_that_were_paid_for_and_cannot_be_had_keep_their_price(profile, ask, code):
    table = pa.table({"id": range(8), "body": [f"a kite, number {number}" for number in range(8)]})
    with (
        Sandbox(profile=profile, video_seconds=0.05) as sandbox,
        connected(sandbox, max_attempts=2, poll_interval=0.05) as connection,
    ):
        result = connection.lookup(ask, table, call_columns=True)
        entries = sandbox.ledger()
    assert sorted(result.rows.column("id").to_pylist() + result.errors.column("id").to_pylist()) == list(range(8))
    assert len(entries) == 8
    assert set(result.errors.column("Call_ErrorCode").to_pylist()) == {code}
    assert ticks_of(result.rows, result.errors) == billed(entry for entry in entries if entry["answered"])
    unanswered = sum(not entry["answered"] for entry in entries)
    assert unanswered == (result.errors.num_rows if code == "connection_cut" else 0)
