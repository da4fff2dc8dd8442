"""The running of tools that a model calls, as the runner of calls sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from grokcall.client.receiving import Tell
from grokcall_procedures import ToolUse


class ToolUsing(Protocol):
    """Runs tools of the client's."""

    async def __call__(self, uses: Sequence[ToolUse], tell: Tell | None) -> bytes:
        """What tools give that are run at once, as the steps are given it.

        Args:
            uses: The calls.
            tell: Told of each output; None for nobody.

        Raises:
            ToolError: A tool raised, and such a call is to fail.
        """
        ...
