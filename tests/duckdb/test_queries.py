"""Queries over a connection: any SQL of DuckDB, with every procedure in it."""

from __future__ import annotations

import asyncio
import datetime
import os
import signal
import threading
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import grokcall
from grokcall import ExecuteCommand
from scripted_service import KEY, Answer, Asked, Service, answered, refused

LATERAL = "SELECT t.id, r.Response_Result FROM 'tickets.csv' t, GenerateResponse(t.body, Model := 'grok-4.3') r"


@pytest.fixture(autouse=True)
def tickets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with some tickets, in which the test works."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "tickets.csv"
    path.write_text("id,body\n1,one\n2,two\n3,three\n")
    return path


def fail_two(asked):
    return refused(400, "Bad text.") if asked.text == "two" else answered(asked.text.upper())


def texts(service: Service) -> list[str]:
    return sorted(asked.text for asked in service.asked)


def test_a_file_by_its_name_gets_an_answer_beside_each_row(connection, service):
    cursor = connection.execute(LATERAL)
    assert [column[0] for column in cursor.description] == ["id", "Response_Result"]
    assert cursor.rowcount == 3
    assert cursor.fetchall() == [(1, "ONE"), (2, "TWO"), (3, "THREE")]
    assert texts(service) == ["one", "three", "two"]
    assert {asked.json["model"] for asked in service.asked} == {"grok-4.3"}


def test_rows_come_as_arrow_too(connection):
    cursor = connection.execute(LATERAL)
    assert cursor.fetch_arrow_table().column("id").type == pa.int64()
    assert cursor.fetch_record_batch().read_all().num_rows == 3
    assert pa.table(cursor).num_columns == 2


def test_types_that_only_duckdb_has_come_as_plain_ones(connection):
    cursor = connection.execute(
        "SELECT sum(i), INTERVAL 1 DAY, 'a'::ENUM('a'), x'ff'::BLOB, DATE '2026-01-02', NULL, [1], {'a': 1} "
        "FROM range(3) r(i)"
    )
    row = (Decimal(3), "1 day", "a", b"\xff", datetime.date(2026, 1, 2), None, [1], {"a": 1})
    assert cursor.fetchall() == [row]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("VALUES (1), (2)", [(1,), (2,)]),
        ("FROM range(2)", [(0,), (1,)]),
        ("WITH t AS (SELECT 1 AS a) SELECT a + 1 FROM t", [(2,)]),
        ("(SELECT 5 + 1)", [(6,)]),
        ("SELECT 1 AS a, 2 AS a", [(1, 2)]),
    ],
)
def test_each_way_to_begin_a_query(connection, sql, rows):
    assert connection.execute(sql).fetchall() == rows


def test_tables_are_there_for_every_cursor(connection):
    changes = [
        ("CREATE TABLE t (id INT, body VARCHAR)", -1),
        ("INSERT INTO t VALUES (1, 'one'), (2, 'two')", 2),
        ("UPDATE t SET body = 'x' WHERE id = 2", 1),
        ("DELETE FROM t WHERE id = 1", 1),
        ("CREATE TABLE copied AS FROM t", 1),
        ("COPY t TO 'out.parquet'", 1),
        ("BEGIN", -1),
        ("COMMIT", -1),
        ("CREATE VIEW v AS FROM t", -1),
        ("SET VARIABLE a = 1", -1),
    ]
    for sql, count in changes:
        cursor = connection.execute(sql)
        assert (sql, cursor.rowcount, cursor.description) == (sql, count, None)
        with pytest.raises(grokcall.ProgrammingError, match="gives rows"):
            cursor.fetchall()
    assert connection.execute("FROM 'out.parquet'").fetchall() == [(2, "x")]
    assert connection.execute("INSERT INTO t VALUES (3, 'y') RETURNING id, 1::UHUGEINT").fetchall() == [(3, 1)]
    assert connection.execute("SELECT count(*) FROM t").fetchall() == [(2,)]
    assert [row[0] for row in connection.execute("DESCRIBE t").fetchall()] == ["id", "body"]
    assert connection.execute("SHOW TABLES").fetchall() == [("copied",), ("t",), ("v",)]
    assert connection.execute("SUMMARIZE t").rowcount == 2
    assert connection.execute("PIVOT t ON id USING count(*)").rowcount == 2


