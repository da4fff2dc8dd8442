"""What a process that was forked does with what was open before: it leaves it to its parent and begins anew.

In the child there is no thread but the one that forked, so a lock that another held stays locked, and a loop stands
still. What is open there is also the parent's: to close an event loop, a socket or a journal would reach into it.
"""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something that has to begin anew in the child of a fork."""

    def leave_to_parent(self) -> None:
        """Called in the child: makes new locks, lets go what is the parent's; must not wait for anything."""
        ...


_followed: weakref.WeakValueDictionary[int, Forkable] = weakref.WeakValueDictionary()  # not all can be hashed


def follow_forks(thing: Forkable) -> None:
    """Has a thing begin anew in the child of each fork, for as long as it lives."""
    _followed[id(thing)] = thing


def abandon(*things: object) -> None:
    """Keeps things from ever being closed in this process, at its end neither: they belong to the parent."""
    for thing in things:
        if thing is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def _begin_anew() -> None:
    for thing in tuple(_followed.values()):
        thing.leave_to_parent()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_begin_anew)
