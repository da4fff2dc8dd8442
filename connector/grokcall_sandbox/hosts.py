"""The two hosts of the sandbox: one server at two ports, which tells them apart by the port that was called."""

from starlette.types import Receive, Scope, Send

from grokcall_sandbox.app import create_app
from grokcall_sandbox.management.app import create_management_app
from grokcall_sandbox.state import SandboxState


class Hosts:
    """Both hosts as one ASGI application.

    Args:
        state: What they work on.
        management_port: The port of the management host.
    """

    def __init__(self, state: SandboxState, management_port: int) -> None:
        self._api = create_app(state)
        self._management = create_management_app(state)
        self._management_port = management_port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Has a request answered by the host that it was sent to."""
        at = scope.get("server")
        app = self._management if at is not None and at[1] == self._management_port else self._api
        await app(scope, receive, send)
