"""``grokcall call --stream``: the answer as it comes on standard output, everything else beside it."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from streaming import Pieces, begun, completed, delta, event, streamed, told

from installed import COMMAND
from scripted_service import answered

CALL = "CALL GenerateResponse('hi')"


def test_text_goes_to_standard_output_and_what_it_took_to_the_other(run, at_service):
    at_service.script = lambda _: told("one two three")
    done = run("call", "--stream", CALL)
    assert (done.code, done.out) == (0, "one two three\n")
    assert "10 tokens read, 2 written, 0.000231 USD" in done.err
    assert at_service.asked[0].json["stream"] is True


def test_reasoning_and_tools_are_beside_the_answer(run, at_service):
    call = {"type": "web_search_call", "id": "w", "action": {"type": "search", "query": "sun"}, "status": "completed"}
    at_service.script = lambda _: streamed(
        begun(),
        event("response.reasoning_summary_text.delta", item_id="r", summary_index=0, delta="Let me"),
        event("response.reasoning_summary_text.delta", item_id="r", summary_index=0, delta=" look."),
        event("response.output_item.done", output_index=1, item=call),
        delta("Yellow"),
        completed("Yellow"),
    )
    done = run("call", "--stream", CALL)
    assert done.out == "Yellow\n"
    assert "Let me look.\n" in done.err
    assert '→ web_search {"type":"search","query":"sun"}' in done.err


def test_quiet_leaves_the_answer_alone(run, at_service):
    at_service.script = lambda _: told("one two")
    done = run("call", "--stream", "--quiet", CALL)
    assert (done.out, done.err) == ("one two\n", "")


def test_events_are_lines_of_json_and_the_row_is_the_last(run, at_service):
    at_service.script = lambda _: told("one two")
    done = run("call", "--stream", "--format", "jsonl", CALL)
    *pieces, row = done.rows
    assert [piece["text"] for piece in pieces if piece["kind"] == "text"] == ["one", " two"]
    assert pieces[0] == {"kind": "status", "text": "begun"}
    assert (row["Response_Result"], row["Response_Id"]) == ("one two", "resp-1")


def test_sound_is_written_into_its_file_as_it_comes(process, here):
    done = process("call", "--stream", "--sandbox", "CALL GenerateAudio('Good morning', 'en')", "-o", "speech.mp3")
    assert done.code == 0, done.err
    whole = process("call", "--sandbox", "CALL GenerateAudio('Good morning', 'en')", "-o", "whole.mp3")
    assert whole.code == 0
    assert (here / "speech.mp3").read_bytes() == (here / "whole.mp3").read_bytes()
    assert "bytes written to speech.mp3" in done.err


def test_sound_goes_into_a_pipe(process, here):
    done = process("call", "--stream", "--sandbox", "CALL GenerateAudio('Good morning', 'en')")
    assert done.code == 0, done.err
    assert done.raw.startswith((b"ID3", b"\xff"))


def test_a_file_of_the_service_goes_into_a_file_of_any_ending(run, at_service, here):
    at_service.script = lambda _: Pieces(headers={"content-type": "application/pdf"}, pieces=(b"%PDF", b"-1.7"))
    done = run("call", "--stream", "CALL DownloadFile('file_1')", "-o", "policy.pdf")
    assert done.code == 0, done.err
    assert (here / "policy.pdf").read_bytes() == b"%PDF-1.7"
    assert "8 bytes written to policy.pdf" in done.err


def test_a_cut_of_sound_is_told(run, at_service, here):
    at_service.script = lambda _: streamed_sound(b"ID3abc")
    done = run("call", "--stream", "CALL GenerateAudio('Good morning', 'en')", "-o", "speech.mp3")
    assert done.code == 1
    assert (here / "speech.mp3").read_bytes() == b"ID3abc"
    assert "cut off after 6 bytes" in done.err
    assert "speech.mp3 was cut off: it has 6 bytes of the answer" in done.err


def streamed_sound(sound: bytes):
    made = streamed(sound, whole=False)
    return type(made)(headers={"content-type": "audio/mpeg"}, pieces=made.pieces, whole=False)


def test_a_cut_of_text_is_told_and_what_came_stays(run, at_service):
    at_service.script = lambda _: streamed(begun(""), delta("Yel"), whole=False)
    done = run("call", "--stream", CALL)
    assert done.code == 1
    assert done.out.startswith("Yel")
    assert "cut off after 3 characters" in done.err
    assert "may have been billed, at a price that nobody told" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "csv", CALL], "--format jsonl, not csv"),
        (["-o", "answer.txt", CALL], "redirect it into answer.txt"),
        (["-o", "answer.csv", "CALL GenerateAudio('a', 'en')"], "take an ending such as .mp3"),
        (["CALL GenerateImage('a kite')"], "GenerateImage gives its answer whole"),
        (["SHOW PROCEDURES"], "CALL"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(run, at_service, here, arguments, said):
    done = run("call", "--stream", *arguments)
    assert done.code == 2
    assert said in done.err
    assert at_service.asked == []
    assert list(here.iterdir()) == []


def test_a_lookup_receives_in_pieces_when_told_so(run, at_service, here):
    def script(asked):
        assert asked.json["stream"] is True
        return told(asked.text.upper())

    at_service.script = script
    (here / "in.csv").write_text("m\na\nb\n")
    options = ["--receive", "stream", "--idle-timeout", "30"]
    done = run("lookup", "in.csv", "CALL GenerateResponse(:m)", "-o", "out.jsonl", *options)
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()]
    assert [row["Response_Result"] for row in rows] == ["A", "B"]


def test_a_word_that_receive_does_not_know_is_refused(run, at_service):
    at_service.script = lambda _: answered("no")
    done = run("call", "--receive", "pieces", CALL)
    assert done.code == 2
    assert "receive" in done.err
    assert at_service.asked == []


def test_an_interrupt_says_that_the_answer_was_cut_off(at_service):
    at_service.script = lambda _: streamed(begun(), delta("Yel"), 60.0)
    command = [COMMAND, "call", "--stream", CALL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.read(3) == b"Yel"
        running.send_signal(signal.SIGINT)
        told = running.stderr.read().decode()
    assert running.returncode == 130
    assert "cut off after 3 characters: it may have been billed" in told
