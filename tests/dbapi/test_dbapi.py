"""PEP 249, as the programs that rely on it use it."""

from __future__ import annotations

import datetime
import gc
import threading
import time
import warnings

import pyarrow as pa
import pytest

import grokcall
from scripted_service import KEY, Service, answered, refused

EXCEPTIONS = (
    "Warning",
    "Error",
    "InterfaceError",
    "DatabaseError",
    "DataError",
    "OperationalError",
    "IntegrityError",
    "InternalError",
    "ProgrammingError",
    "NotSupportedError",
)
ASK = "CALL GenerateResponse(:Message)"


def test_the_module_says_what_pep_249_asks_for():
    assert (grokcall.apilevel, grokcall.paramstyle, grokcall.threadsafety) == ("2.0", "named", 2)


def test_exceptions_form_the_tree_of_pep_249():
    tree = {
        "Warning": Exception,
        "Error": Exception,
        "InterfaceError": grokcall.Error,
        "DatabaseError": grokcall.Error,
        "DataError": grokcall.DatabaseError,
        "OperationalError": grokcall.DatabaseError,
        "IntegrityError": grokcall.DatabaseError,
        "InternalError": grokcall.DatabaseError,
        "ProgrammingError": grokcall.DatabaseError,
        "NotSupportedError": grokcall.DatabaseError,
    }
    assert tuple(tree) == EXCEPTIONS
    for name, parent in tree.items():
        assert getattr(grokcall, name).__base__ is parent


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_are_attributes_of_connections(connection, name):
    assert getattr(connection, name) is getattr(grokcall, name)


def test_constructors_make_values_of_the_standard_library():
    assert grokcall.Date(2026, 11, 22) == datetime.date(2026, 11, 22)
    assert grokcall.Time(16, 9, 4) == datetime.time(16, 9, 4)
    assert grokcall.Timestamp(2026, 11, 22, 16, 9, 4) == datetime.datetime(2026, 11, 22, 16, 9, 4)
    assert grokcall.Binary(b"\x00") == b"\x00"
    noon = datetime.datetime(2026, 11, 22, 12).timestamp()
    assert grokcall.DateFromTicks(noon) == datetime.date(2026, 11, 22)
    assert grokcall.TimeFromTicks(noon) == datetime.time(12)
    assert grokcall.TimestampFromTicks(noon) == datetime.datetime(2026, 11, 22, 12)


def test_type_objects_compare_with_the_type_codes_of_a_description(on_sandbox):
    cursor = on_sandbox.execute(ASK, {"Message": "Say hello"})
    groups = (grokcall.STRING, grokcall.BINARY, grokcall.NUMBER, grokcall.DATETIME, grokcall.ROWID)
    found = {column[0]: [group for group in groups if column[1] == group] for column in cursor.description}
    assert found["Response_Result"] == [grokcall.STRING]
    assert found["Response_Store"] == [grokcall.NUMBER]
    assert found["Response_UsageCostInUsdTicks"] == [grokcall.NUMBER]
    assert found["Response_Temperature"] == [grokcall.NUMBER]
    assert all(len(matching) == 1 for matching in found.values())
    assert pa.timestamp("us") == grokcall.DATETIME
    assert grokcall.STRING != grokcall.NUMBER
    assert grokcall.STRING == grokcall.STRING
    assert repr(grokcall.BINARY) == "grokcall.BINARY"
    assert len({*groups}) == 5


def test_an_image_is_binary(on_sandbox):
    cursor = on_sandbox.execute("CALL GenerateImage('A red kite')")
    assert cursor.description[0][:2] == ("ResultImage_Content", pa.large_binary())
    assert cursor.description[0][1] == grokcall.BINARY


def test_a_description_has_seven_values_a_column_and_the_names_of_the_vendor(on_sandbox):
    cursor = on_sandbox.cursor()
    assert cursor.description is None
    assert cursor.rowcount == -1
    cursor.execute(ASK, {"Message": "Say hello"})
    assert {len(column) for column in cursor.description} == {7}
    assert len(cursor.description) == 34
    assert cursor.description[12][0] == "Response_MaxTollCalls"
    assert cursor.rowcount == 1


