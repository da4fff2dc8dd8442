"""Where the API key comes from.

It is looked for in this order: the argument ``api_key``, the variable ``XAI_API_KEY``, the file that
``XAI_API_KEY_FILE`` names, the keyring of the system, the profile in the configuration file.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from grokcall.config.profiles import read_profile, variable, warn_when_readable_by_all
from grokcall.core.forks import follow_forks
from grokcall.core.redaction import HiddenText, SecretKey, get_logger, hidden
from grokcall.errors import MissingKeyError

__all__ = ["KEYRING_SERVICE", "LARGEST_KEY_FILE", "ExplicitKey", "Key", "KeySource", "SecretKey", "find_key"]

KEYRING_SERVICE = "grokcall"
"""The service under which a keyring holds the key; the user is the name of the profile, or ``default``."""

LARGEST_KEY_FILE = 16 * 1024
"""Bytes of a key file that are read."""

ExplicitKey: TypeAlias = str | SecretKey | Callable[[], str | SecretKey] | None

log: logging.Logger = get_logger(__name__)

_REMEDY = (
    "Set XAI_API_KEY, name a file in XAI_API_KEY_FILE, or pass api_key= (a text, or a function that returns one);"
    " keys are made at https://console.x.ai. The built-in sandbox (--sandbox, docs/sandbox.md) needs none."
)


@dataclass(frozen=True, slots=True)
class Key:
    """An API key, and in words where it came from."""

    value: SecretKey
    source: str


class KeySource:
    """The key of a connection: found when it is first needed, and asked for again where a function gives it.

    Args:
        explicit: The argument ``api_key``.
        profile: The profile whose key to take.
    """

    def __init__(self, explicit: ExplicitKey = None, *, profile: str | None = None) -> None:
        self._explicit: ExplicitKey = hidden(explicit)
        self._profile = profile
        self._lock = threading.Lock()
        self._key: Key | None = None
        follow_forks(self)

    def key(self) -> Key:
        """The key as it is now.

        Raises:
            MissingKeyError: There is none.
        """
        with self._lock:
            if self._key is None:
                self._key = find_key(self._explicit, profile=self._profile)
            return self._key

    def leave_to_parent(self) -> None:
        """Makes the lock anew in the child of a fork."""
        self._lock = threading.Lock()

    def renew(self, refused: Key | None) -> bool:
        """Whether there is another key now than the one that the service has refused.

        A function is called once for all requests that were sent with the refused key, whoever comes first.
        """
        if refused is None or not callable(self._explicit):
            return False
        with self._lock:
            if self._key is refused:
                try:
                    self._key = find_key(self._explicit)
                except Exception as error:  # The function is the user's and may raise what it likes.
                    log.warning("The function given as api_key gave no new key (%s)", type(error).__name__)
                    self._key = Key(refused.value, refused.source)
            return self._key is not None and self._key.value != refused.value


def find_key(
    explicit: ExplicitKey = None, *, profile: str | None = None, environ: Mapping[str, str] | None = None
) -> Key:
    """The key to use, from the first place that has one.

    Args:
        explicit: The argument ``api_key``; a function is called now.
        profile: The profile whose key to take, from the keyring or the configuration file.
        environ: The environment variables; None for those of the process.

    Raises:
        MissingKeyError: No place has a key, or the first that has one holds something that cannot be a key.

    >>> find_key(environ={"XAI_API_KEY": "xai-0123456789"}).source
    'XAI_API_KEY'
    """
    explicit = hidden(explicit)
    if explicit is not None:
        given = hidden(explicit() if callable(explicit) else explicit)
        source = "the function given as api_key" if callable(explicit) else "the argument api_key"
        return _checked(given, source)
    looked_at = ["the argument api_key: not given"]
    if value := HiddenText((variable("XAI_API_KEY", environ) or "").strip()):
        return _checked(value, "XAI_API_KEY")
    looked_at.append("XAI_API_KEY: not set")
    if name := (variable("XAI_API_KEY_FILE", environ) or "").strip():
        return _checked(_file_text(Path(name).expanduser()), f"the file {name} (XAI_API_KEY_FILE)")
    looked_at.append("XAI_API_KEY_FILE: not set")
    user = profile or "default"
    entry, note = _keyring_entry(user)
    if entry:
        return _checked(entry, f"the keyring (service {KEYRING_SERVICE}, user {user})")
    looked_at.append(f"the keyring (service {KEYRING_SERVICE}, user {user}): {note}")
    settings = read_profile(profile, environ)
    if settings.api_key is not None:
        return _checked(settings.api_key, f"api_key in {settings.source}")
    looked_at.append(f"{settings.source}: no api_key")
    raise MissingKeyError(f"There is no API key. Looked at {'; '.join(looked_at)}. {_REMEDY}", looked_at=looked_at)


def _checked(given: object, source: str) -> Key:
    """The key of a text that can be one; the error for another shows nothing of it."""
    text = given.reveal() if isinstance(given, SecretKey) else given
    if not isinstance(text, str):
        raise MissingKeyError(f"The API key from {source} is a {type(text).__name__}, not a text. {_REMEDY}")
    text = HiddenText(text.strip())
    if not text:
        raise MissingKeyError(f"The API key from {source} is empty. {_REMEDY}")
    if not all("!" <= character <= "~" for character in text):
        raise MissingKeyError(
            f"The API key from {source} has spaces, line breaks or characters beyond ASCII inside, so that it cannot"
            f" be a key; was something else copied with it? {_REMEDY}"
        )
    return Key(SecretKey(text), source)


def _file_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = HiddenText(file.read(LARGEST_KEY_FILE).decode("utf-8-sig", "replace"))
        warn_when_readable_by_all(path)
    except OSError as error:
        raise MissingKeyError(
            f"The file {path}, which XAI_API_KEY_FILE names, cannot be read: {error.strerror}. {_REMEDY}"
        ) from None
    return text


def _keyring_entry(user: str) -> tuple[str | None, str]:
    """The entry of the system's keyring, and what was found when there is none."""
    try:
        import keyring
    except ImportError:
        return None, "the package keyring is not installed"
    try:
        return hidden(keyring.get_password(KEYRING_SERVICE, user)), "no entry"
    except Exception as error:  # Backends raise what they like; a machine without a desktop has none at all.
        log.debug("The keyring cannot be asked", exc_info=error)
        return None, f"it cannot be asked ({type(error).__name__})"
