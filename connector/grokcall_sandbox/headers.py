"""The headers that replies carry besides the content's own, by family of endpoints."""

from collections.abc import Callable

from grokcall_sandbox.replies import EVENTS, Reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import DATA_RETENTION

Headers = list[tuple[bytes, bytes]]
HeaderMaker = Callable[[SandboxRequest, Reply], Headers]

GATEWAY: Headers = [
    (b"vary", b"origin, access-control-request-method, access-control-request-headers"),
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"*"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
]
"""What the gateway puts on every reply, whatever stands behind it."""

_RETENTION: Headers = [(b"x-zero-data-retention", b"false"), (b"x-data-retention", b"general")]
_NO_RETENTION: Headers = [(b"x-zero-data-retention", b"true"), (b"x-data-retention", b"zdr")]


def plain_headers(call: SandboxRequest, reply: Reply) -> Headers:
    """Headers of files and account."""
    if reply.status >= 400:
        return _retention(call)
    trace = _trace(call)
    return [(b"traceparent", b"00-%b-%b-00" % (trace, trace[:16])), *_retention(call)]


def polling_headers(call: SandboxRequest, _reply: Reply) -> Headers:
    """Headers of polling a video."""
    return _retention(call)


def video_headers(call: SandboxRequest, reply: Reply) -> Headers:
    """Headers of starting a video. What is refused says nothing of limits, except that they were reached."""
    made = [*plain_headers(call, reply), (b"x-request-id", call.id.encode())]
    if call.quota is not None and reply.status in (200, 429):
        made.append((b"x-ratelimit-limit-requests", b"%d" % call.quota.limit_requests))
        made.append((b"x-ratelimit-remaining-requests", b"%d" % call.quota.remaining_requests))
    return made


def media_headers(call: SandboxRequest, reply: Reply) -> Headers:
    """Headers of images and of counting tokens."""
    made = video_headers(call, reply)
    if reply.status == 200:
        made.append((b"x-metrics-e2e-ms", _milliseconds(call)))
    return made


def text_headers(call: SandboxRequest, reply: Reply) -> Headers:
    """Headers of text generation; a stream begins before there is anything to measure."""
    made = video_headers(call, reply)
    if call.quota is not None and reply.status in (200, 429):
        made.append((b"x-ratelimit-limit-tokens", b"%d" % call.quota.limit_tokens))
        made.append((b"x-ratelimit-remaining-tokens", b"%d" % call.quota.remaining_tokens))
    if reply.content_type == EVENTS:
        return [*made, (b"cache-control", b"no-cache")]
    if reply.status == 200:
        made += [(b"x-metrics-e2e-ms", _milliseconds(call)), (b"x-metrics-ttft-ms", _milliseconds(call))]
        if not reply.used_tools:
            made.append((b"x-metrics-mean-itl-ms", b"0.05"))
    return made


def voice_headers(call: SandboxRequest, _reply: Reply) -> Headers:
    """Headers of speech, of its refusals too."""
    return [(b"x-trace-id", call.id.encode())]


def batch_headers(call: SandboxRequest, _reply: Reply) -> Headers:
    """Headers of batches."""
    return [
        (b"x-trace-id", _trace(call)),
        (b"x-envoy-upstream-service-time", b"%d" % (call.elapsed * 1000)),
        *_retention(call),
    ]


def _trace(call: SandboxRequest) -> bytes:
    return call.id.replace("-", "").encode()


def _milliseconds(call: SandboxRequest) -> bytes:
    return b"%.3f" % (call.elapsed * 1000)


def _retention(call: SandboxRequest) -> Headers:
    return _NO_RETENTION if DATA_RETENTION in call.state.refusals else _RETENTION
