"""``grokcall call`` and the commands that show things."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import grokcall
from grokcall_procedures.built_in import CATALOG, FAMILIES
from grokcall_procedures.prices import PRICES, PRICES_DATED
from installed import COMMAND
from scripted_service import KEY, WRONG_KEY, Answer, Service, answered, refused

ASK = "CALL GenerateResponse(:Message)"
HI = ("-p", "Message=hi")

pytestmark = pytest.mark.usefixtures("here")


def test_a_call_writes_a_json_line_where_there_is_no_terminal(run, at_service):
    done = run("call", ASK, *HI)
    assert (done.code, done.err) == (0, "")
    assert done.rows[0]["Response_Result"] == "HI"
    assert len(done.rows[0]) == 34


def test_every_format_holds_the_row(run, at_service):
    def said(form):
        done = run("call", ASK, *HI, "--format", form)
        assert (done.code, done.err) == (0, "")
        return done

    assert json.loads(said("json").out)[0]["Response_Result"] == "HI"
    assert said("jsonl").rows[0]["Response_Result"] == "HI"
    assert next(csv.DictReader(io.StringIO(said("csv").out)))["Response_Result"] == "HI"
    assert next(csv.DictReader(io.StringIO(said("tsv").out), delimiter="\t"))["Response_Result"] == "HI"
    assert pa.ipc.open_stream(said("arrow").raw).read_all()["Response_Result"].to_pylist() == ["HI"]
    assert pq.read_table(io.BytesIO(said("parquet").raw))["Response_Result"].to_pylist() == ["HI"]
    shown = said("table").out
    assert "Response_Result" in shown
    assert "HI" in shown
    assert "NULL: " in shown


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv", "tsv", "arrow", "parquet"])
def test_a_file_is_written_in_the_format_of_its_ending(run, at_service, here, ending):
    done = run("call", ASK, *HI, "-o", f"out.{ending}")
    assert (done.code, done.out) == (0, "")
    assert done.err == f"1 row written to out.{ending}\n"
    with grokcall.connect() as connection:
        rows = connection.lookup("CALL GenerateResponse(:Response_Result)", f"out.{ending}", prefix="a_").rows
    assert rows["Response_Result"].to_pylist() == ["HI"]
    assert [path.name for path in here.iterdir()] == [f"out.{ending}"]


def test_a_parameter_takes_the_content_of_a_file(run, at_service, here):
    (here / "prompt.txt").write_text("from a file")
    assert run("call", ASK, "-p", "Message=@prompt.txt").rows[0]["Response_Result"] == "FROM A FILE"


def test_two_at_signs_are_a_text_that_begins_with_one(run, at_service):
    assert run("call", ASK, "-p", "Message=@@home").rows[0]["Response_Result"] == "@HOME"


@pytest.mark.parametrize("form", ["Message=a=b", ":Message=a=b", "message=a=b"])
def test_a_parameter_may_hold_equals_signs(run, at_service, form):
    assert run("call", ASK, "-p", form).rows[0]["Response_Result"] == "A=B"


def test_a_statement_comes_from_standard_input(process, at_service):
    done = process("call", "-", *HI, stdin=ASK.encode())
    assert (done.code, done.rows[0]["Response_Result"]) == (0, "HI")


def test_optional_parameters_may_be_left_out(run, at_service):
    done = run("call", "CALL GenerateResponse(:Message, :Instructions, :Model, Temperature => :t)", *HI)
    assert done.code == 0
    assert set(at_service.asked[0].json) <= {"model", "input"}


WRONG = [
    (["call", ASK], 2, "GenerateResponse: parameter Message (position 1): is required and must not be NULL"),
    (["call", ASK, "-p", "Mesage=hi"], 2, "the command has no parameter 'Mesage'; did you mean Message?"),
    (["call", ASK, "-p", "hi"], 2, "'hi' is no parameter; write Name=value, or Name=@path for a file's content"),
    (["call", ASK, "-p", "=hi"], 2, "'=hi' is no parameter; write Name=value, or Name=@path for a file's content"),
    (
        ["call", ASK, "-p", "Message=@nothing.txt"],
        2,
        "Message: cannot read the file 'nothing.txt': No such file or directory; "
        "write Message=@@nothing.txt for a text that begins with @",
    ),
    (
        ["call", "CALL GenerateResponse(?)"],
        2,
        "the command has question marks: pass a sequence, or name the markers (:Name)",
    ),
    (
        ["call", "CALL GenerateRespons('hi')"],
        2,
        "there is no procedure GenerateRespons; did you mean GenerateResponse?",
    ),
    (["call", ASK, *HI, "--format", "cvs"], 2, "unknown format 'cvs'; did you mean 'csv'?"),
    (
        ["call", ASK, *HI, "--format", "table", "-o", "x.txt"],
        2,
        "a table is for reading; choose csv, json, jsonl, arrow or parquet for a file",
    ),
    (["call", ASK, *HI, "-o", "nowhere/x.csv"], 2, "nowhere/x.csv: there is no folder nowhere; make it first"),
    (["call", ASK, *HI, "-o", "x.txt"], 2, "x.txt: cannot tell the format by the ending '.txt'"),
    (["call", ASK, *HI, "-o", "x.png"], 2, "the result is not one piece of media, so 'x.png' cannot hold it; "),
    (
        ["call", ASK, *HI, "--transport", "pigeon"],
        2,
        "There is no transport 'pigeon'; there are 'aiohttp' and 'httpx'.",
    ),
    (["call", ASK, *HI, "--default-model", "txt=x"], 2, "The option default_models cannot be 'txt=x'"),
    (["call", ASK, *HI, "--base-url", "ftp://x"], 2, "The option base_url cannot be 'ftp://x'"),
    (["call", ASK, *HI, "--base-url", "http://example.org/v1"], 2, "The option base_url cannot be"),
    (["call", ASK, *HI, "--sandbox", "--base-url", "http://127.0.0.1/v1"], 2, "--sandbox starts a sandbox of its own"),
    (["procedures", "GenerateImag"], 2, "there is no procedure GenerateImag; did you mean GenerateImage?"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), WRONG)
def test_a_wrong_use_is_one_line_and_exit_code_2(run, at_service, arguments, code, message):
    done = run(*arguments)
    assert done.code == code
    assert done.err.startswith(f"grokcall: {message}")
    assert "Traceback" not in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    "arguments",
    [["call", ASK, "-o", "nowhere/x.csv", *HI], ["call", ASK, "-o", "x.txt", *HI], ["call", ASK, "-o", "x.png", *HI]],
)
def test_an_output_that_cannot_be_is_told_before_anything_is_paid_for(run, at_service, arguments):
    assert run(*arguments).code == 2
    assert at_service.asked == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["cal"],
        ["call"],
        ["call", ASK, "--nonsense"],
        ["call", ASK, "--timeout", "soon"],
        ["call", ASK, "--timeout", "0"],
    ],
)
def test_a_flag_that_does_not_exist_is_exit_code_2(run, arguments):
    done = run(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (WRONG_KEY, 3, "Incorrect API key provided"),
        (refused(403, "The key may not do this."), 3, "The key may not do this."),
        (refused(429, "Your team has used all available credits."), 4, "Your team has used all available credits."),
        (refused(400, "Bad input."), 1, "Bad input. (HTTP 400, request req-refused)"),
        (Answer(cut=True), 1, "The connection to 127.0.0.1"),
        (Answer(b"<html>"), 1, "the reply could not be read"),
    ],
)
def test_what_the_service_refuses_is_one_line_and_a_telling_code(run, at_service, answer, code, message):
    at_service.script = lambda asked: answer
    done = run("call", ASK, *HI)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(f"grokcall: {message}")
    assert done.err.count("\n") == 1


def test_an_unreachable_service_is_exit_code_5(run, at_service):
    with Service() as gone:
        address = gone.base_url
    done = run("call", ASK, *HI, "--base-url", address, "--max-attempts", "1")
    assert (done.code, done.out) == (5, "")
    assert done.err.startswith("grokcall: No connection to 127.0.0.1")
    assert done.err.count("\n") == 1


def test_a_missing_key_names_every_place_that_was_looked_at(run, service, monkeypatch):
    done = run("call", ASK, *HI, "--base-url", service.base_url)
    assert (done.code, done.out) == (3, "")
    for place in ("XAI_API_KEY", "XAI_API_KEY_FILE", "keyring", "api_key"):
        assert place in done.err
    assert service.asked == []


def test_a_warning_goes_to_standard_error_and_quiet_hides_it(run, at_service):
    statement = "CALL GenerateResponse('hi', Model => 'grok-99')"
    loud = run("call", statement)
    assert loud.err.startswith("warning: GenerateResponse: Model 'grok-99' is not a listed value; ")
    quiet = run("call", statement, "--quiet")
    assert (quiet.err, quiet.rows[0]["Response_Result"]) == ("", "HI")


def test_quiet_does_not_hide_an_error(run, at_service):
    assert run("--quiet", "call", ASK).err.startswith("grokcall: GenerateResponse: parameter Message")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--timeout", "7", "--default-model", "text=m-1", "call", ASK, *HI),
        ("call", ASK, *HI, "--default-model", "text=m-1"),
        ("call", "--default-model", "text=m-1", ASK, *HI),
        ("--default-model", "text=m-2", "call", "--default-model", "text=m-1", ASK, *HI),
        ("--default-model", "text=m-1", "call", "--default-model", "image=x", ASK, *HI),
    ],
)
def test_flags_stand_before_or_after_the_command(run, at_service, arguments):
    assert run(*arguments).code == 0
    assert at_service.asked[0].json["model"] == "m-1"


def test_a_flag_can_take_back_what_the_surroundings_set(run, at_service, monkeypatch):
    monkeypatch.setenv("GROKCALL_STRICT_ARITY", "true")
    assert run("call", ASK, *HI).code == 2
    assert run("call", ASK, *HI, "--no-strict-arity").code == 0
    assert run("--no-strict-arity", "call", ASK, *HI).code == 0


def test_verbose_tells_of_retries_and_never_of_the_key(process, at_service):
    at_service.script = lambda asked: refused(503, "Busy.") if len(at_service.asked) == 1 else answered("fine")
    done = process("call", ASK, *HI, "--verbose")
    assert done.code == 0
    assert "trying again in" in done.err
    assert done.rows[0]["Response_Result"] == "fine"
    assert KEY not in done.out + done.err


def test_verbose_tells_of_every_request(process, at_service):
    done = process("call", ASK, *HI, "--verbose")
    assert re.search(r"POST /responses: HTTP 200, request \S+", done.err)


def test_a_table_that_is_too_wide_for_the_terminal_is_shown_row_by_row(process):
    narrow = process("call", "DESCRIBE PROCEDURE GetModel", "--format", "table", COLUMNS="80").out
    assert "row 2\nKind         result\nPosition     1\nName         Model_Id\n" in narrow
    wide = process("call", "DESCRIBE PROCEDURE GetModel", "--format", "table", COLUMNS="160").out
    assert "row 2" not in wide
    assert all(word in wide.splitlines()[1] for word in ("Kind", "Position", "Required", "Description"))


def test_names_of_columns_stay_whole_where_a_table_fits(process):
    query = "SELECT repeat('word ', 40) AS body, 1 AS order_value, 2 AS order_number, repeat('word ', 40) AS subject"
    shown = process("sql", f"{query} UNION ALL {query}", "--format", "table", COLUMNS="60").out
    assert "order_value" in shown
    assert "order_number" in shown


def test_colours_are_for_terminals_and_can_be_switched_off(process, at_service):
    coloured = process("call", ASK, FORCE_COLOR="1")
    assert "\x1b[" in coloured.err
    for plain in (
        process("call", ASK),
        process("call", ASK, "--no-color", FORCE_COLOR="1"),
        process("call", ASK, FORCE_COLOR="1", NO_COLOR="1"),
    ):
        assert "\x1b[3" not in plain.err
        assert "parameter Message" in plain.err


def test_a_reader_that_goes_away_is_no_fault(at_service):
    at_service.script = lambda asked: answered("long " * 100_000)
    command = f"{COMMAND} call \"CALL GenerateResponse('hi')\" | head -c 20"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=400)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(done.stdout) == 20


def test_a_full_disk_is_one_line(process, at_service, here):
    done = subprocess.run(
        ["bash", "-c", f"{COMMAND} call \"CALL GenerateResponse('hi')\" > /dev/full"], capture_output=True, timeout=400
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"grokcall: no space left on standard output")
    assert done.stderr.count(b"\n") == 1
    for output in ("-o /dev/full --format csv", "--format table > /dev/full"):
        command = f"{COMMAND} call \"CALL GenerateResponse('hi')\" {output}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, timeout=400)
        assert done.returncode == 1
        assert b"o space left" in done.stderr
        assert done.stderr.count(b"\n") == 1


def test_the_version_is_printed(run):
    assert run("--version").out == f"grokcall {grokcall.__version__}\n"


def test_procedures_are_listed_without_a_key(run):
    done = run("procedures")
    assert (done.code, done.err) == (0, "")
    for name in ("GenerateResponse", "EditVideoByUrl", "ClassifyText", "RawRequest"):
        assert name in done.out


def test_procedures_stand_under_the_heading_of_their_family_with_what_they_cost(run):
    lines = run("procedures").out.splitlines()
    headings = [
        line.strip() for line in lines[1:] if not line.startswith(" ") and not line.startswith(("List", "grok"))
    ]
    assert headings == [*FAMILIES]
    (image,) = [line for line in lines if line.startswith("  GenerateImage ")]
    assert image.split()[-3:] == ["0.02", "an", "image"]
    assert "free" in next(line for line in lines if line.startswith("  ListModels "))
    assert f"List prices of {PRICES_DATED} for the default models" in lines[-2]


def test_what_procedures_cost_follows_the_default_model(run):
    told = run("procedures", "GenerateResponse", "--default-model", "text=grok-4.6").out
    price = PRICES.text_model("grok-4.6")
    assert f"USD: {price.input / 10**4:g} / {price.output / 10**4:g} per 1M tokens" in told
    assert "USD: by the model" in run("procedures", "GenerateResponse", "--default-model", "text=grok-99").out


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("generateim", ["GenerateImage", "GenerateImages"]),  # a name, in any case
        ("speaks", ["GenerateAudio"]),  # a summary
        ("outputcodec", ["GenerateAudio"]),  # a parameter
        ("Edit%Url", ["EditImageByUrl", "EditVideoByUrl"]),
        ("%one model; it costs nothing.", ["GetModel"]),
        ("nothing.%", []),
        ("transmogrify", []),
    ],
)
def test_procedures_are_found_by_name_summary_and_parameters(run, word, names):
    assert [entry["name"] for entry in json.loads(run("procedures", "--like", word, "--json").out)] == names
    done = run("procedures", "--like", word)
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines() if re.match(r"  \w", line)] == names
    if not names:
        assert done.err == f"no procedure has '{word}' in its name, summary or a parameter's name\n"


def test_the_list_tells_families_effects_and_prices(run):
    out = run("procedures").out
    headings = [line.strip() for line in out.splitlines() if re.match(r"[A-Z][a-z ,]+$", line.rstrip())]
    assert headings == list(FAMILIES)
    for entry in json.loads(run("procedures", "--json").out):
        procedure = CATALOG[entry["name"]]
        assert entry["family"] == next(name for name, members in FAMILIES.items() if procedure in members)
        assert entry["effect"] == procedure.effect
        assert re.search(rf"^  {entry['name']} .* {procedure.effect} ", out, re.MULTILINE)
    assert "It removes something at the service." in run("procedures", "DeleteFile").out


def test_a_procedure_and_a_search_do_not_go_together(run):
    done = run("procedures", "GetModel", "--like", "model")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("grokcall: NAME describes one procedure and --like looks for several: leave one")


def test_a_procedure_is_described_with_its_parameters_and_fields(run):
    done = run("procedures", "generateimage")
    assert (done.code, done.err) == (0, "")
    for words in ("CALL GenerateImage(:Instructions", "AspectRatio", "ResultImage_Content", "Example: CALL"):
        assert words in done.out


def test_procedures_as_json_are_for_other_programs(run):
    everything = json.loads(run("procedures", "--json").out)
    one = json.loads(run("procedures", "GenerateResponse", "--json").out)
    assert next(entry for entry in everything if entry["name"] == "GenerateResponse")["fields"] == one["fields"]
    assert (one["name"], one["vendor"], len(one["fields"])) == ("GenerateResponse", True, 34)
    assert (one["family"], one["price"], one["many"]) == ("Answers", "1.25 / 2.5 per 1M tokens", False)
    many = {each.name for procedures in FAMILIES.values() for each in procedures if each.many}
    assert {entry["name"] for entry in everything if entry["many"]} == many >= {"ListModels"}
    assert one["parameters"][0]["required"] is True
    assert one["rows"][0]["Kind"] == "parameter"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SHOW PROCEDURES LIKE 'Edit%'", "EditVideoByUrl"),
        ("DESCRIBE PROCEDURE GetModel", "Model_Id"),
        ("EXPLAIN CALL GenerateResponse('hi')", "/responses"),
        ("SELECT 1", "1"),
    ],
)
def test_statements_that_send_nothing_need_no_key(run, service, statement, words):
    done = run("call", statement, "--base-url", service.base_url)
    assert (done.code, done.err) == (0, "")
    assert words in done.out
    assert service.asked == []


def test_models_are_listed_with_their_prices(run, at_service):
    entry = {"id": "m-1", "aliases": ["m"], "prompt_text_token_price": 12500, "completion_text_token_price": 25000}
    at_service.script = lambda asked: Answer(json.dumps({"data": [entry]}).encode())
    done = run("models")
    assert (done.code, done.err) == (0, "")
    assert "m-1" in done.out
    assert "1.25" in done.out
    assert json.loads(run("models", "--json").out) == [entry]


def test_a_check_tells_who_the_key_belongs_to_without_the_key(run, at_service):
    key = {"redacted_api_key": "xai-...how", "name": "flows", "team_id": "team-1", "acls": ["api-key:model:*"]}
    at_service.script = lambda asked: Answer(
        json.dumps(key if asked.path == "/v1/api-key" else {"data": [{"id": "m-1"}]}).encode()
    )
    done = run("check")
    assert done.code == 0
    assert "fine: the service answers and accepts the key" in done.err
    for fact in ("XAI_API_KEY", "flows", "team-1", "m-1", at_service.base_url):
        assert fact in done.err
    assert KEY not in done.err


def test_a_check_tells_of_the_management_key_where_there_is_one(run, at_service, monkeypatch):
    told = {"/v1/models": {"data": []}, "/v1/me": {"zero_data_retention": "zdr"}}
    at_service.script = lambda asked: Answer(json.dumps(told.get(asked.path, {})).encode())
    assert "none, which only management procedures need" in run("check").err
    monkeypatch.setenv("XAI_MANAGEMENT_API_KEY", KEY + "management")
    done = run("check")
    assert (done.code, "nobody said where the management host" in done.err) == (0, True)
    told["/auth/management-keys/validation"] = {"apiKeyId": "key-7", "teamId": "team-9"}
    monkeypatch.setenv("XAI_MANAGEMENT_BASE_URL", at_service.origin)
    done = run("check")
    assert (done.code, "from XAI_MANAGEMENT_API_KEY; key-7, team team-9" in done.err) == (0, True)
    assert KEY not in done.err


def test_a_check_with_a_refused_management_key_is_exit_code_3(run, at_service, monkeypatch):
    monkeypatch.setenv("XAI_MANAGEMENT_API_KEY", KEY + "management")
    monkeypatch.setenv("XAI_MANAGEMENT_BASE_URL", at_service.origin)
    at_service.script = lambda asked: WRONG_KEY if asked.path.startswith("/auth") else Answer(b'{"data": []}')
    done = run("check")
    assert done.code == 3
    assert "refused" in done.err
    assert KEY not in done.err


def test_a_check_with_a_refused_key_is_exit_code_3(run, at_service):
    at_service.script = lambda asked: WRONG_KEY
    done = run("check")
    assert done.code == 3
    assert done.err.startswith("grokcall: Incorrect API key provided")


def test_python_m_would_find_the_same_command(process):
    assert os.access(COMMAND, os.X_OK)
    assert process("--version").out == f"grokcall {grokcall.__version__}\n"
