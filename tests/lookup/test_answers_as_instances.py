"""Answers come back as instances of the Python type that their OutputSchema was, through every surface of Python."""

from __future__ import annotations

import asyncio
import json
import pickle
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pydantic
import pytest
from streaming import told

import grokcall
from grokcall import actions
from scripted_service import KEY, answered

ASK = "CALL GenerateResponse(:body, OutputSchema => :schema)"
ROWS = [{"id": 1, "body": "one"}, {"id": 2, "body": "two"}]


@dataclass
class Ticket:
    priority: int = field(metadata={"doc": "from 1, urgent, to 5"})
    team: Literal["delivery", "billing"]
    tags: list[str] = field(default_factory=list)


class Model(pydantic.BaseModel):
    priority: int = pydantic.Field(le=5)
    team: str


TEXT = (
    "priority BIGINT NOT NULL COMMENT 'from 1, urgent, to 5', team ENUM('delivery', 'billing') NOT NULL, tags VARCHAR[]"
)
SAID = {"priority": 2, "team": "billing", "tags": ["late"]}
MADE = Ticket(2, "billing", ["late"])
COLUMNS = pa.schema([pa.field("priority", pa.int16()), pa.field("tags", pa.list_(pa.string()))])


@pytest.fixture(autouse=True)
def script(service):
    service.script = lambda asked: answered(json.dumps(SAID))


def test_a_cursor_gives_tuples_as_ever_and_instances_where_they_are_asked_for(connection, service):
    cursor = connection.execute(ASK, {"body": "one", "schema": Ticket})
    assert cursor.fetchone()[:3] == (2, "billing", ["late"])
    assert cursor.answers() == [MADE]
    assert service.asked[0].json == connection_body(service, connection)


def connection_body(service, connection):
    """What the same call sends whose schema is text."""
    connection.execute(ASK, {"body": "one", "schema": TEXT})
    return service.asked[-1].json


def test_question_marks_callproc_and_executemany_take_a_type(connection):
    connection.execute("CALL GenerateResponse(?, OutputSchema => ?)", ["one", Ticket]).answers()
    cursor = connection.cursor()
    cursor.callproc("GenerateResponse", {"Message": "one", "OutputSchema": Model})
    assert cursor.answers() == [Model(priority=2, team="billing")]
    cursor.executemany("CALL GenerateResponse(:body, OutputSchema => 'priority INT, team TEXT')", ROWS)
    assert cursor.answers() == [{"priority": 2, "team": "billing"}] * 2
    assert cursor.answers(Model) == [Model(priority=2, team="billing")] * 2


def test_an_asynchronous_cursor_has_them_too(connecting):
    async def asked():
        async with grokcall.AsyncConnection(connecting().options, api_key=KEY) as connection:
            cursor = await connection.execute(ASK, {"body": "one", "schema": Ticket})
            return cursor.answers()

    assert asyncio.run(asked()) == [MADE]


def test_a_lookup_gives_an_instance_a_row_and_none_where_the_call_failed(connecting, service):
    service.script = lambda asked: answered("no JSON" if asked.text == "one" else json.dumps(SAID))
    connection = connecting(schema_attempts=1)
    mapping = {"schema": grokcall.const(Ticket)}
    result = connection.lookup(ASK, ROWS, mapping, on_error="ignore", prefix="t_")
    assert result.answers() == [None, MADE]
    assert connection.lookup(ASK, ROWS, mapping).answers() == [MADE], "a failed row is among the errors"
    some = connection.lookup(ASK, ROWS, mapping, fields=["priority"])
    with pytest.raises(grokcall.ProgrammingError, match="no column 'team', which an answer is made of"):
        some.answers()
    assert some.answers(pa.schema([("priority", pa.int64())])) == [{"priority": 2}]


def test_the_journal_knows_no_difference_between_a_type_and_its_text(connection, service, tmp_path):
    first = connection.lookup(ASK, ROWS, {"schema": grokcall.const(Ticket)}, journal=tmp_path / "j")
    again = connection.lookup(ASK, ROWS, {"schema": grokcall.const(TEXT)}, journal=tmp_path / "j", reuse=True)
    assert again.summary.cached == 2
    assert again.rows.equals(first.rows)
    assert again.answers() == [SAID, SAID]
    assert again.answers(Ticket) == [MADE, MADE]
    assert len(service.asked) == 2


