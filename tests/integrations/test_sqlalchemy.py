"""SQLAlchemy itself, over the dialect that it finds by the name ``grokcall``."""

from __future__ import annotations

import gc
import io
import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from sqlalchemy import MetaData, Table, create_engine, exc, func, inspect, select, text, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool, SingletonThreadPool, StaticPool

import grokcall
from grokcall_procedures import CATALOG
from scripted_service import KEY, refused

ASK = text("CALL GenerateResponse(:Message)")


def test_a_call_with_markers(engine, service):
    with engine.connect() as connection:
        row = connection.execute(ASK, {"Message": "hi"}).one()
    assert row.Response_Result == "HI"
    assert len(row) == 34
    assert [asked.text for asked in service.asked] == ["hi"]
    assert service.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_statement_for_the_driver_keeps_its_question_marks(engine):
    with engine.connect() as connection:
        assert connection.exec_driver_sql("CALL GenerateResponse(?)", ("hi",)).scalar() == "HI"
        assert connection.exec_driver_sql("CALL GenerateResponse('it''s 9:15')").scalar() == "IT'S 9:15"


def test_many_sets_of_parameters_are_one_execution_with_the_rows_in_their_order(engine, service):
    with engine.connect() as connection:
        result = connection.execute(ASK, [{"Message": letter} for letter in "abc"])
        assert result.scalars().all() == ["A", "B", "C"]
    assert len(service.asked) == 3


def test_asking_whether_the_connection_lives_sends_nothing(address, service):
    engine = create_engine(address, pool_pre_ping=True)
    for _ in range(3):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
            assert connection.execute(select(1)).scalar() == 1
    engine.dispose()
    assert service.asked == []


def test_a_connection_that_was_closed_is_replaced_by_the_next_ping(address):
    engine = create_engine(address, pool_pre_ping=True)
    with engine.connect() as connection:
        connection.connection.driver_connection.close()
    with engine.connect() as connection:
        assert connection.execute(ASK, {"Message": "hi"}).scalar() == "HI"
    engine.dispose()


def test_commit_and_rollback_change_nothing_about_calls(engine, service):
    with engine.begin() as connection:
        connection.execute(ASK, {"Message": "a"})
    with engine.connect() as connection:
        connection.execute(ASK, {"Message": "b"})
        connection.rollback()
        connection.commit()
    assert len(service.asked) == 2


def table_of(engine, *, rows: int = 0) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (id INTEGER PRIMARY KEY, body VARCHAR)"))
        for number in range(rows):
            connection.execute(text("INSERT INTO t VALUES (:id, 'x')"), {"id": number})


