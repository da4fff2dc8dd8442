"""Values on the command line: ``-p Name=value`` and ``--map Marker=column``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from grokcall.errors import ProgrammingError
from grokcall.mapping import Constant, FileColumn, Mapped


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
        return value[1:]
    if not value.startswith("@"):
        return value
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

    Raises:
        ProgrammingError: A pair has no marker or no column.
    """
    return {marker: mapped(pair, column) for pair in pairs for marker, column in (split_mapping(pair),)}


def split_mapping(pair: str) -> tuple[str, str]:
    """The two sides of ``Marker=column``."""
    marker, equals, column = pair.partition("=")
    if not equals or not marker.strip() or not column.strip():
        raise ProgrammingError(f"{pair!r} is no mapping; write Marker=column, Marker=@path_column or Marker='text'")
    return marker.strip().lstrip(":$@"), column.strip()


def mapped(pair: str, column: str) -> Mapped:
    """The right side of a mapping."""
    if column.startswith("'"):
        if len(column) < 2 or not column.endswith("'"):
            raise ProgrammingError(f"{pair!r}: the text does not end with a quotation mark")
        return Constant(column[1:-1].replace("''", "'"))
    return FileColumn(column[1:]) if column.startswith("@") else column


def names(text: str | None) -> list[str] | None:
    """The names in ``a,b,c``; None for all."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
