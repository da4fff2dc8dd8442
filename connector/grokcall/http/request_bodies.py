"""Bodies that are rendered in blocks, one for each try: what is sent needs no more memory than a block."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from grokcall.core.local_files import BLOCK
from grokcall.errors import Error
from grokcall_procedures.multipart import Parts


class FormBody:
    """A form as the body of one try.

    Args:
        parts: The form.

    >>> from grokcall_procedures.multipart import form_of
    >>> FormBody(form_of({"language": "en"})).whole().count(b"language")
    1
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.size: int = parts.size
        """How many bytes it has."""
        self.failure: Error | None = None
        """Why it could not be rendered to its end; transports tell of it in words of their own."""

    async def blocks(self) -> AsyncIterator[bytes]:
        """The form in blocks; a file on this machine is read in a thread.

        Raises:
            DataError: The file cannot be read, or was changed since it was looked at.
        """
        yield self._parts.head
        content = b"" if self._parts.file is None else self._parts.file.content
        if isinstance(content, bytes):
            for start in range(0, len(content), BLOCK):
                yield content[start : start + BLOCK]
        else:
            for start in range(0, content.size, BLOCK):
                try:
                    block = await asyncio.to_thread(content.read, start, BLOCK)
                except Error as error:
                    self.failure = error
                    raise
                yield block
        yield self._parts.tail

    def whole(self) -> bytes:
        """The form in one, for transports that take nothing else."""
        return self._parts.encoded()


def takes_blocks(transport: Any) -> bool:
    """Whether a transport takes bodies in blocks; others are given them whole, as bytes."""
    return bool(getattr(transport, "takes_blocks", False))


def length_headers(body: object) -> dict[str, str]:
    """The header that says how long a body in blocks is; none for bytes, whose length every library tells itself."""
    return {"Content-Length": str(body.size)} if isinstance(body, FormBody) else {}
