"""``grokcall chat``: a conversation on a terminal, and over the lines of a pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from remembering import Remembering
from streaming import begun, delta, streamed, told

from installed import COMMAND
from scripted_service import KEY, answered


def test_each_line_of_a_pipe_is_a_question(process, here):
    done = process("chat", "--sandbox", stdin=b"What is 6 * 7?\n\n  \nWhat did I ask?\r\n")
    assert done.code == 0, done.err
    first, second = done.out.splitlines()
    assert first == "42"
    assert "What is 6 * 7?" in second
    assert "USD" in done.err


def test_quiet_leaves_the_answers_alone(process, here):
    done = process("chat", "--sandbox", "--quiet", stdin=b"What is 6 * 7?\n")
    assert (done.out, done.err) == ("42\n", "")


def test_flags_and_parameters_hold_for_all_questions(process, service, here):
    service.script = lambda _: told("yes")
    at = {"XAI_API_KEY": KEY, "GROKCALL_BASE_URL": service.base_url}
    flags = ("-m", "grok-4.3", "-i", "Be short.", "-p", "MaxOutputTokens=50", "--tool", "view_image")
    done = process("chat", *flags, stdin=b"one\ntwo\n", **at)
    assert done.code == 0, done.err
    first, second = (asked.json for asked in service.asked)
    assert (first["instructions"], first["max_output_tokens"], first["model"]) == ("Be short.", 50, "grok-4.3")
    assert first["tools"] == second["tools"]
    assert "instructions" not in second


def test_it_is_kept_after_each_answer_and_gone_on_with(process, here):
    first = process("chat", "--sandbox", "-p", "Store=false", "--save", "talk.json", stdin=b"What is 6 * 7?\n")
    assert first.code == 0, first.err
    assert len(json.loads((here / "talk.json").read_text())["turns"]) == 1
    again = process("chat", "--sandbox", "--load", "talk.json", "--save", "talk.json", stdin=b"What did I ask?\n")
    assert again.code == 0, again.err
    assert "What is 6 * 7?" in again.out
    assert len(json.loads((here / "talk.json").read_text())["turns"]) == 2


def test_a_function_of_a_module_is_offered(process, service, here):
    (here / "shop.py").write_text('def stock(article: str) -> int:\n    "Pieces of an article."\n    return 7\n')
    service.script = lambda _: told("yes")
    at = {"XAI_API_KEY": KEY, "GROKCALL_BASE_URL": service.base_url}
    done = process("chat", "--tool", "shop:stock", stdin=b"Is tea left?\n", **at)
    assert done.code == 0, done.err
    assert [tool["name"] for tool in service.asked[0].json["tools"]] == ["stock"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (("--load", "none.json"), b"", 2, "cannot read the conversation in 'none.json'"),
        (("--save", "no/folder/talk.json"), b"", 2, "no/folder"),
        (("-p", "Instruction=x"), b"", 2, "did you mean Instructions"),
        (("--max-calls", "1"), b"one\ntwo\n", 4, "max_calls"),
        ((), b"one\n\xff\xfe\n", 2, "line 2 on standard input"),
    ],
)
def test_what_goes_wrong_in_a_pipe_ends_it_with_its_code(process, here, arguments, stdin, code, words):
    done = process("chat", "--sandbox", *arguments, stdin=stdin, PYTHONUTF8="1")
    assert done.code == code, done.err
    assert words in done.err


class Terminal:
    """The command on a terminal of its own, at which somebody types."""

    def __init__(self, *arguments: object, **environment: str) -> None:
        self.end, its = pytest.importorskip("pty").openpty()
        self.process = subprocess.Popen(
            [COMMAND, *map(str, arguments)],
            stdin=its,
            stdout=its,
            stderr=its,
            start_new_session=True,
            env={**os.environ, "XAI_API_KEY": KEY, "TERM": "dumb", "COLUMNS": "120", **environment},
        )
        os.close(its)
        self.seen = b""

    def wait_for(self, words: str) -> None:
        """Reads until ``words`` have come, after what was waited for before."""
        while words.encode() not in self.seen:
            self.seen += os.read(self.end, 1 << 16)
        self.seen = self.seen.partition(words.encode())[2]

    def type(self, line: str) -> None:
        """Types a line."""
        os.write(self.end, f"{line}\n".encode())


@pytest.fixture
def terminal(service, here) -> Iterator[Terminal]:
    """A chat with the scripted service."""
    if sys.platform == "win32":
        pytest.skip("there are no such terminals")
    started = Terminal("chat", GROKCALL_BASE_URL=service.base_url)
    started.wait_for("Ctrl-D ends")
    yield started
    started.process.kill()
    started.process.wait()
    os.close(started.end)


def test_what_is_typed_is_asked_and_answered_as_it_comes(service, terminal, here):
    service.script = lambda _: told("good morning to you")
    terminal.wait_for("> ")
    terminal.type("hello")
    terminal.wait_for("good morning to you")
    terminal.wait_for("> ")
    terminal.type("/save talk.json")
    terminal.wait_for("written to talk.json")
    terminal.type("/quit")
    assert terminal.process.wait(300) == 0
    assert json.loads((here / "talk.json").read_text())["turns"][0]["question"] == "hello"


def test_a_line_that_ends_in_a_backslash_goes_on_and_two_slashes_are_one(service, terminal):
    service.script = lambda _: told("yes")
    terminal.type("one\\")
    terminal.type("two")
    terminal.wait_for("yes")
    terminal.type("//three")
    terminal.wait_for("yes")
    assert service.texts == ["one\ntwo", "/three"]


def test_what_fails_is_told_and_the_conversation_goes_on(service, terminal):
    service.script = Remembering(fails=lambda text: text == "bad")
    terminal.type("bad")
    terminal.wait_for("This question is refused.")
    terminal.type("/relay")
    terminal.wait_for("did you mean replay?")
    terminal.type("/save")
    terminal.wait_for("needs the name of a file")
    terminal.type("good")
    terminal.wait_for("answer: good")


def test_an_interrupt_cuts_the_answer_off_and_the_conversation_goes_on(service, terminal):
    service.script = lambda _: streamed(begun(), delta("one "), 3600.0)
    terminal.type("hello")
    terminal.wait_for("one ")
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("it may have been billed")
    service.script = lambda _: told("yes")
    terminal.type("again")
    terminal.wait_for("yes")
    assert "previous_response_id" not in service.asked[-1].json


def test_an_interrupt_at_the_prompt_ends_it(terminal):
    terminal.wait_for("> ")
    terminal.process.send_signal(signal.SIGINT)
    terminal.type("")  # an interrupt that comes just before the prompt waits is heard after the line
    assert terminal.process.wait(300) == 130


def test_the_end_of_what_is_typed_ends_it(terminal):
    terminal.wait_for("> ")
    os.write(terminal.end, b"\x04")
    assert terminal.process.wait(300) == 0


def test_a_conversation_that_was_lost_is_replayed(service, terminal):
    remembering = service.script = Remembering()
    terminal.type("one")
    terminal.wait_for("answer: one")
    remembering.said.clear()
    terminal.type("two")
    terminal.wait_for("/replay has the next question")
    terminal.type("/replay")
    terminal.wait_for("sends all that was said")
    terminal.type("three")
    terminal.wait_for("answer: one > three")


def test_it_is_put_into_fewer_tokens(service, terminal):
    remembering = service.script = Remembering()
    terminal.type("one")
    terminal.wait_for("answer: one")
    compacted = {"output": [{"role": "user", "content": "short"}], "usage": {"input_tokens": 12, "output_tokens": 3}}
    service.script = lambda asked: (
        type(answered(""))(json.dumps(compacted).encode()) if asked.path.endswith("compact") else remembering(asked)
    )
    terminal.type("/compact")
    terminal.wait_for("12 tokens read, 3 written")
    terminal.type("two")
    terminal.wait_for("answer: short > two")
