"""The help: what is used most comes first, and what it shows works."""

from __future__ import annotations

import inspect
import re
import shlex
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

from grokcall.budget.spending_limits import SpendingLimits
from grokcall.cli import lookup_command
from grokcall.cli.commands import COMMANDS, RUNS, CommandEntry
from grokcall.cli.flags import CONNECTION_OPTIONS, SPENDING_OPTIONS, Flags
from grokcall.config.options import Options
from grokcall.lookup.options import CHOICES

ENTRIES = [*((entry.name, entry) for entry in COMMANDS), *((f"runs {entry.name}", entry) for entry in RUNS)]
SINGLE = [(name, entry) for name, entry in ENTRIES if not entry.below]
TICKETS = Path(__file__).parents[2] / "connector" / "grokcall" / "data" / "tickets.csv"
NO_OPTIONS_OF_A_CONNECTION = {"sandbox", "csv_safe", "show_secrets", "quiet", "verbose", "no_color"}

pytestmark = pytest.mark.usefixtures("here")


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.endswith(":") and not line.startswith(" ")]


def section(text: str, heading: str) -> str:
    return text.partition(f"\n{heading}:\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize(("name", "entry"), SINGLE)
def test_the_list_says_of_a_command_what_its_function_says(name: str, entry: CommandEntry):
    module, _, function = entry.place.partition(":")
    told = " ".join(str(inspect.getdoc(getattr(import_module(module), function))).partition("\n\n")[0].split())
    assert told.startswith(entry.summary)
    assert entry.summary.endswith(".")


def test_every_command_is_listed_under_its_heading(run):
    text = run("--help").out
    assert headings(text)[:5] == ["Example:", "Ask:", "Find out:", "Look back:", "Try:"]
    for entry in COMMANDS:
        assert f"  {entry.name} " in section(text, entry.heading)


def test_the_first_help_has_every_shared_flag_under_a_heading_and_the_exit_codes(run):
    text = run("--help").out
    for item in fields(Flags):
        assert f"--{item.name.replace('_', '-')}" in text
    assert headings(text)[5:] == [
        "Options:",
        "Service:",
        "Budget:",
        "Pace and patience:",
        "Calls and data:",
        "Messages:",
    ]
    assert "Exit codes" in text
    assert "..." not in text.replace("[ARGS]...", "")


def test_a_wide_terminal_is_used_up_to_a_width_at_which_lines_can_be_read(run, monkeypatch):
    widest = []
    for columns in (80, 100, 120, 300):
        monkeypatch.setenv("COLUMNS", str(columns))
        widest.append(max(map(len, run("lookup", "--help").out.splitlines())))
    assert widest[0] < 80 < widest[1] < 100 < widest[2] < 120
    assert widest[3] == widest[2]


def test_what_a_lookup_is_mostly_given_comes_first_and_the_rest_stands_under_headings(run):
    text = run("lookup", "--help").out
    assert headings(text) == [
        "Example:",
        "Arguments:",
        "Options:",
        "Shared options:",
        "Estimate:",
        "Input:",
        "Output:",
        "Rows that fail:",
        "Journal:",
        "Requests:",
    ]
    assert re.findall(r"--[a-z-]+", section(text, "Options"))[:3] == ["--output", "--map", "--fields"]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_the_help_of_a_command_shows_its_example_and_the_shared_flags_that_matter(run, monkeypatch, name, entry):
    monkeypatch.setenv("COLUMNS", "80")
    done = run(*name.split(), "--help")
    assert (done.code, done.err) == (0, "")
    assert section(done.out, "Example").strip() == entry.example
    assert "Example:" in headings(done.out)[0]
    shared = re.findall(r"(?<!\w)--[a-z-]+", section(done.out, "Shared options"))
    assert shared[: len(entry.shared)] == [f"--{flag.replace('_', '-')}" for flag in entry.shared]
    assert max(map(len, done.out.splitlines())) < 80


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_an_example_works(process, here, name, entry):
    (here / "tickets.csv").write_bytes(TICKETS.read_bytes())
    words = shlex.split(entry.example)
    assert words[0] == "grokcall"
    if entry.name == "sandbox":
        pytest.skip("it serves until it is interrupted: test_cli_serving")
    if "answers.journal" in words:
        asked = process(
            "lookup", "tickets.csv", "CALL GenerateResponse(:subject)", "--journal", "answers.journal", "--sandbox"
        )
        assert asked.code == 0
    done = process(*words[1:], "--sandbox")
    assert (done.code, "Traceback" in done.err) == (0, False)
    if "-o" in words:
        assert (here / words[words.index("-o") + 1]).stat().st_size


def test_a_shared_flag_that_the_help_of_a_command_leaves_out_is_taken_all_the_same(run):
    assert "--poll-timeout" not in run("lookup", "--help").out
    assert run("call", "CALL GenerateResponse('hi')", "--sandbox", "--poll-timeout", "9").code == 0


def test_the_flags_are_options_of_connections_and_limits_by_the_same_names():
    assert tuple(item.name for item in fields(SpendingLimits)) == SPENDING_OPTIONS
    assert set(CONNECTION_OPTIONS) <= set(Options.model_fields)
    others = {"profile", "transport"}
    named = {*CONNECTION_OPTIONS, *SPENDING_OPTIONS, *others, "default_model"}
    assert {item.name for item in fields(Flags)} == named | NO_OPTIONS_OF_A_CONNECTION
    assert others <= set(Options.model_fields)


def test_the_words_that_an_option_takes_are_those_of_a_lookup():
    declared = {
        "on_error": inspect.signature(lookup_command.lookup, eval_str=True).parameters["on_error"],
        **{
            name: inspect.signature(lookup_command.lookup, eval_str=True).parameters[name]
            for name in ("on_null_input", "on_incomplete", "prices", "types", "many")
        },
        "receive": inspect.signature(Flags, eval_str=True).parameters["receive"],
    }
    assert set(declared) == set(CHOICES)
    for name, parameter in declared.items():
        (option,) = parameter.annotation.__metadata__
        assert option.metavar == "|".join(CHOICES[name])
        assert option.autocompletion() == list(CHOICES[name])
