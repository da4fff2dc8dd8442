"""Secrets that the service shows once, such as new keys: where one goes is said before it is made."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from grokcall.core.files import write_whole
from grokcall.core.secrets import is_secret
from grokcall.errors import DataError, ProgrammingError
from grokcall.tables.outputs import check_folder
from grokcall_procedures import Procedure


def check_shown(procedure: Procedure, shows: bool, file: Path | None = None, *, flag: str = "") -> None:
    """Refuses a call whose secret would be masked everywhere, and so be lost.

    Args:
        procedure: What is called.
        shows: Whether secrets are shown.
        file: The file that gets it; None for none.
        flag: The flag that names such a file, where the command has one.

    Raises:
        ProgrammingError: It would; or the file is there already, or cannot be.
    """
    if file is not None:
        if not procedure.has_secret:
            raise ProgrammingError(f"{procedure.name} makes no secret, so {flag} has nothing to take")
        if file.exists():
            raise ProgrammingError(f"{file} is there already, and may hold another key; name a new file")
        check_folder(file)
    elif procedure.has_secret and not shows:
        also = f"{flag} FILE, or " if flag else ""
        raise ProgrammingError(
            f"{procedure.name} makes a secret that is shown once, and it would be masked and lost: say where it goes "
            f"with {also}--show-secrets"
        )


def write_secret(table: pa.Table, file: Path) -> None:
    """Writes the secret of a result into a file that its owner alone may read.

    Raises:
        DataError: The file cannot be written; the secret is lost, and its remedy is to rotate or remove it.
    """
    column = next(field.name for field in table.schema if is_secret(field))
    values = [value for value in table.column(column).to_pylist() if value is not None]
    try:
        write_whole(file, "".join(f"{value}\n" for value in values).encode())
    except OSError as error:
        raise DataError(
            f"cannot write {column} to {file}: {error.strerror or error}; the service shows it no more, so make "
            "another, and remove this one"
        ) from None
