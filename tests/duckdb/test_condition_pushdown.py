"""Conditions in queries: calls are made for the rows that are left, wherever the condition stands."""

from __future__ import annotations

import duckdb
import pytest

from grokcall.duckdb.condition_pushdown import conditions_in_tables
from scripted_service import Service

ASK = "GenerateResponse(t.body) r"
CHAIN = f"{ASK}, GenerateResponse(r.Response_Result) s"
TABLES = """
CREATE TABLE t AS SELECT i AS id, 'q' || i AS body, {'a': i, 'b': {'c': i}} AS s, i % 2 = 0 AS even FROM range(6) x(i);
CREATE TABLE done AS SELECT i AS id, 'q' || i AS body FROM range(2) x(i);
CREATE VIEW seen AS SELECT id FROM done;
"""
CALLS = [
    ("t.s.a = 2", 1),
    ("s.a = 2", 1),
    ("t.s.b.c = 2", 1),
    ("s.b.c IN (2, 3)", 2),
    ("t.s['a'] = 2", 1),
    ("t.id NOT IN (SELECT id FROM done)", 4),
    ("id NOT IN (SELECT id FROM done)", 4),
    ("t.id IN (SELECT id FROM done)", 2),
    ("t.id IN (SELECT id FROM seen) AND r.Response_Result LIKE 'Q%'", 2),
    ("(t.id, t.body) IN (SELECT id, body FROM done)", 2),
    ("EXISTS (SELECT 1 FROM done d WHERE d.id = t.id)", 2),
    ("NOT EXISTS (FROM done d WHERE d.id = t.id)", 4),
    ("t.id = ANY([1, 2])", 2),
    ("t.id = ANY (SELECT id FROM done)", 2),
    ("t.id > ALL (SELECT id FROM done)", 4),
    ("t.id = (SELECT max(id) FROM done)", 1),
    ("t.id NOT IN (SELECT id FROM done) OR t.id = 1", 5),
    ("t.id BETWEEN 1 AND 4 AND t.id NOT IN (SELECT id FROM done)", 3),
    ("CASE WHEN t.even AND t.id > 0 THEN t.id IN (SELECT id + 2 FROM done) ELSE false END AND true", 1),
    ("t.id IN (SELECT id FROM done) AND t.s.a = 1 /* one -- */", 1),
]


@pytest.fixture
def asking(con, registered):
    con.execute(TABLES)
    return registered


@pytest.mark.parametrize(("condition", "calls"), CALLS)
def test_a_condition_on_the_table_is_looked_at_before_the_calls(asking, con, service: Service, condition, calls):
    sql = f"SELECT t.id, r.Response_Result FROM t, {ASK} WHERE {condition}"
    table = asking.query(f"{sql}\nORDER BY t.id")
    assert len(service.texts) == calls
    assert list(zip(*table.to_pydict().values(), strict=True)) == con.execute(f"{sql}\nORDER BY t.id").fetchall()


@pytest.mark.parametrize(("condition", "calls"), CALLS)
def test_connections_look_at_conditions_in_the_same_way(connection, service: Service, condition, calls):
    connection.cursor().executescript(TABLES)
    connection.execute(f"SELECT t.id FROM t, {ASK} WHERE {condition}\n")
    assert len(service.texts) == calls


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        (f"SELECT * FROM t, {CHAIN} WHERE t.id = 2", 2),
        (f"SELECT * FROM t, {CHAIN} WHERE t.id IN (SELECT id FROM done)", 4),
        (f"SELECT * FROM t, {CHAIN} WHERE r.Response_Result = 'Q1'", 7),
        (f"SELECT * FROM t, {CHAIN} WHERE t.id < 4 AND r.Response_Result IN ('Q1', 'Q9')", 5),
        (f"SELECT * FROM t LEFT JOIN LATERAL {ASK} ON true WHERE t.id NOT IN (SELECT id FROM done)", 4),
        (f"SELECT * FROM t JOIN done d ON d.id = t.id, {ASK} WHERE t.id NOT IN (SELECT id + 1 FROM seen)", 1),
        (f"SELECT * FROM done d, t, {ASK} WHERE t.id IN (SELECT id FROM seen) AND d.id = t.id", 2),
        (f"FROM t, {ASK} SELECT t.id WHERE t.id NOT IN (SELECT id FROM done)", 4),
        (f"WITH old AS (FROM done) SELECT * FROM t, {ASK} WHERE t.id NOT IN (SELECT id FROM old)", 4),
        (f"WITH c AS (SELECT * FROM t, {ASK} WHERE t.id IN (SELECT id FROM done)) SELECT count(*) FROM c", 2),
        (f"SELECT count(*) FROM (SELECT r.* FROM t, {ASK} WHERE t.id NOT IN (SELECT id FROM done)) q", 4),
        (f"SELECT id FROM t WHERE id IN (SELECT t.id FROM t, {ASK} WHERE t.id IN (SELECT id FROM done))", 2),
        (f"SELECT t.even, count(*) FROM t, {ASK} WHERE t.id NOT IN (SELECT id FROM done) GROUP BY ALL", 4),
        ("FROM range(6) t(id), GenerateResponse('n' || t.id) r WHERE t.id IN (SELECT id FROM done)", 2),
        (f"FROM (SELECT * FROM t) AS t, {ASK} WHERE t.id IN (SELECT id FROM done)", 2),
        (f"FROM main.t, {ASK} WHERE t.id IN (SELECT id FROM done) UNION ALL FROM t, {ASK} WHERE t.s.a = 3", 3),
        (f"CREATE TABLE kept AS SELECT t.id, r.* FROM t, {ASK} WHERE t.id NOT IN (SELECT id FROM done)", 4),
    ],
)
def test_conditions_count_wherever_the_calls_stand(asking, con, service: Service, sql, calls):
    found = asking.query(sql)
    assert len(service.texts) == calls
    if not sql.startswith("CREATE"):
        plain = con.execute(sql).fetchall()  # every call is known by now or made: the rows are the same
        assert sorted(map(str, plain)) == sorted(str(tuple(row.values())) for row in rows_of(found))


