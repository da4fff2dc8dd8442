"""What several rooms know of options: the words that they take, and the facts of those that lookups have as well.

A connection, a lookup and a statement declare the options that they have, each with the default that it has there.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from grokcall.core.declarations import About, Flag

Receive: TypeAlias = Literal["whole", "stream"]
OnError: TypeAlias = Literal["redirect", "ignore", "fail"]
OnNullInput: TypeAlias = Literal["error", "skip"]
OnIncomplete: TypeAlias = Literal["keep", "error", "retry"]
PricesFrom: TypeAlias = Literal["table", "service"]
Types: TypeAlias = Literal["text", "auto", "schema"]
Many: TypeAlias = Literal["nest", "expand"]

SERVICE = "Service"
BUDGET = "Budget"
PACE = "Pace and patience"
VALUES = "Calls and data"
MESSAGES = "Messages"
ESTIMATE = "Estimate"
INPUT = "Input"
OUTPUT = "Output"
FAILURES = "Rows that fail"
JOURNAL = "Journal"
REQUESTS = "Requests"
"""The headings at which the help shows flags."""
HEADINGS = ("", ESTIMATE, INPUT, OUTPUT, FAILURES, JOURNAL, REQUESTS, SERVICE, BUDGET, PACE, VALUES, MESSAGES)
"""The order of the headings in the help; before them comes what has none."""

MAX_COST = About(
    "USD that may be spent.",
    least=0,
    none="no limit",
    flag=Flag("USD", BUDGET, help="Spend up to USD; exit code 4 when it is reached."),
)
MAX_CALLS = About("Calls that may be made.", least=0, none="no limit", flag=Flag("N", BUDGET))
MAX_TOKENS = About("Tokens that may be read and written together.", least=0, none="no limit", flag=Flag("N", BUDGET))
MAX_DURATION = About(
    "Seconds from the first call after which none starts any more.",
    least=0,
    none="no limit",
    flag=Flag("SECONDS", BUDGET),
)
ASSUMED_OUTPUT_TOKENS = About(
    "Tokens of the longest text of an answer to assume where a call sets no MaxOutputTokens.",
    more="It is not sent.",
    least=1,
    none="the usual",
    flag=Flag("N", BUDGET),
)
ASSUMED_REASONING_TOKENS = About(
    "Tokens of the longest reasoning of one answer to assume.",
    more="It is not sent.",
    least=1,
    none="the usual",
    flag=Flag("N", BUDGET),
)
ASSUMED_TOOL_COST = About(
    "USD that tools are assumed to add to a call at most, over all of its turns.",
    least=0,
    none="the usual",
    flag=Flag("USD", BUDGET),
)
LIMITS = (
    MAX_COST,
    MAX_CALLS,
    MAX_TOKENS,
    MAX_DURATION,
    ASSUMED_OUTPUT_TOKENS,
    ASSUMED_REASONING_TOKENS,
    ASSUMED_TOOL_COST,
)
"""The options that limit what is spent, and those by which it is estimated."""

CONCURRENCY = About("Calls that are in flight at once at most.", least=1, most=4096, flag=Flag("N", PACE))
RECEIVE = About(
    "How answers are received: whole, or stream for in pieces, which no proxy takes for idle.",
    more="Rows are the same.",
    flag=Flag(heading=PACE),
)
ALLOW_CHANGES = About(
    "Whether lookups and queries may change and remove things at the service.", flag=Flag(heading=VALUES)
)
