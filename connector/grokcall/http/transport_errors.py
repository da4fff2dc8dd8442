"""What a transport raises when there is no reply, whichever library it uses.

Each transport has one table from the names of its library's exceptions to ours. Names, not classes, so that a table
can list an exception that only newer versions of the library have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from grokcall.core.redaction import redact
from grokcall.errors import (
    ConnectionCutError,
    MalformedReplyError,
    NotSentError,
    ReadTimeoutError,
    ReplyTooLargeError,
    TransportError,
)
from grokcall.http.content_encodings import BrokenError, TooLongError, unpacked
from grokcall.http.transport import HttpRequest

FailureTable = Mapping[str, type[TransportError]]

_LONGEST_REASON = 300
_ABOUT_THE_HEAD = re.compile(
    r"(?:illegal|invalid|conflicting) (?!chunk)[\w ./-]{0,30}header|(?:character|whitespace) in header|too many headers"
    r"|buffer too long|got more than \d+ bytes",
    re.IGNORECASE,
)
"""What the libraries say of a reply whose status has come, and whose headers they do not take."""
_WITHOUT_HOPE = frozenset({"InvalidURL", "NonHttpUrlClientError", "UnsupportedProtocol", "LocalProtocolError"})


def failure(
    exception: BaseException,
    table: FailureTable,
    request: HttpRequest,
    proxy: str | None = None,
    *,
    streamed: bool = False,
) -> TransportError | MalformedReplyError:
    """Our error for ``exception``, which ended ``request``.

    It does not chain the exception: some keep the request with its headers, and so the key, among their arguments.
    What no table knows counts as a connection that was cut, the most careful reading.
    """
    error = next((table[name] for name in _names(exception) if name in table), ConnectionCutError)
    host = host_of(request.url)
    if error is ReadTimeoutError and streamed:
        return ReadTimeoutError(f"No byte came from {host} for {request.idle_timeout:g} s (the option idle_timeout)")
    if error is ReadTimeoutError:
        return ReadTimeoutError(
            f"{host} did not answer within {request.read_timeout:g} s (the option timeout sets this for texts)"
        )
    if error is NotSentError:
        return _not_sent(exception, host if proxy is None else f"{host} by way of {proxy}", request)
    if any(_ABOUT_THE_HEAD.search(str(each)) for each in _chain(exception) if not isinstance(each, OSError)):
        return MalformedReplyError(
            f"The reply of {host} came, and its headers cannot be read: {_reason(exception)}; it may have been billed"
        )
    return error(f"The connection to {host} ended before the whole reply had come: {_reason(exception)}")


def too_large(request: HttpRequest) -> ReplyTooLargeError:
    """The error for a reply that is longer than the request allows."""
    host = host_of(request.url)
    return ReplyTooLargeError(f"The reply of {host} is longer than the {request.max_bytes:,} bytes that are allowed")


def unpacked_body(body: bytes, encodings: str, status: int, request: HttpRequest) -> bytes:
    """The body of a reply without its content encodings; that of a refusal as it came where it cannot be unpacked.

    Raises:
        ReplyTooLargeError: It is longer than the request allows.
        MalformedReplyError: It cannot be unpacked.
    """
    try:
        return unpacked(body, encodings, request.max_bytes)
    except TooLongError:
        raise too_large(request) from None
    except BrokenError as error:
        if status >= 400:
            return body
        told = f"The reply of {host_of(request.url)} is packed and cannot be read: {error}; it may have been billed"
        raise MalformedReplyError(told) from None


def _not_sent(exception: BaseException, host: str, request: HttpRequest) -> NotSentError:
    if any("CERTIFICATE_VERIFY_FAILED" in str(each) for each in _chain(exception)):
        return NotSentError(
            f"The certificate of {host} is not trusted: {_reason(exception)}. Where your own proxy stands between,"
            " name its certificate authority in the option ca_file or in SSL_CERT_FILE.",
            retryable=False,
        )
    if any(name in _WITHOUT_HOPE for name in _names(exception)):
        return NotSentError(
            f"The request to {host} cannot be sent: {_reason(exception)}", retryable=False, systemic=False
        )
    if any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in _chain(exception)):
        return NotSentError(
            f"No connection to {host} within {request.connect_timeout:g} s (the option connect_timeout)"
        )
    option = "" if " by way of " in host else " (the option base_url)"
    return NotSentError(f"No connection to {host}{option}: {_system_reason(exception)}")


def host_of(url: str) -> str:
    """The host of an address, with its port."""
    # By hand, because the address may be the very thing that no parser accepts.
    return url.partition("://")[2].partition("/")[0].rpartition("@")[2]


def _reason(exception: BaseException) -> str:
    text = redact(" ".join(str(exception).split())) or "no reason given"
    return f"{text[:_LONGEST_REASON]} ({type(exception).__name__})"


def _system_reason(exception: BaseException) -> str:
    """What the operating system says, where it says something; the library's words are about its own insides."""
    for each in _chain(exception):
        errno = getattr(each, "errno", None)
        if isinstance(each, OSError) and isinstance(errno, int):
            # Lookups of names have negative numbers and words of their own.
            words = os.strerror(errno) if errno > 0 else str(getattr(each, "strerror", None) or each)
            return f"{redact(words)} ({type(exception).__name__})"
    return _reason(exception)


def _names(exception: BaseException) -> Iterator[str]:
    return (kind.__name__ for kind in type(exception).__mro__)


def _chain(exception: BaseException) -> Iterator[BaseException]:
    """The exception and its causes, ten at most."""
    each: BaseException | None = exception
    for _ in range(10):
        if each is None:
            return
        yield each
        each = each.__cause__ or each.__context__
