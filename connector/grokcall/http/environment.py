"""What the machine prescribes for connections: trusted certificates, and proxies."""

from __future__ import annotations

import logging
import os
import ssl
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from grokcall.core.redaction import HiddenText, get_logger, redact
from grokcall.errors import InterfaceError

KEPT_DESCRIPTORS = 24
"""Open files that are left for all that are no sockets."""

logger: logging.Logger = get_logger("grokcall.http.environment")

_SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """A certificate that shows a service who calls.

    Args:
        certificate: A PEM file of it, with what it is signed by.
        key: A PEM file of its private key, without a passphrase; None where the first file has it.
    """

    certificate: Path
    key: Path | None = None


def tls_context(ca_file: Path | None = None, own: ClientCertificate | None = None) -> ssl.SSLContext:
    """A context that trusts what the system trusts, or ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` where they are set.

    Args:
        ca_file: A PEM file of further certificate authorities.
        own: The certificate that is shown to a service which asks for one.

    Raises:
        InterfaceError: A file of certificates is missing or holds none.
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath or context.get_ca_certs()):
        # Python as installed on macOS, and bare containers, come without any authorities.
        import certifi

        context.load_verify_locations(certifi.where())
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise InterfaceError(f"The option ca_file: {ca_file} holds no readable certificates ({error}).") from None
    if own is not None:
        show(context, own)
    return context


def tls_contexts(ca_file: Path | None, own: ClientCertificate | None) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A context for whoever the service names, and one for the service; the same where no certificate is shown.

    Args:
        ca_file: A PEM file of further certificate authorities.
        own: The certificate that is shown to the service alone.

    Raises:
        InterfaceError: A file of certificates is missing or holds none.
    """
    plain = tls_context(ca_file)
    return plain, plain if own is None else tls_context(ca_file, own)


def show(context: ssl.SSLContext, own: ClientCertificate) -> None:
    """Has a context show a certificate.

    Raises:
        InterfaceError: A file is missing, they do not belong together, or the key has a passphrase.
    """
    try:
        context.load_cert_chain(own.certificate, own.key, password=lambda: "")  # a prompt would wait for nobody
    except (OSError, ssl.SSLError, ValueError) as error:
        key = "client_key" if own.key is not None else "client_certificate"
        raise InterfaceError(
            f"The option client_certificate: {own.certificate} cannot be used with the key in "
            f"{own.key or own.certificate}, the option {key} ({error}); both are PEM files, and the key has no "
            "passphrase."
        ) from None


def sockets_for(concurrency: int) -> int:
    """How many sockets may be open for so many calls: no more than the limit of open files leaves room for.

    Files that are open by now, and some in reserve for journals, outputs and databases, are left their room.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return concurrency
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most == resource.RLIM_INFINITY:
        return concurrency
    try:
        used = len(os.listdir("/dev/fd"))  # noqa: PTH208 - numbers, not paths
    except OSError:
        used = KEPT_DESCRIPTORS
    allowed = min(concurrency, max(1, most - used - KEPT_DESCRIPTORS))
    if allowed < concurrency:
        logger.warning(
            "the limit of %d open files leaves room for %d calls at a time, not %d; raise it with ulimit -n",
            most,
            allowed,
            concurrency,
        )
    return allowed


class Proxies:
    """The http proxies of the environment (``HTTP_PROXY``, ``HTTPS_PROXY``, ``NO_PROXY``) or the system's settings.

    Args:
        trusted: False for none at all.
    """

    def __init__(self, *, trusted: bool = True) -> None:
        found = urllib.request.getproxies() if trusted else {}
        self._proxies = {scheme: HiddenText(proxy) for scheme, proxy in found.items()}

    def described(self, url: str) -> str | None:
        """The proxy for ``url`` as messages name it, with where it is set; None for none."""
        scheme = urlsplit(url).scheme
        if not (self._proxies and self.proxy_for(url)):
            return None
        kind = scheme if self._proxies.get(scheme) else "all"
        names = (f"{kind}_proxy", f"{kind}_proxy".upper())
        place = next((name for name in names if os.environ.get(name)), "the system's settings")
        return f"the proxy {self._proxies[kind].rpartition('://')[2].rpartition('@')[2].strip('/')} ({place})"

    def proxy_for(self, url: str) -> HiddenText | None:
        """The address of the proxy for ``url``, or None to connect directly.

        Raises:
            InterfaceError: The proxy is of a kind that cannot be used.
        """
        parts = urlsplit(url)
        proxy = self._proxies.get(parts.scheme) or self._proxies.get("all")
        if not proxy or urllib.request.proxy_bypass(parts.netloc.rpartition("@")[2]):
            return None
        proxy = proxy if "://" in proxy else HiddenText(f"http://{proxy}")
        if urlsplit(proxy).scheme not in _SCHEMES:
            raise InterfaceError(
                f"The proxy {redact(proxy)} is of a kind that this transport cannot use. Name an http proxy, exempt"
                f" {parts.hostname} in NO_PROXY, or install httpx[socks] and set the option transport to httpx."
            )
        return proxy