@pytest.mark.parametrize(
    "pass_on",
    [
        lambda cursor, values: cursor.execute(ASK, values),
        lambda cursor, values: cursor.execute(ASK, parameters=values),
        lambda cursor, values: cursor.execute(ASK, params=values),
        lambda cursor, values: cursor.execute(operation=ASK, parameters=values),
        lambda cursor, values: cursor.execute("CALL GenerateResponse(?)", list(values.values())),
        lambda cursor, values: cursor.execute("CALL GenerateResponse(?)", tuple(values.values())),
        lambda cursor, values: cursor.execute("EXEC generateresponse @MESSAGE = :message", values),
        lambda cursor, values: cursor.execute("{call GenerateResponse($Message)}", values),
    ],
)
def test_parameters_are_taken_in_every_form(connection, pass_on):
    assert pass_on(connection.cursor(), {"Message": "hi"}).fetchone()[0] == "HI"


def test_parameters_given_in_two_forms_are_refused(connection, service):
    with pytest.raises(grokcall.InterfaceError, match="give either parameters or params, not both"):
        connection.cursor().execute(ASK, {"Message": "a"}, params={"Message": "b"})
    assert service.asked == []


def test_rows_come_one_by_one_in_portions_and_at_once(connection):
    cursor = connection.cursor()
    assert cursor.executemany(ASK, [{"Message": str(number)} for number in range(10)]) is cursor
    assert cursor.rowcount == 10
    assert cursor.fetchone()[0] == "0"
    assert cursor.arraysize == 1
    assert [row[0] for row in cursor.fetchmany()] == ["1"]
    cursor.arraysize = 2
    assert [row[0] for row in cursor.fetchmany()] == ["2", "3"]
    assert [row[0] for row in cursor.fetchmany(size=2)] == ["4", "5"]
    assert [row[0] for row in cursor.fetchmany(1)] == ["6"]
    assert cursor.fetchmany(0) == []
    assert next(cursor)[0] == "7"
    assert [row[0] for row in cursor.fetchall()] == ["8", "9"]
    assert cursor.fetchone() is None
    assert cursor.fetchmany(5) == []
    assert cursor.fetchall() == []
    assert list(cursor) == []
    assert cursor.fetch_arrow_table().num_rows == 10  # the result as a whole can be had in any case


def test_a_cursor_is_iterated_over_its_rows(connection):
    cursor = connection.cursor().executemany(ASK, [{"Message": "a"}, {"Message": "b"}])
    assert [row[0] for row in cursor] == ["A", "B"]


@pytest.mark.parametrize(
    "fetch",
    [
        "fetchone",
        "fetchmany",
        "fetchall",
        "fetch_arrow_table",
        "fetchallarrow",
        "fetch_arrow",
        "fetch_record_batch",
        "fetch_df",
        "fetch_polars",
        "__arrow_c_schema__",
        "__arrow_c_stream__",
        "__next__",
    ],
)
def test_fetching_without_a_result_says_so(connection, fetch):
    with pytest.raises(grokcall.ProgrammingError, match="there is no result: execute a statement first"):
        getattr(connection.cursor(), fetch)()


def test_a_failed_statement_leaves_no_older_result(connection, service):
    cursor = connection.execute(ASK, {"Message": "hi"})
    service.script = lambda asked: refused(400, "Bad input.")
    with pytest.raises(grokcall.InvalidRequestError):
        cursor.execute(ASK, {"Message": "hi"})
    assert cursor.description is None
    assert cursor.rowcount == -1
    with pytest.raises(grokcall.ProgrammingError):
        cursor.fetchone()


