"""The image endpoints: generate and edit."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from PIL import Image

from grokcall_sandbox.api.generation import FORBIDDEN_MARK
from grokcall_sandbox.api.media_sources import Source, read_picture
from grokcall_sandbox.api.media_storage import Output, StorageOptions, check_storage, store, upload
from grokcall_sandbox.catalogue import MAX_PICTURE_PROMPT, PictureModel, find_picture_model
from grokcall_sandbox.errors import invalid, moderated, unsupported_field
from grokcall_sandbox.media.pictures import edit_pictures, make_picture
from grokcall_sandbox.media.sizes import PICTURE_RATIOS, PICTURE_SIDES, picture_size, ratio_of
from grokcall_sandbox.replies import Reply, json_reply
from grokcall_sandbox.request import SandboxRequest

MAX_SOURCES = 5
MAX_PICTURES = 10
HELD_BACK_MARK = "FORBIDDEN_IMAGE"
"""Of the images for a prompt with this in it, moderation holds the first back, and the reply says so of that one."""
_NOT_TAKEN = ("size", "style", "seed", "mask", "negative_prompt")


class PictureRequest(msgspec.Struct):
    """The body of a generation; fields that the service ignores are not listed."""

    prompt: str
    model: str | None = None
    n: int | None = None
    response_format: Literal["url", "b64_json"] | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    quality: str | None = None
    output_format: str | None = None
    storage_options: StorageOptions | None = None
    output: Output | None = None
    size: Any = None
    style: Any = None
    seed: Any = None
    mask: Any = None
    negative_prompt: Any = None


class EditRequest(PictureRequest):
    """The body of an edit."""

    image: Source | None = None
    images: list[Source] | None = None


_GENERATE = msgspec.json.Decoder(PictureRequest)
_EDIT = msgspec.json.Decoder(EditRequest)


async def generate(call: SandboxRequest) -> Reply:
    """POST /v1/images/generations."""
    request = call.decode(_GENERATE)
    model = find_picture_model(request.model)
    resolution = _check(call, request)
    ratio = 1.0 if request.aspect_ratio in (None, "auto") else ratio_of(request.aspect_ratio or "1:1")
    size = picture_size(ratio, resolution)
    kind = "PNG" if request.output_format == "png" else "JPEG"

    def draw(seed: int) -> bytes:
        return make_picture(request.prompt, seed, size, kind)

    return await _answer(call, request, model, draw, 0)


async def edit(call: SandboxRequest) -> Reply:
    """POST /v1/images/edits."""
    request = call.decode(_EDIT)
    model = find_picture_model(request.model)
    resolution = _check(call, request)
    if (request.image is None) == (request.images is None):
        raise invalid("Exactly one of image and images must be given.")
    given = [request.image] if request.image is not None else request.images or []
    if not 1 <= len(given) <= MAX_SOURCES:
        raise invalid(f"Between 1 and {MAX_SOURCES} images are allowed, {len(given)} were given.")
    sources: list[Image.Image] = [await read_picture(source, call.state) for source in given]
    ratio = sources[0].width / sources[0].height
    if request.aspect_ratio not in (None, "auto"):
        ratio = ratio_of(request.aspect_ratio or "1:1")
    size = picture_size(min(max(ratio, 0.1), 10.0), resolution)
    kind = "PNG" if request.output_format == "png" else "JPEG"

    def draw(seed: int) -> bytes:
        return edit_pictures(request.prompt, seed, sources, size, kind)

    return await _answer(call, request, model, draw, len(sources))


def _check(call: SandboxRequest, request: PictureRequest) -> str:
    """The resolution that applies, once everything in the request is found to be allowed."""
    for name in _NOT_TAKEN:
        if getattr(request, name) is not None:
            raise unsupported_field(name)
    if not request.prompt.strip():
        raise invalid("prompt must not be empty.")
    if len(request.prompt) > MAX_PICTURE_PROMPT:
        raise invalid(f"The prompt exceeds the maximum length of {MAX_PICTURE_PROMPT} characters.")
    if request.n is not None and not 1 <= request.n <= MAX_PICTURES:
        raise invalid(f"Invalid n: {request.n} is not between 1 and {MAX_PICTURES}.")
    if request.aspect_ratio is not None and request.aspect_ratio not in PICTURE_RATIOS:
        raise invalid(f"Invalid aspect_ratio: {request.aspect_ratio}. Supported: {', '.join(PICTURE_RATIOS)}.")
    resolution = request.resolution or "1k"
    if resolution not in PICTURE_SIDES:
        raise invalid(f"Invalid resolution: {resolution}. Supported: {', '.join(PICTURE_SIDES)}.")
    check_storage(call, request.storage_options)
    addresses = request.output.upload_urls if request.output is not None else None
    if addresses is not None and len(addresses) != (request.n or 1):
        raise invalid("output.upload_urls must have an address for each image.")
    if request.quality not in (None, "low", "medium", "auto"):
        raise invalid(f"Invalid quality: {request.quality}. Supported: low, medium, auto.")
    return resolution


async def _answer(
    call: SandboxRequest, request: PictureRequest, model: PictureModel, draw: Callable[[int], bytes], sources: int
) -> Reply:
    price = model.price(request.quality or "auto", request.resolution or "1k")
    count = request.n or 1
    ticks = count * price + sources * model.source_price
    if FORBIDDEN_MARK in request.prompt:
        raise moderated("image", ticks)
    loop = asyncio.get_running_loop()
    first = call.state.seed * MAX_PICTURES
    drawn = [await loop.run_in_executor(call.state.renderers, draw, first + number) for number in range(count)]
    data: list[dict[str, object]] = [
        await _datum(call, picture, request, number) for number, picture in enumerate(drawn)
    ]
    if HELD_BACK_MARK in request.prompt:
        data[0] = {"respect_moderation": False}
    return json_reply({"data": data, "usage": {"cost_in_usd_ticks": ticks}}, ticks=ticks, model=model.id)


async def _datum(call: SandboxRequest, picture: bytes, request: PictureRequest, number: int) -> dict[str, object]:
    kind, suffix = ("image/png", "png") if request.output_format == "png" else ("image/jpeg", "jpeg")
    told: dict[str, object] = {"mime_type": kind}
    if request.storage_options is not None:
        told["file_output"] = store(call, request.storage_options, picture, kind, suffix)
    if request.output is not None and request.output.upload_urls:
        await upload(request.output.upload_urls[number], picture, kind)
        return told
    if request.response_format == "b64_json":
        return {"b64_json": base64.b64encode(picture).decode(), **told}
    return {"url": call.link(call.state.keep_medium(picture, kind, suffix)), **told}
