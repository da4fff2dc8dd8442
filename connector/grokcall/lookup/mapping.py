"""The mapping of a lookup: where each marker of the statement takes its value from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from grokcall.errors import DataError, ProgrammingError
from grokcall.tables.cell_texts import call_values
from grokcall_parser.suggestions import hint
from grokcall_procedures import Binder, ParameterType
from grokcall_procedures.binding import UNKNOWN
from grokcall_procedures.file_sources import NamedFile


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is the same for every row."""

    value: object


def const(value: object) -> Constant:
    """A constant for a lookup's mapping.

    >>> const("grok-4.3")
    Constant(value='grok-4.3')
    """
    return Constant(value)


def file(name: str) -> NamedFile:
    """A file on this machine: as a parameter's value the one at a path, in a lookup's mapping those of a column.

    A parameter of the type File, such as the sound of TranscribeAudio, is read in blocks when it is sent, so that its
    size does not matter. The file must not change meanwhile.

    Args:
        name: The path, which may begin with ``~``; in a mapping the name of the column.

    >>> file("photo_path")
    NamedFile(name='photo_path')
    """
    return NamedFile(name)


Mapped: TypeAlias = str | Constant | NamedFile
MappingLike: TypeAlias = Mapping[str, Mapped] | Sequence[Mapped] | None


@dataclass(frozen=True, slots=True)
class RowReader:
    """Takes the values of the markers out of record batches, in the order of the binder's markers."""

    sources: tuple[int | Constant, ...]
    """For each marker a column's index, or a constant."""
    files: tuple[bool, ...]
    """For each marker whether the column holds paths."""
    opened: tuple[bool, ...] = ()
    """For each marker whether its file is read when it is sent."""

    def rows(self, batch: pa.RecordBatch) -> Sequence[Sequence[object]]:
        """One tuple of values for each row of ``batch``."""
        if not self.sources:
            return [()] * batch.num_rows
        columns = [
            [source.value] * batch.num_rows if isinstance(source, Constant) else call_values(batch.column(source))
            for source in self.sources
        ]
        return list(zip(*columns, strict=True))

    def with_files(self, row: Sequence[object]) -> Sequence[object]:
        """The row with the content of files in place of their paths.

        Raises:
            DataError: A file cannot be read.
        """
        if not any(self.files):
            return row
        return [
            value if not is_file or value is None else NamedFile(str(value)) if is_opened else content_of(value)
            for value, is_file, is_opened in zip(row, self.files, self.opened, strict=True)
        ]


def constants_of(mapping: MappingLike) -> Mapping[str, object] | Sequence[object] | None:
    """The values of a mapping that are the same for every row; in a sequence ``UNKNOWN`` stands for the others.

    >>> constants_of({"Message": "body", "Schema": const("priority INTEGER")})
    {'Schema': 'priority INTEGER'}
    """
    if mapping is None or isinstance(mapping, str):
        return None
    if isinstance(mapping, Mapping):
        return {str(name): entry.value for name, entry in mapping.items() if isinstance(entry, Constant)}
    return [entry.value if isinstance(entry, Constant) else UNKNOWN for entry in mapping]


def content_of(path: object) -> bytes:
    """The bytes of the file at ``path``.

    Raises:
        DataError: There is no such file, or it cannot be read.
    """
    try:
        return Path(str(path)).expanduser().read_bytes()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DataError(f"cannot read the file {str(path)!r}: {reason}") from None


def row_reader(binder: Binder, mapping: MappingLike, schema: pa.Schema) -> RowReader:
    """Resolves a mapping against the input's columns.

    A marker without an entry takes the column of its own name, in any case. Question marks take a sequence.

    Raises:
        ProgrammingError: An entry names no marker, or a marker has no column.
    """
    by_marker = entries_of(binder, mapping)
    sources: list[int | Constant] = []
    files: list[bool] = []
    for index, name in enumerate(binder.marker_names):
        entry = by_marker[index]
        if isinstance(entry, Constant):
            sources.append(entry)
        else:
            column = entry.name if isinstance(entry, NamedFile) else entry
            place = f"the marker :{name}" if name else "a question mark"
            sources.append(column_index(column, schema, place, mapped=column != name))
        files.append(isinstance(entry, NamedFile))
    streamed = {each.slot for each in binder.bindings if each.parameter.type is ParameterType.FILE}
    others = {each.slot for each in binder.bindings if each.parameter.type is not ParameterType.FILE}
    opened = tuple(index in streamed - others for index in range(len(files)))
    return RowReader(tuple(sources), tuple(files), opened)


def entries_of(binder: Binder, mapping: MappingLike) -> list[Mapped]:
    """For each of the binder's markers its entry in the mapping, or its own name."""
    names = binder.marker_names
    if None in names:
        entries = [] if mapping is None else mapping
        if isinstance(entries, Mapping | str) or len(entries) != len(names):
            raise ProgrammingError(
                f"the statement has {len(names)} question mark{'s' if len(names) > 1 else ''}: "
                "the mapping must be a list with a column for each"
            )
        return list(entries)
    if mapping is not None and not isinstance(mapping, Mapping):
        raise ProgrammingError("the statement has named markers: the mapping must be a dict from marker to column")
    given = {str(key).lower().lstrip(":$@"): (key, entry) for key, entry in (mapping or {}).items()}
    entries = [given.pop(str(name).lower(), (None, str(name)))[1] for name in names]
    for key, _ in given.values():
        shown = ", ".join(f":{name}" for name in names) or "none"
        told = hint(str(key), map(str, names), f"its markers are: {shown}")
        raise ProgrammingError(f"the mapping names {key!r}, which is no marker of the statement; {told}")
    return entries


def column_index(column: str, schema: pa.Schema, place: str, *, mapped: bool) -> int:
    """The index of a column, by exact name, or else in any case, or else without the blanks around it.

    Args:
        column: Its name.
        schema: The columns.
        place: What needs it, for messages.
        mapped: Whether the name was given for that place, and is not the place's own.

    Raises:
        ProgrammingError: There is none, or more than one.
    """
    for wanted in (column, column.strip()):
        if wanted in schema.names:
            if schema.names.count(wanted) > 1:
                raise ProgrammingError(f"the input has more than one column {wanted!r}; rename one of them")
            return int(schema.get_field_index(wanted))
        folded = [name.lower() for name in schema.names]
        if folded.count(wanted.lower()) == 1:
            return folded.index(wanted.lower())
    told = hint(column, schema.names, quoted=True)
    if not schema.names:
        raise ProgrammingError(f"the input has no column for {place}; it has no columns at all")
    if mapped:
        raise ProgrammingError(f"the input has no column {column!r} for {place}; {told}")
    raise ProgrammingError(f"the input has no column for {place}; {told} (a mapping joins a marker with a column)")
