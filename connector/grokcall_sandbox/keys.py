"""Which API keys the sandbox takes, and how it refuses the others."""

from grokcall_sandbox.errors import DENIED, ApiError, out_of_credits

SANDBOX_KEY = "xai-sandbox"
"""The key the command line sends to the sandbox. Any other is taken too, save those with a telling word in them."""

MANAGEMENT_KEY = "xai-token-sandbox"
"""The key the command line sends to the sandbox's management host. Any other that begins as these do is taken too."""

MANAGEMENT_PREFIX = "xai-token-"
"""How keys of the management host begin; the API takes none of them."""

_WRONG = ("wrong", "invalid")


def check_key(authorization: str) -> None:
    """Let a request with a usable key pass.

    A key with `wrong` or `invalid` in it is refused as an incorrect key, one with `blocked` as a blocked key, one
    with `broke` as a key of a team without credits.

    Raises:
        ApiError: 401 without a bearer key, 400 for a wrong one, 403 for a blocked one, 429 without credits.
    """
    key = bearer(authorization)
    if key.startswith(MANAGEMENT_PREFIX) or any(word in key for word in _WRONG):
        raise wrong_key()
    if "blocked" in key:
        raise ApiError(403, "Access to the chat endpoint is denied. The API key is blocked.", DENIED)
    if "broke" in key:
        raise out_of_credits()


def check_management_key(authorization: str) -> None:
    """Let a request to the management host with a key of its own pass.

    Raises:
        ApiError: 401 without a bearer key and for one that is no management key, 403 for a blocked one.
    """
    key = bearer(authorization)
    if not key.startswith(MANAGEMENT_PREFIX) or any(word in key for word in _WRONG):
        raise ApiError(401, "Invalid management key.", "unauthenticated", identified=False)
    if "blocked" in key:
        raise ApiError(403, "The management key may not do this.", DENIED)


def may_add_files(authorization: str) -> bool:
    """Whether a management key has the permission `AddFileToCollection`; one with `limited` in it has not."""
    return "limited" not in bearer(authorization)


def bearer(authorization: str) -> str:
    """The key of a request, in small letters.

    Raises:
        ApiError: 401 where there is none.
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
    return key


def wrong_key() -> ApiError:
    """The refusal of a key that nobody has."""
    return ApiError(
        400,
        "Incorrect API key provided. You can obtain an API key from https://console.x.ai.",
        identified=False,
    )
