"""The door to :mod:`grokcall.integrations.airflow.hook`."""

from grokcall.integrations.airflow.hook import GrokcallHook

__all__ = ["GrokcallHook"]
