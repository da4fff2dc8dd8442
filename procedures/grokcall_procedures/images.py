"""GenerateImage, EditImage and EditImageByUrl: one image for each call; GenerateImages: several of one description."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace

from grokcall_procedures.bodies import EXTRA_BODY, body_bytes, extra_body_is_sound
from grokcall_procedures.definition import BoundCall, Parameter, Procedure, ResultField
from grokcall_procedures.documents import document_of, moderated
from grokcall_procedures.image_bodies import (
    BY_POSITION,
    COUNT,
    DEFAULT_COUNT,
    IMAGES,
    OPTIONS,
    QUALITY,
    ImageBody,
    count_is_told_once,
    image_body,
    one_image_is_asked_for,
    quality_fits_model,
    sources_are_few,
)
from grokcall_procedures.image_parameters import address_parameters, addresses, content_parameters, content_uris
from grokcall_procedures.image_results import content_of, images_in, is_blocked
from grokcall_procedures.media import JPEG, PNG, WEBP
from grokcall_procedures.media_fields import media_fields, media_row
from grokcall_procedures.media_storage import (
    STORAGE,
    STORAGE_NOTE,
    effect_of_media,
    is_stored,
    is_uploaded,
    storage_fits,
    storage_trouble,
)
from grokcall_procedures.steps import Kind, Notice, Reply, Request, Row, Step, Steps
from grokcall_procedures.text import reply_of
from grokcall_procedures.types import ParameterType

CREATION, CHANGE_PATH = "/images/generations", "/images/edits"


def image_request(call: BoundCall, path: str, body: ImageBody) -> Request:
    """The request that has images made, which is what costs money."""
    once = is_stored(call.values)
    return Request("POST", path, body=body_bytes(body, call.values), kind=Kind.IMAGE, billed=True, once=once)


def image_row(
    call: BoundCall, image: Mapping[str, object], document: Mapping[str, object]
) -> Generator[Step, Reply | None, Row]:
    """The content of an image, and what there is to tell of it; of one that is held back there is no content.

    Nor is there of one that is stored and whose content nobody wants.
    """
    trouble, uploaded = storage_trouble(image), is_uploaded(call.values)
    if trouble is not None:
        yield Notice(trouble)
    content = None
    if not call.leaves_content and not is_blocked(image, uploaded=uploaded):
        content = yield from content_of(image, call.settings, uploaded=uploaded)
    return (content, *media_row(image, content, document, call.values.get("Model")))


def make_image(call: BoundCall, path: str, body: ImageBody) -> Steps:
    """Asks for one image.

    Raises:
        FailedReplyError: Moderation holds it back, or the reply states another failure.
        MalformedReplyError: The reply has none.
    """
    document = document_of(reply_of((yield image_request(call, path, body))).body)
    image = images_in(document)[0]
    if is_blocked(image, uploaded=is_uploaded(call.values)):
        raise moderated("image", document)
    return [(yield from image_row(call, image, document))]


def generate_image(call: BoundCall) -> Steps:
    """An image from words."""
    return (yield from make_image(call, CREATION, image_body(call)))


def generate_images(call: BoundCall) -> Steps:
    """Several images from the same words, of which moderation may hold some back."""
    body = image_body(call)
    body.n = call.values.get(COUNT.name, DEFAULT_COUNT)
    document = document_of(reply_of((yield image_request(call, CREATION, body))).body)
    rows: list[Row] = []
    for number, image in enumerate(images_in(document), 1):
        content, *told = yield from image_row(call, image, document)
        rows.append((number, content, is_blocked(image), *told))
    return with_price_once(rows)


def edit_image(call: BoundCall) -> Steps:
    """An image from images that travel inside the request."""
    return (yield from make_image(call, CHANGE_PATH, image_body(call, content_uris(call.values))))


def edit_image_by_url(call: BoundCall) -> Steps:
    """An image from images that the service fetches."""
    return (yield from make_image(call, CHANGE_PATH, image_body(call, addresses(call.values))))


def with_price_once(rows: list[Row]) -> list[Row]:
    """The rows of one reply, whose price the first one has."""
    return rows[:1] + [(*row[:-1], None) for row in rows[1:]]


FIELDS = (ResultField("ResultImage_Content", ParameterType.BINARY, "data[0].b64_json", "The image, usually a JPEG."),)
FURTHER_FIELDS = media_fields("ResultImage", "data[0]")
PRICE_OF_ALL = ("The price;", "The price of all images, which the first row has;")
RULES = (extra_body_is_sound, one_image_is_asked_for, quality_fits_model, storage_fits)
DESCRIPTION = Parameter(
    "Instructions", ParameterType.STRING, "Instructions describing the desired image.", required=True
)
CHANGE = Parameter("Instructions", ParameterType.STRING, "Instructions describing the desired change.", required=True)
NUMBERS_NOTE = (
    "The instructions can refer to the images by their numbers, 1 to 3. The API's own tags `<IMAGE_0>`, `<IMAGE_1>` "
    "and so on count from zero and work as well. A number may be left out. Those of `Images` come after them."
)
MODERATION_NOTE = "An image that the service's moderation holds back is an error of its row, and is billed."


GENERATE_IMAGE = Procedure(
    name="GenerateImage",
    main="ResultImage_Content",
    summary="Makes an image from a description.",
    parameters=(DESCRIPTION, *OPTIONS),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=generate_image,
    model_kind="image",
    rules=RULES,
    effect_of=effect_of_media,
    reference="POST /v1/images/generations",
    vendor=True,
    example="CALL GenerateImage('A red kite over dunes', AspectRatio => '3:2')",
    notes=(MODERATION_NOTE, STORAGE_NOTE),
)

GENERATE_IMAGES = Procedure(
    name="GenerateImages",
    main="ResultImage_Content",
    summary="Makes several images from one description, a row for each.",
    parameters=(DESCRIPTION, COUNT, *BY_POSITION, replace(QUALITY, named_only=False), EXTRA_BODY, *STORAGE),
    fields=(
        ResultField("ResultImage_Number", ParameterType.INT32, "", "The place of the image in the reply, from 1."),
        replace(FIELDS[0], path="data[].b64_json", doc="The image, usually a JPEG; NULL for one that is held back."),
        ResultField("ResultImage_Blocked", ParameterType.BOOLEAN, "", "Whether moderation holds the image back."),
    ),
    further_fields=tuple(
        replace(each, path=each.path.replace("[0]", "[]"), doc=each.doc.replace(*PRICE_OF_ALL))
        for each in FURTHER_FIELDS
    ),
    steps=generate_images,
    many=True,
    model_kind="image",
    rules=(extra_body_is_sound, count_is_told_once, quality_fits_model, storage_fits),
    effect_of=effect_of_media,
    reference="POST /v1/images/generations",
    example="CALL GenerateImages('A red kite over dunes', 3)",
    notes=(
        "Each image is billed. One that the service's moderation holds back is a row without content, and is billed "
        "like the others; a description that it refuses altogether is an error.",
        STORAGE_NOTE,
    ),
)

EDIT_IMAGE = Procedure(
    name="EditImage",
    main="ResultImage_Content",
    summary="Makes an image from up to three images and a description of the change.",
    parameters=(CHANGE, *content_parameters(JPEG, PNG, WEBP), *OPTIONS, IMAGES),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=edit_image,
    model_kind="image_edit",
    rules=(*RULES, sources_are_few),
    effect_of=effect_of_media,
    reference="POST /v1/images/edits",
    vendor=True,
    example="CALL EditImage('Make the sky of image 1 pink', :Image1_Content)",
    notes=(NUMBERS_NOTE, MODERATION_NOTE, STORAGE_NOTE),
)

EDIT_IMAGE_BY_URL = Procedure(
    name="EditImageByUrl",
    main="ResultImage_Content",
    summary="Makes an image from up to three images that the service fetches and a description of the change.",
    parameters=(CHANGE, *address_parameters(JPEG, PNG, WEBP), *OPTIONS, IMAGES),
    fields=FIELDS,
    further_fields=FURTHER_FIELDS,
    steps=edit_image_by_url,
    model_kind="image_edit",
    rules=(*RULES, sources_are_few),
    effect_of=effect_of_media,
    reference="POST /v1/images/edits",
    vendor=True,
    example="CALL EditImageByUrl('Make the sky pink', 'https://example.org/photo.jpg')",
    notes=(
        NUMBERS_NOTE,
        MODERATION_NOTE,
        STORAGE_NOTE,
        "Addresses of earlier results expire within hours; pass their bytes to EditImage instead.",
    ),
)

PROCEDURES = (GENERATE_IMAGE, GENERATE_IMAGES, EDIT_IMAGE, EDIT_IMAGE_BY_URL)
