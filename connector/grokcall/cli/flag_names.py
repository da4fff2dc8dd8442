"""Which of the shared flags are options of a connection, and which limit what is spent."""

from __future__ import annotations

CONNECTION_OPTIONS = (
    "base_url",
    "receive",
    "timeout",
    "idle_timeout",
    "connect_timeout",
    "max_attempts",
    "retry_billed",
    "concurrency",
    "requests_per_second",
    "requests_per_minute",
    "tokens_per_minute",
    "poll_interval",
    "poll_timeout",
    "strict_arity",
    "strict_enums",
    "store",
    "catalog",
    "database",
    "allow_changes",
    "allow_files",
    "read_only",
)
"""The flags that are options of a connection by the same name and type."""
SPENDING_OPTIONS = (
    "max_cost",
    "max_calls",
    "max_tokens",
    "max_duration",
    "assumed_output_tokens",
    "assumed_reasoning_tokens",
    "assumed_tool_cost",
)
"""Those that limit what is spent: a lookup takes them for itself, for other commands they limit the connection."""
