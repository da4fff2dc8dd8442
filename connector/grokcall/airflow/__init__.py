"""The door to :mod:`grokcall.integrations.airflow`."""

from grokcall.integrations.airflow import get_provider_info

__all__ = ["get_provider_info"]
