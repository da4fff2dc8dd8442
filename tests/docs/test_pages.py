"""The pages say what the code does, all of it, and nothing else."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Set
from dataclasses import fields
from pathlib import Path

import pages
import pytest
import typer.core
import typer.main
from page_blocks import PAGES, ROOT, blocks

import grokcall
from grokcall.cli.app import app
from grokcall.cli.exit_codes import Exit
from grokcall.cli.flags import Flags
from grokcall.config.options import Options
from grokcall.execution import answer_cache, run_context
from grokcall.lookup import chunk_output, passes, plan
from grokcall.tables import errors as faults
from grokcall_parser import parsing
from grokcall_procedures import CATALOG, audio, classification, learned_tokens, text_bounds, text_estimates
from grokcall_procedures.bounds import EXPLAIN_ALLOWANCES
from grokcall_sandbox import billing_log as ledger

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
WORD_OF_A_COMMAND = re.compile(r"\bgrokcall (?P<command>[a-z]+)\b")
FLAG = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def commands() -> dict[str, typer.core.TyperCommand]:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    return dict(group.commands)


def flags_of(command: typer.core.TyperCommand | typer.core.TyperGroup) -> set[str]:
    """The flags of a command and of those that belong to it."""
    below = command.commands.values() if isinstance(command, typer.core.TyperGroup) else ()
    return {flag for item in command.params for flag in (*item.opts, *item.secondary_opts)}.union(*map(flags_of, below))


def relative(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_the_generated_pages_are_those_that_the_code_makes_now():
    """When this fails: make docs."""
    assert relative(pages.stale(pages.documents())) == []


def test_every_procedure_has_a_page_that_names_each_parameter_and_field():
    for name in CATALOG:
        text = (ROOT / "docs" / "procedures" / f"{name}.md").read_text("utf-8")
        assert all(f"`{item.name}`" in text for item in (*CATALOG[name].parameters, *CATALOG[name].fields))


def test_every_command_has_a_section_with_each_of_its_flags_and_the_first_has_those_that_all_take():
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    shared = {item.name for item in fields(Flags)}
    group = typer.main.get_command(app)
    assert flags_written(group.params) <= set(FLAG.findall(section_of(text, "## grokcall")))
    for name, command in commands().items():
        assert flags_written(command.params, shared) <= set(FLAG.findall(section_of(text, f"## grokcall {name}")))
        if isinstance(command, typer.core.TyperGroup):
            for below, each in command.commands.items():
                section = section_of(text, f"### grokcall {name} {below}")
                assert flags_written(each.params, shared) <= set(FLAG.findall(section))


def section_of(text: str, heading: str) -> str:
    """What stands between a heading and the next one."""
    found = text.partition(f"\n{heading}\n")[2].partition("\n#")[0]
    assert found, heading
    return found


def flags_written(
    parameters: Iterable[typer.core.TyperArgument | typer.core.TyperOption], without: Set[str] = frozenset()
) -> set[str]:
    """The flags of the parameters but for some."""
    own = [item for item in parameters if item.name not in without]
    return {flag for item in own for flag in (*item.opts, *item.secondary_opts) if flag.startswith("-")}


def test_every_option_and_exit_code_and_public_error_is_on_its_page():
    options = (ROOT / "docs" / "options.md").read_text("utf-8")
    assert all(f"| `{name}` |" in options for name in Options.model_fields)
    codes = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    assert all(f"| {int(code)} |" in codes for code in Exit)
    errors = (ROOT / "docs" / "errors.md").read_text("utf-8")
    kinds = [getattr(grokcall, name) for name in grokcall.__all__ if name.endswith("Error") and name != "Error"]
    parents = {"DatabaseError", "IntegrityError", "InternalError"}
    assert all(f"| `{kind.__name__}` |" in errors for kind in kinds if kind.__name__ not in parents)


def test_help_on_the_page_is_what_the_command_prints():
    shown = pages.surroundings(Path("/nonexistent"))
    printed = subprocess.run(
        ["grokcall", "lookup", "--help"], env=shown, capture_output=True, encoding="utf-8", timeout=400, check=True
    ).stdout
    text = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    assert "\n".join(line.rstrip() for line in printed.splitlines()).strip() in text


@pytest.mark.parametrize("page", PAGES, ids=relative(PAGES))
def test_links_lead_somewhere(page: Path):
    for found in LINK.finditer(page.read_text("utf-8")):
        target, _, anchor = found["target"].partition("#")
        if target.startswith(("http://", "https://")):
            continue
        other = page.parent / target if target else page
        assert other.exists(), found["target"]
        if anchor:
            headings = re.findall(r"^#+ (.+)$", other.read_text("utf-8"), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES, ids=relative(PAGES))
def test_pages_name_only_commands_and_flags_that_there_are(page: Path):
    there = commands()
    flags = flags_of(typer.main.get_command(app)) | {"--help"}
    shown = [block.text for block in blocks("sh", "text") if block.page == page]
    shown += re.findall(r"`(grokcall [^`]+)`", page.read_text("utf-8"))
    for text in shown:
        for line in text.replace("\\\n", " ").splitlines():
            if not (found := WORD_OF_A_COMMAND.search(line.partition("#")[0])) or line.lstrip().startswith("Usage"):
                continue
            assert found["command"] in there, line
            given = FLAG.findall(re.sub(r"\"[^\"]*\"|'[^']*'", "", line[found.start() :]))
            assert set(given) <= flags, line


def test_no_page_sample_or_tool_names_a_place_on_somebody_s_machine():
    written = [*PAGES, *(ROOT / "samples").glob("*.*"), *(ROOT / "tools").glob("*.py"), *(ROOT / "docs").glob("*.svg")]
    place = re.compile(r"/(?:home|root|Users|work|tmp)/\w|[A-Z]:\\\\?Users")
    for path in written:
        assert place.search(path.read_text("utf-8")) is None, path


def test_the_limits_that_are_stated_are_those_that_hold():
    text = (ROOT / "docs" / "limits.md").read_text("utf-8")
    defaults = Options()
    mib = 1 << 20
    for stated in (
        f"| a statement | {parsing.LONGEST_STATEMENT // mib} MiB |",
        f"| a script of statements | {parsing.LONGEST_SCRIPT // mib} MiB |",
        f"| calls in flight, for one connection | {defaults.concurrency}, from 1 to 4,096 |",
        f"| tries for one request | {defaults.max_attempts}, from 1 to 20 |",
        f"| a video | {defaults.poll_timeout:.0f} s |",
        f"| an image, audio or video to download | {defaults.max_media_bytes // mib} MiB |",
        f"| a text to speak | {audio.LONGEST_TEXT:,} characters |",
        f"| categories of ClassifyText | {classification.MOST_CATEGORIES} |",
        f"| a row of a CSV file | {faults.LONGEST_ROW // mib} MiB |",
        f"| an object of a JSON file | {faults.LARGEST_OBJECT // mib} MiB |",
    ):
        assert stated in text
    assert f"| answers held for equal rows, without a journal | {answer_cache.REMEMBERED_BYTES // mib} MiB |" in text
    lookups = (ROOT / "docs" / "lookups.md").read_text("utf-8")
    assert f"batches of {plan.BATCH_ROWS} rows ({plan.MEDIA_BATCH_ROWS} where" in lookups
    assert f"pauses while {passes.READ_AHEAD_ROWS:,} rows" in lookups
    assert f"Batches of output rows have up to {chunk_output.PART_ROWS:,} results" in lookups
    assert f"the last {ledger.MAX_ENTRIES:,} requests" in (ROOT / "docs" / "sandbox.md").read_text("utf-8")


def test_what_prices_assume_is_what_the_page_about_money_says():
    text = " ".join((ROOT / "docs" / "money.md").read_text("utf-8").split())
    (dense, loose), (least, most) = EXPLAIN_ALLOWANCES.bytes_per_token, text_estimates.USUAL_HIDDEN_TOKENS
    reserved = learned_tokens.REASONING_TOKENS
    for stated in (
        f"{dense} bytes a token, {least} hidden tokens (1,526 on grok-4.6), an answer of {text_bounds.SHORT_ANSWER}",
        f"{loose} bytes a token, {most} hidden tokens (1,600 on grok-4.6)",
        "300 on grok-4.3, 320 on grok-4.5, 2,300 on grok-4.6, 4,096 on any other model",
        f"{EXPLAIN_ALLOWANCES.image_tokens:,} for an image that is given by its address",
        f"{reserved['low']:,} at the effort low, {reserved['medium']:,} at medium, {reserved['high']:,} at high and",
        f"{reserved['xhigh']:,} at xhigh",
        f"Over the first {learned_tokens.SETTLED} replies",
        f"at least {learned_tokens.LEAST}.",
        f"up to {answer_cache.REMEMBERED_BYTES >> 20} MiB of them are held",
    ):
        assert stated in text
    assert learned_tokens.HIDDEN_TOKENS == {"grok-4.3": 300, "grok-4.5": 320, "grok-4.6": 2_300}
    assert learned_tokens.UNKNOWN_HIDDEN == 4_096
    assert text_estimates.HIDDEN_TOKENS["grok-4.6"] == (1_526, 1_600)
    assert EXPLAIN_ALLOWANCES.refusal_fee_ticks > run_context.BUDGET_ALLOWANCES.refusal_fee_ticks == 0
