"""EditVideo and ExtendVideo, of a video that is sent or that the service fetches."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall_procedures.addresses import address_reader
from grokcall_procedures.bodies import EXTRA_BODY, extra_body_is_sound
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, Values
from grokcall_procedures.download_targets import target_may_be_written
from grokcall_procedures.file_sources import FileContent, is_source
from grokcall_procedures.local_files import beginning, size_of
from grokcall_procedures.media import LARGEST_FILE, MP4, data_uri, kind_of
from grokcall_procedures.media_estimates import LONGEST_EXTENSION
from grokcall_procedures.multipart import FilePart
from grokcall_procedures.polling import FURTHER_FIELDS
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Steps
from grokcall_procedures.types import ParameterType, UnfitValue
from grokcall_procedures.uploads import with_uploads
from grokcall_procedures.video_bodies import (
    FIELDS,
    LARGEST_BODY,
    MODEL,
    MODERATION_NOTE,
    ROOM,
    TO,
    WAIT_NOTE,
    Media,
    VideoBody,
    make_video,
    read_video,
)

EDITS, EXTENSIONS = "/videos/edits", "/videos/extensions"
SHORTEST_TOLD = 2
"""Seconds of an extension below which the service's guide and its schema do not agree."""
HEAD = 64
"""Bytes by which a file is told to be a video."""


def change_video(call: BoundCall, path: str) -> Steps:
    """A video from a video: inside the request where it fits, else uploaded for the length of the call."""
    video = call.values["Video_Content"]
    assert isinstance(video, bytes) or is_source(video)
    if fits_in_request(size_of(video), call.values):
        return (yield from make_video(call, path, change_body(call, Media(url=data_uri(whole(video))))))

    def change_uploaded(ids: Sequence[str]) -> Steps:
        return make_video(call, path, change_body(call, Media(file_id=ids[0])))

    return (yield from with_uploads([FilePart("video.mp4", video, MP4.mime)], change_uploaded))


def change_video_by_url(call: BoundCall, path: str) -> Steps:
    """A video from a video that the service fetches."""
    return (yield from make_video(call, path, change_body(call, Media(url=call.values["Video_Url"]))))


def change_body(call: BoundCall, video: Media) -> VideoBody:
    """The body that asks for a change of ``video``, or for so many seconds more of it."""
    get = call.values.get
    return VideoBody(model=get("Model"), prompt=get("Instructions"), duration=get("Duration"), video=video)


def fits_in_request(size: int, values: Values) -> bool:
    """Whether a request can carry a video of so many bytes as base64, which makes four bytes of three."""
    words = sum(len(str(value).encode("utf-8")) for value in values.values() if isinstance(value, str))
    return (size + 2) // 3 * 4 + 2 * words + ROOM < LARGEST_BODY


def whole(video: FileContent) -> bytes:
    """All bytes of a video."""
    return video if isinstance(video, bytes) else video.read(0, video.size)


def edit_video(call: BoundCall) -> Steps:
    """A video that was changed."""
    return change_video(call, EDITS)


def edit_video_by_url(call: BoundCall) -> Steps:
    """A video that was changed."""
    return change_video_by_url(call, EDITS)


def extend_video(call: BoundCall) -> Steps:
    """A video that goes on."""
    return change_video(call, EXTENSIONS)


def extend_video_by_url(call: BoundCall) -> Steps:
    """A video that goes on."""
    return change_video_by_url(call, EXTENSIONS)


