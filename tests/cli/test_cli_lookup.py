"""``grokcall lookup``: a table in, a table out, and nothing lost whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from grokcall.journal import Journal
from grokcall.tables import open_table
from installed import COMMAND
from scripted_service import KEY, WRONG_KEY, Service, answered, refused

ASK = "CALL GenerateResponse(:Message)"
ASK_BODY = "CALL GenerateResponse(:body)"
FRAME = pd.DataFrame({"id": [1, 2, 3], "body": ["one", "two", "three"]})
ONE_FIELD = ("--fields", "Response_Result")

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def tickets(here: Path) -> str:
    FRAME.to_csv("tickets.csv", index=False)
    return "tickets.csv"


def many(count: int) -> str:
    pd.DataFrame({"id": range(count), "body": [f"text {number}" for number in range(count)]}).to_csv(
        "many.csv", index=False
    )
    return "many.csv"


def rows_of(path: str) -> list[dict[str, object]]:
    with open_table(path, types="auto") as table:
        return with_numbers(table.read_all().to_pylist())


def with_numbers(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Rows with their ids as numbers, which are texts where they come from CSV."""
    return [{**row, "id": int(str(row["id"]))} if "id" in row else row for row in rows]


def fail_two(asked):
    return refused(400, "Bad text.") if asked.text == "two" else answered(asked.text.upper())


def write_json(path: str) -> None:
    FRAME.to_json(path, orient="records")


def write_duckdb(path: str) -> None:
    with duckdb.connect(path.partition("::")[0]) as database:
        database.register("frame", FRAME)
        database.execute("CREATE TABLE tickets AS FROM frame")


INPUTS = {
    "in.csv": lambda path: FRAME.to_csv(path, index=False),
    "in.tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    "in.json": write_json,
    "in.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "in.parquet": lambda path: FRAME.to_parquet(path),
    "in.arrow": lambda path: feather.write_feather(FRAME, path),
    "in.xlsx": lambda path: FRAME.to_excel(path, index=False),
    "in.duckdb::tickets": write_duckdb,
}


@pytest.mark.parametrize("name", INPUTS)
def test_every_format_is_read(run, at_service, name):
    INPUTS[name](name)
    done = run("lookup", name, ASK_BODY, *ONE_FIELD, "--quiet", "--on-error", "fail")
    assert (done.code, done.err) == (0, "")
    assert with_numbers(done.rows) == [
        {"id": number, "body": text, "Response_Result": text.upper()} for number, text in FRAME.itertuples(index=False)
    ]


@pytest.mark.parametrize(
    "name", ["out.csv", "out.tsv", "out.json", "out.jsonl", "out.parquet", "out.arrow", "out.duckdb::answers"]
)
def test_every_format_is_written(run, at_service, tickets, here, name):
    done = run("lookup", tickets, ASK_BODY, "-o", name, *ONE_FIELD)
    assert (done.code, done.out) == (0, "")
    assert rows_of(name) == [
        {"id": number, "body": text, "Response_Result": text.upper()} for number, text in FRAME.itertuples(index=False)
    ]
    assert sorted(path.name for path in here.iterdir()) == sorted(["tickets.csv", name.partition("::")[0]])


def test_a_select_is_an_input(run, at_service, tickets):
    done = run("lookup", f"SELECT upper(body) AS body FROM '{tickets}' WHERE id > 2", ASK_BODY, *ONE_FIELD, "--quiet")
    assert [row["Response_Result"] for row in done.rows] == ["THREE"]


def test_standard_input_and_output_make_a_pipe(process, at_service):
    done = process("lookup", "-", ASK_BODY, *ONE_FIELD, "--format", "csv", stdin=FRAME.to_csv(index=False).encode())
    assert done.code == 0
    assert done.out.splitlines()[0].startswith("id,body,Response_Result,Call_Status,")
    assert done.out.splitlines()[3].startswith("3,three,THREE,ok,")


