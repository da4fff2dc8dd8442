"""Statements written by hand over all procedures, right and wrong: the columns they give, and what a person is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from statement_rows import Row, columns, read_rows

import grokcall
from grokcall.sandbox import MANAGEMENT_KEY, SANDBOX_KEY
from grokcall_parser import Call, Explain, Statement, parse_statement
from grokcall_procedures import CATALOG

ROWS = list(read_rows())
FEWEST_ROWS = 300
FEWEST_OF_EACH = 3
MADE = """
CREATE TABLE tickets AS SELECT i AS id, 'ticket ' || i AS body, 'https://example.org/' || i || '.jpg' AS link
FROM range(3) r(i);
CREATE PROCEDURE Triage(Body VARCHAR, Team VARCHAR DEFAULT 'support') RETURNS (priority INTEGER)
AS CALL GenerateResponse('For ' || :Team || ': ' || :Body, Model => 'grok-4.3');
CREATE TOOL tickets_of(team VARCHAR COMMENT 'whose', top INTEGER DEFAULT 3) COMMENT 'Tickets of a team.'
AS SELECT body FROM tickets WHERE body LIKE $team || '%' LIMIT $top
"""


@pytest.fixture(scope="module")
def connected(running_sandbox) -> Iterator[grokcall.Connection]:
    """One connection to both hosts of the sandbox, with a table, a procedure and a tool of the user's own."""
    running_sandbox.reset()
    given = {"base_url": running_sandbox.base_url, "management_base_url": running_sandbox.management_base_url}
    keys = {"api_key": SANDBOX_KEY, "management_key": MANAGEMENT_KEY}
    with grokcall.connect(poll_interval=0.05, **keys, **given) as connection:
        connection.cursor().executescript(MADE)
        yield connection


def shown(row: Row) -> str:
    """A row as the report of a test names it."""
    text = " ".join(row.statement.split())
    return f"{row.table}:{row.line} {text}" + ("" if row.parameters is None else f" with {row.parameters!r:.60}")


def of(*signs: str) -> pytest.MarkDecorator:
    """Runs a test for each row with one of the signs."""
    return pytest.mark.parametrize("row", [pytest.param(row, id=shown(row)) for row in ROWS if row.sign in signs])


@of("=", "==")
def test_a_right_statement_has_the_columns_of_the_table(connected: grokcall.Connection, row: Row):
    cursor = connected.cursor()
    schema = cursor.adbc_execute_schema(row.statement, row.parameters)
    assert columns(schema, row.expected) == row.expected
    if isinstance(parsed(row), Call):
        cursor.execute(f"EXPLAIN {row.statement}", row.parameters)
        assert cursor.messages == []


@of("==")
def test_a_run_gives_the_columns_that_were_foretold(connected: grokcall.Connection, row: Row):
    cursor = connected.cursor()
    foretold = cursor.adbc_execute_schema(row.statement, row.parameters)
    cursor.execute(row.statement, row.parameters)
    assert cursor.fetch_arrow_table().schema.equals(foretold)


@of("!")
def test_a_wrong_statement_is_told_as_the_table_says(connected: grokcall.Connection, running_sandbox, row: Row):
    before = running_sandbox.stats()["requests"]
    with pytest.raises(grokcall.Error) as caught:
        connected.execute(row.statement, row.parameters)
    assert str(caught.value) == row.message
    assert type(caught.value).__name__ == row.error
    assert running_sandbox.stats()["requests"] == before


@of("~")
def test_a_doubtful_statement_is_explained_with_a_warning(connected: grokcall.Connection, row: Row):
    cursor = connected.execute(f"EXPLAIN {row.statement}", row.parameters)
    assert [text for _, text in cursor.messages] == [row.expected]


def parsed(row: Row) -> Statement | None:
    """The statement of a row; None where it cannot be read."""
    try:
        return parse_statement(row.statement)
    except grokcall.Error:
        return None


def call_of(row: Row) -> Call | None:
    """The call that a row makes or explains; None where it is no such statement."""
    statement = parsed(row)
    statement = statement.call if isinstance(statement, Explain) else statement
    return statement if isinstance(statement, Call) else None


def named_in(row: Row, name: str) -> bool:
    """Whether a row names a procedure."""
    return re.search(rf"\b{name}\b", row.statement, re.IGNORECASE) is not None


def test_the_tables_have_enough_rows_and_none_twice():
    assert len(ROWS) >= FEWEST_ROWS
    counted = Counter((row.statement, str(row.parameters)) for row in ROWS)
    assert [key for key, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_procedure_is_called_right_by_position_and_by_name_and_wrong(name: str):
    procedure = CATALOG[name]
    own = [row for row in ROWS if named_in(row, name)]
    calls = [call for row in own if row.sign in ("=", "==", "~") and (call := call_of(row)) and call.procedure == name]
    given = [argument.name is None for call in calls for argument in call.arguments]
    assert len(own) >= FEWEST_OF_EACH
    assert any(given) or not procedure.positional, "never called right with an argument by position"
    assert not all(given) or not procedure.parameters, "never called right with an argument by name"
    assert calls, "never called right"
    assert any(row.sign == "!" for row in own), "never called wrong"
