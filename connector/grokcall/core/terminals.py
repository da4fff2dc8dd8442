"""Text for a terminal, which takes some characters for commands: none of them reaches it as it is."""

from __future__ import annotations

import codecs
import os
import re
import sys
from typing import Any, BinaryIO

_COMMANDS = re.compile(
    "(?:(?!\r\n)[\x00-\x08\x0b-\x1f])"  # C0, of which line breaks and tabs stay
    "|[\x7f-\x9f"  # DEL, and C1, which begins commands without an escape
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what writes backwards
    "\u2028\u2029\ufff9-\ufffb\U000e0000-\U000e0001"  # line breaks and marks that only some programs see
    "\ud800-\udfff]"  # half characters, as names of files have them
)


def visible(text: str) -> str:
    r"""``text`` with its control characters written out, save line breaks and tabs.

    For whatever people read on a terminal or in messages: an escape sequence there could clear the screen, set the
    title or fill the clipboard, and a character that turns the direction of writing could show another text.

    >>> visible("\x1b]0;mine\x07 a\tb\n")
    '\\x1b]0;mine\\x07 a\tb\n'
    """
    return _COMMANDS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


class TerminalStream:
    """A stream of bytes onto a terminal: text gets there with its control characters written out.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._return = ""
        self.closed: bool = False

    def write(self, data: Any) -> int:
        """Writes all of ``data``; what of it is half a character waits for the other half."""
        text = self._return + self._decoder.decode(bytes(data))
        # The line feed that makes it a line break may come with the next piece.
        self._return = "\r" if text.endswith("\r") else ""
        self._put(text.removesuffix(self._return))
        return len(data)

    def flush(self) -> None:
        """Sends on what waits."""
        self._put(self._return + self._decoder.decode(b"", final=True))
        self._return = ""
        self._stream.flush()

    def close(self) -> None:
        """Closes the terminal."""
        self.closed = True
        self._stream.close()

    def _put(self, text: str) -> None:
        data = memoryview(visible(text).encode())
        while data:
            data = data[self._stream.write(data) or 0 :]


def check_standard_output() -> None:
    """Raises where nothing can be written to standard output.

    Raises:
        ProgrammingError: It is closed.
    """
    if sys.stdout is None:
        from grokcall_parser.errors import ProgrammingError  # loaded here: an error brings the whole parser

        raise ProgrammingError("standard output is closed; name a file for the output")


def check_standard_input() -> None:
    """Raises where nothing can be read from standard input.

    Raises:
        ProgrammingError: It is closed.
    """
    if sys.stdin is None:
        from grokcall_parser.errors import ProgrammingError  # loaded here: an error brings the whole parser

        raise ProgrammingError("standard input is closed; name a file, or pipe something in")


def hold_closed_streams() -> None:
    """Gives the number of each closed standard stream to the null device.

    Else the first file that is opened gets it, and what a library writes to standard error would be written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
