"""The sandbox: a local HTTP server that speaks xAI's API, so that everything runs with no key and no network.

>>> from grokcall.sandbox import SANDBOX_KEY, Sandbox
>>> with Sandbox() as sandbox:
...     sandbox.base_url, SANDBOX_KEY  # doctest: +SKIP
"""

from grokcall_sandbox import MANAGEMENT_KEY, PROFILES, REFUSALS, SANDBOX_KEY, Sandbox, create_app

__all__ = ["MANAGEMENT_KEY", "PROFILES", "REFUSALS", "SANDBOX_KEY", "Sandbox", "create_app"]