def test_parameters_of_each_style(connection):
    sql = "SELECT id FROM 'tickets.csv' WHERE id > {} ORDER BY id LIMIT {}"
    assert connection.execute(sql.format(":Low", ":n"), {"low": 1, "N": 1}).fetchall() == [(2,)]
    assert connection.execute(sql.format("$low", "$n"), {"low": 1, "n": 1}).fetchall() == [(2,)]
    assert connection.execute(sql.format("?", "?"), [1, 1]).fetchall() == [(2,)]
    assert connection.execute(sql.format("$1", "$2"), [1, 1]).fetchall() == [(2,)]
    assert connection.cursor().execute("SELECT :a::INT", params={"a": "7"}).fetchall() == [(7,)]


def test_a_marker_can_be_an_argument_of_a_procedure(connection, service):
    sql = "SELECT r.Response_Result FROM 'tickets.csv' t, GenerateResponse(t.body, :how) r WHERE t.id <= :last"
    assert connection.execute(sql, {"how": "Be brief", "last": 2}).fetchall() == [("ONE",), ("TWO",)]
    assert {asked.json["instructions"] for asked in service.asked} == {"Be brief"}


@pytest.mark.parametrize("parameters", [{"last": 2200, "how": "Be brief"}, {"last": "2200", "how": "Be brief"}])
def test_no_row_of_a_large_table_waits_for_the_slowest_before_it(connecting, service, parameters):
    late = asyncio.Event()
    waited: list[bool] = []

    async def script(asked: Asked) -> Answer:
        if asked.text == "b2150":
            late.set()
        if asked.text == "b5":  # answered once a row of DuckDB's next vector was asked for
            waited.append(await asyncio.wait_for(late.wait(), 60))
        return answered(asked.text)

    service.script = script
    connection = connecting()
    connection.execute("CREATE TABLE many AS SELECT i AS id, 'b' || i AS body FROM range(2500) r(i)")
    sql = "SELECT many.id, Response_Result FROM many, GenerateResponse(many.body, :how) WHERE many.id < :last"
    assert connection.execute(sql, parameters).rowcount == len(service.asked) == 2200
    assert waited == [True]


def test_a_limit_makes_as_many_requests_as_it_gives_rows(connection, service):
    connection.execute("CREATE TABLE many AS SELECT i AS id, 'b' || i AS body FROM range(5000) r(i)")
    sql = "SELECT m.id, r.Response_Result FROM many m, GenerateResponse(m.body) r WHERE m.id > :low LIMIT :n OFFSET 1"
    assert sorted(connection.execute(sql, {"low": 9, "N": 3}).fetchall()) == [(11, "B11"), (12, "B12"), (13, "B13")]
    assert texts(service) == ["b11", "b12", "b13"]
    assert connection.execute("FROM 'tickets.csv' t, GenerateResponse(t.body) r LIMIT 2").rowcount == 2
    assert texts(service)[3:] == ["one", "two"]


def test_a_schema_gives_typed_columns(connection, service):
    service.script = lambda asked: answered('{"priority": 2, "tags": ["late"], "due": "2026-03-04", "price": 12.5}')
    schema = "priority INTEGER, tags VARCHAR[], due DATE, price DECIMAL(8,2)"
    sql = f"SELECT t.id, r.* FROM 'tickets.csv' t, GenerateResponse(t.body, :how, OutputSchema => '{schema}') r"
    cursor = connection.execute(sql + " WHERE t.id < :last", {"how": "Briefly", "last": 3})
    table = cursor.fetch_arrow_table()
    assert table.column_names[:6] == ["id", "priority", "tags", "due", "price", "Response_Result"]
    given = [pa.int64(), pa.int32(), pa.list_(pa.string()), pa.date32(), pa.decimal128(8, 2)]
    assert [field.type for field in table.schema][:5] == given
    assert cursor.fetchone()[:5] == (1, 2, ["late"], datetime.date(2026, 3, 4), Decimal("12.50"))
    assert texts(service) == ["one", "two"]
    assert connection.cursor().adbc_execute_schema(sql, {"how": "x"}).field("price").type == pa.decimal128(8, 2)
    assert connection.execute("CREATE TABLE made AS " + sql, {"how": "Briefly"}).rowcount == 3
    assert connection.execute("SELECT sum(price) FROM made").fetchone() == (Decimal("37.50"),)
    assert texts(service) == ["one", "three", "two"]


