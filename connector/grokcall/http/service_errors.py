"""What the API says when it says no: error bodies in all their shapes, turned into one kind of error each.

What a refusal stands for is told by its status, its code and the sentence with which it begins: see
:mod:`grokcall.http.error_rules`. A refusal can also come with status 200, as the whole body or inside an answer.
"""

from __future__ import annotations

import email.utils
import http
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from grokcall.core.redaction import SHORTEST_SECRET, redact
from grokcall.errors import ServiceError
from grokcall.http.error_rules import meaning_of
from grokcall.http.transport import HttpResponse
from grokcall_procedures.documents import cost_of

LONGEST_MESSAGE = 2_000
"""Characters of the API's own words that an error keeps."""

LARGEST_ERROR_BODY = 64 * 1024
"""Bytes above which a body is taken for an answer when the status says so, and for plain text when it does not."""

_LONGEST_RAW_TEXT = 20_000
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""What a request is called nearly always, which needs no cleaning."""


def error_of(reply: HttpResponse) -> ServiceError | None:
    """The error that ``reply`` stands for, or None when the API said yes.

    Never raises, whatever the bytes are. A reply with status 200 costs next to nothing here: its body is decoded only
    when it is small and has the two members of a refusal.
    """
    if reply.status < 400:
        body = reply.body
        # A quote inside a JSON string is escaped, so these bytes stand for members and never for words in a text. The
        # member that answers have comes first, because it stands near the beginning and is found soonest.
        if len(body) > LARGEST_ERROR_BODY or b'"output"' in body or b'"code"' not in body or b'"error"' not in body:
            return None
        document = _decoded(body)
        if not isinstance(document, dict) or document.get("code") is None:
            return None
        return in_band_error(document, reply.headers)
    return _refusal(reply)


def in_band_error(document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> ServiceError | None:
    """The error inside a decoded answer with status 200, or None when there is none.

    Args:
        document: A whole answer that is a refusal (``code`` and ``error``), a response object with an ``error``, or a
            video that failed.
        headers: The headers of the reply, for the request id.
    """
    error = document.get("error")
    if not error or not isinstance(error, str | dict) or (isinstance(error, dict) and not any(error.values())):
        return None
    code, message = _code_and_message(document)
    return service_error(code, message, cost_ticks=cost_of(document), request_id=request_id_in(headers or {}))


def service_error(
    code: str | None,
    message: str,
    *,
    status: int = 200,
    request_id: str | None = None,
    cost_ticks: int | None = None,
    retry_after: float | None = None,
    is_page: bool = False,
) -> ServiceError:
    """The error for a code and a sentence of the API, wherever they stood.

    Args:
        code: In any vintage: ``not-found``, ``Some requested entity was not found``, ``model_not_found``, ``404``.
        message: The API's sentence; secrets and all but its first 2,000 characters are removed.
        status: The HTTP status; below 400 the code decides what it stands for.
        request_id: What the service calls the request.
        cost_ticks: What was billed all the same, in ticks.
        retry_after: Seconds that the service asks to wait.
        is_page: Whether the sentence is the title of a page for people, which the API itself does not send.

    >>> service_error("model_not_found", "There is no grok-9").systemic
    True
    """
    code = clean(code)[:200] if code else None
    message = clean(message)
    meaning = meaning_of(status, code, message, is_page=is_page)
    return meaning.error(
        message or f"HTTP {status}",
        status=status,
        code=code,
        request_id=request_id,
        cost_ticks=cost_ticks,
        retry_after=retry_after,
        retryable=meaning.retryable,
        systemic=meaning.systemic,
        remedy=meaning.remedy,
        subject=meaning.subject,
    )


def clean(text: str) -> str:
    """``text`` of the API as an error may show it: redacted, on one line, valid Unicode, not too long."""
    text = redact(text[:_LONGEST_RAW_TEXT])
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:LONGEST_MESSAGE]


def _refusal(reply: HttpResponse) -> ServiceError:
    document = _decoded(reply.body) if len(reply.body) <= LARGEST_ERROR_BODY else None
    code, message = _code_and_message(document) if isinstance(document, dict) else (None, _plain_text(reply.body))
    if isinstance(document, str):
        message = document
    facts: dict[str, Any] = {
        "status": reply.status,
        "request_id": request_id_in(reply.headers),
        "cost_ticks": cost_of(document) if isinstance(document, dict) else None,
        "retry_after": _retry_after(reply.headers),
        "is_page": document is None and is_page(reply.body),
    }
    return service_error(code, message or _phrase(reply.status), **facts)


def _decoded(body: bytes) -> Any:
    """The JSON value of ``body``, or None when it is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _code_and_message(document: Mapping[str, Any]) -> tuple[str | None, str]:
    """The code and the sentence, from ``{code, error}``, ``{error: {code, message}}``, ``{error}`` and their like."""
    error = document.get("error")
    inner = error if isinstance(error, dict) else {}
    code = next(
        (str(each) for each in (document.get("code"), inner.get("code"), inner.get("type")) if _is_word(each)), None
    )
    sentences = (error, inner.get("message"), inner.get("error"), document.get("message"), document.get("detail"))
    message = next((each for each in sentences if isinstance(each, str) and each.strip()), None)
    if message is None:
        message = json.dumps(error or document, ensure_ascii=False)
    return code, message


def _is_word(value: object) -> bool:
    return (isinstance(value, str) and value != "") or (isinstance(value, int) and not isinstance(value, bool))


def is_page(body: bytes) -> bool:
    """Whether a body is a page for people, such as a proxy or another server sends."""
    beginning = body[:1000].lower()
    return b"<html" in beginning or b"<!doctype" in beginning


def _plain_text(body: bytes) -> str:
    text = body[:LARGEST_ERROR_BODY].decode("utf-8", "replace")
    if is_page(body):
        title = re.search(r"<title[^>]{0,200}>([^<]{1,500})", text, re.IGNORECASE)
        return title[1] if title else ""
    return text


def _phrase(status: int) -> str:
    try:
        return f"{http.HTTPStatus(status).phrase}, without a word of explanation"
    except ValueError:
        return "The service gave no explanation"


def request_id_in(headers: Mapping[str, str]) -> str | None:
    """What the service calls a request, from the headers of its reply; cleaned, because it may hold anything."""
    request_id = headers.get("x-request-id") or headers.get("x-trace-id")
    if not request_id or _UUID.fullmatch(request_id):
        return request_id or None
    return clean(request_id)[:200] or None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or a date; None when the header is missing or makes no sense.

    A date counts from the ``Date`` of the same reply: the clock there and the one here may differ.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text):
        return float(text)
    until = _moment(text)
    if until is None:
        return None
    now = _moment(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _moment(text: str) -> float | None:
    """A date of HTTP in seconds since 1970; None for none."""
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def without_key(reply: HttpResponse, secret: str) -> HttpResponse:
    """A reply in whose headers and body the key does not stand: a gateway that echoes it has it kept nowhere."""
    if len(secret) < SHORTEST_SECRET:
        return reply
    if secret.encode() not in reply.body and not any(secret in value for value in reply.headers.values()):
        return reply
    headers = {name: value.replace(secret, "[redacted]") for name, value in reply.headers.items()}
    return HttpResponse(reply.status, headers, reply.body.replace(secret.encode(), b"[redacted]"))
