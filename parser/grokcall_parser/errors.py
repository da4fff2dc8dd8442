"""The errors of PEP 249, and those that a statement can cause.

    Exception
    ├── Warning
    └── Error
        ├── InterfaceError
        └── DatabaseError
            ├── DataError
            ├── OperationalError
            ├── IntegrityError
            ├── InternalError
            ├── ProgrammingError
            │   └── StatementError            a fault in the text, with its place
            │       ├── CallSyntaxError       the text is no statement of ours
            │       ├── UnknownNameError      no procedure or parameter of this name
            │       └── ArgumentsError        too many, twice, missing, or in the wrong order
            └── NotSupportedError

The tree stands in the lowest package so that every package above can raise what PEP 249 asks for.
"""

from __future__ import annotations

import re

from grokcall_parser.spans import Span, point_at

KEY = re.compile(r"xai-[A-Za-z0-9_-]{16,}")
"""What looks like a key of the API."""


def masked(text: str) -> str:
    """``text`` with stars in place of each key, as many as it had characters, so that no place in it moves.

    >>> masked("no option 'xai-0123456789abcdef'")
    "no option 'xai-****************'"
    """
    return KEY.sub(lambda found: "xai-".ljust(len(found[0]), "*"), text)


class Warning(Exception):  # noqa: A001, N818 - PEP 249 fixes the name
    """An important warning, as PEP 249 names it."""


class Error(Exception):
    """Every error that this library raises on purpose; a key that got into its message is not shown."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*(masked(each) if isinstance(each, str) else each for each in arguments))


class InterfaceError(Error):
    """The library was used in a way that it cannot serve, for example after closing."""


class DatabaseError(Error):
    """Everything that has to do with the service or the statement."""


class DataError(DatabaseError):
    """A value has the wrong type, size or range, or an answer could not be read."""


class OperationalError(DatabaseError):
    """The service could not be reached or refused to work now."""


class IntegrityError(DatabaseError):
    """Kept for PEP 249; nothing here raises it."""


class InternalError(DatabaseError):
    """A fault of this library."""


class ProgrammingError(DatabaseError):
    """The statement or its parameters are wrong; trying again cannot help."""


class NotSupportedError(DatabaseError):
    """Asked for something that this library does not do."""


class StatementError(ProgrammingError):
    """A fault in the text of a statement, which the message quotes and points at.

    Args:
        message: What is wrong and what to do, without the place.
        text: The whole statement.
        span: Where in the text; None when the fault has no single place.
        procedure: The procedure concerned, when one is known.
        parameter: The parameter concerned, when one is known.
        position: The 1-based position of the parameter or argument, when one is known.
    """

    def __init__(
        self,
        message: str,
        text: str = "",
        span: Span | None = None,
        *,
        procedure: str | None = None,
        parameter: str | None = None,
        position: int | None = None,
    ) -> None:
        message, text = masked(message), masked(text)
        self.reason = message
        """What is wrong and what to do, without the place."""
        self.text = text
        self.span = span
        self.procedure: str | None = None if procedure is None else masked(procedure)
        self.parameter: str | None = None if parameter is None else masked(parameter)
        self.position = position
        self.line: int | None = None
        """The line of the place, from 1; None where there is no single place."""
        self.column: int | None = None
        """The column of the place, from 1; None where there is no single place."""
        if span is not None:
            self.line, self.column = span.line_and_column(text)
        super().__init__(message if span is None else f"{message}\n{point_at(text, span)}")


class CallSyntaxError(StatementError):
    """The text is not a statement that this library understands."""


class UnknownNameError(StatementError):
    """There is no procedure, parameter or marker of this name."""


class ArgumentsError(StatementError):
    """Arguments are too many, given twice, missing, or in an order that cannot be."""
