"""grokcall: stored procedures for xAI's Grok API, an answer beside each row of a table.

>>> import grokcall
>>> with grokcall.connect() as connection:
...     cursor = connection.execute("CALL GenerateResponse(:Message)", {"Message": "Say hello"})  # doctest: +SKIP
...     cursor.fetchone()  # doctest: +SKIP

The module is a PEP 249 driver; ``Connection.lookup`` is the main door for tables.
"""

from typing import TYPE_CHECKING

from grokcall._version import __version__ as __version__
from grokcall_parser.lazy_names import lazy_names

if TYPE_CHECKING:
    from grokcall import actions as actions
    from grokcall import duckdb as duckdb
    from grokcall import realtime as realtime
    from grokcall import sandbox as sandbox
    from grokcall.budget.spending_limits import SpendingLimits as SpendingLimits
    from grokcall.catalog.catalog import UserCatalog as UserCatalog
    from grokcall.catalog.catalog import open_catalog as open_catalog
    from grokcall.config.api_key import SecretKey as SecretKey
    from grokcall.config.options import Options as Options
    from grokcall.conversations.answer import Answer as Answer
    from grokcall.conversations.async_conversation import AsyncConversation as AsyncConversation
    from grokcall.conversations.conversation import Conversation as Conversation
    from grokcall.core.outcome import CallStatus as CallStatus
    from grokcall.dataflow.execute_command import CommandParameter as CommandParameter
    from grokcall.dataflow.execute_command import ExecuteCommand as ExecuteCommand
    from grokcall.dataflow.lookup_step import Lookup as Lookup
    from grokcall.dbapi.async_connection import AsyncConnection as AsyncConnection
    from grokcall.dbapi.async_connection import aconnect as aconnect
    from grokcall.dbapi.async_cursor import AsyncCursor as AsyncCursor
    from grokcall.dbapi.connection import Connection as Connection
    from grokcall.dbapi.connection import connect as connect
    from grokcall.dbapi.cursor import Cursor as Cursor
    from grokcall.dbapi.module_globals import BINARY as BINARY
    from grokcall.dbapi.module_globals import DATETIME as DATETIME
    from grokcall.dbapi.module_globals import NUMBER as NUMBER
    from grokcall.dbapi.module_globals import ROWID as ROWID
    from grokcall.dbapi.module_globals import STRING as STRING
    from grokcall.dbapi.module_globals import Binary as Binary
    from grokcall.dbapi.module_globals import Date as Date
    from grokcall.dbapi.module_globals import DateFromTicks as DateFromTicks
    from grokcall.dbapi.module_globals import Time as Time
    from grokcall.dbapi.module_globals import TimeFromTicks as TimeFromTicks
    from grokcall.dbapi.module_globals import Timestamp as Timestamp
    from grokcall.dbapi.module_globals import TimestampFromTicks as TimestampFromTicks
    from grokcall.dbapi.module_globals import apilevel as apilevel
    from grokcall.dbapi.module_globals import paramstyle as paramstyle
    from grokcall.dbapi.module_globals import threadsafety as threadsafety
    from grokcall.errors import AnswerMismatchError as AnswerMismatchError
    from grokcall.errors import AnswerRefusedError as AnswerRefusedError
    from grokcall.errors import ArgumentsError as ArgumentsError
    from grokcall.errors import AuthenticationError as AuthenticationError
    from grokcall.errors import BadValueError as BadValueError
    from grokcall.errors import BatchPendingError as BatchPendingError
    from grokcall.errors import BudgetReachedError as BudgetReachedError
    from grokcall.errors import CallSyntaxError as CallSyntaxError
    from grokcall.errors import ChangeNotAllowedError as ChangeNotAllowedError
    from grokcall.errors import ConnectionCutError as ConnectionCutError
    from grokcall.errors import ContentRefusedError as ContentRefusedError
    from grokcall.errors import CreditsExhaustedError as CreditsExhaustedError
    from grokcall.errors import DatabaseError as DatabaseError
    from grokcall.errors import DataError as DataError
    from grokcall.errors import Error as Error
    from grokcall.errors import IncompleteAnswerError as IncompleteAnswerError
    from grokcall.errors import IntegrityError as IntegrityError
    from grokcall.errors import InterfaceError as InterfaceError
    from grokcall.errors import InternalError as InternalError
    from grokcall.errors import InvalidRequestError as InvalidRequestError
    from grokcall.errors import JournalError as JournalError
    from grokcall.errors import LookupFailedError as LookupFailedError
    from grokcall.errors import MalformedReplyError as MalformedReplyError
    from grokcall.errors import MediaError as MediaError
    from grokcall.errors import MissingKeyError as MissingKeyError
    from grokcall.errors import MissingManagementKeyError as MissingManagementKeyError
    from grokcall.errors import MissingToolSecretError as MissingToolSecretError
    from grokcall.errors import NotFoundError as NotFoundError
    from grokcall.errors import NotReadyError as NotReadyError
    from grokcall.errors import NotSentError as NotSentError
    from grokcall.errors import NotSupportedError as NotSupportedError
    from grokcall.errors import OperationalError as OperationalError
    from grokcall.errors import PermissionDeniedError as PermissionDeniedError
    from grokcall.errors import ProgrammingError as ProgrammingError
    from grokcall.errors import RateLimitedError as RateLimitedError
    from grokcall.errors import ReadTimeoutError as ReadTimeoutError
    from grokcall.errors import RedirectedError as RedirectedError
    from grokcall.errors import ReplyTooLargeError as ReplyTooLargeError
    from grokcall.errors import ServerFailureError as ServerFailureError
    from grokcall.errors import ServiceError as ServiceError
    from grokcall.errors import StatementError as StatementError
    from grokcall.errors import StoppedError as StoppedError
    from grokcall.errors import StreamCutError as StreamCutError
    from grokcall.errors import ToolError as ToolError
    from grokcall.errors import TransportError as TransportError
    from grokcall.errors import UnknownNameError as UnknownNameError
    from grokcall.errors import Warning as Warning  # noqa: A004 - PEP 249 fixes the name
    from grokcall.execution.call_stream import AsyncCallStream as AsyncCallStream
    from grokcall.execution.call_stream import CallStream as CallStream
    from grokcall.execution.streamed_calls import StreamUsage as StreamUsage
    from grokcall.execution.summary import Summary as Summary
    from grokcall.http.transport import HttpRequest as HttpRequest
    from grokcall.http.transport import HttpResponse as HttpResponse
    from grokcall.http.transport import HttpStream as HttpStream
    from grokcall.http.transport import StreamingTransport as StreamingTransport
    from grokcall.http.transport import Transport as Transport
    from grokcall.http.websocket import Socket as Socket
    from grokcall.http.websocket import SocketEnding as SocketEnding
    from grokcall.http.websocket import SocketRequest as SocketRequest
    from grokcall.http.websocket import SocketTransport as SocketTransport
    from grokcall.lookup.async_stream import AsyncLookupStream as AsyncLookupStream
    from grokcall.lookup.mapping import const as const
    from grokcall.lookup.mapping import file as file
    from grokcall.lookup.options import LookupOptions as LookupOptions
    from grokcall.lookup.results import LookupResult as LookupResult
    from grokcall.lookup.stream import LookupStream as LookupStream
    from grokcall_procedures.pieces import Piece as Piece
    from grokcall_procedures.pieces import PieceKind as PieceKind

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Answer",
    "AnswerMismatchError",
    "AnswerRefusedError",
    "ArgumentsError",
    "AsyncCallStream",
    "AsyncConnection",
    "AsyncConversation",
    "AsyncCursor",
    "AsyncLookupStream",
    "AuthenticationError",
    "BadValueError",
    "BatchPendingError",
    "Binary",
    "BudgetReachedError",
    "CallStatus",
    "CallStream",
    "CallSyntaxError",
    "ChangeNotAllowedError",
    "CommandParameter",
    "Connection",
    "ConnectionCutError",
    "ContentRefusedError",
    "Conversation",
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
    "HttpStream",
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
    "MissingManagementKeyError",
    "MissingToolSecretError",
    "NotFoundError",
    "NotReadyError",
    "NotSentError",
    "NotSupportedError",
    "OperationalError",
    "Options",
    "PermissionDeniedError",
    "Piece",
    "PieceKind",
    "ProgrammingError",
    "RateLimitedError",
    "ReadTimeoutError",
    "RedirectedError",
    "ReplyTooLargeError",
    "SecretKey",
    "ServerFailureError",
    "ServiceError",
    "Socket",
    "SocketEnding",
    "SocketRequest",
    "SocketTransport",
    "SpendingLimits",
    "StatementError",
    "StoppedError",
    "StreamCutError",
    "StreamUsage",
    "StreamingTransport",
    "Summary",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "ToolError",
    "Transport",
    "TransportError",
    "UnknownNameError",
    "UserCatalog",
    "Warning",
    "__version__",
    "aconnect",
    "apilevel",
    "connect",
    "const",
    "file",
    "open_catalog",
    "paramstyle",
    "threadsafety",
]

