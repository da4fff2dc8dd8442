"""Routes that are matched without more work than they need."""

from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from grokcall_sandbox.web import method_not_allowed


class ExactRoute(Route):
    """A route that answers a wrong method in the service's way."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses its method."""
        if self.methods and scope["method"] not in self.methods:
            await method_not_allowed(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for this route."""
        # Most requests are for a path without parameters: those need no regular expression.
        if scope["type"] == "http" and not self.param_convertors and scope["path"] != self.path:
            return Match.NONE, {}
        return super().matches(scope)