def count(engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM t")).scalar()


def insert(connection, number: int = 7) -> None:
    connection.execute(text("INSERT INTO t VALUES (:id, 'x')"), {"id": number})


class StopError(Exception):
    """What goes wrong in the middle."""


def stop_after(connection, *statements: str) -> None:
    for each in statements:
        connection.execute(text(each))
    raise StopError


@pytest.mark.parametrize("pool", [{}, {"poolclass": NullPool}, {"poolclass": StaticPool}])
def test_a_block_that_raises_is_undone_and_one_that_ends_is_kept(address, pool):
    engine = create_engine(address, **pool)
    table_of(engine)
    with pytest.raises(StopError), engine.begin() as connection:
        stop_after(connection, "INSERT INTO t VALUES (7, 'x')", "CREATE TABLE other (a INTEGER)")
    assert count(engine) == 0
    assert not inspect(engine).has_table("other")
    with engine.connect() as connection:
        insert(connection)  # neither kept nor undone: so it is undone
    assert count(engine) == 0
    with engine.begin() as connection:
        insert(connection)
    assert count(engine) == 1
    engine.dispose()


def test_a_session_is_undone_and_kept(engine):
    table_of(engine)
    tickets = Table("t", MetaData(), autoload_with=engine)
    with Session(engine) as session:
        session.execute(tickets.insert(), [{"id": 1}, {"id": 2}])
        assert session.execute(select(func.count()).select_from(tickets)).scalar() == 2
        session.rollback()
        assert session.execute(select(func.count()).select_from(tickets)).scalar() == 0
        session.execute(tickets.insert(), [{"id": 3}])
        session.commit()
    assert count(engine) == 1


def test_an_error_undoes_the_block_and_leaves_the_engine_usable(engine):
    table_of(engine, rows=1)
    for wrong in ("INSERT INTO t VALUES (0, 'again')", "SELECT nothing FROM t"):
        with pytest.raises(exc.DBAPIError), engine.begin() as connection:
            stop_after(connection, "INSERT INTO t VALUES (7, 'x')", wrong)
    assert count(engine) == 1


def test_others_see_what_was_committed_and_nothing_else(engine):
    table_of(engine)
    with engine.connect() as one, engine.connect() as other:
        insert(one, 1)
        insert(other, 2)
        assert one.execute(text("SELECT list(id) FROM t")).scalar() == [1]
        assert other.execute(text("SELECT list(id) FROM t")).scalar() == [2]
        one.commit()
        assert other.execute(text("SELECT list(id) FROM t")).scalar() == [2]  # as it was when its transaction began
        other.commit()
        assert sorted(other.execute(text("SELECT list(id) FROM t")).scalar()) == [1, 2]


def test_an_answer_is_kept_whatever_becomes_of_the_block(engine, service):
    asked = "SELECT r.Response_Result FROM (SELECT 'hi' AS body) t, GenerateResponse(t.body) r"
    with pytest.raises(StopError), engine.begin() as connection:
        stop_after(connection, asked, "CALL GenerateResponse('beside')")
    with engine.begin() as connection:
        assert connection.execute(text(asked)).scalar() == "HI"
    assert service.texts == ["hi", "beside"]


def test_transactions_of_threads_run_side_by_side(address, service):
    engine = create_engine(f"{address}?concurrency=8", pool_size=8)
    table_of(engine)
    together = threading.Barrier(8)
    filled = text("INSERT INTO t SELECT :id, r.Response_Result FROM (SELECT :q AS q) a, GenerateResponse(a.q) r")

    def fill(number: int) -> None:
        with engine.begin() as connection:
            connection.execute(filled, {"id": number, "q": f"q{number}"})
            together.wait(300)  # all are open at the same time

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(fill, range(8)))
    assert count(engine) == 8
    engine.dispose()


def test_autocommit_keeps_each_statement_at_once(engine):
    table_of(engine)
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "SNAPSHOT"
        assert connection.default_isolation_level == "SNAPSHOT"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.get_isolation_level() == "AUTOCOMMIT"
        insert(connection)
        connection.rollback()
        insert(connection, 8)
    assert count(engine) == 2
    with engine.connect() as connection, pytest.raises(exc.ArgumentError, match="SERIALIZABLE"):
        connection.execution_options(isolation_level="SERIALIZABLE")


def test_inspection_of_an_empty_database_finds_no_tables_and_every_procedure(engine, service):
    inspector = inspect(engine)
    for ask in ("table_names", "view_names", "sequence_names", "temp_table_names", "temp_view_names"):
        assert getattr(inspector, f"get_{ask}")() == [], ask
    assert inspector.get_schema_names() == ["main"]
    assert inspector.get_materialized_view_names() == []
    assert inspector.get_multi_columns() == {}
    assert not inspector.has_table("tickets")
    assert not inspector.has_sequence("tickets")
    assert inspector.has_schema("main")
    assert not inspector.has_schema("other")
    assert inspector.get_procedure_names() == list(CATALOG)
    described = inspector.describe_procedure("GenerateResponse")
    assert next(row["Name"] for row in described if row["Kind"] == "result") == "Response_Result"
    assert service.asked == []


@pytest.mark.parametrize(
    "ask",
    [
        "columns",
        "pk_constraint",
        "foreign_keys",
        "indexes",
        "unique_constraints",
        "check_constraints",
        "view_definition",
    ],
)
def test_whatever_asks_for_a_table_is_told_that_there_is_none(engine, ask):
    with pytest.raises(exc.NoSuchTableError, match="tickets"):
        getattr(inspect(engine), f"get_{ask}")("tickets")


def test_a_table_cannot_be_reflected(engine):
    with pytest.raises(exc.NoSuchTableError):
        Table("tickets", MetaData(), autoload_with=engine)


