"""What is known of an option, written once, where the option is declared.

An option is an attribute of a class: ``timeout: Annotated[float | None, About("Seconds to wait.", above=0)] = None``.
Its name, type, choices and default stand there; :class:`About` says the rest. Checks, flags, messages and pages are
made from what :func:`declarations` finds. Nothing here loads more than the standard library, so that help stays quick.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from decimal import Decimal
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

T = TypeVar("T", bound=type)


@dataclass(frozen=True, slots=True)
class Flag:
    """How the command line takes an option.

    Args:
        metavar: What stands for the value in the help; the choices of an option that has some, nothing for a switch.
        heading: The heading at which the help shows it.
        names: The flag and its short letter, where they are not those of the option's name.
        help: What the help says, where the sentence about the option would not do.
        off: Whether giving the flag turns the option off.
        default: Whether the option's default is the flag's as well, so that the help may show it.
    """

    metavar: str = ""
    heading: str = ""
    names: tuple[str, ...] = ()
    help: str = ""
    off: bool = False
    default: bool = True


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an option beside its name, type and default.

    Args:
        text: The sentence that says what it is.
        more: What a page says after that.
        none: What None stands for.
        above: A number that it is greater than.
        least: The least number; of a text, characters.
        most: The greatest.
        flag: How the command line takes it; None where it does not.
        lookup_only: Whether it is about the files or the time of a lookup, so that a query has no use for it.
    """

    text: str
    more: str = ""
    none: str = ""
    above: int | None = None
    least: int | None = None
    most: int | None = None
    flag: Flag | None = None
    lookup_only: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """An option as it is declared.

    Args:
        name: Its name.
        types: The types that it may have, beside None.
        default: Its default.
        about: What else is known of it.
    """

    name: str
    types: tuple[Any, ...]
    default: Any
    about: About

    @property
    def choices(self) -> tuple[str, ...]:
        """The words of an option that is one of a few; empty for any other."""
        return get_args(self.types[0]) if get_origin(self.types[0]) is Literal else ()

    @property
    def flag_names(self) -> tuple[str, ...]:
        """Its flag in all its forms, as Typer writes them: ``--store/--no-store``; empty where it has none."""
        if self.about.flag is None:
            return ()
        word = self.name.replace("_", "-")
        return self.about.flag.names or ((f"--{word}/--no-{word}",) if bool in self.types else (f"--{word}",))

    @property
    def description(self) -> str:
        """What it is, with its choices, its range and what None stands for."""
        about, choices = self.about, self.choices
        told = all(word in about.text for word in choices)
        words = "" if told else f": {', '.join(choices[:-1])} or {choices[-1]}"
        limits = f", {span}" if (span := self.range()) and not self._is_measured_by_length else ""
        nothing = f"; None for {about.none}" if about.none else ""
        return f"{about.text.removesuffix('.')}{words}{limits}{nothing}. {about.more}".rstrip()

    @property
    def _is_measured_by_length(self) -> bool:
        return not {int, float, Decimal}.intersection(self.types)

    def range(self, digits: str = "d") -> str:
        """Its range in words: ``1 to 20``, ``above 0 to 86400``, ``0 or more``; empty where it has none.

        Args:
            digits: How numbers are written: ``d``, or ``,`` for thousands apart.
        """
        about = self.about
        if about.above is None and about.least is None:
            return ""
        first = f"above {about.above:{digits}}" if about.above is not None else f"{about.least:{digits}}"
        words = f"{first} or more" if about.most is None else f"{first} to {about.most:{digits}}"
        return f"{words} characters" if self._is_measured_by_length else words

    def fault(self, value: object) -> str | None:
        """What is wrong with a value of its type; None where it is in the range."""
        about = self.about
        if isinstance(value, Mapping):
            return next(filter(None, map(self.fault, value.values())), None)
        if isinstance(value, str):
            if about.least is not None and len(value) < about.least:
                return f"String should have at least {about.least} character{'s' * (about.least > 1)}"
            if about.most is not None and len(value) > about.most:
                return f"String should have at most {about.most} characters"
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return None
        if not math.isfinite(value):
            return "Input should be a finite number"
        if about.above is not None and value <= about.above:
            return f"Input should be greater than {about.above}"
        if about.least is not None and value < about.least:
            return f"Input should be greater than or equal to {about.least}"
        if about.most is not None and value > about.most:
            return f"Input should be less than or equal to {about.most}"
        return None


@cache
def declarations(owner: type) -> Mapping[str, Declaration]:
    """The options that a class and its parents declare, by name and in that order.

    >>> class Waiting:
    ...     patience: Annotated[float | None, About("Seconds to wait.", above=0, most=60, none="ever")] = None
    >>> declarations(Waiting)["patience"].description
    'Seconds to wait, above 0 to 60; None for ever.'
    """
    found: dict[str, Declaration] = {}
    for parent in reversed(owner.__mro__):
        annotations: dict[str, Any] = inspect.get_annotations(parent, eval_str=True)
        for name, annotation in annotations.items():
            if get_origin(annotation) is Annotated:
                kind, *further = get_args(annotation)
                about = next((each for each in further if isinstance(each, About)), None)
                if about is not None:
                    found[name] = Declaration(name, types_of(kind), default_of(owner, name), about)
    return found


def types_of(kind: Any) -> tuple[Any, ...]:
    """The types in a union, without None; the type itself where it is none."""
    members = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return tuple(each for each in members if each is not NoneType)


def default_of(owner: type, name: str) -> Any:
    """The default of an attribute, of a dataclass or of any other class."""
    declared = {each.name: each for each in fields(owner)} if is_dataclass(owner) else {}
    default = declared[name] if name in declared else getattr(owner, name)
    if not isinstance(default, Field):
        return default
    return default.default if default.default_factory is MISSING else default.default_factory()


def described(owner: T) -> T:
    """Writes what is known of the options of a class into its docstring, for ``help()``."""
    lines = [f"        {name}: {known.description}" for name, known in declarations(owner).items()]
    if owner.__doc__ is not None:
        owner.__doc__ = "\n".join([owner.__doc__.rstrip(), "", "    Args:", *lines, "    "])
    return owner
