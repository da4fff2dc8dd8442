"""Values on the command line: ``-p Name=value`` and ``--map Marker=column``."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from grokcall.cli.screens import read_in
from grokcall.core.option_facts import Types
from grokcall.errors import ProgrammingError
from grokcall.lookup.mapping import Constant, Mapped
from grokcall.lookup.options import CHOICES
from grokcall_procedures.file_sources import NamedFile

QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*', re.DOTALL)


def parameters(pairs: Sequence[str]) -> dict[str, object]:
    """The parameters in ``Name=value`` pairs.

    ``Name=@path`` takes the content of a file, ``Name=@@text`` a text that begins with @.

    Raises:
        ProgrammingError: A pair has no name, or a file cannot be read.
    """
    return {name: content(name, value) for name, value in map(split_pair, pairs)}


def split_pair(pair: str) -> tuple[str, str]:
    """The two sides of ``Name=value``."""
    name, equals, value = pair.partition("=")
    if not equals or not name.strip():
        raise ProgrammingError(f"{pair!r} is no parameter; write Name=value, or Name=@path for a file's content")
    return name.strip().lstrip(":$@"), value


def content(name: str, value: str) -> object:
    """The value of one parameter."""
    if value.startswith("@@"):
        return checked_text(name, value[1:])
    if not value.startswith("@"):
        return checked_text(name, value)
    try:
        return Path(value[1:]).expanduser().read_bytes()
    except OSError as error:
        raise ProgrammingError(
            f"{name}: cannot read the file {value[1:]!r}: {error.strerror}; "
            f"write {name}=@{value} for a text that begins with @"
        ) from None


def mapping(pairs: Sequence[str]) -> dict[str, Mapped]:
    """The mapping in ``Marker=column`` pairs.

    ``Marker=@column`` takes the content of the files whose paths stand in the column, ``Marker='text'`` a constant.
    Any column can be written in double quotes, as in SQL: ``Marker=" body"``, ``Marker=@" path"``.

    Raises:
        ProgrammingError: A pair has no marker or no column.
    """
    return {marker: mapped(pair, column) for pair in pairs for marker, column in (split_mapping(pair),)}


def split_mapping(pair: str) -> tuple[str, str]:
    """The two sides of ``Marker=column``."""
    marker, equals, column = pair.partition("=")
    if not equals or not marker.strip() or not column.strip():
        raise ProgrammingError(f"{pair!r} is no mapping; write Marker=column, Marker=@path_column or Marker='text'")
    return marker.strip().lstrip(":$@"), checked_text("--map", column)


def mapped(pair: str, column: str) -> Mapped:
    """The right side of a mapping."""
    bare = column.strip()
    if bare.startswith("'"):
        if len(bare) < 2 or not bare.endswith("'"):
            raise ProgrammingError(f"{pair!r}: the text does not end with a quotation mark")
        return Constant(bare[1:-1].replace("''", "'"))
    return NamedFile(unquoted(bare[1:])) if bare.startswith("@") else unquoted(column)


def unquoted(column: str) -> str:
    """The name of a column that may stand in double quotes."""
    found = QUOTED.fullmatch(column)
    return found[1].replace('""', '"') if found else column


def column_types(pairs: Sequence[str]) -> dict[str, str]:
    """The types in ``column=type`` pairs.

    Raises:
        ProgrammingError: A pair has no column or no type.
    """
    found = {}
    for pair in pairs:
        column, equals, of = checked_text("--column", pair).rpartition("=")
        if not equals or not column or not of.strip():
            raise ProgrammingError(f"{pair!r} is no type of a column; write Name=INT64 or another type")
        found[unquoted(column)] = of.strip()
    return found


def one_of_types(word: str) -> Types:
    """The word of ``--types``.

    Raises:
        ProgrammingError: It is none of them.
    """
    if word not in CHOICES["types"]:
        raise ProgrammingError(f"--types must be one of {', '.join(CHOICES['types'])}, not {word!r}")
    return cast("Types", word)


def checked_text(what: str, text: str) -> str:
    """``text`` from the command line, which has half characters in the place of bytes that are no text.

    Raises:
        ProgrammingError: It has; they would be asked about as U+FFFD.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        encoding = sys.getfilesystemencoding()
        raise ProgrammingError(
            f"{what}: character {error.start + 1:,} is no text in {encoding}; "
            "save the script as UTF-8, or pass the value in a file"
        ) from None
    return text


def statement_on_stdin() -> str:
    """The statement on standard input.

    Raises:
        ProgrammingError: It is no text.
    """
    try:
        return checked_text("the statement", read_in())
    except UnicodeDecodeError as error:
        raise ProgrammingError(f"the statement on standard input is no text in {error.encoding}") from None


def names(text: str | None) -> list[str] | None:
    """The names in ``a,b,c``; None for all."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
