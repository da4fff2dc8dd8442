"""The routes of the management host."""

from starlette.applications import Starlette

from grokcall_sandbox.exact_route import ExactRoute
from grokcall_sandbox.management import audit, billing, keys
from grokcall_sandbox.management.endpoint import ManagementEndpoint
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.web import Handler, not_found_route

_BILLING = "/v1/billing/teams/{team}"
_ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/auth/management-keys/validation", keys.whose),
    ("GET", "/auth/teams/{team}/api-keys", keys.list_keys),
    ("POST", "/auth/teams/{team}/api-keys", keys.create),
    ("PUT", "/auth/api-keys/{id}", keys.update),
    ("DELETE", "/auth/api-keys/{id}", keys.delete),
    ("POST", "/auth/api-keys/{id}/rotate", keys.rotate),
    ("POST", f"{_BILLING}/usage", billing.usage),
    ("GET", f"{_BILLING}/prepaid/balance", billing.balance),
    ("GET", f"{_BILLING}/postpaid/invoice/preview", billing.preview),
    ("GET", f"{_BILLING}/postpaid/spending-limits", billing.show_limits),
    ("POST", f"{_BILLING}/postpaid/spending-limits", billing.set_limit),
    ("GET", f"{_BILLING}/invoices", billing.invoices),
    ("GET", "/audit/teams/{team}/events", audit.list_events),
)


def create_management_app(state: SandboxState) -> Starlette:
    """The management host as an ASGI application.

    Args:
        state: What it works on.
    """
    app = Starlette(
        routes=[
            ExactRoute(path, ManagementEndpoint(state, handler), methods=[method]) for method, path, handler in _ROUTES
        ]
    )
    app.router.default = not_found_route
    return app
