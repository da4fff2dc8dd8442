"""What goes wrong with a journal, and the errors that it holds."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall_parser.errors import DatabaseError, InterfaceError, OperationalError


class JournalError(OperationalError):
    """The journal cannot do its work. Without it no further call is sent, so it concerns every row alike."""

    error_code = "journal"
    retryable = False
    systemic = True


class JournalPathError(JournalError, InterfaceError):
    """The file that was named cannot be a journal; it was left as it is."""


class JournalBusyError(JournalError):
    """Another process, or another connection of this one, writes to the journal."""


class JournalDamagedError(JournalError):
    """The journal is damaged, and it could not be moved away."""


class RecordedError(DatabaseError):
    """An error of an earlier run, with the same text, code and facts.

    Args:
        message: Its text.
        code: Its word, as in the column ``Call_ErrorCode``.
        notes: What was noted on it.
        retryable: Whether a later try could succeed.
        systemic: Whether every row would have failed alike.
        reply: The text of a reply that could not be read, where no column has a place for it.
        request_id: What the service calls the request.
        cost_ticks: What it was billed, in ticks of 1e-10 USD.
    """

    def __init__(
        self,
        message: str,
        code: str = "internal",
        *,
        notes: Sequence[str] = (),
        retryable: bool = False,
        systemic: bool = False,
        reply: str | None = None,
        request_id: str | None = None,
        cost_ticks: int | None = None,
    ) -> None:
        super().__init__(message)
        self.error_code: str = code
        self.retryable: bool = retryable
        self.systemic: bool = systemic
        self.reply: str | None = reply
        self.request_id = request_id
        self.cost_ticks = cost_ticks
        for note in notes:
            self.add_note(note)
