"""The video endpoints: generate, edit, extend, poll."""

import asyncio
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any
from uuid import uuid4

import msgspec
from PIL import Image

from grokcall_sandbox.api.generation import FORBIDDEN_MARK
from grokcall_sandbox.api.media_sources import Source, read_clip, read_picture
from grokcall_sandbox.api.media_storage import Output, StorageOptions, check_storage, store, upload
from grokcall_sandbox.api.voices import find_voice
from grokcall_sandbox.catalogue import VideoModel, find_video_model
from grokcall_sandbox.errors import invalid, moderated, not_found, unsupported_field
from grokcall_sandbox.media.clips import ClipFacts, edit_clip, extend_clip, make_clip, read_facts
from grokcall_sandbox.media.sizes import VIDEO_RATIOS, VIDEO_SIDES, ratio_of, video_size
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest
from grokcall_sandbox.state import DATA_RETENTION, VideoJob

MAX_EDIT_SECONDS = 8.7
MAX_EXTEND_SECONDS = 30.0
MIN_EXTEND_SECONDS = 2.0
_WITH_REFERENCES = 10
_WITH_FRAMES = "grok-imagine-video-1.5"
_FRAME_FIELDS = ("last_frame", "keyframes", "reference_audios", "generate_audio")
_MOST_KEYFRAMES, _MOST_VOICES = 4, 3
_MP4 = "video/mp4"


class Keyframe(msgspec.Struct):
    """An image at a moment of the video."""

    image: Source
    timestamp_s: float


class ReferenceAudio(msgspec.Struct):
    """A voice, by its id or as a recording."""

    voice_id: str | None = None
    url: str | None = None


class VideoRequest(msgspec.Struct):
    """The body of a generation; fields that the service ignores are not listed."""

    prompt: str | None = None
    model: str | None = None
    duration: int | None = None
    seconds: int | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    image: Source | None = None
    image_url: str | None = None
    reference_images: list[Source] | None = None
    reference_audios: list[ReferenceAudio] | None = None
    last_frame: Source | None = None
    keyframes: list[Keyframe] | None = None
    generate_audio: bool | None = None
    storage_options: StorageOptions | None = None
    output: Output | None = None


class ClipRequest(msgspec.Struct):
    """The body of an edit or an extension."""

    prompt: str
    video: Source
    model: str | None = None
    duration: int | None = None
    aspect_ratio: Any = None
    resolution: Any = None
    storage_options: StorageOptions | None = None
    output: Output | None = None


_GENERATE = msgspec.json.Decoder(VideoRequest)
_CLIP = msgspec.json.Decoder(ClipRequest)


async def generate(call: SandboxRequest) -> Reply:
    """POST /v1/videos/generations."""
    request = call.decode(_GENERATE)
    model = find_video_model(request.model)
    duration, resolution = _check(request, model)
    source = request.image or (Source(url=request.image_url) if request.image_url else None)
    first = await read_picture(source, call.state) if source is not None else None
    references = [await read_picture(reference, call.state) for reference in request.reference_images or []]
    first = first or (references[0] if references else None)
    frames = [frame.image for frame in request.keyframes or []] + ([request.last_frame] if request.last_frame else [])
    for frame in frames:
        await read_picture(frame, call.state)
    for audio in request.reference_audios or []:
        if audio.voice_id is not None:
            find_voice(call.state, audio.voice_id)
    size = video_size(_ratio(request, first), resolution)
    pictures = len(references) + len(frames) + (source is not None)
    ticks = duration * model.prices[resolution] + pictures * model.picture_price
    prompt = request.prompt or "Image to video"

    def render() -> bytes:
        return make_clip(prompt, call.state.seed, duration, size, first)

    return _start(call, request, model, duration, ticks, render)


