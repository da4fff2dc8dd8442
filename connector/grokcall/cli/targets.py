"""Where output goes, looked at before anything is paid for."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from grokcall.tables import open_writer
from grokcall.tables.outputs import is_forward
from grokcall.tables.writing import output_format


def check_target(target: str, schema: pa.Schema, form: str | None = None) -> None:
    """Refuses a file, database or stream that cannot take a table of this schema; leaves nothing behind.

    Raises:
        ProgrammingError: There is no such folder or format.
        NotSupportedError: The format cannot be written.
        OperationalError: The file cannot be made.
    """
    path = None if target == "-" else Path(target)
    if path is None or is_forward(path):  # to open a pipe and close it again would end it for its reader
        output_format(path, form)
    else:
        open_writer(target, schema, format=form).abort()
