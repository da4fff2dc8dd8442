"""The command does the same in interpreters that are stricter, or drop what is not needed."""

from __future__ import annotations

import pytest

ASK = "CALL GenerateResponse(:body)"
COMMANDS = {
    "help": ["--help"],
    "a page of help": ["lookup", "--help"],
    "procedures": ["procedures", "GenerateResponse"],
    "a call": ["call", "CALL GenerateResponse('hi')"],
    "a lookup": ["lookup", "in.csv", ASK, "-o", "out.parquet"],
    "a lookup into a database": ["lookup", "in.csv", ASK, "-o", "out.duckdb::answers"],
    "a query": ["sql", "SELECT Response_Result FROM GenerateResponse('hi')"],
}
INTERPRETERS = {
    "where warnings are errors": {"PYTHONWARNINGS": "error", "PYTHONDEVMODE": "1"},
    "without assertions": {"PYTHONOPTIMIZE": "1"},
}


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_the_same_in_every_interpreter(process, here, at_service, command, interpreter):
    (here / "in.csv").write_text("body\none\ntwo\n")
    usual = process(*COMMANDS[command])
    assert usual.code == 0, usual.err
    done = process(*COMMANDS[command], **INTERPRETERS[interpreter])
    assert done.code == 0, done.err
    assert done.out == usual.out
    assert "Traceback" not in done.err
    assert "Warning" not in done.err
