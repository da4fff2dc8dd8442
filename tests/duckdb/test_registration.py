"""Registering: options, errors, keys, cursors, budgets, journals, and what is remembered."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from together import together

import grokcall
import grokcall.duckdb
from grokcall.core.outcome import Outcome
from grokcall.duckdb import Registration
from grokcall.execution.spilling_cache import SpillingAnswerCache
from scripted_service import KEY, Answer, Service, answered, refused

Connecting = Callable[..., grokcall.Connection]

TABLE = "CREATE TABLE tickets AS SELECT i AS id, 'm' || i AS body FROM range(5) r(i)"
LATERAL = "SELECT t.id, r.* FROM tickets t, GenerateResponse(t.body) r ORDER BY t.id"


def failing_at(text: str, answer: Answer):
    """A service that refuses one prompt and answers the others."""
    return lambda asked: answer if asked.text == text else answered(asked.text.upper())


def test_on_error_fail_ends_the_query_with_the_row_s_reason(con, registered: Registration, service: Service):
    service.script = failing_at("m3", refused(400, "This prompt is too odd."))
    with pytest.raises(duckdb.Error, match=r"GenerateResponse.*This prompt is too odd"):
        con.execute(LATERAL)
    assert len(service.texts) == 5


def test_what_a_failed_query_was_answered_is_not_paid_for_again(con, registered: Registration, service: Service):
    service.script = failing_at("m4", refused(400, "No."))
    with pytest.raises(duckdb.Error):
        con.execute(LATERAL)
    service.script = lambda asked: answered(asked.text.upper())
    rows = con.execute(LATERAL).fetchall()
    assert [row[1] for row in rows] == ["M0", "M1", "M2", "M3", "M4"]
    assert sorted(service.texts) == ["m0", "m1", "m2", "m3", "m4", "m4"]


def test_on_error_ignore_gives_null_and_tells_why(con, registering, service: Service):
    registering(on_error="ignore")
    service.script = failing_at("m3", refused(400, "This prompt is too odd."))
    rows = con.execute(
        "SELECT t.id, Response_Result, Call_Status, Call_ErrorCode, Call_ErrorMessage, Call_CostUsd "
        "FROM tickets t, GenerateResponse(t.body) ORDER BY t.id"
    ).fetchall()
    assert rows[2] == (2, "M2", "ok", None, None, Decimal("0.0002306000"))
    assert rows[3][:4] == (3, None, "error", "invalid_request")
    assert "This prompt is too odd" in rows[3][4]


def test_an_error_of_every_row_ends_the_query_in_any_case(con, registering, service: Service):
    registering(on_error="ignore", concurrency=1)
    service.script = lambda asked: refused(401, "The key is not valid.")
    with pytest.raises(duckdb.Error, match=r"\[auth"):
        con.execute(LATERAL)
    assert len(service.texts) == 1


def test_a_null_for_a_required_parameter_is_an_error_without_a_request(con, registered, service: Service):
    with pytest.raises(duckdb.Error, match=r"parameter Message \(position 1\): is required and must not be NULL"):
        con.execute("CALL GenerateResponse(NULL)")
    assert service.asked == []


def test_on_null_input_skip_leaves_the_fields_null(con, registering, service: Service):
    registering(on_null_input="skip", call_columns=True)
    sql = "SELECT Response_Result, Call_Status FROM (VALUES ('a'), (NULL)) v(x), GenerateResponse(v.x) ORDER BY ALL"
    assert con.execute(sql).fetchall() == [("A", "ok"), (None, "skipped")]
    assert service.texts == ["a"]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("CALL GenerateResponse('hi', Temperature := 7)", r"Temperature \(position 5\): must be 0 to 2, got 7"),
        (
            "CALL GenerateResponse('hi', MaxOutputTokens := 1.5)",
            r"MaxOutputTokens .*a whole number, got '1.5'",
        ),
        ("CALL AnalyzeImage('what?', 'photo.png')", r"Image1_Content must be a BLOB or a data URI, not VARCHAR"),
        ("CALL GenerateResponse('hi', Modell := 'grok-4.3')", r"GenerateResponse\(\) does not support the supplied"),
        ("CALL GenerateResponse()", r"GenerateResponse\(\) does not support the supplied"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_sent(sql, told, con, registered, service: Service):
    with pytest.raises(duckdb.Error, match=told):
        con.execute(sql)
    assert service.asked == []


def texts_of(error: BaseException | None) -> str:
    """Everything that an exception and those behind it say."""
    found = ""
    while error is not None:
        found += f"{error} {error!r} {error.args} {getattr(error, '__notes__', '')}"
        error = error.__cause__ or error.__context__
    return found


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, f"Incorrect API key provided: {KEY}."),
        refused(400, f"Bad header Authorization: Bearer {KEY}"),
        Answer(cut=True),
        Answer(f"{{{KEY}".encode()),
    ],
)
@pytest.mark.parametrize("on_error", ["fail", "ignore"])
def test_no_error_shows_the_key(con, connecting: Connecting, service: Service, answer: Answer, on_error: str):
    service.script = lambda asked: answer
    connection = connecting(max_attempts=1)
    with grokcall.duckdb.register(con, connection, on_error=on_error) as registration:
        shown = repr(registration)
        for sql in (LATERAL, "SELECT generate_response('hi')", f"CALL GenerateResponse('hi', Temperature := '{KEY}')"):
            try:
                shown += str(con.execute(sql).fetchall())
            except duckdb.Error as error:
                shown += texts_of(error).replace(f"Temperature := '{KEY}'", "")
        shown += str(con.execute("SELECT * FROM duckdb_functions() WHERE function_name ILIKE '%grok%'").fetchall())
        shown += str(con.execute("SELECT macro_definition FROM duckdb_functions() WHERE NOT internal").fetchall())
    assert "GenerateResponse" in shown
    assert KEY not in shown
    assert KEY[4:] not in shown


def test_no_key_is_needed_before_the_first_call(con, service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XAI_BASE_URL", service.base_url)
    with grokcall.duckdb.register(con):
        con.execute("EXPLAIN CALL GenerateResponse('hi')")
        con.execute("DESCRIBE FROM GenerateResponse('hi')")
        with pytest.raises(duckdb.Error, match="XAI_API_KEY"):
            con.execute("CALL GenerateResponse('hi')")
        assert service.asked == []
        monkeypatch.setenv("XAI_API_KEY", KEY)
        assert con.execute("SELECT Response_Result FROM GenerateResponse('hi')").fetchone() == ("HI",)


def test_registering_again_changes_nothing_or_replaces(con, connection, connecting, service: Service):
    first = grokcall.duckdb.register(con, connection)
    assert grokcall.duckdb.register(con, connection) is first
    other = grokcall.duckdb.register(con, connection, on_error="ignore")
    assert other is not first
    assert "Call_Status" in [column[0] for column in con.execute("DESCRIBE FROM GenerateResponse('a')").fetchall()]
    third = grokcall.duckdb.register(con, connecting(base_url=f"{service.origin}/other"))
    con.execute("SELECT Call_Status FROM (SELECT NULL AS Call_Status)")
    assert third.runtime is not connection.runtime


def test_a_cursor_that_is_registered_too_shares_the_answers(con, connection, service: Service):
    registration = grokcall.duckdb.register(con, connection)
    con.execute("CALL GenerateResponse('hi')")
    with con.cursor() as cursor:
        with pytest.raises(duckdb.CatalogException):
            cursor.execute("CALL GenerateResponse('hi')")
        again = grokcall.duckdb.register(cursor, connection)
        assert cursor.execute("SELECT Response_Result FROM GenerateResponse('hi')").fetchone() == ("HI",)
        assert again.summary is registration.summary
    assert service.texts == ["hi"]


def test_equal_calls_are_made_anew_once_they_are_forgotten(con, registered: Registration, service: Service):
    relation = con.sql("SELECT t.id, r.Response_Result FROM tickets t, GenerateResponse(t.body) r")
    relation.show()
    assert relation.count("*").fetchall() == [(5,)]
    assert len(relation.fetchall()) == 5
    assert len(service.texts) == 5
    registered.forget()
    relation.fetchall()
    assert len(service.texts) == 10


def test_without_dedupe_each_statement_has_answers_of_its_own(con, registering, service: Service):
    registering(dedupe=False)
    for _ in range(2):
        con.execute("CALL GenerateResponse('a name for a cat')")
    assert len(service.texts) == 2


def test_what_is_free_is_asked_for_anew(con, on_sandbox, sandbox):
    with grokcall.duckdb.register(con, on_sandbox) as registration:
        models = con.execute("SELECT count(*) FROM ListModels()").fetchone()
        assert con.execute("SELECT count(*) FROM ListModels()").fetchone() == models
        assert models > (3,)
        assert registration.summary.calls == 2


def test_a_budget_ends_the_query_and_is_shared_by_all(con, connecting: Connecting, service: Service):
    connection = connecting(concurrency=1)
    with grokcall.duckdb.register(con, connection, max_calls=3) as registration:
        with pytest.raises(duckdb.Error, match=r"max_calls of 3 calls is reached"):
            con.execute(LATERAL)
        assert len(service.texts) == 3
        assert registration.summary.ok == 3
        with pytest.raises(duckdb.Error, match=r"max_calls"):
            con.execute("CALL GenerateResponse('more')")
    assert len(service.texts) == 3


def test_a_journal_answers_another_program(tmp_path: Path, connecting: Connecting, service: Service):
    for _ in range(2):
        with duckdb.connect() as con:
            con.execute(TABLE)
            with grokcall.duckdb.register(con, connecting(), journal=tmp_path / "tickets.journal"):
                assert len(con.execute(LATERAL).fetchall()) == 5
    assert len(service.texts) == 5


def test_two_threads_share_one_limit_of_calls_in_flight(connecting: Connecting, service: Service):
    service.script = together(service, 8, lambda asked: answered(asked.text, delay=0.01))
    connection = connecting(concurrency=8)
    failures: list[BaseException] = []

    def work(prefix: str) -> None:
        try:
            with duckdb.connect() as con:
                grokcall.duckdb.register(con, connection)
                con.execute(f"SELECT * FROM range(40) t(i), GenerateResponse('{prefix}' || (i % 20)) r").fetchall()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(prefix,)) for prefix in ("a", "b", "a")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert failures == []
    assert sorted(service.texts) == sorted(f"{prefix}{number}" for prefix in "ab" for number in range(20))
    assert service.peak == 8


def test_a_closed_registration_and_a_closed_connection_say_so(con, connecting: Connecting):
    connection = connecting()
    registration = grokcall.duckdb.register(con, connection)
    registration.close()
    registration.close()
    with pytest.raises(duckdb.Error, match="the registration is closed; register again"):
        con.execute("CALL GenerateResponse('hi')")
    grokcall.duckdb.register(con, connection)
    connection.close()
    with pytest.raises(duckdb.Error, match="the connection is closed"):
        con.execute("CALL GenerateResponse('hi')")


def test_a_connection_of_its_own_ends_with_the_duckdb_connection(service: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XAI_BASE_URL", service.base_url)
    monkeypatch.setenv("XAI_API_KEY", KEY)
    con = duckdb.connect()
    connection = grokcall.duckdb.register(con).runtime
    con.execute("CALL GenerateResponse('hi')")
    con.close()
    del con
    gc.collect()
    assert connection.closed


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"on_eror": "fail"}, "register has no option 'on_eror'; did you mean on_error"),
        ({"on_error": "redirect"}, "on_error must be 'fail' or 'ignore'"),
        ({"fields": ["Response_Result"]}, "register has no option 'fields'"),
        ({"many": "expand"}, "register has no option 'many'"),
        ({"reuse": True}, "reuse and retry_failed go by a journal"),
        ({"max_cost": "much"}, "max_cost must be an amount in USD"),
    ],
)
def test_wrong_options_are_refused(con, connection, options, told):
    with pytest.raises(grokcall.InterfaceError, match=told):
        grokcall.duckdb.register(con, connection, **options)


def test_only_a_duckdb_connection_can_be_registered(connection):
    with pytest.raises(grokcall.InterfaceError, match="register takes a DuckDB connection"):
        grokcall.duckdb.register(connection)  # type: ignore[arg-type]


def test_a_procedure_that_is_named_like_a_function_of_duckdb_is_refused(con, registered: Registration):
    procedure = registered.runtime.catalog["GenerateResponse"]
    registered.add(replace(procedure, name="AskNicely"))
    assert con.execute("SELECT ask_nicely('hi')").fetchone() == ("HI",)
    with pytest.raises(grokcall.InterfaceError, match="range is a function of DuckDB"):
        registered.add(replace(procedure, name="Range"))


def test_a_warning_is_logged_once(con, registered, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, logger="grokcall"):
        con.execute("SELECT * FROM tickets t, GenerateResponse(t.body, Model := 'grok-unheard-of') r")
    assert sum("grok-unheard-of" in record.getMessage() for record in caplog.records) == 1


def test_what_does_not_fit_into_memory_is_remembered_on_the_disk():
    memo = SpillingAnswerCache(in_memory=50_000)
    for number in range(200):
        memo.add(number.to_bytes(2), Outcome(rows=[(f"text {number}", number, None, b"\x00" * 500)], billed=True))
    assert memo._held <= 50_000
    for number in range(200):
        found = memo.get(number.to_bytes(2))
        assert found is not None
        assert found.rows == [(f"text {number}", number, None, b"\x00" * 500)]
        assert (found.status, found.cost_ticks, found.attempts) == (grokcall.CallStatus.CACHED, None, 0)
    assert memo.get(b"other") is None
    memo.clear()
    assert memo.get((1).to_bytes(2)) is None


INTERRUPTED = """
import os, signal, sys, threading, time
import duckdb, grokcall, grokcall.duckdb
con = duckdb.connect()
connection = grokcall.connect(base_url=sys.argv[1], api_key="xai-interrupted", concurrency=4)
grokcall.duckdb.register(con, connection)
threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()
started = time.monotonic()
try:
    con.execute("SELECT count(*) FROM range(400) t(i), GenerateResponse('q' || i) r").fetchall()
