"""The named actions: one function for each, with the parameters of the procedure behind it.

Each runs one CALL over a connection and gives what the Execute Command action gives: a list of one dict for each row
of the result. What the arguments mean is said in the procedure of the same name (``DESCRIBE PROCEDURE``); those that
are left out or None are not sent.

>>> from grokcall.actions import classify_text
>>> rows = classify_text(connection, "The parcel never came", ["delivery", "billing"])  # doctest: +SKIP
>>> rows[0]["Result_Category"]  # doctest: +SKIP
'delivery'

All raise :class:`grokcall.DataError` for a value that does not fit, before anything is sent, and
:class:`grokcall.ServiceError` or :class:`grokcall.OperationalError` for a call that failed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from grokcall.dataflow.execute_command import ExecuteCommand
from grokcall.dbapi.connection import Connection
from grokcall_procedures import CATALOG, Procedure

__all__ = [
    "analyze_file",
    "analyze_image",
    "analyze_image_by_url",
    "classify_text",
    "edit_image",
    "edit_image_by_url",
    "edit_video",
    "edit_video_by_url",
    "generate_audio",
    "generate_image",
    "generate_response",
    "generate_video",
    "summarize_text",
]

Json: TypeAlias = Mapping[str, object] | Sequence[object] | str
"""A value that is sent as JSON; text must be JSON already."""
Rows: TypeAlias = list[dict[str, object]]


def _run(procedure: Procedure, arguments: Mapping[str, object]) -> Rows:
    """Calls ``procedure`` with those of a function's arguments that are not None.

    The functions hand in ``locals()``: the connection, then the procedure's parameters in its order.
    """
    connection, *values = arguments.values()
    assert isinstance(connection, Connection)
    given = {
        parameter.name: value
        for parameter, value in zip(procedure.parameters, values, strict=True)
        if value is not None or parameter.required
    }
    named = ", ".join(f"{name} => :{name}" for name in given)
    return ExecuteCommand(connection, f"CALL {procedure.name}({named})").run(given)


def analyze_file(
    connection: Connection,
    message: str,
    file1_content: bytes,
    file1_name: str,
    *,
    file2_content: bytes | None = None,
    file2_name: str | None = None,
    file3_content: bytes | None = None,
    file3_name: str | None = None,
    instructions: str | None = None,
    model: str | None = None,
    previous_response_id: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_output_tokens: int | None = None,
    max_tool_calls: int | None = None,
    store: bool | None = None,
    reasoning_effort: str | None = None,
    extra_body: Json | None = None,
    output_schema: str | None = None,
) -> Rows:
    """Answers a message about up to three files."""
    return _run(CATALOG["AnalyzeFile"], locals())


def analyze_image(
    connection: Connection,
    message: str,
    image1_content: bytes,
    *,
    image2_content: bytes | None = None,
    image3_content: bytes | None = None,
    instructions: str | None = None,
    model: str | None = None,
    previous_response_id: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_output_tokens: int | None = None,
    max_tool_calls: int | None = None,
    store: bool | None = None,
    reasoning_effort: str | None = None,
    extra_body: Json | None = None,
    output_schema: str | None = None,
) -> Rows:
    """Answers a message about up to three images."""
    return _run(CATALOG["AnalyzeImage"], locals())


def analyze_image_by_url(
    connection: Connection,
    message: str,
    image1_url: str,
    *,
    image2_url: str | None = None,
    image3_url: str | None = None,
    instructions: str | None = None,
    model: str | None = None,
    previous_response_id: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_output_tokens: int | None = None,
    max_tool_calls: int | None = None,
    store: bool | None = None,
    reasoning_effort: str | None = None,
    extra_body: Json | None = None,
    output_schema: str | None = None,
) -> Rows:
    """Answers a message about up to three images that the service fetches from their addresses."""
    return _run(CATALOG["AnalyzeImageByUrl"], locals())


def classify_text(
    connection: Connection,
    text: str,
    categories: Json,
    *,
    instructions: str | None = None,
    allow_multiple: bool | None = None,
    model: str | None = None,
    temperature: float | None = None,
    max_output_tokens: int | None = None,
    reasoning_effort: str | None = None,
    extra_body: Json | None = None,
    store: bool | None = None,
) -> Rows:
    """Sorts a text into one or more of your categories."""
    return _run(CATALOG["ClassifyText"], locals())


def edit_image(
    connection: Connection,
    instructions: str,
    image1_content: bytes,
    *,
    image2_content: bytes | None = None,
    image3_content: bytes | None = None,
    model: str | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    extra_body: Json | None = None,
) -> Rows:
    """Makes an image from up to three images and a description of the change."""
    return _run(CATALOG["EditImage"], locals())


def edit_image_by_url(
    connection: Connection,
    instructions: str,
    image1_url: str,
    *,
    image2_url: str | None = None,
    image3_url: str | None = None,
    model: str | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    extra_body: Json | None = None,
) -> Rows:
    """Makes an image from up to three images that the service fetches and a description of the change."""
    return _run(CATALOG["EditImageByUrl"], locals())


def edit_video(
    connection: Connection,
    video_content: bytes,
    instructions: str,
    *,
    model: str | None = None,
    extra_body: Json | None = None,
) -> Rows:
    """Makes a video from a video and a description of the change."""
    return _run(CATALOG["EditVideo"], locals())


def edit_video_by_url(
    connection: Connection,
    video_url: str,
    instructions: str,
    *,
    model: str | None = None,
    extra_body: Json | None = None,
) -> Rows:
    """Makes a video from a video that the service fetches and a description of the change."""
    return _run(CATALOG["EditVideoByUrl"], locals())


def generate_audio(
    connection: Connection,
    text: str,
    language: str,
    *,
    voice: str | None = None,
    output_codec: str | None = None,
    output_sample_rate: int | str | None = None,
    output_mp3_bitrate: int | str | None = None,
    speed: float | None = None,
    extra_body: Json | None = None,
) -> Rows:
    """Speaks a text."""
    return _run(CATALOG["GenerateAudio"], locals())


def generate_image(
    connection: Connection,
    instructions: str,
    *,
    model: str | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    extra_body: Json | None = None,
) -> Rows:
    """Makes an image from a description."""
    return _run(CATALOG["GenerateImage"], locals())


def generate_response(
    connection: Connection,
    message: str,
    *,
    instructions: str | None = None,
    model: str | None = None,
    previous_response_id: str | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    max_output_tokens: int | None = None,
    max_tool_calls: int | None = None,
    store: bool | None = None,
    reasoning_effort: str | None = None,
    extra_body: Json | None = None,
    output_schema: str | None = None,
) -> Rows:
    """Answers a message with a text model."""
    return _run(CATALOG["GenerateResponse"], locals())


def generate_video(
    connection: Connection,
    instructions: str,
    *,
    model: str | None = None,
    aspect_ratio: str | None = None,
    duration: int | None = None,
    resolution: str | None = None,
    image_content: bytes | None = None,
    image_url: str | None = None,
    extra_body: Json | None = None,
) -> Rows:
    """Makes a video from a description, or from an image and a description."""
    return _run(CATALOG["GenerateVideo"], locals())


def summarize_text(
    connection: Connection,
    text: str,
    *,
    max_words: int | None = None,
    language: str | None = None,
    style: str | None = None,
    instructions: str | None = None,
    model: str | None = None,
    temperature: float | None = None,
    max_output_tokens: int | None = None,
    reasoning_effort: str | None = None,
    extra_body: Json | None = None,
    store: bool | None = None,
) -> Rows:
    """Makes a text shorter."""
    return _run(CATALOG["SummarizeText"], locals())