def test_what_the_type_refuses_is_asked_for_again_and_then_an_error_that_names_the_member(connecting, service):
    said = [9, 9, 3]
    service.script = lambda asked: answered(json.dumps({"priority": said.pop(0), "team": "x"}))
    connection = connecting(schema_attempts=2)
    with pytest.raises(
        grokcall.AnswerMismatchError, match=r"priority: Input should be less than .* 5, found 9"
    ) as caught:
        connection.execute(ASK, {"body": "one", "schema": Model})
    assert caught.value.column == "priority"
    assert connection.execute(ASK, {"body": "one", "schema": Model}).answers()[0].priority == 3


def test_an_answer_that_another_type_refuses_is_an_error_that_names_the_member(connection, service):
    service.script = lambda asked: answered(json.dumps({"priority": 9, "team": "x"}))
    cursor = connection.execute(ASK, {"body": "one", "schema": "priority INT, team TEXT"})
    with pytest.raises(grokcall.AnswerMismatchError, match="does not fit Model: priority: Input should be less"):
        cursor.answers(Model)


def test_rows_of_an_answer_are_an_instance_each(connection, service):
    service.script = lambda asked: answered(json.dumps({"rows": [SAID, {**SAID, "priority": 1}]}))
    ask = "CALL GenerateRows(:body, :schema)"
    made = [MADE, Ticket(1, "billing", ["late"])]
    assert connection.execute(ask, {"body": "one", "schema": Ticket}).answers() == made
    mapping = {"schema": grokcall.const(Ticket)}
    assert connection.lookup(ask, ROWS, mapping, many="expand").answers() == [*made, *made]
    assert connection.lookup(ask, ROWS, mapping, prefix="x_").answers() == [made, made]


def test_rows_of_a_query_are_instances_of_the_type_that_is_named(connection):
    cursor = connection.execute(
        "SELECT r.priority, r.team, r.tags FROM "
        "GenerateResponse('one', OutputSchema := 'priority INTEGER, team VARCHAR, tags VARCHAR[]') r"
    )
    assert cursor.answers(Ticket) == [MADE]
    with pytest.raises(grokcall.ProgrammingError, match=r"name a dataclass.*answers\(Ticket\)"):
        cursor.answers()


def test_a_stream_has_the_answer_at_its_end(connection, service):
    service.script = lambda asked: told(json.dumps(SAID))
    with connection.stream(ASK, {"body": "one", "schema": Ticket}) as stream:
        assert stream.answer is None
        list(stream)
    assert stream.answer == MADE
    with connection.stream("CALL GenerateResponse('one')") as stream:
        list(stream)
    assert stream.answer is None


def test_an_answer_of_a_conversation_has_it_and_a_conversation_is_kept_with_the_schema_as_text(connection):
    talk = connection.conversation(OutputSchema=Ticket)
    answer = talk.ask("one")
    assert (answer.answer, answer.priority) == (MADE, 2)
    kept = talk.dump()
    assert json.loads(kept)["parameters"] == {"OutputSchema": TEXT}
    assert connection.conversation(load=kept).ask("two").answer == SAID
    assert connection.conversation(load=kept, OutputSchema=Model).ask("two").answer == Model(priority=2, team="billing")
    assert connection.conversation().ask("two").answer is None


def test_a_column_that_is_called_answer_stays_what_it_was(connection, service):
    service.script = lambda asked: answered('{"answer": 42}')
    assert connection.conversation(OutputSchema="answer INTEGER").ask("one").answer == 42
    typed = connection.conversation(OutputSchema=pa.schema([("answer", pa.int32())])).ask("one")
    assert (typed.answer, typed.columns["answer"]) == ({"answer": 42}, 42)


def test_a_step_that_is_shipped_to_workers_takes_its_type_along(service, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    step = grokcall.Lookup(ASK, {"schema": grokcall.const(Ticket)}, fields=["priority"], base_url=service.base_url)
    batch = pa.RecordBatch.from_pylist(ROWS)
    with pickle.loads(pickle.dumps(step)) as shipped:
        assert shipped(batch).column("priority").to_pylist() == [2, 2]


def test_named_actions_take_a_type(connection, service):
    (row,) = actions.generate_response(connection, "one", output_schema=Ticket)
    assert row["priority"] == 2


def test_a_type_that_cannot_be_a_schema_is_refused_before_anything_is_sent(connection, service):
    @dataclass
    class Bad:
        photo: bytes

    with pytest.raises(grokcall.DataError, match=r"OutputSchema.*Bad\.photo is bytes.*annotate it as str"):
        connection.execute(ASK, {"body": "one", "schema": Bad})
    assert service.asked == []