def test_callproc_returns_the_sequence_it_was_given_and_the_row_can_be_fetched(connection):
    cursor = connection.cursor()
    given = ["hi", None, "grok-4.3"]
    assert cursor.callproc("GenerateResponse", given) is given
    assert given == ["hi", None, "grok-4.3"]
    assert cursor.fetchone()[0] == "HI"


def test_callproc_takes_parameters_by_name_as_well(connection, service):
    given = {"Message": "hi", "Temperature": 0.5}
    assert connection.cursor().callproc("GenerateResponse", given) is given
    assert service.asked[0].json["temperature"] == 0.5


@pytest.mark.parametrize("given", ["hi", b"hi"])
def test_callproc_does_not_take_a_text_for_a_sequence_of_letters(connection, service, given):
    with pytest.raises(grokcall.ProgrammingError, match=r"a sequence or a mapping.*\['hi'\]"):
        connection.cursor().callproc("GenerateResponse", given)
    assert service.asked == []


def test_executemany_calls_concurrently_and_keeps_the_order(connecting, service):
    service.script = lambda asked: answered(asked.text, delay=0.001 * (97 * int(asked.text) % 40))
    cursor = connecting(concurrency=8).cursor().executemany(ASK, [{"Message": str(n)} for n in range(60)])
    assert [row[0] for row in cursor] == [str(number) for number in range(60)]
    assert 1 < service.peak <= 8


def test_executemany_takes_a_generator_of_sequences(connection):
    cursor = connection.cursor().executemany("CALL GenerateResponse(?)", ([letter] for letter in "abc"))
    assert [row[0] for row in cursor] == ["A", "B", "C"]


def test_executemany_of_nothing_gives_no_rows_and_the_columns(connection, service):
    cursor = connection.cursor().executemany(ASK, [])
    assert cursor.fetchall() == []
    assert cursor.rowcount == 0
    assert len(cursor.description) == 34
    assert service.asked == []


def test_executemany_raises_the_first_error_and_keeps_the_rows_of_the_others(connection, service):
    service.script = lambda asked: refused(400, f"Bad {asked.text}.") if asked.text in "bd" else answered(asked.text)
    cursor = connection.cursor()
    with pytest.raises(grokcall.InvalidRequestError, match=r"Bad b\.") as caught:
        cursor.executemany(ASK, [{"Message": letter} for letter in "abcde"])
    assert caught.value.__notes__ == ["2 of 5 parameter sets failed; the rows of the others stay"]
    assert [row[0] for row in cursor] == ["a", "c", "e"]


def test_executemany_makes_a_wrong_value_the_error_of_its_set(connection, service):
    cursor = connection.cursor()
    with pytest.raises(grokcall.DataError, match="parameter Message"):
        cursor.executemany(ASK, [{"Message": "a"}, {"Message": None}, {"Message": "c"}])
    assert [row[0] for row in cursor] == ["A", "C"]
    assert service.texts == ["a", "c"]


def test_executemany_stops_at_an_error_that_every_set_would_have(connecting, service):
    service.script = lambda asked: refused(400, "Incorrect API key provided.")
    cursor = connecting(concurrency=4).cursor()
    with pytest.raises(grokcall.AuthenticationError):
        cursor.executemany(ASK, [{"Message": str(number)} for number in range(500)])
    assert len(service.asked) <= 4
    assert cursor.fetchall() == []


def test_executemany_runs_calls_only(connection):
    with pytest.raises(grokcall.ProgrammingError, match="executemany runs CALL and the statements of DuckDB only"):
        connection.cursor().executemany("SHOW PROCEDURES", [{}])


def test_a_script_gives_one_result_after_the_other(connection):
    cursor = connection.cursor()
    cursor.executescript("CALL GenerateResponse('a;b'); -- one\nSELECT 1; DESCRIBE PROCEDURE GetModel;")
    assert cursor.fetchone()[0] == "A;B"
    assert cursor.nextset() is True
    assert cursor.fetchall() == [(1,)]
    assert cursor.nextset() is True
    assert cursor.description[0][0] == "Kind"
    assert cursor.nextset() is None
    assert cursor.nextset() is None


