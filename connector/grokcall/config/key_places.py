"""The two keys of the service, and the places where each is looked for.

The API key opens the API, the management key the management host; neither is taken for the other, and their types keep
them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from grokcall.core.redaction import SecretKey
from grokcall.errors import MissingKeyError, MissingManagementKeyError

KEYRING_SERVICE = "grokcall"
"""The service under which a keyring holds the API key; the user is the name of the profile, or ``default``."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the service, and in words where it came from."""

    value: SecretKey
    source: str


class ApiKey(Key):
    """A key for the API."""

    __slots__ = ()


class ManagementKey(Key):
    """A key for the management host."""

    __slots__ = ()


K = TypeVar("K", bound=Key)


@dataclass(frozen=True, slots=True)
class KeyPlaces(Generic[K]):
    """Where one of the keys is looked for, and what is said of it.

    Args:
        key: The class of the key.
        name: What messages call it, with its article.
        argument: The argument of :func:`grokcall.connect`, which is also its name in a profile.
        variables: The environment variables, in order; each with ``_FILE`` names a file.
        keyring: The service under which a keyring holds it.
        missing: The error where there is none.
        remedy: How to give it.
    """

    key: type[K]
    name: str
    argument: str
    variables: tuple[str, ...]
    keyring: str
    missing: type[MissingKeyError]
    remedy: str

    @property
    def called(self) -> str:
        """What it is called, without an article.

        >>> MANAGEMENT_KEY.called
        'management key'
        """
        return self.name.partition(" ")[2]


API_KEY = KeyPlaces(
    ApiKey,
    "an API key",
    "api_key",
    ("XAI_API_KEY",),
    KEYRING_SERVICE,
    MissingKeyError,
    "Set XAI_API_KEY, name a file in XAI_API_KEY_FILE, or pass api_key= (a text, or a function that returns one);"
    " keys are made at https://console.x.ai. The built-in sandbox (--sandbox, docs/sandbox.md) needs none.",
)
MANAGEMENT_KEY = KeyPlaces(
    ManagementKey,
    "a management key",
    "management_key",
    ("XAI_MANAGEMENT_API_KEY", "XAI_MANAGEMENT_KEY"),
    f"{KEYRING_SERVICE}-management",
    MissingManagementKeyError,
    "Set XAI_MANAGEMENT_API_KEY, name a file in XAI_MANAGEMENT_API_KEY_FILE, or pass management_key= (a text, or a"
    " function that returns one); it is another key than the API key, made at https://console.x.ai, Settings,"
    " Management Keys. The built-in sandbox (--sandbox, docs/sandbox.md) needs none.",
)
