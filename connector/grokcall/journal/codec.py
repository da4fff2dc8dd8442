"""Outcomes as bytes and back, exact to the last bit: what a journal keeps of a call.

An answer is MessagePack followed by its CRC-32. Bytes of a row stay outside; their SHA-256 stands in for them.
"""

from __future__ import annotations

import datetime
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from grokcall.core.outcome import CallStatus, Outcome
from grokcall.core.redaction import redact
from grokcall.errors import InternalError, RecordedError, error_code, is_retryable, is_systemic
from grokcall.journal.media import sha256

DECIMAL, MEDIA, TEXT = 1, 2, 3
"""Codes of what MessagePack has no type for: a decimal, the hash of bytes, text with lone surrogates."""
DATE, TIME, MOMENT, UUID = 5, 6, 7, 8
"""The same for what typed answers hold beside that."""
TYPED: Mapping[type, int] = {
    datetime.date: DATE,
    datetime.time: TIME,
    datetime.datetime: MOMENT,
    uuid.UUID: UUID,
}
TYPED_READERS: Mapping[int, Callable[[str], object]] = {
    DATE: datetime.date.fromisoformat,
    TIME: datetime.time.fromisoformat,
    MOMENT: datetime.datetime.fromisoformat,
    UUID: uuid.UUID,
}
CHECKSUM = 4
PLAIN = frozenset({str, int, float, bool, type(None)})


class UnreadableAnswerError(Exception):
    """An answer is not what was written."""


class Failure(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of an error."""

    kind: str
    code: str
    message: str
    notes: tuple[str, ...]
    retryable: bool
    systemic: bool
    reply: str | None = None
    """The text of a reply that could not be read, where no column has a place for it."""


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What is kept of an outcome, beside what has a column of its own."""

    rows: list[Any] | None
    request_id: str | None
    seconds: float
    warnings: tuple[str, ...]
    failure: Failure | None = None


@dataclass(slots=True)
class RecalledOutcome(Outcome):
    """An outcome that was recorded earlier: it took no request and cost nothing this time."""

    saved_ticks: int | None = None
    """What the call cost when it was made, all its tries together; None when no reply said so."""
    saved_attempts: int = 0
    """Requests that it took then."""


@dataclass(slots=True)
class Packed:
    """An outcome ready to be written."""

    answer: bytearray = field(default_factory=bytearray)
    files: dict[bytes, bytes] = field(default_factory=dict)
    """The contents to save, by SHA-256."""

    def value(self, value: object) -> object:
        """A value of a row as MessagePack can have it."""
        kind = type(value)
        if kind is bytes:
            assert isinstance(value, bytes)
            digest = sha256(value)
            self.files[digest] = value
            return msgspec.msgpack.Ext(MEDIA, digest)
        if kind is Decimal:
            return msgspec.msgpack.Ext(DECIMAL, str(value).encode())
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if isinstance(value, dict):
            return {name: self.value(each) for name, each in value.items()}
        if (code := TYPED.get(kind)) is not None:
            return msgspec.msgpack.Ext(code, str(value).encode())
        if isinstance(value, str):
            try:
                value.encode()
            except UnicodeEncodeError:
                return msgspec.msgpack.Ext(TEXT, value.encode("utf-8", "surrogatepass"))
        elif kind not in PLAIN:
            raise InternalError(f"a result holds a value of type {kind.__name__}, which no journal can keep")
        return value


encode: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode


def is_plain(outcome: Outcome) -> bool:
    """Whether the rows hold nothing but text, numbers and NULL, so that they are packed in no time."""
    for row in outcome.rows or ():  # noqa: SIM110 - a generator takes as long as the look itself
        if not PLAIN.issuperset(map(type, row)):
            return False
    return True


def packed(outcome: Outcome, *, plain: bool) -> Packed:
    """An outcome as bytes, and the files that belong to it.

    Args:
        outcome: What became of a call.
        plain: What :func:`is_plain` says of it.

    Raises:
        InternalError: A row holds a value of a type that no field has.
    """
    made = Packed()
    rows: list[Any] | None = outcome.rows
    if rows is not None and not plain:
        rows = [tuple(map(made.value, row)) for row in rows]
    failure = failure_of(outcome.error) if outcome.error is not None else None
    answer = Answer(rows, outcome.request_id, outcome.seconds, outcome.warnings, failure)
    try:
        data = encode(answer)
    except UnicodeEncodeError:
        data = encode(msgspec.structs.replace(answer, rows=[tuple(map(made.value, row)) for row in rows or ()]))
    except OverflowError as error:
        raise InternalError(f"a result holds a number of more than 64 bits: {error}") from error
    made.answer += data
    made.answer += zlib.crc32(data).to_bytes(CHECKSUM, "little")
    return made


def failure_of(error: Exception) -> Failure:
    """What is kept of an error; texts without secrets, and such as can be written."""
    notes, reply = getattr(error, "__notes__", ()), getattr(error, "reply", None)
    return Failure(
        type(error).__name__,
        error_code(error),
        sound(redact(str(error))),
        tuple(sound(redact(note)) for note in notes),
        is_retryable(error),
        is_systemic(error),
        sound(reply) if isinstance(reply, str) else None,
    )


def sound(text: str) -> str:
    """Text without lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def unpacked(data: bytes | bytearray, load: Callable[[bytes], bytes]) -> Answer:
    """An answer from its bytes.

    Args:
        data: What :func:`packed` made.
        load: Gives the content with a SHA-256.

    Raises:
        UnreadableAnswerError: The bytes are not what was written.
    """
    body, checksum = data[:-CHECKSUM], data[-CHECKSUM:]
    if len(data) <= CHECKSUM or zlib.crc32(body).to_bytes(CHECKSUM, "little") != checksum:
        raise UnreadableAnswerError("its checksum does not fit")

    def extension(code: int, content: memoryview) -> object:
        if code == MEDIA:
            return load(bytes(content))
        if code == DECIMAL:
            return Decimal(bytes(content).decode())
        if code == TEXT:
            return bytes(content).decode("utf-8", "surrogatepass")
        if code in TYPED_READERS:
            return TYPED_READERS[code](bytes(content).decode())
        raise UnreadableAnswerError(f"it holds a value of the unknown kind {code}")

    try:
        answer = msgspec.msgpack.decode(body, type=Answer, ext_hook=extension)
    except msgspec.DecodeError as error:
        raise UnreadableAnswerError(str(error)) from error
    return answer


def recalled(answer: Answer, *, ok: bool, cost_ticks: int | None, attempts: int) -> RecalledOutcome:
    """An answer as the outcome of a call that need not be made."""
    failure = answer.failure
    return RecalledOutcome(
        status=CallStatus.CACHED if ok else CallStatus.ERROR,
        rows=None if answer.rows is None else [tuple(row) for row in answer.rows],
        error=recorded_error(failure, answer.request_id, cost_ticks) if failure is not None else None,
        warnings=answer.warnings,
        request_id=answer.request_id,
        seconds=answer.seconds,
        saved_ticks=cost_ticks,
        saved_attempts=attempts,
    )


def recorded_error(failure: Failure, request_id: str | None, cost_ticks: int | None) -> RecordedError:
    """What was kept of an error as an error."""
    return RecordedError(
        failure.message,
        failure.code,
        notes=failure.notes,
        retryable=failure.retryable,
        systemic=failure.systemic,
        reply=failure.reply,
        request_id=request_id,
        cost_ticks=cost_ticks,
    )
