"""What is looked at before procedures are registered with a DuckDB connection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

from grokcall.duckdb.macros import scalar_name
from grokcall.errors import InterfaceError, NotSupportedError
from grokcall.lookup.options import DECLARED, LookupOptions
from grokcall.tables.formats import quoted_text
from grokcall_parser.suggestions import hint
from grokcall_procedures import Procedure

OLDEST: tuple[int, int] = (1, 5)
"""The oldest DuckDB that can be registered with."""
KNOWN = tuple(name for name, each in DECLARED.items() if not each.about.lookup_only)
"""Options of a lookup that registering has: a query reads its tables, chooses its rows and names its columns."""


def check_duckdb(con: object) -> None:
    """Raises unless ``con`` is a connection of a DuckDB that is new enough.

    Raises:
        InterfaceError: It is something else.
        NotSupportedError: It is too old.
    """
    if not hasattr(con, "create_function"):
        raise InterfaceError(f"register takes a DuckDB connection, as duckdb.connect() gives it, not {con!r:.80}")
    version = tuple(int(part) for part in duckdb.__version__.split(".")[:2])
    if version < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise NotSupportedError(
            f"DuckDB {duckdb.__version__} calls a function for rows that WHERE leaves out, each of which would be paid "
            f"for; install duckdb>={needed}"
        )


def options_of(given: dict[str, Any]) -> LookupOptions:
    """The options of a registration.

    Raises:
        InterfaceError: One is unknown, or has a value that it cannot have.
    """
    stray = next((name for name in given if name not in KNOWN), None)
    if stray is not None:
        raise InterfaceError(f"register has no option {stray!r}; {hint(stray, KNOWN)}")
    options = LookupOptions(**{"on_error": "fail", **given})
    if options.on_error == "redirect":
        raise InterfaceError("a query has one output: on_error must be 'fail' or 'ignore', not 'redirect'")
    return options


def refuse_taken_names(con: duckdb.DuckDBPyConnection, procedures: Iterable[Procedure]) -> None:
    """Raises where a macro would hide one of DuckDB's own functions.

    Raises:
        InterfaceError: It would; the message says which.
    """
    wanted = {name.lower() for each in procedures for name in (each.name, scalar_name(each))}
    if not wanted:
        return
    listed = ", ".join(map(quoted_text, sorted(wanted)))
    taken = con.execute(
        f"SELECT function_name FROM duckdb_functions() WHERE internal AND lower(function_name) IN ({listed}) LIMIT 1"  # noqa: S608 - quoted
    ).fetchall()
    if taken:
        raise InterfaceError(f"{taken[0][0]} is a function of DuckDB; give the procedure another name")
