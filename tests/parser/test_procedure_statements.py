"""CREATE PROCEDURE and DROP PROCEDURE: what they say, and that every place is that of the text."""

from __future__ import annotations

import pytest

from grokcall_parser import CreateProcedure, DropProcedure, Literal, Marker, Query, parse_statement

TEXT = """create or replace procedure xai.Triage(
  Body varchar comment 'The ''ticket''.', "Max N" DECIMAL(3, 1) DEFAULT -1.5,  -- a remark
  Tags json default NULL)
returns table (priority INTEGER, tags VARCHAR[] COMMENT 'a, b)')
comment 'Sorts.'
as call GenerateResponse('Ticket: ' || :Body || $Tags, Model => 'grok-4.3', MaxOutputTokens := :Body);"""


def test_every_part_of_a_declaration_is_read():
    made = parse_statement(TEXT)

    assert isinstance(made, CreateProcedure)
    assert (made.procedure, made.base, made.comment) == ("Triage", "GenerateResponse", "Sorts.")
    assert (made.or_replace, made.if_not_exists) == (True, False)
    assert made.returns == "priority INTEGER, tags VARCHAR[] COMMENT 'a, b)'"
    assert [(item.name, item.type, item.comment) for item in made.parameters] == [
        ("Body", "varchar", "The 'ticket'."),
        ("Max N", "DECIMAL(3, 1)", ""),
        ("Tags", "json", ""),
    ]
    assert made.parameters[0].default is None
    assert [str(item.default.value) for item in made.parameters[1:] if item.default] == ["-1.5", "None"]
    assert [item.name for item in made.arguments] == [None, "Model", "MaxOutputTokens"]
    assert [[type(part) for part in item.parts] for item in made.arguments] == [
        [Literal, Marker, Marker], [Literal], [Marker]
    ]  # fmt: skip


def test_every_place_is_that_of_the_text():
    made = parse_statement(TEXT)
    assert isinstance(made, CreateProcedure)

    def at(span):
        return TEXT[span.start : span.end]

    assert (at(made.span), at(made.base_span)) == ("Triage", "GenerateResponse")
    assert made.returns_span is not None
    assert at(made.returns_span) == made.returns
    assert at(made.parameters[1].span) == '"Max N" DECIMAL(3, 1) DEFAULT -1.5'
    assert at(made.parameters[1].type_span) == "DECIMAL(3, 1)"
    assert [at(part.span) for part in made.arguments[0].parts] == ["'Ticket: '", ":Body", "$Tags"]
    assert at(made.arguments[1].span) == "Model => 'grok-4.3'"


def test_the_shortest_declaration():
    made = parse_statement("CREATE PROCEDURE IF NOT EXISTS X() AS CALL ListModels()")
    assert isinstance(made, CreateProcedure)
    assert (made.parameters, made.arguments, made.returns, made.if_not_exists) == ((), (), None, True)


@pytest.mark.parametrize(
    ("text", "if_exists"), [("DROP PROCEDURE [Ask]", False), ("drop procedure if exists Ask;", True)]
)
def test_a_procedure_is_dropped(text, if_exists):
    dropped = parse_statement(text)
    assert isinstance(dropped, DropProcedure)
    assert (dropped.procedure, dropped.if_exists) == ("Ask", if_exists)


@pytest.mark.parametrize("text", ["CREATE TABLE t (a INTEGER)", "CREATE OR REPLACE VIEW v AS SELECT 1", "DROP TABLE t"])
def test_other_statements_of_these_words_are_queries(text):
    assert parse_statement(text) == Query(text)
