"""grokcall: stored procedures for xAI's Grok API, an answer beside each row of a table.

>>> import grokcall
>>> with grokcall.connect() as connection:
...     cursor = connection.execute("CALL GenerateResponse(:Message)", {"Message": "Say hello"})  # doctest: +SKIP
...     cursor.fetchone()  # doctest: +SKIP

The module is a PEP 249 driver; ``Connection.lookup`` is the main door for tables.
"""

from grokcall import duckdb as duckdb
from grokcall._version import __version__
from grokcall.budget.budget import BudgetReachedError
from grokcall.budget.spending_limits import SpendingLimits
from grokcall.catalog.catalog import UserCatalog, open_catalog
from grokcall.config.api_key import SecretKey
from grokcall.config.options import Options
from grokcall.core.outcome import CallStatus
from grokcall.dataflow.execute_command import CommandParameter, ExecuteCommand
from grokcall.dataflow.lookup_step import Lookup
from grokcall.dbapi.connection import Connection, connect
from grokcall.dbapi.cursor import Cursor
from grokcall.dbapi.module_globals import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
    apilevel,
    paramstyle,
    threadsafety,
)
from grokcall.errors import (
    AnswerMismatchError,
    AnswerRefusedError,
    ArgumentsError,
    AuthenticationError,
    CallSyntaxError,
    ConnectionCutError,
    ContentRefusedError,
    CreditsExhaustedError,
    DatabaseError,
    DataError,
    Error,
    IncompleteAnswerError,
    IntegrityError,
    InterfaceError,
    InternalError,
    InvalidRequestError,
    MalformedReplyError,
    MediaError,
    MissingKeyError,
    NotFoundError,
    NotReadyError,
    NotSentError,
    NotSupportedError,
    OperationalError,
    PermissionDeniedError,
    ProgrammingError,
    RateLimitedError,
    ReadTimeoutError,
    RedirectedError,
    ReplyTooLargeError,
    ServerFailureError,
    ServiceError,
    StatementError,
    TransportError,
    UnknownNameError,
    Warning,  # noqa: A004 - PEP 249 fixes the name
)
from grokcall.execution.summary import Summary
from grokcall.http.transport import HttpRequest, HttpResponse, Transport
from grokcall.journal.sqlite_errors import JournalError
from grokcall.lookup.batch.errors import BatchPendingError
from grokcall.lookup.mapping import const, file
from grokcall.lookup.options import LookupOptions
from grokcall.lookup.plan import LookupFailedError
from grokcall.lookup.results import LookupResult
from grokcall.lookup.stream import LookupStream
from grokcall_procedures import BadValueError

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "AnswerMismatchError",
    "AnswerRefusedError",
    "ArgumentsError",
    "AuthenticationError",
    "BadValueError",
    "BatchPendingError",
    "Binary",
    "BudgetReachedError",
    "CallStatus",
    "CallSyntaxError",
    "CommandParameter",
    "Connection",
    "ConnectionCutError",
    "ContentRefusedError",
    "CreditsExhaustedError",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "ExecuteCommand",
    "HttpRequest",
    "HttpResponse",
    "IncompleteAnswerError",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "InvalidRequestError",
    "JournalError",
    "Lookup",
    "LookupFailedError",
    "LookupOptions",
    "LookupResult",
    "LookupStream",
    "MalformedReplyError",
    "MediaError",
    "MissingKeyError",
    "NotFoundError",
    "NotReadyError",
    "NotSentError",
    "NotSupportedError",
    "OperationalError",
    "Options",
    "PermissionDeniedError",
    "ProgrammingError",
    "RateLimitedError",
    "ReadTimeoutError",
    "RedirectedError",
    "ReplyTooLargeError",
    "SecretKey",
    "ServerFailureError",
    "ServiceError",
    "SpendingLimits",
    "StatementError",
    "Summary",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Transport",
    "TransportError",
    "UnknownNameError",
    "UserCatalog",
    "Warning",
    "__version__",
    "apilevel",
    "connect",
    "const",
    "file",
    "open_catalog",
    "paramstyle",
    "threadsafety",
]