def test_a_script_that_fails_on_the_way_keeps_what_came_before(connection, service):
    service.script = lambda asked: refused(400, "Bad.") if asked.text == "bad" else answered(asked.text)
    cursor = connection.cursor()
    with pytest.raises(grokcall.InvalidRequestError):
        cursor.executescript("CALL GenerateResponse('one'); CALL GenerateResponse('two'); CALL GenerateResponse('bad')")
    assert cursor.fetchone()[0] == "one"
    assert cursor.nextset() is True
    assert cursor.fetchone()[0] == "two"


def test_a_script_with_a_wrong_statement_sends_nothing(connection, service):
    with pytest.raises(grokcall.CallSyntaxError):
        connection.cursor().executescript("CALL GenerateResponse('one'); CAL GenerateResponse('two')")
    assert service.asked == []


def test_several_statements_are_refused_outside_a_script(connection, service):
    with pytest.raises(grokcall.CallSyntaxError, match="executescript"):
        connection.execute("CALL GenerateResponse('a'); CALL GenerateResponse('b')")
    assert service.asked == []


def test_a_single_statement_has_no_next_result(connection):
    assert connection.execute("SELECT 1").nextset() is None


def test_commit_and_rollback_do_nothing_without_a_transaction(connection):
    cursor = connection.execute(ASK, {"Message": "hi"})
    assert connection.commit() is None
    assert connection.rollback() is None
    assert cursor.fetchone()[0] == "HI"


def test_sizes_can_be_set_and_are_ignored(connection):
    cursor = connection.cursor()
    assert cursor.setinputsizes([1]) is None
    assert cursor.setoutputsize(1) is None
    assert cursor.setoutputsize(1, 2) is None


def test_warnings_of_a_statement_are_its_messages(connection):
    cursor = connection.execute("CALL GenerateResponse('hi', Model => 'grok-99')")
    ((kind, text),) = cursor.messages
    assert kind is grokcall.Warning
    assert text.startswith("GenerateResponse: Model 'grok-99' is not a listed value; ")
    assert connection.execute(ASK, {"Message": "hi"}).messages == []


CURSOR_USES = [
    lambda cursor: cursor.execute("SELECT 1"),
    lambda cursor: cursor.executemany(ASK, []),
    lambda cursor: cursor.executescript("SELECT 1"),
    lambda cursor: cursor.callproc("ListModels"),
    lambda cursor: cursor.adbc_execute_schema("SELECT 1"),
]
FETCHES = [
    lambda cursor: cursor.fetchone(),
    lambda cursor: cursor.fetchmany(2),
    lambda cursor: cursor.fetchall(),
    lambda cursor: cursor.fetch_arrow_table(),
    lambda cursor: cursor.nextset(),
    lambda cursor: list(cursor),
    lambda cursor: pa.table(cursor),
]


@pytest.mark.parametrize("use", [*CURSOR_USES, *FETCHES])
def test_a_closed_cursor_refuses_to_work(connection, use):
    cursor = connection.execute("SELECT 1")
    cursor.close()
    cursor.close()
    with pytest.raises(grokcall.InterfaceError, match="the cursor is closed"):
        use(cursor)


@pytest.mark.parametrize("use", CURSOR_USES)
def test_the_cursors_of_a_closed_connection_run_nothing(connection, use):
    cursor = connection.execute("SELECT 1")
    connection.close()
    with pytest.raises(grokcall.InterfaceError, match="the connection is closed"):
        use(cursor)


def test_a_result_outlives_its_connection(connection):
    cursor = connection.execute(ASK, {"Message": "hi"})
    connection.close()
    assert cursor.fetchone()[0] == "HI"
    assert cursor.fetch_arrow_table().num_rows == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda connection: connection.cursor(),
        lambda connection: connection.commit(),
        lambda connection: connection.rollback(),
        lambda connection: connection.execute("SELECT 1"),
        lambda connection: connection.lookup(ASK, [{"Message": "hi"}]),
        lambda connection: connection.__enter__(),
    ],
)
def test_a_closed_connection_refuses_to_work(connection, use):
    connection.close()
    connection.close()
    with pytest.raises(grokcall.InterfaceError, match="the connection is closed"):
        use(connection)
    assert repr(connection).endswith("(closed)>")


