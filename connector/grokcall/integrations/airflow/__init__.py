"""The Airflow provider: what it is called and where its hook is.

Airflow asks while it is still reading its own configuration, so nothing of Airflow may be imported here: the hook is in
:mod:`grokcall.airflow.hook`.
"""

from __future__ import annotations

from grokcall._version import __version__

__all__ = ["get_provider_info"]


def get_provider_info() -> dict[str, object]:
    """What Airflow asks of a provider; found through the entry point ``apache_airflow_provider``."""
    return {
        "package-name": "grokcall",
        "name": "grokcall",
        "description": "Stored procedures for xAI's Grok API.",
        "versions": [__version__],
        "connection-types": [
            {"connection-type": "grokcall", "hook-class-name": "grokcall.airflow.hook.GrokcallHook"},
        ],
    }
