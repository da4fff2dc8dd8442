"""Named pipes: what they hold can be read once, and does not come back."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path

from sqlglot import TokenType

from grokcall.errors import ProgrammingError
from grokcall_parser import CallSyntaxError
from grokcall_parser.tokens import read_tokens

READS_WHAT_IS_GIVEN = re.compile(r"\b(read_\w+|\w+_scan|\w*sniff\w*|st_read)\s*\(|\bFROM\s+[?$:]", re.IGNORECASE)
"""A query in which the value of a marker may be a file to read; elsewhere the name of a pipe is a text like others."""
QUOTED = (TokenType.STRING, TokenType.IDENTIFIER)


def is_pipe(path: str | os.PathLike[str]) -> bool:
    """Whether a name is that of a pipe, also one like ``/dev/fd/63``, which a shell makes for ``<(…)``."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)  # noqa: PTH116 - a text that is no path is none
    except (OSError, ValueError):
        return False


def open_pipe(path: Path) -> io.FileIO:
    """A pipe to be read from. To open it waits for nobody, so that whoever waits for its first bytes hears signals."""
    return io.FileIO(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")


def refuse_pipes(sql: str, values: object = None) -> None:
    """Raises where a query reads from a pipe: DuckDB would wait for it deaf to signals, and looks at a file twice.

    Args:
        sql: The query.
        values: Those of its markers.

    Raises:
        ProgrammingError: It does.
    """
    if values and READS_WHAT_IS_GIVEN.search(sql):
        refuse_given_pipes(values)
    if "'" not in sql and '"' not in sql:
        return
    try:
        tokens = read_tokens(sql)
    except CallSyntaxError:
        return  # DuckDB tells what is wrong
    for index, token in enumerate(tokens):
        is_output = index > 0 and tokens[index - 1].text.upper() == "TO"
        if token.token_type in QUOTED and not is_output and is_pipe(token.text):
            raise refusal(token.text)


def refuse_given_pipes(values: object) -> None:
    """Raises where a value, or one in a list, is the name of a pipe."""
    if isinstance(values, Mapping):
        values = list(values.values())
    if isinstance(values, str | os.PathLike):
        if is_pipe(values):
            raise refusal(os.fspath(values))
    elif isinstance(values, list | tuple):
        for each in values:
            refuse_given_pipes(each)


def refusal(name: str) -> ProgrammingError:
    """What is said of a pipe in a query."""
    return ProgrammingError(
        f"{name}: is a pipe, which can be read only once; copy it to a file first, or look it up: "
        "write - in the place of the file and pipe it in"
    )
