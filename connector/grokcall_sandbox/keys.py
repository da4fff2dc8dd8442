"""Which API keys the sandbox takes, and how it refuses the others."""

from grokcall_sandbox.errors import DENIED, ApiError, out_of_credits

SANDBOX_KEY = "xai-sandbox"
"""The key the command line sends to the sandbox. Any other is taken too, save those with a telling word in them."""

_WRONG = ("wrong", "invalid")


def check_key(authorization: str) -> None:
    """Let a request with a usable key pass.

    A key with `wrong` or `invalid` in it is refused as an incorrect key, one with `blocked` as a blocked key, one
    with `broke` as a key of a team without credits.

    Raises:
        ApiError: 401 without a bearer key, 400 for a wrong one, 403 for a blocked one, 429 without credits.
    """
    scheme, _, key = authorization.partition(" ")
    key = key.strip().lower()
    if scheme.lower() != "bearer" or not key:
        raise ApiError(
            401,
            "Missing or malformed Authorization header; expected `Authorization: Bearer <API key>`.",
            "unauthenticated",
            identified=False,
        )
    if any(word in key for word in _WRONG):
        raise ApiError(
            400,
            "Incorrect API key provided. You can obtain an API key from https://console.x.ai.",
            identified=False,
        )
    if "blocked" in key:
        raise ApiError(403, "Access to the chat endpoint is denied. The API key is blocked.", DENIED)
    if "broke" in key:
        raise out_of_credits()
