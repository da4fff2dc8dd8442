"""The hook, through which ``SQLExecuteQueryOperator`` runs ``CALL`` over an Airflow connection.

The connection's type is ``grokcall``; its password is the key, its host the base URL, its extra the options by name:

    AIRFLOW_CONN_GROKCALL_DEFAULT='{"conn_type": "grokcall", "password": "xai-…", "extra": {"timeout": 60}}'

Without a password the key is looked for as :func:`grokcall.connect` does, on the worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:

    class DbApiHook:
        """What is used of Airflow's class here, for type checkers, which mostly run where Airflow is not installed."""

        connection: Any

        @property
        def log(self) -> Any: ...

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

else:
    try:
        from airflow.providers.common.sql.hooks.sql import DbApiHook
    except ModuleNotFoundError as missing:
        raise ImportError(
            f"the hook needs the package {missing.name!r}: pip install 'grokcall[airflow]'", name=missing.name
        ) from missing

from grokcall.config.uri import Address, option_texts
from grokcall.core.redaction import SecretKey
from grokcall.dbapi.connection import Connection, connect

__all__ = ["GrokcallHook"]


class RowlessLog:
    """A log without the line that Airflow's ``insert_rows`` writes of rows that could not be inserted.

    Args:
        log: Where all else goes; a logger of ``logging`` or of structlog.
    """

    def __init__(self, log: Any) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def error(self, event: Any, *args: Any, **kwargs: Any) -> None:
        """Writes a line about an error."""
        if event != "Parameters: %s":
            self._log.error(event, *args, **kwargs)


class GrokcallHook(DbApiHook):
    """Gives grokcall connections to operators and tasks.

    Args:
        args: The id of the Airflow connection, ``grokcall_default`` by default; also ``grokcall_conn_id=``.
        log_sql: Whether statements are logged together with their parameters. Parameters are prompts, which often are
            somebody's letters; they stay out of the logs unless this is True.
        kwargs: What every hook for SQL takes.

    >>> with GrokcallHook().get_conn() as connection:  # doctest: +SKIP
    ...     connection.lookup("CALL GenerateResponse(:body)", "tickets.csv").summary.cost_usd
    """

    conn_name_attr = "grokcall_conn_id"
    default_conn_name = "grokcall_default"
    conn_type = "grokcall"
    hook_name = "Grok (grokcall)"
    supports_autocommit = True
    supports_executemany = True
    _placeholder = "?"
    # Costs nothing, and unlike SELECT 1 it finds out whether the service can be reached and takes the key.
    _test_connection_sql = "CALL ListModels()"

    def __init__(self, *args: Any, log_sql: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("replace_statement_format", "INSERT OR REPLACE INTO {} {} VALUES ({})")
        self._shows_rows = log_sql
        super().__init__(*args, log_sql=log_sql, **kwargs)

    def get_conn(self) -> Connection:
        """A new grokcall connection, which the caller closes.

        Raises:
            grokcall.InterfaceError: The Airflow connection names an option that there is not, or a value that an
                option cannot have.
        """
        return connect(**self._arguments())

    @property
    def log(self) -> Any:
        """The log of the task, which rows that could not be inserted reach with ``log_sql`` only."""
        return super().log if self._shows_rows else RowlessLog(super().log)

    @property
    def sqlalchemy_url(self) -> Any:
        """The address of an engine over the same connection; its key is masked wherever it is printed."""
        from sqlalchemy.engine import URL

        arguments = self._arguments()
        key = arguments.pop("api_key", None)
        password = key.reveal() if isinstance(key, SecretKey) else None
        # An address without a user, be it an empty one, is written without its password as well.
        return URL.create("grokcall", username="", password=password, query=option_texts(arguments))

    def get_uri(self) -> str:
        """The address with the key in it, as other hooks give it; for :func:`sqlalchemy.create_engine` only."""
        return str(self.sqlalchemy_url.render_as_string(hide_password=False))

    @staticmethod
    def get_ui_field_behaviour() -> dict[str, Any]:
        """What the form for a connection shows."""
        return {
            "hidden_fields": ["login", "port", "schema"],
            "relabeling": {"password": "API key", "host": "Base URL"},
            "placeholders": {"host": "https://api.x.ai/v1", "extra": '{"timeout": 60, "max_cost": 5}'},
        }

    def _arguments(self) -> dict[str, Any]:
        found = self.connection
        return Address(
            host=found.host,
            port=found.port,
            path=found.schema,
            user=found.login,
            key=found.password,
            options=found.extra_dejson,
        ).arguments()
