"""What is said of a CALL that names no procedure, where DuckDB knows the name."""

from __future__ import annotations

from grokcall.errors import UnknownNameError
from grokcall_parser import Call


def explained(error: UnknownNameError, call: Call) -> UnknownNameError:
    """The error with what the name means to DuckDB, which CALL and EXECUTE do not reach; else as it was."""
    import duckdb  # only where something is wrong already

    name = call.procedure
    with duckdb.connect() as con:
        asked = "SELECT any_value(function_type) FROM duckdb_functions() WHERE lower(function_name) = lower(?)"
        kind = con.execute(asked, [name]).fetchall()[0][0]
    if kind in ("table", "table_macro", "pragma"):
        return UnknownNameError(
            f"no procedure is called {name}; it is a function of DuckDB, which CALL cannot reach: write FROM {name}(…)",
            call.text,
            call.span,
            procedure=name,
        )
    if call.text.split(None, 1)[0].upper() == "EXECUTE":
        return UnknownNameError(
            f"there is no procedure {name}; EXECUTE means CALL here and does not reach what DuckDB has prepared: run "
            "the query itself, with its parameters",
            call.text,
            call.span,
            procedure=name,
        )
    return error
