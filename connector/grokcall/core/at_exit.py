"""What is closed when the program ends, although nobody has closed it."""

from __future__ import annotations

import atexit
import weakref
from typing import Protocol


class Closable(Protocol):
    """Something that can be closed, more than once."""

    def close(self) -> None:
        """Closes it; harmless when repeated."""
        ...


_in_use: weakref.WeakSet[Closable] = weakref.WeakSet()


def close_at_exit(thing: Closable) -> None:
    """Has a thing closed at the end of the program, if it still lives: libraries below complain of open sockets."""
    _in_use.add(thing)


@atexit.register
def _close_forgotten() -> None:
    for thing in tuple(_in_use):
        thing.close()
