"""An answer that comes in pieces, for those who wait for it and for those who await it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeAlias

from grokcall.core.outcome import Outcome
from grokcall.core.typed_answers import typed_answer
from grokcall.errors import InterfaceError
from grokcall.execution.streamed_calls import StreamedCall, StreamUsage
from grokcall.scheduling.event_loop import BackgroundLoop
from grokcall_procedures import Piece

OnOver: TypeAlias = Callable[[Outcome | None], None]


class BaseCallStream:
    """What both kinds of streams have in common: everything but the waiting.

    Args:
        call: What is called.
        loop: Where it runs.
        on_over: Told once what became of the call; None of one that was left before its end.
    """

    def __init__(self, call: StreamedCall, loop: BackgroundLoop, on_over: OnOver | None = None) -> None:
        self._call = call
        self._loop = loop
        self._ready: deque[Piece] = deque()
        self._over = False
        self._on_over = on_over

    @property
    def text(self) -> str:
        """The text of the answer so far; where it had to be asked for again, that of the last one."""
        return "".join(self._call.texts)

    @property
    def sound(self) -> bytes:
        """The bytes so far, of sound or of a file."""
        return b"".join(self._call.sound)

    @property
    def result(self) -> dict[str, Any] | None:
        """The row by column, as a cursor has it; None before the end."""
        return self._call.row

    @property
    def answer(self) -> Any:
        """The row as an instance of the type that its OutputSchema was, or as a dict where that was text.

        None before the end, and where the call failed or has no OutputSchema.

        Raises:
            AnswerMismatchError: The type refuses the answer; the message names the member.
        """
        schema, row = self._call.call.procedure.answer_schema, self._call.row
        return None if schema is None or row is None else typed_answer(schema, row)

    @property
    def usage(self) -> StreamUsage | None:
        """What it took; None before the end."""
        return self._call.usage

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was changed about the call on its way."""
        return self._call.call.warnings

    def _held(self, pieces: list[Piece]) -> None:
        self._ready.extend(pieces)
        if not pieces:
            self._end(self._call.outcome)

    def _tell(self, interrupt: BaseException | None) -> None:
        """Says with an interrupt what becomes of the answer that it strikes."""
        if interrupt is not None and not isinstance(interrupt, Exception) and not self._over and self._call.is_begun:
            came = f"{len(self.text):,} characters" if not self._call.sound else f"{len(self.sound):,} bytes"
            interrupt.add_note(f"the answer was cut off after {came}: it may have been billed")

    def _left(self) -> bool:
        """Takes note that no more is wanted; gives whether a call has to be cut off for it."""
        is_under_way = not self._over and self._call.is_begun
        self._end(None)
        return is_under_way

    def _end(self, outcome: Outcome | None) -> None:
        if not self._over:
            self._over = True
            if self._on_over is not None:
                self._on_over(outcome)

    def __del__(self) -> None:
        # Whoever drops a stream without leaving it wants no more of it, and must not go on paying.
        if not getattr(self, "_over", True) and self._left():
            with suppress(RuntimeError):
                self._loop.submit_if_open(self._call.end())


class CallStream(BaseCallStream):
    """An answer under way: an iterator of its pieces, each a :class:`grokcall.Piece`, whose ``str`` is its text.

    The call is made with the first piece. A context manager: leaving it early cuts the answer off, which may have been
    billed. At the end ``result`` is the row. :meth:`grokcall.Connection.stream` makes it.

    Args:
        call: What is called.
        loop: Where it runs.
        on_over: Told once what became of the call; None of one that was left before its end.

    >>> with connection.stream("CALL GenerateResponse('Tell a story')") as stream:  # doctest: +SKIP
    ...     for piece in stream:
    ...         print(piece, end="", flush=True)
    """

    def close(self) -> None:
        """Cuts the answer off if it is not over; harmless when repeated."""
        if self._left():
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                self._loop.run(self._call.end())

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Piece:
        if not self._ready and not self._over:
            try:
                self._held(self._loop.run(self._call.more()))
            except BaseException as error:
                self._tell(error)
                self.close()
                raise
        if not self._ready:
            raise StopIteration
        return self._ready.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell(error)
        self.close()


class AsyncCallStream(BaseCallStream):
    """The twin of :class:`grokcall.CallStream` for programs that await, in any event loop.

    Args:
        call: What is called.
        loop: Where it runs.
        on_over: Told once what became of the call; None of one that was left before its end.

    >>> async with connection.astream("CALL GenerateResponse('Tell a story')") as stream:  # doctest: +SKIP
    ...     async for piece in stream:
    ...         print(piece, end="", flush=True)
    """

    async def close(self) -> None:
        """Cuts the answer off if it is not over; harmless when repeated."""
        if self._left():
            with suppress(InterfaceError):  # a closed connection has stopped everything already
                await self._loop.arun(self._call.end())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Piece:
        if not self._ready and not self._over:
            try:
                self._held(await self._loop.arun(self._call.more()))
            except BaseException as error:
                self._tell(error)
                await self.close()
                raise
        if not self._ready:
            raise StopAsyncIteration
        return self._ready.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell(error)
        await self.close()