def rows_of(table):
    names = [f"{number}" for number in range(table.num_columns)]
    return table.rename_columns(names).to_pylist()


@pytest.mark.parametrize(
    ("sql", "calls"),
    [
        (f"SELECT t.id FROM t, {ASK} WHERE t.id NOT IN (SELECT id FROM done)", 4),
        # The name in the subquery may be of either table, and to ask DuckDB could end the transaction.
        (f"SELECT t.id FROM t, (SELECT 7 AS n) u, {ASK} WHERE t.id NOT IN (SELECT id FROM done WHERE n = 7)", 6),
    ],
)
def test_a_transaction_stays_open(asking, con, service: Service, sql, calls):
    con.execute("BEGIN")
    con.execute("CREATE TABLE new (a INT)")
    assert asking.query(sql).num_rows == 4
    assert asking.query("SELECT count(*) AS n FROM new").to_pylist() == [{"n": 0}]
    con.execute("COMMIT")
    assert len(service.texts) == calls


def test_a_wrong_condition_is_told_in_its_own_words(asking, service: Service):
    with pytest.raises(duckdb.Error, match="nothing") as caught:
        asking.query(f"SELECT t.id FROM t, {ASK} WHERE t.id NOT IN (SELECT nothing FROM done)")
    assert "SELECT * FROM t" not in str(caught.value)
    assert service.calm(0.05) == 0


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT * FROM t, {ASK} WHERE random() < 0.5",
        f"SELECT * FROM t, {ASK} WHERE t.id IN (SELECT id FROM done WHERE generate_response(body) = 'x')",
        f"SELECT * FROM t, {ASK} WHERE t.id IN (SELECT d.id FROM done d, GenerateResponse(d.body))",
        f"SELECT * FROM t, {ASK} WHERE t.id = ?",
        f"SELECT * FROM t RIGHT JOIN done d ON d.id = t.id, {ASK} WHERE t.id IN (SELECT id FROM done)",
        f"SELECT * FROM t FULL JOIN done d ON d.id = t.id, {ASK} WHERE t.id IN (SELECT id FROM done)",
        f"SELECT * FROM t, {ASK} WHERE t.rowid IN (SELECT id FROM done)",
        f"SELECT * FROM t, {ASK} WHERE r.Response_Result IN (SELECT body FROM done)",
        f"SELECT * FROM t, {ASK} WHERE t.body = r.Response_Result",
        f"SELECT r.Response_Result AS x FROM t, {ASK} WHERE x IN (SELECT body FROM done)",
        f"SELECT * FROM done d LEFT JOIN t ON d.id = t.id, {ASK} WHERE t.id IN (SELECT id FROM done)",
        f"CREATE VIEW v AS SELECT * FROM t, {ASK} WHERE t.id IN (SELECT id FROM done)",
        "SELECT * FROM t WHERE t.id IN (SELECT id FROM done)",
        "UPDATE t SET body = 'x' FROM done d WHERE d.id = t.id",
        "DELETE FROM t WHERE t.id IN (SELECT id FROM done)",
        f"SELECT * FROM t, {ASK} WHERE 'open",
    ],
)
def test_any_other_query_stays_as_it_is(sql):
    unsteady = {"random": True, "generate_response": True}
    assert conditions_in_tables(sql, {"generateresponse": {"response_result"}}, unsteady, asked=True) is None
