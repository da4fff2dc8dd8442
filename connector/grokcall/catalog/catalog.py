"""The procedures of a connection, those that are shipped and the user's own, and its tools, which something keeps."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView

import pyarrow as pa

from grokcall.catalog.stores import DuckDBStore, FileStore, MemoryStore, Store
from grokcall.core.arrow_arrays import STRING, table_of
from grokcall.core.forks import follow_forks
from grokcall.errors import Error, OperationalError, ProgrammingError
from grokcall_parser import CreateProcedure, CreateTool, DropProcedure, DropTool, Span, parse_statement
from grokcall_procedures import CATALOG, Catalog, Procedure
from grokcall_procedures.own_catalog import Declaration, OwnCatalog, key_of, kind_and_name
from grokcall_procedures.own_tools import OwnTool

CHANGE_SCHEMA = pa.schema([("Procedure_Name", STRING), ("Procedure_Change", STRING)])
"""The result of CREATE PROCEDURE and DROP PROCEDURE: the name, and created, replaced, dropped or unchanged."""
TOOL_CHANGE_SCHEMA = pa.schema([("Tool_Name", STRING), ("Tool_Change", STRING)])
"""The result of CREATE TOOL and DROP TOOL."""


class UserCatalog(Catalog):
    """The procedures that are shipped, and the user's own with tools, which a store keeps; threads may share it.

    Args:
        store: Where the user's own are kept.
        shipped: The others.

    >>> catalog = UserCatalog(MemoryStore())
    >>> statement = parse_statement("CREATE PROCEDURE Ask(Question VARCHAR) AS CALL GenerateResponse(:Question)")
    >>> catalog.create(statement), "ask" in catalog
    ('created', True)
    """

    def __init__(self, store: Store, shipped: Catalog = CATALOG) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._shipped = shipped
        self._version: object = store.version()
        self._catalog = OwnCatalog(shipped)
        self._loaded = False
        follow_forks(self)

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the user's own procedures."""
        return tuple(statement.procedure for statement in self._current().statements.values())

    @property
    def tools(self) -> Mapping[str, OwnTool]:
        """The tools that CREATE TOOL has made, by lower-case name, as they are now."""
        return self._current().tools

    def find_tool(self, name: str, text: str = "", span: Span | None = None) -> OwnTool:
        """The tool of this name, in any case.

        Raises:
            UnknownNameError: There is none; the message offers the nearest name and points at the place.
            ProgrammingError: What the store keeps is wrong.
        """
        return self._current().find_tool(name, text, span)

    def leave_to_parent(self) -> None:
        """Makes the lock anew in the child of a fork."""
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Procedure:
        return self._current()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def items(self) -> ItemsView[str, Procedure]:
        """The procedures with their names, all as they are now."""
        return self._current().items()

    def values(self) -> ValuesView[Procedure]:
        """The procedures, all as they are now."""
        return self._current().values()

    def find(self, name: str, text: str = "", span: Span | None = None) -> Procedure:
        """The procedure of this name.

        Raises:
            UnknownNameError: There is none; the message offers the nearest name and points at the place.
            ProgrammingError: What the store keeps is wrong.
        """
        return self._current().find(name, text, span)

    def create(self, statement: Declaration) -> str:
        """Makes a procedure or a tool and keeps it; gives ``created``, ``replaced`` or ``unchanged``.

        Raises:
            StatementError: The statement is wrong, or the name is taken.
            OperationalError: The store cannot be written to.
        """
        there = key_of(statement) in map(key_of, self._current().declarations)
        changed = self._change(lambda catalog: catalog.created(statement))
        return ("replaced" if there else "created") if changed else "unchanged"

    def drop(self, statement: DropProcedure | DropTool) -> str:
        """Removes a procedure or a tool; gives ``dropped`` or ``unchanged``.

        Raises:
            StatementError: There is none, it is built in, or another one calls it.
            OperationalError: The store cannot be written to.
        """
        return "dropped" if self._change(lambda catalog: catalog.dropped(statement)) else "unchanged"

    def _change(self, change: Callable[[OwnCatalog], OwnCatalog]) -> bool:
        with self._lock, self.store.changing():
            before = self._read()
            after = change(before)
            if after is not before:
                self.store.write(after.declarations)
            self._catalog, self._version, self._loaded = after, self.store.version(), True
            return after is not before

    def _current(self) -> OwnCatalog:
        """The catalog as the store has it now."""
        version = self.store.version()
        if not self._loaded or version != self._version:
            with self._lock:
                self._catalog, self._version, self._loaded = self._read(), version, True
        return self._catalog

    def _read(self) -> OwnCatalog:
        statements: dict[tuple[str, str], Declaration] = {}
        try:
            for text in self.store.read():
                statement = parse_statement(text)
                if not isinstance(statement, CreateProcedure | CreateTool):
                    found = f"found {text[:60]!r}"
                    raise ProgrammingError(f"only CREATE PROCEDURE and CREATE TOOL may stand in a catalog, {found}")
                if key_of(statement) in statements:
                    raise ProgrammingError(f"the {' '.join(kind_and_name(statement))} is declared twice")
                statements[key_of(statement)] = statement
            return OwnCatalog(self._shipped, statements.values())
        except OperationalError:
            raise
        except Error as error:
            raise ProgrammingError(f"{self.store.name}: {error}") from None


def open_catalog(place: object = None) -> UserCatalog:
    """A catalog with the procedures that are kept at a place.

    Args:
        place: The path of a catalog file, or a connection of DuckDB; None keeps them no longer than the connection.

    >>> connection.catalog = open_catalog("procedures.sql")  # doctest: +SKIP
    """
    if place is None:
        return UserCatalog(MemoryStore())
    if isinstance(place, str | os.PathLike):
        return UserCatalog(FileStore(place))
    if hasattr(place, "cursor") and hasattr(place, "sql"):
        return UserCatalog(DuckDBStore(place))
    raise ProgrammingError(f"procedures are kept in a file or a DuckDB database, not in a {type(place).__name__}")


def change_table(statement: Declaration | DropProcedure | DropTool, change: str) -> pa.Table:
    """The result of CREATE and DROP of a procedure or a tool."""
    kind, name = kind_and_name(statement)
    return table_of(CHANGE_SCHEMA if kind == "procedure" else TOOL_CHANGE_SCHEMA, [(name, change)])
