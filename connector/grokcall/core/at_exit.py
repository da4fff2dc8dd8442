"""What is closed when the program ends, although nobody has closed it."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable

_in_use: set[weakref.WeakMethod[Callable[[], None]]] = set()


def close_at_exit(close: Callable[[], None]) -> None:
    """Has a thing closed at the end of the program, if it still lives: libraries below complain of open sockets.

    Args:
        close: The method that closes it; harmless when repeated.
    """
    _in_use.add(weakref.WeakMethod(close, _in_use.discard))


@atexit.register
def _close_forgotten() -> None:
    for each in tuple(_in_use):
        close = each()
        if close is not None:
            close()
