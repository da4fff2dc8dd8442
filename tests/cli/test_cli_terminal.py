"""What is shown on a terminal commands it in nothing, whoever wrote it; files and pipes get it as it is."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from grokcall.core.terminals import TerminalStream, visible
from installed import COMMAND
from scripted_service import KEY, Answer, Service, answered, refused

HOSTILE = {
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "clear": "\x1b[2J\x1b[1;1H",
    "link": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "device string": "\x1bP1;1|evil\x1b\\",
    "sequence of one byte": "\x9b2J",
    "command of one byte": "\x9d0;owned\x9c",
    "bell": "\x07",
    "backspaces": "safe\b\b\b\bevil",
    "return": "safe\revil",
    "form feed and vertical tab": "\x0c\x0b",
    "shift out": "\x0e",
    "delete": "\x7f",
    "backwards": "\u202egpj.exe",
    "isolate": "\u2066evil\u2069",
    "separator": "\u2028evil",
    "reset": "\x1bc",
}
ALL = " | ".join(f"{name}: {text}" for name, text in HOSTILE.items())
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A|\r")
"""What the command itself says to the terminal: colors, and the redrawing of a bar."""
COMMANDING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def on_terminal(*arguments: object, cwd: Path, **environment: str) -> str:
    """What the command puts onto a terminal of its own."""
    ours, its = pytest.importorskip("pty").openpty()
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=cwd,
        env={**os.environ, "XAI_API_KEY": KEY, "TERM": "xterm-256color", "COLUMNS": "120", **environment},
    )
    os.close(its)
    data = b""
    try:
        while piece := os.read(ours, 1 << 16):
            data += piece
    except OSError:  # what Linux says when the last writer has gone
        pass
    os.close(ours)
    process.wait(300)
    return data.decode()


def assert_harmless(seen: str) -> None:
    """Asserts that nothing commands the terminal."""
    found = COMMANDING.search(OURS.sub("", seen))
    assert found is None, seen[max(found.start() - 80, 0) : found.end() + 80].encode()


@pytest.fixture
def hostile() -> Iterator[Service]:
    """A service whose answers are hostile."""
    with Service(lambda asked: answered(ALL)) as service:
        yield service


def test_an_answer_commands_no_terminal(hostile: Service, tmp_path: Path) -> None:
    seen = on_terminal("call", "CALL GenerateResponse('x')", "--base-url", hostile.base_url, cwd=tmp_path)
    assert_harmless(seen)
    assert r"\x1b]0;owned\x07" in seen


@pytest.mark.parametrize("form", ["table", "csv", "jsonl"])
def test_rows_of_a_query_command_no_terminal(hostile: Service, tmp_path: Path, form: str) -> None:
    name = "a\x1b[2Jb"
    query = f"""SELECT n, Response_Result AS "{name}" FROM range(2) t(n), GenerateResponse('x' || n)"""
    seen = on_terminal("sql", query, "--format", form, "--base-url", hostile.base_url, cwd=tmp_path)
    assert_harmless(seen)
    assert (r"a\u001b[2Jb" if form == "jsonl" else r"a\x1b[2Jb") in seen


def test_rows_of_a_lookup_onto_a_terminal_command_it_in_nothing(hostile: Service, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("q\none\ntwo\n")
    seen = on_terminal(
        "lookup", "in.csv", "CALL GenerateResponse(:q)", "-o", "-", "--base-url", hostile.base_url, cwd=tmp_path
    )
    assert_harmless(seen)
    assert "2 ok" in seen


def test_refusals_logs_and_failed_rows_command_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("q\none\ntwo\n")
    with Service(lambda asked: refused(400, ALL)) as service:
        asked = ("--base-url", service.base_url, "--verbose")
        assert_harmless(on_terminal("call", "CALL GenerateResponse('x')", *asked, cwd=tmp_path))
        ending = ("-o", "out.csv", "--on-error", "fail", *asked)
        assert_harmless(on_terminal("lookup", "in.csv", "CALL GenerateResponse(:q)", *ending, cwd=tmp_path))
        journal = next(tmp_path.glob("*.journal"))
        assert_harmless(on_terminal("runs", "show", "--journal", journal, cwd=tmp_path))


def test_names_of_files_and_columns_command_no_terminal(hostile: Service, tmp_path: Path) -> None:
    name = "in\x1b]0;owned\x07\x1b[2J\u202e\x9d.csv"
    (tmp_path / name).write_text("q\x1b[2J,b\none,two\n")
    asked = ("--base-url", hostile.base_url)
    seen = on_terminal("lookup", name, "CALL GenerateResponse(:b)", "-o", f"out{name}", *asked, cwd=tmp_path)
    assert_harmless(seen)
    assert r"\x1b[2J" in seen
    assert (tmp_path / f"out{name}").exists()
    assert_harmless(on_terminal("lookup", name, "CALL GenerateResponse(:missing)", *asked, cwd=tmp_path))
    assert_harmless(on_terminal("lookup", f"no{name}", "CALL GenerateResponse(:b)", *asked, cwd=tmp_path))
    assert_harmless(on_terminal("lookup", name, "CALL x()", name, cwd=tmp_path))
    assert_harmless(on_terminal(f"--{name}", cwd=tmp_path))


def test_standard_error_commands_nobody_who_shows_it_later(tmp_path: Path) -> None:
    with Service(lambda asked: refused(400, ALL)) as service:
        done = subprocess.run(
            [COMMAND, "call", "CALL GenerateResponse('x')", "--base-url", service.base_url],
            capture_output=True,
            env={**os.environ, "XAI_API_KEY": KEY},
            check=False,
        )
    assert done.returncode == 1
    assert_harmless(done.stderr.decode())


def test_files_and_pipes_get_an_answer_as_it_is(hostile: Service, tmp_path: Path) -> None:
    for target in ("-", str(tmp_path / "out.jsonl"), str(tmp_path / "out.csv")):
        done = subprocess.run(
            [COMMAND, "call", "CALL GenerateResponse('x')", "-o", target, "--base-url", hostile.base_url],
            capture_output=True,
            env={**os.environ, "XAI_API_KEY": KEY},
            check=True,
        )
        written = done.stdout if target == "-" else Path(target).read_bytes()
        assert "\u202egpj.exe".encode() in written
        assert (b"\x1b]0;" in written) or (b"\\u001b]0;" in written)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_visible_text_has_no_commands_and_loses_nothing(text: str) -> None:
    assert COMMANDING.search(visible(text)) is None
    assert len(visible(text)) > len(text)


@pytest.mark.parametrize("text", ["a\tb\nc\r\nd", "日本語 é ☃ 👩‍👩‍👧", "שלום עולם", "C:\\x1b"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_a_character_cut_between_two_writes_is_shown_whole(tmp_path: Path) -> None:
    path = tmp_path / "terminal"
    with path.open("wb", buffering=0) as file:
        stream = TerminalStream(file)
        for byte in "é\r\n\u202e\x9b!\r".encode():
            stream.write(bytes([byte]))
        stream.flush()
    assert path.read_bytes() == "é\r\n\\u202e\\x9b!\\r".encode()


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_a_table_shows_what_its_stream_can(hostile: Service, encoding: str) -> None:
    done = subprocess.run(
        [COMMAND, "call", "EXPLAIN CALL GenerateResponse('漢 and the rest')", "--format", "table"],
        capture_output=True,
        env={**os.environ, "XAI_API_KEY": KEY, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert (done.returncode, b"and the rest" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("closed", "arguments", "told"),
    [
        (">&-", "call \"EXPLAIN CALL GenerateResponse('x')\"", "standard output is closed"),
        (">&-", "procedures --json", "standard output is closed"),
        ("<&-", 'lookup - "CALL GenerateResponse(:q)" -o out.csv', "standard input is closed"),
        ("<&-", "call -", "standard input is closed"),
        ("<&- >&-", 'lookup in.csv "CALL GenerateResponse(:q)" -o -', "standard output is closed"),
    ],
)
def test_a_closed_stream_is_named_in_a_line(tmp_path: Path, closed: str, arguments: str, told: str) -> None:
    (tmp_path / "in.csv").write_text("q\none\n")
    done = subprocess.run(
        ["sh", "-c", f"'{COMMAND}' {arguments} --sandbox {closed}"], capture_output=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stderr.decode().count("\n")) == (2, 1), done.stderr
    assert told in done.stderr.decode()


def test_closed_streams_that_are_not_needed_hinder_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("q\none\n")
    command = f"""'{COMMAND}' lookup in.csv "CALL GenerateResponse(:q)" -o out.csv --sandbox <&- >&- 2>&-"""
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert (tmp_path / "out.csv").read_text().count("\n") == 2


@pytest.mark.parametrize("way", ["SET enable_progress_bar = true", "PRAGMA enable_progress_bar", "SELECT 1"])
def test_duckdb_draws_no_bar_among_the_data(way: str, tmp_path: Path):
    slow = "SELECT 'end' AS a, count(*) AS n FROM range(20000) a, range(20000) b WHERE a.range * b.range % 7 = 1"
    seen = on_terminal(
        "sql", f"SET threads = 1; {way}; SET progress_bar_time = 1; {slow}", "--format", "csv", "-q", cwd=tmp_path
    )
    assert "end,48" in seen
    assert not set("%\u2588\u2595\u258f") & set(seen)


def test_models_of_a_hostile_service_command_no_terminal(tmp_path: Path) -> None:
    models = {"data": [{"id": f"grok\x1b[2J {name} {text}", "aliases": [text]} for name, text in HOSTILE.items()]}
    with Service(lambda asked: Answer(json.dumps(models).encode())) as service:
        for flags in ((), ("--json",)):
            assert_harmless(on_terminal("models", *flags, "--base-url", service.base_url, cwd=tmp_path))
    with Service(lambda asked: Answer(ALL.encode(), 200, {"content-type": "text/html"})) as service:
        assert_harmless(on_terminal("check", "--base-url", service.base_url, "--max-attempts", "1", cwd=tmp_path))


def test_user_defined_procedures_with_hostile_texts_command_no_terminal(hostile: Service, tmp_path: Path) -> None:
    catalog = tmp_path / "own.sql"
    text = ALL.replace("'", "").replace("\x00", "")
    catalog.write_text(f"CREATE PROCEDURE Odd(Body STRING) AS CALL GenerateResponse(Body, '{text}');\n")
    asked = ("--catalog", catalog, "--base-url", hostile.base_url)
    assert_harmless(on_terminal("procedures", *asked, cwd=tmp_path))
    assert_harmless(on_terminal("procedures", "Odd", *asked, cwd=tmp_path))
    assert_harmless(on_terminal("sql", "DESCRIBE PROCEDURE Odd", *asked, cwd=tmp_path))
    catalog.write_text(f"CREATE PROCEDURE {text}(Body STRING) AS CALL GenerateResponse(Body);\n")
    assert_harmless(on_terminal("procedures", *asked, cwd=tmp_path))
    assert_harmless(on_terminal("procedures", ALL, "--base-url", hostile.base_url, cwd=tmp_path))


def test_a_journal_of_hostile_runs_commands_no_terminal(hostile: Service, tmp_path: Path) -> None:
    name = "in\x1b]0;owned\x07\x9d.csv"
    (tmp_path / name).write_text(f'q,"{ALL}"\none,two\n')
    command = f"CALL GenerateResponse(:q, '{ALL.replace(chr(39), '')}')"
    kept = ("--journal", tmp_path / "j\x1b[2J.journal")
    asked = (*kept, "--base-url", hostile.base_url)
    seen = on_terminal("lookup", name, command, "-o", "out.csv", *asked, cwd=tmp_path)
    assert_harmless(seen)  # the bar and the summary as well
    for words in (("runs", "list"), ("runs", "show"), ("runs", "export", "-o", "-")):
        seen = on_terminal(*words, *kept, cwd=tmp_path)
        assert_harmless(seen)
        assert "GenerateResponse" in seen or "owned" in seen


def test_help_of_hostile_words_commands_no_terminal(tmp_path: Path) -> None:
    for words in ((ALL,), ("--" + ALL,), ("lookup", "--" + ALL), (ALL, "--help"), ("runs", ALL)):
        assert_harmless(on_terminal(*words, cwd=tmp_path))
