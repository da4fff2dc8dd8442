"""Names of the product as pages write them, looked for in the product: what there is no more is found out."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from functools import cache

import typer.core
import typer.main

import grokcall
from grokcall.cli.app import app
from grokcall.config.key_places import API_KEY, MANAGEMENT_KEY
from grokcall.config.options import Options
from grokcall.core.declarations import declarations
from grokcall.core.result_columns import CALL_SCHEMA
from grokcall.lookup.declared_options import DeclaredLookupOptions
from grokcall_parser import Call, DescribeProcedure, parse_statement
from grokcall_procedures import CATALOG, Binder, Settings

PROCEDURES = frozenset(CATALOG)
"""The names of all procedures in their spelling; the catalog itself finds them in any case."""


def is_there(name: str, procedures: Sequence[str]) -> bool:
    """Whether a name of one of the forms is there; one of no form is not.

    Args:
        name: The name as a page writes it.
        procedures: What ``.Message`` and a column belong to; none where that is open.
    """
    for form, found in FORMS:
        if re.fullmatch(form, name):
            return found(name, procedures)
    return False


def is_parameter(name: str, procedures: Sequence[str]) -> bool:
    procedure, _, called = name.partition(".")
    owners = (procedure,) if procedure else procedures
    return bool(owners) and all(owner in PROCEDURES and has(owner, called) for owner in owners)


def has(procedure: str, called: str) -> bool:
    return any(each.name == called for each in CATALOG[procedure].parameters)


def is_column(name: str, procedures: Sequence[str]) -> bool:
    if name.startswith("Call_"):
        return name in CALL_SCHEMA.names
    offered = [{column.name for column in CATALOG[each].offered_fields} for each in procedures or CATALOG]
    return all(name in names for names in offered) if procedures else any(name in names for names in offered)


def is_option(name: str, _procedures: Sequence[str]) -> bool:
    return name in Options.model_fields or name in declarations(DeclaredLookupOptions)


def is_variable(name: str, _procedures: Sequence[str]) -> bool:
    keys = {variable for places in (API_KEY, MANAGEMENT_KEY) for variable in places.variables}
    options = {f"{start}_{option.upper()}" for start in ("GROKCALL", "XAI") for option in Options.model_fields}
    return name in options | keys | {f"{key}_FILE" for key in keys}


@cache
def command_line() -> tuple[frozenset[str], frozenset[str]]:
    """The commands, and the flags of all of them."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    below = [each for command in group.commands.values() for each in getattr(command, "commands", {}).values()]
    parameters = [item for command in (group, *group.commands.values(), *below) for item in command.params]
    return frozenset(group.commands), frozenset(
        flag for item in parameters for flag in (*item.opts, *item.secondary_opts)
    )


def is_attribute(name: str, _procedures: Sequence[str]) -> bool:
    path, _, argument = name.removesuffix(")").partition("(")
    item: object = grokcall
    for part in path.split(".")[1:]:
        if not hasattr(item, part):
            return False
        item = getattr(item, part)
    return not argument or (callable(item) and argument in inspect.signature(item).parameters)


def is_statement(name: str, _procedures: Sequence[str]) -> bool:
    statement = parse_statement(name)
    if isinstance(statement, DescribeProcedure):
        return statement.procedure in PROCEDURES
    assert isinstance(statement, Call), name
    Binder(statement, CATALOG.find(statement.procedure), Settings(strict_enums=True), columns_later=True)
    return True


FORMS: tuple[tuple[str, Callable[[str, Sequence[str]], bool]], ...] = (
    (r"(?:CALL|DESCRIBE) .+", is_statement),
    (r"--[a-z-]+", lambda name, _procedures: name in command_line()[1]),
    (r"grokcall [a-z]+", lambda name, _procedures: name.removeprefix("grokcall ") in command_line()[0]),
    (r"grokcall(?:\.\w+)+(?:\(\w+\))?", is_attribute),
    (r"(?:XAI|GROKCALL)_[A-Z_]+", is_variable),
    (r"(?:[A-Z][A-Za-z]+)?\.\w+", is_parameter),
    (r"[A-Z][A-Za-z]+_\w+", is_column),
    (r"[A-Z][A-Za-z]+", lambda name, _procedures: name in PROCEDURES),
    (r"[a-z][a-z_]+", is_option),
)
"""What each form looks like, the first that fits counts, and how a name of it is resolved."""