def content_is_a_video(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses what is no MP4; of a file only the head is looked at."""
    content = values["Video_Content"]
    assert isinstance(content, bytes) or is_source(content)
    try:
        if isinstance(content, bytes):
            read_video(content)
        else:
            kind_of(beginning(content, HEAD), MP4)
    except UnfitValue as error:
        raise UnfitValue(str(error), "Video_Content") from None
    return ()


def length_is_doubtful(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Warns of an extension that the service may refuse."""
    seconds = values.get("Duration")
    if not isinstance(seconds, int) or seconds >= SHORTEST_TOLD:
        return ()
    return (f"Duration {seconds} is sent, but the service's guide says {SHORTEST_TOLD} to 10 seconds",)


def address_of_video(what_for: str) -> Parameter:
    """The parameter for the address of a video to edit or to extend."""
    return Parameter(
        "Video_Url",
        ParameterType.STRING,
        f"The address of the video to {what_for}: http, https or a data URI.",
        required=True,
        reader=address_reader(read_video, LARGEST_BODY // 4 * 3 - ROOM),
    )


CHANGE = Parameter("Instructions", ParameterType.STRING, "Instructions describing the desired change.", required=True)
INPUT_NOTE = "The video to edit must be an MP4 of at most 8.7 seconds; length, shape and size of the result follow it."

UPLOAD_NOTE = "A video of about 15 MiB or more is uploaded first, and deleted again when the call ends."

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
        TO,
    ),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=edit_video,
    model_kind="video_edit",
    rules=(extra_body_is_sound, target_may_be_written),
    reference="POST /v1/videos/edits, GET /v1/videos/{request_id}",
    vendor=True,
    example="CALL EditVideo(:Video_Content, 'Make it snow')",
    notes=(
        INPUT_NOTE,
        UPLOAD_NOTE,
        WAIT_NOTE,
        MODERATION_NOTE,
    ),
)

EDIT_VIDEO_BY_URL = Procedure(
    name="EditVideoByUrl",
    main="ResultVideo_Content",
    summary="Makes a video from a video that the service fetches and a description of the change.",
    parameters=(
        address_of_video("edit"),
        CHANGE,
        MODEL,
        EXTRA_BODY,
        TO,
    ),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=edit_video_by_url,
    model_kind="video_edit",
    rules=(extra_body_is_sound, target_may_be_written),
    reference="POST /v1/videos/edits, GET /v1/videos/{request_id}",
    vendor=True,
    example="CALL EditVideoByUrl('https://example.org/boat.mp4', 'Make it snow')",
    notes=(INPUT_NOTE, WAIT_NOTE, MODERATION_NOTE),
)

CONTINUATION = (
    Parameter("Instructions", ParameterType.STRING, "Instructions describing how the video goes on.", required=True),
    Parameter(
        "Duration",
        ParameterType.INT32,
        "The length of what is added in seconds, 1 to 10; 6 when NULL.",
        low=1,
        high=LONGEST_EXTENSION,
    ),
    MODEL,
    EXTRA_BODY,
    TO,
)
EXTENSION_NOTE = (
    "The video to extend must be an MP4 of 2 to 15 seconds; the service's schema says up to 30. The result is the "
    "video with what is added, in its shape."
)

EXTEND_VIDEO = Procedure(
    name="ExtendVideo",
    main="ResultVideo_Content",
    summary="Makes a video longer, by a description of how it goes on.",
    parameters=(
        Parameter(
            "Video_Content",
            ParameterType.FILE,
            "The video to extend: an MP4 of at most 48 MiB.",
            required=True,
            max_length=LARGEST_FILE,
        ),
        *CONTINUATION,
    ),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=extend_video,
    model_kind="video_edit",
    rules=(extra_body_is_sound, content_is_a_video, length_is_doubtful, target_may_be_written),
    reference="POST /v1/videos/extensions, GET /v1/videos/{request_id}",
    example="CALL ExtendVideo(:Video_Content, 'The boat turns', 6)",
    notes=(EXTENSION_NOTE, UPLOAD_NOTE, WAIT_NOTE, MODERATION_NOTE),
)

EXTEND_VIDEO_BY_URL = Procedure(
    name="ExtendVideoByUrl",
    main="ResultVideo_Content",
    summary="Makes a video longer that the service fetches, by a description of how it goes on.",
    parameters=(address_of_video("extend"), *CONTINUATION),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=extend_video_by_url,
    model_kind="video_edit",
    rules=(extra_body_is_sound, length_is_doubtful, target_may_be_written),
    reference="POST /v1/videos/extensions, GET /v1/videos/{request_id}",
    example="CALL ExtendVideoByUrl('https://example.org/boat.mp4', 'The boat turns', 6)",
    notes=(EXTENSION_NOTE, WAIT_NOTE, MODERATION_NOTE),
)

PROCEDURES = (EDIT_VIDEO, EDIT_VIDEO_BY_URL, EXTEND_VIDEO, EXTEND_VIDEO_BY_URL)
