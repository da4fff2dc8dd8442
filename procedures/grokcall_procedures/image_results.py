"""The images in a reply: their bytes, or the addresses from which they are fetched, or that they are held back."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from grokcall_procedures.addresses import download
from grokcall_procedures.documents import stated_failure
from grokcall_procedures.errors import MalformedReplyError
from grokcall_procedures.media import decoded, result_bytes
from grokcall_procedures.nouns import objects_in
from grokcall_procedures.settings import Settings
from grokcall_procedures.steps import Reply, Step
from grokcall_procedures.text import reply_of


def images_in(document: Mapping[str, object]) -> list[dict[str, object]]:
    """What a reply says of each of its images; at least one.

    Raises:
        FailedReplyError: The reply states a failure.
        MalformedReplyError: It has no image.
    """
    images = list(objects_in(document.get("data")))
    if not images:
        raise stated_failure(document) or MalformedReplyError("the service sent no image")
    return images


def is_blocked(image: Mapping[str, object], *, uploaded: bool = False) -> bool:
    """Whether moderation holds an image back.

    Args:
        image: What the reply says of it.
        uploaded: Whether the service puts it elsewhere, so that the reply may have no more of it.
    """
    told = image.get("respect_moderation")
    return told is False or not (uploaded or image.get("b64_json") or image.get("url"))


def content_of(
    image: Mapping[str, object], settings: Settings, *, uploaded: bool = False
) -> Generator[Step, Reply | None, bytes | None]:
    """The bytes of an image; one that comes as an address is fetched at once, for it does not stay there.

    One that the service put elsewhere is not fetched, and None where the reply does not bring it.

    Raises:
        MalformedReplyError: It is neither, or no image.
    """
    content, url = image.get("b64_json"), image.get("url")
    if isinstance(content, str) and content:
        return result_bytes(decoded(content), "image/")
    if uploaded:
        return None
    if not isinstance(url, str) or not url:
        raise MalformedReplyError("the service sent an image that is neither base64 nor an address")
    fetched = yield download(url, settings)
    return result_bytes(reply_of(fetched).body, "image/")
