"""The routes of the management host."""

from starlette.applications import Starlette

from grokcall_sandbox.exact_route import ExactRoute
from grokcall_sandbox.management import audit, billing, collections, documents, keys
from grokcall_sandbox.management.endpoint import ManagementEndpoint
from grokcall_sandbox.state import SandboxState
from grokcall_sandbox.web import Handler, not_found_route

_BILLING = "/v1/billing/teams/{team}"
_COLLECTION = "/v1/collections/{id}"
_DOCUMENT = f"{_COLLECTION}/documents/{{file_id}}"
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
    ("POST", "/v1/collections", collections.create),
    ("GET", "/v1/collections", collections.list_collections),
    ("GET", _COLLECTION, collections.show),
    ("PUT", _COLLECTION, collections.update),
    ("DELETE", _COLLECTION, collections.delete),
    ("GET", f"{_COLLECTION}/documents", documents.list_documents),
    ("POST", _DOCUMENT, documents.add),
    ("GET", _DOCUMENT, documents.show),
    ("PATCH", _DOCUMENT, documents.index_anew),
    ("DELETE", _DOCUMENT, documents.remove),
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