@pytest.mark.parametrize(
    ("sql", "kind", "told"),
    [
        (
            "SELECT 1,\n nosuch FROM GenerateResponse('x', OutputSchema := 'a INT')",
            grokcall.StatementError,
            "line 2, column 2",
        ),
        ("FROM GenerateResponse('x', OutputSchema := 'a INT') r WHERE r.b > 1", grokcall.StatementError, "column 61"),
        (
            "FROM GenerateResponse(OutputSchema := 'a INT', 'x', Modell := 'y')",
            grokcall.StatementError,
            "GenerateResponse",
        ),
        ("FROM GenerateResponse('x', OutputSchema := 'a INTT')", grokcall.DataError, "line 1, column 44"),
        ("FROM GenerateResponse('x', OutputSchema := :s)", grokcall.StatementError, "line 1, column 44"),
    ],
)
def test_what_is_wrong_beside_a_schema_is_told_in_the_user_s_own_text(connection, service, sql, kind, told):
    with pytest.raises(kind) as caught:
        connection.execute(sql, {"s": "a INT"} if ":s" in sql else None)
    assert told in str(caught.value)
    assert service.asked == []


def test_call_and_select_one_go_their_own_way(connection, service):
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert connection.execute("CALL GenerateResponse('hi')").fetchone()[0] == "HI"
    assert connection.execute("CALL GenerateResponse('hi')").fetchone()[0] == "HI"
    assert texts(service) == ["hi", "hi"]


def test_an_answer_that_was_paid_for_is_not_paid_for_again_in_a_later_query(connection, service):
    connection.execute(f"CREATE VIEW answered AS {LATERAL}")
    assert service.asked == []
    assert connection.execute("SELECT count(Response_Result) FROM answered").fetchone() == (3,)
    assert connection.execute("FROM answered").fetchall() == [(1, "ONE"), (2, "TWO"), (3, "THREE")]
    assert texts(service) == ["one", "three", "two"]


def test_to_explain_a_query_or_ask_for_its_columns_sends_nothing(connection, service):
    assert connection.execute(f"EXPLAIN {LATERAL}").rowcount == 1
    schema = connection.cursor().adbc_execute_schema(LATERAL + " WHERE t.id = :id")
    assert schema == pa.schema([("id", pa.int64()), ("Response_Result", pa.string())])
    with pytest.raises(grokcall.ProgrammingError, match="only a query that reads"):
        connection.cursor().adbc_execute_schema("CREATE TABLE t (a INT)")
    assert service.asked == []


def test_procedures_of_one_s_own_come_and_go(connection, service):
    connection.execute("FROM range(1)")
    connection.execute("CREATE PROCEDURE Shout(Q VARCHAR) AS CALL GenerateResponse('Loud: ' || :Q)")
    assert connection.execute("SELECT Response_Result FROM Shout('hey')").fetchall() == [("LOUD: HEY",)]
    connection.execute("CREATE OR REPLACE PROCEDURE Shout(Q VARCHAR) AS CALL GenerateResponse('Low: ' || :Q)")
    assert connection.execute("SELECT shout('hey')").fetchall() == [("LOW: HEY",)]
    connection.execute("DROP PROCEDURE Shout")
    with pytest.raises(grokcall.ProgrammingError, match="shout does not exist"):
        connection.execute("FROM Shout('hey')")
    assert texts(service) == ["Loud: hey", "Low: hey"]


