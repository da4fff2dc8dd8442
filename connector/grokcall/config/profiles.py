"""The configuration file: named sets of options, written in TOML.

    [default]
    max_attempts = 8

    [profiles.work]
    api_key = "…"
    base_url = "https://us.api.x.ai/v1"
    default_models = { text = "grok-4.6" }

It is ``$GROKCALL_CONFIG``, or else ``grokcall/config.toml`` in ``$XDG_CONFIG_HOME`` (``~/.config``).
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from grokcall.core.redaction import get_logger, hidden
from grokcall.errors import InterfaceError
from grokcall_parser.suggestions import hint

KEYS = ("api_key", "management_key")
"""What a profile may hold that is no option and is shown nowhere."""

log: logging.Logger = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Profile:
    """One table of the configuration file."""

    name: str
    path: Path
    options: Mapping[str, object]
    """What the table says, without the keys."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The keys that it holds, by their names."""

    @property
    def source(self) -> str:
        """How messages name this profile."""
        return f"the profile {self.name!r} in {self.path}"


def variable(name: str, environ: Mapping[str, str] | None = None) -> str | None:
    """A variable of the environment, or of ``environ``; None where it is not set.

    The environment itself is in no local variable, whose repr would show every secret in it.
    """
    return (os.environ if environ is None else environ).get(name)


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    """Where the configuration file is, or would be."""
    if chosen := variable("GROKCALL_CONFIG", environ):
        return Path(chosen).expanduser()
    folder = Path(variable("XDG_CONFIG_HOME", environ) or "~/.config")
    with suppress(RuntimeError):  # nobody says where home is
        folder = folder.expanduser()
    return folder / "grokcall" / "config.toml"


def read_profile(name: str | None, environ: Mapping[str, str] | None = None) -> Profile:
    """The profile ``name``, or the table ``[default]`` for None, which may be missing.

    A named profile stands alone: nothing of ``[default]`` is mixed into it, so that a key never goes to the address of
    another profile.

    Raises:
        InterfaceError: The file is no TOML, cannot be read, or has no profile of this name.
    """
    path = config_path(environ)
    document = _document(path, needed=name is not None or variable("GROKCALL_CONFIG", environ) is not None)
    if name is None or name == "default":
        table = document.get("default", {})
    else:
        profiles = document.get("profiles", {})
        if not isinstance(profiles, dict) or name not in profiles:
            raise InterfaceError(f"{path} has no profile {name!r}{_suggestion(name, profiles)}")
        table = profiles[name]
    if not isinstance(table, dict):
        raise InterfaceError(f"{path}: the profile {name or 'default'!r} has to be a table of options.")
    keys = {each: table[each] for each in KEYS if each in table}
    for each, value in keys.items():
        if not isinstance(value, str):
            raise InterfaceError(f"{path}: {each} in the profile {name or 'default'!r} has to be a text in quotes.")
    if keys:
        warn_when_readable_by_all(path)
    options = {option: value for option, value in table.items() if option not in KEYS}
    return Profile(name or "default", path, options, keys)


def warn_when_readable_by_all(path: Path) -> None:
    """Logs a warning when a file that holds a key can be read by every user of the machine."""
    if os.name == "posix" and path.stat().st_mode & 0o004:
        log.warning("%s holds a key and every user of this machine can read it; run: chmod 600 %s", path, path)


def _document(path: Path, *, needed: bool) -> dict[str, object]:
    try:
        return keys_hidden(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        if not needed:
            return {}
        raise InterfaceError(f"There is no configuration file {path}.") from None
    except OSError as error:
        if not needed and isinstance(error, PermissionError) and not reaches(path):
            return {}
        raise InterfaceError(f"The configuration file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise InterfaceError(f"The configuration file {path} is no valid TOML: {error}.") from None


def reaches(path: Path) -> bool:
    """Whether the folder of a file may be entered: another user's home holds nothing of ours."""
    try:
        path.lstat()
    except PermissionError:
        return False
    except OSError:
        pass
    return True


def keys_hidden(table: dict[str, object]) -> dict[str, object]:
    """A table whose keys, and those of the tables in it, no repr shows."""
    return {
        name: keys_hidden(value) if isinstance(value, dict) else hidden(value) if name in KEYS else value
        for name, value in table.items()
    }


def _suggestion(name: str, profiles: object) -> str:
    names = sorted(profiles) if isinstance(profiles, dict) else []
    return f"; {hint(name, names, quoted=True)}"