_ERRORS = """
    AnswerMismatchError AnswerRefusedError ArgumentsError AuthenticationError BadValueError BatchPendingError
    BudgetReachedError CallSyntaxError ChangeNotAllowedError ConnectionCutError ContentRefusedError
    CreditsExhaustedError DataError DatabaseError Error IncompleteAnswerError
    IntegrityError InterfaceError InternalError InvalidRequestError
    JournalError LookupFailedError MalformedReplyError MediaError MissingKeyError MissingManagementKeyError
    MissingToolSecretError
    NotFoundError NotReadyError
    NotSentError NotSupportedError OperationalError PermissionDeniedError ProgrammingError RateLimitedError
    ReadTimeoutError RedirectedError ReplyTooLargeError ServerFailureError ServiceError StatementError
    StoppedError StreamCutError ToolError TransportError UnknownNameError Warning
"""
_OF_PEP_249 = """
    BINARY Binary DATETIME Date DateFromTicks NUMBER ROWID STRING Time
    TimeFromTicks Timestamp TimestampFromTicks apilevel paramstyle threadsafety
"""
_SOCKETS = "Socket SocketEnding SocketRequest SocketTransport"
_MODULES = {
    **dict.fromkeys(_ERRORS.split(), "grokcall.errors"),
    **dict.fromkeys(_OF_PEP_249.split(), "grokcall.dbapi.module_globals"),
    **dict.fromkeys(_SOCKETS.split(), "grokcall.http.websocket"),
    "actions": "grokcall.actions",
    "duckdb": "grokcall.duckdb",
    "realtime": "grokcall.realtime",
    "sandbox": "grokcall.sandbox",
    "StreamingTransport": "grokcall.http.transport",
    "HttpStream": "grokcall.http.transport",
    "StreamUsage": "grokcall.execution.streamed_calls",
    "PieceKind": "grokcall_procedures.pieces",
    "Piece": "grokcall_procedures.pieces",
    "CallStream": "grokcall.execution.call_stream",
    "AsyncCallStream": "grokcall.execution.call_stream",
    "Answer": "grokcall.conversations.answer",
    "AsyncConversation": "grokcall.conversations.async_conversation",
    "Conversation": "grokcall.conversations.conversation",
    "AsyncConnection": "grokcall.dbapi.async_connection",
    "AsyncCursor": "grokcall.dbapi.async_cursor",
    "AsyncLookupStream": "grokcall.lookup.async_stream",
    "CallStatus": "grokcall.core.outcome",
    "CommandParameter": "grokcall.dataflow.execute_command",
    "Connection": "grokcall.dbapi.connection",
    "Cursor": "grokcall.dbapi.cursor",
    "ExecuteCommand": "grokcall.dataflow.execute_command",
    "HttpRequest": "grokcall.http.transport",
    "HttpResponse": "grokcall.http.transport",
    "Lookup": "grokcall.dataflow.lookup_step",
    "LookupOptions": "grokcall.lookup.options",
    "LookupResult": "grokcall.lookup.results",
    "LookupStream": "grokcall.lookup.stream",
    "Options": "grokcall.config.options",
    "SecretKey": "grokcall.config.api_key",
    "SpendingLimits": "grokcall.budget.spending_limits",
    "Summary": "grokcall.execution.summary",
    "Transport": "grokcall.http.transport",
    "UserCatalog": "grokcall.catalog.catalog",
    "aconnect": "grokcall.dbapi.async_connection",
    "connect": "grokcall.dbapi.connection",
    "const": "grokcall.lookup.mapping",
    "file": "grokcall.lookup.mapping",
    "open_catalog": "grokcall.catalog.catalog",
}
"""Where each public name stands; a module is loaded when one of its names is first used."""
_RENAMED = {"HttpReply": "HttpResponse", "KeptCatalog": "UserCatalog"}

lazy_names(__name__, _MODULES, _RENAMED)
