"""Whatever a query looks like, the service is asked once for each distinct row that it needs."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from grokcall.duckdb import Registration
from scripted_service import Service

CALL = "GenerateResponse"
VECTOR = 2048


def bodies(*numbers: int) -> set[str]:
    """The bodies of some tickets."""
    return {f"m{number}" for number in numbers}


ALL = bodies(0, 1, 2, 3, 4)
NAMES = {"p0", "p1", "p2"}
CHANNELS = {"k0", "k1"}


@dataclass(frozen=True)
class Shape:
    """A query, and the prompts that it needs; ``G`` stands for the procedure and ``g`` for its scalar form."""

    sql: str
    needed: Collection[str]
    or_fewer: bool = False
    """Whether some versions of DuckDB find out that they need fewer."""

    @property
    def text(self) -> str:
        """The query in full."""
        return self.sql.replace("G(", "GenerateResponse(").replace("g(", "generate_response(")


LATERAL = "FROM tickets t, G(t.body) r"
SHAPES = [
    # one call
    Shape("CALL G('hi')", {"hi"}),
    Shape("CALL G('hi', 'Be brief', 'grok-4.3')", {"hi"}),
    Shape("CALL G('hi', Model := 'grok-4.3', Store => false)", {"hi"}),
    Shape("FROM G('hi')", {"hi"}),
    Shape("SELECT Response_Result, Response_Id, Response_Result FROM G('hi')", {"hi"}),
    Shape("SELECT count(*) FROM G('hi')", {"hi"}),
    Shape("SELECT unnest(['a', 'b']), Response_Result FROM G('hi')", {"hi"}),
    # columns
    Shape(LATERAL, ALL),
    Shape(f"SELECT t.id {LATERAL}", ALL),
    Shape(f"SELECT r.Response_Result {LATERAL}", ALL),
    Shape(f"SELECT r.Response_Result, r.Response_Model, r.Response_UsageTotalTokens + 1 {LATERAL}", ALL),
    Shape(f"SELECT r.* EXCLUDE (Response_Id) {LATERAL}", ALL),
    Shape(f"SELECT COLUMNS('Response_Usage.*') {LATERAL}", ALL),
    Shape(f"SELECT r {LATERAL}", ALL),
    # filters
    Shape(f"SELECT * {LATERAL} WHERE t.id < 2", bodies(0, 1)),
    Shape(f"SELECT * {LATERAL} WHERE t.id % 2 = 1", bodies(1, 3)),
    Shape(f"SELECT * {LATERAL} WHERE t.channel = 'k1' AND r.Response_Result LIKE 'M%'", bodies(1, 3)),
    Shape(f"SELECT * {LATERAL} WHERE r.Response_Result = 'M1'", ALL),
    Shape(f"SELECT t.id {LATERAL} WHERE r.Response_Result = 'M1' AND r.Response_Status = 'completed'", ALL),
    Shape(f"SELECT * {LATERAL} WHERE r.Response_Result = 'M1' OR t.id = 2", ALL),
    Shape(f"SELECT * {LATERAL} WHERE false", ()),
    Shape(f"SELECT * {LATERAL} WHERE t.id IN (SELECT id FROM people)", bodies(0, 1, 2)),
    Shape("SELECT * FROM (SELECT * FROM tickets WHERE id > 2) t, G(t.body) r", bodies(3, 4)),
    # joins
    Shape("SELECT * FROM tickets t CROSS JOIN LATERAL G(t.body) r", ALL),
    Shape("SELECT * FROM tickets t LEFT JOIN LATERAL G(t.body) r ON true", ALL),
    Shape("SELECT * FROM tickets t LEFT JOIN LATERAL G(t.body) r ON r.Response_Result = 'M2'", ALL),
    Shape("SELECT * FROM tickets t JOIN people USING (id), LATERAL G(t.body) r", bodies(0, 1, 2)),
    Shape(f"SELECT * {LATERAL}, people p WHERE p.id = t.id", bodies(0, 1, 2)),
    Shape(f"SELECT * {LATERAL} JOIN people p ON 'M' || p.id = r.Response_Result", ALL),
    Shape("SELECT * FROM tickets a, tickets b, G(a.body) r", ALL),
    Shape("SELECT * FROM tickets a, G(a.body) r, tickets b", ALL),
    Shape(f"SELECT * FROM people p LEFT JOIN (SELECT t.id, r.* {LATERAL}) q USING (id)", ALL, or_fewer=True),
    Shape(f"SELECT * FROM people p SEMI JOIN (SELECT t.id, r.* {LATERAL}) q ON q.Response_Result = 'M' || p.id", ALL),
    Shape(f"SELECT * FROM people p ASOF JOIN (SELECT t.id, r.* {LATERAL}) q ON p.id >= q.id", ALL, or_fewer=True),
    Shape("SELECT * FROM tickets POSITIONAL JOIN G('hi') r", {"hi"}),
    Shape("SELECT * FROM tickets t, G(t.channel) r", CHANNELS),
    Shape("SELECT * FROM tickets t, G('same') r", {"same"}),
    Shape("SELECT * FROM tickets t, G('hi', Instructions := t.body) r", ["hi"] * 5),
    Shape("SELECT * FROM people p, G(p.name) a, G(a.Response_Result) b", NAMES | {"P0", "P1", "P2"}),
    Shape("SELECT * FROM people p, G(p.name) a, G(p.name) b", NAMES),
    Shape("SELECT * FROM (VALUES ('p'), ('q'), ('p')) v(x), G(v.x) r", {"p", "q"}),
    # aggregates, windows, sets
    Shape(f"SELECT count(*) {LATERAL}", ALL),
    Shape(f"SELECT t.channel, max(r.Response_Result) {LATERAL} GROUP BY t.channel", ALL),
    Shape(f"SELECT r.Response_Result, count(*) {LATERAL} GROUP BY ALL HAVING count(*) > 0", ALL),
    Shape(f"SELECT sum(r.Response_UsageTotalTokens) FILTER (t.id > 1) {LATERAL}", ALL),
    Shape("SELECT DISTINCT r.Response_Result FROM tickets t, G(t.channel) r", CHANNELS),
    Shape(f"SELECT r.Response_Result, row_number() OVER (ORDER BY r.Response_Result) {LATERAL}", ALL),
    Shape(f"SELECT t.id {LATERAL} QUALIFY row_number() OVER (ORDER BY r.Response_Result) = 1", ALL),
    Shape(f"SELECT r.Response_Result {LATERAL} UNION ALL SELECT r.Response_Result {LATERAL}", ALL),
    Shape(f"SELECT r.Response_Result {LATERAL} INTERSECT SELECT upper(body) FROM tickets", ALL),
    Shape(f"PIVOT (SELECT t.id, t.channel, r.Response_Result AS a {LATERAL}) ON channel USING max(a)", ALL),
    Shape(f"SUMMARIZE SELECT r.Response_Result {LATERAL}", ALL),
    # order and limit
    Shape(f"SELECT * {LATERAL} ORDER BY r.Response_Result DESC", ALL),
    Shape(f"SELECT * {LATERAL} ORDER BY r.Response_Result LIMIT 1", ALL),
    Shape(f"SELECT * {LATERAL} LIMIT 0", ()),
    Shape("SELECT * FROM (SELECT * FROM tickets ORDER BY id LIMIT 2) t, G(t.body) r", bodies(0, 1)),
    # subqueries, CTEs, views
    Shape("SELECT id, (SELECT r.Response_Result FROM G(t.body) r) FROM tickets t", ALL),
    Shape("SELECT * FROM tickets t WHERE EXISTS (FROM G(t.body) r WHERE r.Response_Result = 'M1')", ALL),
    Shape("SELECT * FROM tickets t WHERE t.id < 3 AND (SELECT Response_Result FROM G(t.body)) = 'M1'", bodies(0, 1, 2)),
    Shape(f"WITH c AS (SELECT t.id, r.* {LATERAL}) SELECT * FROM c", ALL),
    Shape(f"WITH c AS (SELECT t.id, r.* {LATERAL}) SELECT * FROM c WHERE id = 1", ALL, or_fewer=True),
    Shape(f"WITH c AS (SELECT t.id, r.* {LATERAL}) SELECT * FROM c a, c b WHERE a.id = b.id", ALL),
    Shape(f"WITH c AS MATERIALIZED (SELECT t.id, r.* {LATERAL}) SELECT * FROM c a, c b", ALL),
    Shape(f"WITH c AS NOT MATERIALIZED (SELECT t.id, r.* {LATERAL}) SELECT * FROM c a, c b", ALL),
    Shape(f"CREATE VIEW v AS SELECT t.id, r.* {LATERAL}; SELECT Response_Result FROM v", ALL),
    Shape(f"CREATE TEMP VIEW v AS SELECT t.id, r.* {LATERAL}; SELECT * FROM v WHERE id = 3", bodies(3)),
    Shape(f"CREATE VIEW v AS SELECT t.id, r.* {LATERAL}; SELECT * FROM v a JOIN v b USING (id)", ALL),
    # writing
    Shape(f"CREATE TABLE made AS SELECT t.*, r.Response_Result {LATERAL}", ALL),
    Shape(f"COPY (SELECT t.*, r.* {LATERAL}) TO 'made.csv'", ALL),
    Shape(f"COPY (SELECT t.*, r.* {LATERAL}) TO 'made.parquet'", ALL),
    Shape(f"INSERT INTO answers SELECT t.id, r.Response_Result {LATERAL}", ALL),
    Shape(f"INSERT INTO answers SELECT t.id, r.Response_Result {LATERAL} RETURNING *", ALL),
    Shape(
        "UPDATE drafts SET answer = q.Response_Result FROM (SELECT d.id, r.* FROM drafts d, G(d.body) r) q "
        "WHERE q.id = drafts.id",
        bodies(0, 1, 2, 3),
    ),
    Shape("UPDATE drafts SET answer = (SELECT Response_Result FROM G(body)) WHERE id < 2", bodies(0, 1)),
    Shape("UPDATE drafts SET answer = g(body) WHERE id > 2", bodies(3)),
    Shape("DELETE FROM drafts WHERE g(body) = 'M1'", bodies(0, 1, 2, 3)),
    Shape(
        "MERGE INTO drafts USING (SELECT d.id, r.* FROM drafts d, G(d.body) r) q ON q.id = drafts.id "
        "WHEN MATCHED THEN UPDATE SET answer = q.Response_Result",
        bodies(0, 1, 2, 3),
    ),
    # looking at a query
    Shape(f"EXPLAIN SELECT * {LATERAL}", ()),
    Shape("EXPLAIN CALL G('hi')", ()),
    Shape("EXPLAIN SELECT g('hi')", ()),
    Shape(f"DESCRIBE SELECT * {LATERAL}", ()),
    Shape(f"EXPLAIN ANALYZE SELECT * {LATERAL}", ALL),
    Shape(f"PREPARE p AS SELECT * {LATERAL}", ()),
    Shape("PREPARE p AS FROM G($1); EXECUTE p('a'); EXECUTE p('b')", {"a", "b"}),
    # the scalar form
    Shape("SELECT g('hi')", {"hi"}),
    Shape("SELECT g(body) FROM tickets", ALL),
    Shape("SELECT g(body), length(g(body)) FROM tickets WHERE g(body) LIKE 'M%'", ALL),
    Shape("SELECT g(channel) AS c, count(*) FROM tickets GROUP BY c", CHANNELS),
    Shape("SELECT * FROM tickets WHERE id < 2 AND g(body) = 'M1'", bodies(0, 1)),
    Shape("SELECT * FROM tickets WHERE lower(channel) = 'k1' AND g(body) = 'M1'", bodies(1, 3)),
    Shape("SELECT CASE WHEN id = 1 THEN g(body) END FROM tickets", bodies(1)),
    Shape("SELECT coalesce(channel, g(body)) FROM tickets", ()),
    Shape("SELECT * FROM tickets t JOIN drafts d ON g(t.body) = upper(d.body)", ALL),
    Shape("SELECT g(body) FROM tickets ORDER BY g(body) LIMIT 1", ALL),
    Shape("SELECT list_transform(['a', 'b'], lambda x: g(x))", {"a", "b"}),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.sql[:70])
def test_a_query_asks_once_for_each_row_that_it_needs(
    shape: Shape, con: duckdb.DuckDBPyConnection, registered: Registration, service: Service, tmp_path: Path
):
    os.chdir(tmp_path)
    con.execute(shape.text).fetchall()
    if shape.or_fewer:
        assert set(service.texts) <= set(shape.needed)
        assert len(service.texts) == len(set(service.texts))
    else:
        assert sorted(service.texts) == sorted(shape.needed)


def test_there_are_at_least_forty_shapes():
    assert len({shape.sql for shape in SHAPES}) >= 40


LIMITED = [
    "SELECT * FROM many, G(many.body) r LIMIT 3",
    "SELECT r.Response_Result FROM many, G(many.body) r LIMIT 1",
    "SELECT many.id FROM many CROSS JOIN LATERAL G(many.body) r LIMIT 3 OFFSET 5",
]


@pytest.mark.skipif(duckdb.__version__ < "2", reason="before DuckDB 2.0 a LIMIT comes after all calls")
@pytest.mark.parametrize("sql", LIMITED)
def test_a_limit_ends_a_query_after_one_vector(
    sql: str, con: duckdb.DuckDBPyConnection, registered: Registration, service: Service
):
    con.execute(Shape(sql, ()).text).fetchall()
    asked = service.calm(0.05)
    assert 1 <= asked <= VECTOR


def test_a_limit_of_the_source_is_a_limit_of_the_calls(
    con: duckdb.DuckDBPyConnection, registered: Registration, service: Service
):
    con.execute("SELECT * FROM (FROM many ORDER BY id LIMIT 3) t, GenerateResponse(t.body) r LIMIT 2").fetchall()
    assert sorted(service.texts) == ["b0", "b1", "b2"]


def test_a_table_of_several_vectors_is_asked_for_row_by_row(
    con: duckdb.DuckDBPyConnection, registered: Registration, service: Service
):
    rows = con.execute("SELECT many.id, r.Response_Result FROM many, GenerateResponse(many.body) r").fetchall()
    assert sorted(rows) == [(number, f"B{number}") for number in range(2500)]
    assert len(service.texts) == len(set(service.texts)) == 2500