def test_reflecting_everything_finds_nothing(engine):
    metadata = MetaData()
    metadata.reflect(engine)
    assert metadata.tables == {}


def test_a_wrong_statement_is_sqlalchemy_s_error_around_ours(engine):
    with (
        engine.connect() as connection,
        pytest.raises(exc.ProgrammingError, match="did you mean GenerateResponse") as it,
    ):
        connection.execute(text("CALL GenerateRespons(:Message)"), {"Message": "hi"})
    assert isinstance(it.value.orig, grokcall.UnknownNameError)


def test_an_expression_that_needs_a_database_is_refused_before_anything_is_sent(engine, service):
    with engine.connect() as connection, pytest.raises(exc.DBAPIError):
        connection.execute(select(func.count()).select_from(text("tickets")))
    assert service.asked == []


def test_a_refused_key_is_an_operational_error(engine, service):
    service.script = lambda asked: refused(401, f"Incorrect API key provided: {KEY}.")
    with engine.connect() as connection, pytest.raises(exc.OperationalError) as caught:
        connection.execute(ASK, {"Message": "hi"})
    assert isinstance(caught.value.orig, grokcall.AuthenticationError)


def test_options_of_the_address_are_read_as_the_environment_s_are(address):
    query = "timeout=2.5&strict_arity=true&concurrency=3&default_models=text%3Dgrok-4.6&max_cost=0.5"
    engine = create_engine(f"{address}?{query}")
    with closing(engine.raw_connection()) as raw:
        options = raw.driver_connection.options
    engine.dispose()
    assert (options.timeout, options.strict_arity, options.concurrency) == (2.5, True, 3)
    assert options.default_models["text"] == "grok-4.6"
    assert str(options.max_cost) == "0.5"


