"""The options that several profiles of faults have alike."""

from grokcall_sandbox.faults.options import Option

HOURS = 3_600.0
MANY = 1_000_000

ON = Option(
    "on",
    "word",
    "posts",
    "the requests it may strike: those that are billed (posts), of these text or media, the downloads of made media "
    "(links), or all, polls and listings too",
    choices=("posts", "text", "media", "links", "all"),
)
ON_POSTS = Option(
    "on", "word", "posts", "the billed requests it may strike: all (posts), text or media", choices=ON.choices[:3]
)
SKIP = Option("skip", "count", 0, "so many requests are spared at first", most=MANY)
TIMES = Option("times", "count", 0, "so often at most; 0 for no end", most=MANY)
HOW = Option("how", "word", "reset", "a TCP reset, or an orderly close", choices=("reset", "close"))
SENT = Option("sent", "number", 0.5, "the part of the body that is sent", most=0.99)
RETRY_AFTER = Option("retry_after", "count", None, "seconds for a Retry-After header", most=HOURS)


def chosen(share: float, *, on: Option | None = ON) -> tuple[Option, ...]:
    """The options of faults that strike a share of the requests."""
    part = Option("share", "number", share, "the part of the requests that it strikes")
    return (part, SKIP, TIMES, *([on] if on is not None else []))


STREAMS = chosen(1.0, on=None)
EVENTS = Option("events", "count", 3, "so many events come before it", most=MANY)
ON_SOCKETS = Option(
    "on",
    "word",
    "sockets",
    "the sockets that it may strike: all of them, or those of speech, of transcription or of talks",
    choices=("sockets", "speech", "transcription", "talks"),
)
SOCKETS = chosen(1.0, on=ON_SOCKETS)
STREAM_CODES = (
    "server_error",
    "overloaded",
    "timeout",
    "rate_limit_exceeded",
    "insufficient_quota",
    "invalid_request_error",
)
