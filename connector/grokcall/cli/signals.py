"""The signals that end a command: Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

TERMINATING: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)
TERMINATION_PATIENCE = 5.0
"""Seconds that answers are waited for after these: who sends them kills the process after a while, mostly ten."""
ENDING: tuple[signal.Signals, ...] = (signal.SIGINT, *TERMINATING)
"""The signals that end a command."""

Heard = Callable[[int], None]


class TerminationError(KeyboardInterrupt):
    """SIGTERM or SIGHUP: an interrupt with less patience."""

    patience: float = TERMINATION_PATIENCE


def interrupt_of(number: int) -> KeyboardInterrupt:
    """What is raised for a signal."""
    return TerminationError() if number in TERMINATING else KeyboardInterrupt()


@contextmanager
def terminations_raised() -> Iterator[None]:
    """Has SIGTERM and SIGHUP raise :class:`TerminationError` inside the block, unless somebody sees to them already."""

    def terminate(number: int) -> None:
        raise interrupt_of(number)

    untouched = [number for number in TERMINATING if signal.getsignal(number) is signal.SIG_DFL]
    with heard(untouched, terminate):
        yield


@contextmanager
def endings_heard(tell: Heard) -> Iterator[None]:
    """Has the signals that end a command call ``tell`` inside the block, but for those that are ignored."""
    wanted = [number for number in ENDING if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN]
    with heard(wanted, tell):
        yield


@contextmanager
def heard(numbers: list[signal.Signals] | list[int], tell: Heard) -> Iterator[None]:
    """Has signals call ``tell`` inside the block; the handlers from before are put back after it."""
    if threading.current_thread() is not threading.main_thread():  # it alone may set handlers
        yield
        return
    terminals = [descriptor for descriptor in (1, 2) if is_terminal(descriptor)]

    def handle(number: int, _frame: FrameType | None) -> None:
        if number == getattr(signal, "SIGHUP", None):
            for descriptor in terminals:
                forget(descriptor)
        tell(number)

    before = {number: signal.getsignal(number) for number in numbers}
    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def is_terminal(descriptor: int) -> bool:
    """Whether a descriptor is open and that of a terminal."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False


def forget(descriptor: int) -> None:
    """Sends what is still written to a descriptor nowhere: whoever reads it has gone, and it would be an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
