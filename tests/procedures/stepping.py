"""Drives the steps of a call with canned replies, as the engine does with real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from grokcall_parser import OperationalError, parse_call
from grokcall_procedures import CATALOG, Binder, BoundCall, Notice, Pause, Reply, Request, Row, Rows, Settings, Steps

QUICK = Settings(poll_interval=0.0, poll_timeout=5.0)
"""Settings that never wait."""


class RefusedError(OperationalError):
    """An error reply, as it is thrown into the steps."""

    def __init__(self, status: int, code: str = "", message: str = "refused") -> None:
        self.status = status
        self.code = code
        super().__init__(message)


@dataclass
class Run:
    """What the steps asked for, and how they ended."""

    steps: Steps
    requests: list[Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    rows: list[Row] | None = None
    error: Exception | None = None

    @property
    def value(self) -> object:
        """The first value of the only row, which may have others that are further fields."""
        assert self.error is None, self.error
        assert self.rows is not None
        (row,) = self.rows
        return row[0]

    @property
    def path(self) -> list[str]:
        """The requests as ``METHOD /path``."""
        return [f"{request.method} {request.path}" for request in self.requests]

    def body(self, index: int = 0) -> Any:
        """The JSON body of a request."""
        content = self.requests[index].body
        assert content is not None
        return json.loads(content)


def bind(text: str, values: Mapping[str, object] | None = None, settings: Settings = QUICK) -> BoundCall:
    """A statement and its values as a call."""
    call = parse_call(text)
    return Binder(call, CATALOG[call.procedure], settings).bind(values)


def run(
    text: str,
    replies: Sequence[object],
    values: Mapping[str, object] | None = None,
    settings: Settings = QUICK,
) -> Run:
    """Runs a statement to its end.

    Each request takes the next of ``replies``: a Reply, bytes, something to write as JSON, or an error to throw in.
    """
    call = bind(text, values, settings)
    done = drive(call.steps(), replies)
    if done.rows is not None:
        fields = call.procedure.row_fields
        columns = zip(*done.rows, strict=True) if done.rows else [()] * len(fields)
        for column, declared in zip(columns, fields, strict=True):
            pa.array(column, declared.type.arrow)  # every value fits the column that the definition promises
    return done


def drive(steps: Steps, replies: Sequence[object]) -> Run:
    """Runs steps to their end; every reply must be asked for, and no more than there are."""
    done = Run(steps)
    waiting = list(replies)
    handed: list[Row] = []
    try:
        step = next(steps)
        while True:
            if isinstance(step, Pause | Notice | Rows):
                if isinstance(step, Pause):
                    done.pauses.append(step.seconds)
                elif isinstance(step, Rows):
                    handed += step.rows
                step = steps.send(None)
                continue
            done.requests.append(step)
            assert waiting, f"no reply left for {step.method} {step.path}"
            answer = waiting.pop(0)
            step = steps.throw(answer) if isinstance(answer, Exception) else steps.send(reply(answer))
    except StopIteration as finished:
        done.rows = handed + finished.value
    except AssertionError:
        raise
    except Exception as error:
        done.error = error
    assert not waiting, f"never asked for: {waiting}"
    return done


def reply(answer: object, status: int = 200, content_type: str = "application/json") -> Reply:
    """A reply of anything."""
    if isinstance(answer, Reply):
        return answer
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Reply(status, {"content-type": content_type}, body)
