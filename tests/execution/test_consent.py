"""What calls leave behind: without consent no lookup and no query changes or removes anything, by any procedure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

import grokcall
from grokcall.duckdb import register
from grokcall_procedures import CATALOG, Host, Procedure
from grokcall_procedures.effects import Effect
from scripted_service import Answer

CHANGING = [
    each
    for each in CATALOG.values()
    if each.effect.needs_consent or (each.host is Host.MANAGEMENT and not each.effect.leaves_all_as_it_is)
]
MAKING = [each for each in CATALOG.values() if each.effect is Effect.MAKE]
Surface = Callable[[grokcall.Connection, Procedure], Any]


def values_of(procedure: Procedure) -> dict[str, object]:
    """A value for each required parameter; for RawRequest a method that changes something."""
    requests = '[{"id": "1", "kind": "responses", "body": {}}]'
    sample = {"Content": b"x", "Requests": requests, "Method": "POST", "Usd": "5", "Seconds": "60"}
    chosen = ("Method", "Name") if procedure.name.startswith("Update") else ("Method", "Seconds")
    names = [each.name for each in procedure.parameters if each.required or each.name in chosen]
    return {name: sample.get(name, "x") for name in names}


def call_of(procedure: Procedure) -> str:
    return f"CALL {procedure.name}({', '.join(f'{name} => :{name}' for name in values_of(procedure))})"


def in_sql(procedure: Procedure) -> str:
    given = ", ".join(f"{name} := t.{name}" for name in values_of(procedure))
    made = ", ".join(
        f"CAST('{value}' AS VARCHAR) AS {name}" if isinstance(value, str) else f"CAST('x' AS BLOB) AS {name}"
        for name, value in values_of(procedure).items()
    )
    return f"SELECT r.* FROM (SELECT {made}) t, {procedure.name}({given}) r"


def by_lookup(connection: grokcall.Connection, procedure: Procedure, **options: Any) -> object:
    return connection.lookup(call_of(procedure), [values_of(procedure)], **options)


def by_executemany(connection: grokcall.Connection, procedure: Procedure) -> object:
    return connection.cursor().executemany(call_of(procedure), [values_of(procedure)])


def by_query(connection: grokcall.Connection, procedure: Procedure) -> object:
    return connection.execute(in_sql(procedure)).fetchall()


def by_new_table(connection: grokcall.Connection, procedure: Procedure) -> object:
    return connection.execute(f"CREATE TABLE made AS {in_sql(procedure)}")


def by_registration(connection: grokcall.Connection, procedure: Procedure) -> object:
    with duckdb.connect() as con:
        return register(con, connection).query(in_sql(procedure))


def by_scalar(connection: grokcall.Connection, procedure: Procedure) -> object:
    given = values_of(procedure)
    needed = [each.name for each in procedure.positional]
    while needed and needed[-1] not in given:
        needed.pop()
    values = (
        "NULL" if value is None else f"CAST('{value}' AS VARCHAR)" if isinstance(value, str) else "'x'::BLOB"
        for value in map(given.get, needed)
    )
    name = re.sub("(?<!^)(?=[A-Z])", "_", procedure.name).lower()
    with duckdb.connect() as con:
        return register(con, connection).query(f"SELECT {name}({', '.join(values)})")


def by_explained_query(connection: grokcall.Connection, procedure: Procedure) -> object:
    return connection.execute(f"EXPLAIN ANALYZE {in_sql(procedure)}").fetchall()


REFUSALS = (grokcall.ChangeNotAllowedError, grokcall.NotSupportedError, duckdb.Error)
"""What a surface raises; a query over a connection of DuckDB's own has DuckDB's error, with our words in it."""
SURFACES: list[Surface] = [
    by_lookup, by_executemany, by_query, by_explained_query, by_new_table, by_registration, by_scalar,
]  # fmt: skip
TO_A_MODEL = r"a model may call it only with the option tools_may_change|shows a secret, and no model is shown one"
NEVER = "$^"
"""Matches nothing."""


def never_by_query(procedure: Procedure, surface: Surface) -> str:
    """What is said instead: no query may have a secret, whoever consents, and some have no scalar form."""
    if surface is by_scalar:
        return "Scalar Function with name"
    is_query = surface in (by_query, by_explained_query, by_new_table, by_registration)
    return rf"{procedure.name} shows a secret once" if procedure.has_secret and is_query else NEVER


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("procedure", CHANGING, ids=lambda each: each.name)
def test_nothing_is_changed_or_removed_without_consent(procedure, surface, connection, service):
    told = rf"{procedure.name} (changes|removes|makes) .*--allow-changes"
    with pytest.raises(REFUSALS, match=rf"{told}|{never_by_query(procedure, surface)}"):
        surface(connection, procedure)
    assert service.asked == []


@pytest.mark.parametrize("procedure", [*CHANGING, *MAKING], ids=lambda each: each.name)
def test_no_model_calls_it_without_consent(procedure, connection, service):
    with pytest.raises(grokcall.BadValueError, match=TO_A_MODEL):
        connection.execute(f"CALL GenerateResponse('hi', Tools => ['{procedure.name}'])")
    given = ", ".join(f"{name} => :{name}" for name in values_of(procedure))
    declared = ", ".join(f"{name} VARCHAR COMMENT 'x'" for name in values_of(procedure))
    connection.execute(f"CREATE TOOL given({declared}) COMMENT 'Does it.' AS CALL {procedure.name}({given})")
    with pytest.raises(grokcall.BadValueError, match=TO_A_MODEL):
        connection.execute("CALL GenerateResponse('hi', Tools => ['given'])")
    assert service.asked == []


@pytest.mark.parametrize("procedure", CHANGING, ids=lambda each: each.name)
def test_to_explain_it_changes_nothing(procedure, connection, service):
    connection.execute(f"EXPLAIN {call_of(procedure)}", values_of(procedure))
    connection.execute(f"EXPLAIN COST {call_of(procedure)}", values_of(procedure))
    assert service.asked == []


@pytest.mark.parametrize("procedure", [*CHANGING, *MAKING], ids=lambda each: each.name)
def test_a_connection_that_only_reads_makes_changes_and_removes_nothing(procedure, connecting, service):
    connection = connecting(read_only=True, allow_changes=True)
    with pytest.raises(grokcall.ChangeNotAllowedError, match=rf"{procedure.name} .* only reads"):
        connection.execute(call_of(procedure), values_of(procedure))
    for surface in SURFACES:
        with pytest.raises(REFUSALS, match=rf"only reads|{never_by_query(procedure, surface)}"):
            surface(connection, procedure)
    assert service.asked == []


def test_what_only_reads_or_asks_goes_on(connecting, service):
    service.script = lambda asked: Answer(b'{"data": []}')
    connection = connecting(read_only=True)
    assert connection.execute("SELECT * FROM ListFiles()").fetchall() == []
    assert connection.execute("SELECT Raw_Status FROM RawRequest('/models')").fetchall() == [(200,)]
    assert len(service.asked) == 2


def test_a_call_alone_was_asked_for_by_who_wrote_it(connection, service):
    service.script = lambda asked: Answer(b'{"id": "file_1", "deleted": true}')
    assert connection.execute("CALL DeleteFile('file_1')").fetchone()[:2] == ("file_1", True)


@pytest.mark.parametrize("options", [{"allow_changes": True}, {}])
def test_a_lookup_that_may_removes(connecting, service, options):
    service.script = lambda asked: Answer(b'{"deleted": true}')
    connection = connecting(allow_changes=not options)
    rows = [{"f": f"file_{number}"} for number in range(3)]
    found = connection.lookup("CALL DeleteFile(:f)", rows, **options).rows
    assert found["Deleted_Id"].to_pylist() == ["file_0", "file_1", "file_2"]
    assert {(asked.method, asked.path) for asked in service.asked} == {
        ("DELETE", f"/v1/files/file_{number}") for number in range(3)
    }


def test_a_query_that_may_removes(connecting, service):
    service.script = lambda asked: Answer(
        b'{"data": [{"id": "file_1"}, {"id": "file_2"}]}' if asked.method == "GET" else b'{"deleted": true}'
    )
    connection = connecting(allow_changes=True)
    sql = "SELECT d.Deleted_Id FROM ListFiles() f, DeleteFile(f.File_Id) d ORDER BY 1"
    assert connection.execute(sql).fetchall() == [("file_1",), ("file_2",)]


def test_a_procedure_of_ones_own_does_what_the_one_inside_does(connection, service):
    connection.execute("CREATE PROCEDURE Forget(F VARCHAR) AS CALL DeleteFile(:F)")
    with pytest.raises(grokcall.ChangeNotAllowedError, match="Forget removes"):
        connection.lookup("CALL Forget(:f)", [{"f": "file_1"}])
    assert service.asked == []


def test_the_listing_says_what_each_leaves_behind(connection):
    rows = connection.execute("SHOW PROCEDURES").fetch_arrow_table().to_pylist()
    found = {row["Procedure_Name"]: (row["Effect"], row["Many"]) for row in rows}
    assert found["GenerateResponse"] == ("ask", False)
    assert found["ListFiles"] == ("read", True)
    assert found["UploadFile"] == ("make", False)
    assert found["CreateFileUrl"] == ("change", False)
    assert found["DeleteFile"] == ("remove", False)
