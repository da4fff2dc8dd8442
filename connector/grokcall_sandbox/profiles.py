"""The profiles of faults that can be brought in by name, and the reading of such names."""

from grokcall_sandbox.catalogue import TEXT_MODELS
from grokcall_sandbox.fault_options import (
    HOURS,
    HOW,
    MANY,
    ON,
    ON_POSTS,
    RETRY_AFTER,
    SENT,
    chosen,
)
from grokcall_sandbox.faults.answers import ExpiredLinks, Incomplete, Misfit, Moderation, Reasoning, Refusal
from grokcall_sandbox.faults.breakage import (
    CutAfter,
    CutBefore,
    GatewayTimeout,
    Malformed,
    ServerErrors,
    Truncated,
    WrongType,
)
from grokcall_sandbox.faults.delays import Latency, SlowBody
from grokcall_sandbox.faults.fault import Fault, Profile
from grokcall_sandbox.faults.limits import Credits, RateLimit, Storm
from grokcall_sandbox.faults.options import Option, nearest
from grokcall_sandbox.profile_kind import ProfileKind
from grokcall_sandbox.stream_profiles import STREAM_KINDS

MAX_FAULTS = 20


_KINDS = (
    ProfileKind(
        "latency",
        "every reply is held back, for a constant, even, log-normal (as without options) or exponential time",
        (
            Option("seconds", "number", None, "constant: the seconds", most=HOURS),
            Option("low", "number", None, "even: the fewest seconds (0 when only high is given)", most=HOURS),
            Option("high", "number", None, "even: the most seconds (1 when only low is given)", most=HOURS),
            Option("median", "number", None, "log-normal: the seconds that half of the replies exceed (0.05)", most=60),
            Option("sigma", "number", None, "log-normal: how far they spread (1)", most=5),
            Option("mean", "number", None, "exponential: the seconds on average", most=60),
            Option("slow", "number", 0, "the part of the replies that takes slow_seconds instead"),
            Option("slow_seconds", "number", 10, "the seconds of those", most=HOURS),
            Option("most", "number", 60, "the others take no longer than this", most=HOURS),
            ON,
        ),
        Latency,
    ),
    ProfileKind(
        "ratelimit",
        "limits per model, kept like the service does: 429 beyond them, and headers that tell what is left",
        (
            Option("rps", "count", None, "requests per second", least=1, most=10_000),
            Option("rpm", "count", None, "requests per minute", least=1, most=600_000),
            Option("tpm", "count", None, "tokens per minute", least=1, most=1_000_000_000),
            Option("announce", "flag", True, "whether replies carry the limits in headers"),
            RETRY_AFTER,
            ON_POSTS,
        ),
        RateLimit,
    ),
    ProfileKind(
        "storm",
        "the last requests of every so many are refused with 429, whatever the limits are",
        (
            Option("every", "count", 50, "so many requests from one end of a storm to the next", least=2, most=MANY),
            Option("length", "count", 10, "so many of them are refused", least=1, most=MANY),
            RETRY_AFTER,
            ON,
        ),
        Storm,
    ),
    ProfileKind(
        "server-errors",
        "500, 502, 503, 504, 520 or 529, in JSON or in the plain text of what stands before the service; not billed",
        (
            *chosen(0.1),
            Option("status", "count", None, "always this status", least=500, most=599),
            Option("burst", "count", 1, "so many requests in a row", least=1, most=MANY),
        ),
        ServerErrors,
    ),
    ProfileKind(
        "cut-before",
        "the connection is cut before anything is answered, and nothing is billed",
        (
            *chosen(0.1),
            Option("at", "word", "head", "before the body is read, or after that", choices=("head", "body")),
            HOW,
        ),
        CutBefore,
    ),
    ProfileKind(
        "cut-after",
        "the request is handled and billed, but the connection is cut before the reply, or in its middle",
        (
            *chosen(0.1),
            Option("sent", "number", 0, "the part of the body that is sent; with 0 not even the status", most=0.99),
            HOW,
        ),
        CutAfter,
    ),
    ProfileKind(
        "gateway-timeout",
        "the request is handled and billed, but a gateway has stopped waiting: 408, 504 or 524 in place of the answer",
        (*chosen(0.1), Option("status", "count", None, "always this status", least=400, most=599)),
        GatewayTimeout,
    ),
    ProfileKind(
        "slow-body",
        "the reply's body dribbles",
        (*chosen(1.0), Option("seconds", "number", 1, "how long it takes", most=HOURS)),
        SlowBody,
    ),
    ProfileKind(
        "truncated",
        "the reply ends before the length that it announces, and the connection is closed; billed",
        (*chosen(0.1), SENT),
        Truncated,
    ),
    ProfileKind("malformed", "200 with broken JSON; billed", chosen(0.1), Malformed),
    ProfileKind("wrong-type", "200 with an HTML page; billed", chosen(0.1), WrongType),
    ProfileKind(
        "moderation",
        "prompts are refused with 403; generated images and videos are withheld with 400, and billed",
        chosen(0.1, on=ON_POSTS),
        Moderation,
    ),
    ProfileKind(
        "credits",
        "the credits are spent after so many billed calls, or so much; then everything billed is refused",
        (
            Option("after", "count", None, "the billed calls that get through (0, unless ticks is given)", most=MANY),
            Option("ticks", "count", None, "or the price of all of them, in ticks of 1e-10 USD", most=1e18),
            Option("status", "word", "429", "the status of the refusals", choices=("429", "403")),
            ON_POSTS,
        ),
        Credits,
    ),
    *STREAM_KINDS,
    ProfileKind("expired-links", "links to generated media answer 404", chosen(1.0, on=None), ExpiredLinks),
    ProfileKind("refusal", "answers that refuse, in text", chosen(0.1, on=None), Refusal),
    ProfileKind(
        "misfit",
        "structured answers that do not fit their schema: of a wrong type, a member missing, or no JSON; billed",
        chosen(0.1, on=None),
        Misfit,
    ),
    ProfileKind(
        "incomplete",
        "answers that break off with the status incomplete and the reason max_output_tokens",
        (*chosen(0.1, on=None), Option("keep", "number", 0.5, "the part of the answer that comes", most=0.99)),
        Incomplete,
    ),
    ProfileKind(
        "reasoning",
        "models reason longer, in batches too, whatever limit a request has; log-normal, and billed like any reasoning",
        (
            *chosen(1.0, on=None),
            Option("tokens", "count", 1_000, "the tokens that half of the answers exceed", least=1, most=MANY),
            Option("sigma", "number", 1, "how far they spread: 0 for always the same, 2 for a heavy tail", most=5),
            Option("most", "count", MANY, "no answer takes more than this, or than the context leaves", most=MANY),
            Option(
                "model",
                "word",
                None,
                "only this model; one that does not reason does, when it is named",
                choices=tuple(model.id for model in TEXT_MODELS),
            ),
            Option(
                "effort",
                "word",
                None,
                "only answers of this effort; with none they reason although they should not",
                choices=("none", "low", "medium", "high", "xhigh"),
            ),
        ),
        Reasoning,
    ),
)

PROFILES = {kind.name: kind for kind in _KINDS}
"""Every profile by its name, with a summary and its options."""


def open_profile(text: str | None, seed: int = 0) -> Profile:
    """The faults that a text names; None gives none.

    Args:
        text: A profile's name, with options after a colon if need be; more profiles after a plus sign.
        seed: Another seed has the faults strike other requests.

    Raises:
        ValueError: A name, an option or a value is not known; the message lists those that are.

    Example:
        >>> open_profile("latency:median=0.05,sigma=1.0+server-errors:share=0.1")  # doctest: +ELLIPSIS
        <...Profile object at ...>
    """
    if text is None:
        return Profile()
    named = [part.strip() for part in text.split("+")]
    if len(named) > MAX_FAULTS:
        raise ValueError(f"at most {MAX_FAULTS} profiles can be combined, not {len(named)}")
    return Profile([_open_fault(part) for part in named], seed)


def _open_fault(text: str) -> Fault:
    name, _, settings = text.partition(":")
    kind = PROFILES.get(name.strip())
    if kind is None:
        near = nearest(name.strip(), list(PROFILES))
        raise ValueError(f"unknown profile {name.strip()!r}:{near} Known profiles are {', '.join(sorted(PROFILES))}.")
    return kind.make(settings)
