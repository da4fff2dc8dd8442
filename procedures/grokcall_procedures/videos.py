"""GenerateVideo, EditVideo, EditVideoByUrl and GetVideo: a video is started, awaited and fetched."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall_procedures.addresses import address_reader
from grokcall_procedures.bodies import EXTRA_BODY, Body, body_bytes, extra_body_is_sound
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.effects import Effect
from grokcall_procedures.media import JPEG, LARGEST_FILE, LARGEST_IMAGE, MIB, MP4, PNG, WEBP, data_uri, media_reader
from grokcall_procedures.models import VIDEO_MODELS
from grokcall_procedures.multipart import FilePart
from grokcall_procedures.polling import await_video, request_id_of
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType, UnfitValue
from grokcall_procedures.uploads import with_uploads

ASPECT_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "5:2")
RESOLUTIONS = ("480p", "720p", "1080p")
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
    """The body of ``POST /videos/generations`` and ``/videos/edits``."""

    model: object
    prompt: object
    duration: object = None
    aspect_ratio: object = None
    resolution: object = None
    image: Media | None = None
    video: Media | None = None


def make_video(call: BoundCall, path: str, body: VideoBody) -> Steps:
    """Starts a video, which is what costs money, then waits for it and fetches it."""
    reply = yield Request("POST", path, body=body_bytes(body, call.values), kind=Kind.VIDEO, billed=True)
    return (yield from await_video(request_id_of(reply_of(reply)), call.settings, fresh=True))


def generate_video(call: BoundCall) -> Steps:
    """A video from words, or from an image and words."""
    get = call.values.get
    content = get("Image_Content")
    image = data_uri(content) if isinstance(content, bytes) else get("Image_Url")
    body = VideoBody(
        model=get("Model"),
        prompt=get("Instructions"),
        duration=get("Duration"),
        aspect_ratio=get("AspectRatio"),
        resolution=get("Resolution"),
        image=Media(url=image) if image is not None else None,
    )
    return (yield from make_video(call, "/videos/generations", body))


def edit_video(call: BoundCall) -> Steps:
    """A video from a video: inside the request where it fits, else uploaded for the length of the call."""
    video = call.values["Video_Content"]
    if not isinstance(video, bytes):
        raise TypeError("Video_Content must be bytes once it is bound")
    if fits_in_request(video, call.values):
        return (yield from make_video(call, "/videos/edits", edit_body(call, Media(url=data_uri(video)))))

    def edit_uploaded(ids: Sequence[str]) -> Steps:
        return make_video(call, "/videos/edits", edit_body(call, Media(file_id=ids[0])))

    return (yield from with_uploads([FilePart("video.mp4", video, MP4.mime)], edit_uploaded))


def fits_in_request(video: bytes, values: Values) -> bool:
    """Whether a request can carry the video as base64, which makes four bytes of three."""
    words = sum(len(str(value).encode("utf-8")) for value in values.values() if isinstance(value, str))
    return (len(video) + 2) // 3 * 4 + 2 * words + ROOM < LARGEST_BODY


def edit_video_by_url(call: BoundCall) -> Steps:
    """A video from a video that the service fetches."""
    return (yield from make_video(call, "/videos/edits", edit_body(call, Media(url=call.values["Video_Url"]))))


def edit_body(call: BoundCall, video: Media) -> VideoBody:
    """The body that asks for a change of ``video``."""
    return VideoBody(model=call.values.get("Model"), prompt=call.values["Instructions"], video=video)


def get_video(call: BoundCall) -> Steps:
    """A video that an earlier call started."""
    return (yield from await_video(str(call.values["RequestId"]), call.settings, fresh=False))


def one_image_at_most(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an image that is given twice."""
    if "Image_Content" in values and "Image_Url" in values:
        raise UnfitValue("cannot be given together with Image_Content; pass NULL for one of them", "Image_Url")
    return ()


INSTRUCTIONS = Parameter(
    "Instructions", ParameterType.STRING, "Instructions describing the desired video.", required=True
)
CHANGE = Parameter("Instructions", ParameterType.STRING, "Instructions describing the desired change.", required=True)
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
INPUT_NOTE = "The video to edit must be an MP4 of at most 8.7 seconds; length, shape and size of the result follow it."

