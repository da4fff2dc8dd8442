"""Exit codes, and the one place where an error becomes a line and a code."""

from __future__ import annotations

import enum
import sys
import traceback

from rich.console import Console

from grokcall._version import __version__
from grokcall.cli.screens import shown
from grokcall.cli.signals import forget
from grokcall.core.redaction import redact
from grokcall.errors import (
    AnswerRefusedError,
    AuthenticationError,
    BudgetReachedError,
    CreditsExhaustedError,
    DataError,
    Error,
    IncompleteAnswerError,
    InterfaceError,
    LookupFailedError,
    MalformedReplyError,
    MediaError,
    MissingKeyError,
    NotSentError,
    NotSupportedError,
    OutputClosed,
    PermissionDeniedError,
    ProgrammingError,
    ServerFailureError,
    ServiceError,
    TransportError,
)

LONGEST_FAULT = 500
"""Characters of an error that nobody foresaw: it may quote a row."""


class Exit(enum.IntEnum):
    """What the command's exit code says."""

    FINE = 0
    FAILED_ROWS = 1
    """Finished, but rows failed; or a single call failed at the service."""
    USAGE = 2
    """The statement, a value, an option or an input is wrong: nothing was sent."""
    KEY_REFUSED = 3
    BUDGET = 4
    """Stopped by a budget, the service's spending limit included; can be continued."""
    UNREACHABLE = 5
    INTERRUPTED = 130


EXITS: tuple[tuple[tuple[type[BaseException], ...], Exit], ...] = (
    ((AuthenticationError, PermissionDeniedError, MissingKeyError), Exit.KEY_REFUSED),
    ((CreditsExhaustedError, BudgetReachedError), Exit.BUDGET),
    ((NotSentError, ServerFailureError), Exit.UNREACHABLE),
    (
        (
            ServiceError,
            TransportError,
            MalformedReplyError,
            MediaError,
            IncompleteAnswerError,
            AnswerRefusedError,
        ),
        Exit.FAILED_ROWS,
    ),
    ((ProgrammingError, NotSupportedError, DataError, InterfaceError), Exit.USAGE),
    ((KeyboardInterrupt,), Exit.INTERRUPTED),
)


def exit_of(error: BaseException) -> Exit:
    """The exit code for an error that ended the command."""
    if isinstance(error, LookupFailedError):
        return exit_of(error.cause) if isinstance(error.cause, ServiceError) else Exit.FAILED_ROWS
    return next((code for kinds, code in EXITS if isinstance(error, kinds)), Exit.FAILED_ROWS)


def one_line(error: BaseException) -> str:
    """What is shown of an error: its sentence, and the pointer into the statement where there is one."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, OSError):
        return redact(f"{error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
    text = str(error) or type(error).__name__
    return redact(text if isinstance(error, Error | ImportError) else f"{type(error).__name__}: {text}")


def exit_after(error: BaseException, console: Console, *, traced: bool = False) -> int | None:
    """The exit code after an error, which is shown in a line, with its notes; None for what ends the program itself.

    Args:
        error: The error.
        console: Where it is shown.
        traced: Whether the traceback of an error that nobody foresaw is shown as well.
    """
    if isinstance(error, OutputClosed | BrokenPipeError):
        forget_standard_output()  # nobody reads it any more, which is no fault
        return Exit.FINE
    if not isinstance(error, Exception | KeyboardInterrupt):
        return None
    if not isinstance(error, Error | OSError | ImportError | KeyboardInterrupt):
        forget_standard_output()
        tell_unforeseen(error, console, traced=traced)
        return exit_of(error)
    if isinstance(error, OSError):
        forget_standard_output()
    tell(error, one_line(error), console)
    return exit_of(error)


def tell(error: BaseException, line: str, console: Console) -> None:
    """Shows an error in a line, and its notes below."""
    console.print(shown(f"grokcall: {line}", "red"), soft_wrap=True)
    for note in getattr(error, "__notes__", ()):
        console.print(shown(redact(note)), soft_wrap=True)


def tell_unforeseen(error: Exception, console: Console, *, traced: bool) -> None:
    """Shows an error that is a fault of ours, and what can be done."""
    if traced:
        for line in redact("".join(traceback.format_exception(error))).splitlines():
            console.print(shown(line), soft_wrap=True)
    line = " ".join(one_line(error).split())
    told = line if len(line) <= LONGEST_FAULT else f"{line[:LONGEST_FAULT]}…"
    tell(error, f"this should not happen ({told})", console)
    where = "the traceback above" if traced else "the traceback that --verbose shows"
    console.print(f"it is a fault of grokcall {__version__}; please report it with {where}", soft_wrap=True)


def forget_standard_output() -> None:
    """Sends what still waits for standard output nowhere, so that the interpreter does not trip over it at its exit."""
    if sys.stdout is not None:
        forget(sys.stdout.fileno())