def test_the_summary_goes_to_standard_error(run, at_service, tickets):
    at_service.script = fail_two
    done = run("lookup", tickets, ASK_BODY, "-o", "out.parquet")
    assert (done.code, done.out) == (1, "")
    for words in (
        "3 (2 ok, 1 failed)",
        "24 (20 read, 4 written)",
        "0.000461 USD",
        "out.parquet",
        "out.errors.parquet",
    ):
        assert words in done.err


def test_failed_rows_go_beside_the_output_by_default(run, at_service, tickets):
    at_service.script = fail_two
    assert run("lookup", tickets, ASK_BODY, "-o", "out.csv").code == 1
    assert [row["id"] for row in rows_of("out.csv")] == [1, 3]
    (failed,) = rows_of("out.errors.csv")
    assert (failed["id"], failed["Call_ErrorCode"]) == (2, "invalid_request")


def test_failed_rows_go_where_it_is_said(run, at_service, tickets, here):
    at_service.script = fail_two
    assert run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--errors", "bad.jsonl").code == 1
    assert [row["id"] for row in rows_of("bad.jsonl")] == [2]
    assert not (here / "out.errors.csv").exists()


def test_failed_rows_of_a_database_go_into_a_table_beside_it(run, at_service, tickets):
    at_service.script = fail_two
    assert run("lookup", tickets, ASK_BODY, "-o", "out.duckdb::answers").code == 1
    assert [row["id"] for row in rows_of("out.duckdb::answers")] == [1, 3]
    assert [row["id"] for row in rows_of("out.duckdb::answers_errors")] == [2]


def test_failed_rows_stay_in_place_in_a_pipe(run, at_service, tickets):
    at_service.script = fail_two
    done = run("lookup", tickets, ASK_BODY, *ONE_FIELD)
    assert done.code == 1
    assert [row["Response_Result"] for row in done.rows] == ["ONE", None, "THREE"]
    assert [row["Call_Status"] for row in done.rows] == ["ok", "error", "ok"]


def test_failed_rows_of_a_pipe_can_go_into_a_file(run, at_service, tickets):
    at_service.script = fail_two
    done = run("lookup", tickets, ASK_BODY, *ONE_FIELD, "--errors", "bad.csv")
    assert (done.code, [row["id"] for row in with_numbers(done.rows)]) == (1, [1, 3])
    assert [row["id"] for row in rows_of("bad.csv")] == [2]


def test_the_first_failed_row_can_end_the_run_with_what_is_finished_kept(run, at_service, tickets, here):
    at_service.script = fail_two
    done = run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--on-error", "fail", "--concurrency", "1")
    assert done.code == 1
    assert done.err.splitlines() == [
        "grokcall: row 2: Bad text. (HTTP 400, request req-refused)",
        "1 finished row is kept in out.partial.csv",
        "failed rows are in out.errors.csv",
        "run the same command again to continue, with --retry-failed: what was answered is in out.journal",
    ]
    assert [row["id"] for row in rows_of("out.partial.csv")] == [1]
    assert not (here / "out.csv").exists()


@pytest.mark.parametrize(
    ("flags", "columns"),
    [
        (("--fields", "response_id, Response_Result"), ["id", "body", "Response_Id", "Response_Result"]),
        (("--fields", "Response_Id", "--prefix", "g_"), ["id", "body", "g_Response_Id"]),
        (("--fields", "", "--call-columns"), ["id", "body", "Call_Status"]),
    ],
)
def test_columns_are_chosen_and_named(run, at_service, tickets, flags, columns):
    assert run("lookup", tickets, ASK_BODY, "-o", "out.jsonl", *flags).code == 0
    assert list(rows_of("out.jsonl")[0])[: len(columns)] == columns


def test_markers_are_mapped_to_columns_files_and_texts(run, at_service, here):
    (here / "a.txt").write_text("from a file")
    pd.DataFrame({"path": ["a.txt"], "how": ["be brief"]}).to_csv("in.csv", index=False)
    statement = "CALL GenerateResponse(:m, :i, Model => :model)"
    maps = ("--map", "m=@path", "--map", ":I=how", "--map", "Model='it''s-m'")
    done = run("lookup", "in.csv", statement, *maps, *ONE_FIELD)
    assert (done.code, done.rows[0]["Response_Result"]) == (0, "FROM A FILE")
    body = at_service.asked[0].json
    assert (body["instructions"], body["model"]) == ("be brief", "it's-m")