def test_a_profile_and_a_key_from_elsewhere(service, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text(f'[profiles.work]\nbase_url = "{service.base_url}"\nmax_attempts = 2\n')
    monkeypatch.setenv("GROKCALL_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("XAI_API_KEY", KEY)
    engine = create_engine("grokcall:///?profile=work")
    with engine.connect() as connection:
        assert connection.execute(ASK, {"Message": "hi"}).scalar() == "HI"
        assert connection.connection.driver_connection.options.max_attempts == 2
    engine.dispose()


def test_the_whole_engine_is_one_connection_with_one_budget(address, service):
    """Were each place in the pool a connection, ten threads could spend the budget ten times."""
    engine = create_engine(f"{address}?concurrency=2", pool_size=10, poolclass=QueuePool)
    together = threading.Barrier(10)

    def ask(number: int) -> grokcall.Connection:
        with engine.connect() as connection:
            together.wait(300)
            connection.execute(ASK, {"Message": str(number)})
            return connection.connection.driver_connection

    with ThreadPoolExecutor(10) as threads:
        used = set(threads.map(ask, range(10)))
    assert len(used) == 1
    assert len(service.asked) == 10
    (connection,) = used
    assert not connection.closed


def tried(engine, text_asked: str) -> bool:
    try:
        with engine.connect() as connection:
            connection.execute(ASK, {"Message": text_asked})
    except exc.DBAPIError as error:
        assert isinstance(error.orig, grokcall.BudgetReachedError)  # noqa: PT017 - others pass
        return False
    return True


def dispose(engine) -> None:
    engine.dispose()


def leave_open(engine) -> None:
    """What the pool has stays there."""


def close_below(engine) -> None:
    with closing(engine.raw_connection()) as raw:
        raw.driver_connection.close()
    engine.dispose()


@pytest.mark.parametrize("between", [leave_open, dispose, close_below])
@pytest.mark.parametrize(
    "options",
    [
        {"poolclass": NullPool},
        {"poolclass": StaticPool},
        {"poolclass": SingletonThreadPool},
        {"poolclass": QueuePool, "pool_recycle": 0},
        {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 5, "pool_pre_ping": True},
        {},
    ],
)
def test_an_engine_has_one_budget_whatever_its_pool(address, service, options, between):
    engine = create_engine(f"{address}?max_calls=2", **options)
    found = []
    for number in range(4):
        found.append(tried(engine, str(number)))
        between(engine)
    engine.dispose()
    assert found == [True, True, False, False]
    assert len(service.asked) == 2


@pytest.mark.parametrize("options", [{"poolclass": NullPool}, {"pool_recycle": 0}, {}])
def test_an_engine_has_one_database_whatever_its_pool(address, options):
    engine = create_engine(address, **options)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t AS SELECT 1 AS a"))
    engine.dispose()
    with engine.connect() as one, engine.connect() as other:
        assert one.execute(text("SELECT a FROM t")).scalar() == other.execute(text("SELECT a FROM t")).scalar() == 1


def test_the_connection_ends_with_its_engine(address):
    engine = create_engine(address, poolclass=NullPool)
    with engine.connect() as connection:
        used = connection.connection.driver_connection
        assert connection.execute(ASK, {"Message": "hi"}).scalar() == "HI"
    engine.dispose()
    assert not used.closed
    del connection, engine
    gc.collect()
    assert used.closed


TABLES = """
CREATE SCHEMA other;
CREATE TABLE other.far (x INTEGER);
CREATE TABLE Teams (id INTEGER PRIMARY KEY, name VARCHAR UNIQUE);
CREATE TABLE tickets (
    id BIGINT NOT NULL, part SMALLINT, body VARCHAR DEFAULT 'x', price DECIMAL(12, 3), "at" TIMESTAMP,
    zoned TIMESTAMPTZ, day DATE, done BOOLEAN, share DOUBLE, "raw" BLOB, tags VARCHAR[],
    team INTEGER REFERENCES Teams (id),
    CHECK (part > 0), PRIMARY KEY (id, part)
);
CREATE INDEX by_day ON tickets (day);
COMMENT ON TABLE tickets IS 'what was asked';
CREATE VIEW open_tickets AS SELECT id, body FROM tickets WHERE NOT done;
CREATE TEMP TABLE aside (a INTEGER);
CREATE SEQUENCE numbers
"""


@pytest.fixture
def with_tables(engine):
    with closing(engine.raw_connection()) as raw:
        raw.cursor().executescript(TABLES)
    return engine


def test_tables_and_views_are_found(with_tables, service):
    inspector = inspect(with_tables)
    assert inspector.get_table_names() == ["Teams", "tickets"]
    assert inspector.get_view_names() == ["open_tickets"]
    assert inspector.get_temp_table_names() == ["aside"]
    assert inspector.get_sequence_names() == ["numbers"]
    assert inspector.get_schema_names() == ["main", "other"]
    assert inspector.get_table_names(schema="other") == ["far"]
    assert all(map(inspector.has_table, ("tickets", "TICKETS", "teams", "open_tickets", "aside")))
    assert inspector.has_table("far", schema="other")
    assert not inspector.has_table("far")
    assert inspector.has_sequence("numbers")
    assert service.asked == []


def test_columns_and_keys_are_told(with_tables):
    inspector = inspect(with_tables)
    columns = {column["name"]: column for column in inspector.get_columns("tickets")}
    shown = {name: str(column["type"]) for name, column in columns.items()}
    assert shown == {
        "id": "BIGINT",
        "part": "SMALLINT",
        "body": "VARCHAR",
        "price": "DECIMAL(12, 3)",
        "at": "TIMESTAMP",
        "zoned": "TIMESTAMP",
        "day": "DATE",
        "done": "BOOLEAN",
        "share": "DOUBLE",
        "raw": "BLOB",
        "tags": "NULL",
        "team": "INTEGER",
    }
    assert columns["zoned"]["type"].timezone
    assert [name for name, column in columns.items() if not column["nullable"]] == ["id", "part"]
    assert columns["body"]["default"] == "'x'"
    assert inspector.get_pk_constraint("tickets")["constrained_columns"] == ["id", "part"]
    assert [each["column_names"] for each in inspector.get_unique_constraints("teams")] == [["name"]]
    assert [each["referred_table"] for each in inspector.get_foreign_keys("tickets")] == ["Teams"]
    assert len(inspector.get_check_constraints("tickets")) == 1
    assert inspector.get_indexes("tickets") == [{"name": "by_day", "unique": False, "column_names": ["day"]}]
    assert inspector.get_table_comment("tickets") == {"text": "what was asked"}
    assert "CREATE VIEW open_tickets" in inspector.get_view_definition("open_tickets")
    assert [column["name"] for column in inspector.get_columns("open_tickets")] == ["id", "body"]
    assert [column["name"] for column in inspector.get_columns("aside")] == ["a"]


def test_a_reflected_table_is_selected_from_and_filled(with_tables):
    tickets = Table("tickets", MetaData(), autoload_with=with_tables)
    rows = [{"id": 1, "part": 1, "body": "a"}, {"id": 2, "part": 1, "body": "b"}]
    with with_tables.begin() as connection:
        connection.execute(tickets.insert(), rows)
        connection.execute(tickets.insert().values([{"id": 3, "part": 2}, {"id": 4, "part": 2}]))
        for chosen, found in ([2, 3], [2, 3]), ([], []), ([9], []):
            asked = select(tickets.c.id).where(tickets.c.id.in_(chosen)).order_by(tickets.c.id)
            assert connection.execute(asked).scalars().all() == found
        assert connection.execute(select(tickets.c.id).where(tickets.c.id.not_in([]))).all() != []
        pairs = select(tickets.c.id).where(tuple_(tickets.c.id, tickets.c.part).in_([]))
        assert connection.execute(pairs).all() == []
        connection.execute(tickets.delete().where(tickets.c.id == 1))
    metadata = MetaData()
    metadata.reflect(with_tables, views=True)
    assert sorted(metadata.tables) == ["Teams", "open_tickets", "tickets"]
    metadata.create_all(with_tables)  # they are there, and nothing happens


@pytest.mark.parametrize("method", [None, "multi"])
def test_pandas_writes_adds_to_and_replaces_tables(engine, service, method):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"Id": [1, 2], "body": ["x", None], "share": [0.5, None]})
    for how, rows in ("fail", 2), ("append", 4), ("replace", 2):
        frame.to_sql("Tickets", engine, index=False, if_exists=how, method=method)
        assert len(pandas.read_sql_table("Tickets", engine)) == rows
    with pytest.raises(ValueError, match="already exists"):
        frame.to_sql("Tickets", engine)
    assert pandas.read_sql_table("Tickets", engine, columns=["body"])["body"].tolist()[0] == "x"
    asked = pandas.read_sql(
        text('SELECT r.Response_Result FROM "Tickets" t, GenerateResponse(t.body) r WHERE t.body = :b'),
        engine,
        params={"b": "x"},
    )
    assert "X" in asked["Response_Result"].tolist()


