"""Named pipes as input: read once, or refused with what to do instead; whoever waits for one hears signals."""

from __future__ import annotations

import contextlib
import gzip
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

import grokcall
from grokcall.tables import open_table
from installed import COMMAND
from scripted_service import KEY, Service

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")

CSV = b"body\nhello\nbye\n"
Writing = Callable[[str, bytes], Path]


def parquet_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.table({"body": ["hello", "bye"]}), sink)
    return sink.getvalue().to_pybytes()


@pytest.fixture
def writing(tmp_path) -> Iterator[Writing]:
    """Makes a pipe into which somebody writes once it is read."""
    threads: list[threading.Thread] = []

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        os.mkfifo(path)
        threads.append(threading.Thread(target=path.write_bytes, args=(content,), daemon=True))
        threads[-1].start()
        return path

    yield write
    for thread in threads:
        thread.join(300)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", CSV),
        ("rows", CSV),
        ("rows.tsv", CSV),
        ("rows.jsonl", b'{"body": "hello"}\n{"body": "bye"}\n'),
        ("rows.json", b'[{"body": "hello"}, {"body": "bye"}]'),
        ("rows.csv.gz", gzip.compress(CSV, mtime=0)),
        ("rows.parquet", parquet_bytes()),
        ("rows.unheard", CSV),
    ],
)
def test_a_pipe_is_read_once(writing: Writing, name, content):
    path = writing(name, content)
    with open_table(path) as table:
        assert table.name == str(path)
        assert table.read_all()["body"].to_pylist() == ["hello", "bye"]


def test_a_lookup_reads_a_pipe(writing: Writing, connection):
    path = writing("rows.csv", CSV)
    found = connection.lookup("CALL GenerateResponse(:body)", str(path))
    assert found.rows["Response_Result"].to_pylist() == ["HELLO", "BYE"]


def test_an_empty_pipe_is_told_by_its_name(writing: Writing):
    path = writing("rows.csv", b"")
    with pytest.raises(grokcall.DataError, match=r"rows\.csv.* is empty"):
        open_table(path)


@pytest.mark.parametrize(
    "sql",
    ["FROM '{0}'", "SELECT * FROM read_csv('{0}')", 'SELECT * FROM "{0}" t, GenerateResponse(t.body) r LIMIT 1'],
)
def test_queries_refuse_a_pipe(tmp_path, connection, sql):
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    with pytest.raises(grokcall.ProgrammingError, match="pipe it in"):
        connection.execute(sql.format(path))
    with pytest.raises(grokcall.ProgrammingError, match="pipe it in"):
        connection.cursor().adbc_execute_schema(sql.format(path))


@pytest.mark.parametrize(
    ("sql", "given"),
    [
        ("FROM read_csv(?)", lambda pipe: [pipe]),
        ("FROM read_csv(:file)", lambda pipe: {"file": pipe}),
        ("FROM read_csv(?)", lambda pipe: [Path(pipe)]),
        ("FROM read_json_auto($file)", lambda pipe: {"FILE": pipe}),
        ("SELECT * FROM t, read_text ( ? )", lambda pipe: [pipe]),
        ("FROM read_csv(?)", lambda pipe: [["there.csv", pipe]]),
        ("FROM sniff_csv(?)", lambda pipe: [pipe]),
        ("CREATE TABLE made AS FROM parquet_scan(?)", lambda pipe: [pipe]),
    ],
)
def test_queries_refuse_a_pipe_that_is_given_as_a_value(tmp_path, connection, sql, given):
    os.mkfifo(tmp_path / "p.csv")
    with pytest.raises(grokcall.ProgrammingError, match=r"p\.csv: is a pipe, which can be read only once"):
        connection.execute(sql, given(str(tmp_path / "p.csv")))


def test_the_name_of_a_pipe_may_be_a_text_like_others(tmp_path, connection):
    os.mkfifo(tmp_path / "p.csv")
    (tmp_path / "t.csv").write_text("a\n1\n")
    asked = str(tmp_path / "p.csv")
    assert connection.execute("SELECT ? AS name", [asked]).fetchone() == (asked,)
    assert connection.execute("SELECT a FROM read_csv(?)", [str(tmp_path / "t.csv")]).fetchone() == (1,)


def test_a_select_as_input_refuses_a_pipe(tmp_path):
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    with pytest.raises(grokcall.ProgrammingError, match="pipe it in"):
        open_table(f"SELECT * FROM '{path}'")


def command(*arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "XAI_API_KEY": KEY, "NO_COLOR": "1"}
    program = [COMMAND, *map(str, arguments)]
    return subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def is_open_in(process: int, path: Path) -> bool:
    """Whether a process has a file open."""
    for each in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            if each.readlink() == path:
                return True
    return False


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what a process has open cannot be seen here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("has_writer", [False, True])
def test_a_command_that_waits_for_a_pipe_answers_signals(tmp_path, service: Service, number, has_writer):
    path = tmp_path / "rows.csv"
    os.mkfifo(path)
    ask = "CALL GenerateResponse(:body)"
    with (
        command("lookup", path, ask, "-o", "-", "--base-url", service.base_url, "--no-journal") as waiting,
        contextlib.ExitStack() as ends,
    ):
        ends.callback(waiting.kill)
        while not is_open_in(waiting.pid, path):
            assert waiting.poll() is None
            time.sleep(0.02)
        if has_writer:
            ends.callback(os.close, os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        waiting.send_signal(number)
        _, told = waiting.communicate(timeout=400)
    assert waiting.returncode != 0
    assert "Traceback" not in told
    assert service.asked == []


def test_process_substitution_of_a_shell_is_read(service: Service):
    line = (
        f"{COMMAND} lookup <(printf 'body\\nhello\\n') 'CALL GenerateResponse(:body)' "
        f"--fields Response_Result -o - -q --no-journal --base-url {service.base_url}"
    )
    environment = {**os.environ, "XAI_API_KEY": KEY, "NO_COLOR": "1"}
    done = subprocess.run(["bash", "-c", line], env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    assert "HELLO" in done.stdout
