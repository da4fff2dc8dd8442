"""What PEP 249 asks of a driver, point by point, of connections that block and of those that are awaited."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import grokcall
from scripted_service import Service, answered

Connect = Callable[..., Any]

BEERS = ["Altbier", "Bock", "Dubbel", "Gose", "Kölsch", "Märzen"]
CREATE = "CREATE TABLE beers (name VARCHAR)"
ASK = "CALL GenerateResponse(:Message)"
FETCHES: dict[str, Callable[[Any], object]] = {
    "fetchone": lambda cursor: cursor.fetchone(),
    "fetchmany": lambda cursor: cursor.fetchmany(4),
    "fetchall": lambda cursor: cursor.fetchall(),
}


def filled(connect: Connect) -> Any:
    """A cursor of a connection whose database has the beers."""
    cursor = connect().cursor()
    cursor.execute(CREATE)
    cursor.executemany("INSERT INTO beers VALUES (:beer)", [{"beer": name} for name in BEERS])
    return cursor


# The module


def test_the_level_of_the_api_is_two():
    assert grokcall.apilevel == "2.0"


def test_threads_may_share_the_module_and_connections(connect: Connect):
    assert grokcall.threadsafety == 2
    connection = connect()
    given: list[object] = []

    def work(number: int) -> None:
        with connection.cursor() as cursor:
            given.append(cursor.execute("SELECT ?", [number]).fetchone())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [(number,) for number in range(8)]


def test_the_style_of_parameters_is_one_that_pep_249_knows():
    assert grokcall.paramstyle in {"qmark", "numeric", "named", "format", "pyformat"}


TREE = {
    "Warning": "Exception",
    "Error": "Exception",
    "InterfaceError": "Error",
    "DatabaseError": "Error",
    "DataError": "DatabaseError",
    "OperationalError": "DatabaseError",
    "IntegrityError": "DatabaseError",
    "InternalError": "DatabaseError",
    "ProgrammingError": "DatabaseError",
    "NotSupportedError": "DatabaseError",
}


@pytest.mark.parametrize(("name", "parent"), TREE.items())
def test_an_exception_is_in_its_place_and_an_attribute_of_connections(connect: Connect, name: str, parent: str):
    kind = getattr(grokcall, name)
    assert issubclass(kind, Exception if parent == "Exception" else getattr(grokcall, parent))
    assert getattr(connect(), name) is kind
    assert getattr(grokcall.Connection, name) is getattr(grokcall.AsyncConnection, name) is kind


# Connections


def test_a_connection_commits_and_rolls_back(connect: Connect):
    connection = connect()
    connection.commit()
    connection.rollback()
    connection.execute("SELECT 1")
    connection.commit()
    connection.rollback()


def test_a_connection_gives_cursors_that_know_it(connect: Connect):
    connection = connect()
    first, second = connection.cursor(), connection.cursor()
    assert first is not second
    assert first.connection is second.connection


def test_cursors_of_a_connection_see_what_the_others_have_changed(connect: Connect):
    connection = connect()
    first, second = connection.cursor(), connection.cursor()
    first.execute(CREATE)
    first.execute("INSERT INTO beers VALUES ('Gose')")
    second.execute("SELECT name FROM beers")
    assert second.fetchall() == [("Gose",)]
    assert first.description is None


AFTER_CLOSE: dict[str, Callable[[Any, Any], object]] = {
    "commit": lambda connection, _: connection.commit(),
    "rollback": lambda connection, _: connection.rollback(),
    "cursor": lambda connection, _: connection.cursor(),
    "connection.execute": lambda connection, _: connection.execute("SELECT 1"),
    "execute": lambda _, cursor: cursor.execute("SELECT 1"),
    "executemany": lambda _, cursor: cursor.executemany("SELECT ?", [[1]]),
    "executescript": lambda _, cursor: cursor.executescript("SELECT 1"),
    "callproc": lambda _, cursor: cursor.callproc("GenerateResponse", ["hi"]),
}


@pytest.mark.parametrize("name", AFTER_CLOSE)
def test_after_a_connection_was_closed_its_use_is_an_error(connect: Connect, service: Service, name: str):
    connection = connect()
    cursor = connection.cursor()
    connection.close()
    with pytest.raises(grokcall.InterfaceError, match="the connection is closed"):
        AFTER_CLOSE[name](connection, cursor)
    connection.close()
    assert service.asked == []


@pytest.mark.parametrize("name", [*FETCHES, "execute", "executemany", "executescript", "callproc"])
def test_after_a_cursor_was_closed_its_use_is_an_error(connect: Connect, name: str):
    connection = connect()
    cursor = connection.execute("SELECT 1")
    cursor.close()
    cursor.close()
    with pytest.raises(grokcall.InterfaceError, match="the cursor is closed"):
        FETCHES[name](cursor) if name in FETCHES else AFTER_CLOSE[name](connection, cursor)


def test_connections_and_cursors_close_at_the_end_of_their_blocks(connect: Connect):
    with connect() as connection:
        with connection.cursor() as cursor:
            assert cursor.execute("SELECT 1").fetchone() == (1,)
        with pytest.raises(grokcall.InterfaceError, match="the cursor is closed"):
            cursor.fetchone()
    with pytest.raises(grokcall.InterfaceError, match="the connection is closed"):
        connection.cursor()


# Results


def test_a_description_is_there_with_rows_only(connect: Connect):
    cursor = connect().cursor()
    assert cursor.description is None
    cursor.execute(CREATE)
    assert cursor.description is None
    cursor.execute("SELECT name, 1 AS one FROM beers")
    assert [len(column) for column in cursor.description] == [7, 7]
    assert [column[0] for column in cursor.description] == ["name", "one"]
    assert cursor.description[0][1] == grokcall.STRING
    assert cursor.description[1][1] == grokcall.NUMBER
    cursor.execute("INSERT INTO beers VALUES ('Gose')")
    assert cursor.description is None
    cursor.execute(ASK, {"Message": "hi"})
    assert cursor.description[0][0] == "Response_Result"


def test_the_count_of_rows_is_known_after_each_kind_of_statement(connect: Connect):
    cursor = connect().cursor()
    assert cursor.rowcount == -1
    cursor.execute(CREATE)
    assert cursor.rowcount == -1
    cursor.execute("INSERT INTO beers VALUES ('Gose')")
    assert cursor.rowcount == 1
    cursor.executemany("INSERT INTO beers VALUES (?)", [["Bock"], ["Dubbel"]])
    assert cursor.rowcount == 2
    cursor.execute("SELECT name FROM beers")
    assert cursor.rowcount == 3
    cursor.execute("UPDATE beers SET name = 'x' WHERE name <> 'Gose'")
    assert cursor.rowcount == 2
    cursor.executemany(ASK, [{"Message": "a"}, {"Message": "b"}])
    assert cursor.rowcount == 2


@pytest.mark.parametrize("name", FETCHES)
def test_fetching_before_a_statement_is_an_error(connect: Connect, name: str):
    with pytest.raises(grokcall.ProgrammingError, match="there is no result"):
        FETCHES[name](connect().cursor())


@pytest.mark.parametrize("statement", [CREATE, "INSERT INTO beers VALUES ('Gose')", "DROP TABLE beers"])
@pytest.mark.parametrize("name", FETCHES)
def test_fetching_after_a_statement_without_rows_is_an_error(connect: Connect, name: str, statement: str):
    cursor = connect().cursor()
    if statement != CREATE:
        cursor.execute(CREATE)
    cursor.execute(statement)
    with pytest.raises(grokcall.ProgrammingError, match="there is no result"):
        FETCHES[name](cursor)


def test_fetching_one_row_gives_none_at_the_end(connect: Connect):
    cursor = filled(connect)
    cursor.execute("SELECT name FROM beers ORDER BY name")
    assert [cursor.fetchone() for _ in BEERS] == [(name,) for name in BEERS]
    assert cursor.fetchone() is None
    assert cursor.fetchone() is None
    assert cursor.rowcount == len(BEERS)
    cursor.execute("SELECT name FROM beers WHERE name = 'none'")
    assert cursor.fetchone() is None
    assert cursor.rowcount == 0


def test_fetching_many_rows_takes_arraysize_or_a_size(connect: Connect):
    cursor = filled(connect)
    cursor.execute("SELECT name FROM beers ORDER BY name")
    assert cursor.arraysize == 1
    assert cursor.fetchmany() == [(BEERS[0],)]
    cursor.arraysize = 2
    assert cursor.arraysize == 2
    assert cursor.fetchmany() == [(name,) for name in BEERS[1:3]]
    assert cursor.fetchmany(1) == [(BEERS[3],)]
    assert cursor.fetchmany(0) == []
    assert cursor.fetchmany(size=10) == [(name,) for name in BEERS[4:]]
    assert cursor.fetchmany() == []
    cursor.execute("SELECT name FROM beers WHERE name = 'none'")
    assert cursor.fetchmany() == []


def test_fetching_all_rows_gives_those_that_are_left(connect: Connect):
    cursor = filled(connect)
    cursor.execute("SELECT name FROM beers ORDER BY name")
    assert cursor.fetchall() == [(name,) for name in BEERS]
    assert cursor.fetchall() == []
    cursor.execute("SELECT name FROM beers WHERE name = 'none'")
    assert cursor.fetchall() == []


def test_the_ways_of_fetching_go_together(connect: Connect):
    cursor = filled(connect)
    cursor.execute("SELECT name FROM beers ORDER BY name")
    first, two, fourth, rest = cursor.fetchone(), cursor.fetchmany(2), cursor.fetchone(), cursor.fetchall()
    assert [first, *two, fourth, *rest] == [(name,) for name in BEERS]
    assert cursor.rowcount == len(BEERS)


def test_a_cursor_is_iterated_over_the_rows_that_are_left(connect: Connect):
    cursor = filled(connect)
    cursor.execute("SELECT name FROM beers ORDER BY name")
    assert cursor.fetchone() == (BEERS[0],)
    assert list(cursor) == [(name,) for name in BEERS[1:]]
    assert list(cursor) == []


def test_the_next_result_of_a_script_can_be_had(connect: Connect):
    cursor = connect().cursor()
    cursor.executescript(f"{CREATE}; INSERT INTO beers VALUES ('Gose'), ('Bock'); FROM beers; SELECT 2")
    assert cursor.description is None
    assert cursor.nextset() is True
    assert cursor.rowcount == 2
    assert cursor.nextset() is True
    assert cursor.fetchone() == ("Gose",)
    assert cursor.nextset() is True  # what was not fetched is left behind
    assert cursor.fetchall() == [(2,)]
    assert cursor.nextset() is None


def test_a_single_statement_has_no_next_result(connect: Connect):
    cursor = filled(connect)
    assert cursor.nextset() is None
    cursor.execute("SELECT 1")
    assert cursor.nextset() is None


# Statements


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("SELECT :name || ''", {"name": "Kölsch"}),  # named, which the module declares
        ("SELECT $name || ''", {"name": "Kölsch"}),
        ("SELECT ? || ''", ["Kölsch"]),
        ("SELECT ? || ''", ("Kölsch",)),
        ("SELECT 'Kölsch'", None),
        ("SELECT 'Kölsch'", []),
        ("SELECT 'Kölsch'", {}),
    ],
)
def test_a_query_takes_parameters(connect: Connect, statement: str, parameters: Any):
    assert connect().cursor().execute(statement, parameters).fetchall() == [("Kölsch",)]


@pytest.mark.parametrize(
    "awkward", ["it's", '"', "%s", ":name", "?", "a\nb", "\\", "--", "; DROP TABLE beers", "\u00e9"]
)
def test_a_text_is_never_taken_for_a_part_of_the_statement(connect: Connect, service: Service, awkward: str):
    service.script = lambda asked: answered("taken")
    cursor = filled(connect)
    cursor.execute("INSERT INTO beers VALUES (:beer)", {"beer": awkward})
    assert cursor.execute("SELECT name FROM beers WHERE name = ?", [awkward]).fetchall() == [(awkward,)]
    assert cursor.execute(ASK, {"Message": awkward}).fetchone()[0] == "taken"
    assert service.texts == [awkward]


@pytest.mark.parametrize("gathered", [list, tuple, iter])
def test_many_sets_of_parameters_are_taken_from_any_iterable(connect: Connect, gathered: Callable[[Any], Any]):
    cursor = connect().cursor()
    cursor.execute(CREATE)
    cursor.executemany("INSERT INTO beers VALUES (:beer)", gathered([{"beer": name} for name in BEERS]))
    assert cursor.rowcount == len(BEERS)
    assert sorted(cursor.execute("FROM beers").fetchall()) == [(name,) for name in BEERS]
    cursor.executemany(ASK, gathered([{"Message": name} for name in BEERS]))
    assert [row[0] for row in cursor.fetchall()] == [name.upper() for name in BEERS]


def test_no_set_of_parameters_changes_nothing(connect: Connect):
    cursor = connect().cursor()
    cursor.execute(CREATE)
    cursor.executemany("INSERT INTO beers VALUES (?)", [])
    assert cursor.execute("SELECT count(*) FROM beers").fetchone() == (0,)


@pytest.mark.parametrize("arguments", [["hi"], ("hi",), {"Message": "hi"}])
def test_a_procedure_is_called_and_its_arguments_come_back_unchanged(connect: Connect, arguments: Any):
    cursor = connect().cursor()
    assert cursor.callproc("GenerateResponse", arguments) == arguments
    assert cursor.fetchone()[0] == "HI"
    assert cursor.fetchone() is None


def test_a_procedure_without_arguments_is_called(connect: Connect):
    cursor = connect().cursor()
    with pytest.raises(grokcall.StatementError, match="Message"):
        cursor.callproc("GenerateResponse")
    with pytest.raises(grokcall.ProgrammingError, match="NoSuchProcedure"):
        cursor.callproc("NoSuchProcedure")


def test_a_wrong_statement_is_a_programming_error_and_leaves_the_cursor_usable(connect: Connect):
    cursor = filled(connect)
    for wrong in ("SELECTED 1", "FROM no_such_table", "CALL NoSuchProcedure()", "SELECT (", ""):
        with pytest.raises(grokcall.ProgrammingError):
            cursor.execute(wrong)
        assert cursor.description is None
    assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_a_constraint_that_is_violated_is_an_integrity_error(connect: Connect):
    cursor = connect().cursor()
    cursor.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
    cursor.execute("INSERT INTO one VALUES (1)")
    with pytest.raises(grokcall.IntegrityError):
        cursor.execute("INSERT INTO one VALUES (1)")


def test_sizes_are_taken_and_change_nothing(connect: Connect):
    cursor = filled(connect)
    cursor.setinputsizes((25,))
    cursor.setoutputsize(1000)
    cursor.setoutputsize(2000, 0)
    assert cursor.execute("SELECT name FROM beers WHERE name = ?", ["Märzen"]).fetchall() == [("Märzen",)]


# Values


VALUES = [
    ("VARCHAR", None, None),
    ("INTEGER", None, None),
    ("VARCHAR", "", grokcall.STRING),
    ("VARCHAR", "Kölsch \U0001f37a", grokcall.STRING),
    ("INTEGER", -7, grokcall.NUMBER),
    ("BIGINT", 2**62, grokcall.NUMBER),
    ("DOUBLE", 0.1, grokcall.NUMBER),
    ("DECIMAL(10, 2)", Decimal("12.34"), grokcall.NUMBER),
    ("BOOLEAN", True, grokcall.NUMBER),
    ("BLOB", grokcall.Binary(b"\x00\xff\x00"), grokcall.BINARY),
    ("DATE", grokcall.Date(2026, 11, 22), grokcall.DATETIME),
    ("TIME", grokcall.Time(16, 9, 4), grokcall.DATETIME),
    ("TIMESTAMP", grokcall.Timestamp(2026, 11, 22, 16, 9, 4), grokcall.DATETIME),
    ("DATE", grokcall.DateFromTicks(1_800_000_000), grokcall.DATETIME),
    ("TIME", grokcall.TimeFromTicks(1_800_000_000), grokcall.DATETIME),
    ("TIMESTAMP", grokcall.TimestampFromTicks(1_800_000_000), grokcall.DATETIME),
]


@pytest.mark.parametrize(("kind", "value", "group"), VALUES)
def test_a_value_comes_back_as_it_went_in(connect: Connect, kind: str, value: object, group: object):
    cursor = connect().cursor()
    cursor.execute(f"CREATE TABLE t (v {kind})")
    cursor.execute("INSERT INTO t VALUES (:v)", {"v": value})
    cursor.execute("INSERT INTO t VALUES (?)", [value])
    assert cursor.execute("FROM t").fetchall() == [(value,), (value,)]
    groups = (grokcall.STRING, grokcall.BINARY, grokcall.NUMBER, grokcall.DATETIME, grokcall.ROWID)
    if group is not None:
        assert [each for each in groups if cursor.description[0][1] == each] == [group]


def test_ticks_are_seconds_of_local_time():
    ticks = time.mktime((2026, 11, 22, 16, 9, 4, 0, 0, -1))
    assert grokcall.DateFromTicks(ticks) == grokcall.Date(2026, 11, 22) == datetime.date(2026, 11, 22)
    assert grokcall.TimeFromTicks(ticks) == grokcall.Time(16, 9, 4) == datetime.time(16, 9, 4)
    at = datetime.datetime(2026, 11, 22, 16, 9, 4)
    assert grokcall.TimestampFromTicks(ticks) == grokcall.Timestamp(2026, 11, 22, 16, 9, 4) == at


def test_type_objects_differ_and_are_equal_to_themselves():
    groups = [grokcall.STRING, grokcall.BINARY, grokcall.NUMBER, grokcall.DATETIME, grokcall.ROWID]
    for each in groups:
        assert [other for other in groups if other == each] == [each]
    assert not any(kind == grokcall.ROWID for kind in (pa.int64(), pa.string(), pa.binary(), pa.date32()))
