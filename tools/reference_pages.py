"""The pages of options, errors and commands, from the code that they describe."""

from __future__ import annotations

import contextlib
import inspect
import io
import typing
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import typer.core
import typer.main
from procedure_pages import cell

import grokcall
from grokcall import errors
from grokcall.cli.app import app
from grokcall.cli.exit_codes import Exit, exit_of
from grokcall.config.options import DECLARED, ENVIRONMENT_PREFIXES
from grokcall.core.declarations import Declaration

WORDS: dict[typing.Any, str] = {
    bool: "true or false",
    int: "integer",
    float: "number",
    Decimal: "decimal",
    str: "text",
    Path: "path",
    Mapping: "mapping from kind to model",
}

EXIT_MEANINGS = {
    Exit.FINE: "all rows fine",
    Exit.FAILED_ROWS: "finished, but rows failed; or a single call failed",
    Exit.USAGE: "the statement, a value, an option or an input is wrong; for a value or statement nothing was sent",
    Exit.KEY_REFUSED: "there is no key, or the service refused it",
    Exit.BUDGET: "a budget is reached, or credits or the service's spending limit are; it can be continued",
    Exit.UNREACHABLE: "the service cannot be reached",
    Exit.INTERRUPTED: "interrupted, SIGTERM included; finished rows are kept in a file beside the output",
}


OPTIONS = """# Options

An option is given, in order of strength, as an argument of `connect()` or a flag of the command line, as a variable
`{first}NAME`, as a variable `{second}NAME`, or in a profile. A value that an option cannot take is an error that names
the option, the value, where it came from, and what would do.

| option | type | default | range | variables | flag | what it is |
|---|---|---|---|---|---|---|
{rows}

The key is no option: see [security](security.md). `default_models` takes a mapping, JSON, or
`text=grok-4.3,image=grok-imagine-image`; kinds that are not named keep their default.

## Profiles

A profile is a table of a TOML file: `~/.config/grokcall/config.toml` (or `$XDG_CONFIG_HOME/grokcall/config.toml`, or
the file that `GROKCALL_CONFIG` names). `[default]` holds when no profile is named; a named profile stands alone, so
that nothing of `[default]`, a key above all, is mixed into it.

```toml
[default]
max_attempts = 8

[profiles.work]
base_url = "https://us.api.x.ai/v1"
default_models = {{ text = "grok-4.6" }}
```

Choose one with `connect(profile="work")`, `--profile work` or `GROKCALL_PROFILE=work`.
"""

ERRORS = """# Errors

All are subclasses of `grokcall.Error`, and each has one of PEP 249's classes among its parents or is one. The word is
what stands in the column `Call_ErrorCode` of a lookup; it stays the same from release to release. *Retryable* tells
whether the same call can succeed later with nothing changed (`Call_Retryable`); *systemic* whether every row would fail
alike, so that a lookup ends at once instead of collecting failed rows. Service errors carry `status`, `code`,
`request_id`, `retry_after`, `cost_ticks` and `subject`; a single one may differ from its class in `retryable` and
`systemic`, which are attributes of it.

| class | parents | word | retryable | systemic | exit code | when |
|---|---|---|---|---|---|---|
{rows}

The exit code is that of the command line when the error ends the command. A row of a lookup that fails with `redirect`
or `ignore` does not end it; the command ends with 1 when it is through.

Statement errors quote the statement and point at the place:

```text
UnknownNameError: GenerateResponse has no parameter Modelo; did you mean Model?
  CALL GenerateResponse('hi', Modelo => 'grok-4.3')
                              ^^^^^^ line 1, column 29
```

## How a refusal is read

By its status, by its code where that stands for one thing only, and by the sentence with which it begins. A sentence of
the service counts where it is whole and stands at the beginning. A refusal that quotes a row, in which the same words
may stand ("Incorrect API key provided", "Model not found"), is an error of that row and of no other.

| the service says | class | retryable | systemic |
|---|---|---|---|
| `Incorrect API key provided`, with 400 as well | `AuthenticationError` | | yes |
| credits used up, a free quota used up; with 403 or 429 | `CreditsExhaustedError` | | yes |
| a rate limit of `0/0`, with 429: no quota for the model | `PermissionDeniedError` | | unless rows name models |
| any other rate limit | `RateLimitedError` | yes | |
| `Model not found`, with 400 or 404 | `NotFoundError` | | unless rows name models |
| `No handler found on route`, or a page with 404 | `NotFoundError` | | unless rows name paths |
| `Content violates usage guidelines`, with 403 or 400 | `ContentRefusedError` | | |
| `Grammar is too complex`, also with 503; a schema that fails | `InvalidRequestError` | | unless rows bring schemas |
| `Live search is deprecated` | `InvalidRequestError` | | unless rows bring bodies |
| a page of a firewall with 403 | `PermissionDeniedError` | | |

`RedirectedError` is raised where `base_url` answers with a redirect: it names the place that the redirect leads to, and
nothing is sent there.

## What is tried again

The connector tries again by itself, up to `max_attempts` times: after errors in which nothing was sent, and after HTTP
408, 409, 429 (unless credits are spent or there is no quota) and 500 and above. It waits at random up to 0.5 s, then up
to twice as long each time, at most 30 s; or as long as `Retry-After` says, up to 300 s. A date there counts from
the `Date` of the same reply.

A request that costs money is not sent again when its connection was cut or timed out, because it may have been served;
images, audio and videos are not asked for again after 408, 504 and 524 either.
"""

