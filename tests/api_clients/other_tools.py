"""The service's tools beside its searches, as every client writes them down."""

from __future__ import annotations

OTHER_TOOLS: list[tuple[dict[str, str], str]] = [
    ({"type": "code_interpreter"}, "code_interpreter_call"),
    ({"type": "file_search"}, "file_search_call"),
    ({"type": "mcp", "server_label": "wiki", "server_url": "https://mcp.example.com"}, "mcp_call"),
]
"""Each with the kind of item that tells of its use."""


def searching(tool: dict[str, str], collection: str) -> dict[str, object]:
    """A tool, which searches a collection if it searches files."""
    return {**tool, "vector_store_ids": [collection]} if tool["type"] == "file_search" else {**tool}
