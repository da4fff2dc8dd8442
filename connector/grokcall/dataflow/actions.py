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

from grokcall.dataflow.action_calls import Json, Rows, run_action
from grokcall.dataflow.answer_actions import analyze_file as analyze_file
from grokcall.dataflow.answer_actions import analyze_image as analyze_image
from grokcall.dataflow.answer_actions import analyze_image_by_url as analyze_image_by_url
from grokcall.dataflow.answer_actions import generate_response as generate_response
from grokcall.dbapi.connection import Connection
from grokcall_procedures import CATALOG

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
    return run_action(CATALOG["ClassifyText"], locals())


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
    store_as: str | None = None,
    store_for: int | None = None,
    public_url: bool | None = None,
    upload_url: str | None = None,
    images: Json | None = None,
) -> Rows:
    """Makes an image from up to three images and a description of the change."""
    return run_action(CATALOG["EditImage"], locals())


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
    store_as: str | None = None,
    store_for: int | None = None,
    public_url: bool | None = None,
    upload_url: str | None = None,
    images: Json | None = None,
) -> Rows:
    """Makes an image from up to three images that the service fetches and a description of the change."""
    return run_action(CATALOG["EditImageByUrl"], locals())


def edit_video(
    connection: Connection,
    video_content: bytes,
    instructions: str,
    *,
    model: str | None = None,
    extra_body: Json | None = None,
    to: str | None = None,
) -> Rows:
    """Makes a video from a video and a description of the change."""
    return run_action(CATALOG["EditVideo"], locals())


def edit_video_by_url(
    connection: Connection,
    video_url: str,
    instructions: str,
    *,
    model: str | None = None,
    extra_body: Json | None = None,
    to: str | None = None,
) -> Rows:
    """Makes a video from a video that the service fetches and a description of the change."""
    return run_action(CATALOG["EditVideoByUrl"], locals())


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
    with_timestamps: bool | None = None,
    text_normalization: bool | None = None,
    replace: Json | None = None,
    streaming_latency: int | None = None,
) -> Rows:
    """Speaks a text."""
    return run_action(CATALOG["GenerateAudio"], locals())


def generate_image(
    connection: Connection,
    instructions: str,
    *,
    model: str | None = None,
    aspect_ratio: str | None = None,
    resolution: str | None = None,
    quality: str | None = None,
    extra_body: Json | None = None,
    store_as: str | None = None,
    store_for: int | None = None,
    public_url: bool | None = None,
    upload_url: str | None = None,
) -> Rows:
    """Makes an image from a description."""
    return run_action(CATALOG["GenerateImage"], locals())


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
    store_as: str | None = None,
    store_for: int | None = None,
    public_url: bool | None = None,
    upload_url: str | None = None,
    references: Json | None = None,
    reference_voices: Json | None = None,
    last_frame_content: bytes | None = None,
    last_frame_url: str | None = None,
    keyframes: Json | None = None,
    with_audio: bool | None = None,
    to: str | None = None,
) -> Rows:
    """Makes a video from a description, or from an image and a description."""
    return run_action(CATALOG["GenerateVideo"], locals())


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
    return run_action(CATALOG["SummarizeText"], locals())
