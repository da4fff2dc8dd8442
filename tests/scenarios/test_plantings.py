"""A key and a proxy's password, planted wherever they can get in, are looked for wherever anything comes out."""

from __future__ import annotations

import base64
import contextlib
import copy
import io
import json
import logging
import pickle
import pprint
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import keyring
import pyarrow.parquet as pq
import pytest
import sqlalchemy
from keyring.backend import KeyringBackend
from rich.console import Console
from rich.traceback import Traceback

import grokcall
from grokcall.cli import main
from grokcall.dagster import GrokcallResource
from grokcall.duckdb import register
from grokcall.tables import open_writer
from scripted_service import Answer, Asked, answered, refused

PLANTED = "xai-" + "Pl4nt3d" * 11 + "End"
"""As long as keys are: what shows the first 80 characters of a text would show nearly all of it."""
PASSWORD = "ProxyPa55word" * 8
SECRETS = (
    PLANTED.encode(),
    PLANTED[4:60].encode(),
    PASSWORD.encode(),
    PASSWORD[:40].encode(),
    base64.b64encode(f"user:{PASSWORD}".encode())[:60],
)
ASK = "CALL GenerateResponse(:q)"

# Where the key comes from: each makes the surroundings, and gives the arguments of a connection.
Surroundings = Callable[[pytest.MonkeyPatch, Path], dict[str, Any]]