def test_context_managers_close(service):
    with grokcall.connect(api_key=KEY, base_url=service.base_url) as connection:
        with connection.cursor() as cursor:
            cursor.execute(ASK, {"Message": "hi"})
        with pytest.raises(grokcall.InterfaceError, match="the cursor is closed"):
            cursor.fetchone()
    with pytest.raises(grokcall.InterfaceError, match="the connection is closed"):
        connection.cursor()


def test_closing_ends_a_call_that_runs_in_another_thread(connection, service):
    service.script = lambda asked: answered("late", delay=30)
    raised: list[BaseException] = []

    def call() -> None:
        try:
            connection.execute(ASK, {"Message": "hi"})
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    while not service.asked:
        time.sleep(0.01)
    connection.close()
    thread.join(5)
    assert not thread.is_alive()
    assert [(type(error), str(error)) for error in raised] == [(grokcall.InterfaceError, "the connection is closed")]


def test_a_connection_that_was_used_and_not_closed_warns(service):
    connection = grokcall.connect(api_key=KEY, base_url=service.base_url)
    connection.execute(ASK, {"Message": "hi"})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del connection
        gc.collect()  # the collector may come to its sockets first
    told = [str(each.message) for each in caught if issubclass(each.category, ResourceWarning)]
    assert any(each.startswith("unclosed <grokcall.Connection to http://127.0.0.1") for each in told)


def test_a_connection_that_was_never_used_may_be_dropped(service):
    connection = grokcall.connect(base_url=service.base_url)
    connection.execute("SELECT 1")
    del connection
    gc.collect()


def test_threads_share_a_connection_each_with_its_own_cursors(connecting, service):
    service.script = lambda asked: answered(asked.text.upper(), delay=0.002)
    connection = connecting(concurrency=4)
    wrong: list[object] = []
    ready = threading.Barrier(8)

    def work(thread: int) -> None:
        ready.wait()
        for number in range(15):
            message = f"t{thread} n{number}"
            with connection.cursor() as cursor:
                row = cursor.execute(ASK, {"Message": message}).fetchone()
            if row[0] != message.upper():
                wrong.append((message, row))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert wrong == []
    assert len(service.asked) == 120
    assert 1 < service.peak <= 4


STATEMENTS_WITHOUT_A_REQUEST = [
    ("SELECT 1", [(1,)]),
    ("select 1 as one", [(1,)]),
]


@pytest.mark.parametrize(("statement", "rows"), STATEMENTS_WITHOUT_A_REQUEST)
def test_the_question_of_connection_pools_is_answered_without_a_request_or_key(service, statement, rows):
    with grokcall.connect(base_url=service.base_url) as connection:
        assert connection.execute(statement).fetchall() == rows
    assert service.asked == []


def test_procedures_are_shown_and_described_without_a_request_or_key(service):
    with grokcall.connect(base_url=service.base_url) as connection:
        shown = connection.execute("SHOW PROCEDURES LIKE '%video%'").fetch_arrow_table()
        described = connection.execute("DESCRIBE PROCEDURE generateimage").fetch_arrow_table()
    assert {"GenerateVideo", "EditVideo", "EditVideoByUrl"} <= set(shown["Procedure_Name"].to_pylist())
    first = described.to_pylist()[0]
    assert (first["Kind"], first["Position"], first["Name"], first["Type"]) == (
        "parameter",
        1,
        "Instructions",
        "String",
    )
    assert first["Required"] is True
    assert "ResultImage_Content" in [row["Name"] for row in described.to_pylist()]
    assert service.asked == []


