"""Where a request of aiohttp goes: its address, and the proxy on the way."""

from __future__ import annotations

import base64
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from grokcall.core.redaction import HiddenText
from grokcall.http.media_links import check_public


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    url: URL
    proxy: URL | None = None
    """Without user and password."""
    headers: Mapping[str, str] = field(default_factory=dict)
    proxy_headers: Mapping[str, str] | None = None


def target_by(url: URL, proxy: HiddenText | None) -> Target:
    """A target; what the proxy wants to know of the user goes into a header that shows itself nowhere."""
    if proxy is None:
        return Target(url)
    parts = urlsplit(proxy)
    bare = URL(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if parts.username is None:
        return Target(url, bare)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode("utf-8", "surrogateescape")
    header = {"Proxy-Authorization": HiddenText(f"Basic {base64.b64encode(user).decode()}")}
    # A proxy of https is asked for a tunnel, and hears no header of the request itself.
    return Target(url, bare, proxy_headers=header) if url.scheme == "https" else Target(url, bare, headers=header)


class PublicResolver(ThreadedResolver):
    """Looks up names, of which those that lead to a private address are refused; what it gives is connected to."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name.

        Raises:
            MediaError: One is private.
        """
        found = await super().resolve(host, port, family)
        check_public(host, [each["host"] for each in found])
        return found
