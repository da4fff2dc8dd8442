"""Where the service puts what it makes, beside the reply: a file, a link to that, or an address of the user's."""

from __future__ import annotations

from collections.abc import Mapping

from grokcall_procedures.addresses import check_address
from grokcall_procedures.bodies import Body, extra_members
from grokcall_procedures.definition import STORE_AS as STORED
from grokcall_procedures.definition import Parameter, Values
from grokcall_procedures.documents import as_text, value_at
from grokcall_procedures.effects import Effect
from grokcall_procedures.nouns import read_id
from grokcall_procedures.settings import Settings
from grokcall_procedures.types import ParameterType, UnfitValue, to_string

LONGEST_LIFE = 2_592_000
"""Seconds for which the service keeps a file that expires."""


class StorageOptions(Body):
    """``storage_options`` of a request."""

    filename: object
    expires_after: object = None
    public_url: object = None


class Output(Body):
    """``output`` of a request: where to put what is made, by PUT; images have a list, a video has one address."""

    upload_url: object = None
    upload_urls: list[object] | None = None


def storage_options(values: Values) -> StorageOptions | None:
    """The file that a call wants; None where it wants none."""
    if STORED not in values:
        return None
    return StorageOptions(values[STORED], values.get("StoreFor"), values.get("PublicUrl"))


def is_stored(values: Values) -> bool:
    """Whether what a call makes stays at the service as a file."""
    return STORED in values


def is_uploaded(values: Values) -> bool:
    """Whether the service puts what a call makes elsewhere, so that the reply need not bring it."""
    return "UploadUrl" in values or extra_members(values).get("output") is not None


def effect_of_media(values: Values) -> Effect:
    """What a call leaves behind: a file, if it is to be stored."""
    return Effect.MAKE if is_stored(values) else Effect.ASK


def storage_trouble(medium: Mapping[str, object]) -> str | None:
    """Why the service could not store what it made; None where it says nothing of the kind."""
    told = medium.get("storage_error") or value_at(medium, "file_output.public_url_error")
    if not told:
        return None
    message = value_at(told, "message") or told
    return f"the service made it, and could not store it as a file as it was asked to: {as_text(message)}"


def storage_fits(values: Values, _settings: Settings) -> tuple[str, ...]:
    """Refuses what tells of a file where none is wanted."""
    if STORED in values:
        return ()
    stray = next((name for name in ("StoreFor", "PublicUrl") if values.get(name) not in (None, False)), None)
    if stray is not None:
        raise UnfitValue("tells of the file that the result is stored as; name it with StoreAs as well", stray)
    return ()


def read_target(value: object) -> str:
    """An address that something is put to.

    Raises:
        UnfitValue: It is none.
    """
    text = to_string(value).strip()
    check_address(text)
    return text


STORE_AS = Parameter(
    STORED,
    ParameterType.STRING,
    "The name of a file that the service also stores the result as; none when NULL.",
    named_only=True,
    reader=read_id,
)
STORE_FOR = Parameter(
    "StoreFor",
    ParameterType.INT32,
    "Seconds after which the service deletes that file, up to 30 days; it stays when NULL.",
    low=1,
    high=LONGEST_LIFE,
    named_only=True,
)
PUBLIC_URL = Parameter(
    "PublicUrl",
    ParameterType.BOOLEAN,
    "Whether that file gets a link under which anyone can fetch it.",
    named_only=True,
)
UPLOAD_URL = Parameter(
    "UploadUrl",
    ParameterType.STRING,
    "An address of yours to which the service puts the result (HTTP PUT); the content is NULL then unless the reply "
    "brings it. Teams without data retention need it for videos.",
    named_only=True,
    reader=read_target,
    secret=True,
)
STORAGE = (STORE_AS, STORE_FOR, PUBLIC_URL)
STORAGE_NOTE = (
    "With StoreAs the result stays at the service as a file, which costs $0.025 for each GiB and day; `GetFile`, "
    "`CreateFileUrl` and `DeleteFile` take its id, which is a further field (`…_FileId`). Such a call makes "
    "something that stays: it is sent once, and not on a connection that only reads. A lookup whose `fields` leave the "
    "content out does not fetch it."
)
