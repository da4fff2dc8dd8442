"""Where output goes, looked at before anything is paid for."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from grokcall.core.terminals import check_standard_output
from grokcall.errors import ProgrammingError
from grokcall.journal.database import COMPANIONS
from grokcall.tables.formats import is_query, local_path
from grokcall.tables.outputs import is_forward
from grokcall.tables.writer import open_writer, output_format

QUOTED = re.compile(r"'((?:[^']|'')+)'")


def check_distinct(source: str, files: Mapping[str, str | Path | None]) -> None:
    """Refuses to write over the input, or two things into one file.

    Args:
        source: The input of the command; a SELECT and ``-`` are no file.
        files: What is written, by the flag that names it.

    Raises:
        ProgrammingError: Two of them are the same file or the same table of a database.
    """
    seen = dict.fromkeys(map(place, inputs(source)), "the input")
    partials = [(f"{flag}: {name}", name) for flag, target in files.items() for name in beside(flag, target)]
    taken = next((told for told, name in partials if place(name) in seen), None)
    if taken is not None:
        raise ProgrammingError(f"{taken} is the input, and belongs to what is written; name another file")
    for flag, target in files.items():
        if target is None or str(target) == "-" or is_forward(Path(target)):
            continue
        mine = f"the file of {flag}"
        taken = seen.setdefault(place(str(target)), mine)
        if taken != mine:
            raise ProgrammingError(f"{flag}: {target} is {taken}; name another file")


def inputs(source: str) -> list[str]:
    """The files that a command reads: its input, or those that a SELECT names."""
    if source == "-":
        return []
    if not is_query(source) or Path(source).is_file():
        return [source]
    patterns = [text.replace("''", "'") for text in QUOTED.findall(source)]
    return [name for each in patterns for name in glob.glob(each, recursive=True)]  # noqa: PTH207 - may be absolute


def beside(flag: str, target: str | Path | None) -> list[str]:
    """The files that belong to one that is written: its part when it is not finished, those of a journal."""
    if target is None or str(target) == "-" or is_forward(Path(target)):
        return []
    if flag == "--journal":
        return [f"{target}{ending}" for ending in (".lock", *COMPANIONS)]
    if flag == "--summary":
        return []
    file, mark, table = str(target).partition("::")
    path = Path(file)
    kept = f"{path.stem}.{table.rpartition('.')[2]}.partial.parquet" if mark else f"{path.stem}.partial{path.suffix}"
    return [str(path.with_name(kept))] if path.name else []


def place(target: str) -> str:
    """A file, or a table of a database, under one name however it is written."""
    file, mark, table = local_path(target).partition("::")
    return f"{os.path.realpath(file)}{mark}{table.lower()}"


def check_target(target: str, schema: pa.Schema, form: str | None = None) -> None:
    """Refuses a file, database or stream that cannot take a table of this schema; leaves nothing behind.

    Raises:
        ProgrammingError: There is no such folder or format.
        NotSupportedError: The format cannot be written.
        OperationalError: The file cannot be made.
    """
    path = None if target == "-" else Path(target)
    if path is None:
        check_standard_output()
    if path is None or is_forward(path):  # to open a pipe and close it again would end it for its reader
        output_format(path, form)
    else:
        open_writer(target, schema, format=form).abort()
