"""Connections written as one address, ``grokcall://:KEY@host/v1?timeout=30``, taken apart into options.

SQLAlchemy and Airflow both write connections so; both leave the taking apart of the pieces to the driver.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grokcall.config.options import refuse_unknown
from grokcall.core.redaction import SecretKey
from grokcall.errors import InterfaceError
from grokcall_procedures.addresses import is_loopback

SHAPE = "grokcall://:KEY@host/v1?timeout=30"
"""What an address looks like; the key, the host with its path, and the options may each be left out."""

_KEY_NAMES = frozenset({"api_key", "apikey", "key", "management_key", "password", "token"})


@dataclass(frozen=True, slots=True)
class Address:
    """The pieces of an address, as the library that read it gives them.

    Args:
        host: The host alone, with ``port`` and ``path`` beside it, or a whole base URL.
        port: The port; None for that of the scheme.
        path: The path, ``v1`` for most servers.
        user: What stands before the colon, where nothing may stand.
        key: The API key; it is in no repr.
        options: Options of :class:`grokcall.Options` by name; texts are read as the environment's are.
    """

    host: str | None = None
    port: int | None = None
    path: str | None = None
    user: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)

    def arguments(self) -> dict[str, Any]:
        """The arguments for :func:`grokcall.connect`, the key among them as one that shows itself nowhere.

        Raises:
            InterfaceError: A piece stands where it may not, or there is no option of that name. The message shows
                nothing of what could be a key.

        >>> Address(host="localhost", port=8000, path="v1", options={"timeout": "30"}).arguments()
        {'timeout': '30', 'base_url': 'http://localhost:8000/v1'}
        """
        if self.user:
            raise InterfaceError(f"An address names no user; the key stands after a colon: {SHAPE}")
        if _KEY_NAMES.intersection(name.lower() for name in self.options):
            raise InterfaceError(f"The key is no option of an address, where it could be read; write {SHAPE}")
        refuse_unknown(self.options, "the address")
        repeated = next((name for name, value in self.options.items() if isinstance(value, tuple)), None)
        if repeated is not None:
            raise InterfaceError(f"The address gives the option {repeated} more than once.")
        arguments = dict(self.options)
        if (base_url := self._base_url()) is not None:
            if "base_url" in arguments:
                raise InterfaceError("The address names a host and the option base_url; give one of them.")
            arguments["base_url"] = base_url
        if self.key:
            arguments["api_key"] = SecretKey(self.key)
        return arguments

    def _base_url(self) -> str | None:
        path = (self.path or "").strip("/")
        if not self.host:
            if self.port is not None or path:
                raise InterfaceError(f"The address has a port or a path and no host; write {SHAPE}")
            return None
        if "://" in self.host:
            if self.port is not None or path:
                raise InterfaceError("The host is a whole base URL, so that no port and no path can stand beside it.")
            return self.host
        # A key must not cross a network in the clear; on this machine itself, servers seldom speak https.
        scheme = "http" if is_loopback(self.host.strip("[]")) else "https"
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return f"{scheme}://{host}{f':{self.port}' if self.port is not None else ''}{f'/{path}' if path else ''}"


def option_texts(options: Mapping[str, object]) -> dict[str, str]:
    """Options as the query of an address writes them.

    >>> option_texts({"timeout": 30, "strict_arity": True, "profile": "work"})
    {'timeout': '30', 'strict_arity': 'true', 'profile': 'work'}
    """
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in options.items()}
