"""Columns as a dataclass declares them, and how its instances are made of their values."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass
from typing import Any

from grokcall_procedures.schemas.arrow_schemas import DOCS
from grokcall_procedures.schemas.hints import Hint, Reading, read_hint, unwrapped
from grokcall_procedures.schemas.mismatch import Mismatch, Refused
from grokcall_procedures.schemas.nested import Member, StructType
from grokcall_procedures.types import UnfitValue

DEEPEST = 12
"""Dataclasses inside of each other."""


@dataclass(frozen=True, slots=True)
class MadeField:
    """A field of a dataclass.

    Args:
        name: Its name.
        convert: Makes its value of a column's, which is not NULL, and its place.
        has_default: Whether it has a value where the column is NULL.
        nullable: Whether None will do.
    """

    name: str
    convert: Callable[[object, str], object]
    has_default: bool
    nullable: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A dataclass whose fields have been read.

    Args:
        kind: The class.
        members: The columns that it declares.
        fields: Its fields, in the order of the columns.
    """

    kind: type
    members: tuple[Member, ...]
    fields: tuple[MadeField, ...]

    def build(self, values: Mapping[str, object], place: str = "") -> object:
        """An instance; a column that is NULL leaves a field at its default, where it has one.

        Raises:
            Mismatch: A value is none of the field's, or the class itself refuses it.
        """
        given: dict[str, object] = {}
        for field in self.fields:
            at, value = f"{place}.{field.name}" if place else field.name, values.get(field.name)
            if value is not None:
                given[field.name] = field.convert(value, at)
            elif not field.has_default and not field.nullable:
                raise Refused(at, f"is NULL, and {self.kind.__name__} needs a value")
            elif not field.has_default:
                given[field.name] = None
        try:
            return self.kind(**given)
        except Mismatch:
            raise
        except Exception as error:  # the class is the caller's, and may refuse a value with any error
            told = str(error) or type(error).__name__
            raise Refused(place or self.kind.__name__, f"{self.kind.__name__} refuses it: {told}") from error


class DataclassReader:
    """Reads dataclasses, those inside of others too."""

    def __init__(self) -> None:
        self._open: list[type] = []

    def made_of(self, kind: type, place: str) -> Made:
        """A dataclass with its fields.

        Args:
            kind: The class.
            place: How messages name it: by the class and the fields that lead to it.

        Raises:
            UnfitValue: A field cannot be part of an answer; the message names it.
        """
        if kind in self._open or len(self._open) >= DEEPEST:
            told = "contains itself" if kind in self._open else f"is nested more than {DEEPEST} deep"
            raise UnfitValue(f"{place}: {kind.__name__} {told}; annotate it as Any, which is JSON")
        self._open.append(kind)
        try:
            return self._made(kind, place)
        finally:
            self._open.pop()

    def _made(self, kind: type, place: str) -> Made:
        hints = hints_of(kind, place)
        refuse_init_only(kind, hints, place)
        members: list[Member] = []
        fields: list[MadeField] = []
        for field in dataclasses.fields(kind):
            if not field.init:
                continue
            hint = unwrapped(hints[field.name])
            reading = read_hint(hint, f"{place}.{field.name}", self._nested)
            has_default = field.default is not MISSING or field.default_factory is not MISSING
            nullable = hint.nullable or has_default
            members.append(Member(field.name, reading.type, nullable, comment_of(field, hint)))
            fields.append(MadeField(field.name, reading.convert, has_default, hint.nullable))
        if not members:
            raise UnfitValue(f"{place} has no fields; each of them becomes a column, so name at least one")
        return Made(kind, tuple(members), tuple(fields))

    def _nested(self, kind: type, place: str) -> Reading:
        """A dataclass inside of another: a struct."""
        made = self.made_of(kind, place)

        def convert(value: object, at: str) -> object:
            if not isinstance(value, Mapping):
                raise Refused(at, f"is no object, and {kind.__name__} is made of one")
            return made.build(value, at)

        return Reading(StructType(made.members), convert)


def hints_of(kind: type, place: str) -> dict[str, Any]:
    """The annotations of a class, those written as text too.

    Raises:
        UnfitValue: A name in one of them is not known.
    """
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        told = f"an annotation of {place} cannot be read ({error})"
        raise UnfitValue(f"{told}; define what it names at the head of the class's module") from None


def refuse_init_only(kind: type, hints: Mapping[str, Any], place: str) -> None:
    """Raises UnfitValue for a field that is handed to the class and not kept, without a default."""
    for name, hint in hints.items():
        if isinstance(hint, dataclasses.InitVar) and not hasattr(kind, name):
            raise UnfitValue(f"{place}.{name} is an InitVar, which is no column; give it a default")


def comment_of(field: dataclasses.Field[Any], hint: Hint) -> str:
    """What is told of a field: its metadata, its ``doc`` (Python 3.14), or a text in ``Annotated``."""
    told = next((field.metadata[each] for each in DOCS if each in field.metadata), None)
    told = getattr(field, "doc", None) if told is None else told
    return hint.comment if told is None else str(told)