def of_environment(patch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    patch.setenv("XAI_API_KEY", PLANTED)
    return {}


def of_key_file(patch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    (folder / "key").write_text(PLANTED)
    patch.setenv("XAI_API_KEY_FILE", str(folder / "key"))
    return {}


def of_profile(name: str | None) -> Surroundings:
    def of(patch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
        table = "default" if name is None else f"profiles.{name}"
        (folder / "config.toml").write_text(f'[{table}]\napi_key = "{PLANTED}"\n')
        (folder / "config.toml").chmod(0o600)
        patch.setenv("GROKCALL_CONFIG", str(folder / "config.toml"))
        return {} if name is None else {"profile": name}

    return of


class Ring(KeyringBackend):
    """A keyring with one key."""

    priority = 1

    def get_password(self, service: str, username: str) -> str:
        """The key."""
        return PLANTED

    def set_password(self, service: str, username: str, password: str) -> None:
        """Forgets it."""


def of_keyring(patch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    patch.setattr(keyring.core, "_keyring_backend", Ring())
    return {}


def by_proxy(patch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    patch.setenv("http_proxy", f"http://user:{PASSWORD}@PLACE")
    return {"api_key": PLANTED, "base_url": "http://service.example/v1", "allow_http": True}


SOURCES: dict[str, Surroundings] = {
    "the argument": lambda patch, folder: {"api_key": PLANTED},
    "a secret key": lambda patch, folder: {"api_key": grokcall.SecretKey(PLANTED)},
    "a function": lambda patch, folder: {"api_key": lambda: PLANTED},
    "a function that gives a secret key": lambda patch, folder: {"api_key": lambda: grokcall.SecretKey(PLANTED)},
    "the environment": of_environment,
    "a key file": of_key_file,
    "the profile default": of_profile(None),
    "a profile": of_profile("work"),
    "the keyring": of_keyring,
    "a proxy's password, aiohttp": lambda patch, folder: {**by_proxy(patch, folder), "transport": "aiohttp"},
    "a proxy's password, httpx": lambda patch, folder: {**by_proxy(patch, folder), "transport": "httpx"},
}

ECHOES: dict[str, Answer] = {
    "an answer": answered(f"it is {PLANTED}"),
    "a header": Answer(answered("x").body, headers={"x-request-id": PLANTED, "x-echo": PLANTED}),
    "the name of a header": Answer(answered("x").body, headers={PLANTED: "1"}),
    "an answer's id and model": answered("x", id=PLANTED, model=PLANTED),
    "an unknown member": answered("x", debug={"authorization": f"Bearer {PLANTED}", PLANTED: 1}),
    "a refusal": refused(400, f"Bad header Authorization: Bearer {PLANTED}"),
    "a refusal's code": refused(400, "No.", f"code-{PLANTED}"),
    "a refused key": refused(401, f"Incorrect API key provided: {PLANTED}"),
    "a limit": refused(429, f"Slow down, {PLANTED}", retry_after="400"),
    "an error's page": Answer(f"<html><title>{PLANTED}</title></html>".encode(), 502),
    "no JSON": Answer(f"not json {PLANTED}".encode()),
    "half a JSON": Answer(f'{{"id": "{PLANTED}'.encode()),
    "a redirect": Answer(
        b"", 302, {"location": f"https://user:{PASSWORD}@elsewhere.example/{PLANTED}?token={PLANTED}"}
    ),
    "a failed answer": answered("x", status="failed", error={"code": PLANTED, "message": PLANTED}),
    "a refusal's validation": Answer(json.dumps({"detail": [{"loc": [PLANTED], "msg": PLANTED}]}).encode(), 422),
    "packed wrongly": Answer(PLANTED.encode(), headers={"content-encoding": "gzip"}),
    "a key in escapes": Answer(
        f'{{"error": "{"".join(f"{chr(92)}u{ord(each):04x}" for each in PLANTED)}"}}'.encode(), 400
    ),
}


def errors_of(error: BaseException) -> Iterator[tuple[str, str | bytes]]:
    """All that can be seen of an error."""
    yield "str of the error", f"{error}"
    yield "repr of the error", repr(error)
    yield "vars of the error", repr(vars(error))
    yield "notes of the error", repr(getattr(error, "__notes__", ""))
    yield "cause and context", f"{error.__cause__!r} {error.__context__!r}"
    yield "traceback", "".join(traceback.format_exception(error))
    if not isinstance(
        error, duckdb.Error
    ):  # among its frames' variables is a relation, whose repr runs the query again
        yield "traceback with local variables", listed(error)
        yield "traceback of rich", drawn(error)
    with contextlib.suppress(TypeError, AttributeError, pickle.PicklingError):
        yield "pickle of the error", pickle.dumps(error)


def ours(frame: Any) -> bool:
    """Whether a frame is none of this file's, which knows the key."""
    return Path(frame.filename) != Path(__file__)


def listed(error: BaseException) -> str:
    """The traceback with local variables."""
    told: traceback.TracebackException | None = traceback.TracebackException.from_exception(error, capture_locals=True)
    lines: list[str] = []
    while told is not None:
        lines += [f"{frame.name} {frame.locals}" for frame in told.stack if ours(frame)]
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    return "\n".join(lines)


def drawn(error: BaseException) -> str:
    """The traceback as rich draws it, with local variables."""
    made = Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True, locals_max_string=80)
    for stack in made.trace.stacks:
        for frame in stack.frames:
            if not ours(frame):
                frame.locals = None
    console = Console(file=io.StringIO(), width=250)
    with warnings.catch_warnings(action="ignore"):
        console.print(made)
    return console.file.getvalue().replace("\n", "")  # type: ignore[attr-defined]


def shown(name: str, thing: object) -> Iterator[tuple[str, str | bytes]]:
    """All that can be seen of an object."""
    yield f"repr of {name}", repr(thing)
    yield f"str of {name}", f"{thing} {thing!s}"
    yield f"pretty print of {name}", pprint.pformat(thing)
    yield (
        f"vars of {name}",
        repr(getattr(thing, "__dict__", "")) + repr([getattr(thing, each, "") for each in dir_of(thing)]),
    )
    for operation in (pickle.dumps, copy.deepcopy):
        try:
            yield f"{operation.__name__} of {name}", repr(operation(thing))  # type: ignore[operator]
        except Exception as error:  # a refusal is what is to be seen
            yield f"refused {operation.__name__} of {name}", f"{error!r} {error}"


def dir_of(thing: object) -> list[str]:
    """The slots of an object."""
    return [slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ()) if slot != "__weakref__"]


def outputs(arguments: dict[str, Any], folder: Path) -> Iterator[tuple[str, str | bytes]]:
    """Everything that a connection, its lookups and its queries show and leave behind."""
    with grokcall.connect(**arguments) as connection:
        cursor = connection.cursor()
        try:
            cursor.execute("CALL GenerateResponse('x')")
            yield "rows of a cursor", repr(cursor.fetchall())
            yield "description of a cursor", repr(cursor.description)
        except grokcall.Error as error:
            yield from errors_of(error)
        key = connection.key()
        for name, thing in {
            "connection": connection,
            "options": connection.options,
            "cursor": cursor,
            "key": key,
        }.items():
            yield from shown(name, thing)
        for statement in ("EXPLAIN CALL GenerateResponse('x')", "EXPLAIN COST CALL GenerateResponse('x')"):
            yield statement.split("CALL")[0], repr(connection.execute(statement).fetch_arrow_table().to_pylist())
        result = None
        try:
            result = connection.lookup(ASK, [{"q": "a"}, {"q": "b"}], journal=folder / "run.journal", call_columns=True)
        except grokcall.Error as error:
            yield from errors_of(error)
        if result is not None:
            yield "rows", repr(result.rows.to_pylist())
            yield "failed rows", repr(result.errors.to_pylist())
            yield from shown("summary", result.summary)
            yield "result", repr(result)
            for form in ("csv", "jsonl", "parquet", "arrow"):
                for name, table in {"rows": result.rows, "errors": result.errors}.items():
                    with open_writer(folder / f"{name}.{form}", table.schema) as writer:
                        for batch in table.to_batches():
                            writer.write(batch)
            pq.write_table(result.errors, folder / "plain.parquet", compression=None)
        with duckdb.connect() as con, register(con, connection, on_error="ignore") as registration:
            yield from shown("registration", registration)
            with contextlib.suppress(grokcall.Error, duckdb.Error):
                yield "query", repr(registration.query("SELECT Response_Result FROM GenerateResponse('y')").to_pylist())
            try:
                yield "macro", repr(con.sql("SELECT * FROM GenerateResponse('z')").fetchall())
            except duckdb.Error as error:
                yield from errors_of(error)
            yield "functions of DuckDB", repr(con.sql("SELECT * FROM duckdb_functions()").fetchall())
            yield "settings of DuckDB", repr(con.sql("SELECT * FROM duckdb_settings()").fetchall())
            yield "secrets of DuckDB", repr(con.sql("SELECT * FROM duckdb_secrets()").fetchall())
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("key", "config.toml"):
            yield f"the file {path.name}", path.read_bytes()


def leaks(found: Iterator[tuple[str, str | bytes]]) -> tuple[int, list[str]]:
    """How many outputs there were, and in which of them a secret is."""
    places: dict[str, bool] = {}
    for name, output in found:
        data = output.encode("utf-8", "replace") if isinstance(output, str) else output
        places[name] = places.get(name, False) or any(secret in data for secret in SECRETS)
    return len(places), [name for name, leaked in places.items() if leaked]


@pytest.fixture
def logs() -> Iterator[list[tuple[str, str]]]:
    """What every logger says at DEBUG, with everything that a record carries."""
    records: list[tuple[str, str]] = []

    class Keeping(logging.Handler):
        """Keeps what comes."""

        def emit(self, record: logging.LogRecord) -> None:
            records.append((f"the log of {record.name}", f"{self.format(record)} {vars(record)}"))

    root, handler = logging.getLogger(), Keeping()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    asyncio_level = logging.getLogger("asyncio").level
    yield records
    logging.getLogger("asyncio").setLevel(asyncio_level)
    root.removeHandler(handler)
    root.setLevel(level)


def script_of(echo: Answer) -> Callable[[Asked], Answer]:
    """A service that says one thing to whatever costs something."""
    return lambda asked: echo if asked.method == "POST" else Answer(b'{"data": []}')


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_reaches_no_output_wherever_it_comes_from(source, service, monkeypatch, tmp_path, logs, capfd):
    service.script = lambda asked: refused(400, PLANTED) if b'"b"' in asked.body else answered(PLANTED)
    arguments = {"base_url": service.base_url, "max_attempts": 1, **SOURCES[source](monkeypatch, tmp_path)}
    if "proxy" in source:
        monkeypatch.setenv("http_proxy", f"http://user:{PASSWORD}@127.0.0.1:{service.port}")
    count, leaked = leaks(outputs(arguments, tmp_path))
    assert leaked == []
    assert count >= 40
    assert leaks(iter([*logs, *enumerate_streams(capfd)]))[1] == []
    assert any(PLANTED in asked.headers.get("authorization", "") for asked in service.asked)
    if "proxy" in source:
        assert all(asked.headers["proxy-authorization"].startswith("Basic ") for asked in service.asked)


def enumerate_streams(capfd: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """What was written to the standard streams."""
    return list(zip(("standard output", "standard error"), capfd.readouterr(), strict=True))


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_that_the_service_repeats_reaches_no_output(echo, transport, service, tmp_path, logs, capfd):
    service.script = script_of(ECHOES[echo])
    arguments = {"base_url": service.base_url, "max_attempts": 1, "api_key": PLANTED, "transport": transport}
    count, leaked = leaks(outputs(arguments, tmp_path))
    assert leaked == []
    assert count >= 35
    assert leaks(iter([*logs, *enumerate_streams(capfd)]))[1] == []


def of_engine(base_url: str) -> Iterator[tuple[str, str | bytes]]:
    """What SQLAlchemy shows of an address with a key in it."""
    engine = sqlalchemy.create_engine(f"grokcall://:{PLANTED}@{base_url.removeprefix('http://')}?max_attempts=1")
    yield "repr of the engine", repr(engine)
    yield "address of the engine", f"{engine.url} {engine.url!r} {engine.url.render_as_string()}"
    yield "dialect of the engine", f"{engine.dialect!r} {vars(engine.dialect)}"
    try:
        with engine.connect() as connection:
            yield "connection of the engine", f"{connection!r} {connection.connection!r} {vars(connection.connection)}"
            connection.exec_driver_sql("CALL GenerateResponse('x')")
    except sqlalchemy.exc.SQLAlchemyError as error:
        yield from errors_of(error)
    yield "pool of the engine", f"{engine.pool!r} {engine.pool.status()}"
    engine.dispose()


def of_dagster(base_url: str) -> Iterator[tuple[str, str | bytes]]:
    """What Dagster's resource shows of itself and its connection."""
    resource = GrokcallResource(api_key=PLANTED, base_url=base_url, options={"max_attempts": 1})
    yield "resource", f"{resource!r} {resource}"
    with resource.get_connection() as connection:
        yield "connection of the resource", f"{connection!r} {vars(connection)}"
        try:
            connection.execute("CALL GenerateResponse('x')")
        except grokcall.Error as error:
            yield from errors_of(error)


@pytest.mark.parametrize("client", [of_engine, of_dagster], ids=["SQLAlchemy", "Dagster"])
@pytest.mark.parametrize("echo", ["an answer", "a refusal", "a refused key", "a redirect", "packed wrongly"])
def test_a_client_shows_no_key(client, echo, service, logs, capfd):
    service.script = script_of(ECHOES[echo])
    count, leaked = leaks(client(service.base_url))
    assert leaked == []
    assert count >= (3 if client is of_dagster else 5) - (echo == "an answer")
    assert leaks(iter([*logs, *enumerate_streams(capfd)]))[1] == []
    assert service.asked[0].headers["authorization"] == f"Bearer {PLANTED}"


Connecting = Callable[..., grokcall.Connection]

MISPLACED: dict[str, Callable[[Connecting], object]] = {
    "the user of base_url": lambda connecting: connecting(base_url=f"https://{PLANTED}@api.x.ai/v1"),
    "the password of base_url": lambda connecting: connecting(base_url=f"https://user:{PLANTED}@api.x.ai/v1"),
    "a query in base_url": lambda connecting: connecting(base_url=f"https://api.x.ai/v1?api_key={PLANTED}"),
    "a base_url that is none": lambda connecting: connecting(base_url=PLANTED),
    "the profile": lambda connecting: connecting(profile=PLANTED),
    "the name of an option": lambda connecting: connecting(**{PLANTED: 1}),
    "an option of another kind": lambda connecting: connecting(timeout=PLANTED),
    "an option with a choice": lambda connecting: connecting(transport=PLANTED),
    "a key with a blank": lambda connecting: connecting(api_key=f"{PLANTED} x").key(),
    "a key with a line break": lambda connecting: connecting(api_key=lambda: f"{PLANTED}\n{PLANTED}").key(),
    "a key in a list": lambda connecting: connecting(api_key=[PLANTED]).key(),
    "bytes": lambda connecting: connecting(api_key=PLANTED.encode()).key(),
    "a key file's name": lambda connecting: grokcall.config.api_key.find_key(environ={"XAI_API_KEY_FILE": PLANTED}),
    "the name of a procedure": lambda connecting: connecting().execute(f'CALL "{PLANTED}"()'),
    "the name of a parameter": lambda connecting: connecting().execute(f"CALL GenerateResponse(\"{PLANTED}\" => 'x')"),
    "an argument of another kind": lambda connecting: connecting().execute(
        f"CALL GenerateResponse('x', Temperature => '{PLANTED}')"
    ),
    "a statement that does not parse": lambda connecting: connecting().execute(f"CALL GenerateResponse('{PLANTED}'"),
    "the name of a marker": lambda connecting: connecting().execute(ASK, {PLANTED: "x"}),
    "a field": lambda connecting: connecting().lookup(ASK, [{"q": "x"}], fields=[PLANTED]),
    "an address": lambda connecting: sqlalchemy.create_engine(f"grokcall://{PLANTED}:x@api.example/v1"),
    "an address's option": lambda connecting: sqlalchemy.create_engine(f"grokcall:///?api_key={PLANTED}"),
}


@pytest.mark.parametrize("place", MISPLACED)
def test_a_key_in_a_wrong_place_is_repeated_nowhere(place, connecting, logs, capfd):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        MISPLACED[place](partial(connecting, api_key=PLANTED, max_attempts=1))
    named = [output for output in errors_of(caught.value) if "local" not in output[0] and "rich" not in output[0]]
    assert leaks(iter([*named, *logs, *enumerate_streams(capfd)])) == (
        len({name for name, _ in [*named, *logs]}) + 2,
        [],
    )


COMMANDS = {
    "call": ["call", "CALL GenerateResponse('hi')", "--verbose"],
    "explain": ["call", "EXPLAIN COST CALL GenerateResponse('hi')", "--verbose"],
    "lookup": ["lookup", "in.csv", ASK, "-o", "out.csv", "--verbose", "--call-columns"],
    "lookup, failed rows within": ["lookup", "in.csv", ASK, "-o", "out.jsonl", "--verbose", "--on-error", "ignore"],
    "lookup, ended": ["lookup", "in.csv", ASK, "-o", "out.parquet", "--verbose", "--on-error", "fail"],
    "lookup, summary": [
        "lookup",
        "in.csv",
        ASK,
        "-o",
        "s.csv",
        "--summary",
        "summary.json",
        "--journal",
        "run.journal",
    ],
    "sql": ["sql", "SELECT Response_Result FROM GenerateResponse('x')", "--verbose"],
    "check": ["check", "--verbose"],
    "models": ["models", "--verbose"],
    "runs list": ["runs", "list", "--journal", "run.journal"],
    "runs show": ["runs", "show", "--journal", "run.journal"],
}


@pytest.mark.parametrize("place", ["environment", "proxy"])
def test_no_command_lets_a_key_out(place, service, monkeypatch, tmp_path, capfd):
    def script(asked: Asked) -> Answer:
        if not asked.path.endswith("/responses"):
            return Answer(f'{{"redacted_api_key":"{PLANTED}","name":"{PLANTED}","data":[]}}'.encode())
        return refused(400, f"Bad key {PLANTED}?") if b"fail" in asked.body else answered(PLANTED)

    service.script = script
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XAI_API_KEY", PLANTED)
    monkeypatch.setenv("XAI_BASE_URL", service.base_url)
    if place == "proxy":
        monkeypatch.setenv("http_proxy", f"http://user:{PASSWORD}@127.0.0.1:{service.port}")
        monkeypatch.setenv("XAI_BASE_URL", "http://service.example/v1")
        monkeypatch.setenv("GROKCALL_ALLOW_HTTP", "true")
    (tmp_path / "in.csv").write_text("q\nhi\nfail\n")
    for name, arguments in COMMANDS.items():
        with contextlib.suppress(SystemExit):
            main(arguments)
        written = "".join(capfd.readouterr())
        assert written, name
        assert leaks(iter([(name, written)])) == (1, [])
    files = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(files) >= 6
    assert leaks(iter(files.items())) == (len(files), [])
    assert service.asked


def test_the_plantings_are_many():
    assert len(SOURCES) + len(ECHOES) + len(MISPLACED) + len(COMMANDS) >= 60
