"""The requests for images: their bodies, and the parameters that all of them take."""

from __future__ import annotations

from collections.abc import Sequence

from grokcall_procedures.bodies import EXTRA_BODY, Body, extra_members
from grokcall_procedures.definition import BoundCall, Parameter, Values
from grokcall_procedures.media_sources import images_reader, sources_in
from grokcall_procedures.media_storage import (
    STORAGE,
    UPLOAD_URL,
    Output,
    StorageOptions,
    storage_options,
)
from grokcall_procedures.models import IMAGE_MODELS, takes_quality
from grokcall_procedures.settings import Settings
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
MOST_SOURCES = 5
"""Images that one can be made from; older pages of the service say three."""
DEFAULT_COUNT, MOST_IMAGES = 4, 10
"""How many images a call for several makes."""


class Source(Body):
    """An image to edit."""

    url: object = None
    type: str | None = None
    file_id: object = None


class ImageBody(Body):
    """The body of ``POST /images/generations`` and ``/images/edits``."""

    model: object
    prompt: object
    n: object = None
    response_format: str | None = None
    aspect_ratio: object = None
    resolution: object = None
    quality: object = None
    image: Source | None = None
    images: list[Source] | None = None
    storage_options: StorageOptions | None = None
    output: Output | None = None


def image_body(call: BoundCall, sources: Sequence[str] = ()) -> ImageBody:
    """The body that asks for an image made from the call's instructions and ``sources``."""
    get = call.values.get
    images = [Source(source, type="image_url") for source in sources]
    images += [Source(**source, type="image_url") for source in sources_in(call.values, IMAGES.name)]
    return ImageBody(
        model=get("Model"),
        prompt=get("Instructions"),
        response_format="url" if call.leaves_content else "b64_json",
        aspect_ratio=get("AspectRatio"),
        resolution=get("Resolution"),
        quality=get("Quality"),
        image=images[0] if len(images) == 1 else None,
        images=images if len(images) > 1 else None,
        storage_options=storage_options(call.values),
        output=Output(upload_urls=[get("UploadUrl")]) if "UploadUrl" in call.values else None,
    )


def quality_fits_model(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Leaves Quality out for a model that has none."""
    if "Quality" not in values or takes_quality(str(values["Model"])):
        return ()
    quality = values.pop("Quality")
    return (f"{values['Model']} has no setting of quality: Quality '{quality}' was left out",)


def one_image_is_asked_for(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an ExtraBody that pays for images which the row has no place for."""
    if extra_members(values).get("n", 1) not in (1, None):
        raise UnfitValue('"n" must be 1: a call returns one image; GenerateImages makes several', "ExtraBody")
    return ()


def count_is_told_once(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses an ExtraBody that tells again how many images there are to be."""
    if extra_members(values).get("n") is not None:
        raise UnfitValue('"n" is what Count tells; leave it out', "ExtraBody")
    return ()


def sources_are_few(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses more images than the service takes."""
    own = sum(name.startswith("Image") and name != IMAGES.name for name in values)
    count = own + len(sources_in(values, IMAGES.name))
    if count > MOST_SOURCES:
        raise UnfitValue(f"makes {count} images of it; at most {MOST_SOURCES} are taken", IMAGES.name)
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
COUNT = Parameter(
    "Count", ParameterType.INT32, "How many images to make, 1 to 10; 4 when NULL.", low=1, high=MOST_IMAGES
)
IMAGES = Parameter(
    "Images",
    ParameterType.JSON,
    "Further images, a list of addresses, data URIs or ids of files at the service; all together at most "
    f"{MOST_SOURCES}.",
    named_only=True,
    reader=images_reader(MOST_SOURCES - 1),
)
BY_POSITION = (MODEL, ASPECT_RATIO, RESOLUTION)
OPTIONS = (*BY_POSITION, QUALITY, EXTRA_BODY, *STORAGE, UPLOAD_URL)
