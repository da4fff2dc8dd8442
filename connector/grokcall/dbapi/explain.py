"""EXPLAIN: the requests that a call would send, shown without sending any."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pyarrow as pa

from grokcall.config.options import Options
from grokcall.core.arrow_arrays import INT32, STRING, table_of
from grokcall.core.redaction import redact
from grokcall_procedures import BoundCall, Kind, Notice, Pause, Reply, Request, Rows, Use
from grokcall_procedures.multipart import Parts
from grokcall_procedures.tool_rounds import most_rounds

EXPLAIN_SCHEMA = pa.schema(
    [
        ("Step", INT32),
        ("Method", STRING),
        ("Url", STRING),
        ("Headers", STRING),
        ("Body", STRING),
        ("Warning", STRING),
    ]
)
LONGEST_RUN = 200
BASE64_RUN = re.compile(rf"[A-Za-z0-9+/=_-]{{{LONGEST_RUN},}}")
PREPARATIONS = (Kind.UPLOAD,)


def explain(call: BoundCall, options: Options) -> pa.Table:
    """The requests of ``call`` in order, up to the first whose reply cannot be known: the key is not in them."""
    warning = "; ".join([*call.warnings, *what_follows(call)]) or None
    rows = [
        (number, request.method, url_of(request, options), headers_of(request), body_of(request), warning)
        for number, request in enumerate(foreseeable(call), 1)
    ]
    return table_of(EXPLAIN_SCHEMA, rows)


def what_follows(call: BoundCall) -> list[str]:
    """What a call does after the requests that can be foreseen."""
    rounds, settings = most_rounds(call), call.settings
    told = [] if rounds is None else [f"asked again with what its tools give, up to {rounds} times in all"]
    if call.is_deferred:
        waits = f"every {settings.poll_interval:g} s at first, for up to {settings.poll_timeout:g} s"
        told.append(f"then looked for until it is there, {waits}")
    return told


def url_of(request: Request, options: Options) -> str:
    """The address of a request."""
    return redact(options.address(request.host) + request.path)


def foreseeable(call: BoundCall) -> Iterator[Request]:
    """The requests that do not depend on an answer.

    Uploads get a stand-in for the id that the service would give; other requests may have a stand-in for their reply.
    """
    steps = call.steps()
    try:
        step = next(steps)
        uploads = 0
        while True:
            if isinstance(step, Pause | Notice | Rows):
                step = steps.send(None)
                continue
            if isinstance(step, Use):
                return
            yield step
            if step.stand_in is not None:
                step = steps.send(Reply(200, {}, step.stand_in))
                continue
            if step.kind not in PREPARATIONS:
                return
            uploads += 1
            step = steps.send(Reply(200, {}, json.dumps({"id": f"<id of upload {uploads}>"}).encode()))
    except StopIteration:
        return
    finally:
        steps.close()


def headers_of(request: Request) -> str:
    """The headers as JSON, with the key blotted out."""
    headers = {"Authorization": "Bearer ***", **dict(request.headers)}
    if request.body is not None:
        headers["Content-Type"] = request.body_type
    return json.dumps(headers)


def body_of(request: Request) -> str | None:
    """The body as text, with long binary parts shortened; None when there is none."""
    if request.body is None:
        return None
    if isinstance(request.body, Parts):
        return shown_form(request.body)
    if not request.content_type.startswith("application/json"):
        return shown_multipart(request.body)
    text = request.body.decode("utf-8")
    return redact(BASE64_RUN.sub(lambda run: f"{run[0][:24]}… ({len(run[0]):,} characters)", text))


def shown_form(form: Parts) -> str:
    """A form as text; a file that is read when it is sent by its path and size."""
    content = None if form.file is None else form.file.content
    if content is None or isinstance(content, bytes):
        return shown_multipart(form.encoded())
    named = f"… (the file {content.path}, {content.size:,} bytes)"
    return shown_multipart(form.head) + named + shown_multipart(form.tail)


def shown_multipart(body: bytes) -> str:
    """A form as text: its headers and short fields, and the size of anything long or binary."""
    return "\n".join(shown_piece(piece) for piece in body.split(b"\r\n"))


def shown_piece(piece: bytes) -> str:
    """One line of a form."""
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError:
        return f"… ({len(piece):,} bytes)"
    return text if len(text) <= LONGEST_RUN else f"{text[:24]}… ({len(piece):,} bytes)"