def test_a_procedure_with_the_name_of_a_function_of_duckdb_is_left_out_and_told_once(connection):
    connection.execute("CREATE PROCEDURE Translate(Q VARCHAR) AS CALL GenerateResponse(:Q)")
    assert connection.execute("FROM range(1)").messages == []
    cursor = connection.execute("SELECT translate('a', 'a', 'b')")
    ((kind, message),) = cursor.messages
    assert kind is grokcall.Warning
    assert message.startswith("Translate cannot stand in queries, only in CALL")
    assert cursor.fetchone() == ("b",)
    assert connection.execute("SELECT translate('a', 'a', 'b')").messages == []


HIDDEN = {
    "a view": ("CREATE VIEW hidden AS SELECT * FROM GenerateResponse('hi')", "SELECT Response_Result FROM hidden"),
    "a macro": ("CREATE MACRO hidden(q) AS generate_response(q)", "SELECT hidden('hi')"),
    "a text": (None, "SELECT Response_Result FROM query('SELECT * FROM Generate' || 'Response(''hi'')')"),
}


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("automatic", [True, False])
def test_a_statement_finds_procedures_that_it_does_not_name(connecting, service, tmp_path, name, automatic):
    """What hides them may have been made by another connection to the same file."""
    made, asked = HIDDEN[name]
    for number in range(2):
        connection = connecting(database=tmp_path / "one.duckdb")
        connection.autocommit = automatic
        if made is not None and number == 0:
            connection.execute(made)
        assert connection.execute(asked).fetchone() == ("HI",)
        connection.commit()
        connection.close()
    assert texts(service) == ["hi", "hi"]


def test_all_procedures_are_listed_among_the_functions(connection):
    listed = "SELECT count(*) FROM duckdb_functions() WHERE function_name IN ('generateimage', 'GenerateImage')"
    assert connection.execute(listed).fetchone() == (1,)


def test_a_name_that_is_nearly_one_is_told_the_right_one(connection):
    with pytest.raises(grokcall.StatementError, match="did you mean generate_image"):
        connection.execute("SELECT generate_imagee('x')")


WRONG = [
    ("SELECT nosuch FROM 'tickets.csv'", grokcall.StatementError, (1, 8)),
    ("SELECT\n  id,\n  nosuch FROM 'tickets.csv'", grokcall.StatementError, (3, 3)),
    ("SELECT id FORM x", grokcall.StatementError, (1, 16)),
    ("SELECT " + "id, " * 60 + "nosuch FROM 'tickets.csv'", grokcall.StatementError, (1, 248)),
    ("FROM nosuch", grokcall.StatementError, (1, 6)),
    ("DROP TABLE nosuch", grokcall.StatementError, (None, None)),
    ("SELECT 'x'::INT", grokcall.DataError, None),
    ("SELECT error('told')", grokcall.DataError, None),
    ("FROM 'nosuch.csv'", grokcall.ProgrammingError, None),
    ("COPY (SELECT 1) TO 'no/folder/x.csv'", grokcall.OperationalError, None),
    ("SELECT :a", grokcall.ArgumentsError, (1, 8)),
    ("FROM 'https://127.0.0.1:9/x.parquet'", grokcall.OperationalError, None),
]


@pytest.mark.parametrize(("sql", "kind", "place"), WRONG)
def test_what_duckdb_refuses_is_told_as_pep_249_names_it_and_with_its_place(connection, service, sql, kind, place):
    with pytest.raises(grokcall.Error) as caught:
        connection.execute(sql)
    assert isinstance(caught.value, kind)
    if place is not None:
        assert (caught.value.line, caught.value.column) == place
    assert service.asked == []


def test_a_constraint_that_is_broken_is_an_integrity_error(connection):
    connection.execute("CREATE TABLE t (id INT PRIMARY KEY)")
    with pytest.raises(grokcall.IntegrityError, match="uplicate key"):
        connection.cursor().executemany("INSERT INTO t VALUES (?)", [[1], [1]])


def test_an_object_that_is_no_value_is_a_data_error(connection):
    with pytest.raises(grokcall.DataError, match="pass text, a number, bytes"):
        connection.execute("SELECT :a", {"a": object()})


def test_a_wrong_query_over_a_table_of_rows_pays_for_none(connection, service):
    with pytest.raises(grokcall.StatementError, match="nosuch"):
        connection.execute(LATERAL.replace("t.id", "t.nosuch"))
    assert service.asked == []


