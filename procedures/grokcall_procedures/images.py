"""GenerateImage, EditImage and EditImageByUrl: one image for each call."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall_procedures.addresses import download
from grokcall_procedures.bodies import EXTRA_BODY, Body, body_bytes, extra_body_is_sound, extra_members
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField, Values
from grokcall_procedures.documents import document_of, moderated, stated_failure
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.image_parameters import address_parameters, addresses, content_parameters, content_uris
from grokcall_procedures.media import JPEG, PNG, WEBP, decoded, result_bytes
from grokcall_procedures.models import IMAGE_MODELS, takes_quality
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Kind, Request, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType, UnfitValue

ASPECT_RATIOS = (
    "auto",
    "1:1",
    "3:4",
    "4:3",
    "9:16",
    "16:9",
    "2:3",
    "3:2",
    "9:19.5",
    "19.5:9",
    "9:20",
    "20:9",
    "1:2",
    "2:1",
    "21:9",
    "5:2",
)
RESOLUTIONS = ("1k", "1.5k", "2k")
QUALITIES = ("low", "medium", "auto")


class Source(Body):
    """An image to edit."""

    url: object
    type: str | None = None


class ImageBody(Body):
    """The body of ``POST /images/generations`` and ``/images/edits``."""

    model: object
    prompt: object
    response_format: str | None = None
    aspect_ratio: object = None
    resolution: object = None
    quality: object = None
    image: Source | None = None
    images: list[Source] | None = None


def image_body(call: BoundCall, sources: Sequence[str] = ()) -> ImageBody:
    """The body that asks for an image made from the call's instructions and ``sources``."""
    get = call.values.get
    images = [Source(source, type="image_url") for source in sources]
    return ImageBody(
        model=get("Model"),
        prompt=get("Instructions"),
        response_format="b64_json",
        aspect_ratio=get("AspectRatio"),
        resolution=get("Resolution"),
        quality=get("Quality"),
        image=images[0] if len(images) == 1 else None,
        images=images if len(images) > 1 else None,
    )


def make_image(call: BoundCall, path: str, body: ImageBody) -> Steps:
    """Asks for one image; one that comes as an address is fetched at once, for it does not stay there."""
    reply = reply_of((yield Request("POST", path, body=body_bytes(body, call.values), kind=Kind.IMAGE, billed=True)))
    content, url = image_in(document_of(reply.body))
    if content is not None:
        return [(result_bytes(decoded(content), "image/"),)]
    fetched = yield download(url, call.settings)
    return [(result_bytes(reply_of(fetched).body, "image/"),)]


def image_in(document: dict[str, object]) -> tuple[str | None, str]:
    """The base64 of the reply's image, or None and its address.

    Raises:
        FailedReplyError: Moderation holds it back, or the reply states another failure.
        MalformedReplyError: The reply has neither.
    """
    images = document.get("data")
    entry = images[0] if isinstance(images, list) and images else None
    if not isinstance(entry, dict):
        raise stated_failure(document) or MalformedReplyError("the service sent no image")
    content, url = entry.get("b64_json"), entry.get("url")
    if entry.get("respect_moderation") is False or not (content or url):
        raise moderated("image", document)
    if isinstance(content, str) and content:
        return content, ""
    if isinstance(url, str) and url:
        return None, url
    raise MalformedReplyError("the service sent an image that is neither base64 nor an address")


def generate_image(call: BoundCall) -> Steps:
    """An image from words."""
    return (yield from make_image(call, "/images/generations", image_body(call)))


def edit_image(call: BoundCall) -> Steps:
    """An image from images that travel inside the request."""
    return (yield from make_image(call, "/images/edits", image_body(call, content_uris(call.values))))


def edit_image_by_url(call: BoundCall) -> Steps:
    """An image from images that the service fetches."""
    return (yield from make_image(call, "/images/edits", image_body(call, addresses(call.values))))


