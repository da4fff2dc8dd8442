"""The Dagster resource: a connection for assets and ops, and a lookup's account as an asset's metadata.

>>> from dagster import Definitions, EnvVar
>>> Definitions(resources={"grok": GrokcallResource(api_key=EnvVar("XAI_API_KEY"))})  # doctest: +SKIP
"""

from __future__ import annotations

import os
from typing import Any

try:
    from dagster import ConfigurableResource, EnvVar
except ModuleNotFoundError as _missing:
    raise ImportError(
        f"the resource needs the package {_missing.name!r}: pip install 'grokcall[dagster]'", name=_missing.name
    ) from _missing
from pydantic import Field

from grokcall.config.options import refuse_unknown
from grokcall.dbapi.connection import Connection, connect
from grokcall.errors import InterfaceError
from grokcall.execution.summary import Summary

__all__ = ["GrokcallResource", "lookup_metadata"]


class GrokcallResource(ConfigurableResource[Any]):
    """A grokcall connection for assets and ops.

    Args:
        api_key: The key, best as ``EnvVar("XAI_API_KEY")``: Dagster then shows the variable's name and never the key.
            None to look for it as :func:`grokcall.connect` does.
        base_url: The address of the API; None for the usual one.
        profile: The profile of grokcall's configuration file.
        options: Any option of :class:`grokcall.Options` by name; an ``EnvVar`` may stand for its value.

    >>> @asset  # doctest: +SKIP
    ... def answered_tickets(grok: GrokcallResource) -> MaterializeResult:
    ...     with grok.get_connection() as connection:
    ...         result = connection.lookup("CALL GenerateResponse(:body)", "tickets.csv")
    ...     return MaterializeResult(metadata=lookup_metadata(result.summary))
    """

    api_key: str | None = Field(default=None, repr=False, description="The key; best an EnvVar.")
    base_url: str | None = Field(default=None, description="The address of the API.")
    profile: str | None = Field(default=None, description="The profile of grokcall's configuration file.")
    options: dict[str, Any] = Field(default_factory=dict, description="Further options of a connection, by name.")

    def get_connection(self) -> Connection:
        """A new connection; leave its ``with`` block, or close it.

        Raises:
            grokcall.InterfaceError: There is no such option, it cannot have that value, or a variable is not set.
        """
        refuse_unknown(self.options, "options of the resource")
        options = {name: variable_value(name, value) for name, value in self.options.items()}
        given = {"base_url": self.base_url, "profile": self.profile, **options}
        return connect(api_key=self.api_key, **given)


def variable_value(name: str, value: Any) -> Any:
    """The value of an option; that of a variable where an ``EnvVar`` stands for it, which Dagster makes a dict of.

    Raises:
        grokcall.InterfaceError: There is no such variable.
    """
    if not (isinstance(value, dict) and set(value) == {"env"}) and not isinstance(value, EnvVar):
        return value
    variable = value["env"] if isinstance(value, dict) else value.env_var_name
    if variable not in os.environ:
        raise InterfaceError(f"the option {name} is to be the environment variable {variable}, which is not set")
    return os.environ[variable]


def lookup_metadata(summary: Summary) -> dict[str, int | float]:
    """A lookup's counts, tokens, dollars and seconds as metadata for ``MaterializeResult``.

    ``cost_usd`` is a float there, so that Dagster draws it over time; the exact one is in ``summary.cost_usd``.

    >>> lookup_metadata(Summary(ok=2, calls=2, cost_ticks=4_612_000))["cost_usd"]
    0.0004612
    """
    counts = ("rows", "ok", "failed", "skipped", "cached", "calls", "input_tokens", "output_tokens")
    figures: dict[str, int | float] = {name: getattr(summary, name) for name in counts}
    return {**figures, "cost_usd": float(summary.cost_usd), "seconds": round(summary.seconds, 3)}