def test_the_error_of_a_call_comes_with_its_facts(connection, service):
    service.script = fail_two
    with pytest.raises(grokcall.InvalidRequestError) as caught:
        connection.execute(LATERAL)
    assert (caught.value.status, caught.value.request_id) == (400, "req-refused")
    service.script = lambda asked: refused(401, f"The key {KEY} is wrong.")
    with pytest.raises(grokcall.AuthenticationError) as refusal:
        connection.execute("SELECT generate_response('anew')")
    assert KEY not in str(refusal.value)
    assert connection.execute("SELECT 40 + 2").fetchone() == (42,)


def test_a_key_in_a_query_is_not_shown_in_its_error(connection):
    connection.key()
    with pytest.raises(grokcall.StatementError) as caught:
        connection.execute(f"SELECT nosuch, '{KEY}'")
    assert "nosuch" in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_statement_can_have_limits_of_its_own(connection, service):
    sql = "SELECT generate_response('m' || i) FROM range(10) r(i)"
    with pytest.raises(grokcall.BudgetReachedError) as caught:
        connection.execute(sql, max_calls=4)
    assert caught.value.reason == "max_calls"
    assert len(service.asked) == 4
    assert connection.execute(sql, max_calls=6).rowcount == 10
    assert len(service.asked) == 10


def test_the_connection_s_limits_hold_for_queries(connecting, service):
    connection = connecting(max_calls=2)
    connection.execute("CALL GenerateResponse('hi')")
    with pytest.raises(grokcall.BudgetReachedError, match="the connection's max_calls"):
        connection.execute(LATERAL)
    assert len(service.asked) == 2


def test_rows_that_fail_can_be_kept(connecting, service):
    service.script = fail_two
    connection = connecting()
    connection.database(on_error="ignore")
    rows = connection.execute(LATERAL.replace("r.Response_Result", "r.Response_Result, r.Call_ErrorCode")).fetchall()
    assert rows == [(1, "ONE", None), (2, None, "invalid_request"), (3, "THREE", None)]
    assert (connection.database().summary.ok, connection.database().summary.failed) == (2, 1)


def test_options_come_before_the_first_query(connection):
    connection.execute("FROM range(1)")
    with pytest.raises(grokcall.InterfaceError, match="open already"):
        connection.database(on_error="ignore")


def test_options_that_no_query_has_are_refused(connection):
    with pytest.raises(grokcall.InterfaceError, match="did you mean journal"):
        connection.database(journl="a")


def test_a_journal_answers_in_another_process_s_place(connecting, service):
    for _ in range(2):
        with connecting() as connection:
            connection.database(journal="answers.journal")
            assert connection.execute(LATERAL).rowcount == 3
    assert texts(service) == ["one", "three", "two"]


def test_the_option_database_names_a_file_whose_tables_are_there(connecting, service):
    with duckdb.connect("kept.duckdb") as kept:
        kept.execute("CREATE TABLE notes AS SELECT 1 AS id, 'a note' AS body")
    with connecting(database="kept.duckdb") as connection:
        connection.execute("CREATE TABLE answers AS SELECT n.id, r.* FROM notes n, GenerateResponse(n.body) r")
    with duckdb.connect("kept.duckdb", read_only=True) as kept:
        assert kept.execute("SELECT Response_Result FROM answers").fetchall() == [("A NOTE",)]
    assert texts(service) == ["a note"]


def test_a_file_that_is_no_database_is_told(connecting):
    Path("no.duckdb").write_bytes(b"this is no database" * 1000)
    with pytest.raises(grokcall.OperationalError, match=r"the database no\.duckdb: .*not a valid DuckDB"):
        connecting(database="no.duckdb").execute("FROM range(1)")


