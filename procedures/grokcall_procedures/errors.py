"""The errors that procedures raise; what they are made from stands in :mod:`grokcall_parser.errors`.

    DatabaseError
    ├── DataError
    │   ├── BadValueError                 a value does not fit its parameter
    │   ├── MalformedReplyError           the answer is not what the API promises
    │   │   └── AnswerMismatchError       the answer does not have the declared columns
    │   └── UnsafeAddressError            the service named an address that nothing is fetched from
    ├── FailedReplyError                  a success status with a failure in the body
    └── OperationalError
        └── NotReadyError                 what the service works on was not ready in time; it can be had later

They are part of the tree of :mod:`grokcall.errors`, which has all.
"""

from __future__ import annotations

from grokcall_parser.errors import DatabaseError, DataError, OperationalError, masked


class BadValueError(DataError):
    """A value does not fit its parameter.

    Args:
        reason: What is wrong with it.
        procedure: The procedure that has the parameter.
        parameter: The parameter.
        position: Where the parameter stands among the others, from 1.
        pointer: The piece of the statement, with a line that points at the place; empty where there is none.
    """

    def __init__(self, reason: str, procedure: str, parameter: str, position: int, pointer: str = "") -> None:
        reason, pointer = masked(reason), masked(pointer)
        self.reason = reason
        self.procedure = procedure
        self.parameter = parameter
        self.position = position
        self.pointer = pointer
        place = f"{procedure}: parameter {parameter} (position {position})"
        super().__init__(f"{place}: {reason}" + (f"\n{pointer}" if pointer else ""))

    def __reduce__(self) -> tuple[type[BadValueError], tuple[object, ...]]:
        return type(self), (self.reason, self.procedure, self.parameter, self.position, self.pointer)


class FailedReplyError(DatabaseError):
    """The API answered with a success status and said in the body that the work failed.

    The connector turns it into the service error that fits ``code`` and ``message``.

    Args:
        code: The service's word for it.
        message: The service's sentence.
        cost_ticks: What it was billed, in ticks of 1e-10 USD.
    """

    def __init__(self, code: str | None, message: str, *, cost_ticks: int | None = None) -> None:
        self.code = code
        self.message = message
        self.cost_ticks = cost_ticks
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.code, self.message), {"cost_ticks": self.cost_ticks}


class MalformedReplyError(DataError):
    """The API said yes, and its answer is not what it promises: no JSON, another type, a member missing.

    Args:
        message: What came.
        request_id: What the service calls the request.
        row: The result as far as it could be read, with the answer's own text, which was paid for.
    """

    error_code: str = "malformed_reply"
    retryable = False

    def __init__(self, message: str, *, request_id: str | None = None, row: tuple[object, ...] | None = None) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.row = row


class NotReadyError(OperationalError):
    """What the service works on was not ready in time; ``statement`` fetches it later without paying again.

    Args:
        message: What was waited for, and how long.
        request_id: What the service calls it.
        statement: The CALL that fetches it.
        error_code: ``video_timeout``, ``deferred_timeout`` or ``indexing_timeout``.
    """

    error_code: str = "video_timeout"
    retryable = False

    def __init__(
        self, message: str, request_id: str, *, statement: str = "", error_code: str = "video_timeout"
    ) -> None:
        self.request_id = request_id
        self.statement = statement
        self.error_code = error_code
        super().__init__(message)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.request_id), dict(self.__dict__)


class AnswerMismatchError(MalformedReplyError):
    """There is no answer with the declared columns, however often it was asked for.

    Args:
        message: What was expected, and what came.
        column: The place in the answer, such as ``tags[2]``; None where there is no single one.
        error_code: ``answer_mismatch`` for answers that do not fit; ``incomplete`` for one that was cut short and
            ``refusal`` for one in which the model refused, neither of which is asked for again.
        request_id: What the service calls the request.
        row: The result without the declared columns.
    """

    def __init__(
        self,
        message: str,
        column: str | None = None,
        error_code: str = "answer_mismatch",
        *,
        request_id: str | None = None,
        row: tuple[object, ...] | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id, row=row)
        self.column = column
        self.error_code = error_code


class UnsafeAddressError(DataError):
    """The service named an address for its result that nothing is fetched from."""
