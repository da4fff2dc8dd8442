"""A key goes to the service in a header and nowhere else: no output, log, record or sentence has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from commanding import ASK, numbered, run, tickets

import grokcall
from scripted_service import KEY, Answer, answered, refused

SLIPS = [
    Answer(f"<html>{KEY}</html>".encode(), 502),
    refused(400, f"Bad header Authorization: Bearer {KEY}"),
    refused(422, f"curl -H 'Authorization: Bearer {KEY}' https://api.x.ai/v1/responses?api_key={KEY}"),
]


def everything_below(folder: Path) -> bytes:
    """The bytes of every file."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_nothing_that_a_run_leaves_behind_has_the_key_even_if_the_service_says_it(service, tmp_path):
    service.script = lambda asked: SLIPS[int(asked.text[-1]) % 4] if int(asked.text[-1]) % 4 < 3 else answered("fine")
    source, out = tickets(tmp_path, (f"ticket {number}" for number in range(10))), tmp_path / "answers.csv"
    command = ["lookup", source, ASK, "-o", out, "--journal", tmp_path / "run.journal", "--max-attempts", "1"]
    done = run(service, *command, "--verbose", "--call-columns")
    assert done.code == 1
    left = everything_below(tmp_path)
    assert b"fine" in left
    assert b"Bad header Authorization" in left
    assert KEY.encode() not in left
    assert KEY not in done.out + done.err


def test_an_error_that_a_limit_raises_shows_no_key(service, connecting):
    connection = connecting(max_cost="0.0000001")
    with pytest.raises(grokcall.BudgetReachedError) as stopped:
        connection.lookup(ASK, numbered(["one"]))
    assert KEY not in f"{stopped.value!r} {stopped.value} {vars(stopped.value)}"


def test_the_key_is_never_part_of_an_address(service, connection):
    connection.lookup(ASK, numbered(["one"]))
    assert {asked.headers["authorization"] for asked in service.asked} == {f"Bearer {KEY}"}
    assert all(KEY not in asked.path and KEY.encode() not in asked.body for asked in service.asked)


def test_a_key_among_the_arguments_where_everyone_could_see_it_is_refused_and_not_repeated(service):
    done = run(service, "call", "SELECT 1", f"--api-key={KEY}")
    assert done.code == 2
    assert KEY not in done.out + done.err


def test_a_journal_has_the_statement_and_the_answers_but_no_prompt_and_no_key(service, connection, tmp_path):
    journal = tmp_path / "run.journal"
    service.script = lambda asked: answered("an answer to keep")
    connection.lookup(ASK, numbered(["a very private complaint"]), journal=journal)
    connection.close()
    left = everything_below(tmp_path)
    assert ASK.encode() in left
    assert b"a very private complaint" not in left
    assert KEY.encode() not in left
