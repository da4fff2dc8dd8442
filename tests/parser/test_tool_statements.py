"""CREATE TOOL: what it says, and that every place is that of the text."""

from __future__ import annotations

import pytest

from grokcall_parser import CreateTool, Literal, Marker, Query, parse_statement, split_statements

QUERY = """create or replace tool churn_by_month(
  region varchar comment 'two letters', top INTEGER DEFAULT 10)
comment 'Churn by month.'
as with m as (select * from churn where region = $region) -- a remark
select month, 'a;b' from m limit :top ; """
CALL = "CREATE TOOL find(q VARCHAR) AS CALL xai.SearchCollection('About ' || :q, 'collection_7', MaxRows => 3)"


def at(made: CreateTool, span) -> str:
    return made.text[span.start : span.end]


def test_every_part_of_a_tool_with_a_query_is_read():
    made = parse_statement(QUERY)

    assert isinstance(made, CreateTool)
    assert (made.tool, made.comment, made.base, made.arguments) == ("churn_by_month", "Churn by month.", None, ())
    assert (made.or_replace, made.if_not_exists) == (True, False)
    assert [(item.name, item.type, item.comment) for item in made.parameters] == [
        ("region", "varchar", "two letters"),
        ("top", "INTEGER", ""),
    ]
    assert made.query is not None
    assert made.query.startswith("with m as (")
    assert made.query.endswith("'a;b' from m limit :top")
    assert (at(made, made.span), at(made, made.query_span)) == ("churn_by_month", made.query)


def test_every_part_of_a_tool_with_a_call_is_read():
    made = parse_statement(CALL)

    assert isinstance(made, CreateTool)
    assert (made.tool, made.base, made.query, made.query_span) == ("find", "SearchCollection", None, None)
    assert [item.name for item in made.arguments] == [None, None, "MaxRows"]
    assert [type(part) for part in made.arguments[0].parts] == [Literal, Marker]
    assert (at(made, made.base_span), at(made, made.arguments[2].span)) == ("SearchCollection", "MaxRows => 3")


@pytest.mark.parametrize("text", ["CREATE TABLE tool AS SELECT 1", "CREATE OR REPLACE VIEW tool AS SELECT 1"])
def test_other_things_of_that_name_are_queries(text):
    assert parse_statement(text) == Query(text)


def test_a_script_is_split_around_tools():
    assert split_statements(f"{QUERY};{CALL}") == [QUERY.strip().rstrip("; "), CALL]