GENERATE_VIDEO = Procedure(
    name="GenerateVideo",
    main="ResultVideo_Content",
    summary="Makes a video from a description, or from an image and a description.",
    parameters=(
        INSTRUCTIONS,
        MODEL,
        Parameter(
            "AspectRatio",
            ParameterType.ENUM,
            "Width to height of the video; 16:9 when NULL. Better NULL with an image, which may be stretched.",
            values=ASPECT_RATIOS,
        ),
        Parameter("Duration", ParameterType.INT32, "The length in seconds, 1 to 15; 8 when NULL.", low=1, high=15),
        Parameter(
            "Resolution",
            ParameterType.ENUM,
            "The size of the video; 480p when NULL. Not every model has 1080p.",
            values=RESOLUTIONS,
        ),
        Parameter(
            "Image_Content",
            ParameterType.BINARY,
            "The image that the video begins with: JPEG, PNG or WebP, at most 20 MiB.",
            max_length=LARGEST_IMAGE,
            reader=read_image,
        ),
        Parameter(
            "Image_Url",
            ParameterType.STRING,
            "The address of the image that the video begins with: http, https or a data URI. Not together with "
            "Image_Content.",
            reader=address_reader(read_image, LARGEST_IMAGE),
        ),
        EXTRA_BODY,
    ),
    fields=FIELDS,
    steps=generate_video,
    model_kind="video",
    rules=(extra_body_is_sound, one_image_at_most),
    reference="POST /v1/videos/generations, GET /v1/videos/{request_id}",
    vendor=True,
    example="CALL GenerateVideo('A paper boat drifts', Duration => 4, Resolution => '480p')",
    notes=(WAIT_NOTE, MODERATION_NOTE),
)

EDIT_VIDEO = Procedure(
    name="EditVideo",
    main="ResultVideo_Content",
    summary="Makes a video from a video and a description of the change.",
    parameters=(
        Parameter(
            "Video_Content",
            ParameterType.BINARY,
            "The video to edit: an MP4 of at most 48 MiB.",
            required=True,
            max_length=LARGEST_FILE,
            reader=read_video,
        ),
        CHANGE,
        MODEL,
        EXTRA_BODY,
    ),
    fields=FIELDS,
    steps=edit_video,
    model_kind="video_edit",
    rules=(extra_body_is_sound,),
    reference="POST /v1/videos/edits, GET /v1/videos/{request_id}",
    vendor=True,
    example="CALL EditVideo(:Video_Content, 'Make it snow')",
    notes=(
        INPUT_NOTE,
        "A video of about 15 MiB or more is uploaded first, and deleted again when the call ends.",
        WAIT_NOTE,
        MODERATION_NOTE,
    ),
)

EDIT_VIDEO_BY_URL = Procedure(
    name="EditVideoByUrl",
    main="ResultVideo_Content",
    summary="Makes a video from a video that the service fetches and a description of the change.",
    parameters=(
        Parameter(
            "Video_Url",
            ParameterType.STRING,
            "The address of the video to edit: http, https or a data URI.",
            required=True,
            reader=address_reader(read_video, LARGEST_BODY // 4 * 3 - ROOM),
        ),
        CHANGE,
        MODEL,
        EXTRA_BODY,
    ),
    fields=FIELDS,
    steps=edit_video_by_url,
    model_kind="video_edit",
    rules=(extra_body_is_sound,),
    reference="POST /v1/videos/edits, GET /v1/videos/{request_id}",
    vendor=True,
    example="CALL EditVideoByUrl('https://example.org/boat.mp4', 'Make it snow')",
    notes=(INPUT_NOTE, WAIT_NOTE, MODERATION_NOTE),
)

GET_VIDEO = Procedure(
    name="GetVideo",
    effect=Effect.READ,
    main="ResultVideo_Content",
    summary="Fetches a video that an earlier call started; it costs nothing.",
    parameters=(
        Parameter(
            "RequestId",
            ParameterType.STRING,
            "The request id, as the error of the call that gave up shows it.",
            required=True,
        ),
    ),
    fields=FIELDS,
    steps=get_video,
    reference="GET /v1/videos/{request_id}",
    example="CALL GetVideo('5f0c2b7e-1111-4222-8333-9c0ffee00002')",
    notes=("Videos stay with the service for a limited time; an id that it has dropped is an error.",),
)

PROCEDURES = (GENERATE_VIDEO, EDIT_VIDEO, EDIT_VIDEO_BY_URL, GET_VIDEO)
