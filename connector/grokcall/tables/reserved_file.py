"""Files that cannot be surprised by a full disk, and streams that can only be written forwards."""

from __future__ import annotations

import abc
import contextlib
import errno
import io
import os
import shutil
from pathlib import Path
from typing import Any, BinaryIO

from grokcall.core.terminals import TerminalStream
from grokcall.tables.errors import FULL_DISK

LARGEST_RESERVE = 16 << 20
SMALLEST_RESERVE = 64 << 10
SHARE_OF_FREE_SPACE = 16
SHARE_OF_LIMIT = 8
NO_PREALLOCATION = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


class OutputStream(io.RawIOBase):
    """What formats write into, from front to back."""

    def __init__(self) -> None:
        super().__init__()
        self._position = 0

    def tell(self) -> int:
        """How many bytes have been written."""
        return self._position

    def writable(self) -> bool:
        """Yes."""
        return True

    @property
    def is_full(self) -> bool:
        """Whether the space has run out, so that the reserve is being used up."""
        return False

    def fits(self, size: int) -> bool:  # noqa: ARG002 - a stream cannot know
        """Whether ``size`` more bytes are sure to find room."""
        return True

    @abc.abstractmethod
    def seal(self) -> None:
        """Makes what was written last, and lets go."""


class ReservedFile(OutputStream):
    """A new file that always has room beyond what was written, taken from the disk in advance.

    When the disk is full, the room is what lets the rows in flight and the end of the file (a Parquet footer, the
    bracket of a JSON array) still be written. It works for limits on the size of a file in the same way. Where the
    system cannot take room in advance, the file is an ordinary one.

    Args:
        path: The file, which must not exist.
        mode: Its permissions, before the umask.

    Raises:
        OSError: The file cannot be made, or there is not even room for the smallest reserve.
    """

    def __init__(self, path: Path, mode: int = 0o666) -> None:
        super().__init__()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        self._allocated = 0
        self._preallocates = hasattr(os, "posix_fallocate")
        self._full = False
        free = shutil.disk_usage(path.parent).free
        self._reserve = max(SMALLEST_RESERVE, min(LARGEST_RESERVE, free // SHARE_OF_FREE_SPACE))
        try:
            self._take_reserve()
        except OSError:
            os.close(self._descriptor)
            path.unlink(missing_ok=True)
            raise

    def _take_reserve(self) -> None:
        wanted = self._reserve
        while not self._extend(wanted):
            wanted //= 2
            # A limit that is lower than the disk is: the reserve shall not be most of what it allows.
            self._reserve = max(SMALLEST_RESERVE, wanted // SHARE_OF_LIMIT)
            if wanted < SMALLEST_RESERVE:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _extend(self, end: int) -> bool:
        """Takes room up to ``end``; False when the disk has none."""
        if not self._preallocates or end <= self._allocated:
            return True
        try:
            os.posix_fallocate(self._descriptor, self._allocated, end - self._allocated)
        except OSError as error:
            if error.errno in NO_PREALLOCATION:
                self._preallocates = False
                return True
            if error.errno not in FULL_DISK:
                raise
            return False
        self._allocated = end
        return True

    @property
    def is_full(self) -> bool:
        """Whether the disk refused to give more room."""
        return self._full

    def fits(self, size: int) -> bool:
        """Whether ``size`` more bytes are sure to find room; the reserve is used once the disk gives no more."""
        end = self._position + size
        if not self._full and end + self._reserve > self._allocated:
            self._full = not (self._extend(end + 2 * self._reserve) or self._extend(end + self._reserve))
        return end <= self._allocated or not self._preallocates

    def write(self, data: Any, /) -> int:
        """Writes all of ``data``, or nothing and raises OSError."""
        view = memoryview(data).cast("B")
        start = self._position
        try:
            while self._position < start + len(view):
                self._position += os.write(self._descriptor, view[self._position - start :])
        except OSError:
            self._position = start
            os.ftruncate(self._descriptor, start)
            os.lseek(self._descriptor, start, os.SEEK_SET)
            self._allocated = start
            self._full = True
            raise
        self._allocated = max(self._allocated, self._position)
        return len(view)

    def seal(self) -> None:
        """Gives back the room that was not needed, and has the disk keep what was written."""
        os.ftruncate(self._descriptor, self._position)
        os.fsync(self._descriptor)
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        if not self.closed:
            super().close()
            os.close(self._descriptor)


class ForwardStream(OutputStream):
    """Standard output, a pipe or a device: written as it comes, never taken back.

    Args:
        stream: Where the bytes go.
        owned: Whether closing this closes ``stream``.
    """

    def __init__(self, stream: BinaryIO | TerminalStream, *, owned: bool) -> None:
        super().__init__()
        self._stream = stream
        self._owned = owned

    def write(self, data: Any, /) -> int:
        """Writes all of ``data``."""
        view = memoryview(data).cast("B")
        done = 0
        while done < len(view):
            done += self._stream.write(view[done:]) or 0
        self._position += len(view)
        return len(view)

    def flush(self) -> None:
        """Sends on what a buffer holds."""
        if not self._stream.closed:
            self._stream.flush()

    def seal(self) -> None:
        """Sends on what a buffer holds, and lets go of the stream."""
        self._stream.flush()
        self.close()

    def close(self) -> None:
        """Lets go of the stream; one that is not ours stays open."""
        if self.closed:
            return
        try:
            super().close()
        finally:
            if self._owned:
                with contextlib.suppress(OSError):
                    self._stream.close()
