"""The headers that replies carry besides the content's own, by family of endpoints."""

from collections.abc import Callable

from grokcall.sandbox.calls import Call

Headers = list[tuple[bytes, bytes]]
HeaderMaker = Callable[[Call], Headers]

_RETENTION = [(b"x-zero-data-retention", b"false"), (b"x-data-retention", b"general")]


def plain_headers(call: Call) -> Headers:
    """Headers of files, account and polling."""
    trace = _trace(call)
    return [(b"traceparent", b"00-%b-%b-00" % (trace, trace[:16])), *_RETENTION]


def media_headers(call: Call) -> Headers:
    """Headers of pictures and of starting a video."""
    made = [
        *plain_headers(call),
        (b"x-request-id", call.id.encode()),
        (b"x-metrics-e2e-ms", _milliseconds(call)),
    ]
    if call.quota is not None:
        made.append((b"x-ratelimit-limit-requests", b"%d" % call.quota.limit_requests))
        made.append((b"x-ratelimit-remaining-requests", b"%d" % call.quota.remaining_requests))
    return made


def text_headers(call: Call) -> Headers:
    """Headers of text generation."""
    made = [
        *media_headers(call),
        (b"x-metrics-ttft-ms", _milliseconds(call)),
        (b"x-metrics-mean-itl-ms", b"0.05"),
    ]
    if call.quota is not None:
        made.append((b"x-ratelimit-limit-tokens", b"%d" % call.quota.limit_tokens))
        made.append((b"x-ratelimit-remaining-tokens", b"%d" % call.quota.remaining_tokens))
    return made


def voice_headers(call: Call) -> Headers:
    """Headers of speech."""
    return [(b"x-trace-id", call.id.encode()), *_RETENTION]


def batch_headers(call: Call) -> Headers:
    """Headers of batches."""
    return [
        (b"x-trace-id", _trace(call)),
        (b"x-envoy-upstream-service-time", b"%d" % (call.elapsed * 1000)),
        *_RETENTION,
    ]


def _trace(call: Call) -> bytes:
    return call.id.replace("-", "").encode()


def _milliseconds(call: Call) -> bytes:
    return b"%.3f" % (call.elapsed * 1000)