def test_rows_with_null_can_be_skipped(run, at_service):
    pd.DataFrame({"body": ["one", None]}).to_parquet("in.parquet")
    done = run("lookup", "in.parquet", ASK_BODY, *ONE_FIELD, "--on-null-input", "skip")
    assert (done.code, [row["Call_Status"] for row in done.rows]) == (0, ["ok", "skipped"])


def test_an_empty_table_gives_an_empty_table_with_its_columns(run, at_service):
    FRAME.head(0).astype({"body": str}).to_csv("in.csv", index=False)
    assert run("lookup", "in.csv", ASK_BODY, "-o", "out.parquet").code == 0
    assert pq.read_schema("out.parquet").names[:3] == ["id", "body", "Response_Result"]
    assert at_service.asked == []


def test_an_output_that_exists_is_replaced_only_by_a_whole_one(run, at_service, tickets, here):
    (here / "out.csv").write_text("precious\n")
    at_service.script = fail_two
    run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--on-error", "fail", "--concurrency", "1")
    assert (here / "out.csv").read_text() == "precious\n"
    at_service.script = lambda asked: answered(asked.text)
    run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--retry-failed")
    assert len(rows_of("out.csv")) == 3


WRONG = [
    (["nothing.csv", ASK_BODY], "nothing.csv: no such file"),
    (["ticket.csv", ASK_BODY], "ticket.csv: no such file; did you mean 'tickets.csv'?"),
    (["tickets.csv", "CALL GenerateRespons(:body)"], "there is no procedure GenerateRespons; did you mean "),
    (["tickets.csv", "SELECT 1"], ""),
    (["tickets.csv", ASK], "the input has no column for the marker :Message; it has: 'id', 'body'"),
    (["tickets.csv", ASK, "--map", "Message=boby"], "the input has no column 'boby' for the marker :Message; did you "),
    (["tickets.csv", ASK, "--map", "Mesage=body"], "the mapping names 'Mesage', which is no marker of the statement; "),
    (["tickets.csv", ASK, "--map", "body"], "'body' is no mapping; write Marker=column, Marker=@path_column or "),
    (["tickets.csv", ASK, "--map", "Message='x"], '"Message=\'x": the text does not end with a quotation mark'),
    (
        ["tickets.csv", ASK_BODY, "--fields", "Response_Resul"],
        "GenerateResponse has no result field 'Response_Resul'; ",
    ),
    (["tickets.csv", ASK_BODY, "--on-error", "skip"], "on_error must be one of redirect, ignore, fail, not 'skip'"),
    (["tickets.csv", ASK_BODY, "-o", "out.xlsx"], "out.xlsx: Excel files are read only; write .csv or .parquet"),
    (["tickets.csv", ASK_BODY, "-o", "no/out.csv"], "no/out.csv: there is no folder no; make it first"),
    (["tickets.csv", ASK_BODY, "-o", "out.csv", "--errors", "no/bad.csv"], "no/bad.csv: there is no folder no; make "),
    (["tickets.csv", ASK_BODY, "-o", "./tickets.csv"], "--output: ./tickets.csv is the input; name another file"),
    (
        ["tickets.csv", ASK_BODY, "-o", "out.csv", "--errors", "tickets.csv"],
        "--errors: tickets.csv is the input; name ",
    ),
    (
        ["tickets.csv", ASK_BODY, "-o", "out.csv", "--errors", "out.csv"],
        "--errors: out.csv is the file of --output; name",
    ),
    (["tickets.csv", ASK_BODY, "-o", "out.csv", "--summary", "out.csv"], "--summary: out.csv is the file of --output"),
    (["tickets.csv", ASK_BODY, "-o", "out.csv", "--journal", "out.csv"], "--journal: out.csv is the file of --output"),
    (
        ["tickets.csv", ASK_BODY, "--retry-failed"],
        "reuse and retry_failed go by a journal; name its file with journal (--journal FILE)",
    ),
    (["tickets.csv", ASK_BODY, "--input-format", "cvs"], "unknown format 'cvs'; did you mean 'csv'?"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_a_wrong_lookup_is_one_line_and_sends_nothing(run, at_service, tickets, here, arguments, message):
    done = run("lookup", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"grokcall: {message}")
    assert "Traceback" not in done.err
    assert at_service.asked == []
    assert [path.name for path in here.iterdir()] == ["tickets.csv"]


def test_a_refused_key_is_one_line_and_exit_code_3(run, at_service, here):
    at_service.script = lambda asked: WRONG_KEY
    done = run("lookup", many(500), ASK_BODY, "-o", "out.csv", "--concurrency", "4")
    assert done.code == 3
    assert done.err.startswith("grokcall: Incorrect API key provided")
    assert done.err.count("Incorrect") == 1
    assert len(at_service.asked) <= 4
    assert KEY not in done.err


def test_a_missing_key_is_exit_code_3(run, service, tickets):
    done = run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--base-url", service.base_url)
    assert done.code == 3
    assert "XAI_API_KEY_FILE" in done.err
    assert done.err.count("There is no API key") == 1


def test_spent_credits_are_exit_code_4_with_the_rows_kept(run, at_service):
    spent = refused(429, "Your team has used all available credits.")
    at_service.script = lambda asked: answered("fine") if asked.text == "text 0" else spent
    done = run("lookup", many(50), ASK_BODY, "-o", "out.csv", "--concurrency", "1")
    assert done.code == 4
    assert "1 finished row is kept in out.partial.csv" in done.err


def test_an_unreachable_service_is_exit_code_5(run, tickets, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", KEY)
    with Service() as gone:
        address = gone.base_url
    done = run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--base-url", address, "--max-attempts", "1")
    assert done.code == 5
    assert done.err.startswith("grokcall: No connection to 127.0.0.1")
    assert "(the option base_url): Connection refused" in done.err


def interrupted(at_service, *arguments: object, after: int) -> tuple[int, str, str]:
    """Runs a lookup of many rows until some have been asked for, then presses Ctrl-C."""
    program = [COMMAND, "lookup", *map(str, arguments)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            while len(at_service.asked) < after and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=240)
        finally:
            process.kill()
    return process.returncode, out, err


def interrupted_in_flight(at_service, *signals: signal.Signals) -> tuple[int, str, float]:
    """Sends signals to a lookup of ten rows when four are in flight; gives the seconds that it then took to end."""
    command = ["lookup", many(10), ASK_BODY, "-o", "out.csv", "--concurrency", "4", "--journal", "j"]
    with subprocess.Popen([COMMAND, *command], stderr=subprocess.PIPE, text=True) as process:
        try:
            while len(at_service.asked) < 4 and process.poll() is None:
                time.sleep(0.005)
            told = time.monotonic()
            for number in signals:
                process.send_signal(number)
                time.sleep(0.3)
            _, err = process.communicate(timeout=240)
        finally:
            process.kill()
    return process.returncode, err, time.monotonic() - told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_answers_that_are_paid_for(at_service, number):
    at_service.script = lambda asked: answered(asked.text, delay=1.5)
    code, err, _ = interrupted_in_flight(at_service, number)
    assert code == 130
    assert "for the answers of 4 calls in flight; Ctrl-C again to leave at once" in err
    assert [row["id"] for row in rows_of("out.partial.csv")] == [0, 1, 2, 3]
    assert len(at_service.asked) == 4
    with Journal("j", read_only=True) as journal:
        assert (journal.run().ok, journal.in_doubt()) == (4, [])


def test_a_second_interrupt_leaves_at_once(at_service):
    at_service.script = lambda asked: answered(asked.text, delay=15)
    code, err, seconds = interrupted_in_flight(at_service, signal.SIGINT, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in err
    assert seconds < 10
    with Journal("j", read_only=True) as journal:
        assert (journal.run().ok, len(journal.in_doubt())) == (0, 4)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.jsonl"])
def test_an_interrupt_keeps_every_finished_row(at_service, name):
    at_service.script = lambda asked: answered(asked.text, delay=0.002)
    source = many(20_000)
    code, out, err = interrupted(at_service, source, ASK_BODY, "-o", name, "--concurrency", "16", after=700)
    assert (code, out) == (130, "")
    assert "Traceback" not in err
    assert "grokcall: interrupted\n" in err  # after a line on how far it is, on a slow machine
    stem, ending = name.split(".")
    kept = [row["id"] for row in rows_of(f"{stem}.partial.{ending}")]
    assert f"{len(kept):,} finished rows are kept in {stem}.partial.{ending}" in err
    assert kept == sorted(set(kept))
    assert len(kept) == len(at_service.asked), "what was in flight is lost"
    assert not Path(name).exists()


def test_an_interrupt_of_a_pipe_sends_on_what_is_finished(at_service):
    at_service.script = lambda asked: answered(asked.text, delay=0.002)
    code, out, err = interrupted(at_service, many(20_000), ASK_BODY, *ONE_FIELD, "--concurrency", "4", after=600)
    assert code == 130
    assert "Traceback" not in err
    rows = [json.loads(line) for line in out.splitlines()]
    assert len(at_service.asked) - 4 <= len(rows) <= len(at_service.asked)


def test_a_reader_that_goes_away_ends_the_run_quietly(at_service):
    at_service.script = lambda asked: answered("long " * 2_000)
    source = many(20_000)
    command = f"{COMMAND} lookup {source} '{ASK_BODY}' | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=400)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout.splitlines()) == 1
    assert len(at_service.asked) < 15_000


LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
from grokcall.cli import main
main(sys.argv[2:])
"""


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_disk_that_fills_up_keeps_every_finished_row(at_service, name):
    at_service.script = lambda asked: answered(os.urandom(1000).hex())
    source = many(20_000)
    flags = ("--concurrency", "8", "--no-journal", "--quiet")  # quiet: a slow machine would show its progress first
    arguments = ["9000000", "lookup", source, ASK_BODY, "-o", name, *ONE_FIELD, *flags]
    done = subprocess.run([sys.executable, "-c", LIMITED, *arguments], capture_output=True, text=True, timeout=400)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    stem, ending = name.split(".")
    kept = [row["id"] for row in rows_of(f"{stem}.partial.{ending}")]
    told = f"grokcall: no space left on .: {len(kept):,} rows are kept in {stem}.partial.{ending}; make room and go on"
    assert told in done.stderr.splitlines()
    assert kept == list(range(len(kept)))
    assert len(at_service.asked) - 8 <= len(kept) <= len(at_service.asked) < 8_000


def test_a_full_device_is_one_line(process, at_service, tickets):
    done = process("lookup", tickets, ASK_BODY, "-o", "/dev/full", "--format", "csv")
    assert done.code == 1
    assert done.err == "grokcall: /dev/full: no space left on the device\n"
    assert "Traceback" not in done.err


def test_a_line_tells_of_progress_where_there_is_no_terminal(at_service):
    at_service.script = lambda asked: answered(asked.text, delay=0.05)
    many(120)
    pd.read_csv("many.csv").to_parquet("many.parquet")
    done = subprocess.run(
        [COMMAND, "lookup", "many.parquet", ASK_BODY, "-o", "o.csv", "--concurrency", "1"],
        capture_output=True,
        text=True,
        timeout=400,
    )
    progress = [line for line in done.stderr.splitlines() if line.endswith("s left")]
    assert done.returncode == 0
    assert len(progress) == 1
    assert " rows, " in progress[0]
    assert " USD, " in progress[0]


def test_rows_that_failed_are_never_written_over_while_they_are_sent_again(run, at_service, here):
    (here / "out.errors.csv").write_text("id,body\n1,Hello\n")
    done = run("lookup", "out.errors.csv", ASK_BODY, "-o", "out.csv")
    assert (done.code, at_service.asked) == (2, [])
    assert "--errors: out.errors.csv is the input; name another file" in done.err
    assert run("lookup", "out.errors.csv", ASK_BODY, "-o", "out.csv", "--errors", "again.csv").code == 0


def test_a_file_of_failed_rows_from_an_earlier_run_is_told_apart(run, at_service, tickets, here):
    at_service.script = lambda asked: refused(400, "No.") if asked.text == "two" else answered("fine")
    assert run("lookup", tickets, ASK_BODY, "-o", "out.csv").code == 1
    at_service.script = lambda asked: answered("fine")
    again = run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--retry-failed")
    assert again.code == 0
    assert "no row failed; out.errors.csv is of an earlier run\n" in again.err
    (here / "out.errors.csv").unlink()
    assert "earlier run" not in run("lookup", tickets, ASK_BODY, "-o", "out.csv").err


def test_a_file_that_is_no_journal_is_no_reason_to_run_the_command_again(run, at_service, tickets, here):
    (here / "notes.txt").write_text("These are notes and not a journal.")
    done = run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--journal", "notes.txt")
    assert done.code == 2
    assert "is not a journal (it was left as it is); name another file" in done.err
    assert "run the same command again" not in done.err


def test_tables_of_one_database_may_be_input_and_output(run, at_service, here):
    with duckdb.connect(str(here / "d.duckdb")) as database:
        database.execute("CREATE TABLE t AS SELECT 'Hello' AS body")
    assert run("lookup", "d.duckdb::t", ASK_BODY, "-o", "d.duckdb::T").code == 2
    assert run("lookup", "d.duckdb::t", ASK_BODY, "-o", "d.duckdb::u").code == 0


def test_messages_hold_paths_whole_and_no_blanks_at_the_end(run, at_service, tickets, here):
    folder = here / ("[red]" + "a long name " * 10)
    folder.mkdir()
    done = run("lookup", tickets, ASK_BODY, "-o", folder / "out.csv")
    assert f"output    {folder / 'out.csv'}\n" in done.err
    assert [line for line in done.err.splitlines() if line != line.rstrip()] == []


def test_quiet_says_nothing_when_all_is_well(run, at_service, tickets):
    done = run("lookup", tickets, ASK_BODY, "-o", "out.csv", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_pictures_become_files_beside_a_text_output_and_bytes_in_parquet(run, here):
    pd.DataFrame({"what": ["a red kite", "a blue boat"]}).to_csv("in.csv", index=False)
    statement = "CALL GenerateImage(:what)"
    assert run("lookup", "in.csv", statement, "-o", "out.csv", "--sandbox").code == 0
    assert run("lookup", "in.csv", statement, "-o", "out.parquet", "--sandbox").code == 0
    paths = [str(row["ResultImage_Content"]) for row in rows_of("out.csv")]
    pictures = pq.read_table("out.parquet")["ResultImage_Content"].to_pylist()
    assert [(here / path).read_bytes() for path in paths] == pictures
    assert pictures[0].startswith(b"\xff\xd8\xff")
    assert pictures[0] != pictures[1]


def test_the_demonstration_puts_an_answer_beside_each_row(process, here):
    done = process("demo")
    assert (done.code, done.out) == (0, "")
    assert "Traceback" not in done.err
    tickets = rows_of("grokcall-demo/tickets.csv")
    answers = pq.read_table("grokcall-demo/answers.parquet")
    assert answers.num_rows == len(tickets) > 0
    assert list(map(int, answers["id"].to_pylist())) == [row["id"] for row in tickets]
    assert all(answers["Response_Result"].to_pylist())
    assert len(answers.schema) == len(tickets[0]) + 34
    assert pa.types.is_string(answers.schema.field("Response_Result").type)
    for words in ("answers.parquet", f"{len(tickets):,} ok, 0 failed", "USD"):
        assert words in done.err
    assert sorted(path.name for path in (here / "grokcall-demo").iterdir()) == ["answers.parquet", "tickets.csv"]
