"""The door to :mod:`grokcall.integrations.dbt`, for ``module: grokcall.dbt``."""

from grokcall.integrations.dbt import Plugin

__all__ = ["Plugin"]
