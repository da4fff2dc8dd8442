"""Links to results: a far service leads nobody to this machine or into a private network."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import unicodedata
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from grokcall.config.options import Options
from grokcall.errors import MediaError
from grokcall_procedures.addresses import is_loopback

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")
"""Names, and endings of names, that mean something on this machine or in its network only."""
PORTS = {"http": 80, "https": 443}
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
COMPATIBLE = ipaddress.ip_network("::/96")
DOCUMENTATION = tuple(map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")))
"""Networks that nobody has, and which Python counts as private."""
PRIVATE = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "100.64.0.0/10", "168.63.129.16/32")))
"""What not every version of Python counts as private; the last is where a cloud's machines ask for their secrets."""


def refuse_unsafe_download(url: str, options: Options) -> bool:
    """Refuses an address that media must not be fetched from; gives whether its name has yet to lead to public ones.

    Where ``base_url`` is not on this machine, only itself may be private.

    Raises:
        MediaError: The address is neither https nor on this machine; or it is private, and the service far.
    """
    parts, base = urlsplit(url), urlsplit(options.base_url)
    host = parts.hostname or ""
    if parts.scheme == "https" and origin(parts) == origin(base):
        return False
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise MediaError(f"media is fetched over https only, not from {parts.scheme}://{parts.netloc}")
    if is_loopback(base.hostname or "") or options.allow_private_media:
        return False
    if is_private(host):
        raise refused(host)
    return True


def origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """What tells one server from another."""
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def refused(host: str) -> MediaError:
    """The error for an address on this machine or in a private network."""
    return MediaError(
        f"the link to the result leads to this machine or a private network ({host}), and base_url is elsewhere; "
        "allow_private_media=True lifts that"
    )


def is_private(host: str) -> bool:
    """Whether a host's name or address, however it is spelled, is one of this machine or a private network.

    >>> [is_private(host) for host in ("127.1", "0x7f000001", "017700000001", "::ffff:10.0.0.1", "api.x.ai", "1.1.1.1")]
    [True, True, True, True, False, False]
    """
    name = unicodedata.normalize("NFKC", host).replace("。", ".").strip("[]").rstrip(".").lower()
    address = address_of(name)
    if address is not None:
        return not is_public(address)
    return (
        not name or "%" in name or any(name == each or (name.endswith(each) and each[0] == ".") for each in LOCAL_NAMES)
    )


def address_of(name: str) -> IpAddress | None:
    """The address that a text is, in any of the spellings that a resolver takes; None for a name."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(name))
        except (OSError, UnicodeError):
            return None


def is_public(address: IpAddress) -> bool:
    """Whether an address is one of the whole internet; one that holds another counts as that."""
    if isinstance(address, ipaddress.IPv6Address):
        held = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if held is None and (address in NAT64 or address in COMPATIBLE):
            held = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if held is not None:
            return is_public(held)
        return address in PUBLIC_IPV6 and address.is_global
    if any(address in network for network in PRIVATE):
        return False
    return not address.is_multicast and (address.is_global or any(address in network for network in DOCUMENTATION))


def check_public(host: str, addresses: list[str]) -> None:
    """Raises unless every address that a name leads to is public.

    Raises:
        MediaError: One is not.
    """
    if any(is_private(address.partition("%")[0]) for address in addresses):
        raise refused(host)


async def resolved(host: str, port: int) -> list[str]:
    """The addresses that a name leads to, in the order to try them.

    Raises:
        OSError: There is no such name.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


async def check_beyond_proxy(url: str) -> None:
    """Raises where a name that a proxy will look up leads to a private address here.

    A name that is not known here is for the proxy to judge.

    Raises:
        MediaError: It does.
    """
    parts = urlsplit(url)
    try:
        addresses = await resolved(parts.hostname or "", parts.port or PORTS[parts.scheme])
    except (OSError, UnicodeError):
        return
    check_public(parts.hostname or "", addresses)
