"""What a call costs, told before it is sent: an :class:`Estimate` from the very request that it would send."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.bounds import EXPLAIN_ALLOWANCES, FREE, Allowances, Estimate, Reserve, media_estimate, unpriced
from grokcall_procedures.definition import BoundCall
from grokcall_procedures.documents import decode_json, document_of, encode_json
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.media_estimates import image_estimate, speech_estimate, video_estimate
from grokcall_procedures.multipart import Parts
from grokcall_procedures.prices import PRICES, Prices
from grokcall_procedures.readings import LIMITS, as_list, read_body
from grokcall_procedures.steps import Kind, Reply, Request, Steps, Use
from grokcall_procedures.text import reply_of
from grokcall_procedures.text_estimates import text_estimate
from grokcall_procedures.tool_rounds import most_rounds
from grokcall_procedures.voice.sound_estimates import sound_estimate

__all__ = [
    "EXPLAIN_ALLOWANCES",
    "Allowances",
    "Estimate",
    "Reserve",
    "billed_request",
    "estimate",
    "estimate_request",
    "text_bytes",
    "tokenize",
]

FREE_PATHS = frozenset({"/files", "/tokenize-text"})
UNKNOWN = b"\0"
"""Stands for a file that nothing is known of: one that is no plain text."""
NO_UPLOADS: Mapping[str, bytes] = {}


def estimate(
    call: BoundCall,
    prices: Prices = PRICES,
    allowances: Allowances = EXPLAIN_ALLOWANCES,
    *,
    text_tokens: int | None = None,
) -> Estimate:
    """What ``call`` costs; sends nothing.

    Args:
        call: The call.
        prices: What things cost.
        allowances: What is taken for granted where the service states no limit.
        text_tokens: How many tokens its texts have, as :func:`tokenize` counts them; None to estimate them.

    >>> from grokcall_parser import parse_call
    >>> from grokcall_procedures import CATALOG, Binder, Settings
    >>> binder = Binder(parse_call("CALL GenerateImage('A red kite')"), CATALOG["GenerateImage"], Settings())
    >>> estimate(binder.bind()).worst_ticks
    200000000
    """
    request, uploads = billed_request(call)
    if request is None:
        return FREE
    told = estimate_request(request, prices, allowances, uploads, text_tokens=text_tokens)
    rounds = most_rounds(call)
    return told.repeated(call.asks) if rounds is None else told.in_rounds(rounds)


def estimate_request(
    request: Request,
    prices: Prices = PRICES,
    allowances: Allowances = EXPLAIN_ALLOWANCES,
    uploads: Mapping[str, bytes] = NO_UPLOADS,
    *,
    text_tokens: int | None = None,
) -> Estimate:
    """What the answer to ``request`` costs.

    Args:
        request: The request, complete.
        prices: What things cost.
        allowances: What is taken for granted where the service states no limit.
        uploads: The contents of the uploaded files that it names, by their ids.
        text_tokens: How many tokens its texts have, where that is known.
    """
    path = request.path.partition("?")[0].rstrip("/")
    if not request.billed or path in FREE_PATHS:
        return FREE
    if path == "/stt" and isinstance(request.body, Parts):
        return sound_estimate(request.body, prices)
    body = json_body(request)
    if body is not None and request.method == "POST":
        if path in LIMITS:
            size = len(request.plain_body or b"")
            return text_estimate(path, body, size, prices, allowances, uploads, text_tokens, request.earlier_tokens)
        if path in ("/images/generations", "/images/edits"):
            return image_estimate(body, prices)
        if path in ("/videos/generations", "/videos/edits", "/videos/extensions"):
            return video_estimate(path, body, prices)
        if path == "/tts":
            return speech_estimate(body, prices)
        if path == "/documents/search":
            return media_estimate(prices.search, prices.search)
    return unpriced(f"the price of {request.method} {path} is not known (use a procedure that has one)")


def billed_request(call: BoundCall) -> tuple[Request | None, Mapping[str, bytes]]:
    """The request of ``call`` that costs money, None if none does, and the files that it uploads first.

    The files stand under the ids by which the request names them, which are not those that the service would give.
    """
    contents = iter([value for _, value in sorted(call.values.items()) if isinstance(value, bytes)])
    uploads: dict[str, bytes] = {}
    steps = call.steps()
    try:
        step = next(steps)
        while not isinstance(step, Request) or not step.billed:
            if isinstance(step, Use):
                return None, uploads
            if not isinstance(step, Request):
                step = steps.send(None)
                continue
            if step.kind is not Kind.UPLOAD:
                return None, uploads
            name = f"upload-{len(uploads) + 1}"
            uploads[name] = next(contents, UNKNOWN)
            step = steps.send(Reply(200, {}, encode_json({"id": name})))
        return step, uploads
    except StopIteration:
        return None, uploads
    finally:
        steps.close()


def json_body(request: Request) -> Mapping[str, object] | None:
    """The body of a request as a JSON object; None when it is none."""
    try:
        body = decode_json(request.plain_body or b"")
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def text_bytes(call: BoundCall) -> int:
    """Bytes of the texts that :func:`tokenize` would have counted; 0 for a call that sends a model none."""
    request, uploads = billed_request(call)
    body = json_body(request) if request is not None else None
    if request is None or body is None or request.path not in LIMITS:
        return 0
    return read_body(body, uploads).text_bytes


def tokenize(call: BoundCall) -> Steps:
    """Asks the service how many tokens the texts of ``call`` have; the only row has the number, or 0 without texts.

    What the service adds to a prompt, schemas, images and files are not counted. It costs nothing.

    Raises:
        MalformedReplyError: The reply has no list of tokens.
    """
    request, uploads = billed_request(call)
    body = json_body(request) if request is not None else None
    if request is None or body is None or request.path not in LIMITS:
        return [(0,)]
    text = "\n".join(read_body(body, uploads).texts)
    asked = encode_json({"model": body.get("model"), "text": text})
    reply = yield Request("POST", "/tokenize-text", body=asked, kind=Kind.METADATA)
    tokens = document_of(reply_of(reply).body).get("token_ids")
    if not isinstance(tokens, list):
        raise MalformedReplyError("the service counted no tokens: its reply has no token_ids")
    return [(len(as_list(tokens)),)]
