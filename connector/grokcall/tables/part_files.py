"""Files under hidden names, until they are whole: ours while we hold them, and swept up when their holder died."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

from grokcall.core.files import hold, is_file_of
from grokcall.tables.reserved_file import ReservedFile

TRIES = 3
"""Names that are tried: another process that sweeps may have taken a new file for a left one."""


class Part:
    """A new file beside the place where it will be, held until it is renamed or removed.

    A process that is killed leaves it behind; the next one that writes to the same place removes it.

    Args:
        place: Where it will be.

    Attributes:
        path: Where it is.
        stream: What is written into it.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, place: Path) -> None:
        sweep(place)
        for left in reversed(range(TRIES)):
            self.path: Path = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
            self.stream: ReservedFile = ReservedFile(self.path)
            self._held: int | None = held(self.path) if os.name != "nt" else None
            if self._held is not None or os.name == "nt" or (not left and self.path.exists()):
                return
            self.stream.close()
            self.path.unlink(missing_ok=True)
        raise FileNotFoundError(f"{self.path} was removed while it was made")

    def rename(self, place: Path) -> None:
        """Gives the file its name, in one step, and lets go of it."""
        self.path.replace(place)
        self._let_go()

    def remove(self) -> None:
        """Removes the file, if it is still there."""
        self._let_go()
        self.path.unlink(missing_ok=True)

    def _let_go(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None


def sweep(place: Path) -> None:
    """Removes the parts of files for ``place`` whose makers are gone."""
    if os.name == "nt":  # where a lock would keep the maker itself from writing
        return
    ours = re.compile(rf"\.{re.escape(place.name)}\.[0-9a-f]{{8}}\.part")
    with contextlib.suppress(OSError):
        for path in place.parent.iterdir():
            if ours.fullmatch(path.name) and (descriptor := held(path)) is not None:
                with contextlib.suppress(OSError):
                    # While it is held, so that nobody who has just made it goes on with it.
                    path.unlink()
                os.close(descriptor)


def held(path: Path) -> int | None:
    """The descriptor that holds a file; None where another holds it, or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return None
    if hold(descriptor) and is_file_of(descriptor, path):
        return descriptor
    os.close(descriptor)
    return None
