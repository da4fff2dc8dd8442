"""The columns of an answer that are there when they are asked for by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from grokcall_procedures.definition import FieldType, ResultField
from grokcall_procedures.documents import encode_json
from grokcall_procedures.outputs.citations import citations
from grokcall_procedures.outputs.pictures import pictures
from grokcall_procedures.outputs.replies import read, rounds_of
from grokcall_procedures.outputs.sources import sources
from grokcall_procedures.outputs.tool_calls import output, tool_calls, tool_usage
from grokcall_procedures.outputs.types import PICTURES, structs
from grokcall_procedures.steps import Row
from grokcall_procedures.types import ParameterType

RAW, EARLIER = "Response_Raw", "Response_EarlierRounds"
REPLIES = (RAW, EARLIER)


def _derived(name: str, kind: FieldType, path: str, doc: str, derive: Callable[..., Any], *more: str) -> ResultField:
    return ResultField(f"Response_{name}", kind, path, doc, derive, (*REPLIES, *more))


def rounds(raw: str | None, earlier: str | None) -> int | None:
    """How many billed requests a call took; None where there is no reply."""
    return len(rounds_of(raw, earlier)) or None


FURTHER_FIELDS = (
    _derived(
        "Citations",
        structs(url="VARCHAR", title="VARCHAR", start_index="INTEGER", end_index="INTEGER"),
        "output[message].content[].annotations",
        "What the answer cites; the places are characters of Response_Result, from 0, the end not included.",
        citations,
        "Response_Result",
    ),
    _derived(
        "Sources",
        structs(
            kind="VARCHAR",
            url="VARCHAR",
            title="VARCHAR",
            file_id="VARCHAR",
            score="DOUBLE",
            text="VARCHAR",
            call_id="VARCHAR",
        ),
        "output[web_search_call].action, output[file_search_call].results",
        "All that was looked at, each once: `web` for pages that were found or opened, `file` for parts of files.",
        sources,
    ),
    _derived(
        "ToolCalls",
        structs(
            id="VARCHAR",
            round="INTEGER",
            kind="VARCHAR",
            name="VARCHAR",
            server="VARCHAR",
            arguments="VARCHAR",
            status="VARCHAR",
            output="VARCHAR",
            error="VARCHAR",
            seconds="DOUBLE",
        ),
        "output[*_call]",
        "Every call of a tool. A function's call is `pending` until its output is given.",
        tool_calls,
    ),
    _derived(
        "ToolUsage",
        ParameterType.JSON,
        "usage.server_side_tool_usage_details",
        "How often each of the service's tools was used, as JSON text; NULL where none was.",
        tool_usage,
    ),
    _derived(
        "Output",
        ParameterType.JSON,
        "output",
        "All items of the output, as JSON text; it goes back in as History.",
        output,
    ),
    _derived(
        "Pictures",
        PICTURES,
        "output[image_generation_call].result",
        "The pictures that tools of the service made.",
        pictures,
    ),
    _derived("Rounds", ParameterType.INT32, "", "The billed requests that the call took.", rounds),
    ResultField(RAW, ParameterType.JSON, "", "The last reply, as JSON text."),
    ResultField(
        EARLIER,
        ParameterType.JSON,
        "",
        "The replies before the last one, as a JSON list, where the call took several; otherwise NULL.",
    ),
)
"""Those that are derived are made from the replies when they are asked for; a row holds the replies."""


def replies_of(bodies: Sequence[bytes]) -> Row:
    """What a row holds of the replies to a call's billed requests, in the order of ``FURTHER_FIELDS``."""
    if not bodies:
        return (None, None)
    last = bodies[-1].decode("utf-8", "replace")
    if len(bodies) == 1:
        return (last, None)
    return last, encode_json([read(body.decode("utf-8", "replace")) for body in bodies[:-1]]).decode()