def quality_fits_model(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Leaves Quality out for a model that has none."""
    if "Quality" not in values or takes_quality(str(values["Model"])):
        return ()
    quality = values.pop("Quality")
    return (f"{values['Model']} has no setting of quality: Quality '{quality}' was left out",)


def one_image_is_asked_for(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an ExtraBody that pays for images which the row has no place for."""
    if extra_members(values).get("n", 1) not in (1, None):
        raise UnfitValue('"n" must be 1: a call returns one image; call again for more', "ExtraBody")
    return ()


MODEL = Parameter(
    "Model",
    ParameterType.ENUM,
    "The id of the model; the connection's default when it is NULL.",
    values=IMAGE_MODELS,
)
ASPECT_RATIO = Parameter(
    "AspectRatio", ParameterType.ENUM, "Width to height of the image; the service chooses.", values=ASPECT_RATIOS
)
RESOLUTION = Parameter("Resolution", ParameterType.ENUM, "The size of the image; 1k when NULL.", values=RESOLUTIONS)
QUALITY = Parameter(
    "Quality",
    ParameterType.ENUM,
    "How much effort goes into the image, and its price; only grok-imagine-image-2.0 has it.",
    values=QUALITIES,
    named_only=True,
)
OPTIONS = (MODEL, ASPECT_RATIO, RESOLUTION, QUALITY, EXTRA_BODY)
FIELDS = (ResultField("ResultImage_Content", ParameterType.BINARY, "data[0].b64_json", "The image, usually a JPEG."),)
RULES = (extra_body_is_sound, one_image_is_asked_for, quality_fits_model)

CHANGE = Parameter("Instructions", ParameterType.STRING, "Instructions describing the desired change.", required=True)
NUMBERS_NOTE = (
    "The instructions can refer to the images by their numbers, 1 to 3. The API's own tags `<IMAGE_0>`, `<IMAGE_1>` "
    "and so on count from zero and work as well. A number may be left out."
)
MODERATION_NOTE = "An image that the service's moderation holds back is an error of its row, and is billed."


GENERATE_IMAGE = Procedure(
    name="GenerateImage",
    main="ResultImage_Content",
    summary="Makes an image from a description.",
    parameters=(
        Parameter("Instructions", ParameterType.STRING, "Instructions describing the desired image.", required=True),
        *OPTIONS,
    ),
    fields=FIELDS,
    steps=generate_image,
    model_kind="image",
    rules=RULES,
    reference="POST /v1/images/generations",
    vendor=True,
    example="CALL GenerateImage('A red kite over dunes', AspectRatio => '3:2')",
    notes=(MODERATION_NOTE,),
)

EDIT_IMAGE = Procedure(
    name="EditImage",
    main="ResultImage_Content",
    summary="Makes an image from up to three images and a description of the change.",
    parameters=(CHANGE, *content_parameters(JPEG, PNG, WEBP), *OPTIONS),
    fields=FIELDS,
    steps=edit_image,
    model_kind="image_edit",
    rules=RULES,
    reference="POST /v1/images/edits",
    vendor=True,
    example="CALL EditImage('Make the sky of image 1 pink', :Image1_Content)",
    notes=(NUMBERS_NOTE, MODERATION_NOTE),
)

EDIT_IMAGE_BY_URL = Procedure(
    name="EditImageByUrl",
    main="ResultImage_Content",
    summary="Makes an image from up to three images that the service fetches and a description of the change.",
    parameters=(CHANGE, *address_parameters(JPEG, PNG, WEBP), *OPTIONS),
    fields=FIELDS,
    steps=edit_image_by_url,
    model_kind="image_edit",
    rules=RULES,
    reference="POST /v1/images/edits",
    vendor=True,
    example="CALL EditImageByUrl('Make the sky pink', 'https://example.org/photo.jpg')",
    notes=(
        NUMBERS_NOTE,
        MODERATION_NOTE,
        "Addresses of earlier results expire within hours; pass their bytes to EditImage instead.",
    ),
)

PROCEDURES = (GENERATE_IMAGE, EDIT_IMAGE, EDIT_IMAGE_BY_URL)
