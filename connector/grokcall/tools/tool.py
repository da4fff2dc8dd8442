"""A tool of the client's: what the model is told of it, and what runs when the model calls it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from grokcall.errors import InterfaceError
from grokcall_procedures.client_tools import ToolDeclaration
from grokcall_procedures.own_tools import FUNCTION_NAME
from grokcall_procedures.tools.offered import RESERVED, SERVICE_TOOLS


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


def check_name(name: str) -> None:
    """Refuses a name under which a model cannot call a tool.

    Raises:
        InterfaceError: It is none, or one that the service's own tools answer to.
    """
    if FUNCTION_NAME.fullmatch(name) is None:
        raise InterfaceError(f"a tool cannot be called {name!r}: a name has up to 64 letters, digits, _ and -")
    if name.lower() in RESERVED or name.lower() in SERVICE_TOOLS:
        raise InterfaceError(f"a tool cannot be called {name!r}, which the service's own tools answer to; rename it")
