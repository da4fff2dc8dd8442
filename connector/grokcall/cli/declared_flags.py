"""Flags made from the declarations of options: what an option is, its choices and its range are written there alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_origin

from typer import Option

from grokcall.core.declarations import Declaration
from grokcall.core.option_facts import HEADINGS

T = TypeVar("T", bound=type)

READ_AS: Mapping[Any, Any] = {
    bool: bool,
    int: int,
    float: float,
    Decimal: str,
    str: str,
    Path: Path,
    PathLike: Path,
    Sequence: str,
    Mapping: list[str],
}
"""What Typer makes of the words of a command line, for the types of options; the library reads texts further."""


def one_of(*words: str) -> dict[str, Any]:
    """The arguments of a flag that takes one of a few words: the help shows them, and a shell offers them."""
    return {"metavar": "|".join(words), "autocompletion": lambda: list(words)}


def flag_type(declared: Declaration, told: str = "") -> Any:
    """The annotation of a flag, as Typer reads it.

    Args:
        declared: Its option.
        told: What the help says; empty for what is declared.
    """
    flag, about = declared.about.flag, declared.about
    assert flag is not None
    read = str if declared.choices else read_as(declared)
    facts: dict[str, Any] = {"rich_help_panel": flag.heading or None, "help": told or flag.help or about.text}
    facts |= one_of(*declared.choices) if declared.choices else {"metavar": flag.metavar or None}
    if read in (int, float) and about.least is not None:  # one that has to be above a number has no least
        facts |= {"min": about.least, "max": about.most}
    return Annotated[read | None, Option(*declared.flag_names, **facts)]


def read_as(declared: Declaration) -> Any:
    """What the words of the command line become."""
    kinds = [get_origin(each) or each for each in declared.types]
    return next((READ_AS[each] for each in READ_AS if each in kinds), list[str])


def with_flags(declared: Iterable[Declaration], before: str) -> Callable[[T], T]:
    """Gives a class an attribute for the flag of each option that has one, None until it is given.

    Args:
        declared: The options.
        before: The attribute of the class before which they stand.
    """
    flagged = [each for each in declared if each.about.flag is not None]

    def given(owner: T) -> T:
        own = owner.__annotations__
        names = list(own)
        later = names[names.index(before) :]
        made = {flag_name(each): flag_type(each) for each in sorted(flagged, key=order_of)}
        owner.__annotations__ = {name: own[name] for name in names if name not in later} | made
        owner.__annotations__ |= {name: own[name] for name in later}
        for name in made:
            setattr(owner, name, None)
        return owner

    return given


def order_of(declared: Declaration) -> int:
    """The place of a flag in the help, by its heading."""
    assert declared.about.flag is not None
    return HEADINGS.index(declared.about.flag.heading)


def flag_name(declared: Declaration) -> str:
    """What the value of an option's flag is called in the program: ``default_model`` for ``--default-model``."""
    return declared.flag_names[-1].partition("/")[0].removeprefix("--").replace("-", "_")
