"""A tool of the client's: what the model is told of it, and what runs when the model calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from grokcall_procedures.client_tools import ToolDeclaration


class ClientTool(Protocol):
    """A tool that runs here."""

    @property
    def declaration(self) -> ToolDeclaration:
        """What the model is told of it."""
        ...

    async def run(self, arguments: Mapping[str, object]) -> object:
        """What it gives for some arguments, as the model wrote them; whatever it raises is told or fails the row.

        Args:
            arguments: The decoded JSON object. They are checked here, for a model may write anything.
        """
        ...
