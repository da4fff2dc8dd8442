"""GenerateVideo and GetVideo: a video is started, awaited and fetched."""

from __future__ import annotations

from grokcall_procedures.addresses import address_reader
from grokcall_procedures.bodies import EXTRA_BODY, extra_body_is_sound
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.download_targets import target_may_be_written, target_of
from grokcall_procedures.effects import Effect
from grokcall_procedures.media import LARGEST_IMAGE, data_uri
from grokcall_procedures.media_storage import (
    STORAGE,
    STORAGE_NOTE,
    UPLOAD_URL,
    Output,
    effect_of_media,
    storage_fits,
    storage_options,
)
from grokcall_procedures.polling import FURTHER_FIELDS, await_video, is_video
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Steps
from grokcall_procedures.types import ParameterType, UnfitValue
from grokcall_procedures.video_bodies import (
    FIELDS,
    MODEL,
    MODERATION_NOTE,
    TO,
    WAIT_NOTE,
    Media,
    VideoBody,
    make_video,
    read_image,
)
from grokcall_procedures.video_changes import PROCEDURES as _CHANGES
from grokcall_procedures.video_guides import GUIDES, guide, guides_fit

ASPECT_RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "5:2")
RESOLUTIONS = ("480p", "720p", "1080p")


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
        storage_options=storage_options(call.values),
        output=Output(upload_url=get("UploadUrl")) if "UploadUrl" in call.values else None,
    )
    guide(body, call.values)
    return (yield from make_video(call, "/videos/generations", body))


def get_video(call: BoundCall) -> Steps:
    """A video that an earlier call started."""
    to = target_of(call.values, is_video)
    request_id, left = str(call.values["RequestId"]), not call.settings.wants_content
    return (yield from await_video(request_id, call.settings, fresh=False, left=left, to=to))


def one_image_at_most(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an image that is given twice."""
    if "Image_Content" in values and "Image_Url" in values:
        raise UnfitValue("cannot be given together with Image_Content; pass NULL for one of them", "Image_Url")
    return ()


INSTRUCTIONS = Parameter(
    "Instructions", ParameterType.STRING, "Instructions describing the desired video.", required=True
)
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
        *STORAGE,
        UPLOAD_URL,
        *GUIDES,
        TO,
    ),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=generate_video,
    model_kind="video",
    rules=(extra_body_is_sound, one_image_at_most, storage_fits, guides_fit, target_may_be_written),
    effect_of=effect_of_media,
    reference="POST /v1/videos/generations, GET /v1/videos/{request_id}",
    vendor=True,
    example="CALL GenerateVideo('A paper boat drifts', Duration => 4, Resolution => '480p')",
    notes=(WAIT_NOTE, MODERATION_NOTE, STORAGE_NOTE),
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
        TO,
    ),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=get_video,
    rules=(target_may_be_written,),
    reference="GET /v1/videos/{request_id}",
    example="CALL GetVideo('5f0c2b7e-1111-4222-8333-9c0ffee00002')",
    notes=("Videos stay with the service for a limited time; an id that it has dropped is an error.",),
)

PROCEDURES = (GENERATE_VIDEO, *_CHANGES, GET_VIDEO)
