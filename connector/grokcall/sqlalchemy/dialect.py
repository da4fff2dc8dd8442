"""The dialect: how SQLAlchemy reaches a grokcall connection, and what it may expect of it."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any, Literal, NoReturn

from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import NoSuchTableError

from grokcall.addresses import Address
from grokcall.sqlalchemy.inspection import ProcedureInspector
from grokcall.sqlalchemy.sharing import SharedConnection, Sharing


class GrokcallDialect(DefaultDialect):
    """``create_engine("grokcall://:KEY@/?timeout=30")``; the key and every option may be left out.

    The query holds options of :class:`grokcall.Options`; a host with its path stands for the option ``base_url``
    (``grokcall://:KEY@localhost:8000/v1``), https unless it is this machine. Statements are those of a grokcall
    cursor, through ``text`` or ``exec_driver_sql``: SQLAlchemy's own expressions have nothing to select from.

    Whatever the pool holds is one connection underneath, so that the limits of a connection, its budget among them,
    are the engine's. ``commit`` and ``rollback`` do nothing.
    """

    name = "grokcall"
    driver = "grokcall"
    inspector = ProcedureInspector
    default_paramstyle = "named"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    supports_alter = False
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
            grokcall.InterfaceError: The address cannot be one; see :meth:`grokcall.addresses.Address.arguments`.
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

    def get_isolation_level(self, dbapi_connection: Any) -> Literal["AUTOCOMMIT"]:
        """What was answered stays: each statement is its own transaction."""
        return "AUTOCOMMIT"

    def get_isolation_level_values(self, dbapi_conn: Any) -> Sequence[Literal["AUTOCOMMIT"]]:
        """The only level that there is."""
        return ("AUTOCOMMIT",)

    def set_isolation_level(self, dbapi_connection: Any, level: Any) -> None:
        """Does nothing: SQLAlchemy has already refused any other level."""

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        """True."""
        return True

    def has_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> bool:
        """False: there are procedures and no tables."""
        return False

    def has_sequence(self, connection: Any, sequence_name: str, schema: str | None = None, **_: Any) -> bool:
        """False."""
        return False

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        """An empty list."""
        return []

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        """An empty list."""
        return []

    get_view_names = get_table_names
    get_materialized_view_names = get_table_names
    get_temp_table_names = get_table_names
    get_temp_view_names = get_table_names
    get_sequence_names = get_table_names

    def _no_such_table(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> NoReturn:
        raise NoSuchTableError(table_name)

    get_columns: Any = _no_such_table
    get_pk_constraint: Any = _no_such_table
    get_foreign_keys: Any = _no_such_table
    get_indexes: Any = _no_such_table
    get_unique_constraints: Any = _no_such_table
    get_check_constraints: Any = _no_such_table
    get_table_comment: Any = _no_such_table
    get_table_options: Any = _no_such_table

    def get_view_definition(self, connection: Any, view_name: str, schema: str | None = None, **_: Any) -> NoReturn:
        """Raises sqlalchemy.exc.NoSuchTableError, as all that asks for a table by its name does."""
        raise NoSuchTableError(view_name)
