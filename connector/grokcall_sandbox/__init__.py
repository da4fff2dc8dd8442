"""The sandbox: a local HTTP server that speaks xAI's API, so that everything runs with no key and no network.

Its answers come from plain local rules and its media are made on the spot; they depend only on the request and the
seed. Model ids, prices and the shapes of replies and errors are those of the service; `owned_by` is
`grokcall-sandbox`.

Example:
    >>> from grokcall_sandbox import SANDBOX_KEY, Sandbox
    >>> with Sandbox() as sandbox:
    ...     sandbox.base_url, SANDBOX_KEY  # doctest: +SKIP
"""

try:
    import av as _av
    import PIL as _PIL
    import starlette as _starlette
    import uvicorn as _uvicorn
except ImportError as _missing:
    raise ImportError(
        f"the sandbox needs the package {_missing.name!r}: pip install 'grokcall[sandbox]'", name=_missing.name
    ) from _missing

from grokcall_sandbox.app import create_app
from grokcall_sandbox.keys import MANAGEMENT_KEY, SANDBOX_KEY
from grokcall_sandbox.profiles import PROFILES
from grokcall_sandbox.server import Sandbox
from grokcall_sandbox.state import REFUSALS

del _av, _PIL, _starlette, _uvicorn

__all__ = ["MANAGEMENT_KEY", "PROFILES", "REFUSALS", "SANDBOX_KEY", "Sandbox", "create_app"]
