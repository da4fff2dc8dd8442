"""Where output goes, looked at before anything is paid for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from grokcall.errors import ProgrammingError
from grokcall.tables import open_writer
from grokcall.tables.outputs import is_forward
from grokcall.tables.writing import output_format
from grokcall.terminals import check_standard_output


def check_distinct(source: str, files: Mapping[str, str | Path | None]) -> None:
    """Refuses to write over the input, or two things into one file.

    Args:
        source: The input of the command; a SELECT and ``-`` are no file.
        files: What is written, by the flag that names it.

    Raises:
        ProgrammingError: Two of them are the same file or the same table of a database.
    """
    seen = {} if source == "-" else {place(source): "the input"}
    for flag, target in files.items():
        if target is None or str(target) == "-" or is_forward(Path(target)):
            continue
        mine = f"the file of {flag}"
        taken = seen.setdefault(place(str(target)), mine)
        if taken != mine:
            raise ProgrammingError(f"{flag}: {target} is {taken}; name another file")


def place(target: str) -> str:
    """A file, or a table of a database, under one name however it is written."""
    file, mark, table = target.partition("::")
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
