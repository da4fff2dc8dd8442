"""The dialect: how SQLAlchemy reaches a grokcall connection, and what it may expect of it."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn

from sqlalchemy.engine import URL
from sqlalchemy.sql.compiler import SQLCompiler

from grokcall.config.uri import Address
from grokcall.errors import NotSupportedError
from grokcall.integrations.sqlalchemy.inspection import ProcedureInspector
from grokcall.integrations.sqlalchemy.reflection import TableReflection
from grokcall.integrations.sqlalchemy.shared_connection import SharedConnection, Sharing

LEVELS = {False: "SNAPSHOT", True: "AUTOCOMMIT"}
"""The isolation level by whether each statement is kept at once: a transaction sees what was there when it began."""


class GrokcallCompiler(SQLCompiler):
    """SQLAlchemy's expressions in the SQL of DuckDB."""

    def visit_empty_set_expr(self, element_types: Sequence[Any], **_: Any) -> str:
        """What stands in an IN whose list is empty."""
        return f"SELECT {', '.join('NULL' for _ in element_types) or 'NULL'} WHERE 1 = 0"


class GrokcallDialect(TableReflection):
    """``create_engine("grokcall://:KEY@/?timeout=30")``; the key and every option may be left out.

    The query holds options of :class:`grokcall.Options`; a host with its path stands for the option ``base_url``
    (``grokcall://:KEY@localhost:8000/v1``), https unless it is this machine. Statements are those of a grokcall
    cursor, through ``text`` or ``exec_driver_sql``; tables of its DuckDB can be reflected and selected from.

    Whatever the pool holds is one connection underneath, for as long as the engine lives, so that the limits of a
    connection, its budget among them, and its database are the engine's. Transactions are those of DuckDB, one for each
    place in the pool; calls are not undone. ``isolation_level="AUTOCOMMIT"`` keeps each statement at once.
    """

    name = "grokcall"
    driver = "grokcall"
    inspector = ProcedureInspector
    statement_compiler: type[SQLCompiler] = GrokcallCompiler
    default_paramstyle = "named"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_alter = False
    supports_multivalues_insert = True
    supports_sane_rowcount = False
    supports_sane_multi_rowcount = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._sharing = Sharing()

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The module with PEP 249's names."""
        import grokcall

        return grokcall

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """The arguments for :func:`grokcall.connect` that an address stands for.

        Raises:
            grokcall.InterfaceError: The address cannot be one; see :meth:`grokcall.config.uri.Address.arguments`.
        """
        address = Address(url.host, url.port, url.database, url.username, url.password, url.query)
        return [], address.arguments()

    def connect(self, *_: Any, **arguments: Any) -> Any:
        """A place at the engine's connection, which is opened when it is the first."""
        return self._sharing.place(arguments)

    def get_driver_connection(self, connection: Any) -> Any:
        """The grokcall connection, for ``engine.raw_connection().driver_connection``."""
        return connection.connection if isinstance(connection, SharedConnection) else connection

    def is_disconnect(self, e: Exception, connection: Any, cursor: Any) -> bool:
        """Whether the connection was closed, so that the pool has to open another."""
        return connection is not None and bool(getattr(connection, "closed", False))

    def do_begin(self, dbapi_connection: Any) -> None:
        """Has the next statement of DuckDB begin a transaction, save at the level ``AUTOCOMMIT``."""
        dbapi_connection.begin()

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        """``SNAPSHOT``, or ``AUTOCOMMIT`` where that was chosen."""
        return LEVELS[dbapi_connection.autocommit]

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        """``SNAPSHOT``."""
        return LEVELS[False]

    def get_isolation_level_values(self, dbapi_conn: Any) -> Sequence[Any]:
        """The two levels that there are."""
        return tuple(LEVELS.values())

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """Chooses between transactions and statements that are kept at once."""
        dbapi_connection.autocommit = level == LEVELS[True]

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        """Whether each statement is kept at once."""
        return bool(dbapi_conn.autocommit)

    def do_savepoint(self, connection: Any, name: str) -> NoReturn:
        """A savepoint, which DuckDB has not.

        Raises:
            grokcall.NotSupportedError: Always.
        """
        raise NotSupportedError(
            "there are no savepoints in DuckDB, so begin_nested() cannot be used; begin() gives a whole transaction"
        )