def test_explaining_shows_the_request_without_sending_it_and_without_a_key(service):
    with grokcall.connect(base_url=service.base_url) as connection:
        row = connection.execute("EXPLAIN CALL GenerateResponse(:Message)", {"Message": "hi"}).fetch_arrow_table()
        ((step, method, url, headers, body, warning),) = zip(*row.to_pydict().values(), strict=True)
    assert (step, method, url, warning) == (1, "POST", f"{service.base_url}/responses", None)
    assert '"Authorization": "Bearer ***"' in headers
    assert '"hi"' in body
    assert service.asked == []


def test_explaining_shortens_an_image(service):
    picture = b"\xff\xd8\xff" + bytes(100_000)
    with grokcall.connect(base_url=service.base_url) as connection:
        cursor = connection.execute("EXPLAIN CALL AnalyzeImage('What is it?', ?)", [picture])
        body = cursor.fetch_arrow_table()["Body"][0].as_py()
    assert len(body) < 1000
    assert service.asked == []


def test_explaining_an_upload_shows_each_step_up_to_the_answer(service):
    with grokcall.connect(base_url=service.base_url) as connection:
        cursor = connection.execute("EXPLAIN CALL AnalyzeFile('What is it?', ?, 'a.pdf')", [b"%PDF-1.7 " + bytes(500)])
        rows = cursor.fetch_arrow_table().to_pylist()
    assert [(row["Step"], row["Method"], row["Url"]) for row in rows] == [
        (1, "POST", f"{service.base_url}/files"),
        (2, "POST", f"{service.base_url}/responses"),
    ]
    assert "<id of upload 1>" in rows[1]["Body"]
    assert service.asked == []


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("CALL GenerateResponse(:Message)", "Response_Result"),
        ("CALL GenerateVideo('x')", "ResultVideo_Content"),
        ("EXPLAIN CALL GenerateResponse(:Message)", "Step"),
        ("SHOW PROCEDURES", "Procedure_Name"),
        ("DESCRIBE PROCEDURE GetModel", "Kind"),
        ("SELECT 1 AS one", "one"),
    ],
)
def test_the_schema_of_a_result_can_be_had_without_a_request(service, statement, first):
    with grokcall.connect(base_url=service.base_url) as connection:
        schema = connection.cursor().adbc_execute_schema(statement)
    assert schema.names[0] == first
    assert service.asked == []


def test_the_promised_schema_is_the_schema_of_the_result(on_sandbox):
    for statement in ("CALL GenerateResponse('hi')", "CALL GenerateImage('kite')", "CALL ListModels()"):
        promised = on_sandbox.cursor().adbc_execute_schema(statement)
        assert on_sandbox.execute(statement).fetch_arrow_table().schema == promised


def test_an_empty_result_keeps_its_types(connection, service):
    from scripted_service import Answer

    service.script = lambda asked: Answer(b'{"data": []}')
    cursor = connection.execute("CALL ListModels()")
    assert cursor.fetchall() == []
    assert cursor.fetch_arrow_table().schema == cursor.adbc_execute_schema("CALL ListModels()")


def test_the_error_of_the_service_carries_its_facts(connection, service):
    service.script = lambda asked: refused(404, "The model nope does not exist.", "not-found")
    with pytest.raises(grokcall.NotFoundError) as caught:
        connection.execute(ASK, {"Message": "hi"})
    error = caught.value
    assert isinstance(error, grokcall.ProgrammingError)
    assert (error.status, error.code, error.request_id, error.retryable) == (404, "not-found", "req-refused", False)


def test_a_query_that_calls_nothing_asks_nothing(connection, service):
    assert connection.execute("SELECT count(*) FROM range(3)").fetchall() == [(3,)]
    assert service.asked == []


def test_a_service_can_stand_anywhere():
    with Service() as service, grokcall.connect(api_key=KEY, base_url=f"{service.origin}/grok/v1/") as connection:
        connection.execute(ASK, {"Message": "hi"})
        assert service.asked[0].path == "/grok/v1/responses"