def test_a_savepoint_is_refused_with_a_reason(engine):
    with engine.connect() as connection, pytest.raises(grokcall.NotSupportedError, match="begin_nested"):
        connection.begin_nested()


def test_a_raw_connection_gives_what_grokcall_has_beyond_sql(engine):
    with closing(engine.raw_connection()) as raw:
        result = raw.driver_connection.lookup("CALL GenerateResponse(:body)", [{"body": "a"}, {"body": "b"}])
        cursor = raw.cursor()
        cursor.callproc("GenerateResponse", ["c"])
        assert cursor.fetchone()[0] == "C"
    assert result.rows["Response_Result"].to_pylist() == ["A", "B"]


def test_no_key_in_any_repr_log_or_error(address, service):
    service.script = lambda asked: refused(400, f"Bad header Authorization: Bearer {KEY}")
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    loggers = [logging.getLogger(name) for name in ("sqlalchemy", "grokcall")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        engine = create_engine(address, echo="debug", echo_pool="debug", hide_parameters=True)
        with engine.connect() as connection:
            with pytest.raises(exc.DBAPIError) as caught:
                connection.execute(ASK, {"Message": "hi"})
            place = connection.connection
            shown = f"{engine!r} {engine.url} {place!r} {place.dbapi_connection!r} {place.driver_connection!r}"
        engine.dispose()
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    error = caught.value
    told = f"{error!r} {error} {error.orig!r} {error.params!r}" + "".join(traceback.format_exception(error))
    assert "CALL GenerateResponse" in heard.getvalue()
    assert "hi" not in str(error).split("[SQL")[1]
    for written in (shown, heard.getvalue(), told):
        assert KEY not in written