async def edit(call: SandboxRequest) -> Reply:
    """POST /v1/videos/edits."""
    request = call.decode(_CLIP)
    model = _clip_model(request)
    for name in ("duration", "aspect_ratio", "resolution"):
        if getattr(request, name) is not None:
            raise invalid(f"Argument not supported: {name}")
    clip = await read_clip(request.video, call.state)
    facts = _facts(clip)
    if facts is None or facts.duration > MAX_EDIT_SECONDS + 0.05:
        return _fail(call, model, "input video too long" if facts else "input video cannot be read")
    ticks = _clip_ticks(model, facts, facts.duration)
    return _start(call, request, model, facts.duration, ticks, lambda: edit_clip(request.prompt, clip))


async def extend(call: SandboxRequest) -> Reply:
    """POST /v1/videos/extensions."""
    request = call.decode(_CLIP)
    model = _clip_model(request)
    added = 6 if request.duration is None else request.duration
    if not 1 <= added <= 10:
        raise invalid(f"Invalid duration: {added} is not between 1 and 10.")
    clip = await read_clip(request.video, call.state)
    facts = _facts(clip)
    if facts is None or not MIN_EXTEND_SECONDS - 0.05 <= facts.duration <= MAX_EXTEND_SECONDS + 0.05:
        return _fail(call, model, "input video must last 2 to 30 seconds" if facts else "input video cannot be read")
    ticks = _clip_ticks(model, facts, added)
    total = facts.duration + added
    return _start(call, request, model, total, ticks, lambda: extend_clip(request.prompt, clip, added))


async def poll(call: SandboxRequest) -> Reply:
    """GET /v1/videos/{id}."""
    request_id = call.parameters["id"]
    job = call.state.videos.get(request_id)
    if job is None:
        raise not_found(f"Video generation with request_id={request_id} not found")
    elapsed = time.monotonic() - job.started
    if elapsed < call.state.video_seconds or not job.clip.done():
        share = elapsed / call.state.video_seconds if call.state.video_seconds else 1.0
        return json_reply({"status": "pending", "progress": min(99, max(1, int(100 * share)))}, status=202)
    if job.moderated:
        refusal = moderated("video", job.ticks)
        body = {"code": refusal.code, "error": refusal.message, "usage": {"cost_in_usd_ticks": job.ticks}}
        return json_reply(body, status=400)  # billed when it was started, hence no refusal that bills again
    failure = job.failure or _failure(job)
    if failure is not None:
        return json_reply({"status": "failed", "error": {"code": "invalid_argument", "message": failure}})
    return json_reply(await _done(call, job))


async def finish(call: SandboxRequest, request_id: str) -> dict[str, Any]:
    """What a poll gives once the video is made, or was withheld or failed."""
    job = call.state.videos.get(request_id)
    if job is not None:
        await asyncio.wait([asyncio.wrap_future(job.clip)])
        await asyncio.sleep(max(0.0, job.started + call.state.video_seconds - time.monotonic()))
    reply = await poll(call.inner(f"/v1/videos/{request_id}", parameters={"id": request_id}))
    told: dict[str, Any] = msgspec.json.decode(reply.content if isinstance(reply.content, bytes) else b"{}")
    return told


async def _done(call: SandboxRequest, job: VideoJob) -> dict[str, Any]:
    if job.url is None:
        clip = job.clip.result()
        job.url = "" if job.upload_url else call.state.keep_medium(clip, _MP4, "mp4")
        if job.storage is not None:
            job.file_output = store(call, job.storage, clip, _MP4, "mp4")
        if job.upload_url is not None:
            await upload(job.upload_url, clip, _MP4)
    stored = {} if job.file_output is None else {"file_output": job.file_output}
    url = call.link(job.url) if job.url else ""
    seconds = int(job.duration) if job.duration == int(job.duration) else round(job.duration, 3)
    return {
        "status": "done",
        "video": {"url": url, "duration": seconds, "respect_moderation": True, **stored},
        "model": job.model,
        "usage": {"cost_in_usd_ticks": job.ticks},
        "progress": 100,
    }


