"""What each exception of aiohttp means for a request."""

from __future__ import annotations

from collections.abc import Mapping

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from grokcall.errors import ConnectionCutError, NotSentError, ReadTimeoutError, TransportError

FAILURES: Mapping[str, type[TransportError]] = {
    # No connection, so nothing was sent
    "ClientConnectorError": NotSentError,
    "ClientConnectorDNSError": NotSentError,
    "ClientProxyConnectionError": NotSentError,
    "ClientHttpProxyError": NotSentError,
    "UnixClientConnectorError": NotSentError,
    "ClientSSLError": NotSentError,
    "ClientConnectorSSLError": NotSentError,
    "ClientConnectorCertificateError": NotSentError,
    "ServerFingerprintMismatch": NotSentError,
    "ConnectionTimeoutError": NotSentError,
    "InvalidURL": NotSentError,
    "InvalidUrlClientError": NotSentError,
    "NonHttpUrlClientError": NotSentError,
    # Sent, and no answer in time
    "ServerTimeoutError": ReadTimeoutError,
    "SocketTimeoutError": ReadTimeoutError,
    "TimeoutError": ReadTimeoutError,
    # Sent as a whole or in part, and the answer is missing, cut off or no HTTP
    "ClientError": ConnectionCutError,
    "ClientConnectionError": ConnectionCutError,
    "ClientConnectionResetError": ConnectionCutError,
    "ClientOSError": ConnectionCutError,
    "ClientPayloadError": ConnectionCutError,
    "ClientResponseError": ConnectionCutError,
    "ContentTypeError": ConnectionCutError,
    "HttpProcessingError": ConnectionCutError,
    "OSError": ConnectionCutError,
    "ServerConnectionError": ConnectionCutError,
    "ServerDisconnectedError": ConnectionCutError,
    "UploadAbortedError": ConnectionCutError,
    # Redirects are not followed and web sockets not opened; listed so that the list is whole
    "InvalidUrlRedirectClientError": ConnectionCutError,
    "NonHttpUrlRedirectClientError": ConnectionCutError,
    "RedirectClientError": ConnectionCutError,
    "TooManyRedirects": ConnectionCutError,
    "WSMessageTypeError": ConnectionCutError,
    "WSServerHandshakeError": ConnectionCutError,
}
"""What each exception of aiohttp means for a request."""

EXCEPTIONS = (aiohttp.ClientError, HttpProcessingError, OSError)
"""What a request can end with; a TimeoutError is among them."""

UNWRITTEN: Mapping[str, type[TransportError]] = {"ClientError": NotSentError}
"""The same for a request that was not written."""


def is_unwritten(exception: Exception) -> bool:
    """Whether the request met a kept connection that was closed just before, so that it was not written to it.

    Servers close idle connections when they like, and a billed request may only be sent again when it is sure that the
    first was not served. Should aiohttp word this differently one day, the request counts as cut, which is safe.
    """
    cause = exception.__cause__
    return isinstance(cause, aiohttp.ClientConnectionResetError) and "closing transport" in str(cause)