except BaseException as error:
    print(type(error).__name__)
print(time.monotonic() - started < 5)
print(con.execute("SELECT 1").fetchone())
"""


def test_an_interrupt_ends_a_query_soon(service: Service):
    service.script = lambda asked: answered("x", delay=0.3)
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, service.base_url], capture_output=True, encoding="utf-8", timeout=400
    )
    assert run.stdout.splitlines()[1:] == ["True", "(1,)"], run.stderr[-2000:] + run.stdout
    assert service.calm(0.5) < 40


@pytest.mark.parametrize(
    ("marker", "parameters"),
    [
        ("?", [3]),
        ("?", (3,)),
        ("$1", [3]),
        ("$last", {"last": 3}),
        ("$last", {"last": Decimal(3)}),
    ],
)
def test_a_query_takes_parameters_as_duckdb_does(registered: Registration, service: Service, marker, parameters):
    sql = f"SELECT t.id FROM tickets t, GenerateResponse(t.body) r WHERE t.id < {marker}"
    assert registered.query(sql, parameters).num_rows == len(service.texts) == 3
    assert registered.query(f"SELECT Response_Result AS a FROM GenerateResponse('it''s {marker}')").num_rows == 1


@pytest.mark.parametrize("parameters", [{"other": 3}, {}, None, [3]])
def test_a_parameter_that_is_missing_is_told_by_duckdb(registered: Registration, service: Service, parameters):
    with pytest.raises(duckdb.Error):
        registered.query("SELECT t.id FROM tickets t, GenerateResponse(t.body) r WHERE t.id < $last", parameters)
    assert service.texts == []