def _check(request: VideoRequest, model: VideoModel) -> tuple[int, str]:
    """The duration and the resolution that apply, once everything is found to be allowed."""
    if not (request.prompt or "").strip() and request.image is None and request.image_url is None:
        raise invalid("prompt is required for text-to-video.")
    duration = next((value for value in (request.duration, request.seconds) if value is not None), 8)
    most = _WITH_REFERENCES if request.reference_images else model.max_duration
    if duration > most:
        raise invalid(f"Duration {duration}s exceeds the maximum allowed duration of {most}s.")
    if duration < 1:
        raise invalid(f"Invalid duration: {duration} is not at least 1.")
    if request.aspect_ratio is not None and request.aspect_ratio not in VIDEO_RATIOS:
        raise invalid(f"Invalid aspect_ratio: {request.aspect_ratio}. Supported: {', '.join(VIDEO_RATIOS)}.")
    resolution = request.resolution or "480p"
    if resolution not in VIDEO_SIDES or resolution not in model.prices:
        raise invalid(f"Invalid resolution: {resolution}. Model {model.id} supports {', '.join(model.prices)}.")
    if not model.id.startswith(_WITH_FRAMES):
        stray = next((name for name in _FRAME_FIELDS if getattr(request, name) is not None), None)
        if stray is not None:
            raise unsupported_field(stray)
    if len(request.keyframes or ()) > _MOST_KEYFRAMES or len(request.reference_audios or ()) > _MOST_VOICES:
        raise invalid(f"At most {_MOST_KEYFRAMES} keyframes and {_MOST_VOICES} reference audios are allowed.")
    if len(request.reference_images or ()) > (7 if model.id == "grok-imagine-video" else 14):
        raise invalid("Too many reference images.")
    return duration, resolution


def _ratio(request: VideoRequest, first: Image.Image | None) -> float:
    if request.aspect_ratio is not None:
        return ratio_of(request.aspect_ratio)
    return min(max(first.width / first.height, 0.25), 4.0) if first is not None else 16 / 9


def _clip_model(request: ClipRequest) -> VideoModel:
    if not request.prompt.strip():
        raise invalid("prompt must not be empty.")
    return find_video_model(request.model)


def _facts(clip: bytes) -> ClipFacts | None:
    try:
        return read_facts(clip)
    except ValueError:
        return None


def _clip_ticks(model: VideoModel, facts: ClipFacts, made: float) -> int:
    """Seconds made at their price and seconds read at theirs, to the millisecond."""
    resolution = "480p" if min(facts.width, facts.height) <= 480 else "720p"
    made_ms, read_ms = round(made * 1000), round(facts.duration * 1000)
    return int(Fraction(made_ms * model.prices[resolution] + read_ms * model.clip_price, 1000))


def _start(
    call: SandboxRequest,
    request: VideoRequest | ClipRequest,
    model: VideoModel,
    duration: float,
    ticks: int,
    render: Callable[[], bytes],
) -> Reply:
    check_storage(call, request.storage_options)
    if DATA_RETENTION in call.state.refusals and not (request.output and request.output.upload_url):
        raise invalid("Zero Data Retention teams must provide output.upload_url for video generation.")
    forbidden = FORBIDDEN_MARK in (request.prompt or "")
    clip = call.state.renderers.submit(bytes if forbidden else render)
    job = VideoJob(model.id, duration, ticks, time.monotonic(), clip, moderated=forbidden)
    job.storage = request.storage_options
    job.upload_url = request.output.upload_url if request.output is not None else None
    return _accept(call, job)


def _fail(call: SandboxRequest, model: VideoModel, problem: str) -> Reply:
    clip = call.state.renderers.submit(bytes)
    return _accept(call, VideoJob(model.id, 0, 0, time.monotonic(), clip, failure=problem))


def _accept(call: SandboxRequest, job: VideoJob) -> Reply:
    request_id = str(uuid4())
    call.state.videos.put(request_id, job, 1)
    return json_reply({"request_id": request_id}, ticks=job.ticks, model=job.model)


def _failure(job: VideoJob) -> str | None:
    problem = job.clip.exception()
    return f"the video could not be made: {problem}" if problem is not None else None
