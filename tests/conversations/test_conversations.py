"""A conversation asks one question after the other, each of which goes on from the answers before it."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pytest
from calling import calls
from remembering import Remembering
from streaming import told

import grokcall
from grokcall import errors
from scripted_service import COST_TICKS, answered, refused


@pytest.fixture(params=["sync", "async"])
def asking(request, connecting, service):
    """Makes a conversation whose methods block, over either kind of connection."""
    service.script = Remembering()

    def begin(**parameters):
        connection = connecting()
        if request.param == "sync":
            return connection.conversation(**parameters)
        twin = grokcall.AsyncConnection(connection.options, api_key=service_key())
        request.addfinalizer(lambda: asyncio.run(twin.close()))
        return Blocking(twin.conversation(**parameters))

    return begin


def service_key() -> str:
    from scripted_service import KEY

    return KEY


class Blocking:
    """An asynchronous conversation whose coroutines are awaited at once, each in a loop of its own."""

    def __init__(self, talk: grokcall.AsyncConversation) -> None:
        self.talk = talk

    def __getattr__(self, name: str):
        found = getattr(self.talk, name)
        if not asyncio.iscoroutinefunction(found):
            return (lambda: Blocking(found())) if name == "fork" else found
        return lambda *args, **named: asyncio.run(found(*args, **named))


def test_a_question_goes_on_from_the_answers_before_it(service, asking):
    talk = asking(Instructions="Be short.")
    assert [str(talk.ask(question)) for question in ("one", "two", "three")] == [
        "answer: one",
        "answer: one > two",
        "answer: one > two > three",
    ]
    first, second, third = (asked.json for asked in service.asked)
    assert first["instructions"] == "Be short."
    assert "previous_response_id" not in first
    assert "instructions" not in second
    assert (second["previous_response_id"], third["previous_response_id"]) == ("resp_1", "resp_2")
    assert talk.id == "resp_3"


def test_an_answer_has_its_columns_as_attributes(asking):
    answer = asking().ask("one")
    assert answer.text == answer.Response_Result == "answer: one"
    assert (answer.Response_Id, answer.Response_UsageTotalTokens, answer.Response_Rounds) == ("resp_1", 12, 1)
    assert answer.cost_usd == Decimal(COST_TICKS) / 10**10
    assert json.loads(answer.Response_Output)[0]["role"] == "assistant"
    assert answer.columns["Response_Status"] == "completed"
    with pytest.raises(AttributeError, match="did you mean Response_Result"):
        _ = answer.Response_Resul


def test_declared_columns_are_attributes_as_well(service, connection):
    service.script = lambda asked: answered('{"priority": 2, "team": "billing"}')
    answer = connection.conversation(OutputSchema="priority INTEGER, team VARCHAR").ask("Where is my parcel?")
    assert (answer.priority, answer.team) == (2, "billing")


def test_parameters_hold_for_all_questions_and_may_be_given_for_one(service, asking):
    talk = asking(Temperature=0.5, model="grok-4.3")
    talk.ask("one", MaxOutputTokens=20)
    talk.ask("two", Temperature=1)
    first, second = (asked.json for asked in service.asked)
    assert (first["temperature"], first["max_output_tokens"]) == (0.5, 20)
    assert second["temperature"] == 1
    assert "max_output_tokens" not in second


def test_what_is_not_kept_is_said_again_with_its_reasoning(service, asking):
    reasoning = {"type": "reasoning", "id": "rs_1", "encrypted_content": "c2VjcmV0", "summary": []}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]}
    service.script = lambda asked: answered("", output=[reasoning, said], store=False)
    talk = asking(Store=False, Instructions="Be short.")
    talk.ask("one")
    talk.ask("two")
    first, second = (asked.json for asked in service.asked)
    assert first["include"] == second["include"] == ["reasoning.encrypted_content"]
    assert second["input"][:3] == [{"role": "user", "content": "one"}, reasoning, said]
    assert second["instructions"] == "Be short."
    assert talk.id is None


def test_turns_are_a_table(asking):
    talk = asking()
    talk.ask("one")
    talk.ask("two")
    assert talk.turns.to_pylist()[2:] == [
        {"turn": 2, "role": "user", "text": "two", "response_id": None, "tokens": 10, "usd": None},
        {
            "turn": 2,
            "role": "assistant",
            "text": "answer: one > two",
            "response_id": "resp_2",
            "tokens": 2,
            "usd": Decimal(COST_TICKS) / 10**10,
        },
    ]
    assert asking().turns.num_rows == 0


def test_a_fork_goes_its_own_way(asking):
    talk = asking()
    talk.ask("one")
    other = talk.fork()
    assert str(other.ask("left")) == "answer: one > left"
    assert str(talk.ask("right")) == "answer: one > right"
    assert (talk.turns.num_rows, other.turns.num_rows) == (4, 4)


@pytest.mark.parametrize("form", ["text", "file", "document"])
@pytest.mark.parametrize("store", [None, False])
def test_a_conversation_is_written_and_taken_up_again(service, asking, tmp_path, form, store):
    talk = asking(Instructions="Be short.", Store=store)
    talk.ask("one")
    path = tmp_path / "talk.json"
    text = talk.dump(path)
    assert path.read_text("utf-8") == text
    assert path.stat().st_mode & 0o077 == 0
    again = asking(load={"text": text, "file": path, "document": json.loads(text)}[form])
    assert str(again.ask("two")) == "answer: one > two"
    assert again.turns.num_rows == 4
    assert again.parameters["Instructions"] == "Be short."


def test_a_parameter_goes_before_one_that_was_kept(service, asking):
    talk = asking(Model="grok-4.3")
    talk.ask("one")
    again = asking(load=talk.dump(), Model="grok-4.20-0309-non-reasoning")
    again.ask("two")
    assert service.asked[-1].json["model"] == "grok-4.20-0309-non-reasoning"


@pytest.mark.parametrize(
    ("load", "words"),
    [
        ("{", "no JSON text"),
        ("{}", "has no member 'grokcall_conversation'"),
        ('{"grokcall_conversation": 2}', "of version 2"),
        ('{"grokcall_conversation": 1, "parameters": [], "turns": []}', "an object is missing"),
        ('{"grokcall_conversation": 1, "parameters": {}, "turns": {}}', "a list is missing"),
        ("no such file.json", "cannot read the conversation in 'no such file.json'"),
    ],
)
def test_what_is_no_conversation_is_refused(connection, load, words):
    with pytest.raises(errors.Error, match=words):
        connection.conversation(load=load)


def test_a_conversation_that_the_service_has_lost_is_replayed(service, asking):
    talk = asking(Instructions="Be short.")
    talk.ask("one")
    talk.ask("two")
    service.script.said.clear()
    with pytest.raises(errors.NotFoundError):
        talk.ask("three")
    talk.replay()
    assert str(talk.ask("three")) == "answer: one > two > three"
    assert service.asked[-1].json["instructions"] == "Be short."
    assert str(talk.ask("four")) == "answer: one > two > three > four"
    assert service.asked[-1].json["previous_response_id"] == talk.turns["response_id"].to_pylist()[5]


def test_reasoning_that_cannot_be_read_is_not_sent_again(service, connection):
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": []}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]}
    service.script = lambda asked: answered("", output=[reasoning, said])
    talk = connection.conversation()
    talk.ask("one")
    talk.replay()
    talk.ask("two")
    assert "reasoning" not in [item.get("type") for item in service.asked[-1].json["input"]]


def test_a_conversation_may_begin_with_the_id_of_an_answer(service, asking):
    service.script.said["resp_old"] = ["zero"]
    talk = asking(PreviousResponseId="resp_old")
    assert str(talk.ask("one")) == "answer: zero > one"
    assert str(talk.ask("two")) == "answer: zero > one > two"
    with pytest.raises(errors.ProgrammingError, match="cannot be replayed"):
        talk.replay()


def test_a_conversation_may_begin_with_a_history(service, asking):
    talk = asking(History=[{"role": "user", "content": "zero"}, {"role": "assistant", "content": "answer: zero"}])
    assert str(talk.ask("one")) == "answer: zero > one"
    talk.replay()
    assert str(talk.ask("two")) == "answer: zero > one > two"


def test_a_question_that_fails_is_no_turn(service, asking):
    talk = asking()
    service.script.fails = lambda text: text == "two"
    talk.ask("one")
    with pytest.raises(errors.InvalidRequestError):
        talk.ask("two")
    assert str(talk.ask("three")) == "answer: one > three"
    assert talk.turns["text"].to_pylist() == ["one", "answer: one", "three", "answer: one > three"]


def test_limits_hold_for_all_turns_together_and_for_forks(service, asking):
    talk = asking(max_calls=2)
    talk.ask("one")
    talk.fork().ask("left")
    with pytest.raises(errors.BudgetReachedError):
        talk.ask("three")
    assert len(service.asked) == 2
    assert talk.budget.calls == 2


def test_it_is_removed_from_the_service_and_goes_on_without(service, asking):
    talk = asking()
    talk.ask("one")
    talk.ask("two")
    remembering, gone = service.script, []

    def script(asked):
        if asked.method == "DELETE":
            identity = asked.path.rpartition("/")[2]
            gone.append(identity)
            if identity == "resp_1":
                return refused(404, "No such response.")
            remembering.said.pop(identity)
            return answered("", id=identity, deleted=True)
        return remembering(asked)

    service.script = script
    assert talk.delete() == 1
    assert gone == ["resp_1", "resp_2"]
    assert str(talk.ask("three")) == "answer: one > two > three"


def test_it_is_put_into_fewer_tokens(service, asking):
    talk = asking()
    talk.ask("one")
    remembering = service.script
    compacted = {"id": "cmp_1", "output": [{"role": "user", "content": "short"}], "usage": {"dropped_message_count": 2}}

    def script(asked):
        if asked.path.endswith("/compact"):
            return type(answered(""))(json.dumps(compacted).encode())
        return remembering(asked)

    service.script = script
    assert talk.compact().Compaction_DroppedMessages == 2
    assert service.asked[-1].json["input"][0] == {"role": "user", "content": "one"}
    assert str(talk.ask("two")) == "answer: short > two"
    assert talk.turns.num_rows == 4


def test_nothing_cannot_be_compacted(asking):
    with pytest.raises(errors.ProgrammingError, match="cannot be compacted"):
        asking().compact()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"Instruction": "x"}, "takes no 'Instruction'; did you mean Instructions"),
        ({"Message": "x"}, "takes no 'Message'"),
        ({"max_costs": 1}, "takes no 'max_costs'"),
        ({"Temperature": 7}, "Temperature"),
        ({"max_calls": -1}, "max_calls must be a whole number"),
        ({"Tools": ["no_such_tool"]}, "no_such_tool"),
    ],
)
def test_a_wrong_parameter_is_told_at_once(service, connection, parameters, words):
    with pytest.raises(errors.Error, match=words):
        connection.conversation(**parameters)
    assert not service.asked


def test_one_turn_is_under_way_at_a_time(service, connection):
    service.script = lambda asked: told("hello there")
    talk = connection.conversation()
    stream = talk.stream("one")
    next(stream)
    with pytest.raises(errors.InterfaceError, match="is under way"):
        talk.ask("two")
    stream.close()
    service.script = Remembering()
    assert str(talk.ask("two")) == "answer: two"


def test_a_streamed_answer_is_a_turn_at_its_end(service, connection):
    service.script = lambda asked: told("hello there")
    talk = connection.conversation()
    with talk.stream("one") as stream:
        assert talk.turns.num_rows == 0
        for _ in stream:
            pass
        text = stream.text
    assert talk.turns["text"].to_pylist() == ["one", text]
    service.script = Remembering()
    service.script.said["resp-1"] = ["one"]
    talk.ask("two")
    assert service.asked[-1].json["previous_response_id"] == talk.turns["response_id"].to_pylist()[1]


def test_a_stream_that_is_dropped_leaves_the_conversation_as_it_was(service, connection):
    service.script = lambda asked: told("hello there")
    talk = connection.conversation()
    talk.stream("never read")
    next(talk.stream("read a little"))
    service.script = Remembering()
    assert str(talk.ask("one")) == "answer: one"
    assert talk.turns.num_rows == 2


def test_streams_are_awaited_too(service, connecting):
    async def story():
        async with grokcall.aconnect(api_key=service_key(), base_url=service.base_url) as connection:
            talk = connection.conversation()
            async with talk.stream("one") as stream:
                async for _ in stream:
                    pass
            return stream.text, talk.turns["text"].to_pylist()

    service.script = lambda asked: told("hello there")
    text, turns = asyncio.run(story())
    assert turns == ["one", text]


def test_tools_run_in_a_turn_and_what_they_gave_is_part_of_what_was_said(service, connection):
    @connection.tool
    def stock(article: str) -> int:
        """Pieces of an article."""
        return 7

    def script(asked):
        items = asked.json["input"]
        given = [item for item in items if isinstance(item, dict) and item.get("type") == "function_call_output"]
        if not given:
            return calls(("stock", {"article": "tea"}), number=len(service.asked))
        return answered(f"there are {given[-1]['output']}", id=f"resp_{len(service.asked)}", store=False)

    service.script = script
    talk = connection.conversation(Tools=["stock"], Store=False)
    assert str(talk.ask("Is tea left?")) == "there are 7"
    talk.ask("And now?")
    kinds = [item.get("type", item.get("role")) for item in service.asked[-1].json["input"]]
    assert kinds == ["user", "reasoning", "function_call", "function_call_output", "message", "user"]


def test_calls_that_nobody_runs_are_answered_in_the_next_question(service, connection):
    function = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
    service.script = lambda asked: calls(("look", {}), number=len(service.asked))
    talk = connection.conversation(Tools=[function])
    (call,) = talk.ask("Look.").Response_ToolCalls
    assert call["status"] == "pending"
    service.script = lambda asked: answered("seen", id="resp_2")
    assert str(talk.ask(ToolOutputs=[{"call_id": call["id"], "output": "nothing"}])) == "seen"
    assert service.asked[-1].json["previous_response_id"] == "resp_1"
    assert talk.turns["text"].to_pylist()[2:] == [None, "seen"]


def test_on_the_sandbox_a_conversation_remembers(on_sandbox):
    talk = on_sandbox.conversation()
    assert talk.ask("What is 6 * 7?").text == "42"
    assert "What is 6 * 7?" in talk.ask("What did I ask you before?").text
    assert talk.delete() == 2
    assert "What did I ask you before?" in talk.ask("And what then?").text
    talk.compact()
    assert talk.ask("What is 2 * 3?").text == "6"
