"""Every error that a call can raise, with the facts of it as attributes: the one tree.

    Warning                                     PEP 249's, kept for it
    Error                                       PEP 249's root: every error that is raised on purpose
    ├── InterfaceError                          the library was used in a way that it cannot serve
    ├── DatabaseError
    │   ├── DataError                           a value that does not fit, or an answer that does not do
    │   │   ├── AnswerRefusedError              the model refused to answer, where only answers count
    │   │   ├── BadValueError                   a value does not fit its parameter
    │   │   ├── IncompleteAnswerError           the answer was cut short, where only whole ones count
    │   │   ├── MalformedReplyError             the answer is not what the API promises
    │   │   │   └── AnswerMismatchError         the answer does not have the declared columns
    │   │   ├── MediaError                      an image, audio or a video could not be fetched
    │   │   └── UnsafeAddressError              the service named an address that nothing is fetched from
    │   ├── FailedReplyError                    a success status with a failure in the body; becomes a ServiceError
    │   ├── IntegrityError                      PEP 249's, kept for it
    │   ├── InternalError                       a fault of this library
    │   ├── NotSupportedError                   asked for something that is not done here
    │   ├── OperationalError                    the service, or something around it, cannot work now
    │   │   ├── BatchPendingError               the batches of a lookup are not done yet
    │   │   ├── BudgetReachedError              a limit of cost, calls, tokens or time is reached
    │   │   ├── ConversationBrokenError         an earlier turn of a lookup's conversation has no answer
    │   │   ├── JournalError                    the journal cannot do its work
    │   │   │   ├── JournalBusyError            another process writes to it
    │   │   │   ├── JournalDamagedError         it is damaged
    │   │   │   └── JournalPathError            (also InterfaceError) the file that was named cannot be one
    │   │   ├── MissingKeyError                 no key in any of the places
    │   │   │   ├── MissingManagementKeyError   no management key, which the management host asks for
    │   │   │   └── MissingToolSecretError      the environment has no secret of the name that a tool gives
    │   │   ├── NotReadyError                   what the service works on was not ready in time; it can be had later
    │   │   ├── OutputClosed                    the program that reads the output went away
    │   │   ├── OutputFull                      there is no space left for the output
    │   │   ├── RedirectedError                 base_url sends calls on to another address
    │   │   ├── StoppedError                    whoever ran a statement, a lookup or a query has stopped it
    │   │   ├── ToolError                       a tool that the model called failed, and the call with it
    │   │   ├── TransportError                  there is no whole answer
    │   │   │   ├── ConnectionCutError          the connection ended after it may have been served
    │   │   │   ├── NotSentError                nothing can have been served
    │   │   │   ├── ReadTimeoutError            the answer did not come in time
    │   │   │   ├── ReplyTooLargeError          (also DataError) the answer is longer than allowed
    │   │   │   └── StreamCutError              an answer in pieces was cut off before its end
    │   │   └── UnansweredError                 a batch ended and gave a request no answer
    │   ├── ProgrammingError                    the statement or its parameters are wrong
    │   │   ├── ChangeNotAllowedError           something would be changed or removed that was not to be
    │   │   └── StatementError                  a fault in the text, with its place
    │   │       ├── ArgumentsError              too many, given twice, missing, or in the wrong order
    │   │       ├── CallSyntaxError             the text is no statement of ours
    │   │       └── UnknownNameError            no procedure, parameter or marker of this name
    │   └── RecordedError                       an error of an earlier run, from the journal
    ├── LookupFailedError                       a row ended the lookup
    └── ServiceError                            the API answered, and said no
        ├── AuthenticationError                 (also OperationalError) the key is wrong
        ├── ContentRefusedError                 (also DataError) the content policy refused prompt or answer
        ├── CreditsExhaustedError               (also OperationalError) no credits, or the spending limit is reached
        ├── InvalidRequestError                 (also ProgrammingError) the request is wrong as it stands
        ├── NotFoundError                       (also ProgrammingError) no such model, file, response or route
        ├── PermissionDeniedError               (also OperationalError) the key may not do this
        ├── RateLimitedError                    (also OperationalError) wait, then try again
        └── ServerFailureError                  (also OperationalError) the service failed or is overloaded
    CallStoppedError                            inside the scheduler only: the call is to be made anew

Each has two parents where it helps: where it came from, and what PEP 249 calls it. ``error_code`` is a short word that
stays the same from release to release; ``retryable`` tells whether a later try can succeed with nothing changed;
``systemic`` whether every row would fail alike. All of them can be pickled.

The classes stand in modules by family beside this one; they are to be taken from here. Those that parser and procedures
raise stand in these packages, which know nothing of this one.
"""

