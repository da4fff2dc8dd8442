"""The public names by what one wants of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from public_api import parents, public_objects


@dataclass(frozen=True, slots=True)
class Group:
    """Names that serve one purpose, and the guides that speak of them."""

    title: str
    text: str
    guides: tuple[str, ...]
    names: tuple[str, ...] = ()
    module: str = ""
    """All names of this module, beside those above."""


GROUPS = (
    Group(
        "Connect and run",
        "A connection, statements over it, and what comes back.",
        ("python", "options", "security", "statements"),
        (
            "connect",
            "Connection",
            "Cursor",
            "aconnect",
            "AsyncConnection",
            "AsyncCursor",
            "Options",
            "SecretKey",
            "__version__",
        ),
    ),
    Group(
        "Look up each row of a table",
        "One call for each row, its result beside the row.",
        ("lookups", "typed_answers", "citations", "batches"),
        (
            "LookupOptions",
            "LookupResult",
            "LookupStream",
            "AsyncLookupStream",
            "Lookup",
            "const",
            "file",
            "Summary",
            "CallStatus",
        ),
    ),
    Group(
        "Receive an answer in pieces",
        "An answer as it is written.",
        ("streaming", "python"),
        ("CallStream", "AsyncCallStream", "Piece", "PieceKind", "StreamUsage"),
    ),
    Group(
        "Talk",
        "Questions that go on from the answers before them.",
        ("conversations", "streaming"),
        ("Conversation", "AsyncConversation", "Answer"),
    ),
    Group("Speak and listen", "Talks over sockets, as they go on.", ("talks", "sounds", "tools"), module="realtime"),
    Group(
        "Run a command as an action",
        "The Execute Command action, and a function for each named one.",
        ("python", "clients"),
        ("ExecuteCommand", "CommandParameter"),
        "actions",
    ),
    Group("DuckDB", "Procedures as functions of DuckDB.", ("duckdb", "sql"), module="duckdb"),
    Group("Money", "Limits of cost, calls, tokens and time.", ("money",), ("SpendingLimits",)),
    Group(
        "Extend",
        "User-defined procedures and transports.",
        ("own_procedures", "transports"),
        (
            "UserCatalog",
            "open_catalog",
            "Transport",
            "StreamingTransport",
            "SocketTransport",
            "HttpRequest",
            "HttpResponse",
            "HttpStream",
            "Socket",
            "SocketRequest",
            "SocketEnding",
        ),
    ),
    Group("Sandbox", "A local server that speaks the API.", ("sandbox", "faults"), module="sandbox"),
    Group(
        "Other programs",
        "What SQLAlchemy, dbt, Dagster and Airflow reach it through.",
        ("clients",),
        (
            "sqlalchemy.GrokcallDialect",
            "sqlalchemy.ProcedureInspector",
            "dbt.Plugin",
            "dagster.GrokcallResource",
            "dagster.lookup_metadata",
            "airflow.get_provider_info",
            "airflow.hook.GrokcallHook",
        ),
    ),
    Group(
        "Data types of PEP 249",
        "The globals, constructors and type objects of a driver.",
        ("python",),
        (
            "Binary",
            "Date",
            "Time",
            "Timestamp",
            "DateFromTicks",
            "TimeFromTicks",
            "TimestampFromTicks",
            "BINARY",
            "DATETIME",
            "NUMBER",
            "ROWID",
            "STRING",
            "apilevel",
            "paramstyle",
            "threadsafety",
        ),
    ),
    Group("Errors", "Every error, and what can be asked of one.", ("errors",), module="errors"),
)


def group_of(name: str) -> Group:
    """The group that a name stands in; errors of the top as well stand with the others."""
    item = public_objects()[name]
    own = [group for group in GROUPS if name in group.names]
    own += [group for group in GROUPS if group.module and name.startswith(f"{group.module}.")]
    return own[0] if own else next(group for group in GROUPS if group.module == "errors" and "Error" in title(item))


def title(item: Any) -> str:
    """The names of a class and its parents, by which an error is known."""
    return " ".join(each.name for each in parents(item)) + " Error" * (item.name == "Warning")
