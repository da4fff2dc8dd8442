"""The door to :mod:`grokcall.integrations.dagster`."""

from grokcall.integrations.dagster import GrokcallResource, lookup_metadata

__all__ = ["GrokcallResource", "lookup_metadata"]
