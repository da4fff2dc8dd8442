"""Where the API key comes from, and the management key.

The API key is looked for in this order: the argument ``api_key``, the variable ``XAI_API_KEY``, the file that
``XAI_API_KEY_FILE`` names, the keyring of the system, the profile in the configuration file. The management key has
places of its own, in the same order: see :mod:`grokcall.config.key_places`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Generic, TypeAlias

from grokcall.config.key_places import API_KEY, KEYRING_SERVICE, ApiKey, K, Key, KeyPlaces
from grokcall.config.profiles import read_profile, variable, warn_when_readable_by_all
from grokcall.core.forks import follow_forks
from grokcall.core.redaction import HiddenText, SecretKey, get_logger, hidden

__all__ = ["KEYRING_SERVICE", "LARGEST_KEY_FILE", "ExplicitKey", "Key", "KeySource", "SecretKey", "find_key"]

LARGEST_KEY_FILE = 16 * 1024
"""Bytes of a key file that are read."""

ExplicitKey: TypeAlias = str | SecretKey | Callable[[], str | SecretKey] | None

log: logging.Logger = get_logger(__name__)


class KeySource(Generic[K]):
    """A key of a connection: found when it is first needed, and asked for again where a function gives it.

    Args:
        places: Which of the keys it is, and where it is looked for.
        explicit: The argument ``api_key`` or ``management_key``.
        profile: The profile whose key to take.
    """

    def __init__(self, places: KeyPlaces[K], explicit: ExplicitKey = None, *, profile: str | None = None) -> None:
        self.places = places
        self._explicit: ExplicitKey = hidden(explicit)
        self._profile = profile
        self._lock = threading.Lock()
        self._key: K | None = None
        follow_forks(self)

    def key(self) -> K:
        """The key as it is now.

        Raises:
            MissingKeyError: There is none.
        """
        with self._lock:
            if self._key is None:
                self._key = found_at(self.places, self._explicit, profile=self._profile)
            return self._key

    def leave_to_parent(self) -> None:
        """Makes the lock anew in the child of a fork."""
        self._lock = threading.Lock()

    def renew(self, refused: K) -> bool:
        """Whether there is another key now than the one that the service has refused.

        A function is called once for all requests that were sent with the refused key, whoever comes first.
        """
        if not callable(self._explicit):
            return False
        with self._lock:
            key = self._key
            if key is refused:
                try:
                    key = found_at(self.places, self._explicit)
                except Exception as error:  # The function is the user's and may raise what it likes.
                    given, failed = self.places.argument, type(error).__name__
                    log.warning("The function given as %s gave no new key (%s)", given, failed)
                    key = self.places.key(refused.value, refused.source)
                self._key = key
            return key is not None and key.value != refused.value


def find_key(
    explicit: ExplicitKey = None, *, profile: str | None = None, environ: Mapping[str, str] | None = None
) -> ApiKey:
    """The API key to use, from the first place that has one.

    Args:
        explicit: The argument ``api_key``; a function is called now.
        profile: The profile whose key to take, from the keyring or the configuration file.
        environ: The environment variables; None for those of the process.

    Raises:
        MissingKeyError: No place has a key, or the first that has one holds something that cannot be a key.

    >>> find_key(environ={"XAI_API_KEY": "xai-0123456789"}).source
    'XAI_API_KEY'
    """
    return found_at(API_KEY, explicit, profile=profile, environ=environ)


def found_at(
    places: KeyPlaces[K],
    explicit: ExplicitKey = None,
    *,
    profile: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> K:
    """One of the keys, from the first of its places that has one; as :func:`find_key`.

    Raises:
        MissingKeyError: No place has a key, or the first that has one holds something that cannot be a key.
        MissingManagementKeyError: The same for the management key.
    """
    explicit = hidden(explicit)
    if explicit is not None:
        given = hidden(explicit() if callable(explicit) else explicit)
        source = "the function given as" if callable(explicit) else "the argument"
        return _checked(places, given, f"{source} {places.argument}")
    looked_at = [f"the argument {places.argument}: not given"]
    for name in places.variables:
        if value := HiddenText((variable(name, environ) or "").strip()):
            return _checked(places, value, name)
        looked_at.append(f"{name}: not set")
    for name in (f"{each}_FILE" for each in places.variables):
        if path := (variable(name, environ) or "").strip():
            return _checked(places, _file_text(places, Path(path).expanduser(), name), f"the file {path} ({name})")
        looked_at.append(f"{name}: not set")
    user = profile or "default"
    entry, note = _keyring_entry(places.keyring, user)
    if entry:
        return _checked(places, entry, f"the keyring (service {places.keyring}, user {user})")
    looked_at.append(f"the keyring (service {places.keyring}, user {user}): {note}")
    settings = read_profile(profile, environ)
    if (kept := settings.keys.get(places.argument)) is not None:
        return _checked(places, kept, f"{places.argument} in {settings.source}")
    looked_at.append(f"{settings.source}: no {places.argument}")
    told = f"There is no {places.called}. Looked at {'; '.join(looked_at)}. {places.remedy}"
    raise places.missing(told, looked_at=looked_at)


def _checked(places: KeyPlaces[K], given: object, source: str) -> K:
    """The key of a text that can be one; the error for another shows nothing of it."""
    which, remedy = f"The {places.called} from {source}", places.remedy
    text = given.reveal() if isinstance(given, SecretKey) else given
    if not isinstance(text, str):
        raise places.missing(f"{which} is a {type(text).__name__}, not a text. {remedy}")
    text = HiddenText(text.strip())
    if not text:
        raise places.missing(f"{which} is empty. {remedy}")
    if not all("!" <= character <= "~" for character in text):
        raise places.missing(
            f"{which} has spaces, line breaks or characters beyond ASCII inside, so that it cannot"
            f" be a key; was something else copied with it? {remedy}"
        )
    return places.key(SecretKey(text), source)


def _file_text(places: KeyPlaces[K], path: Path, variable_name: str) -> str:
    try:
        with path.open("rb") as file:
            text = HiddenText(file.read(LARGEST_KEY_FILE).decode("utf-8-sig", "replace"))
        warn_when_readable_by_all(path)
    except OSError as error:
        raise places.missing(
            f"The file {path}, which {variable_name} names, cannot be read: {error.strerror}. {places.remedy}"
        ) from None
    return text


def _keyring_entry(service: str, user: str) -> tuple[str | None, str]:
    """The entry of the system's keyring, and what was found when there is none."""
    try:
        import keyring
    except ImportError:
        return None, "the package keyring is not installed"
    try:
        return hidden(keyring.get_password(service, user)), "no entry"
    except Exception as error:  # Backends raise what they like; a machine without a desktop has none at all.
        log.debug("The keyring cannot be asked", exc_info=error)
        return None, f"it cannot be asked ({type(error).__name__})"
