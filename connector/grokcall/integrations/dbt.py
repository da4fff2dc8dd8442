"""The plugin for dbt-duckdb: models call procedures, sources read what a statement gives.

    # profiles.yml, below the target
    plugins:
      - module: grokcall.dbt
        alias: grok
        config:
          connection: {timeout: 60, max_cost: 5}
          lookup: {on_error: ignore, journal: grok.journal}

    -- a model; make it incremental, with full_refresh=false, so that no row is paid for twice
    SELECT t.id, r.Response_Result FROM {{ ref('tickets') }} t, GenerateResponse(t.body) r

The key is looked for as :func:`grokcall.connect` does, in ``XAI_API_KEY`` for example.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from dbt.adapters.duckdb.utils import SourceConfig, TargetConfig

    class BasePlugin:
        """What is used of dbt-duckdb's class here, for type checkers, which mostly run where dbt is not installed."""

        name: str
        creds: Any

else:
    try:
        from dbt.adapters.duckdb.plugins import BasePlugin
    except ModuleNotFoundError as missing:
        raise ImportError(
            f"the plugin needs the package {missing.name!r}: pip install 'grokcall[dbt]'", name=missing.name
        ) from missing

from grokcall.dbapi.connection import connect
from grokcall.duckdb import register
from grokcall.errors import InterfaceError, NotSupportedError
from grokcall_parser.suggestions import hint

__all__ = ["Plugin"]

SECTIONS = ("connection", "lookup")
"""What ``config`` of the plugin may hold."""


class Plugin(BasePlugin):
    """What dbt-duckdb makes of ``module: grokcall.dbt``; nothing is sent before a model or a source needs it."""

    def initialize(self, plugin_config: Mapping[str, Any]) -> None:
        """Reads the plugin's ``config``.

        Args:
            plugin_config: ``connection`` has options of :class:`grokcall.Options`, ``lookup`` those of
                :func:`grokcall.duckdb.register`. The settings of DuckDB, which dbt-duckdb mixes in, are left alone.

        Raises:
            InterfaceError: An option is unknown, or has a value that it cannot have, or is a key: ``dbt debug`` prints
                the profile.
        """
        settings = (self.creds.settings if self.creds is not None else None) or {}
        stray = next((name for name in plugin_config if name not in SECTIONS and name not in settings), None)
        if stray is not None:
            raise InterfaceError(f"{self.name}: config has no {stray!r}; {hint(stray, SECTIONS)}")
        connection, self._lookup = (section_of(plugin_config, name) for name in SECTIONS)
        if "api_key" in connection or "management_key" in connection:
            raise InterfaceError(
                f"{self.name}: dbt debug prints the profile, so no key stands in it; set XAI_API_KEY (and"
                " XAI_MANAGEMENT_API_KEY), or name a profile of grokcall's own: connection: {profile: work}"
            )
        self._connection = connect(**connection)
        self._loaded: dict[str, pa.Table] = {}

    def configure_connection(self, conn: Any) -> None:
        """Makes the procedures known to the database's first connection."""
        register(conn, self._connection, **self._lookup)

    def configure_cursor(self, cursor: Any) -> None:
        """Makes them known to each thread's: macros belong to one connection, the answers are shared by all."""
        register(cursor, self._connection, **self._lookup)

    def load(self, source_config: SourceConfig) -> pa.Table:
        """The result of the source's statement, which is run once however many models read the source.

        Args:
            source_config: The ``meta`` of the source has ``statement``, and ``parameters`` for its markers.

        Raises:
            InterfaceError: It has no statement.
            grokcall.Error: What the statement failed with.
        """
        statement = source_config.get("statement")
        if not isinstance(statement, str):
            raise InterfaceError(
                f"{self.name}: the source {source_config.identifier} has no statement;"
                ' write one into its meta, such as statement: "CALL ListModels()"'
            )
        parameters = source_config.get("parameters")
        wanted = json.dumps([statement, parameters], sort_keys=True, default=str)
        if wanted not in self._loaded:
            self._loaded[wanted] = self._connection.execute(statement, parameters).fetch_arrow_table()
        return self._loaded[wanted]

    def store(self, target_config: TargetConfig) -> None:
        """Raises NotSupportedError: answers come from the service, tables do not go there."""
        raise NotSupportedError(
            f"{self.name}: nothing can be stored through this plugin; leave plugin out of the model"
            f" {target_config.relation.identifier}"
        )


def section_of(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part of the plugin's config, which has to be a mapping."""
    section = config.get(name) or {}
    if not isinstance(section, Mapping):
        raise InterfaceError(f"config: {name} has to be a mapping from option to value, not {section!r:.80}")
    return dict(section)
