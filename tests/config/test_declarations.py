"""Every option is declared once, and is there wherever it should be."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from typer.models import OptionInfo

import grokcall
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.cli.flags import FLAGGED, SPENDING_OPTIONS, Flags
from grokcall.cli.lookup_command import lookup
from grokcall.cli.lookup_flags import OF_LOOKUPS, OF_QUERIES
from grokcall.cli.sql_command import sql
from grokcall.config.declared_options import DeclaredOptions
from grokcall.config.options import ENVIRONMENT_PREFIXES, Options, load_options
from grokcall.config.uri import option_texts
from grokcall.core.declarations import About, Declaration, Flag, declarations
from grokcall.duckdb.checks import options_of
from grokcall.lookup.declared_options import DeclaredLookupOptions
from grokcall.lookup.options import LookupOptions

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONNECTION = declarations(DeclaredOptions)
LOOKUP = declarations(DeclaredLookupOptions)
OWN_FLAGS = {"sandbox", "show_secrets", "tool", "csv_safe", "quiet", "verbose", "no_color"}
OTHER_VALUES: dict[str, Any] = {
    "base_url": "https://other.example/v1", "receive": "stream", "default_models": {"text": "grok-4.6"},
    "tool_limit_field": "omit", "file_transfer": "inline", "transport": "httpx", "profile": "work",
    "user_agent": "other/1", "catalog": "c.db", "database": "d.duckdb", "ca_file": "ca.pem",
    "management_base_url": "https://management.example", "team_id": "team-7", "tool_database": "t.duckdb",
    "tool_output_bytes": 1024, "on_tool_error": "fail", "tool_mixing": "refuse", "region": "us",
    "client_certificate": "me.pem", "client_key": "me.key",
}  # fmt: skip
"""Values that are not the defaults, for the options that are no numbers and no switches."""


def other(known: Declaration) -> Any:
    """A value of an option that is not its default."""
    if known.name in OTHER_VALUES:
        return OTHER_VALUES[known.name]
    return not known.default if bool in known.types else 7


def flags_of(command: Any) -> dict[str, OptionInfo]:
    """The options that Typer makes of the parameters of a command, by their names."""
    found = {}
    for name, each in inspect.signature(command, eval_str=True).parameters.items():
        (*_, option) = getattr(each.annotation, "__metadata__", (None,))
        if isinstance(option, OptionInfo):
            found[name] = option
    return found


def names_of(option: OptionInfo) -> tuple[str, ...]:
    """The flags of an option; Typer keeps the first of them as what its default would be."""
    return (option.default, *(option.param_decls or ()))


def forms(known: Declaration) -> set[str]:
    return {form for name in known.flag_names for form in name.split("/")}


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "some.toml"
    path.write_text("[profiles.work]\n")
    monkeypatch.setenv("GROKCALL_CONFIG", str(path))


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("known", CONNECTION.values(), ids=CONNECTION)
def test_an_option_of_a_connection_can_be_given_by_name_in_the_environment_and_stands_on_the_page(known, monkeypatch):
    assert getattr(load_options(), known.name) == known.default
    given = getattr(load_options(**{known.name: other(known)}), known.name)
    assert given != known.default
    for prefix in ENVIRONMENT_PREFIXES:
        with monkeypatch.context() as around:
            around.setenv(f"{prefix}{known.name.upper()}", option_texts({known.name: other(known)})[known.name])
            assert getattr(load_options(), known.name) == given
    (row,) = [line for line in (DOCS / "options.md").read_text("utf-8").splitlines() if f"| `{known.name}` |" in line]
    variables = {f"{prefix}{known.name.upper()}" for prefix in ENVIRONMENT_PREFIXES}
    assert {*re.findall(r"`(--[a-z-]+)`", row)} == forms(known)
    assert variables <= {*re.findall(r"`([A-Z_]+)`", row)}
    assert known.description in row
    assert known.range(",") in row
    assert Options.model_fields[known.name].description == known.description


def test_the_options_of_a_connection_are_declared_in_one_class_alone():
    assert list(Options.model_fields) == list(CONNECTION)
    assert not set(inspect.get_annotations(Options)) & set(CONNECTION)


def test_the_options_of_a_lookup_are_declared_in_one_class_alone():
    assert [item.name for item in fields(LookupOptions)] == list(LOOKUP)
    assert not set(inspect.get_annotations(LookupOptions)) & set(LOOKUP)


@pytest.mark.parametrize("known", LOOKUP.values(), ids=LOOKUP)
def test_an_option_of_a_lookup_is_a_keyword_and_stands_in_the_reference_and_in_help(known):
    assert getattr(LookupOptions(), known.name) == known.default
    page = (DOCS / "reference" / "LookupOptions.md").read_text("utf-8")
    assert f"    {known.name}: " in page
    assert known.about.text.removesuffix(".").replace("``", "`") in page.replace("\\|", "|")
    assert f"        {known.name}: {known.description}" in str(LookupOptions.__doc__)


def test_a_step_of_a_data_flow_has_the_defaults_of_a_lookup():
    taken = inspect.signature(grokcall.Lookup).parameters
    own = {"on_error", "read_ahead"}  # a step has one output, and many of them may run on one machine
    shared = [name for name in taken if name in LOOKUP and name not in own]
    assert len(shared) > 10
    assert {name: taken[name].default for name in shared} == {name: LOOKUP[name].default for name in shared}


def test_every_limit_is_known_alike_to_connections_lookups_and_statements():
    limits = declarations(SpendingLimits)
    assert list(limits) == [item.name for item in fields(SpendingLimits)] == list(SPENDING_OPTIONS)
    for name, known in limits.items():
        assert known.about is CONNECTION[name].about is LOOKUP[name].about
        assert known.default is CONNECTION[name].default is LOOKUP[name].default is None


def test_what_connections_and_lookups_have_alike_differs_in_nothing_but_what_none_stands_for():
    for name in set(CONNECTION) & set(LOOKUP):
        mine, theirs = CONNECTION[name], LOOKUP[name]
        assert mine.choices == theirs.choices
        assert replace(theirs.about, none=mine.about.none, more=mine.about.more) == mine.about


def test_every_shared_flag_is_made_from_an_option_of_a_connection_but_for_those_of_the_command_line():
    shown = flags_of(Flags)
    assert set(shown) == {*FLAGGED.values(), *OWN_FLAGS}
    assert set(FLAGGED) == {name for name, known in CONNECTION.items() if known.about.flag is not None}
    for name, flag in FLAGGED.items():
        assert_made_from(shown[flag], CONNECTION[name])


def test_every_flag_of_a_lookup_and_of_queries_is_made_from_an_option_of_a_lookup():
    for command, declared in ((lookup, OF_LOOKUPS), (sql, OF_QUERIES)):
        shown = {form: option for option in flags_of(command).values() for form in names_of(option)}
        for known in declared:
            if (command, known.name) != (sql, "on_error"):  # a query has fewer treatments
                assert_made_from(shown[known.flag_names[0]], known, told=(known.name == "journal"))
    assert {known.name for known in OF_LOOKUPS} | {*FLAGGED, *OWN_FLAGS} >= set(LOOKUP)


def assert_made_from(option: OptionInfo, known: Declaration, *, told: bool = False) -> None:
    """The Typer option says what is declared and nothing else."""
    about, flag = known.about, known.about.flag
    assert flag is not None
    assert names_of(option) == known.flag_names
    assert option.rich_help_panel == (flag.heading or None)
    assert told or option.help == (flag.help or about.text)
    if known.choices:
        assert (option.metavar, option.autocompletion()) == ("|".join(known.choices), list(known.choices))
    if about.least is not None and known.types[0] in (int, float):
        assert (option.min, option.max) == (about.least, about.most)


def test_no_command_declares_a_flag_of_an_option_anew():
    written = "\n".join(path.read_text("utf-8") for path in (ROOT / "connector/grokcall/cli").glob("*.py"))
    names = {form for known in (*CONNECTION.values(), *LOOKUP.values()) for form in forms(known)}
    twice = {form for form in names if re.search(rf'^\s*(?:Option\()?"(?:-\w", ")?{form}["/]', written, re.MULTILINE)}
    # Treatments of a query, which are two of three; the journal that is looked at, which has to be there.
    assert twice <= {"--on-error", "--journal"}


def test_an_option_that_only_a_lookup_has_is_refused_by_a_registration_and_any_other_taken():
    for name, known in LOOKUP.items():
        if known.about.lookup_only:
            with pytest.raises(grokcall.InterfaceError, match=f"register has no option '{name}'"):
                options_of({name: known.default})
        elif name != "on_error":
            assert getattr(options_of({name: known.default}), name) == known.default


@pytest.mark.parametrize("known", [*CONNECTION.values(), *LOOKUP.values()], ids=[*CONNECTION, *LOOKUP])
def test_a_declaration_is_one_sentence_and_its_default_is_in_its_range(known):
    assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", known.about.text)
    assert known.fault(known.default) is None
    assert not known.choices or known.default in (*known.choices, None)


class Waiting:
    patience: Annotated[float | None, About("Seconds to wait.", above=0, most=60, none="ever")] = None
    tries: Annotated[int, About("How often.", least=1, flag=Flag("N"))] = 2
    cost: Annotated[Decimal | float | str | None, About("USD.", least=0)] = None
    word: Annotated[Literal["soon", "late"], About("When.", more="Best soon.", flag=Flag())] = "soon"
    name: Annotated[str, About("Who waits.", least=1, most=9)] = "x"
    loud: Annotated[bool, About("Whether to call.", flag=Flag())] = False
    unsaid: int = 3


def test_what_is_declared_is_put_into_words():
    known = declarations(Waiting)
    assert {name: each.description for name, each in known.items()} == {
        "patience": "Seconds to wait, above 0 to 60; None for ever.",
        "tries": "How often, 1 or more.",
        "cost": "USD, 0 or more.",
        "word": "When: soon or late. Best soon.",
        "name": "Who waits.",
        "loud": "Whether to call.",
    }
    assert known["name"].range() == "1 to 9 characters"
    assert [each.flag_names for each in known.values()] == [
        (), ("--tries",), (), ("--word",), (), ("--loud/--no-loud",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("patience", 0, "greater than 0"),
        ("patience", 61.0, "less than or equal to 60"),
        ("patience", float("nan"), "finite"),
        ("tries", 0, "greater than or equal to 1"),
        ("cost", Decimal("-1"), "greater than or equal to 0"),
        ("cost", Decimal("Infinity"), "finite"),
        ("name", "", "at least 1 character"),
        ("name", "x" * 10, "at most 9 characters"),
    ],
)
def test_a_value_out_of_its_range_is_told_with_the_bound(name, value, told):
    assert told in str(declarations(Waiting)[name].fault(value))


@pytest.mark.parametrize(
    ("name", "value"), [("patience", None), ("patience", 60), ("tries", 1), ("cost", Decimal(0)), ("loud", True)]
)
def test_none_and_what_is_in_the_range_have_no_fault(name, value):
    assert declarations(Waiting)[name].fault(value) is None