def test_a_script_may_mix_all_kinds(connection, service):
    cursor = connection.cursor().executescript(
        "CREATE TABLE t AS FROM 'tickets.csv'; -- a; comment\n"
        "CALL GenerateResponse('a;b'); SHOW PROCEDURES LIKE 'ListModels'; SELECT count(*) FROM t WHERE body <> ';'"
    )
    assert (cursor.description, cursor.rowcount) == (None, 3)
    assert cursor.nextset()
    assert cursor.fetchone()[0] == "A;B"
    assert cursor.nextset()
    assert cursor.fetchone()[0] == "ListModels"
    assert cursor.nextset()
    assert cursor.fetchall() == [(3,)]
    assert cursor.nextset() is None


def test_executemany_inserts_one_set_after_the_other(connection):
    connection.execute("CREATE TABLE t (id INT, body VARCHAR)")
    cursor = connection.cursor().executemany(
        "INSERT INTO t VALUES (:id, :body)", [{"id": i, "body": "b"} for i in (1, 2)]
    )
    assert (cursor.rowcount, cursor.description) == (2, None)
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_a_command_may_be_a_query(connection):
    command = ExecuteCommand(connection, "SELECT id, :label AS label FROM 'tickets.csv' WHERE id = :id")
    assert [parameter.name for parameter in command.parameters] == ["label", "id"]
    assert command.schema.names == ["id", "label"]
    assert command.run({"ID": 2, "label": "x"}) == [{"id": 2, "label": "x"}]
    assert ExecuteCommand(connection, "CREATE TABLE t (a INT)").run() == []


def test_threads_share_the_database(connection, service):
    connection.execute("CREATE TABLE sums (thread INT, answer VARCHAR)")
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(5):
                sql = "INSERT INTO sums SELECT :n, Response_Result FROM GenerateResponse(:m)"
                connection.execute(sql, {"n": number, "m": f"m{number}-{step}"})
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert failures == []
    assert connection.execute("SELECT count(DISTINCT answer) FROM sums").fetchone() == (20,)
    assert len(service.asked) == 20


def test_variables_of_the_program_are_no_tables(connection):
    table = pa.table({"a": [1]})
    assert table.num_rows == 1
    with pytest.raises(grokcall.StatementError, match="Table with name table"):
        connection.execute('FROM "table"')


def test_extensions_are_not_fetched_by_themselves(connection):
    settings = dict(connection.execute("SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%'").fetchall())
    assert settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"


def test_an_interrupt_ends_a_query_and_its_calls(connection, service):
    given_up = threading.Event()
    answers = []

    def interrupt() -> None:
        while not service.asked and not given_up.wait(0.01):
            pass
        os.kill(os.getpid(), signal.SIGINT)
        while not connection.database().is_stopping and not given_up.wait(0.01):
            pass
        os.kill(os.getpid(), signal.SIGINT)  # the first one waits for the answers

    async def script(asked: Asked) -> Answer:
        if not await asyncio.to_thread(given_up.wait, 60):
            answers.append(asked)
        return Answer(b"{}")

    service.script = script
    interrupting = threading.Thread(target=interrupt)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        connection.execute(LATERAL)
    given_up.set()
    interrupting.join()
    assert answers == []
    service.script = lambda asked: answered(asked.text.upper())
    assert connection.execute(LATERAL).rowcount == 3


def test_closing_ends_a_query_that_runs(connecting):
    connection = connecting()
    told: list[BaseException] = []

    def work() -> None:
        try:
            connection.execute(
                "SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range % 7 = b.range % 11"
            )
        except grokcall.Error as error:
            told.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(0.5)
    connection.close()
    thread.join(300)
    assert not thread.is_alive()
    assert [str(error) for error in told] == ["the query was interrupted"]
    with pytest.raises(grokcall.InterfaceError, match="closed"):
        connection.execute("FROM range(1)")


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("CALL pragma_version()", r"function of DuckDB.*FROM pragma_version"),
        ("CALL duckdb_tables()", r"function of DuckDB.*FROM duckdb_tables"),
        ("EXECUTE p(1)", "EXECUTE means CALL here"),
        ("CALL GenerateRespons('x')", "did you mean GenerateResponse"),
    ],
)
def test_a_call_of_what_duckdb_knows_says_how_to_reach_it(connection, sql, words):
    with pytest.raises(grokcall.ProgrammingError, match=words):
        connection.execute(sql)
