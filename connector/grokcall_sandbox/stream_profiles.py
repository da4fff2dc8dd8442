"""The profiles of faults of event streams and of sockets."""

from grokcall_sandbox.fault_options import EVENTS, HOURS, HOW, MANY, RETRY_AFTER, SOCKETS, STREAM_CODES, STREAMS
from grokcall_sandbox.faults.options import Option
from grokcall_sandbox.faults.sockets import SocketClose, SocketCut, SocketError, SocketRefusal, SocketSilence
from grokcall_sandbox.faults.streams import StreamCut, StreamError, StreamLines, StreamSilence, StreamUnended
from grokcall_sandbox.profile_kind import ProfileKind

STREAM_KINDS = (
    ProfileKind(
        "stream-cut",
        "event streams are cut after so many events; billed",
        (*STREAMS, EVENTS, HOW),
        StreamCut,
    ),
    ProfileKind(
        "stream-error",
        "event streams end with an event that says that they failed; billed when other events came before it",
        (*STREAMS, EVENTS, Option("code", "word", "server_error", "what the event says", choices=STREAM_CODES)),
        StreamError,
    ),
    ProfileKind(
        "stream-silence",
        "event streams fall silent after so many events, and go on later; no comment keeps them alive",
        (*STREAMS, EVENTS, Option("seconds", "number", 1, "how long the silence is", most=HOURS)),
        StreamSilence,
    ),
    ProfileKind(
        "stream-lines",
        "event streams have other line ends, or come in pieces of so many bytes",
        (
            *STREAMS,
            Option("ends", "word", "crlf", "what ends a line", choices=("lf", "cr", "crlf")),
            Option("split", "count", 0, "bytes that come at once; 0 for an event", most=MANY),
        ),
        StreamLines,
    ),
    ProfileKind(
        "stream-unended",
        "event streams end in good order without their last events; billed",
        STREAMS,
        StreamUnended,
    ),
    ProfileKind(
        "socket-refusal",
        "sockets are not opened: what would have opened one is answered with a refusal",
        (*SOCKETS, Option("status", "count", 503, "its status", least=400, most=599), RETRY_AFTER),
        SocketRefusal,
    ),
    ProfileKind(
        "socket-cut",
        "the connections of sockets are cut after so many events; what was sent by then is billed",
        (*SOCKETS, EVENTS, HOW),
        SocketCut,
    ),
    ProfileKind(
        "socket-close",
        "sockets are closed after so many events; what was sent by then is billed",
        (*SOCKETS, EVENTS, Option("code", "count", 1011, "with which they are closed", least=1000, most=4999)),
        SocketClose,
    ),
    ProfileKind(
        "socket-error",
        "after so many events sockets have one that tells of an error, and are closed with 1011",
        (*SOCKETS, EVENTS, Option("code", "word", "server_error", "what the event says", choices=STREAM_CODES)),
        SocketError,
    ),
    ProfileKind(
        "socket-silence",
        "sockets fall silent after so many events, and go on later",
        (*SOCKETS, EVENTS, Option("seconds", "number", 1, "how long the silence is", most=HOURS)),
        SocketSilence,
    ),
)
"""The profiles of replies that come in pieces."""
