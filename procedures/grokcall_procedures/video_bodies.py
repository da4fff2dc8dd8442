"""The requests for videos: their bodies, their start, and the parameters and notes that all of them have."""

from __future__ import annotations

from grokcall_procedures.bodies import Body, body_bytes
from grokcall_procedures.definition import BoundCall, Parameter, ResultField
from grokcall_procedures.download_targets import target_of, target_parameter
from grokcall_procedures.media import JPEG, MIB, MP4, PNG, WEBP, media_reader
from grokcall_procedures.media_storage import Output, StorageOptions, is_stored, is_uploaded
from grokcall_procedures.models import VIDEO_MODELS
from grokcall_procedures.polling import await_video, is_video, request_id_of
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

LARGEST_BODY = 20 * MIB
"""Bytes of a request that are known to be served; a video that would make more is uploaded first."""
ROOM = MIB // 4
"""Bytes kept free in a request for everything but the video, beside the instructions."""

read_image = media_reader(JPEG, PNG, WEBP)
read_video = media_reader(MP4)


class Media(Body):
    """An image or video that a video is made from."""

    url: object = None
    file_id: object = None


class VideoBody(Body):
    """The body of ``POST /videos/generations``, ``/videos/edits`` and ``/videos/extensions``."""

    model: object
    prompt: object
    duration: object = None
    aspect_ratio: object = None
    resolution: object = None
    image: Media | None = None
    video: Media | None = None
    reference_images: list[dict[str, object]] | None = None
    reference_audios: list[dict[str, object]] | None = None
    last_frame: dict[str, object] | None = None
    keyframes: list[dict[str, object]] | None = None
    generate_audio: object = None
    storage_options: StorageOptions | None = None
    output: Output | None = None


def make_video(call: BoundCall, path: str, body: VideoBody) -> Steps:
    """Starts a video, which is what costs money, then waits for it and fetches it."""
    content, once = body_bytes(body, call.values), is_stored(call.values)
    reply = yield Request("POST", path, body=content, kind=Kind.VIDEO, billed=True, once=once)
    request_id = request_id_of(reply_of(reply))
    uploaded, to = is_uploaded(call.values), target_of(call.values, is_video)
    return (
        yield from await_video(
            request_id,
            call.settings,
            fresh=True,
            model=body.model,
            uploaded=uploaded,
            left=call.leaves_content,
            to=to,
        )
    )


TO = target_parameter("the video")


MODEL = Parameter(
    "Model",
    ParameterType.ENUM,
    "The id of the model; the connection's default when it is NULL.",
    values=VIDEO_MODELS,
)
FIELDS = (ResultField("ResultVideo_Content", ParameterType.BINARY, "video.url", "The video, an MP4."),)
WAIT_NOTE = (
    "A video takes minutes. The call looks at it every `poll_interval` seconds and gives up after `poll_timeout` "
    "seconds, whatever looks went wrong meanwhile; the error then has the request id with which GetVideo fetches the "
    "video, which has been paid for."
)
MODERATION_NOTE = "A video that the service's moderation holds back is an error of its row, and is billed."