from grokcall.errors.answers import AnswerRefusedError, IncompleteAnswerError, MediaError, ToolError
from grokcall.errors.budget import BudgetReachedError
from grokcall.errors.connection import (
    ChangeNotAllowedError,
    ConnectionCutError,
    MissingKeyError,
    MissingManagementKeyError,
    MissingToolSecretError,
    NotSentError,
    ReadTimeoutError,
    RedirectedError,
    ReplyTooLargeError,
    StreamCutError,
    TransportError,
)
from grokcall.errors.facts import error_code, is_retryable, is_systemic, request_id_of
from grokcall.errors.journal import JournalBusyError, JournalDamagedError, JournalError, JournalPathError, RecordedError
from grokcall.errors.lookup import (
    BatchPendingError,
    CallStoppedError,
    ConversationBrokenError,
    LookupFailedError,
    OutputClosed,
    OutputFull,
    StoppedError,
    UnansweredError,
)
from grokcall.errors.service import (
    AuthenticationError,
    ContentRefusedError,
    CreditsExhaustedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerFailureError,
    ServiceError,
)
from grokcall_parser.errors import (
    ArgumentsError,
    CallSyntaxError,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StatementError,
    UnknownNameError,
    Warning,  # noqa: A004 - PEP 249 fixes the name
)
from grokcall_procedures.errors import (
    AnswerMismatchError,
    BadValueError,
    FailedReplyError,
    MalformedReplyError,
    NotReadyError,
    UnsafeAddressError,
)

__all__ = [
    "AnswerMismatchError",
    "AnswerRefusedError",
    "ArgumentsError",
    "AuthenticationError",
    "BadValueError",
    "BatchPendingError",
    "BudgetReachedError",
    "CallStoppedError",
    "CallSyntaxError",
    "ChangeNotAllowedError",
    "ConnectionCutError",
    "ContentRefusedError",
    "ConversationBrokenError",
    "CreditsExhaustedError",
    "DataError",
    "DatabaseError",
    "Error",
    "FailedReplyError",
    "IncompleteAnswerError",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "InvalidRequestError",
    "JournalBusyError",
    "JournalDamagedError",
    "JournalError",
    "JournalPathError",
    "LookupFailedError",
    "MalformedReplyError",
    "MediaError",
    "MissingKeyError",
    "MissingManagementKeyError",
    "MissingToolSecretError",
    "NotFoundError",
    "NotReadyError",
    "NotSentError",
    "NotSupportedError",
    "OperationalError",
    "OutputClosed",
    "OutputFull",
    "PermissionDeniedError",
    "ProgrammingError",
    "RateLimitedError",
    "ReadTimeoutError",
    "RecordedError",
    "RedirectedError",
    "ReplyTooLargeError",
    "ServerFailureError",
    "ServiceError",
    "StatementError",
    "StoppedError",
    "StreamCutError",
    "ToolError",
    "TransportError",
    "UnansweredError",
    "UnknownNameError",
    "UnsafeAddressError",
    "Warning",
    "error_code",
    "is_retryable",
    "is_systemic",
    "request_id_of",
]
