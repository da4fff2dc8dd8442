"""Server-sent events, read from bytes that may be cut off anywhere."""

from __future__ import annotations

from dataclasses import dataclass

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Args:
        name: What stood after ``event:``; empty for none.
        data: Its lines of data, joined by line breaks.
    """

    name: str
    data: bytes


class EventReader:
    r"""Reads events: lines end with LF, CR or CRLF, comments are passed over, data may have several lines.

    >>> reader = EventReader()
    >>> reader.feed(b": keepalive\r\n\r\nda") + reader.feed(b"ta: 1\r") + reader.feed(b"\ndata: 2\r\n\r\n")
    [Event(name='', data=b'1\n2')]
    """

    __slots__ = ("_after_return", "_begun", "_data", "_line", "_name")

    def __init__(self) -> None:
        self._line: list[bytes] = []
        """The pieces of a line whose end has not come."""
        self._after_return = False
        self._begun = False
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that end in ``chunk``."""
        if self._after_return and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_return = False
        if b"\r" in chunk:
            self._after_return = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *lines = chunk.split(b"\n")
        self._line.append(first)
        if not lines:
            return []
        whole = b"".join(self._line)
        self._line = [lines.pop()]
        return [event for line in (whole, *lines) if (event := self._take(line)) is not None]

    def end(self) -> list[Event]:
        """The event that the end of the stream ends, though no empty line does."""
        line, self._line = b"".join(self._line), []
        ended = (self._take(line) if line else None, self._take(b""))
        return [event for event in ended if event is not None]

    def _take(self, line: bytes) -> Event | None:
        if not self._begun:
            self._begun = True
            line = line.removeprefix(BYTE_ORDER_MARK)
        if not line:
            return self._ended()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        return None

    def _ended(self) -> Event | None:
        name, data = self._name, self._data
        self._name, self._data = "", []
        return Event(name, b"\n".join(data)) if data else None
