"""Replies whose body is written to a file as it comes, instead of being held in memory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from grokcall.core.files import aside
from grokcall.core.local_files import BLOCK
from grokcall.errors import DataError
from grokcall.http.transport import HttpRequest, HttpResponse, HttpStream, StreamingTransport, Transport
from grokcall_procedures.steps import DownloadTo

HEAD = 64
"""The first bytes of a file that tell what it is."""


async def saved(transport: Transport, request: HttpRequest, to: DownloadTo) -> HttpResponse:
    """The reply to a request, its body in a file and itself without one; a refusal has its body.

    The file is written aside and renamed when it is whole: what is cut off leaves what was there.

    Raises:
        DataError: The file cannot be written.
        grokcall.Error: What a transport raises.
    """
    async with opened(transport, request) as reply:
        if reply.status >= 300:
            return HttpResponse(reply.status, reply.headers, b"".join([chunk async for chunk in reply.chunks]))
        try:
            with aside(Path(to.path)) as name, await asyncio.to_thread(name.open, "xb") as file:
                await written(reply.chunks if to.check is None else checked(reply.chunks, to.check), file)
        except OSError as error:
            raise DataError(
                f"cannot write the file {to.path!r}: {error.strerror or error}; make room or name another"
            ) from None
    return HttpResponse(reply.status, reply.headers, b"")


async def checked(chunks: AsyncIterator[bytes], check: Callable[[bytes], object]) -> AsyncIterator[bytes]:
    """The chunks, once the first bytes of them were looked at.

    Raises:
        grokcall.Error: They begin as something else.
    """
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            break
    check(head)
    yield head
    async for chunk in chunks:
        yield chunk


async def written(chunks: AsyncIterator[bytes], file: BinaryIO) -> None:
    """Writes what comes in blocks, in a thread, and has the disk keep it."""
    held: list[bytes] = []
    size = 0
    async for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            await asyncio.to_thread(file.writelines, held)
            held, size = [], 0
    file.writelines(held)
    file.flush()
    await asyncio.to_thread(os.fsync, file.fileno())


@asynccontextmanager
async def opened(transport: Transport, request: HttpRequest) -> AsyncIterator[HttpStream]:
    """The reply in pieces, or in one where the transport gives no pieces."""
    if isinstance(transport, StreamingTransport):
        async with transport.open(request) as reply:
            yield reply
        return
    whole = await transport.send(request)

    async def one() -> AsyncIterator[bytes]:
        yield whole.body

    yield HttpStream(whole.status, whole.headers, one())
