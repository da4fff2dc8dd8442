"""Procedures of the user's own: declared in SQL, called like any other, through every surface."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import grokcall
from grokcall.catalog.catalog import open_catalog
from grokcall.sandbox import SANDBOX_KEY, Sandbox
from grokcall_procedures import CATALOG
from installed import COMMAND

TRIAGE = """CREATE PROCEDURE Triage(Body VARCHAR COMMENT 'The ticket.', Tongue VARCHAR DEFAULT 'English')
RETURNS (priority INTEGER NOT NULL, team ENUM('delivery', 'billing'))
COMMENT 'Sorts a ticket.'
AS CALL GenerateResponse(Message => 'Ticket: ' || :Body, Instructions => 'Answer in ' || :Tongue || '.')"""


@pytest.fixture
def triage(on_sandbox):
    on_sandbox.execute(TRIAGE)
    return on_sandbox


def test_a_procedure_is_called_and_gives_the_declared_columns(triage):
    cursor = triage.execute("CALL triage(:text)", {"text": "The parcel 4 never came"})

    assert [column[:2] for column in cursor.description] == [
        ("priority", pa.int32()),
        ("team", pa.dictionary(pa.uint8(), pa.string())),
    ]
    assert cursor.fetchall() == [(4, "delivery")]


def test_the_request_is_that_of_the_call_inside_with_defaults_and_joined_texts(triage):
    for call, instructions in (("Triage('x')", "Answer in English."), ("Triage('x', 'Greek')", "Answer in Greek.")):
        body = json.loads(triage.execute(f"EXPLAIN CALL {call}").fetch_arrow_table().column("Body")[0].as_py())
        assert (body["input"], body["instructions"], body["model"]) == ("Ticket: x", instructions, "grok-4.3")
        assert list(body["text"]["format"]["schema"]["properties"]) == ["priority", "team"]


def test_it_is_shown_and_described(triage):
    (shown,) = triage.execute("SHOW PROCEDURES LIKE 'tri%'").fetchall()
    assert shown == ("Triage", "Sorts a ticket.", "CALL Triage(:Body, :Tongue)", 2, 2, "ask", False, "api")
    answers = CATALOG["GenerateResponse"]
    further = [("further", column.name, str(column.type), None) for column in answers.offered_fields]
    rows = triage.execute("DESCRIBE PROCEDURE Triage").fetch_arrow_table().to_pylist()
    assert [(row["Kind"], row["Name"], row["Type"], row["Required"]) for row in rows] == [
        ("parameter", "Body", "String", True),
        ("parameter", "Tongue", "String", False),
        ("result", "priority", "INTEGER", None),
        ("result", "team", "ENUM('delivery', 'billing')", None),
        *further,
    ]


def test_a_lookup_has_the_declared_columns_and_others_by_name_with_all_tokens_and_costs_counted(triage, sandbox):
    rows = [{"id": number, "body": f"Billing {number}"} for number in range(30)]
    plain = triage.lookup("CALL Triage(:body)", rows)
    chosen = triage.lookup("CALL Triage(:body)", rows, fields=["priority", "Response_Id"], max_tokens=1_000_000)

    assert plain.rows.column_names == ["id", "body", "priority", "team"]
    assert plain.rows.column("priority").to_pylist() == list(range(30))
    assert chosen.rows.column_names == ["id", "body", "priority", "Response_Id"]
    entries = sandbox.ledger()
    assert plain.summary.cost_ticks + chosen.summary.cost_ticks == sum(entry["ticks"] for entry in entries)
    assert plain.summary.total_tokens > 30 * 100


def test_what_does_not_fit_is_an_error_of_the_row_that_was_asked_for_again(tmp_path):
    with (
        Sandbox(profile="misfit:share=1") as engine,
        grokcall.connect(api_key=SANDBOX_KEY, base_url=engine.base_url, schema_attempts=2) as connection,
    ):
        connection.execute(TRIAGE)
        result = connection.lookup("CALL Triage(:body)", [{"body": "x"}, {"body": None}], journal=tmp_path / "j")
        assert result.errors.column("Call_ErrorCode").to_pylist() == ["answer_mismatch", "bad_value"]
        assert result.errors.column("Call_Attempts").to_pylist() == [2, 0]
        assert len(engine.ledger()) == 2


def test_without_returns_it_has_the_columns_of_the_call_inside(on_sandbox):
    on_sandbox.execute("CREATE PROCEDURE Sorted(T VARCHAR) AS CALL ClassifyText(:T, ['billing', 'delivery'])")
    cursor = on_sandbox.execute("CALL Sorted('My bill is wrong')")
    assert [column[0] for column in cursor.description][:2] == ["Result_Category", "Result_Categories"]
    assert cursor.fetchone()[0] == "billing"


def test_procedures_call_one_another_and_follow_a_replacement(triage):
    triage.execute("CREATE PROCEDURE Hasty(T VARCHAR) AS CALL Triage(:T, 'Dutch')")
    triage.execute("CREATE PROCEDURE Hastier(T VARCHAR) AS CALL Hasty('quick: ' || :T)")
    assert triage.execute("CALL Hastier('Billing 7')").fetchall() == [(7, "billing")]

    triage.execute(TRIAGE.replace("CREATE", "CREATE OR REPLACE").replace("Ticket: ", "Case: "))
    body = triage.execute("EXPLAIN CALL Hastier('x')").fetch_arrow_table().column("Body")[0].as_py()
    assert json.loads(body)["input"] == "Case: quick: x"
    assert json.loads(body)["instructions"] == "Answer in Dutch."


def test_a_replaced_procedure_is_another_question_to_the_journal(triage, sandbox, tmp_path):
    rows = [{"body": "x"}]
    triage.lookup("CALL Triage(:body)", rows, journal=tmp_path / "j")
    triage.execute(TRIAGE.replace("CREATE", "CREATE OR REPLACE").replace("Answer in", "Reply in"))
    again = triage.lookup("CALL Triage(:body)", rows, journal=tmp_path / "j", reuse=True)
    assert again.summary.cached == 0
    assert len(sandbox.ledger()) == 2


def test_bytes_numbers_and_truth_go_through(on_sandbox):
    declared = "Picture BLOB, Limit BIGINT DEFAULT 50, Keep BOOLEAN DEFAULT FALSE, Heat DOUBLE DEFAULT NULL"
    inner = (
        "'What is it? At most ' || :Limit, :Picture, MaxOutputTokens => :Limit, Store => :Keep, Temperature => :Heat"
    )
    on_sandbox.execute(f"CREATE PROCEDURE Look({declared}) AS CALL AnalyzeImage({inner})")
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c63000100000500010d0a2db4"
        "0000000049454e44ae426082"
    )
    body = json.loads(
        on_sandbox.execute("EXPLAIN CALL Look(:p)", {"p": png}).fetch_arrow_table().column("Body")[0].as_py()
    )
    assert body["input"][0]["content"][0]["text"] == "What is it? At most 50"
    assert (body["max_output_tokens"], body["store"]) == (50, False)
    assert "temperature" not in body


def test_executemany_and_the_execute_command_action_know_it(triage):
    cursor = triage.cursor().executemany("CALL Triage(:T)", [{"T": "Billing 1"}, {"T": "Billing 2"}])
    assert cursor.fetchall() == [(1, "billing"), (2, "billing")]
    action = grokcall.ExecuteCommand(triage, "CALL Triage(:T)")
    assert [(item.name, item.procedure_parameter, item.required) for item in action.parameters] == [("T", "Body", True)]
    assert action.schema.names == ["priority", "team"]
    assert action.run({"T": "Billing 3"}) == [{"priority": 3, "team": "billing"}]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("CREATE PROCEDURE Triage(T VARCHAR) AS CALL GenerateResponse(:T)", "write CREATE OR REPLACE PROCEDURE Triage"),
        (
            "CREATE PROCEDURE ListModels() AS CALL GenerateResponse('x')",
            "ListModels is built in and cannot be replaced",
        ),
        ("CREATE OR REPLACE PROCEDURE listmodels() AS CALL GenerateResponse('x')", "is built in"),
        ("DROP PROCEDURE GenerateResponse", "is built in and cannot be dropped"),
        ("DROP PROCEDURE Trige", "there is no user-defined procedure Trige; did you mean Triage?"),
        ("CREATE OR REPLACE PROCEDURE Triage(T VARCHAR) AS CALL Triage(:T)", "would call itself: Triage calls Triage"),
        ("CREATE PROCEDURE X(T FOO) AS CALL GenerateResponse(:T)", "the parameter T cannot have the type FOO"),
        ("CREATE PROCEDURE X(T VARCHAR[]) AS CALL GenerateResponse(:T)", "cannot have the type VARCHAR[]"),
        ("CREATE PROCEDURE X(T VARCHAR) AS CALL GenerateResponse(:Q)", "X declares no parameter Q; it declares: T"),
        ("CREATE PROCEDURE X(Body VARCHAR) AS CALL GenerateResponse(:Bdy)", "did you mean Body?"),
        ("CREATE PROCEDURE X(T VARCHAR) AS CALL GenerateResponse('x')", "the parameter T is not used in the body"),
        ("CREATE PROCEDURE X() AS CALL GenerateRespons('x')", "did you mean GenerateResponse?"),
        ("CREATE PROCEDURE X() AS CALL GenerateResponse('x', Modl => 'y')", "did you mean Model?"),
        ("CREATE PROCEDURE X() AS CALL GenerateResponse('x', Temperature => 3)", "must be 0 to 2, got 3"),
        ("CREATE PROCEDURE X() AS CALL GenerateResponse()", "GenerateResponse needs Message"),
        (
            "CREATE PROCEDURE X(N INTEGER DEFAULT 'x') AS CALL GetModel(:N)",
            "the default of the parameter N does not fit",
        ),
        (
            "CREATE PROCEDURE X() RETURNS (a INTEGER) AS CALL ListModels()",
            "RETURNS needs a procedure with OutputSchema",
        ),
        ("CREATE PROCEDURE X() RETURNS (a FOO) AS CALL GenerateResponse('x')", "cannot have the type FOO"),
        ("CREATE PROCEDURE X(P BLOB) AS CALL GenerateResponse('a' || :P)", "P is a BLOB, which || does not join"),
        (
            "CREATE PROCEDURE X() RETURNS (a INTEGER) AS CALL GenerateResponse('x', OutputSchema => 'b INTEGER')",
            "OutputSchema (position 12) is given twice",
        ),
        (
            "CREATE PROCEDURE X(S VARCHAR) AS CALL GenerateResponse('x', OutputSchema => :S)",
            "the result's columns follow from OutputSchema",
        ),
    ],
)
def test_a_statement_that_cannot_be_says_why_and_changes_nothing(triage, statement, told):
    with pytest.raises(grokcall.Error) as caught:
        triage.execute(statement)
    assert told in str(caught.value)
    assert "^" in str(caught.value)
    assert triage.catalog.own == ("Triage",)


def test_a_procedure_that_others_call_is_not_dropped(triage):
    triage.execute("CREATE PROCEDURE Hasty(T VARCHAR) AS CALL Triage(:T)")
    with pytest.raises(grokcall.ArgumentsError, match="Triage is called by Hasty"):
        triage.execute("DROP PROCEDURE Triage")
    with pytest.raises(grokcall.ArgumentsError, match="would call itself: Triage calls Hasty calls Triage"):
        triage.execute("CREATE OR REPLACE PROCEDURE Triage(T VARCHAR) AS CALL Hasty(:T)")
    assert triage.execute("DROP PROCEDURE Hasty").fetchall() == [("Hasty", "dropped")]
    assert triage.execute("DROP PROCEDURE Triage").fetchall() == [("Triage", "dropped")]
    assert triage.execute("DROP PROCEDURE IF EXISTS Triage").fetchall() == [("Triage", "unchanged")]


def test_if_not_exists_keeps_what_there_is(triage):
    other = "CREATE PROCEDURE IF NOT EXISTS Triage(T VARCHAR) AS CALL GenerateResponse(:T)"
    assert triage.execute(other).fetchall() == [("Triage", "unchanged")]
    assert triage.execute("DESCRIBE PROCEDURE Triage").fetchone()[2] == "Body"


def test_calls_in_a_row_have_an_end(on_sandbox):
    on_sandbox.execute("CREATE PROCEDURE P0(T VARCHAR) AS CALL GenerateResponse(:T)")
    for depth in range(1, 8):
        on_sandbox.execute(f"CREATE PROCEDURE P{depth}(T VARCHAR) AS CALL P{depth - 1}(:T)")
    assert on_sandbox.execute("CALL P7('hi')").fetchone() is not None
    with pytest.raises(grokcall.ArgumentsError, match="more than 8 deep"):
        on_sandbox.execute("CREATE PROCEDURE P8(T VARCHAR) AS CALL P7(:T)")


@pytest.fixture
def keeping(sandbox, tmp_path):
    """Makes connections with a catalog file."""
    connections = []

    def connect():
        path = tmp_path / "procedures.sql"
        connections.append(grokcall.connect(api_key=SANDBOX_KEY, base_url=sandbox.base_url, catalog=path))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()


def test_a_catalog_file_holds_the_statements_and_is_seen_by_others_at_once(keeping, tmp_path):
    first, second = keeping(), keeping()
    first.execute(TRIAGE + " -- the end")
    first.execute("CREATE PROCEDURE Hasty(T VARCHAR) AS CALL Triage(:T);")

    kept = (tmp_path / "procedures.sql").read_text()
    assert TRIAGE in kept
    assert second.execute("CALL Hasty('Billing 5')").fetchall() == [(5, "billing")]
    second.execute("DROP PROCEDURE Hasty")
    assert first.catalog.own == ("Triage",)
    assert TRIAGE in (tmp_path / "procedures.sql").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["procedures.sql"]


def test_a_catalog_file_may_be_written_by_hand_in_any_order(keeping, tmp_path):
    hasty = "-- Quick.\nCREATE PROCEDURE Hasty(T VARCHAR) AS CALL Triage(:T);\n"
    (tmp_path / "procedures.sql").write_text(f"{hasty}\n{TRIAGE};\n")
    connection = keeping()
    assert connection.execute("CALL Hasty('Billing 5')").fetchall() == [(5, "billing")]
    connection.execute("CREATE PROCEDURE More(T VARCHAR) AS CALL Hasty(:T)")
    assert hasty in (tmp_path / "procedures.sql").read_text()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("SELECT 1;", "only CREATE PROCEDURE and CREATE TOOL may stand in a catalog"),
        ("CREATE PROCEDURE X() AS CALL Nope();", "there is no procedure Nope"),
        ("CREATE PROCEDURE X(", "never closed"),
        ("CREATE PROCEDURE X() AS CALL ListModels(); CREATE PROCEDURE x() AS CALL ListModels();", "declared twice"),
        ("\udcff", "is no UTF-8 text"),
    ],
)
def test_a_wrong_catalog_file_is_named(keeping, tmp_path, content, told):
    (tmp_path / "procedures.sql").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(grokcall.Error) as caught:
        keeping().execute("CALL ListModels()")
    assert told in str(caught.value)
    assert "procedures.sql" in str(caught.value)


def test_writers_of_one_catalog_file_do_not_lose_each_other_s_procedures(tmp_path):
    path = tmp_path / "procedures.sql"
    script = (
        "import grokcall, sys\n"
        f"with grokcall.connect(catalog={str(path)!r}) as connection:\n"
        "    for number in range(10):\n"
        "        connection.execute(f'CREATE PROCEDURE P{sys.argv[1]}_{number}() AS CALL ListModels()')\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, name]) for name in "abc"]
    assert [writer.wait(300) for writer in writers] == [0, 0, 0]
    assert len(grokcall.open_catalog(path).own) == 30


def test_a_duckdb_database_keeps_procedures_too(on_sandbox, tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "d.duckdb")) as database:
        on_sandbox.catalog = grokcall.open_catalog(database)
        on_sandbox.execute(TRIAGE)
        on_sandbox.execute("CREATE PROCEDURE Hasty(T VARCHAR) AS CALL Triage(:T)")
        on_sandbox.execute("DROP PROCEDURE Hasty")
        assert database.execute("SELECT name FROM grokcall_procedures").fetchall() == [("Triage",)]
    with duckdb.connect(str(tmp_path / "d.duckdb"), read_only=True) as database:
        on_sandbox.catalog = grokcall.open_catalog(database)
        assert on_sandbox.execute("CALL Triage('Billing 5')").fetchall() == [(5, "billing")]


def test_a_step_takes_its_procedures_from_the_catalog_where_it_runs(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", SANDBOX_KEY)
    (tmp_path / "procedures.sql").write_text(TRIAGE + ";")
    step = grokcall.Lookup("CALL Triage(:body)", base_url=sandbox.base_url, catalog=tmp_path / "procedures.sql")
    with pickle.loads(pickle.dumps(step)) as again:
        given = again(pa.RecordBatch.from_pylist([{"body": "Billing 8"}]))
    assert given.column("priority").to_pylist() == [8]


def test_the_command_line_makes_lists_describes_and_calls_procedures(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_API_KEY", SANDBOX_KEY)
    monkeypatch.setenv("GROKCALL_CATALOG", str(tmp_path / "procedures.sql"))

    def run(*arguments):
        done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=400)
        assert done.returncode == 0, done.stderr
        return done.stdout

    address = ("--base-url", sandbox.base_url)
    assert json.loads(run("call", TRIAGE, *address)) == {"Procedure_Name": "Triage", "Procedure_Change": "created"}
    assert "Your own" in run("procedures")
    assert "Triage" in run("procedures", "--like", "sorts a%")
    assert json.loads(run("procedures", "Triage", "--json"))["fields"][0]["type"] == "INTEGER"
    assert "Triage" not in run("procedures", "--catalog", str(tmp_path / "other.sql"))
    answer = run("call", "CALL Triage(:b)", "-p", "b=Billing 6", *address)
    assert json.loads(answer) == {"priority": 6, "team": "billing"}
    (tmp_path / "in.csv").write_text("body\nBilling 1\nBilling 2\n")
    out = tmp_path / "out.csv"
    run("lookup", str(tmp_path / "in.csv"), "CALL Triage(:body)", "-o", str(out), *address)
    assert out.read_text() == "body,priority,team\nBilling 1,1,billing\nBilling 2,2,billing\n"


@pytest.mark.parametrize(
    "name", ["GenerateResponse", "generateresponse", '"GenerateImage"', "RAWREQUEST", "ListModels"]
)
@pytest.mark.parametrize("place", ["first", "after others"])
def test_what_is_kept_cannot_stand_in_for_a_built_in_procedure(tmp_path: Path, name: str, place: str) -> None:
    ask = "CREATE PROCEDURE Ask(Question VARCHAR) AS CALL GenerateResponse(:Question);\n"
    stranger = (
        f"CREATE OR REPLACE PROCEDURE {name}(Message VARCHAR) AS CALL RawRequest('/elsewhere', Body => :Message);\n"
    )
    path = tmp_path / "c.sql"
    path.write_text(stranger if place == "first" else ask + stranger)
    database = duckdb.connect()
    database.execute("CREATE TABLE grokcall_procedures (position INTEGER, name VARCHAR, statement VARCHAR)")
    database.execute("INSERT INTO grokcall_procedures VALUES (0, 'x', ?)", [stranger])
    for kept in (path, database):
        catalog = open_catalog(kept)
        with pytest.raises(grokcall.ProgrammingError, match=f"(?i){name.strip(chr(34))} is built in"):
            list(catalog)
        with pytest.raises(grokcall.ProgrammingError, match="is built in"):
            catalog.find("GenerateResponse")