COMMAND_LINE = """# Command line

Data goes to standard output and everything else to standard error. Every command takes the shared options, those of
`grokcall --help` below the headings from *Service* on, before or after its name; its own help shows those that matter
most to it.

{sections}
## Completion

```text
grokcall --install-completion
```

completes commands, options, their words and names of files in Bash, Zsh, Fish and PowerShell from the next shell on.
`grokcall --show-completion` prints the script instead, for a place of your choice.

## Exit codes

| code | meaning |
|---|---|
{codes}

A command whose standard output is closed by its reader, as after `| head`, ends with 0.
"""


def reference_pages() -> dict[str, str]:
    """Every page below ``docs``, by its path."""
    return {"options.md": options_page(), "errors.md": errors_page(), "command-line.md": command_line_page()}


def options_page() -> str:
    """Every option of a connection."""
    first, second = ENVIRONMENT_PREFIXES
    rows = "\n".join(map(option_row, DECLARED.values()))
    return OPTIONS.format(first=first, second=second, rows=rows)


def option_row(declared: Declaration) -> str:
    """One line of the table of options."""
    variables = " ".join(f"`{prefix}{declared.name.upper()}`" for prefix in ENVIRONMENT_PREFIXES)
    flags = " ".join(f"`{form}`" for name in declared.flag_names for form in name.split("/"))
    return (
        f"| `{declared.name}` | {type_word(declared)} | {default_word(declared.default)} | {declared.range(',')} "
        f"| {variables} | {flags} | {cell(declared.description)} |"
    )


def type_word(declared: Declaration) -> str:
    """The type of an option in words."""
    if declared.choices:
        return " or ".join(f"`{word}`" for word in declared.choices)
    if declared.about.flag is not None and declared.about.flag.metavar == "SECONDS":
        return "seconds"
    kind = declared.types[0]
    return WORDS[typing.get_origin(kind) or kind]


def default_word(default: object) -> str:
    """The default of an option."""
    if default is None:
        return ""
    if isinstance(default, Mapping):
        return "<br>".join(f"{key}: `{value}`" for key, value in default.items())
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def errors_page() -> str:
    """Every error that can be caught."""
    return ERRORS.format(rows="\n".join(error_row(kind) for kind in error_classes()))


def error_classes() -> list[type[BaseException]]:
    """The errors, each class before those made from it; left out is what is only a parent or becomes another error."""
    kinds = {kind for name in errors.__all__ if isinstance(kind := getattr(errors, name), type)}
    parents = {errors.Error, errors.DatabaseError, errors.IntegrityError, errors.InternalError}
    inside = {errors.FailedReplyError, errors.UnsafeAddressError}
    return sorted({kind for kind in kinds if issubclass(kind, errors.Error)} - parents - inside, key=line_of_descent)


def line_of_descent(kind: type[BaseException]) -> list[str]:
    """The names from the root of the tree down to a class, by its first parent each."""
    return [] if kind is BaseException else [*line_of_descent(kind.__bases__[0]), kind.__name__]


def error_row(kind: type[BaseException]) -> str:
    """One line of the table of errors."""
    # Made without its arguments, which do not matter for what the class as a whole promises.
    example = kind.__new__(kind)
    parents = ", ".join(f"`{parent.__name__}`" for parent in kind.__bases__)
    if kind is errors.LookupFailedError:
        word, code = "that of its cause", "1, or that of its cause"
    elif kind is errors.RecordedError:
        word, code = "that of the first error", str(int(exit_of(example)))
    else:
        word, code = f"`{errors.error_code(example)}`", str(int(exit_of(example)))
    marks = ["yes" if holds(example) else "" for holds in (errors.is_retryable, errors.is_systemic)]
    opening = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0].replace("\n", " ").replace("``", "`")
    name = kind.__name__ if kind.__name__ in grokcall.__all__ else f"grokcall.errors.{kind.__name__}"
    return f"| `{name}` | {parents} | {word} | {marks[0]} | {marks[1]} | {code} | {cell(opening)} |"


def command_line_page() -> str:
    """The help of every command."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    sections = [section([])]
    for name, command in group.commands.items():
        sections.append(section([name]))
        if isinstance(command, typer.core.TyperGroup):
            sections += [section([name, below]) for below in command.commands]
    codes = "\n".join(f"| {int(code)} | {meaning} |" for code, meaning in EXIT_MEANINGS.items())
    return COMMAND_LINE.format(sections="\n".join(sections), codes=codes)


def section(words: list[str]) -> str:
    """The help page of one command; one that belongs to another stands a step below it."""
    heading = f"{'#' * max(2, len(words) + 1)} {' '.join(['grokcall', *words])}"
    return f"{heading}\n\n```text\n{help_of(words)}\n```\n"


def help_of(arguments: list[str]) -> str:
    """What ``--help`` prints; the environment says how wide the terminal is."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        app([*arguments, "--help"], prog_name="grokcall", standalone_mode=False)
    return "\n".join(line.rstrip() for line in printed.getvalue().rstrip().splitlines())
