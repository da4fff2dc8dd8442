"""What the hosts of regions serve: text, and what there is to know of models and keys."""

from __future__ import annotations

from grokcall.errors import NotSupportedError
from grokcall_procedures import Host, Request

UNSERVED = frozenset(("files", "documents", "images", "videos", "tts", "stt", "custom-voices", "realtime"))
"""The first words of the paths that no region serves (section 2 of the API reference)."""


def check_region(request: Request, region: str | None) -> None:
    """Refuses what no region serves, before anything is sent.

    Args:
        request: What is to be sent.
        region: The region; None for none.

    Raises:
        NotSupportedError: It is one of these.
    """
    if region is None or request.host is not Host.API or not request.path.startswith("/"):
        return
    path = request.path.partition("?")[0]
    if path.split("/")[1] in UNSERVED:
        raise NotSupportedError(
            f"the region {region} serves text alone, and not {request.method} {path}; use a connection without region "
            "for it"
        )
