"""Arguments that are named like words of SQL can be given in queries as they are in CALLs."""

from __future__ import annotations

import duckdb
import pytest

import grokcall
from grokcall.duckdb.reserved_names import RESERVED
from grokcall_procedures import CATALOG


def test_every_parameter_with_a_reserved_name_is_known():
    with duckdb.connect() as database:
        words = database.execute(
            "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
        ).fetchall()
    reserved = {word.lower() for (word,) in words}
    named = {each.name.lower() for procedure in CATALOG.values() for each in procedure.parameters}
    assert reserved & named == RESERVED


@pytest.mark.parametrize(
    "arguments",
    [
        "Query := 'sun', From := '2026-11-01', To := '2026-11-30'",
        "'sun', from  :=  '2026-11-01', to => '2026-11-30'",
        "'sun', \"From\" := '2026-11-01', \"To\" := '2026-11-30'",
        "'sun', From\n:=\n'2026-11-01', To := '2026-11-30'",
    ],
    ids=["as it is", "small letters", "in quotes", "over lines"],
)
def test_a_query_names_them_as_a_call_does(connection, service, arguments):
    connection.execute(f"SELECT Post_Url FROM SearchX({arguments})")
    (tool,) = service.asked[0].json["tools"]
    assert (tool["from_date"], tool["to_date"]) == ("2026-11-01", "2026-11-30")


def test_without_room_for_quotes_the_remedy_is_told(connection, service):
    with pytest.raises(grokcall.ArgumentsError) as refused:
        connection.execute("FROM SearchX('sun', From:='2026-11-01')")
    assert str(refused.value).startswith('From is a word of SQL, so as a name it stands in quotes: write "From" := …')
    assert "LINE" in str(refused.value) or "^" in str(refused.value)
    assert service.asked == []


def test_the_words_keep_their_meaning_elsewhere(connection, service):
    rows = connection.execute(
        "WITH days AS (SELECT d FROM (VALUES ('2026-11-01'), ('2026-11-02')) v(d)) "
        "SELECT d, s.Post_Url FROM days LEFT JOIN SearchX('sun', From := '2026-11-01') s ON TRUE ORDER BY d"
    ).fetchall()
    assert [day for day, _ in rows] == ["2026-11-01", "2026-11-02"]


def test_an_error_after_such_a_name_points_to_its_place(connection):
    sql = "SELECT Post_Url, wrong FROM SearchX('sun', From := '2026-11-01')"
    with pytest.raises(grokcall.StatementError) as refused:
        connection.execute(sql)
    assert "wrong" in str(refused.value)


def test_what_such_a_query_gives_is_known_before_it_is_run(connection, service):
    sql = "SELECT Post_Url FROM SearchX('sun', From := '2026-11-01')"
    assert connection.cursor().adbc_execute_schema(sql).names == ["Post_Url"]
    assert service.asked == []
